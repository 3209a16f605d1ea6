//! Starting a replay or a backfill, or only counting what it would do.

use super::{query::Moment, replay_filter::ReplayFilter};
use domain::{DeliveryId, ExportId};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What to send again: either `ids` or `filter`.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReplayBody {
    /// These deliveries, at most 1000.
    #[serde(default)]
    #[schema(value_type = Option<Vec<String>>)]
    pub ids: Option<Vec<DeliveryId>>,
    /// All that match; an empty filter is everything.
    #[serde(default)]
    pub filter: Option<ReplayFilter>,
    /// Only count.
    #[serde(default)]
    pub dry_run: bool,
}

/// What a replay does. `count` and what is left alone add up to what was asked for.
#[derive(Debug, Serialize, ToSchema)]
pub struct ReplayAnswer {
    /// Deliveries that are sent again.
    pub count: i64,
    /// Their size in bytes.
    pub bytes: u64,
    /// Left alone: they wait already.
    pub pending: i64,
    /// Left alone: filtered ones are never sent.
    pub filtered: i64,
    /// Left alone: their export is deleted.
    pub deleted_export: i64,
    /// Ids that are not there.
    pub missing: i64,
    /// The job; null for a dry run, and when there is nothing to send.
    #[schema(format = Uuid)]
    pub job: Option<String>,
}

/// What to decide on: either `since` or `current_state`.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct BackfillBody {
    /// The export.
    #[schema(value_type = String, format = Uuid)]
    pub export: ExportId,
    /// Events that happened since: a time (RFC 3339) or a length such as `7d`, at most 90 days back.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    pub since: Option<Moment>,
    /// The newest event of every alert and recommendation.
    #[serde(default)]
    pub current_state: bool,
    /// Only count.
    #[serde(default)]
    pub dry_run: bool,
}

/// What a backfill does. All but `bytes` add up to `looked_at`.
#[derive(Debug, Serialize, ToSchema)]
pub struct BackfillAnswer {
    /// Events that match and that the export has not decided on.
    pub count: i64,
    /// Their size in bytes.
    pub bytes: u64,
    /// Events looked at.
    pub looked_at: i64,
    /// Left alone: the export has decided on them before.
    pub already: i64,
    /// Left alone: they do not match.
    pub not_matching: i64,
    /// No payload is kept of them: with `since` they are left alone, with `current_state` they are read again from Azure.
    pub no_payload: i64,
    /// Left alone: what is kept of them cannot be read.
    pub unreadable: i64,
    /// The job; null for a dry run, and when there is nothing to send.
    #[schema(format = Uuid)]
    pub job: Option<String>,
}
