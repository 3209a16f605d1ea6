//! Jobs: asked for by a person, worked off in chunks, each chunk with its progress in one transaction.

use super::{AuditEntry, DeliveryFilter, Store, StoreError, Visible, audit::record, error::Doing, watch::parse};
use domain::{BackfillRange, DeliveryId, ExportId, JobId, JobKind, JobProgress, JobRow, time};
use serde::{Deserialize, Serialize};
use sqlx::{Row, Sqlite, Transaction, sqlite::SqliteRow};

/// Rows moved in one transaction, so that the writer is never held for long.
pub(super) const CHUNK: i64 = 500;

/// Which deliveries a replay takes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReplayWhat {
    /// These.
    Ids(Vec<DeliveryId>),
    /// All that match.
    Filter(DeliveryFilter),
}

/// What a job does.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum JobWork {
    /// Sends deliveries again.
    Replay(ReplayWhat),
    /// Decides for an export on events it has not seen.
    Backfill {
        /// The export.
        export: ExportId,
        /// Which events.
        range: BackfillRange,
    },
}

/// What was asked, by whom it may be seen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct JobRequest {
    /// What to do.
    pub work: JobWork,
    /// What the person who asked may see: nothing else is touched.
    pub visible: Visible,
}

/// A job that is to be written.
#[derive(Debug, Clone)]
pub struct NewJob {
    /// Its id.
    pub id: JobId,
    /// What was asked.
    pub request: JobRequest,
    /// What it is, in a phrase.
    pub title: String,
    /// Events to be sent.
    pub total: i64,
    /// Their size.
    pub bytes: u64,
    /// Events it goes through.
    pub span: i64,
}

/// A job that has events to queue.
#[derive(Debug, Clone)]
pub struct OpenJob {
    /// Its id.
    pub id: JobId,
    /// What was asked.
    pub request: JobRequest,
    /// The newest row or event that it takes.
    pub bound: i64,
    /// Where it goes on; empty at the beginning.
    pub cursor: String,
    /// What it waits for, if something keeps it waiting.
    pub error: Option<String>,
}

const SELECT: &str =
    "select id, kind, state, title, export_id, total, bytes, span, progress, started_by, started_at, queued_at,
    ended_at, error, request from jobs";

fn job(row: &SqliteRow) -> Result<(JobRow, Visible), StoreError> {
    let at = |index: usize| row.get::<Option<i64>, _>(index).map(time::from_micros);
    let progress: JobProgress = read("progress of a job", row.get(8))?;
    let request: JobRequest = read("job", row.get(14))?;
    let found = JobRow {
        id: parse("job id", row.get(0))?,
        kind: parse("kind of job", row.get(1))?,
        state: parse("state of a job", row.get(2))?,
        title: row.get(3),
        export: row.get::<Option<&str>, _>(4).map(|id| parse("export id", id)).transpose()?,
        total: row.get(5),
        bytes: u64::try_from(row.get::<i64, _>(6)).unwrap_or_default(),
        span: row.get(7),
        progress,
        started_by: row.get(9),
        started_at: time::from_micros(row.get(10)),
        queued_at: at(11),
        ended_at: at(12),
        error: row.get(13),
    };
    Ok((found, request.visible))
}

fn read<T: serde::de::DeserializeOwned>(what: &'static str, text: &str) -> Result<T, StoreError> {
    serde_json::from_str(text).map_err(|error| StoreError::corrupt(what, error))
}

pub(super) fn text(of: &impl Serialize) -> Result<String, StoreError> {
    serde_json::to_string(of).map_err(|error| StoreError::corrupt("job", error))
}

impl Store {
    /// Writes a job; the runner begins with it by itself.
    pub async fn start_job(&self, new: &NewJob, audit: &AuditEntry<'_>) -> Result<(), StoreError> {
        const DOING: &str = "start a job";
        let now = self.now().as_microsecond();
        let (kind, bound, export) = match &new.request.work {
            JobWork::Replay(_) => (JobKind::Replay, "outcomes", None),
            JobWork::Backfill { export, .. } => (JobKind::Backfill, "events", Some(export.as_str())),
        };
        let mut tx = self.write(DOING).await?;
        let sql = format!(
            "insert into jobs (id, tenant_id, kind, state, title, export_id, request, total, bytes, span, bound, started_by, started_at)
             values ($1, $2, $3, 'running', $4, $5, $6, $7, $8, $9, (select coalesce(max(seq), 0) from {bound}), $10, $11)"
        );
        sqlx::query(sqlx::AssertSqlSafe(sql))
            .bind(new.id.as_str())
            .bind(audit.tenant.as_str())
            .bind(kind.as_str())
            .bind(&new.title)
            .bind(export)
            .bind(text(&new.request)?)
            .bind(new.total)
            .bind(i64::try_from(new.bytes).unwrap_or(i64::MAX))
            .bind(new.span)
            .bind(audit.actor)
            .bind(now)
            .execute(&mut *tx)
            .await
            .doing(DOING)?;
        record(&mut tx, audit, now).await?;
        tx.commit().await.doing(DOING)?;
        self.changed();
        Ok(())
    }

    /// Every job with what its starter may see, newest first.
    pub async fn list_jobs(&self) -> Result<Vec<(JobRow, Visible)>, StoreError> {
        let sql = sqlx::AssertSqlSafe(format!("{SELECT} order by id desc limit 1000"));
        let rows = sqlx::query(sql).fetch_all(self.readers()).await.doing("list the jobs")?;
        let mut jobs = rows.iter().map(job).collect::<Result<Vec<_>, _>>()?;
        for (row, _) in &mut jobs {
            self.add_tally(row).await?;
        }
        Ok(jobs)
    }

