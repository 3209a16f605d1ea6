//! The queue side of the ledger: which lanes have work, who works them, and what goes into the next request.

use super::{
    Store, StoreError,
    error::Doing,
    pack::unpack_text,
    settle::{MAYBE_SENT, STOPPED, move_outcomes},
    targets::LANES_A_STREAM,
    watch::parse,
};
use domain::{AttemptId, Change, EventId, ExportId, ItemKey, Kind, TargetId, TargetKind, time};
use jiff::{SignedDuration, Timestamp};
use sqlx::{Row, sqlite::SqliteRow};

/// How long an event is tried, from the latest of its decision, its last replay and the last resumption of its export or
/// target.
pub(crate) const WINDOW: SignedDuration = SignedDuration::from_hours(7 * 24);

/// The lane of an item: its partition, or one of the four of its stream.
pub(super) fn lane_of(target: TargetKind, kind: Kind, hash: i64, lanes: i64) -> i64 {
    match target {
        TargetKind::EventHub => hash % lanes.max(1),
        TargetKind::Workspace => {
            let stream = Kind::ALL.iter().position(|one| *one == kind).and_then(|at| i64::try_from(at).ok());
            stream.unwrap_or_default() * LANES_A_STREAM + hash % LANES_A_STREAM
        }
    }
}

/// A lane that has something to send.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lane {
    /// Its number.
    pub lane: i64,
    /// Failures in a row.
    pub failures: u32,
    /// Since when it fails.
    pub failing_since: Option<Timestamp>,
    /// The most events of the next request, while a refused batch is being halved.
    pub batch_limit: Option<usize>,
    /// Whether something waits in it that was not refused as itself.
    pub has_fresh: bool,
}

/// The right to work a lane until it expires.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LaneLease {
    /// The target.
    pub target: TargetId,
    /// The lane.
    pub lane: i64,
    /// Counts the takings; what was begun under an older one moves nothing.
    pub fence: i64,
    /// The target's version that its settings were read at.
    pub version: i64,
}

/// What became of beginning an attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Begun {
    /// It is written; send now.
    Attempt(AttemptId),
    /// The target was changed, paused, or asked for a pause, or events were cancelled meanwhile: look again.
    Changed,
}

/// An event that is to be sent.
#[derive(Debug, Clone)]
pub struct Claimed {
    /// The outcome's row.
    pub seq: i64,
    /// The event.
    pub event: EventId,
    /// The export.
    pub export: ExportId,
    /// The export's name.
    pub export_name: String,
    /// The kind of data.
    pub kind: Kind,
    /// What happened.
    pub change: Change,
    /// The item.
    pub key: ItemKey,
    /// The source's time.
    pub occurred_at: Timestamp,
    /// The event as JSON text.
    pub body: String,
    /// Since when it is refused as itself.
    pub refused_at: Option<Timestamp>,
    /// Whether a job sends it: again, or long after it happened.
    pub replay: bool,
}

/// Which events of a lane are wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Claim {
    /// From the head, passing over items that were refused as themselves.
    Next {
        /// At most this many events.
        events: usize,
        /// About this many bytes of bodies.
        bytes: usize,
    },
    /// The oldest event that was refused as itself, alone.
    Refused {
        /// Only if it was refused before this.
        before: Option<Timestamp>,
    },
}

/// What makes a row of lane `$2` of target `$1` one that may be sent: nobody cancelled it and nobody paused its export.
fn waiting(row: &str) -> String {
    format!(
        "{row}.target_id = $1 and {row}.lane = $2 and {row}.state = 'pending' and {row}.cancel_asked = 0
         and not exists (select 1 from exports x where x.id = {row}.export_id and x.paused_at is not null)"
    )
}

/// What of the lane may be sent next: nothing that was refused as itself, and no later event of such an item. Rows of jobs
/// promise no order, so that one of theirs holds nothing else up.
fn fresh(row: &str) -> String {
    format!(
        "{row}.refused_at is null and {row}.item_key not in
         (select r.item_key from outcomes r where {} and r.refused_at is not null and r.late = 0)",
        waiting("r")
    )
}

