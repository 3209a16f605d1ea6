//! Jobs: what is already there, sent again or for the first time.

use super::{ExportId, JobId, words::words};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

words! {
    /// The sorts of jobs.
    pub enum JobKind {
        /// Sends deliveries again that ended before.
        Replay = "replay", "Replay";
        /// Decides for one export on events that it has not seen.
        Backfill = "backfill", "Backfill";
    }
}

words! {
    /// How a job does.
    pub enum JobState {
        /// It queues its events, or they wait for their target.
        Running = "running", "Running";
        /// None of its events waits any more.
        Done = "done", "Done";
        /// A person stopped it.
        Stopped = "stopped", "Stopped";
        /// It could not go on.
        Failed = "failed", "Failed";
    }
}

/// What became of a job so far. Counts of events or of outcomes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct JobProgress {
    /// Looked at.
    pub looked_at: i64,
    /// Queued to be sent.
    pub added: i64,
    /// Left alone by a backfill: the export has decided on them before.
    pub already: i64,
    /// Left alone by a backfill: they do not match.
    pub not_matching: i64,
    /// Left alone by a replay: they wait already.
    pub pending: i64,
    /// Left alone by a replay: filtered ones are never sent.
    pub filtered: i64,
    /// Left alone by a replay: their export is deleted.
    pub deleted: i64,
    /// Left alone by a range: no payload is kept of them.
    pub no_payload: i64,
    /// Left alone by a backfill of the current state: Azure does not know them any more.
    pub gone: i64,
    /// Left alone: what is kept, or what Azure answered, could not be read.
    pub unreadable: i64,
    /// Read again from Azure and written as snapshot events.
    pub snapshots: i64,
    /// Taken back when it was stopped.
    pub returned: i64,
    /// Of its rows: delivered now.
    pub delivered: i64,
    /// Of its rows: waiting now.
    pub waiting: i64,
    /// Of its rows: parked now.
    pub parked: i64,
}

impl JobProgress {
    /// Counts further.
    pub fn add(&mut self, more: &Self) {
        for (sum, one) in [
            (&mut self.looked_at, more.looked_at),
            (&mut self.added, more.added),
            (&mut self.already, more.already),
            (&mut self.not_matching, more.not_matching),
            (&mut self.pending, more.pending),
            (&mut self.filtered, more.filtered),
            (&mut self.deleted, more.deleted),
            (&mut self.no_payload, more.no_payload),
            (&mut self.gone, more.gone),
            (&mut self.unreadable, more.unreadable),
            (&mut self.snapshots, more.snapshots),
            (&mut self.returned, more.returned),
        ] {
            *sum += one;
        }
    }
}

/// Which events a backfill takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BackfillRange {
    /// What happened since.
    Since(Timestamp),
    /// The newest event of each item.
    CurrentState,
}

/// A job as lists show it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct JobRow {
    /// Its id.
    pub id: JobId,
    /// Its sort.
    pub kind: JobKind,
    /// How it does.
    pub state: JobState,
    /// What it is, in a phrase.
    pub title: String,
    /// The export of a backfill.
    pub export: Option<ExportId>,
    /// Events to be sent, counted before it began.
    pub total: i64,
    /// Their size.
    pub bytes: u64,
    /// Events it goes through to find them, counted before it began.
    pub span: i64,
    /// What became of it.
    pub progress: JobProgress,
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

/// What a replay would do.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReplayCount {
    /// Would be sent again.
    pub count: i64,
    /// Their size.
    pub bytes: u64,
    /// Left alone: they wait already.
    pub pending: i64,
    /// Left alone: filtered ones are never sent.
    pub filtered: i64,
    /// Left alone: their export is deleted.
    pub deleted: i64,
    /// Ids that were given and are not there.
    pub missing: i64,
}

impl ReplayCount {
    /// All that was looked at.
    pub fn sum(&self) -> i64 {
        self.count + self.pending + self.filtered + self.deleted
    }
}

/// What a backfill would do.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct BackfillCount {
    /// Events looked at.
    pub looked_at: i64,
    /// Would be sent.
    pub count: i64,
    /// Their size.
    pub bytes: u64,
    /// Left alone: the export has decided on them before.
    pub already: i64,
    /// Left alone: they do not match.
    pub not_matching: i64,
    /// No payload is kept of them: a range leaves them out, the current state reads them again from Azure.
    pub no_payload: i64,
    /// Left alone: what is kept of them cannot be read.
    pub unreadable: i64,
}
