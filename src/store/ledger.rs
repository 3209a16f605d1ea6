//! One page of observations as one transaction: events, what was last seen, outcomes and counters, together or not at all.

use super::{
    Store, StoreError, counters,
    error::Doing,
    exports::read_exports,
    pack::pack,
    watch::{parse, place},
};
use domain::{
    Change, EventId, ExportBody, ExportId, ItemKey, Kind, Outcome, Place, ResourceId, Severity, SubscriptionId,
    TargetId, TargetKind, TenantId, time,
};
use jiff::Timestamp;
use serde_json::Value;
use sqlx::{QueryBuilder, Row, Sqlite, Transaction};
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// Rows packed into one statement; beyond about fifty the gain is gone.
const ROWS: usize = 50;

/// What was last seen of an item.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    /// The compared state.
    pub compared: String,
    /// The version of the list of compared fields.
    pub compared_version: i64,
    /// A digest of what was joined to the item (metadata) and is not compared.
    pub joined: String,
    /// The source's date of the item.
    pub source_date: Option<Timestamp>,
    /// When the request began that saw it.
    pub read_at: Timestamp,
    /// The item's newest event.
    pub event: EventId,
}

/// A subscription as a kind of it is watched.
#[derive(Debug, Clone)]
pub struct Watched {
    /// What scopes look at.
    pub place: Place,
    /// Whether its baseline is still being read.
    pub in_baseline: bool,
    /// When its whole state was last written as snapshot events.
    pub last_snapshot: Option<Timestamp>,
}

/// What is to be written as last seen.
#[derive(Debug, Clone)]
pub struct SeenRow {
    /// The item.
    pub key: ItemKey,
    /// Its subscription.
    pub subscription: SubscriptionId,
    /// The new state.
    pub seen: Seen,
    /// The event id that must still be the newest one for this to be written; `None` for an item never seen.
    pub previous: Option<EventId>,
}

/// An event that is to be written.
#[derive(Debug, Clone)]
pub struct NewEvent {
    /// Its id.
    pub id: EventId,
    /// What happened.
    pub change: Change,
    /// The subscription.
    pub subscription: SubscriptionId,
    /// The item's key.
    pub key: ItemKey,
    /// A number derived from the key that chooses the lane.
    pub hash: i64,
    /// The item's own id at the source.
    pub item_id: String,
    /// The resource it is about.
    pub resource: ResourceId,
    /// Alerts: the system alert id.
    pub alert_id: Option<String>,
    /// What people call it.
    pub title: String,
    /// How bad it is.
    pub severity: Option<Severity>,
    /// Its status word.
    pub status: String,
    /// The compared state.
    pub compared: String,
    /// Something people should know about how it was observed.
    pub note: Option<String>,
    /// The source's time.
    pub occurred_at: Timestamp,
    /// When the request began that saw it.
    pub observed_at: Timestamp,
    /// The event as it would be sent, and the source's row; `None` where no payload is kept.
    pub payload: Option<(Value, Value)>,
    /// With a payload: the values that filters usually look at, as JSON text.
    pub facets: Option<String>,
    /// The decisions of the exports that see it.
    pub outcomes: Vec<NewOutcome>,
}

/// A decision that is to be written.
#[derive(Debug, Clone)]
pub struct NewOutcome {
    /// The export.
    pub export: ExportId,
    /// The version that decided.
    pub version: u32,
    /// Pending or filtered.
    pub state: Outcome,
    /// The rule set that matched, from 1.
    pub rule_set: Option<usize>,
    /// The decision in one sentence.
    pub reason: String,
    /// Where it goes.
    pub target: TargetId,
}

/// An export as the ledger decides with it.
#[derive(Debug, Clone)]
pub struct DecidingExport {
    /// Its id.
    pub id: ExportId,
    /// Its current version.
    pub version: u32,
    /// What that version says.
    pub body: ExportBody,
    /// Every version with the time it was saved, oldest first.
    pub history: Vec<(Timestamp, ExportBody)>,
}

/// A transaction for one page of a query.
pub struct LedgerPage {
    pub(super) tx: Transaction<'static, Sqlite>,
    store: Store,
    tenant: TenantId,
    pub(super) kind: Kind,
    now: Timestamp,
}

