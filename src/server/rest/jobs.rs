//! `jobs`: replays and backfills, how far they are, and stopping them.

use super::{
    asked::Asked,
    caller::{Caller, Id},
    list::{List, Order, PageQuery},
    problem::Problem,
    words::{JobKindWord, JobStateWord},
};
use axum::Json;
use domain::{JobId, JobKind, JobProgress, JobRow, JobState};
use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

/// What became of a job so far.
#[derive(Debug, Serialize, ToSchema)]
struct Progress {
    /// Events or deliveries looked at.
    looked_at: i64,
    /// Events or deliveries it goes through, counted before it began.
    of: i64,
    /// Queued to be sent.
    added: i64,
    /// Left alone by a backfill: the export had decided on them before.
    already: i64,
    /// Left alone by a backfill: they do not match.
    not_matching: i64,
    /// What else was left alone, and why.
    skipped: Skipped,
    /// Written as snapshot events, read again from Azure.
    snapshots: i64,
    /// Of its deliveries: waiting.
    waiting: i64,
    /// Of its deliveries: delivered.
    delivered: i64,
    /// Of its deliveries: parked.
    parked: i64,
    /// Taken back because it was stopped.
    returned: i64,
}

/// What a job left alone, and why.
#[derive(Debug, Serialize, ToSchema)]
struct Skipped {
    /// They waited already.
    pending: i64,
    /// Filtered ones are never sent.
    filtered: i64,
    /// Their export is deleted.
    deleted_export: i64,
    /// No payload is kept of them.
    no_payload: i64,
    /// Azure does not know them any more.
    gone: i64,
    /// They could not be read.
    unreadable: i64,
}

impl Progress {
    fn of(progress: JobProgress, span: i64) -> Self {
        Self {
            looked_at: progress.looked_at,
            of: span,
            added: progress.added,
            already: progress.already,
            not_matching: progress.not_matching,
            skipped: Skipped {
                pending: progress.pending,
                filtered: progress.filtered,
                deleted_export: progress.deleted,
                no_payload: progress.no_payload,
                gone: progress.gone,
                unreadable: progress.unreadable,
            },
            snapshots: progress.snapshots,
            waiting: progress.waiting,
            delivered: progress.delivered,
            parked: progress.parked,
            returned: progress.returned,
        }
    }
}

/// A replay or backfill.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Job)]
pub struct JobAnswer {
    /// Its id.
    #[schema(format = Uuid)]
    id: String,
    /// Its sort.
    #[schema(value_type = JobKindWord)]
    kind: JobKind,
    /// How it does.
    #[schema(value_type = JobStateWord)]
    state: JobState,
    /// What it is, in a phrase.
    title: String,
    /// The export of a backfill.
    #[schema(format = Uuid)]
    export: Option<String>,
    /// Events to be sent, counted before it began.
    total: i64,
    /// Their size in bytes.
    bytes: u64,
    /// What became of it so far.
    progress: Progress,
    /// Who started it.
    started_by: String,
    /// When.
    started_at: Timestamp,
    /// When all of its events were queued.
    queued_at: Option<Timestamp>,
    /// When it ended.
    ended_at: Option<Timestamp>,
    /// Why it failed, or what it waits for.
    error: Option<String>,
}

impl From<JobRow> for JobAnswer {
    fn from(row: JobRow) -> Self {
        Self {
            id: row.id.into(),
            kind: row.kind,
            state: row.state,
            title: row.title,
            export: row.export.map(Into::into),
            total: row.total,
            bytes: row.bytes,
            progress: Progress::of(row.progress, row.span),
            started_by: row.started_by,
            started_at: row.started_at,
            queued_at: row.queued_at,
            ended_at: row.ended_at,
            error: row.error,
        }
    }
}

/// All jobs
///
/// Newest first.
#[utoipa::path(get, path = "/api/v1/jobs", tag = "jobs", params(PageQuery),
    responses((status = 200, body = List<JobAnswer>)))]
pub(super) async fn list_jobs(caller: Caller, Asked(page): Asked<PageQuery>) -> Result<Json<List<JobAnswer>>, Problem> {
    let rows = caller.console.jobs(&caller.actor).await?;
    let list = List::cut(rows, Order::NewestFirst, &page, |row| row.id.as_str().to_owned())?;
    Ok(Json(List { items: list.items.into_iter().map(Into::into).collect(), next: list.next }))
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
