//! The queue side of the ledger: which lanes have work, who works them, and what goes into the next request.

use super::{
    Store, StoreError, error::Doing, pack::unpack_text, settle::move_outcomes, targets::LANES_A_STREAM, watch::parse,
};
use crate::domain::{AttemptId, Change, EventId, ExportId, ItemKey, Kind, TargetId, TargetKind, time};
use jiff::{SignedDuration, Timestamp};
use sqlx::Row;

/// How long an event is tried, from the latest of its decision and the last resumption of its export or target.
pub(crate) const WINDOW: SignedDuration = SignedDuration::from_hours(7 * 24);

/// The lane of an item: its partition, or one of the four of its stream.
pub(super) fn lane_of(target: TargetKind, kind: Kind, hash: i64, lanes: i64) -> i64 {
    match target {
        TargetKind::EventHub => hash % lanes.max(1),
        TargetKind::Workspace => i64::from(kind != Kind::Alert) * LANES_A_STREAM + hash % LANES_A_STREAM,
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
    /// Not before this.
    pub next_attempt_at: Timestamp,
    /// The most events of the next request, while a refused batch is being halved.
    pub batch_limit: Option<usize>,
}

/// The right to work a lane until it expires.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LaneLease {
    /// The target.
    pub target: TargetId,
    /// The lane.
    pub lane: i64,
    /// Counts the holders; what an older holder settles moves nothing.
    pub fence: i64,
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
    Refused,
}

const WAITING: &str = "o.target_id = $1 and o.lane = $2 and o.state = 'pending' and o.cancel_asked = 0
    and not exists (select 1 from exports x where x.id = o.export_id and x.paused_at is not null)";

impl Store {
    /// The lanes of a target that have something to send, with what is known of each.
    pub async fn lanes_with_work(&self, target: &TargetId, lanes: i64) -> Result<Vec<Lane>, StoreError> {
        let numbers = serde_json::Value::from((0..lanes).collect::<Vec<_>>()).to_string();
        let rows = sqlx::query(
            "select j.value, l.failures, l.failing_since, l.next_attempt_at, l.batch_limit
             from json_each($2) j left join lanes l on l.target_id = $1 and l.lane = j.value
             where exists (select 1 from outcomes o where o.target_id = $1 and o.lane = j.value and o.state = 'pending'
                           and o.cancel_asked = 0
                           and not exists (select 1 from exports x where x.id = o.export_id and x.paused_at is not null))
             order by 1",
        )
        .bind(target.as_str())
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
                next_attempt_at: time::from_micros(row.get::<Option<i64>, _>(3).unwrap_or_default()),
                batch_limit: row.get::<Option<i64>, _>(4).and_then(|limit| usize::try_from(limit).ok()),
            })
            .collect())
    }

    /// Takes or keeps the lease on a lane; `None` while another replica holds it. Whoever takes it over settles the
    /// attempts that its last holder left open: nobody knows what became of them, so their rows stay pending.
    pub async fn take_lane(
        &self,
        target: &TargetId,
        lane: i64,
        holder: &str,
        length: SignedDuration,
    ) -> Result<Option<LaneLease>, StoreError> {
        const DOING: &str = "take a lane";
        let now = self.now();
        let until = now.saturating_add(length).unwrap_or(now).as_microsecond();
        let now = now.as_microsecond();
        let mut tx = self.write(DOING).await?;
        let fence: Option<i64> = sqlx::query_scalar(
            "insert into lanes (target_id, lane, holder, fence, expires_at) values ($1, $2, $3, 1, $4)
             on conflict (target_id, lane) do update set
                fence = case when lanes.holder = $3 and lanes.expires_at > $5 then lanes.fence else lanes.fence + 1 end,
                holder = $3, expires_at = $4
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
            "update attempts set settled_at = $1, result = 'unknown', error = 'the program stopped before the answer came'
             where target_id = $2 and lane = $3 and fence < $4 and settled_at is null returning id",
        )
        .bind(now)
        .bind(target.as_str())
        .bind(lane)
        .bind(fence)
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
            move_outcomes(&mut tx, &seqs, "cancelled", now, Some("cancelled by a person; it may have been sent"))
                .await?;
        }
        tx.commit().await.doing(DOING)?;
        Ok(Some(LaneLease { target: target.clone(), lane, fence }))
    }

    /// Reads what the next request of a lane should carry.
    pub async fn claim(&self, lease: &LaneLease, claim: Claim) -> Result<Vec<Claimed>, StoreError> {
        const DOING: &str = "claim events";
        let seqs = match claim {
            Claim::Refused => {
                let sql = format!(
                    "select o.seq from outcomes o where {WAITING} and o.refused_at is not null order by o.seq limit 1"
                );
                sqlx::query_scalar::<_, i64>(sqlx::AssertSqlSafe(sql))
                    .bind(lease.target.as_str())
                    .bind(lease.lane)
                    .fetch_all(self.readers())
                    .await
                    .doing(DOING)?
            }
            Claim::Next { events, bytes } => {
                let sql = format!(
                    "select o.seq, o.bytes from outcomes o where {WAITING} and o.item_key not in (
                       select r.item_key from outcomes r where r.target_id = $1 and r.lane = $2 and r.state = 'pending' and r.refused_at is not null)
                     order by o.seq limit $3"
                );
                let rows: Vec<(i64, i64)> = sqlx::query_as(sqlx::AssertSqlSafe(sql))
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
            "select o.seq, o.event_id, o.export_id, x.name, o.kind, e.change, o.item_key, e.occurred_at, e.body, o.refused_at
             from outcomes o join events e on e.id = o.event_id join exports x on x.id = o.export_id
             where o.seq in (select value from json_each($1)) order by o.seq",
        )
        .bind(serde_json::Value::from(seqs).to_string())
        .fetch_all(self.readers())
        .await
        .doing(DOING)?;
        rows.into_iter()
            .map(|row| {
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
                })
            })
            .collect()
    }

    /// Whether something in the lane was refused as itself and waits to be judged.
    pub async fn has_refused(&self, target: &TargetId, lane: i64) -> Result<bool, StoreError> {
        let found: Option<i64> = sqlx::query_scalar(
            "select seq from outcomes where target_id = $1 and lane = $2 and state = 'pending' and refused_at is not null limit 1",
        )
        .bind(target.as_str())
        .bind(lane)
        .fetch_optional(self.readers())
        .await
        .doing("look for refused events")?;
        Ok(found.is_some())
    }

    /// Writes an attempt before it is sent. Refused unless the lease outlives the request's timeout.
    pub async fn begin_attempt(
        &self,
        lease: &LaneLease,
        seqs: &[i64],
        address: &str,
        bytes: usize,
        timeout: SignedDuration,
    ) -> Result<AttemptId, StoreError> {
        const DOING: &str = "begin an attempt";
        let id = uuid::Uuid::now_v7().to_string();
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
        parse("attempt id", &id)
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
             where o.target_id = $1 and o.state = 'pending' and o.decided_at < $2
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
