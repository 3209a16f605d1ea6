//! Settling attempts: the answer is written, and what it means for the events it carried, in one transaction.

use super::{LaneLease, Store, StoreError, error::Doing};
use crate::domain::{AttemptId, Condition};
use jiff::Timestamp;
use sqlx::{Sqlite, Transaction};

/// What came back, for the record.
#[derive(Debug, Clone, Default)]
pub struct AttemptAnswer {
    /// HTTP status; none when no answer came.
    pub status: Option<u16>,
    /// Headers of the answer, one a line.
    pub headers: String,
    /// The beginning of the answer's body.
    pub answer: String,
    /// What happened, in a sentence, when it was not accepted.
    pub error: Option<String>,
}

/// What an answer means for the events of the attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Settlement {
    /// All were accepted; the receipt proves it.
    Accepted {
        /// What the target gave as proof, such as a request id and time.
        receipt: String,
    },
    /// They stay pending.
    Waits,
    /// The only event of the request was refused as itself: it waits until another item's event is accepted, then parks.
    Refused {
        /// Why, for when it parks.
        reason: String,
    },
    /// The only event of the request can never be accepted.
    Parked {
        /// Why.
        reason: String,
    },
}

/// What an answer means for the target and the lane.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TargetUpdate {
    /// The target's condition from now.
    pub condition: Condition,
    /// What the target said.
    pub detail: Option<String>,
    /// Faults of the target in a row.
    pub faults: u32,
    /// The target is left alone until then.
    pub target_waits_until: Option<Timestamp>,
    /// The lane is left alone until then.
    pub lane_waits_until: Option<Timestamp>,
    /// Failures of the lane in a row.
    pub failures: u32,
    /// Since when the lane fails.
    pub failing_since: Option<Timestamp>,
    /// The most events of the lane's next request.
    pub batch_limit: Option<usize>,
}

impl Store {
    /// Settles an attempt. With a lease that was lost meanwhile the answer is recorded and nothing else moves; answers
    /// whether the lease still held.
    pub async fn settle(
        &self,
        lease: &LaneLease,
        attempt: &AttemptId,
        answer: &AttemptAnswer,
        settlement: &Settlement,
        update: &TargetUpdate,
    ) -> Result<bool, StoreError> {
        const DOING: &str = "settle an attempt";
        let now = self.now().as_microsecond();
        let mut tx = self.write(DOING).await?;
        record_answer(&mut tx, attempt, answer, settlement, now).await?;
        let held: Option<i64> =
            sqlx::query_scalar("select fence from lanes where target_id = $1 and lane = $2 and fence = $3")
                .bind(lease.target.as_str())
                .bind(lease.lane)
                .bind(lease.fence)
                .fetch_optional(&mut *tx)
                .await
                .doing(DOING)?;
        if held.is_none() {
            tx.commit().await.doing(DOING)?;
            return Ok(false);
        }
        let seqs: Vec<i64> = sqlx::query_scalar(
            "select o.seq from attempt_events ae join outcomes o on o.seq = ae.outcome_seq where ae.attempt_id = $1 and o.state = 'pending'",
        )
        .bind(attempt.as_str())
        .fetch_all(&mut *tx)
        .await
        .doing(DOING)?;
        note_answer(&mut tx, &seqs, answer).await?;
        match settlement {
            Settlement::Accepted { receipt } => {
                accept(&mut tx, &seqs, receipt, now).await?;
                park_proven(&mut tx, lease, attempt, now).await?;
            }
            Settlement::Waits => cancel_asked(&mut tx, &seqs, now).await?,
            Settlement::Refused { reason } => {
                cancel_asked(&mut tx, &seqs, now).await?;
                sqlx::query("update outcomes set refused_at = coalesce(refused_at, $1), last_error = $2 where state = 'pending' and seq in (select value from json_each($3))")
                    .bind(now)
                    .bind(reason)
                    .bind(list(&seqs))
                    .execute(&mut *tx)
                    .await
                    .doing(DOING)?;
            }
            Settlement::Parked { reason } => {
                cancel_asked(&mut tx, &seqs, now).await?;
                move_outcomes(&mut tx, &seqs, "parked", now, Some(reason)).await?;
            }
        }
        update_target(&mut tx, lease, answer, update, matches!(settlement, Settlement::Accepted { .. }), now).await?;
        tx.commit().await.doing(DOING)?;
        self.changed();
        Ok(true)
    }
}