/// What of a lane is sent next: live rows first, then those of jobs.
pub(super) fn next_sql() -> String {
    let (waiting, fresh) = (waiting("o"), fresh("o"));
    format!("select o.seq, o.bytes from outcomes o where {waiting} and {fresh} order by o.late, o.seq limit $3")
}

impl Store {
    /// The lanes of a target that have something to send, with what is known of each.
    pub async fn lanes_with_work(&self, target: &TargetId, lanes: i64) -> Result<Vec<Lane>, StoreError> {
        let numbers = serde_json::Value::from((0..lanes).collect::<Vec<_>>()).to_string();
        let sql = format!(
            "select j.value, l.failures, l.failing_since, l.batch_limit,
                exists (select 1 from outcomes o where {waiting} and {fresh})
             from json_each($3) j left join lanes l on l.target_id = $1 and l.lane = j.value
             where exists (select 1 from outcomes o where {waiting}) order by 1",
            waiting = waiting("o").replace("$2", "j.value"),
            fresh = fresh("o").replace("$2", "j.value"),
        );
        let rows = sqlx::query(sqlx::AssertSqlSafe(sql))
            .bind(target.as_str())
            .bind(0_i64)
            .bind(numbers)
            .fetch_all(self.readers())
            .await
            .doing("find lanes with work")?;
        Ok(rows
            .into_iter()
            .map(|row| Lane {
                lane: row.get(0),
                failures: row.get::<Option<u32>, _>(1).unwrap_or_default(),
                failing_since: row.get::<Option<i64>, _>(2).map(time::from_micros),
                batch_limit: row.get::<Option<i64>, _>(3).and_then(|limit| usize::try_from(limit).ok()),
                has_fresh: row.get(4),
            })
            .collect())
    }

    /// Takes the lease on a lane; `None` while another replica holds it. Whoever takes it has nothing under way there, so
    /// attempts that are still open were left so: nobody knows what became of them, and their rows stay pending.
    pub async fn take_lane(
        &self,
        target: &TargetId,
        lane: i64,
        holder: &str,
        length: SignedDuration,
        version: i64,
    ) -> Result<Option<LaneLease>, StoreError> {
        const DOING: &str = "take a lane";
        let now = self.now();
        let until = now.saturating_add(length).unwrap_or(now).as_microsecond();
        let now = now.as_microsecond();
        let mut tx = self.write(DOING).await?;
        let fence: Option<i64> = sqlx::query_scalar(
            "insert into lanes (target_id, lane, holder, fence, expires_at) values ($1, $2, $3, 1, $4)
             on conflict (target_id, lane) do update set
                fence = lanes.fence + 1, holder = $3, expires_at = $4
             where lanes.holder = $3 or lanes.expires_at <= $5
             returning fence",
        )
        .bind(target.as_str())
        .bind(lane)
        .bind(holder)
        .bind(until)
        .bind(now)
        .fetch_optional(&mut *tx)
        .await
        .doing(DOING)?;
        let Some(fence) = fence else { return Ok(None) };
        let open: Vec<String> = sqlx::query_scalar(
            "update attempts set settled_at = $1, result = 'unknown', error = $5
             where target_id = $2 and lane = $3 and fence < $4 and settled_at is null returning id",
        )
        .bind(now)
        .bind(target.as_str())
        .bind(lane)
        .bind(fence)
        .bind(STOPPED)
        .fetch_all(&mut *tx)
        .await
        .doing(DOING)?;
        for attempt in open {
            let seqs: Vec<i64> = sqlx::query_scalar(
                "select o.seq from attempt_events ae join outcomes o on o.seq = ae.outcome_seq
                 where ae.attempt_id = $1 and o.state = 'pending' and o.cancel_asked = 1",
            )
            .bind(attempt)
            .fetch_all(&mut *tx)
            .await
            .doing(DOING)?;
            move_outcomes(&mut tx, &seqs, "cancelled", now, Some(MAYBE_SENT)).await?;
        }
        tx.commit().await.doing(DOING)?;
        Ok(Some(LaneLease { target: target.clone(), lane, fence, version }))
    }

