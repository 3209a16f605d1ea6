//! Backfill: stored events that an export may not have seen, and rows for those it lets through.

use super::{
    DecidingExport, NewEvent, Store, StoreError, Visible, counters,
    error::Doing,
    exports::read_exports,
    jobs::{OpenJob, advance, queued, stands_at},
    lanes::lane_of,
    ledger::insert_events,
    pack::unpack,
    watch::parse,
};
use domain::{
    BackfillRange, Change, EventId, ExportId, ItemKey, JobId, JobProgress, Kind, SubscriptionId, TenantId, time,
};
use serde_json::{Value, json};
use sqlx::{QueryBuilder, Row, Sqlite, Transaction, sqlite::SqliteRow};

/// The payload of an event, as far as it is there.
#[derive(Debug, Clone, PartialEq)]
pub enum Payload {
    /// It is kept.
    Kept(Value),
    /// None is kept of it.
    NotKept,
    /// It cannot be read.
    Broken,
}

/// An event that a backfill looks at.
#[derive(Debug, Clone)]
pub struct Candidate {
    /// Where the backfill goes on after it.
    pub cursor: String,
    /// The event.
    pub event: EventId,
    /// The kind of data.
    pub kind: Kind,
    /// What happened.
    pub change: Change,
    /// The item.
    pub key: ItemKey,
    /// Its own id at the source.
    pub item_id: String,
    /// Its subscription.
    pub subscription: SubscriptionId,
    /// What would be sent.
    pub payload: Payload,
    /// Its size.
    pub bytes: i64,
    /// Whether the export has decided on it before.
    pub decided: bool,
}

/// A row that a backfill adds.
#[derive(Debug, Clone)]
pub struct Backfilled {
    /// The event.
    pub event: EventId,
    /// The number that chooses the lane.
    pub hash: i64,
    /// The rule set that matched, from 1.
    pub rule_set: Option<usize>,
    /// The decision in one sentence.
    pub reason: String,
}

/// Which events a backfill is asked for.
#[derive(Debug, Clone, Copy)]
pub struct Wanted<'a> {
    /// The export.
    pub export: &'a ExportId,
    /// Of these kinds.
    pub kinds: &'a [Kind],
    /// In this range.
    pub range: BackfillRange,
    /// Of these subscriptions.
    pub visible: &'a Visible,
    /// Written at or before this place.
    pub bound: i64,
}