impl Store {
    /// Parks one event that can not be sent at all, without an attempt.
    pub async fn park_alone(&self, seq: i64, reason: &str) -> Result<(), StoreError> {
        const DOING: &str = "park an event";
        let mut tx = self.write(DOING).await?;
        move_outcomes(&mut tx, &[seq], "parked", self.now().as_microsecond(), Some(reason)).await?;
        tx.commit().await.doing(DOING)?;
        self.changed();
        Ok(())
    }
}

async fn record_answer(
    tx: &mut Transaction<'_, Sqlite>,
    attempt: &AttemptId,
    answer: &AttemptAnswer,
    settlement: &Settlement,
    now: i64,
) -> Result<(), StoreError> {
    let result = match settlement {
        Settlement::Accepted { .. } => "accepted",
        Settlement::Waits => "waits",
        Settlement::Refused { .. } => "refused",
        Settlement::Parked { .. } => "parked",
    };
    sqlx::query("update attempts set settled_at = $1, result = $2, status = $3, headers = $4, answer = $5, error = $6 where id = $7")
        .bind(now)
        .bind(result)
        .bind(answer.status.map(i64::from))
        .bind(&answer.headers)
        .bind(&answer.answer)
        .bind(&answer.error)
        .bind(attempt.as_str())
        .execute(&mut **tx)
        .await
        .doing("record an answer")?;
    Ok(())
}

async fn note_answer(tx: &mut Transaction<'_, Sqlite>, seqs: &[i64], answer: &AttemptAnswer) -> Result<(), StoreError> {
    sqlx::query("update outcomes set last_status = $1, last_error = $2 where seq in (select value from json_each($3))")
        .bind(answer.status.map(i64::from))
        .bind(&answer.error)
        .bind(list(seqs))
        .execute(&mut **tx)
        .await
        .doing("note an answer")?;
    Ok(())
}

async fn accept(tx: &mut Transaction<'_, Sqlite>, seqs: &[i64], receipt: &str, now: i64) -> Result<(), StoreError> {
    move_outcomes(tx, seqs, "delivered", now, None).await?;
    sqlx::query(
        "update outcomes set receipt = $1, first_delivered_at = coalesce(first_delivered_at, $2), refused_at = null, cancel_asked = 0
         where seq in (select value from json_each($3))",
    )
    .bind(receipt)
    .bind(now)
    .bind(list(seqs))
    .execute(&mut **tx)
    .await
    .doing("write receipts")?;
    Ok(())
}

/// Rows a person asked to cancel while they were being sent: the answer was no, so they are cancelled.
async fn cancel_asked(tx: &mut Transaction<'_, Sqlite>, seqs: &[i64], now: i64) -> Result<(), StoreError> {
    let asked: Vec<i64> = sqlx::query_scalar("select seq from outcomes where cancel_asked = 1 and state = 'pending' and seq in (select value from json_each($1))")
        .bind(list(seqs))
        .fetch_all(&mut **tx)
        .await
        .doing("cancel what a person cancelled")?;
    move_outcomes(tx, &asked, "cancelled", now, Some("cancelled by a person")).await
}

