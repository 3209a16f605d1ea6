//! What an export would let through, from events that really happened, and what may be wrong with it.

use super::{
    about::About,
    export::ExportAnswer,
    export_sources::Source,
    query::Moment,
    words::{EventSourceWord, LintCodeWord, LintLevelWord, NearnessWord},
};
use domain::{EventSource, ExportBody, Nearness, Preview, PreviewRow};
use jiff::SignedDuration;
use rules::lint::{Code, Level, Lint, mend};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What to preview.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PreviewBody {
    /// The export as it is or would be; it needs neither name nor target.
    pub export: ExportAnswer,
    /// The saved export this one is a draft of: what the draft gains and loses against it is answered too.
    #[serde(default)]
    pub id: Option<String>,
    /// Events that happened since: a time (RFC 3339) or a length such as `24h`, which is the default.
    #[serde(default = "day")]
    #[schema(value_type = Option<String>, default = "24h")]
    pub since: Moment,
    /// What a gigabyte of ingestion costs, in any currency.
    #[serde(default = "price")]
    #[schema(default = 2.3)]
    pub price_per_gb: f64,
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
    pub matched: i64,
    /// Events that do not match while, in some rule set of two or more rules, exactly one rule fails.
    pub near: i64,
    /// Events that do not match otherwise.
    pub not_matched: i64,
    /// Events of the export's sources and scope in the range.
    pub looked_at: i64,
    /// Older events of the range that there was no time to look at; asked again, they are read.
    pub unread: i64,
    /// Bytes of the events that match.
    pub bytes: u64,
    /// What matches, a day on the average of the range.
    pub per_day: PerDay,
    /// What a day's bytes cost where ingestion is paid by size (workspaces).
    pub cost: Cost,
    /// Near misses by the value that stands in the way, most frequent first.
    pub near_by: Vec<NearBy>,
    /// Against the saved version of the export that `id` names.
    pub rehearsal: Option<RehearsalAnswer>,
    /// What snapshot sources would send each week.
    pub weekly: Vec<Weekly>,
    /// How long it took, in milliseconds.
    pub took_ms: u64,
    /// The newest near misses, matches and others: at most 20 each.
    pub items: Vec<PreviewItem>,
}

/// What matches, a day.
#[derive(Debug, Serialize, ToSchema)]
pub struct PerDay {
    /// Events.
    pub events: f64,
    /// Bytes.
    pub bytes: f64,
}

/// What ingestion costs.
#[derive(Debug, Serialize, ToSchema)]
pub struct Cost {
    /// The price taken, for one gigabyte (1,000,000,000 bytes).
    pub price_per_gb: f64,
    /// A day's bytes at that price.
    pub per_day: f64,
}

/// Near misses of one value.
#[derive(Debug, Serialize, ToSchema)]
pub struct NearBy {
    /// What stands in the way.
    pub value: String,
    /// Events.
    pub events: i64,
}

/// A draft against the saved version.
#[derive(Debug, Serialize, ToSchema)]
pub struct RehearsalAnswer {
    /// The version it is held against.
    pub version: u32,
    /// Events that only the draft lets through.
    pub gained: i64,
    /// Events that only the saved version lets through.
    pub lost: i64,
    /// The newest of the gained, at most 20.
    pub gained_items: Vec<PreviewItem>,
    /// The newest of the lost, at most 20.
    pub lost_items: Vec<PreviewItem>,
}

/// What a snapshot source would send each week: the state as it is now.
#[derive(Debug, Serialize, ToSchema)]
pub struct Weekly {
    /// The source.
    #[schema(value_type = EventSourceWord)]
    pub event_source: EventSource,
    /// Items looked at.
    pub items: i64,
    /// Items that match.
    pub matched: i64,
    /// Their bytes.
    pub bytes: u64,
    /// Items whose payload is not kept.
    pub unread: i64,
}

/// One event in a preview.
#[derive(Debug, Serialize, ToSchema)]
pub struct PreviewItem {
    /// The event's id.
    pub event: String,
    /// How it stands to the filter.
    #[schema(value_type = NearnessWord)]
    pub stands: Nearness,
    /// Whether it matches.
    pub matches: bool,
    /// The decision in one sentence.
    pub reason: String,
    /// What it is about.
    #[serde(flatten)]
    pub about: About,
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

impl PreviewAnswer {
    /// The answer, with what a day costs at a price for one gigabyte.
    #[expect(clippy::cast_precision_loss, reason = "averages; nobody counts a day's bytes to the last of 2^52")]
    pub fn of(preview: Preview, price_per_gb: f64) -> Self {
        let days = (preview.seconds.max(1) as f64) / 86_400.0;
        let per_day = PerDay { events: preview.matched as f64 / days, bytes: preview.matched_bytes as f64 / days };
        let items = |rows: Vec<PreviewRow>| rows.into_iter().map(PreviewItem::from).collect();
        Self {
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
}

/// What to look through.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LintBody {
    /// The export as it is or would be; it needs neither name nor target.
    pub export: ExportAnswer,
    /// The saved export this one is a draft of, so that it is not held against itself.
    #[serde(default)]
    pub id: Option<String>,
}

/// Something worth saying about an export.
#[derive(Debug, Serialize, ToSchema)]
pub struct LintAnswer {
    /// Where, as a path into the body.
    pub path: String,
    /// What it is about; `docs/lint.md` has a page on each.
    #[schema(value_type = LintCodeWord)]
    pub code: Code,
    /// How much it matters: `error` when something can never match.
    #[schema(value_type = LintLevelWord)]
    pub level: Level,
    /// What is so, and what to do.
    pub message: String,
    /// What mends it, where something can.
    pub fix: Option<LintFix>,
}

/// A change that mends what was found.
#[derive(Debug, Serialize, ToSchema)]
pub struct LintFix {
    /// What it does.
    pub label: String,
    /// The scope and sources afterwards.
    pub sources: Vec<Source>,
}

impl LintAnswer {
    /// A finding about an export, with the sources as its fix would leave them.
    pub fn of(lint: Lint, export: &ExportBody) -> Self {
        let fix = lint.fix.map(|fix| {
            let mut mended = export.clone();
            mend(&mut mended, &fix.mend);
            LintFix { label: fix.label, sources: mended.sources.into_iter().map(Into::into).collect() }
        });
        Self { path: lint.path, code: lint.code, level: lint.level, message: lint.message, fix }
    }
}
