//! How jobs end: when nothing of them waits any more, when a person has stopped them, or when they can not go on.

use super::{
    Store, StoreError,
    error::Doing,
    jobs::{CHUNK, advance, progress, tally, text},
    settle::move_outcomes,
    watch::parse,
};
use domain::{JobId, JobProgress, JobState};
use sqlx::{Sqlite, Transaction};

impl Store {
    /// Ends jobs of which nothing waits any more, and takes waiting rows of stopped ones back: a replayed row returns to
    /// what it was, a backfilled one is cancelled. A row that is being sent is only marked, its settlement decides. Answers
    /// whether there is more to take back at once.
    pub async fn settle_jobs(&self) -> Result<bool, StoreError> {
        const DOING: &str = "settle jobs";
        let due: Vec<(String, String)> = sqlx::query_as(
            "select id, state from jobs indexed by jobs_open where ended_at is null and (queued_at is not null or state = 'stopped')
               and (not exists (select 1 from outcomes o where o.job_id = jobs.id and o.state = 'pending')
                 or (state = 'stopped'
                     and exists (select 1 from outcomes o where o.job_id = jobs.id and o.state = 'pending' and o.cancel_asked = 0)))",
        )
        .fetch_all(self.readers())
        .await
        .doing(DOING)?;
        let mut more = false;
        for (id, state) in due {
            let id = parse::<JobId>("job id", &id)?;
            let now = self.now().as_microsecond();
            let mut tx = self.write(DOING).await?;
            let state = match parse("state of a job", &state)? {
                JobState::Stopped => {
                    more |= take_back(&mut tx, &id, now).await?;
                    JobState::Stopped
                }
                JobState::Running | JobState::Done | JobState::Failed => JobState::Done,
            };
            if !has_waiting(&mut tx, &id).await? {
                end(&mut tx, &id, state, now, None).await?;
            }
            tx.commit().await.doing(DOING)?;
            self.changed();
        }
        Ok(more)
    }

    /// Ends a job that can not go on; what it has queued stays queued.
    pub async fn fail_job(&self, id: &JobId, error: &str) -> Result<(), StoreError> {
        const DOING: &str = "end a job that failed";
        let mut tx = self.write(DOING).await?;
        end(&mut tx, id, JobState::Failed, self.now().as_microsecond(), Some(error)).await?;
        tx.commit().await.doing(DOING)?;
        self.changed();
        Ok(())
    }
}

async fn has_waiting(tx: &mut Transaction<'_, Sqlite>, id: &JobId) -> Result<bool, StoreError> {
    sqlx::query_scalar("select exists (select 1 from outcomes where job_id = $1 and state = 'pending')")
        .bind(id.as_str())
        .fetch_one(&mut **tx)
        .await
        .doing("look for waiting rows of a job")
}

/// Takes a chunk of waiting rows back; answers whether it was a full one.
async fn take_back(tx: &mut Transaction<'_, Sqlite>, id: &JobId, now: i64) -> Result<bool, StoreError> {
    const DOING: &str = "take a job's rows back";
    sqlx::query(
        "update outcomes set cancel_asked = 1 where job_id = $1 and state = 'pending' and cancel_asked = 0 and exists (
           select 1 from attempt_events ae join attempts a on a.id = ae.attempt_id
           where ae.outcome_seq = outcomes.seq and a.settled_at is null)",
    )
    .bind(id.as_str())
    .execute(&mut **tx)
    .await
    .doing(DOING)?;
    let seqs: Vec<i64> = sqlx::query_scalar(
        "select seq from outcomes where job_id = $1 and state = 'pending' and cancel_asked = 0 order by seq limit $2",
    )
    .bind(id.as_str())
    .bind(CHUNK)
    .fetch_all(&mut **tx)
    .await
    .doing(DOING)?;
    move_outcomes(tx, &seqs, "cancelled", now, Some("its job was stopped")).await?;
    let returned = i64::try_from(seqs.len()).unwrap_or(i64::MAX);
    advance(tx, id, None, &JobProgress { returned, ..JobProgress::default() }).await?;
    Ok(returned == CHUNK)
}

async fn end(
    tx: &mut Transaction<'_, Sqlite>,
    id: &JobId,
    state: JobState,
    now: i64,
    error: Option<&str>,
) -> Result<(), StoreError> {
    let mut progress = progress(tx, id).await?;
    tally(tx, id, &mut progress).await?;
    sqlx::query(
        "update jobs set state = $1, ended_at = $2, progress = $3, error = $4 where id = $5 and ended_at is null",
    )
    .bind(state.as_str())
    .bind(now)
    .bind(text(&progress)?)
    .bind(error)
    .bind(id.as_str())
    .execute(&mut **tx)
    .await
    .doing("end a job")?;
    Ok(())
}
