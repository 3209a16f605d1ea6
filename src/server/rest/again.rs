//! Starting a replay or a backfill, or only counting what it would do.

use super::{body::Body, caller::Caller, filters::of_deliveries, problem::Problem};
use api::{BackfillAnswer, BackfillBody, ReplayAnswer, ReplayBody};
use axum::{
    Json,
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use domain::{BackfillRange, FieldError};
use serde::Serialize;
use store::ReplayWhat;

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
    Problem::invalid([first, second].map(|path| FieldError::new(path, message.clone())))
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
        (None, Some(filter)) => ReplayWhat::Filter(of_deliveries(filter, caller.console.now())),
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
