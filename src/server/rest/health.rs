//! Health: every check that needs no item.

use super::{caller::Caller, problem::Problem};
use axum::Json;
use domain::verdict::{Checked, Evidence, Origin};
use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

/// The checks, the most harmful first.
#[derive(Debug, Serialize, ToSchema)]
pub struct HealthAnswer {
    /// The checks.
    items: Vec<CheckAnswer>,
}

/// A check with its answer.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct CheckAnswer {
    /// The check's word, such as `identity.token`.
    check: String,
    /// What it is about, when it is about one thing.
    subject: Option<String>,
    /// The question.
    title: String,
    /// `fail`, `warning`, `cannot_tell` or `pass`.
    verdict: String,
    /// The answer in a sentence.
    said: String,
    /// What it rests on.
    evidence: Vec<EvidenceAnswer>,
    /// Why it matters.
    why: String,
    /// What to do, step by step.
    fix: Vec<String>,
    /// Commands to copy, with the ids filled in.
    commands: Vec<CommandAnswer>,
    /// The page of Microsoft's documentation that the check rests on; empty where it rests on none.
    docs: String,
}

/// A command to copy.
#[derive(Debug, Serialize, ToSchema)]
struct CommandAnswer {
    /// `az`, `powershell`, `resource_graph` or `kql`.
    tool: &'static str,
    /// The command.
    text: String,
}

/// Something a check rests on.
#[derive(Debug, Serialize, ToSchema)]
struct EvidenceAnswer {
    /// What it is.
    name: String,
    /// Its value.
    value: String,
    /// The host that answered; null where it is from the console's own records.
    source: Option<String>,
    /// When that answered, by its own clock.
    at: Option<Timestamp>,
    /// The id by which the service's support finds the request.
    request_id: Option<String>,
}

impl From<Evidence> for EvidenceAnswer {
    fn from(one: Evidence) -> Self {
        let (name, value) = (one.name, one.value);
        let Some(Origin { source, at, request }) = one.origin else {
            return Self { name, value, source: None, at: None, request_id: None };
        };
        Self { name, value, source: Some(source), at, request_id: request }
    }
}

impl From<Checked> for CheckAnswer {
    fn from(one: Checked) -> Self {
        Self {
            check: one.check,
            subject: one.subject,
            title: one.title,
            verdict: one.verdict.to_string(),
            said: one.said,
            evidence: one.evidence.into_iter().map(Into::into).collect(),
            why: one.why,
            fix: one.fix,
            commands: one
                .commands
                .into_iter()
                .map(|one| CommandAnswer { tool: one.tool.as_str(), text: one.text })
                .collect(),
            docs: one.docs,
        }
    }
}

/// Health checks
///
/// Identity, certificate, cloud, clock, permissions, sources, targets, coverage and the store's books, the most harmful first.
#[utoipa::path(get, path = "/api/v1/health", tag = "overview", responses((status = 200, body = HealthAnswer)))]
pub(super) async fn get_health(caller: Caller) -> Result<Json<HealthAnswer>, Problem> {
    let items = caller.console.health(&caller.actor).await?.into_iter().map(Into::into).collect();
    Ok(Json(HealthAnswer { items }))
}

/// What changed between scheduled runs.
#[derive(Debug, Serialize, ToSchema)]
pub struct HealthChanges {
    /// The changes, the newest first.
    items: Vec<HealthChangeAnswer>,
}

/// A check whose verdict is another one than in the run before.
#[derive(Debug, Serialize, ToSchema)]
struct HealthChangeAnswer {
    /// When that was seen.
    at: Timestamp,
    /// The check's word.
    check: String,
    /// What it is about, when it is about one thing.
    subject: Option<String>,
    /// The verdict before.
    was: &'static str,
    /// The verdict since.
    now: &'static str,
    /// The answer in a sentence; when it passes again, what was said before.
    said: String,
}

/// Changes of health
///
/// The checks run every 15 minutes; what breaks, gets worse or passes again is noted. The newest 50.
#[utoipa::path(get, path = "/api/v1/health/changes", tag = "overview", responses((status = 200, body = HealthChanges)))]
pub(super) async fn get_health_changes(caller: Caller) -> Result<Json<HealthChanges>, Problem> {
    let items = caller.console.health_changes(&caller.actor).await?.into_iter().map(|one| HealthChangeAnswer {
        at: one.at,
        check: one.check,
        subject: one.subject,
        was: one.was.as_str(),
        now: one.now.as_str(),
        said: one.said,
    });
    Ok(Json(HealthChanges { items: items.collect() }))
}
