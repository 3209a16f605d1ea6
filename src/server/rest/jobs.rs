//! `jobs`: replays and backfills, how far they are, and stopping them.

use super::{
    asked::Asked,
    caller::{Caller, Id},
    list::{Order, cut},
    problem::Problem,
};
use api::{JobAnswer, List, PageQuery};
use axum::Json;
use domain::JobId;

/// All jobs
///
/// Newest first.
#[utoipa::path(get, path = "/api/v1/jobs", tag = "jobs", params(PageQuery),
    responses((status = 200, body = List<JobAnswer>)))]
pub(super) async fn list_jobs(caller: Caller, Asked(page): Asked<PageQuery>) -> Result<Json<List<JobAnswer>>, Problem> {
    let rows = caller.console.jobs(&caller.actor).await?;
    let list = cut(rows, Order::NewestFirst, &page, |row| row.id.as_str().to_owned())?;
    Ok(Json(list.map(Into::into)))
}

/// One job
///
/// With what became of it so far.
#[utoipa::path(get, path = "/api/v1/jobs/{id}", tag = "jobs",
    params(("id" = String, Path, description = "The job's id", format = Uuid)),
    responses((status = 200, body = JobAnswer)))]
pub(super) async fn get_job(caller: Caller, Id(id): Id<JobId>) -> Result<Json<JobAnswer>, Problem> {
    Ok(Json(caller.console.job(&caller.actor, &id).await?.into()))
}

/// Stop a job
///
/// What of it still waits is taken back: replayed deliveries return to what they were, backfilled ones are cancelled. A job
/// that has ended stays as it is.
#[utoipa::path(delete, path = "/api/v1/jobs/{id}", tag = "jobs",
    params(("id" = String, Path, description = "The job's id", format = Uuid)),
    responses((status = 200, body = JobAnswer)))]
pub(super) async fn stop_job(caller: Caller, Id(id): Id<JobId>) -> Result<Json<JobAnswer>, Problem> {
    Ok(Json(caller.console.stop_job(&caller.actor, &id).await?.into()))
}
