//! `POST preview`: what an export would let through, from events that really happened; `POST lint`: what may be wrong with it.

use super::{
    about::About,
    asked::Moment,
    body::Body,
    caller::Caller,
    export_body::ExportAnswer,
    export_sources::Source,
    problem::{Fault, Problem},
    words::{EventSourceWord, LintCodeWord, LintLevelWord, NearnessWord},
};
use axum::Json;
use domain::{DeliveredBy, EventSource, ExportBody, ExportId, Nearness, Preview, PreviewRow};
use jiff::SignedDuration;
use rules::lint::{Code, Level, mend};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What to preview.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PreviewBody {
    /// The export as it is or would be; it needs neither name nor target.
    export: ExportAnswer,
    /// The saved export this one is a draft of: what the draft gains and loses against it is answered too.
    #[serde(default)]
    id: Option<String>,
    /// Events that happened since: a time (RFC 3339) or a length such as `24h`, which is the default.
    #[serde(default = "day")]
    #[schema(value_type = Option<String>, default = "24h")]
    since: Moment,
    /// What a gigabyte of ingestion costs, in any currency.
    #[serde(default = "price")]
    #[schema(default = 2.3)]
    price_per_gb: f64,
}

/// About what Log Analytics asks for a gigabyte of pay-as-you-go ingestion, in dollars; it differs by region and agreement.
fn price() -> f64 {
    2.3
}

fn day() -> Moment {
    Moment::Ago(SignedDuration::from_hours(24))
}

/// What an export would let through. `matched`, `near` and `not_matched` are disjoint and add up to `looked_at`.
#[derive(Debug, Serialize, ToSchema)]
pub struct PreviewAnswer {
    /// Events that match.
    matched: i64,
    /// Events that do not match while, in some rule set of two or more rules, exactly one rule fails.
    near: i64,
    /// Events that do not match otherwise.
    not_matched: i64,
    /// Events of the export's sources and scope in the range.
    looked_at: i64,
    /// Older events of the range that there was no time to look at; asked again, they are read.
    unread: i64,
    /// Bytes of the events that match.
    bytes: u64,
    /// What matches, a day on the average of the range.
    per_day: PerDay,
    /// What a day's bytes cost where ingestion is paid by size (workspaces).
    cost: Cost,
    /// Near misses by the value that stands in the way, most frequent first.
    near_by: Vec<NearBy>,
    /// Against the saved version of the export that `id` names.
    rehearsal: Option<RehearsalAnswer>,
    /// What snapshot sources would send each week.
    weekly: Vec<Weekly>,
    /// How long it took, in milliseconds.
    took_ms: u64,
    /// The newest near misses, matches and others: at most 20 each.
    items: Vec<PreviewItem>,
}

/// What matches, a day.
#[derive(Debug, Serialize, ToSchema)]
struct PerDay {
    /// Events.
    events: f64,
    /// Bytes.
    bytes: f64,
}

/// What ingestion costs.
#[derive(Debug, Serialize, ToSchema)]
struct Cost {
    /// The price taken, for one gigabyte (1,000,000,000 bytes).
    price_per_gb: f64,
    /// A day's bytes at that price.
    per_day: f64,
}

/// Near misses of one value.
#[derive(Debug, Serialize, ToSchema)]
struct NearBy {
    /// What stands in the way.
    value: String,
    /// Events.
    events: i64,
}

/// A draft against the saved version.
#[derive(Debug, Serialize, ToSchema)]
struct RehearsalAnswer {
    /// The version it is held against.
    version: u32,
    /// Events that only the draft lets through.
    gained: i64,
    /// Events that only the saved version lets through.
    lost: i64,
    /// The newest of the gained, at most 20.
    gained_items: Vec<PreviewItem>,
    /// The newest of the lost, at most 20.
    lost_items: Vec<PreviewItem>,
}

/// What a snapshot source would send each week: the state as it is now.
#[derive(Debug, Serialize, ToSchema)]
struct Weekly {
    /// The source.
    #[schema(value_type = EventSourceWord)]
    event_source: EventSource,
    /// Items looked at.
    items: i64,
    /// Items that match.
    matched: i64,
    /// Their bytes.
    bytes: u64,
    /// Items whose payload is not kept.
    unread: i64,
}

/// One event in a preview.
#[derive(Debug, Serialize, ToSchema)]
struct PreviewItem {
    /// The event's id.
    event: String,
    /// How it stands to the filter.
    #[schema(value_type = NearnessWord)]
    stands: Nearness,
    /// Whether it matches.
    matches: bool,
    /// The decision in one sentence.
    reason: String,
    /// What it is about.
    #[serde(flatten)]
    about: About,
}

impl From<PreviewRow> for PreviewItem {
    fn from(row: PreviewRow) -> Self {
        Self {
            event: row.event.into(),
            matches: row.stands == Nearness::Match,
            stands: row.stands,
            reason: row.reason,
            about: row.subject.into(),
        }
    }
}

