//! Recent events with their payloads, for the preview.

use super::{
    Store, StoreError, Visible,
    deliveries::{SUBJECT, subject},
    error::Doing,
    pack::unpack,
    watch::parse,
};
use crate::domain::{EventId, Kind, view::Subject};
use jiff::Timestamp;
use serde_json::Value;
use sqlx::{QueryBuilder, Row, Sqlite};

/// An event with the JSON that rules are evaluated on.
#[derive(Debug, Clone)]
pub struct PreviewEvent {
    /// Its place, for going on.
    pub seq: i64,
    /// Its id.
    pub id: EventId,
    /// What it is about.
    pub subject: Subject,
    /// The event as it would be sent.
    pub body: Value,
    /// Its size as text.
    pub bytes: i64,
}

impl Store {
    /// Events of these kinds that happened since, newest first, a chunk at a time: those before that
    /// time and place.
    pub async fn preview_events(
        &self,
        visible: &Visible,
        kinds: &[Kind],
        since: Timestamp,
        before: Option<(Timestamp, i64)>,
        limit: usize,
    ) -> Result<Vec<PreviewEvent>, StoreError> {
        let mut query = QueryBuilder::<Sqlite>::new("select e.seq, e.id, ");
        query.push(SUBJECT);
        query.push(", e.body, e.body_bytes from events e left join subscriptions s on s.id = e.subscription_id");
        query.push(" where e.body is not null and e.change not in ('test', 'snapshot') and e.occurred_at >= ");
        query.push_bind(since.as_microsecond());
        let words: Vec<&str> = kinds.iter().map(|kind| kind.as_str()).collect();
        query.push(" and e.kind in (select value from json_each(").push_bind(Value::from(words).to_string()).push("))");
        visible.restrict(&mut query, "e.subscription_id");
        if let Some((at, seq)) = before {
            query
                .push(" and (e.occurred_at, e.seq) < (")
                .push_bind(at.as_microsecond())
                .push(", ")
                .push_bind(seq)
                .push(")");
        }
        query.push(" order by e.occurred_at desc, e.seq desc limit ").push_bind(i64::try_from(limit).unwrap_or(1000));
        let rows = query.build().fetch_all(self.readers()).await.doing("read events for a preview")?;
        rows.iter()
            .map(|row| {
                Ok(PreviewEvent {
                    seq: row.get(0),
                    id: parse("event id", &row.get::<String, _>(1))?,
                    subject: subject(row, 2)?,
                    body: unpack(&row.get::<Vec<u8>, _>(12))?,
                    bytes: row.get(13),
                })
            })
            .collect()
    }
}
