//! Settling attempts: the answer is written, and what it means for the events it carried, in one transaction.

use super::{LaneLease, Store, StoreError, counters, error::Doing};
use domain::{AttemptId, Condition};
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

/// How an attempt was settled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Settled {
    /// As the settlement says.
    Done,
    /// Its only event was refused as itself once more, after another item's was accepted: it is parked.
    Parked,
    /// Another holder works the lane: only the answer was recorded.
    TooLate,
}

/// Why an attempt has no answer.
pub(super) const STOPPED: &str = "the program stopped before the answer came";
/// Why a row is cancelled whose attempt has no answer.
pub(super) const MAYBE_SENT: &str = "cancelled by a person; it may have been sent";

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
    /// Failures of the lane in a row.
    pub failures: u32,
    /// Since when the lane fails.
    pub failing_since: Option<Timestamp>,
    /// The most events of the lane's next request.
    pub batch_limit: Option<usize>,
}

impl Store {
    /// Settles an attempt. With a lease that was lost meanwhile the answer is recorded and nothing else moves. Without an
    /// update, lane and target stay as they are.
    pub async fn settle(
        &self,
        lease: &LaneLease,
        attempt: &AttemptId,
        answer: &AttemptAnswer,
        settlement: &Settlement,
        update: Option<&TargetUpdate>,
    ) -> Result<Settled, StoreError> {
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
            return Ok(Settled::TooLate);
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
            }
            Settlement::Waits => cancel_asked(&mut tx, &seqs, now).await?,
            Settlement::Refused { reason } => {
                cancel_asked(&mut tx, &seqs, now).await?;
                if is_proven(&mut tx, lease, &seqs).await? {
                    // The target is well: its condition is left as it is.
                    move_outcomes(&mut tx, &seqs, "parked", now, Some(reason)).await?;
                    tx.commit().await.doing(DOING)?;
                    self.changed();
                    return Ok(Settled::Parked);
                }
                sqlx::query(
                    "update outcomes set refused_at = coalesce(refused_at, $1), last_error = $2
                     where state = 'pending' and seq in (select value from json_each($3))",
                )
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
        if let Some(update) = update {
            let accepted = matches!(settlement, Settlement::Accepted { .. });
            update_target(&mut tx, lease, attempt, answer, update, accepted, now).await?;
        }
        tx.commit().await.doing(DOING)?;
        self.changed();
        Ok(Settled::Done)
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

/// Whether another item's event was accepted by the same target and stream after this one was first refused as itself:
/// refused again, the fault is its own and not the target's.
async fn is_proven(tx: &mut Transaction<'_, Sqlite>, lease: &LaneLease, seqs: &[i64]) -> Result<bool, StoreError> {
    let found: Option<i64> = sqlx::query_scalar(
        "select o.seq from outcomes o
         where o.seq in (select value from json_each($2)) and o.refused_at is not null
           and exists (select 1 from attempts a join attempt_events ae on ae.attempt_id = a.id join outcomes d on d.seq = ae.outcome_seq
                       where a.target_id = $1 and a.started_at >= o.refused_at and a.result = 'accepted' and d.item_key <> o.item_key
                         and (d.kind = o.kind or (select kind from targets where id = $1) = 'event_hub'))",
    )
    .bind(lease.target.as_str())
    .bind(list(seqs))
    .fetch_optional(&mut **tx)
    .await
    .doing("judge what was refused as itself")?;
    Ok(found.is_some())
}

async fn update_target(
    tx: &mut Transaction<'_, Sqlite>,
    lease: &LaneLease,
    attempt: &AttemptId,
    answer: &AttemptAnswer,
    update: &TargetUpdate,
    accepted: bool,
    now: i64,
) -> Result<(), StoreError> {
    const DOING: &str = "update a target after an attempt";
    sqlx::query(
        "update lanes set failures = $1, failing_since = $2, batch_limit = $3 where target_id = $4 and lane = $5",
    )
    .bind(update.failures)
    .bind(update.failing_since.map(Timestamp::as_microsecond))
    .bind(update.batch_limit.and_then(|limit| i64::try_from(limit).ok()))
    .bind(lease.target.as_str())
    .bind(lease.lane)
    .execute(&mut **tx)
    .await
    .doing(DOING)?;
    // Lanes settle side by side, and people save targets meanwhile: an answer to a request with other settings says
    // nothing, and neither does an acceptance of a request that was sent before the latest fault.
    sqlx::query(
        "update targets set
            condition_since = case when condition = $1 then condition_since when $1 = 'ok' then null else $2 end,
            condition = $1, condition_status = $3, condition_detail = $4, faults = $5, next_attempt_at = $6,
            fault_at = case when $1 = 'ok' then fault_at else $2 end
         where id = $7 and version = $9
           and ($1 <> 'ok' or coalesce(fault_at, 0) <= (select started_at from attempts where id = $8))",
    )
    .bind(update.condition.as_str())
    .bind(now)
    .bind(if update.condition == Condition::Ok { None } else { answer.status.map(i64::from) })
    .bind(&update.detail)
    .bind(update.faults)
    .bind(update.target_waits_until.map(Timestamp::as_microsecond))
    .bind(lease.target.as_str())
    .bind(attempt.as_str())
    .bind(lease.version)
    .execute(&mut **tx)
    .await
    .doing(DOING)?;
    if accepted {
        sqlx::query("update targets set last_success_at = $1 where id = $2")
            .bind(now)
            .bind(lease.target.as_str())
            .execute(&mut **tx)
            .await
            .doing(DOING)?;
    }
    Ok(())
}

/// Whether a pending row that is to be `$1` returns to what it was before its replay: when it is cancelled, and when it is
/// refused although it was delivered before.
const RETURNS: &str = "(came_from is not null and ($1 = 'cancelled' or ($1 = 'parked' and came_from = 'delivered')))";

/// Moves pending rows to their end state and the counters of their hours with them. Replayed ones may return to what they
/// were.
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
    let ends_as = format!("case when {RETURNS} then came_from else $1 end");
    for (state, sign) in [(ends_as.as_str(), 1), ("state", -1)] {
        let which = "state = 'pending' and $1 <> 'pending' and seq in (select value from json_each($3))";
        let sql = counters::shift(state, "$2", which);
        sqlx::query(sqlx::AssertSqlSafe(sql)).bind(to).bind(sign).bind(&list).execute(&mut **tx).await.doing(DOING)?;
    }
    let sql = format!(
        "update outcomes set state = {ends_as},
            settled_at = case when {RETURNS} then came_settled_at else $2 end,
            target_id = case when {RETURNS} then came_target else target_id end,
            lane = case when {RETURNS} then came_lane else lane end,
            last_status = case when {RETURNS} and $1 = 'cancelled' then came_status else last_status end,
            last_error = case when {RETURNS} and $1 = 'cancelled' then came_error else coalesce($3, last_error) end,
            came_from = null, came_settled_at = null, came_status = null, came_error = null, came_target = null, came_lane = null
         where state = 'pending' and seq in (select value from json_each($4))"
    );
    sqlx::query(sqlx::AssertSqlSafe(sql))
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

/// Cancels what waits in all rows whose `column` (of this crate, never foreign) holds the id. Rows of an attempt that is
/// under way are only marked: its settlement decides. Answers how many rows were cancelled or marked.
pub(super) async fn cancel_waiting(
    tx: &mut Transaction<'_, Sqlite>,
    column: &'static str,
    id: &str,
    now: i64,
    reason: &str,
) -> Result<u64, StoreError> {
    const DOING: &str = "cancel what waits";
    let marked = sqlx::query(sqlx::AssertSqlSafe(format!(
        "update outcomes set cancel_asked = 1 where {column} = $1 and state = 'pending' and exists (
           select 1 from attempt_events ae join attempts a on a.id = ae.attempt_id
           where ae.outcome_seq = outcomes.seq and a.settled_at is null)"
    )))
    .bind(id)
    .execute(&mut **tx)
    .await
    .doing(DOING)?
    .rows_affected();
    let sql = format!("select seq from outcomes where {column} = $1 and state = 'pending' and cancel_asked = 0");
    let seqs: Vec<i64> =
        sqlx::query_scalar(sqlx::AssertSqlSafe(sql)).bind(id).fetch_all(&mut **tx).await.doing(DOING)?;
    move_outcomes(tx, &seqs, "cancelled", now, Some(reason)).await?;
    Ok(marked + seqs.len() as u64)
}