#[expect(clippy::cast_precision_loss, reason = "averages; nobody counts a day's bytes to the last of 2^52")]
fn answer(preview: Preview, price_per_gb: f64) -> PreviewAnswer {
    let days = (preview.seconds.max(1) as f64) / 86_400.0;
    let per_day = PerDay { events: preview.matched as f64 / days, bytes: preview.matched_bytes as f64 / days };
    let items = |rows: Vec<PreviewRow>| rows.into_iter().map(PreviewItem::from).collect();
    PreviewAnswer {
        matched: preview.matched,
        near: preview.near,
        not_matched: preview.not_matched,
        looked_at: preview.looked_at,
        unread: preview.unread,
        bytes: preview.matched_bytes,
        cost: Cost { price_per_gb, per_day: per_day.bytes / 1e9 * price_per_gb },
        per_day,
        near_by: preview.near_by.into_iter().map(|(value, events)| NearBy { value, events }).collect(),
        rehearsal: preview.rehearsal.map(|rehearsal| RehearsalAnswer {
            version: rehearsal.version,
            gained: rehearsal.gained,
            lost: rehearsal.lost,
            gained_items: items(rehearsal.gained_rows),
            lost_items: items(rehearsal.lost_rows),
        }),
        weekly: preview
            .weekly
            .into_iter()
            .map(|one| Weekly {
                event_source: one.source,
                items: one.items,
                matched: one.matched,
                bytes: one.bytes,
                unread: one.unread,
            })
            .collect(),
        took_ms: preview.took_ms,
        items: items(preview.rows),
    }
}

/// The body without what a preview and a lint can do without, or what is wrong with the rest.
async fn readable(caller: &Caller, export: ExportAnswer) -> Result<ExportBody, Problem> {
    let mut body = export.body()?;
    body.delivered_by = DeliveredBy::Console;
    body.azure = None;
    let errors = caller.console.check_export(&body).await?;
    let faults: Vec<Fault> = errors
        .into_iter()
        .filter(|error| !matches!(error.path.as_str(), "name" | "target" | "scope"))
        .map(|error| Fault { path: format!("export.{}", error.path), message: error.message })
        .collect();
    if faults.is_empty() { Ok(body) } else { Err(Problem::invalid(faults)) }
}

/// Preview an export
///
/// Decides with the export's rules over observed events; nothing is saved or sent. With the id of a saved export
/// beside it, what it gains and loses against the saved version is answered too.
#[utoipa::path(post, path = "/api/v1/preview", tag = "exports", request_body = PreviewBody,
    responses((status = 200, body = PreviewAnswer)))]
pub(super) async fn preview(caller: Caller, Body(asked): Body<PreviewBody>) -> Result<Json<PreviewAnswer>, Problem> {
    let id = asked.id.as_deref().map(export_id).transpose()?;
    let body = readable(&caller, asked.export).await?;
    let since = asked.since.at(caller.console.now());
    let preview = caller.console.preview(&caller.actor, &body, since, id.as_ref()).await?;
    match preview.problem {
        Some(problem) => Err(Problem::field("export", problem)),
        None => Ok(Json(answer(preview, asked.price_per_gb))),
    }
}

fn export_id(text: &str) -> Result<ExportId, Problem> {
    ExportId::parse(text).map_err(|error| Problem::field("id", error.to_string()))
}

/// What to look through.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LintBody {
    /// The export as it is or would be; it needs neither name nor target.
    export: ExportAnswer,
    /// The saved export this one is a draft of, so that it is not held against itself.
    #[serde(default)]
    id: Option<String>,
}

/// Something worth saying about an export.
#[derive(Debug, Serialize, ToSchema)]
pub struct LintAnswer {
    /// Where, as a path into the body.
    path: String,
    /// What it is about; `docs/lint.md` has a page on each.
    #[schema(value_type = LintCodeWord)]
    code: Code,
    /// How much it matters: `error` when something can never match.
    #[schema(value_type = LintLevelWord)]
    level: Level,
    /// What is so, and what to do.
    message: String,
    /// What mends it, where something can.
    fix: Option<LintFix>,
}

/// A change that mends what was found.
#[derive(Debug, Serialize, ToSchema)]
struct LintFix {
    /// What it does.
    label: String,
    /// The scope and sources afterwards.
    sources: Vec<Source>,
}

/// Lint an export
///
/// Names rules that never match, filters that drop more than meant, and exports that send twice; the worst first.
#[utoipa::path(post, path = "/api/v1/lint", tag = "exports", request_body = LintBody,
    responses((status = 200, body = Vec<LintAnswer>)))]
pub(super) async fn lint(caller: Caller, Body(asked): Body<LintBody>) -> Result<Json<Vec<LintAnswer>>, Problem> {
    let id = asked.id.as_deref().map(export_id).transpose()?;
    let body = asked.export.body()?;
    let found = caller.console.lint(&caller.actor, &body, id.as_ref()).await?;
    let answers = found.into_iter().map(|lint| LintAnswer {
        path: lint.path,
        code: lint.code,
        level: lint.level,
        message: lint.message,
        fix: lint.fix.map(|fix| {
            let mut mended = body.clone();
            mend(&mut mended, &fix.mend);
            LintFix { label: fix.label, sources: mended.sources.into_iter().map(Into::into).collect() }
        }),
    });
    Ok(Json(answers.collect()))
}
