//! Events that Azure's own exports let through, and whether they were found where those send to.

use super::{
    Store, StoreError, Visible,
    deliveries::{SUBJECT, keyset, page, subject},
    error::Doing,
    pack::unpack,
    watch::parse,
};
use domain::{
    Change, Cursor, EventId, ExportId, Kind, Page, ResourceId, SubscriptionId,
    arrival::{Arrival, ArrivalRow, ArrivalTally},
    time,
};
use jiff::Timestamp;
use serde_json::Value;
use sqlx::{QueryBuilder, Row, Sqlite};
use std::collections::BTreeMap;

/// An event that may have been sent by one of Azure's exports.
#[derive(Debug, Clone)]
pub struct Sendable {
    /// Its place in the ledger.
    pub seq: i64,
    /// Its id.
    pub id: EventId,
    /// The kind of data.
    pub kind: Kind,
    /// What changed.
    pub change: Change,
    /// What it is about.
    pub resource: ResourceId,
    /// When it happened.
    pub occurred_at: Timestamp,
    /// The event as event hubs get it.
    pub body: Value,
}

/// An event that is looked for.
#[derive(Debug, Clone)]
pub struct LookedFor {
    /// The event.
    pub event: EventId,
    /// The kind of data.
    pub kind: Kind,
    /// Alerts: the id that the workspace knows it by.
    pub alert_id: Option<String>,
    /// The item's id.
    pub item_id: String,
    /// Since when it can be there.
    pub since: Timestamp,
}

/// What was found of an event.
#[derive(Debug, Clone)]
pub struct Found {
    /// The event.
    pub event: EventId,
    /// What it comes to.
    pub arrival: Arrival,
    /// When the workspace took it in.
    pub at: Option<Timestamp>,
}

impl Store {
    /// The events of a subscription after what was looked through for an automation, at most `limit`, from `since` on.
    pub async fn sendable(
        &self,
        automation: &ResourceId,
        subscription: &SubscriptionId,
        since: Timestamp,
        limit: i64,
    ) -> Result<Vec<Sendable>, StoreError> {
        let rows = sqlx::query(
            "select e.seq, e.id, e.kind, e.change, e.resource_id, e.occurred_at, e.body from events e
             where e.subscription_id = $1 and e.occurred_at >= $2 and e.body is not null and e.change in ('created', 'changed')
               and e.kind in ('alert', 'recommendation')
               and e.seq > coalesce((select event_seq from arrival_cursors where automation_key = $3), 0)
             order by e.seq limit $4",
        )
        .bind(subscription.as_str())
        .bind(since.as_microsecond())
        .bind(automation.key())
        .bind(limit)
        .fetch_all(self.readers())
        .await
        .doing("find what Azure may have sent")?;
        rows.into_iter()
            .map(|row| {
                Ok(Sendable {
                    seq: row.get(0),
                    id: parse("event id", &row.get::<String, _>(1))?,
                    kind: parse("kind", &row.get::<String, _>(2))?,
                    change: parse("change", &row.get::<String, _>(3))?,
                    resource: ResourceId::new(&row.get::<String, _>(4)),
                    occurred_at: time::from_micros(row.get(5)),
                    body: unpack(&row.get::<Vec<u8>, _>(6))?,
                })
            })
            .collect()
    }

    /// Begins to look for events, and remembers that everything up to `looked` was looked through.
    pub async fn look_for(
        &self,
        automation: &ResourceId,
        subscription: &SubscriptionId,
        events: &[&Sendable],
        looked: i64,
    ) -> Result<(), StoreError> {
        const DOING: &str = "begin to look for what Azure sends";
        let mut tx = self.write(DOING).await?;
        for event in events {
            sqlx::query(
                "insert into arrivals (automation_key, automation_id, event_id, subscription_id, kind, since)
                 values ($1, $2, $3, $4, $5, $6) on conflict do nothing",
            )
            .bind(automation.key())
            .bind(automation.as_str())
            .bind(event.id.as_str())
            .bind(subscription.as_str())
            .bind(event.kind.as_str())
            .bind(event.occurred_at.as_microsecond())
            .execute(&mut *tx)
            .await
            .doing(DOING)?;
        }
        sqlx::query(
            "insert into arrival_cursors (automation_key, event_seq) values ($1, $2)
             on conflict (automation_key) do update set event_seq = excluded.event_seq",
        )
        .bind(automation.key())
        .bind(looked)
        .execute(&mut *tx)
        .await
        .doing(DOING)?;
        tx.commit().await.doing(DOING)?;
        if !events.is_empty() {
            self.changed();
        }
        Ok(())
    }

    /// What is still looked for at an automation's workspace: happened after `since` and not found.
    pub async fn looked_for(
        &self,
        automation: &ResourceId,
        since: Timestamp,
        limit: i64,
    ) -> Result<Vec<LookedFor>, StoreError> {
        let rows = sqlx::query(
            "select a.event_id, a.kind, e.alert_id, e.item_id, a.since from arrivals a join events e on e.id = a.event_id
             where a.automation_key = $1 and a.state in ('waiting', 'missing') and a.since >= $2
             order by coalesce(a.checked_at, 0), a.seq limit $3",
        )
        .bind(automation.key())
        .bind(since.as_microsecond())
        .bind(limit)
        .fetch_all(self.readers())
        .await
        .doing("list what is looked for")?;
        rows.into_iter()
            .map(|row| {
                Ok(LookedFor {
                    event: parse("event id", &row.get::<String, _>(0))?,
                    kind: parse("kind", &row.get::<String, _>(1))?,
                    alert_id: row.get(2),
                    item_id: row.get(3),
                    since: time::from_micros(row.get(4)),
                })
            })
            .collect()
    }

