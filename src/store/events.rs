//! Reading observed events.

use super::{
    Store, StoreError, Visible,
    deliveries::{SUBJECT, keyset, page, search_events, subject},
    error::Doing,
    pack::unpack_text,
    watch::parse,
};
use domain::{
    Change, Cursor, EventId, Kind, Outcome, Page, ResourceId, Severity, SubscriptionId,
    view::{EventDetail, EventRow, Tally},
};
use jiff::Timestamp;
use sqlx::{QueryBuilder, Row, Sqlite, sqlite::SqliteRow};
use std::collections::HashMap;

/// Which observed events are wanted; empty means all.
#[derive(Debug, Clone, Default)]
pub struct EventFilter {
    /// Of this kind.
    pub kind: Option<Kind>,
    /// With this change.
    pub change: Option<Change>,
    /// In this subscription.
    pub subscription: Option<SubscriptionId>,
    /// About this resource.
    pub resource: Option<ResourceId>,
    /// With this severity.
    pub severity: Option<Severity>,
    /// That happened at or after this.
    pub since: Option<Timestamp>,
    /// That happened before this.
    pub until: Option<Timestamp>,
    /// Event id, alert id, resource id or item id, whole.
    pub search: Option<String>,
}

const FROM: &str = " from events e left join subscriptions s on s.id = e.subscription_id where 1 = 1";

fn event(row: &SqliteRow) -> Result<EventRow, StoreError> {
    Ok(EventRow {
        seq: row.get(0),
        id: parse("event id", &row.get::<String, _>(1))?,
        subject: subject(row, 2)?,
        outcomes: Tally::default(),
    })
}

impl Store {
    /// A page of observed events, newest first.
    pub async fn list_events(
        &self,
        visible: &Visible,
        filter: &EventFilter,
        cursor: Option<Cursor>,
        limit: usize,
    ) -> Result<Page<EventRow>, StoreError> {
        let mut query = QueryBuilder::<Sqlite>::new("select e.seq, e.id, ");
        query.push(SUBJECT).push(FROM);
        visible.restrict(&mut query, "e.subscription_id");
        if let Some(kind) = filter.kind {
            query.push(" and e.kind = ").push_bind(kind.as_str());
        }
        if let Some(change) = filter.change {
            query.push(" and e.change = ").push_bind(change.as_str());
        }
        if let Some(subscription) = &filter.subscription {
            query.push(" and e.subscription_id = ").push_bind(subscription.as_str().to_owned());
        }
        if let Some(resource) = &filter.resource {
            query.push(" and e.resource_key = ").push_bind(resource.key());
        }
        if let Some(severity) = filter.severity {
            query.push(" and e.severity = ").push_bind(severity.as_str());
        }
        if let Some(since) = filter.since {
            query.push(" and e.occurred_at >= ").push_bind(since.as_microsecond());
        }
        if let Some(until) = filter.until {
            query.push(" and e.occurred_at < ").push_bind(until.as_microsecond());
        }
        if let Some(search) = &filter.search {
            search_events(&mut query, search);
        }
        keyset(&mut query, "e.seq", cursor, limit);
        let rows = query.build().fetch_all(self.readers()).await.doing("read the events")?;
        let mut rows = rows.iter().map(event).collect::<Result<Vec<_>, _>>()?;
        self.add_outcomes(&mut rows).await?;
        Ok(page(rows, cursor, limit, |row| row.seq))
    }

    async fn add_outcomes(&self, rows: &mut [EventRow]) -> Result<(), StoreError> {
        let ids: Vec<&str> = rows.iter().map(|row| row.id.as_str()).collect();
        let counts: Vec<(String, String, i64)> = sqlx::query_as(
            "select event_id, state, count(*) from outcomes where event_id in (select value from json_each($1)) group by 1, 2",
        )
        .bind(serde_json::Value::from(ids).to_string())
        .fetch_all(self.readers())
        .await
        .doing("count outcomes of events")?;
        let mut tallies: HashMap<String, Tally> = HashMap::new();
        for (id, state, n) in counts {
            *tallies.entry(id).or_default().of_mut(parse::<Outcome>("outcome", &state)?) += n;
        }
        for row in rows {
            row.outcomes = tallies.get(row.id.as_str()).copied().unwrap_or_default();
        }
        Ok(())
    }

    /// Everything about one event; `None` when it is not there or not visible.
    pub async fn find_event(&self, visible: &Visible, id: &EventId) -> Result<Option<EventDetail>, StoreError> {
        let mut query = QueryBuilder::<Sqlite>::new("select e.seq, e.id, ");
        query.push(SUBJECT).push(", e.alert_id, e.item_id, e.note, e.body, e.source_row").push(FROM);
        query.push(" and e.id = ").push_bind(id.as_str().to_owned());
        visible.restrict(&mut query, "e.subscription_id");
        let Some(found) = query.build().fetch_optional(self.readers()).await.doing("read an event")? else {
            return Ok(None);
        };
        let deliveries = self.deliveries_of_event(visible, id).await?;
        let mut row = event(&found)?;
        for delivery in &deliveries {
            *row.outcomes.of_mut(delivery.outcome) += 1;
        }
        let text = |at: usize| found.get::<Option<Vec<u8>>, _>(at).map(|blob| unpack_text(&blob)).transpose();
        Ok(Some(EventDetail {
            row,
            alert_id: found.get(12),
            item_id: found.get(13),
            note: found.get(14),
            body: text(15)?,
            // An event put together from what the ledger knew has no row.
            source_row: text(16)?.filter(|row| row != "null"),
            deliveries,
        }))
    }
}
