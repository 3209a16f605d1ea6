//! `targets`: list, save, test, pause, delete.

use super::{
    asked::Asked,
    body::Body,
    caller::{Caller, Id, IfMatch, etag, location},
    list::{Order, cut},
    problem::Problem,
};
use api::{List, PageQuery, TargetAnswer, TestAnswer};
use axum::{
    Json,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use console::TargetInput;
use domain::TargetId;

impl Caller {
    async fn target_answer(&self, id: &TargetId) -> Result<Response, Problem> {
        let row = self.console.target(&self.actor, id).await?;
        Ok((etag(row.version), Json(TargetAnswer::from(row))).into_response())
    }

    async fn test(&self, id: &TargetId) -> Result<Json<TestAnswer>, Problem> {
        let result = self.console.test_target(&self.actor, id).await?;
        Ok(Json(TestAnswer { condition: result.condition, status: result.status, detail: result.detail }))
    }
}

/// What to save.
fn input(target: TargetAnswer) -> Result<TargetInput, Problem> {
    let config = target.config.read().map_err(Problem::invalid)?;
    Ok(TargetInput { name: target.name, config, secret: target.secret })
}

/// Targets
///
/// All targets as they are now, newest first. Secrets are never answered.
#[utoipa::path(get, path = "/api/v1/targets", tag = "targets", params(PageQuery),
    responses((status = 200, body = List<TargetAnswer>)))]
pub(super) async fn list_targets(
    caller: Caller,
    Asked(page): Asked<PageQuery>,
) -> Result<Json<List<TargetAnswer>>, Problem> {
    let rows = caller.console.targets(&caller.actor).await?;
    let list = cut(rows, Order::NewestFirst, &page, |row| row.id.as_str().to_owned())?;
    Ok(Json(list.map(Into::into)))
}

/// Save a new target
///
/// Test it afterwards; exports can send to it at once.
#[utoipa::path(post, path = "/api/v1/targets", tag = "targets", request_body = TargetAnswer,
    responses((status = 201, body = TargetAnswer, headers(("etag" = String), ("location" = String)))))]
pub(super) async fn create_target(caller: Caller, Body(body): Body<TargetAnswer>) -> Result<Response, Problem> {
    let id = caller.console.save_target(&caller.actor, None, input(body)?, None).await?;
    let place = location(&format!("/api/v1/targets/{id}"));
    Ok((StatusCode::CREATED, place, caller.target_answer(&id).await?).into_response())
}

/// One target
///
/// The `ETag` is its version.
#[utoipa::path(get, path = "/api/v1/targets/{id}", tag = "targets",
    params(("id" = String, Path, description = "The target's id", format = Uuid)),
    responses((status = 200, body = TargetAnswer, headers(("etag" = String)))))]
pub(super) async fn get_target(caller: Caller, Id(id): Id<TargetId>) -> Result<Response, Problem> {
    caller.target_answer(&id).await
}

/// Save a target
///
/// What waits goes to the new address. Without a secret the one that is set stays.
#[utoipa::path(put, path = "/api/v1/targets/{id}", tag = "targets", request_body = TargetAnswer,
    params(("id" = String, Path, description = "The target's id", format = Uuid),
        ("if-match" = String, Header, description = "The ETag of the version to replace")),
    responses((status = 200, body = TargetAnswer, headers(("etag" = String)))))]
pub(super) async fn replace_target(
    caller: Caller,
    Id(id): Id<TargetId>,
    seen: IfMatch,
    Body(body): Body<TargetAnswer>,
) -> Result<Response, Problem> {
    let current = seen.check(caller.console.target(&caller.actor, &id).await?.version)?;
    caller.console.save_target(&caller.actor, Some(&id), input(body)?, Some(current)).await?;
    caller.target_answer(&id).await
}

/// Delete a target
///
/// Refused (409) while an export sends to it.
#[utoipa::path(delete, path = "/api/v1/targets/{id}", tag = "targets",
    params(("id" = String, Path, description = "The target's id", format = Uuid),
        ("if-match" = String, Header, description = "The ETag of the version to delete")),
    responses((status = 204)))]
pub(super) async fn delete_target(caller: Caller, Id(id): Id<TargetId>, seen: IfMatch) -> Result<StatusCode, Problem> {
    seen.check(caller.console.target(&caller.actor, &id).await?.version)?;
    caller.console.delete_target(&caller.actor, &id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Test a target
///
/// Sends two test events and records what came back as the target's condition. A target that refuses is an answer, not a
/// problem: see `condition`.
#[utoipa::path(post, path = "/api/v1/targets/{id}/test", tag = "targets",
    params(("id" = String, Path, description = "The target's id", format = Uuid)),
    responses((status = 200, body = TestAnswer)))]
pub(super) async fn test_target(caller: Caller, Id(id): Id<TargetId>) -> Result<Json<TestAnswer>, Problem> {
    caller.test(&id).await
}

/// Send test events to a target
///
/// In this release the same as the test: two test events go out, outside every export.
#[utoipa::path(post, path = "/api/v1/targets/{id}/send-test-event", tag = "targets",
    params(("id" = String, Path, description = "The target's id", format = Uuid)),
    responses((status = 200, body = TestAnswer)))]
pub(super) async fn send_test_event(caller: Caller, Id(id): Id<TargetId>) -> Result<Json<TestAnswer>, Problem> {
    caller.test(&id).await
}

/// Pause a target
///
/// What is decided for it waits.
#[utoipa::path(post, path = "/api/v1/targets/{id}/pause", tag = "targets",
    params(("id" = String, Path, description = "The target's id", format = Uuid)),
    responses((status = 200, body = TargetAnswer, headers(("etag" = String)))))]
pub(super) async fn pause_target(caller: Caller, Id(id): Id<TargetId>) -> Result<Response, Problem> {
    caller.console.pause_target(&caller.actor, &id, true).await?;
    caller.target_answer(&id).await
}

/// Resume a target
///
/// What waited goes out.
#[utoipa::path(post, path = "/api/v1/targets/{id}/resume", tag = "targets",
    params(("id" = String, Path, description = "The target's id", format = Uuid)),
    responses((status = 200, body = TargetAnswer, headers(("etag" = String)))))]
pub(super) async fn resume_target(caller: Caller, Id(id): Id<TargetId>) -> Result<Response, Problem> {
    caller.console.pause_target(&caller.actor, &id, false).await?;
    caller.target_answer(&id).await
}

/// Attempt a target now
///
/// Whatever its backoff says; the answer shows the target as it is before that attempt is settled.
#[utoipa::path(post, path = "/api/v1/targets/{id}/attempt", tag = "targets",
    params(("id" = String, Path, description = "The target's id", format = Uuid)),
    responses((status = 200, body = TargetAnswer, headers(("etag" = String)))))]
pub(super) async fn attempt_target(caller: Caller, Id(id): Id<TargetId>) -> Result<Response, Problem> {
    caller.console.attempt_now(&caller.actor, &id).await?;
    caller.target_answer(&id).await
}
