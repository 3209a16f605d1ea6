//! Recent events for the preview: what decides about them, kind by kind, and the few that are shown.

use super::{
    Store, StoreError, Visible,
    deliveries::{SUBJECT, subject},
    error::Doing,
    pack::unpack_text,
    watch::{parse, place},
};
use domain::{EventId, Kind, Place, SubscriptionId, view::Subject};
use serde_json::Value;
use sqlx::{QueryBuilder, Row, Sqlite};

/// An event that a preview may look at, without its payload.
#[derive(Debug, Clone)]
pub struct SampleRow {
    /// Its place in the ledger.
    pub seq: i64,
    /// When it happened, in microseconds.
    pub at: i64,
    /// Its subscription.
    pub subscription: SubscriptionId,
    /// Whether it is a later change of something known.
    pub is_change: bool,
    /// Its size as JSON text.
    pub bytes: u32,
    /// The values that filters usually look at, as JSON text `{path: [value, …]}`; none of events of older releases.
    pub facets: Option<String>,
}

/// An event as a preview shows it.
#[derive(Debug, Clone)]
pub struct ShownEvent {
    /// Its place in the ledger.
    pub seq: i64,
    /// Its id.
    pub id: EventId,
    /// What it is about.
    pub subject: Subject,
}

/// What previews look at: observed events that carry their payload.
const SAMPLED: &str = "body is not null and change not in ('test', 'snapshot')";

impl Store {
    /// Events of a kind after a place in the ledger, in its order.
    pub async fn sample_rows(&self, kind: Kind, after: i64, limit: usize) -> Result<Vec<SampleRow>, StoreError> {
        let sql = format!(
            "select seq, occurred_at, subscription_id, change = 'changed', body_bytes, facets from events indexed by events_sample
             where kind = $1 and seq > $2 and {SAMPLED} order by seq limit $3"
        );
        let rows = sqlx::query(sqlx::AssertSqlSafe(sql))
            .bind(kind.as_str())
            .bind(after)
            .bind(i64::try_from(limit).unwrap_or(1000))
            .fetch_all(self.readers())
            .await
            .doing("list events for a preview")?;
        rows.iter()
            .map(|row| {
                Ok(SampleRow {
                    seq: row.get(0),
                    at: row.get(1),
                    subscription: parse("subscription id", &row.get::<String, _>(2))?,
                    is_change: row.get(3),
                    bytes: u32::try_from(row.get::<i64, _>(4)).unwrap_or(u32::MAX),
                    facets: row.get(5),
                })
            })
            .collect()
    }

    /// Where the newest `most` events of a kind begin.
    pub async fn sample_begins(&self, kind: Kind, most: usize) -> Result<i64, StoreError> {
        let sql = format!(
            "select seq from events indexed by events_sample where kind = $1 and {SAMPLED} order by seq desc limit 1 offset $2"
        );
        let found: Option<i64> = sqlx::query_scalar(sqlx::AssertSqlSafe(sql))
            .bind(kind.as_str())
            .bind(i64::try_from(most).unwrap_or(i64::MAX))
            .fetch_optional(self.readers())
            .await
            .doing("find where a preview begins")?;
        Ok(found.unwrap_or(0))
    }

    /// The packed payloads of these events; [`Self::unpack`] reads them, off the threads that wait for I/O.
    pub async fn sample_bodies(&self, seqs: &[i64]) -> Result<Vec<(i64, Vec<u8>)>, StoreError> {
        sqlx::query_as("select seq, body from events where seq in (select value from json_each($1)) and body is not null order by seq")
            .bind(Value::from(seqs.to_vec()).to_string())
            .fetch_all(self.readers())
            .await
            .doing("read events for a preview")
    }

    /// The JSON text of a packed payload.
    pub fn unpack(packed: &[u8]) -> Result<String, StoreError> {
        unpack_text(packed)
    }

    /// What is shown of these events.
    pub async fn shown_events(&self, visible: &Visible, seqs: &[i64]) -> Result<Vec<ShownEvent>, StoreError> {
        let mut query = QueryBuilder::<Sqlite>::new("select e.seq, e.id, ");
        query.push(SUBJECT);
        query.push(" from events e left join subscriptions s on s.id = e.subscription_id where e.seq in (select value from json_each(");
        query.push_bind(Value::from(seqs.to_vec()).to_string()).push("))");
        visible.restrict(&mut query, "e.subscription_id");
        let rows = query.build().fetch_all(self.readers()).await.doing("read the events that a preview shows")?;
        rows.iter()
            .map(|row| {
                Ok(ShownEvent {
                    seq: row.get(0),
                    id: parse("event id", &row.get::<String, _>(1))?,
                    subject: subject(row, 2)?,
                })
            })
            .collect()
    }

    /// The newest event of every item of a kind: its place in the ledger, its subscription, and whether its payload is kept.
    pub async fn newest_of_items(&self, kind: Kind) -> Result<Vec<(i64, SubscriptionId, bool)>, StoreError> {
        let rows: Vec<(i64, String, bool)> = sqlx::query_as(
            "select e.seq, l.subscription_id, e.body is not null from last_seen l join events e on e.id = l.event_id where l.kind = $1 and l.compared <> 'deleted'",
        )
        .bind(kind.as_str())
        .fetch_all(self.readers())
        .await
        .doing("find the newest event of every item")?;
        rows.into_iter().map(|(seq, id, kept)| Ok((seq, parse("subscription id", &id)?, kept))).collect()
    }

    /// Every subscription the reader may see, as scopes look at it, with its name.
    pub async fn places(&self, visible: &Visible) -> Result<Vec<(Place, String)>, StoreError> {
        let mut query = QueryBuilder::<Sqlite>::new(
            "select s.id, s.first_listed_at, s.groups, s.tags, s.name from subscriptions s where 1 = 1",
        );
        visible.restrict(&mut query, "s.id");
        query.push(" order by lower(s.name), s.id");
        let rows = query.build().fetch_all(self.readers()).await.doing("read the subscriptions' surroundings")?;
        rows.iter().map(|row| Ok((place(row, 0)?, row.get(4)))).collect()
    }
}