    /// Reads what the next request of a lane should carry.
    pub async fn claim(&self, lease: &LaneLease, claim: Claim) -> Result<Vec<Claimed>, StoreError> {
        const DOING: &str = "claim events";
        let seqs = match claim {
            Claim::Refused { before } => {
                let sql = format!(
                    "select o.seq from outcomes o where {} and o.refused_at is not null and ($3 is null or o.refused_at < $3)
                     order by o.late, o.seq limit 1",
                    waiting("o")
                );
                sqlx::query_scalar::<_, i64>(sqlx::AssertSqlSafe(sql))
                    .bind(lease.target.as_str())
                    .bind(lease.lane)
                    .bind(before.map(Timestamp::as_microsecond))
                    .fetch_all(self.readers())
                    .await
                    .doing(DOING)?
            }
            Claim::Next { events, bytes } => {
                let rows: Vec<(i64, i64)> = sqlx::query_as(sqlx::AssertSqlSafe(next_sql()))
                    .bind(lease.target.as_str())
                    .bind(lease.lane)
                    .bind(i64::try_from(events).unwrap_or(i64::MAX))
                    .fetch_all(self.readers())
                    .await
                    .doing(DOING)?;
                let mut room = i64::try_from(bytes).unwrap_or(i64::MAX);
                rows.into_iter()
                    .enumerate()
                    .take_while(|(at, (_, bytes))| {
                        room -= bytes;
                        *at == 0 || room >= 0
                    })
                    .map(|(_, (seq, _))| seq)
                    .collect()
            }
        };
        let rows = sqlx::query(
            "select o.seq, o.event_id, o.export_id, x.name, o.kind, e.change, o.item_key, e.occurred_at, e.body, o.refused_at, o.late
             from outcomes o join events e on e.id = o.event_id join exports x on x.id = o.export_id
             where o.seq in (select value from json_each($1)) order by o.late, o.seq",
        )
        .bind(serde_json::Value::from(seqs).to_string())
        .fetch_all(self.readers())
        .await
        .doing(DOING)?;
        let mut claimed = Vec::with_capacity(rows.len());
        for row in rows {
            match claimed_row(&row) {
                Ok(one) => claimed.push(one),
                // One unreadable payload must not hold up the lane.
                Err(error @ StoreError::Corrupt { .. }) => self.park_alone(row.get(0), &error.to_string()).await?,
                Err(error) => return Err(error),
            }
        }
        Ok(claimed)
    }

