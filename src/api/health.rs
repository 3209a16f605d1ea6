//! Every check that needs no item.

use domain::verdict::{Checked, Evidence, Origin};
use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

/// The checks, the most harmful first.
#[derive(Debug, Serialize, ToSchema)]
pub struct HealthAnswer {
    /// The checks.
    pub items: Vec<CheckAnswer>,
}

/// A check with its answer.
#[derive(Debug, Serialize, ToSchema)]
pub struct CheckAnswer {
    /// The check's word, such as `identity.token`.
    pub check: String,
    /// What it is about, when it is about one thing.
    pub subject: Option<String>,
    /// The question.
    pub title: String,
    /// `fail`, `warning`, `cannot_tell` or `pass`.
    pub verdict: String,
    /// The answer in a sentence.
    pub said: String,
    /// What it rests on.
    pub evidence: Vec<EvidenceAnswer>,
    /// Why it matters.
    pub why: String,
    /// What to do, step by step.
    pub fix: Vec<String>,
    /// Commands to copy, with the ids filled in.
    pub commands: Vec<CommandAnswer>,
    /// The page of Microsoft's documentation that the check rests on; empty where it rests on none.
    pub docs: String,
}

/// A command to copy.
#[derive(Debug, Serialize, ToSchema)]
pub struct CommandAnswer {
    /// `az`, `powershell`, `resource_graph` or `kql`.
    pub tool: &'static str,
    /// The command.
    pub text: String,
}

/// Something a check rests on.
#[derive(Debug, Serialize, ToSchema)]
pub struct EvidenceAnswer {
    /// What it is.
    pub name: String,
    /// Its value.
    pub value: String,
    /// The host that answered; null where it is from the console's own records.
    pub source: Option<String>,
    /// When that answered, by its own clock.
    pub at: Option<Timestamp>,
    /// The id by which the service's support finds the request.
    pub request_id: Option<String>,
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
            check: one.check.to_string(),
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

/// What changed between scheduled runs.
#[derive(Debug, Serialize, ToSchema)]
pub struct HealthChanges {
    /// The changes, the newest first.
    pub items: Vec<HealthChangeAnswer>,
}

/// A check whose verdict is another one than in the run before.
#[derive(Debug, Serialize, ToSchema)]
pub struct HealthChangeAnswer {
    /// When that was seen.
    pub at: Timestamp,
    /// The check's word.
    pub check: String,
    /// What it is about, when it is about one thing.
    pub subject: Option<String>,
    /// The verdict before.
    pub was: &'static str,
    /// The verdict since.
    pub now: &'static str,
    /// The answer in a sentence; when it passes again, what was said before.
    pub said: String,
}