const COLUMNS: &str =
    "e.id, e.kind, e.change, e.item_key, e.item_id, e.subscription_id, e.body, e.body_bytes, e.occurred_at, e.seq,
    exists (select 1 from outcomes o where o.event_id = e.id and o.export_id = ";

fn candidate(row: &SqliteRow, range: BackfillRange) -> Result<Candidate, StoreError> {
    let (kind, key): (&str, &str) = (row.get(1), row.get(3));
    let cursor = match range {
        BackfillRange::Since(_) => json!([row.get::<i64, _>(8), row.get::<i64, _>(9)]),
        BackfillRange::CurrentState => json!([kind, key]),
    };
    Ok(Candidate {
        cursor: cursor.to_string(),
        event: parse("event id", row.get(0))?,
        kind: parse("kind", kind)?,
        change: parse("change", row.get(2))?,
        key: parse("item key", key)?,
        item_id: row.get(4),
        subscription: parse("subscription id", row.get(5))?,
        payload: match row.get::<Option<&[u8]>, _>(6) {
            None => Payload::NotKept,
            Some(blob) => unpack(blob).map_or(Payload::Broken, Payload::Kept),
        },
        bytes: row.get(7),
        decided: row.get(10),
    })
}

impl Store {
    /// The next events that a backfill looks at, after a cursor.
    pub async fn backfill_candidates(
        &self,
        wanted: &Wanted<'_>,
        cursor: &str,
        limit: usize,
    ) -> Result<Vec<Candidate>, StoreError> {
        let rows = match wanted.range {
            BackfillRange::Since(since) => {
                let from = serde_json::from_str(cursor).unwrap_or((since.as_microsecond(), 0));
                self.events_after(wanted, from, limit).await?
            }
            BackfillRange::CurrentState => {
                let (kind, key): (String, String) = serde_json::from_str(cursor).unwrap_or_default();
                let mut kinds: Vec<&str> = wanted.kinds.iter().map(|kind| kind.as_str()).collect();
                kinds.sort_unstable();
                let mut rows = Vec::new();
                for one in kinds.into_iter().filter(|one| *one >= kind.as_str()) {
                    let after = if one == kind { key.as_str() } else { "" };
                    rows = self.items_after(wanted, one, after, limit).await?;
                    if !rows.is_empty() {
                        break;
                    }
                }
                rows
            }
        };
        rows.iter().map(|row| candidate(row, wanted.range)).collect()
    }

    async fn events_after(
        &self,
        wanted: &Wanted<'_>,
        (at, seq): (i64, i64),
        limit: usize,
    ) -> Result<Vec<SqliteRow>, StoreError> {
        let words: Vec<&str> = wanted.kinds.iter().map(|kind| kind.as_str()).collect();
        let mut query = QueryBuilder::<Sqlite>::new("select ");
        query.push(COLUMNS).push_bind(wanted.export.as_str()).push(") from events e where e.seq <= ");
        query.push_bind(wanted.bound);
        query.push(" and (e.occurred_at, e.seq) > (").push_bind(at).push(", ").push_bind(seq).push(")");
        query.push(" and e.change in ('baseline', 'created', 'changed', 'deleted')");
        query.push(" and e.kind in (select value from json_each(").push_bind(Value::from(words).to_string()).push("))");
        wanted.visible.restrict(&mut query, "e.subscription_id");
        query.push(" order by e.occurred_at, e.seq limit ").push_bind(i64::try_from(limit).unwrap_or(1000));
        query.build().fetch_all(self.readers()).await.doing("read events for a backfill")
    }

    async fn items_after(
        &self,
        wanted: &Wanted<'_>,
        kind: &str,
        key: &str,
        limit: usize,
    ) -> Result<Vec<SqliteRow>, StoreError> {
        let mut query = QueryBuilder::<Sqlite>::new("select ");
        query.push(COLUMNS).push_bind(wanted.export.as_str());
        query.push(") from last_seen l join events e on e.id = l.event_id where l.kind = ").push_bind(kind);
        query.push(" and l.item_key > ").push_bind(key).push(" and e.change <> 'deleted'");
        wanted.visible.restrict(&mut query, "l.subscription_id");
        query.push(" order by l.item_key limit ").push_bind(i64::try_from(limit).unwrap_or(1000));
        query.build().fetch_all(self.readers()).await.doing("read items for a backfill")
    }

    /// The place of the newest event.
    pub async fn newest_event(&self) -> Result<i64, StoreError> {
        sqlx::query_scalar("select coalesce(max(seq), 0) from events")
            .fetch_one(self.readers())
            .await
            .doing("find the newest event")
    }

    /// Begins to write a chunk of a backfill; `None` when the job is not to go on from where it was read.
    pub async fn begin_chunk(&self, job: &OpenJob) -> Result<Option<JobChunk>, StoreError> {
        let mut tx = self.write("begin a chunk of a backfill").await?;
        if !stands_at(&mut tx, &job.id, &job.cursor).await? {
            return Ok(None);
        }
        Ok(Some(JobChunk { tx, store: self.clone(), job: job.id.clone(), now: self.now().as_microsecond() }))
    }
}

/// A transaction for one chunk of a backfill.
pub struct JobChunk {
    tx: Transaction<'static, Sqlite>,
    store: Store,
    job: JobId,
    now: i64,
}

impl JobChunk {
    /// The export as it is in this transaction.
    pub async fn export(&mut self, id: &ExportId) -> Result<Option<DecidingExport>, StoreError> {
        Ok(read_exports(&mut self.tx).await?.into_iter().find(|export| export.id == *id))
    }

    /// Writes snapshot events of one kind. Their outcomes are added like those of stored events.
    pub async fn add_snapshots(
        &mut self,
        tenant: &TenantId,
        kind: Kind,
        events: &[NewEvent],
    ) -> Result<(), StoreError> {
        for chunk in events.chunks(50) {
            insert_events(&mut self.tx, tenant, kind, chunk).await?;
        }
        Ok(())
    }

    /// Adds rows for events that have none for the export; answers how many those were.
    pub async fn add_outcomes(&mut self, export: &DecidingExport, rows: &[Backfilled]) -> Result<i64, StoreError> {
        const DOING: &str = "add rows of a backfill";
        let target: Option<(String, i64)> = sqlx::query_as("select kind, lanes from targets where id = $1")
            .bind(export.body.target.as_str())
            .fetch_optional(&mut *self.tx)
            .await
            .doing(DOING)?;
        let (target, lanes) =
            target.ok_or_else(|| StoreError::Absent { what: "target", id: export.body.target.to_string() })?;
        let target = parse("target kind", &target)?;
        // The kind decides on the lane of a workspace: all are computed, the row takes its own.
        let rows: Vec<Value> = rows
            .iter()
            .map(|row| {
                let of_kind = |kind: &Kind| (kind.as_str().to_owned(), json!(lane_of(target, *kind, row.hash, lanes)));
                let by_kind: serde_json::Map<String, Value> = Kind::ALL.iter().map(of_kind).collect();
                json!([row.event, row.hash, row.rule_set, row.reason, by_kind])
            })
            .collect();
        let added: Vec<String> = sqlx::query_scalar(
            "insert into outcomes (event_id, event_seq, export_id, export_version, tenant_id, subscription_id, kind, item_key,
               item_hash, state, rule_set, reason, decided_at, hour, target_id, lane, bytes, job_id, late)
             select e.id, e.seq, $1, $2, e.tenant_id, e.subscription_id, e.kind, e.item_key, json_extract(j.value, '$[1]'),
               'pending', json_extract(j.value, '$[2]'), json_extract(j.value, '$[3]'), $3, $4, $5,
               json_extract(j.value, '$[4].' || e.kind), e.body_bytes, $6, 1
             from json_each($7) j join events e on e.id = json_extract(j.value, '$[0]') where true order by j.key
             on conflict (event_id, export_id) do nothing returning subscription_id",
        )
        .bind(export.id.as_str())
        .bind(i64::from(export.version))
        .bind(self.now)
        .bind(time::hour_of(time::from_micros(self.now)).as_microsecond())
        .bind(export.body.target.as_str())
        .bind(self.job.as_str())
        .bind(Value::from(rows).to_string())
        .fetch_all(&mut *self.tx)
        .await
        .doing(DOING)?;
        for state in ["pending", "seen"] {
            let select = "select $1, j.value, x.tenant_id, $2, $3, count(*) from json_each($4) j join exports x on x.id = $1 group by j.value";
            sqlx::query(sqlx::AssertSqlSafe([counters::INSERT, select, counters::ADD].concat()))
                .bind(export.id.as_str())
                .bind(time::hour_of(time::from_micros(self.now)).as_microsecond())
                .bind(state)
                .bind(Value::from(added.clone()).to_string())
                .execute(&mut *self.tx)
                .await
                .doing(DOING)?;
        }
        Ok(i64::try_from(added.len()).unwrap_or(i64::MAX))
    }

    /// Counts further and moves the cursor.
    pub async fn advance(&mut self, cursor: &str, progress: &JobProgress) -> Result<(), StoreError> {
        advance(&mut self.tx, &self.job, Some(cursor), progress).await
    }

    /// There is nothing more to look at.
    pub async fn finish(&mut self) -> Result<(), StoreError> {
        queued(&mut self.tx, &self.job, self.now).await
    }

    /// Makes all of it true at once.
    pub async fn commit(self) -> Result<(), StoreError> {
        self.tx.commit().await.doing("commit a chunk of a backfill")?;
        self.store.changed();
        Ok(())
    }
}
