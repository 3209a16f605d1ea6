//! Starting a replay or a backfill, or only counting what it would do.

use super::{
    asked::Moment,
    body::Body,
    caller::Caller,
    problem::{Fault, Problem},
    replay_filter::ReplayFilter,
};
use axum::{
    Json,
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use domain::{BackfillRange, DeliveryId, ExportId};
use serde::{Deserialize, Serialize};
use store::ReplayWhat;
use utoipa::ToSchema;

/// What to send again: either `ids` or `filter`.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReplayBody {
    /// These deliveries, at most 1000.
    #[serde(default)]
    #[schema(value_type = Option<Vec<String>>)]
    ids: Option<Vec<DeliveryId>>,
    /// All that match; an empty filter is everything.
    #[serde(default)]
    filter: Option<ReplayFilter>,
    /// Only count.
    #[serde(default)]
    dry_run: bool,
}

/// What a replay does. `count` and what is left alone add up to what was asked for.
#[derive(Debug, Serialize, ToSchema)]
pub struct ReplayAnswer {
    /// Deliveries that are sent again.
    count: i64,
    /// Their size in bytes.
    bytes: u64,
    /// Left alone: they wait already.
    pending: i64,
    /// Left alone: filtered ones are never sent.
    filtered: i64,
    /// Left alone: their export is deleted.
    deleted_export: i64,
    /// Ids that are not there.
    missing: i64,
    /// The job; null for a dry run, and when there is nothing to send.
    #[schema(format = Uuid)]
    job: Option<String>,
}

/// What to decide on: either `since` or `current_state`.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct BackfillBody {
    /// The export.
    #[schema(value_type = String, format = Uuid)]
    export: ExportId,
    /// Events that happened since: a time (RFC 3339) or a length such as `7d`, at most 90 days back.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    since: Option<Moment>,
    /// The newest event of every alert and recommendation.
    #[serde(default)]
    current_state: bool,
    /// Only count.
    #[serde(default)]
    dry_run: bool,
}

/// What a backfill does. All but `bytes` add up to `looked_at`.
#[derive(Debug, Serialize, ToSchema)]
pub struct BackfillAnswer {
    /// Events that match and that the export has not decided on.
    count: i64,
    /// Their size in bytes.
    bytes: u64,
    /// Events looked at.
    looked_at: i64,
    /// Left alone: the export has decided on them before.
    already: i64,
    /// Left alone: they do not match.
    not_matching: i64,
    /// No payload is kept of them: with `since` they are left alone, with `current_state` they are read again from Azure.
    no_payload: i64,
    /// Left alone: what is kept of them cannot be read.
    unreadable: i64,
    /// The job; null for a dry run, and when there is nothing to send.
    #[schema(format = Uuid)]
    job: Option<String>,
}

/// 200 for what was only counted, 202 with the job's address for what was started.
fn started(job: Option<&str>, body: &impl Serialize) -> Response {
    let answer = Json(body).into_response();
    match job.and_then(|id| HeaderValue::from_str(&format!("/api/v1/jobs/{id}")).ok()) {
        Some(place) => (StatusCode::ACCEPTED, [(header::LOCATION, place)], answer).into_response(),
        None => answer,
    }
}

fn either(first: &str, second: &str) -> Problem {
    let message = format!("give either {first} or {second}");
    Problem::invalid([first, second].map(|path| Fault { path: path.to_owned(), message: message.clone() }))
}

/// Send deliveries again
///
/// Delivered, parked and cancelled ones go to where their export sends now, with the property `replay`. 202 with a job, or
/// 200 for a dry run and when there is nothing to send.
#[utoipa::path(post, path = "/api/v1/deliveries/replay", tag = "jobs", request_body = ReplayBody,
    responses((status = 200, body = ReplayAnswer), (status = 202, body = ReplayAnswer, headers(("location" = String)))))]
pub(super) async fn replay(caller: Caller, Body(body): Body<ReplayBody>) -> Result<Response, Problem> {
    let what = match (body.ids, body.filter) {
        (Some(ids), None) => ReplayWhat::Ids(ids),
        (None, Some(filter)) => ReplayWhat::Filter(filter.filter(caller.console.now())),
        _ => return Err(either("ids", "filter")),
    };
    let (count, job) = caller.console.replay(&caller.actor, what, body.dry_run).await?;
    let answer = ReplayAnswer {
        count: count.count,
        bytes: count.bytes,
        pending: count.pending,
        filtered: count.filtered,
        deleted_export: count.deleted,
        missing: count.missing,
        job: job.map(Into::into),
    };
    Ok(started(answer.job.as_deref(), &answer))
}

/// Send what is already there
///
/// The export's current version decides on stored events; those that match and that it has not decided on are sent, with
/// the property `replay`. 202 with a job, or 200 for a dry run and when there is nothing to send.
#[utoipa::path(post, path = "/api/v1/backfills", tag = "jobs", request_body = BackfillBody,
    responses((status = 200, body = BackfillAnswer), (status = 202, body = BackfillAnswer, headers(("location" = String)))))]
pub(super) async fn backfill(caller: Caller, Body(body): Body<BackfillBody>) -> Result<Response, Problem> {
    let range = match (body.since, body.current_state) {
        (Some(since), false) => BackfillRange::Since(since.at(caller.console.now())),
        (None, true) => BackfillRange::CurrentState,
        _ => return Err(either("since", "current_state")),
    };
    let (count, job) = caller.console.backfill(&caller.actor, &body.export, range, body.dry_run).await?;
    let answer = BackfillAnswer {
        count: count.count,
        bytes: count.bytes,
        looked_at: count.looked_at,
        already: count.already,
        not_matching: count.not_matching,
        no_payload: count.no_payload,
        unreadable: count.unreadable,
        job: job.map(Into::into),
    };
    Ok(started(answer.job.as_deref(), &answer))
}