    /// Writes what was found; or with `trouble` why the workspace could not be asked, which says nothing of the events.
    pub async fn record_arrivals(
        &self,
        automation: &ResourceId,
        found: &[Found],
        trouble: Option<&str>,
    ) -> Result<(), StoreError> {
        const DOING: &str = "record what arrived";
        let now = self.now().as_microsecond();
        let mut tx = self.write(DOING).await?;
        for one in found {
            sqlx::query(
                "update arrivals set state = $1, arrived_at = $2, checked_at = $3, trouble = null where automation_key = $4 and event_id = $5",
            )
            .bind(one.arrival.as_str())
            .bind(one.at.map(time::to_micros))
            .bind(now)
            .bind(automation.key())
            .bind(one.event.as_str())
            .execute(&mut *tx)
            .await
            .doing(DOING)?;
        }
        if let Some(trouble) = trouble {
            sqlx::query("update arrivals set trouble = $1 where automation_key = $2 and state <> 'arrived'")
                .bind(trouble)
                .bind(automation.key())
                .execute(&mut *tx)
                .await
                .doing(DOING)?;
        }
        tx.commit().await.doing(DOING)?;
        self.changed();
        Ok(())
    }

    /// Arrivals, newest first: all, those of an event, or those of automations.
    pub async fn list_arrivals(
        &self,
        visible: &Visible,
        event: Option<&EventId>,
        automations: Option<&[String]>,
        cursor: Option<Cursor>,
        limit: usize,
    ) -> Result<Page<ArrivalRow>, StoreError> {
        let exports = self.azure_owners().await?;
        let mut query = QueryBuilder::<Sqlite>::new(
            "select a.seq, a.event_id, a.automation_id, a.automation_key, a.state, a.arrived_at, a.checked_at, a.trouble, ",
        );
        query.push(SUBJECT);
        query.push(" from arrivals a join events e on e.id = a.event_id left join subscriptions s on s.id = e.subscription_id where 1 = 1");
        visible.restrict(&mut query, "e.subscription_id");
        if let Some(event) = event {
            query.push(" and a.event_id = ").push_bind(event.as_str().to_owned());
        }
        if let Some(keys) = automations {
            query.push(" and a.automation_key in (select value from json_each(");
            query.push_bind(Value::from(keys.to_vec()).to_string()).push("))");
        }
        keyset(&mut query, "a.seq", cursor, limit);
        let rows = query.build().fetch_all(self.readers()).await.doing("read what arrived")?;
        let rows = rows
            .iter()
            .map(|row| {
                let key: String = row.get(3);
                let at = |index: usize| row.get::<Option<i64>, _>(index).map(time::from_micros);
                Ok(ArrivalRow {
                    seq: row.get(0),
                    event: parse("event id", &row.get::<String, _>(1))?,
                    automation: ResourceId::new(&row.get::<String, _>(2)),
                    export: exports.get(&key).cloned(),
                    arrival: parse("arrival", &row.get::<String, _>(4))?,
                    arrived_at: at(5),
                    checked_at: at(6),
                    trouble: row.get(7),
                    subject: subject(row, 8)?,
                })
            })
            .collect::<Result<Vec<_>, StoreError>>()?;
        Ok(page(rows, cursor, limit, |row| row.seq))
    }

    /// How much of what automations let through since a time was found.
    pub async fn tally_arrivals(
        &self,
        visible: &Visible,
        automations: Option<&[String]>,
        since: Timestamp,
    ) -> Result<ArrivalTally, StoreError> {
        let mut query = QueryBuilder::<Sqlite>::new("select a.state, count(*) from arrivals a where a.since >= ");
        query.push_bind(since.as_microsecond());
        visible.restrict(&mut query, "a.subscription_id");
        if let Some(keys) = automations {
            query.push(" and a.automation_key in (select value from json_each(");
            query.push_bind(Value::from(keys.to_vec()).to_string()).push("))");
        }
        query.push(" group by 1");
        let mut tally = ArrivalTally::default();
        for row in query.build().fetch_all(self.readers()).await.doing("count what arrived")? {
            match parse::<Arrival>("arrival", &row.get::<String, _>(0))? {
                Arrival::Arrived => tally.arrived = row.get(1),
                Arrival::Waiting => tally.waiting = row.get(1),
                Arrival::Missing => tally.missing = row.get(1),
            }
        }
        Ok(tally)
    }

    /// The export that each automation was rolled out for.
    async fn azure_owners(&self) -> Result<BTreeMap<String, (ExportId, String)>, StoreError> {
        let rows: Vec<(String, String, String)> = sqlx::query_as(
            "select r.automation_key, e.id, e.name from roll_outs r join exports e on e.id = r.export_id
             where e.deleted_at is null and r.made_at is not null",
        )
        .fetch_all(self.readers())
        .await
        .doing("read whose automations they are")?;
        rows.into_iter().map(|(key, id, name)| Ok((key, (parse("export id", &id)?, name)))).collect()
    }
}
