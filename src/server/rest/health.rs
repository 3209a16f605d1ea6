//! Health: every check that needs no item.

use super::{caller::Caller, problem::Problem};
use crate::domain::verdict::Checked;
use axum::Json;
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
    /// Commands to copy.
    commands: Vec<String>,
}

/// Something a check rests on.
#[derive(Debug, Serialize, ToSchema)]
struct EvidenceAnswer {
    /// What it is.
    name: String,
    /// Its value.
    value: String,
}

impl From<Checked> for CheckAnswer {
    fn from(one: Checked) -> Self {
        Self {
            check: one.check,
            subject: one.subject,
            title: one.title,
            verdict: one.verdict.to_string(),
            said: one.said,
            evidence: one.evidence.into_iter().map(|(name, value)| EvidenceAnswer { name, value }).collect(),
            why: one.why,
            fix: one.fix,
            commands: one.commands,
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