/// Another item's event was accepted by the same target and stream after these were refused as themselves: the fault is
/// theirs, not the target's, so they park.
async fn park_proven(
    tx: &mut Transaction<'_, Sqlite>,
    lease: &LaneLease,
    attempt: &AttemptId,
    now: i64,
) -> Result<(), StoreError> {
    const DOING: &str = "park what was refused as itself";
    let rows: Vec<(i64, Option<String>)> = sqlx::query_as(
        "select o.seq, o.last_error from outcomes o
         where o.target_id = $1 and o.state = 'pending' and o.refused_at is not null
           and o.refused_at <= (select started_at from attempts where id = $2)
           and exists (select 1 from attempt_events ae join outcomes d on d.seq = ae.outcome_seq
                       where ae.attempt_id = $2 and d.item_key <> o.item_key
                         and (d.kind = o.kind or (select kind from targets where id = $1) = 'event_hub'))",
    )
    .bind(lease.target.as_str())
    .bind(attempt.as_str())
    .fetch_all(&mut **tx)
    .await
    .doing(DOING)?;
    for (seq, reason) in rows {
        move_outcomes(tx, &[seq], "parked", now, reason.as_deref()).await?;
    }
    Ok(())
}

async fn update_target(
    tx: &mut Transaction<'_, Sqlite>,
    lease: &LaneLease,
    answer: &AttemptAnswer,
    update: &TargetUpdate,
    accepted: bool,
    now: i64,
) -> Result<(), StoreError> {
    const DOING: &str = "update a target after an attempt";
    sqlx::query("update lanes set failures = $1, failing_since = $2, next_attempt_at = $3, batch_limit = $4 where target_id = $5 and lane = $6")
        .bind(update.failures)
        .bind(update.failing_since.map(Timestamp::as_microsecond))
        .bind(update.lane_waits_until.map_or(0, Timestamp::as_microsecond))
        .bind(update.batch_limit.and_then(|limit| i64::try_from(limit).ok()))
        .bind(lease.target.as_str())
        .bind(lease.lane)
        .execute(&mut **tx)
        .await
        .doing(DOING)?;
    sqlx::query(
        "update targets set
            condition_since = case when condition = $1 then condition_since when $1 = 'ok' then null else $2 end,
            condition = $1, condition_status = $3, condition_detail = $4, faults = $5, next_attempt_at = $6,
            last_success_at = case when $7 then $2 else last_success_at end
         where id = $8",
    )
    .bind(update.condition.as_str())
    .bind(now)
    .bind(if update.condition == Condition::Ok { None } else { answer.status.map(i64::from) })
    .bind(&update.detail)
    .bind(update.faults)
    .bind(update.target_waits_until.map(Timestamp::as_microsecond))
    .bind(accepted)
    .bind(lease.target.as_str())
    .execute(&mut **tx)
    .await
    .doing(DOING)?;
    Ok(())
}

/// Moves pending rows to their end state and the counters of their hours with them.
pub(super) async fn move_outcomes(
    tx: &mut Transaction<'_, Sqlite>,
    seqs: &[i64],
    to: &'static str,
    now: i64,
    reason: Option<&str>,
) -> Result<(), StoreError> {
    const DOING: &str = "move outcomes";
    if seqs.is_empty() {
        return Ok(());
    }
    let list = list(seqs);
    for (state, sign) in [(to, 1), ("pending", -1)] {
        sqlx::query(
            "insert into counters (export_id, subscription_id, tenant_id, hour, state, n)
             select export_id, subscription_id, tenant_id, hour, $1, $2 * count(*) from outcomes
             where state = 'pending' and seq in (select value from json_each($3)) group by 1, 2, 3, 4
             on conflict (export_id, subscription_id, hour, state) do update set n = counters.n + excluded.n",
        )
        .bind(state)
        .bind(sign)
        .bind(&list)
        .execute(&mut **tx)
        .await
        .doing(DOING)?;
    }
    sqlx::query(
        "update outcomes set state = $1, settled_at = $2, last_error = coalesce($3, last_error)
         where state = 'pending' and seq in (select value from json_each($4))",
    )
    .bind(to)
    .bind(now)
    .bind(reason)
    .bind(&list)
    .execute(&mut **tx)
    .await
    .doing(DOING)?;
    Ok(())
}

fn list(seqs: &[i64]) -> String {
    serde_json::Value::from(seqs.to_vec()).to_string()
}
