//! `POST preview`: what an export would let through, from events that really happened.

use super::{
    about::About,
    asked::Moment,
    body::Body,
    caller::Caller,
    export_body::ExportAnswer,
    problem::{Fault, Problem},
};
use crate::domain::{
    DeliveredBy,
    view::{Preview, PreviewRow},
};
use axum::Json;
use jiff::SignedDuration;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What to preview.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PreviewBody {
    /// The export as it is or would be; it needs neither name nor target.
    export: ExportAnswer,
    /// Events that happened since: a time (RFC 3339) or a length such as `24h`, which is the default.
    #[serde(default = "day")]
    #[schema(value_type = Option<String>, default = "24h")]
    since: Moment,
}

fn day() -> Moment {
    Moment::Ago(SignedDuration::from_hours(24))
}

/// What an export would let through. `matched` and `not_matched` add up to `looked_at`.
#[derive(Debug, Serialize, ToSchema)]
pub struct PreviewAnswer {
    /// Events that match.
    matched: i64,
    /// Events that miss by one rule: not counted in this release, always null.
    near: Option<i64>,
    /// Events that do not match.
    not_matched: i64,
    /// Events of the export's sources and scope in the range.
    looked_at: i64,
    /// Bytes of the events that match.
    bytes: u64,
    /// How long it took, in milliseconds.
    took_ms: u64,
    /// The newest that match, then the newest that do not: at most 20 each.
    items: Vec<PreviewItem>,
}

/// One event in a preview.
#[derive(Debug, Serialize, ToSchema)]
struct PreviewItem {
    /// The event's id.
    event: String,
    /// Whether it matches.
    matches: bool,
    /// The decision in one sentence.
    reason: String,
    /// What it is about.
    #[serde(flatten)]
    about: About,
}

impl From<Preview> for PreviewAnswer {
    fn from(preview: Preview) -> Self {
        let item = |matches: bool| {
            move |row: PreviewRow| PreviewItem {
                event: row.event.into(),
                matches,
                reason: row.reason,
                about: row.subject.into(),
            }
        };
        Self {
            matched: preview.matched,
            near: None,
            not_matched: preview.not_matched,
            looked_at: preview.looked_at,
            bytes: preview.matched_bytes,
            took_ms: preview.took_ms,
            items: preview
                .matches
                .into_iter()
                .map(item(true))
                .chain(preview.rest.into_iter().map(item(false)))
                .collect(),
        }
    }
}

/// Preview an export
///
/// Decides with the export's rules over observed events; nothing is saved or sent.
#[utoipa::path(post, path = "/api/v1/preview", tag = "exports", request_body = PreviewBody,
    responses((status = 200, body = PreviewAnswer)))]
pub(super) async fn preview(caller: Caller, Body(asked): Body<PreviewBody>) -> Result<Json<PreviewAnswer>, Problem> {
    let mut body = asked.export.body();
    body.delivered_by = DeliveredBy::Console;
    let errors = caller.console.check_export(&body).await?;
    let faults: Vec<Fault> = errors
        .into_iter()
        .filter(|error| !matches!(error.path.as_str(), "name" | "target"))
        .map(|error| Fault { path: format!("export.{}", error.path), message: error.message })
        .collect();
    if !faults.is_empty() {
        return Err(Problem::invalid(faults));
    }
    let since = asked.since.at(caller.console.now());
    let preview = caller.console.preview(&caller.actor, &body, since).await?;
    match preview.problem {
        Some(problem) => Err(Problem::field("export", problem)),
        None => Ok(Json(preview.into())),
    }
}