    /// Writes an attempt before it is sent, if everything still is as it was when it was put together. An error when the
    /// lease does not outlive the request's timeout.
    pub async fn begin_attempt(
        &self,
        lease: &LaneLease,
        seqs: &[i64],
        address: &str,
        bytes: usize,
        timeout: SignedDuration,
    ) -> Result<Begun, StoreError> {
        const DOING: &str = "begin an attempt";
        let id = self.machine().id().to_string();
        let now = self.now();
        let mut tx = self.write(DOING).await?;
        let held: Option<i64> = sqlx::query_scalar(
            "select fence from lanes where target_id = $1 and lane = $2 and fence = $3 and expires_at > $4",
        )
        .bind(lease.target.as_str())
        .bind(lease.lane)
        .bind(lease.fence)
        .bind(now.saturating_add(timeout).unwrap_or(now).as_microsecond())
        .fetch_optional(&mut *tx)
        .await
        .doing(DOING)?;
        if held.is_none() {
            return Err(StoreError::LeaseLost(format!("lane {} of target {}", lease.lane, lease.target)));
        }
        let list = serde_json::Value::from(seqs.to_vec()).to_string();
        let (targets, rows): (i64, i64) = sqlx::query_as(
            "select (select count(*) from targets where id = $1 and version = $2 and paused_at is null and deleted_at is null
                       and coalesce(next_attempt_at, 0) <= $3),
                    (select count(*) from outcomes where seq in (select value from json_each($4)) and state = 'pending' and cancel_asked = 0
                       and target_id = $1)",
        )
        .bind(lease.target.as_str())
        .bind(lease.version)
        .bind(now.as_microsecond())
        .bind(&list)
        .fetch_one(&mut *tx)
        .await
        .doing(DOING)?;
        if targets == 0 || usize::try_from(rows).ok() != Some(seqs.len()) {
            return Ok(Begun::Changed);
        }
        sqlx::query(
            "insert into attempts (id, target_id, lane, fence, address, started_at, events, bytes) values ($1, $2, $3, $4, $5, $6, $7, $8)",
        )
        .bind(&id)
        .bind(lease.target.as_str())
        .bind(lease.lane)
        .bind(lease.fence)
        .bind(address)
        .bind(now.as_microsecond())
        .bind(i64::try_from(seqs.len()).unwrap_or(i64::MAX))
        .bind(i64::try_from(bytes).unwrap_or(i64::MAX))
        .execute(&mut *tx)
        .await
        .doing(DOING)?;
        let list = serde_json::Value::from(seqs.to_vec()).to_string();
        sqlx::query(
            "insert into attempt_events (attempt_id, outcome_seq, position) select $1, value, key from json_each($2)",
        )
        .bind(&id)
        .bind(&list)
        .execute(&mut *tx)
        .await
        .doing(DOING)?;
        sqlx::query("update outcomes set attempts = attempts + 1, last_attempt_id = $1 where seq in (select value from json_each($2))")
            .bind(&id)
            .bind(&list)
            .execute(&mut *tx)
            .await
            .doing(DOING)?;
        tx.commit().await.doing(DOING)?;
        Ok(Begun::Attempt(parse("attempt id", &id)?))
    }

    /// Parks what has waited longer than the retry window. Time in which the export or the target was paused does not
    /// count: the window begins again when it is resumed.
    pub async fn park_expired(&self, target: &TargetId) -> Result<usize, StoreError> {
        const DOING: &str = "park what outlived the retry window";
        let now = self.now();
        let oldest = now.saturating_sub(WINDOW).unwrap_or(now).as_microsecond();
        let mut tx = self.write(DOING).await?;
        let seqs: Vec<i64> = sqlx::query_scalar(
            "select o.seq from outcomes o join exports x on x.id = o.export_id join targets t on t.id = o.target_id
             where o.target_id = $1 and o.state = 'pending' and o.decided_at < $2 and coalesce(o.replayed_at, 0) < $2
               and x.paused_at is null and t.paused_at is null and coalesce(x.resumed_at, 0) < $2 and coalesce(t.resumed_at, 0) < $2
               and not exists (select 1 from attempt_events ae join attempts a on a.id = ae.attempt_id
                               where ae.outcome_seq = o.seq and a.settled_at is null)
             limit 5000",
        )
        .bind(target.as_str())
        .bind(oldest)
        .fetch_all(&mut *tx)
        .await
        .doing(DOING)?;
        move_outcomes(
            &mut tx,
            &seqs,
            "parked",
            now.as_microsecond(),
            Some("it waited longer than the retry window of 7 days"),
        )
        .await?;
        tx.commit().await.doing(DOING)?;
        if !seqs.is_empty() {
            self.changed();
        }
        Ok(seqs.len())
    }
}

fn claimed_row(row: &SqliteRow) -> Result<Claimed, StoreError> {
    let blob: Option<Vec<u8>> = row.get(8);
    Ok(Claimed {
        seq: row.get(0),
        event: parse("event id", &row.get::<String, _>(1))?,
        export: parse("export id", &row.get::<String, _>(2))?,
        export_name: row.get(3),
        kind: parse("kind", &row.get::<String, _>(4))?,
        change: parse("change", &row.get::<String, _>(5))?,
        key: parse("item key", &row.get::<String, _>(6))?,
        occurred_at: time::from_micros(row.get(7)),
        body: unpack_text(&blob.ok_or_else(|| StoreError::corrupt("payload", "it is missing"))?)?,
        refused_at: row.get::<Option<i64>, _>(9).map(time::from_micros),
        replay: row.get::<i64, _>(10) != 0,
    })
}
