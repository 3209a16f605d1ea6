//! Replays and backfills, and how far they are.

use super::words::{JobKindWord, JobStateWord};
use domain::{JobKind, JobProgress, JobRow, JobState};
use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

/// What became of a job so far.
#[derive(Debug, Serialize, ToSchema)]
pub struct Progress {
    /// Events or deliveries looked at.
    pub looked_at: i64,
    /// Events or deliveries it goes through, counted before it began.
    pub of: i64,
    /// Queued to be sent.
    pub added: i64,
    /// Left alone by a backfill: the export had decided on them before.
    pub already: i64,
    /// Left alone by a backfill: they do not match.
    pub not_matching: i64,
    /// What else was left alone, and why.
    pub skipped: Skipped,
    /// Written as snapshot events, read again from Azure.
    pub snapshots: i64,
    /// Of its deliveries: waiting.
    pub waiting: i64,
    /// Of its deliveries: delivered.
    pub delivered: i64,
    /// Of its deliveries: parked.
    pub parked: i64,
    /// Taken back because it was stopped.
    pub returned: i64,
}

/// What a job left alone, and why.
#[derive(Debug, Serialize, ToSchema)]
pub struct Skipped {
    /// They waited already.
    pub pending: i64,
    /// Filtered ones are never sent.
    pub filtered: i64,
    /// Their export is deleted.
    pub deleted_export: i64,
    /// No payload is kept of them.
    pub no_payload: i64,
    /// Azure does not know them any more.
    pub gone: i64,
    /// They could not be read.
    pub unreadable: i64,
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
    pub id: String,
    /// Its sort.
    #[schema(value_type = JobKindWord)]
    pub kind: JobKind,
    /// How it does.
    #[schema(value_type = JobStateWord)]
    pub state: JobState,
    /// What it is, in a phrase.
    pub title: String,
    /// The export of a backfill.
    #[schema(format = Uuid)]
    pub export: Option<String>,
    /// Events to be sent, counted before it began.
    pub total: i64,
    /// Their size in bytes.
    pub bytes: u64,
    /// What became of it so far.
    pub progress: Progress,
    /// Who started it.
    pub started_by: String,
    /// When.
    pub started_at: Timestamp,
    /// When all of its events were queued.
    pub queued_at: Option<Timestamp>,
    /// When it ended.
    pub ended_at: Option<Timestamp>,
    /// Why it failed, or what it waits for.
    pub error: Option<String>,
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