impl Store {
    /// Begins to write one page; refused when the lease on watching is no longer held with this fence.
    pub async fn begin_page(
        &self,
        tenant: &TenantId,
        kind: Kind,
        lease: &str,
        fence: i64,
    ) -> Result<LedgerPage, StoreError> {
        let mut tx = self.write("begin a page").await?;
        let now = self.now();
        let held: Option<i64> =
            sqlx::query_scalar("select fence from leases where name = $1 and fence = $2 and expires_at > $3")
                .bind(lease)
                .bind(fence)
                .bind(now.as_microsecond())
                .fetch_optional(&mut *tx)
                .await
                .doing("check the lease on watching")?;
        if held.is_none() {
            return Err(StoreError::LeaseLost(lease.to_owned()));
        }
        Ok(LedgerPage { tx, store: self.clone(), tenant: tenant.clone(), kind, now })
    }
}

impl LedgerPage {
    /// The time of this transaction.
    pub fn now(&self) -> Timestamp {
        self.now
    }

    /// What was last seen of these items.
    pub async fn last_seen(&mut self, keys: &[&ItemKey]) -> Result<HashMap<ItemKey, Seen>, StoreError> {
        let mut found = HashMap::with_capacity(keys.len());
        let list = Value::from(keys.iter().map(|key| key.as_str()).collect::<Vec<_>>()).to_string();
        let rows = sqlx::query(
            "select item_key, compared, compared_version, joined, source_date, read_at, event_id from last_seen
             where kind = $1 and item_key in (select value from json_each($2))",
        )
        .bind(self.kind.as_str())
        .bind(list)
        .fetch_all(&mut *self.tx)
        .await
        .doing("read what was last seen")?;
        for row in rows {
            let seen = Seen {
                compared: row.get(1),
                compared_version: row.get(2),
                joined: row.get(3),
                source_date: row.get::<Option<i64>, _>(4).map(time::from_micros),
                read_at: time::from_micros(row.get(5)),
                event: parse("event id", &row.get::<String, _>(6))?,
            };
            found.insert(parse("item key", &row.get::<String, _>(0))?, seen);
        }
        Ok(found)
    }

    /// Each of these subscriptions, whether its baseline of this kind is still being read, and when its whole state was last
    /// written.
    pub async fn watches(
        &mut self,
        of: &BTreeSet<&SubscriptionId>,
    ) -> Result<HashMap<SubscriptionId, Watched>, StoreError> {
        let list = Value::from(of.iter().map(|id| id.as_str()).collect::<Vec<_>>()).to_string();
        let rows = sqlx::query(
            "select s.id, s.first_listed_at, s.groups, s.tags, w.baseline_done_at is null, w.last_snapshot_at from watches w join subscriptions s on s.id = w.subscription_id
             where w.kind = $1 and w.subscription_id in (select value from json_each($2))",
        )
        .bind(self.kind.as_str())
        .bind(list)
        .fetch_all(&mut *self.tx)
        .await
        .doing("read what is being watched")?;
        rows.into_iter()
            .map(|row| {
                let place = place(&row, 0)?;
                let last_snapshot = row.get::<Option<i64>, _>(5).map(time::from_micros);
                Ok((place.id.clone(), Watched { place, in_baseline: row.get(4), last_snapshot }))
            })
            .collect()
    }

    /// The exports that exist in this transaction, with their histories.
    pub async fn exports(&mut self) -> Result<Vec<DecidingExport>, StoreError> {
        read_exports(&mut self.tx).await
    }

    /// Writes events with their outcomes and counters. An event that is already there (the same id) is left alone, and so
    /// are its outcomes. Answers how many were new.
    pub async fn write_events(&mut self, events: &[NewEvent]) -> Result<usize, StoreError> {
        let mut seqs: HashMap<String, (i64, i64)> = HashMap::new();
        for chunk in events.chunks(ROWS) {
            seqs.extend(insert_events(&mut self.tx, &self.tenant, self.kind, chunk).await?);
        }
        let lanes = self.lanes().await?;
        let mut rows = Vec::new();
        let mut counts: BTreeMap<(&ExportId, &SubscriptionId, Outcome), i64> = BTreeMap::new();
        for event in events {
            let Some((seq, bytes)) = seqs.get(event.id.as_str()) else { continue };
            for outcome in &event.outcomes {
                *counts.entry((&outcome.export, &event.subscription, outcome.state)).or_default() += 1;
                rows.push((event, outcome, *seq, *bytes));
            }
        }
        for chunk in rows.chunks(ROWS) {
            self.insert_outcomes(chunk, &lanes).await?;
        }
        self.count(&counts).await?;
        Ok(seqs.len())
    }