    /// One job with what its starter may see.
    pub async fn find_job(&self, id: &JobId) -> Result<Option<(JobRow, Visible)>, StoreError> {
        let sql = sqlx::AssertSqlSafe(format!("{SELECT} where id = $1"));
        let row = sqlx::query(sql).bind(id.as_str()).fetch_optional(self.readers()).await.doing("read a job")?;
        let Some(mut found) = row.as_ref().map(job).transpose()? else { return Ok(None) };
        self.add_tally(&mut found.0).await?;
        Ok(Some(found))
    }

    /// What its rows are now; an ended job keeps what they were at its end.
    async fn add_tally(&self, row: &mut JobRow) -> Result<(), StoreError> {
        if row.ended_at.is_some() {
            return Ok(());
        }
        let mut tx = self.read("count a job's rows").await?;
        tally(&mut tx, &row.id, &mut row.progress).await
    }

    /// Jobs that have rows to queue, oldest first.
    pub async fn open_jobs(&self) -> Result<Vec<OpenJob>, StoreError> {
        let rows = sqlx::query(
            "select id, request, bound, cursor, error from jobs indexed by jobs_open
             where ended_at is null and state = 'running' and queued_at is null order by id",
        )
        .fetch_all(self.readers())
        .await
        .doing("find jobs to go on with")?;
        rows.iter()
            .map(|row| {
                Ok(OpenJob {
                    id: parse("job id", row.get(0))?,
                    request: read("job", row.get(1))?,
                    bound: row.get(2),
                    cursor: row.get(3),
                    error: row.get(4),
                })
            })
            .collect()
    }

    /// Says what keeps a job waiting.
    pub async fn note_job(&self, id: &JobId, error: &str) -> Result<(), StoreError> {
        let done = sqlx::query("update jobs set error = $1 where id = $2 and ended_at is null and error is not $1")
            .bind(error)
            .bind(id.as_str())
            .execute(self.writer())
            .await
            .doing("say what a job waits for")?;
        if done.rows_affected() > 0 {
            self.changed();
        }
        Ok(())
    }

    /// Marks a job as stopped; the runner takes its waiting rows back. False when it has ended already.
    pub async fn stop_job(&self, id: &JobId, audit: &AuditEntry<'_>) -> Result<bool, StoreError> {
        const DOING: &str = "stop a job";
        let mut tx = self.write(DOING).await?;
        let done = sqlx::query("update jobs set state = 'stopped', error = null where id = $1 and state = 'running'")
            .bind(id.as_str())
            .execute(&mut *tx)
            .await
            .doing(DOING)?;
        if done.rows_affected() == 0 {
            return Ok(false);
        }
        record(&mut tx, audit, self.now().as_microsecond()).await?;
        tx.commit().await.doing(DOING)?;
        self.changed();
        Ok(true)
    }
}

/// Counts what a job's rows are now.
pub(super) async fn tally(
    tx: &mut Transaction<'_, Sqlite>,
    id: &JobId,
    progress: &mut JobProgress,
) -> Result<(), StoreError> {
    let counts: Vec<(String, i64)> =
        sqlx::query_as("select state, count(*) from outcomes indexed by outcomes_job
             where job_id = $1 and (state = 'pending' or replayed_at is null or settled_at >= replayed_at) group by state")
            .bind(id.as_str())
            .fetch_all(&mut **tx)
            .await
            .doing("count a job's rows")?;
    let of = |state: &str| counts.iter().find(|(found, _)| found == state).map_or(0, |(_, n)| *n);
    (progress.delivered, progress.waiting, progress.parked) = (of("delivered"), of("pending"), of("parked"));
    Ok(())
}

pub(super) async fn progress(tx: &mut Transaction<'_, Sqlite>, id: &JobId) -> Result<JobProgress, StoreError> {
    let found: String = sqlx::query_scalar("select progress from jobs where id = $1")
        .bind(id.as_str())
        .fetch_one(&mut **tx)
        .await
        .doing("read a job's progress")?;
    read("progress of a job", &found)
}

/// Whether a job still queues rows and stands at this cursor.
pub(super) async fn stands_at(tx: &mut Transaction<'_, Sqlite>, id: &JobId, cursor: &str) -> Result<bool, StoreError> {
    let found: i64 = sqlx::query_scalar(
        "select count(*) from jobs where id = $1 and cursor = $2 and state = 'running' and queued_at is null",
    )
    .bind(id.as_str())
    .bind(cursor)
    .fetch_one(&mut **tx)
    .await
    .doing("look where a job stands")?;
    Ok(found > 0)
}

/// Counts further and moves the cursor; what kept the job waiting is over.
pub(super) async fn advance(
    tx: &mut Transaction<'_, Sqlite>,
    id: &JobId,
    cursor: Option<&str>,
    more: &JobProgress,
) -> Result<(), StoreError> {
    let mut sum = progress(tx, id).await?;
    sum.add(more);
    sqlx::query("update jobs set progress = $1, cursor = coalesce($2, cursor), error = null where id = $3")
        .bind(text(&sum)?)
        .bind(cursor)
        .bind(id.as_str())
        .execute(&mut **tx)
        .await
        .doing("move a job on")?;
    Ok(())
}

/// All rows of a job are queued.
pub(super) async fn queued(tx: &mut Transaction<'_, Sqlite>, id: &JobId, now: i64) -> Result<(), StoreError> {
    sqlx::query("update jobs set queued_at = $1, error = null where id = $2 and queued_at is null")
        .bind(now)
        .bind(id.as_str())
        .execute(&mut **tx)
        .await
        .doing("end a job's queueing")?;
    Ok(())
}
