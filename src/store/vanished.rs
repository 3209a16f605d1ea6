//! What complete sweeps did not meet any more, and what is still known of it.

use super::{
    LedgerPage, Store, StoreError, Sweep,
    error::Doing,
    pack::unpack,
    watch::{ids, parse},
};
use domain::{EventId, ItemKey, Kind, ResourceId, Severity, SubscriptionId, time};
use jiff::Timestamp;
use serde_json::Value;
use sqlx::Row;
use std::collections::BTreeMap;

/// The compared state of an item that is gone.
pub const DELETED: &str = "deleted";

/// How much of what is known in a subscription a sweep has met.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Met {
    /// Items that are known and not deleted.
    pub known: i64,
    /// Those of them that the sweep met, or that were first seen while it ran.
    pub met: i64,
}

/// An item that complete sweeps have not met.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MissedItem {
    /// What it is told apart by.
    pub key: ItemKey,
    /// Its own id.
    pub item_id: String,
    /// Its subscription.
    pub subscription: SubscriptionId,
}

/// An item's newest event.
#[derive(Debug, Clone)]
pub struct LastEvent {
    /// Its id.
    pub id: EventId,
    /// The item's own id.
    pub item_id: String,
    /// The resource it is about.
    pub resource: ResourceId,
    /// What people call it.
    pub title: String,
    /// How bad it is.
    pub severity: Option<Severity>,
    /// Its status word.
    pub status: String,
    /// When the request began that saw it.
    pub observed_at: Timestamp,
    /// The event as it would be sent, and the source's row; `None` where no payload was kept.
    pub payload: Option<(Value, Value)>,
}

impl LedgerPage {
    /// Marks the items of a page as met by the sweep that began at `started`, whether they have changed or not.
    pub async fn mark_met(&mut self, keys: &[&ItemKey], started: Timestamp) -> Result<(), StoreError> {
        let list = Value::from(keys.iter().map(|key| key.as_str()).collect::<Vec<_>>()).to_string();
        sqlx::query(
            "update last_seen set swept_at = $1, missed = 0 where kind = $2 and item_key in (select value from json_each($3))",
        )
        .bind(started.as_microsecond())
        .bind(self.kind.as_str())
        .bind(list)
        .execute(&mut *self.tx)
        .await
        .doing("mark what a sweep has met")?;
        Ok(())
    }

    /// An item's newest event.
    pub async fn last_event(&mut self, of: &EventId) -> Result<Option<LastEvent>, StoreError> {
        let row = sqlx::query(
            "select item_id, resource_id, title, severity, status, observed_at, body, source_row from events where id = $1",
        )
        .bind(of.as_str())
        .fetch_optional(&mut *self.tx)
        .await
        .doing("read an item's newest event")?;
        let Some(row) = row else { return Ok(None) };
        let blob = |at: usize| row.get::<Option<Vec<u8>>, _>(at).map(|blob| unpack(&blob)).transpose();
        Ok(Some(LastEvent {
            id: of.clone(),
            item_id: row.get(0),
            resource: ResourceId::new(&row.get::<String, _>(1)),
            title: row.get(2),
            severity: row.get::<Option<String>, _>(3).and_then(|word| Severity::parse(&word)),
            status: row.get(4),
            observed_at: time::from_micros(row.get(5)),
            payload: blob(6)?.zip(blob(7)?),
        }))
    }
}

impl Store {
    /// How much of what is known a sweep has met, for each of its subscriptions that is listed still.
    pub async fn met_by(&self, sweep: &Sweep) -> Result<BTreeMap<SubscriptionId, Met>, StoreError> {
        let rows: Vec<(String, i64, i64)> = sqlx::query_as(
            "select l.subscription_id, count(*), sum(l.swept_at >= $1 or l.read_at >= $1) from last_seen l
             join subscriptions s on s.id = l.subscription_id and s.unlisted_since is null
             where l.kind = $2 and l.subscription_id in (select value from json_each($3)) and l.compared <> $4 group by 1",
        )
        .bind(sweep.started_at.as_microsecond())
        .bind(sweep.kind.as_str())
        .bind(ids(&sweep.subscriptions))
        .bind(DELETED)
        .fetch_all(self.readers())
        .await
        .doing("count what a sweep has met")?;
        rows.into_iter().map(|(id, known, met)| Ok((parse("subscription id", &id)?, Met { known, met }))).collect()
    }

    /// The items in these subscriptions that a sweep has not met.
    pub async fn not_met_by(&self, sweep: &Sweep, of: &[SubscriptionId]) -> Result<Vec<ItemKey>, StoreError> {
        let rows: Vec<String> = sqlx::query_scalar(
            "select item_key from last_seen where kind = $1 and subscription_id in (select value from json_each($2))
               and swept_at < $3 and read_at < $3 and compared <> $4",
        )
        .bind(sweep.kind.as_str())
        .bind(ids(of))
        .bind(sweep.started_at.as_microsecond())
        .bind(DELETED)
        .fetch_all(self.readers())
        .await
        .doing("find what a sweep has not met")?;
        rows.iter().map(|key| parse("item key", key)).collect()
    }

    /// The items in these subscriptions that at least so many complete sweeps in a row have not met, longest missing first.
    pub async fn missed(
        &self,
        kind: Kind,
        of: &[SubscriptionId],
        sweeps: i64,
        most: usize,
    ) -> Result<Vec<MissedItem>, StoreError> {
        let rows: Vec<(String, String, String)> = sqlx::query_as(
            "select l.item_key, e.item_id, l.subscription_id from last_seen l indexed by last_seen_missed
             join subscriptions s on s.id = l.subscription_id and s.unlisted_since is null
             join events e on e.id = l.event_id
             where l.kind = $1 and l.missed > 0 and l.missed >= $2 and l.compared <> $3
               and l.subscription_id in (select value from json_each($4))
             order by l.missed desc, l.item_key limit $5",
        )
        .bind(kind.as_str())
        .bind(sweeps)
        .bind(DELETED)
        .bind(ids(of))
        .bind(i64::try_from(most).unwrap_or(i64::MAX))
        .fetch_all(self.readers())
        .await
        .doing("find what vanished")?;
        rows.into_iter()
            .map(|(key, item_id, subscription)| {
                Ok(MissedItem {
                    key: parse("item key", &key)?,
                    item_id,
                    subscription: parse("subscription id", &subscription)?,
                })
            })
            .collect()
    }

    /// Puts items back to one missed sweep: they were looked for and are not known to be gone. The next sweep that does not
    /// meet them has them looked for again, after those that waited longer.
    pub async fn look_again_later(&self, kind: Kind, items: &[ItemKey]) -> Result<(), StoreError> {
        if items.is_empty() {
            return Ok(());
        }
        let list = Value::from(items.iter().map(ItemKey::as_str).collect::<Vec<_>>()).to_string();
        sqlx::query(
            "update last_seen set missed = 1 where kind = $1 and missed > 1 and item_key in (select value from json_each($2))",
        )
        .bind(kind.as_str())
        .bind(list)
        .execute(self.writer())
        .await
        .doing("put off what could not be looked for")?;
        Ok(())
    }
}