    /// Each target's kind and how many lanes it has.
    async fn lanes(&mut self) -> Result<HashMap<String, (TargetKind, i64)>, StoreError> {
        let rows = sqlx::query_as::<_, (String, String, i64)>("select id, kind, lanes from targets")
            .fetch_all(&mut *self.tx)
            .await
            .doing("read the targets' lanes")?;
        rows.into_iter().map(|(id, kind, lanes)| Ok((id, (parse("target kind", &kind)?, lanes)))).collect()
    }

    async fn insert_outcomes(
        &mut self,
        rows: &[(&NewEvent, &NewOutcome, i64, i64)],
        lanes: &HashMap<String, (TargetKind, i64)>,
    ) -> Result<(), StoreError> {
        let (now, hour) = (self.now.as_microsecond(), time::hour_of(self.now).as_microsecond());
        let mut query = QueryBuilder::<Sqlite>::new(
            "insert into outcomes (event_id, event_seq, export_id, export_version, tenant_id, subscription_id, kind, item_key,
             item_hash, state, rule_set, reason, decided_at, hour, target_id, lane, bytes) ",
        );
        query.push_values(rows, |mut row, (event, outcome, seq, bytes)| {
            let (target, count) = lanes.get(outcome.target.as_str()).copied().unwrap_or((TargetKind::EventHub, 1));
            row.push_bind(event.id.as_str().to_owned())
                .push_bind(*seq)
                .push_bind(outcome.export.as_str().to_owned())
                .push_bind(i64::from(outcome.version))
                .push_bind(self.tenant.as_str().to_owned())
                .push_bind(event.subscription.as_str().to_owned())
                .push_bind(self.kind.as_str())
                .push_bind(event.key.as_str().to_owned())
                .push_bind(event.hash)
                .push_bind(outcome.state.as_str())
                .push_bind(outcome.rule_set.and_then(|set| i64::try_from(set).ok()))
                .push_bind(outcome.reason.clone())
                .push_bind(now)
                .push_bind(hour)
                .push_bind(outcome.target.as_str().to_owned())
                .push_bind(super::lanes::lane_of(target, self.kind, event.hash, count))
                .push_bind(*bytes);
        });
        query.build().execute(&mut *self.tx).await.doing("write outcomes")?;
        Ok(())
    }

    async fn count(&mut self, counts: &BTreeMap<(&ExportId, &SubscriptionId, Outcome), i64>) -> Result<(), StoreError> {
        let hour = time::hour_of(self.now).as_microsecond();
        let rows: Vec<_> = counts
            .iter()
            .flat_map(|((export, subscription, state), n)| {
                [(*export, *subscription, state.as_str(), *n), (*export, *subscription, "seen", *n)]
            })
            .collect();
        let mut sums: BTreeMap<(&str, &str, &str), i64> = BTreeMap::new();
        for (export, subscription, state, n) in &rows {
            *sums.entry((export.as_str(), subscription.as_str(), state)).or_default() += n;
        }
        let sums: Vec<_> = sums.into_iter().collect();
        for chunk in sums.chunks(ROWS) {
            let mut query = QueryBuilder::<Sqlite>::new(counters::INSERT);
            query.push_values(chunk, |mut row, ((export, subscription, state), n)| {
                row.push_bind((*export).to_owned())
                    .push_bind((*subscription).to_owned())
                    .push_bind(self.tenant.as_str().to_owned())
                    .push_bind(hour)
                    .push_bind((*state).to_owned())
                    .push_bind(*n);
            });
            query.push(counters::ADD);
            query.build().execute(&mut *self.tx).await.doing("count outcomes")?;
        }
        Ok(())
    }

    /// Writes what was last seen. Answers false when another writer got in between: the page must then be compared again.
    pub async fn write_seen(&mut self, rows: &[SeenRow]) -> Result<bool, StoreError> {
        for chunk in rows.chunks(ROWS) {
            let mut query = QueryBuilder::<Sqlite>::new(
                "insert into last_seen (kind, item_key, tenant_id, subscription_id, compared, compared_version, joined, source_date,
                 read_at, event_id, previous_event_id) ",
            );
            query.push_values(chunk, |mut row, one| {
                row.push_bind(self.kind.as_str())
                    .push_bind(one.key.as_str().to_owned())
                    .push_bind(self.tenant.as_str().to_owned())
                    .push_bind(one.subscription.as_str().to_owned())
                    .push_bind(one.seen.compared.clone())
                    .push_bind(one.seen.compared_version)
                    .push_bind(one.seen.joined.clone())
                    .push_bind(one.seen.source_date.map(time::to_micros))
                    .push_bind(one.seen.read_at.as_microsecond())
                    .push_bind(one.seen.event.as_str().to_owned())
                    .push_bind(one.previous.as_ref().map(|id| id.as_str().to_owned()).unwrap_or_default());
            });
            query.push(
                " on conflict (kind, item_key) do update set compared = excluded.compared, compared_version = excluded.compared_version,
                  joined = excluded.joined, source_date = excluded.source_date, read_at = excluded.read_at,
                  event_id = excluded.event_id, previous_event_id = excluded.previous_event_id, missed = 0
                  where last_seen.event_id = excluded.previous_event_id",
            );
            let done = query.build().execute(&mut *self.tx).await.doing("write what was last seen")?;
            if done.rows_affected() != chunk.len() as u64 {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Adds to what is shown on the subscription: changes whose date moved without their state, and rewritten items.
    pub async fn count_unobservable(
        &mut self,
        of: &SubscriptionId,
        unobservable: i64,
        rewritten: i64,
    ) -> Result<(), StoreError> {
        sqlx::query("update watches set unobservable = unobservable + $1, rewritten = rewritten + $2 where subscription_id = $3 and kind = $4")
            .bind(unobservable)
            .bind(rewritten)
            .bind(of.as_str())
            .bind(self.kind.as_str())
            .execute(&mut *self.tx)
            .await
            .doing("count what was not observable")?;
        Ok(())
    }

    /// Moves a sweep's cursor to the last item of this page.
    pub async fn move_cursor(&mut self, sweep: &str, cursor: &str) -> Result<(), StoreError> {
        sqlx::query("update sweeps set cursor = $1 where id = $2")
            .bind(cursor)
            .bind(sweep)
            .execute(&mut *self.tx)
            .await
            .doing("move a sweep's cursor")?;
        Ok(())
    }

    /// Makes all of it true at once.
    pub async fn commit(self) -> Result<(), StoreError> {
        self.tx.commit().await.doing("commit a page")?;
        self.store.changed();
        Ok(())
    }
}

/// Writes events of one kind; answers the id, place and size of those that were not there.
pub(super) async fn insert_events(
    tx: &mut Transaction<'_, Sqlite>,
    tenant: &TenantId,
    kind: Kind,
    events: &[NewEvent],
) -> Result<Vec<(String, (i64, i64))>, StoreError> {
    let mut query = QueryBuilder::<Sqlite>::new(
        "insert into events (id, tenant_id, subscription_id, kind, change, item_key, item_id, resource_id, resource_key,
         alert_id, title, severity, status, compared, note, occurred_at, observed_at, body, body_bytes, source_row, facets) ",
    );
    query.push_values(events, |mut row, event| {
        let packed = event.payload.as_ref().map(|(body, source)| (pack(body), pack(source).0));
        let bytes = packed.as_ref().map_or(0, |((_, bytes), _)| *bytes);
        let (body, source) = packed.map_or((None, None), |((body, _), source)| (Some(body), Some(source)));
        row.push_bind(event.id.as_str().to_owned())
            .push_bind(tenant.as_str().to_owned())
            .push_bind(event.subscription.as_str().to_owned())
            .push_bind(kind.as_str())
            .push_bind(event.change.as_str())
            .push_bind(event.key.as_str().to_owned())
            .push_bind(event.item_id.clone())
            .push_bind(event.resource.as_str().to_owned())
            .push_bind(event.resource.key())
            .push_bind(event.alert_id.as_deref().map(str::to_ascii_lowercase))
            .push_bind(event.title.clone())
            .push_bind(event.severity.map(Severity::as_str))
            .push_bind(event.status.clone())
            .push_bind(event.compared.clone())
            .push_bind(event.note.clone())
            .push_bind(event.occurred_at.as_microsecond())
            .push_bind(event.observed_at.as_microsecond())
            .push_bind(body)
            .push_bind(i64::try_from(bytes).unwrap_or(i64::MAX))
            .push_bind(source)
            .push_bind(event.facets.clone());
    });
    query.push(" on conflict (id) do nothing returning id, seq, body_bytes");
    let rows = query.build().fetch_all(&mut **tx).await.doing("write events")?;
    Ok(rows.into_iter().map(|row| (row.get(0), (row.get(1), row.get(2)))).collect())
}
