//! What stands at the source as it was last seen, whether it was sent, and how much was sent where.

use super::{
    Store, StoreError, Visible,
    deliveries::{SUBJECT, subject},
    error::Doing,
    watch::parse,
};
use domain::{EventId, Kind, SubscriptionId, TargetId, time, view::Subject};
use jiff::Timestamp;
use sqlx::{QueryBuilder, Row, Sqlite};

/// What stands, and no export sent.
#[derive(Debug, Clone)]
pub struct Standing {
    /// The newest event of each, the oldest first.
    pub some: Vec<(EventId, Subject)>,
    /// How many there are.
    pub all: i64,
}

/// How often items of one name change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rhythm {
    /// The name.
    pub title: String,
    /// Items that changed.
    pub items: i64,
    /// Changes that were observed.
    pub changes: i64,
    /// The last one.
    pub last: Timestamp,
}

/// What was sent to a target.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sent {
    /// The target.
    pub target: TargetId,
    /// Requests that it accepted.
    pub requests: i64,
    /// Events in them.
    pub events: i64,
    /// Their bodies, in bytes as sent.
    pub bytes: i64,
}

/// An item as it was seen last, which no export has sent or is about to send.
const UNSENT: &str = " from last_seen l join events e on e.id = l.event_id
    left join subscriptions s on s.id = e.subscription_id
    where not exists (select 1 from outcomes o where o.event_id = e.id and o.state in ('delivered', 'pending'))";

impl Store {
    /// Items of a kind that stand at the source and were sent by no export; with `status`, those of that status only.
    pub async fn unsent(
        &self,
        visible: &Visible,
        kind: Kind,
        status: Option<&str>,
        limit: i64,
    ) -> Result<Standing, StoreError> {
        const DOING: &str = "list what no export sent";
        let narrow = |query: &mut QueryBuilder<Sqlite>| {
            query.push(UNSENT).push(" and l.kind = ").push_bind(kind.as_str());
            if let Some(status) = status {
                query.push(" and e.status = ").push_bind(status.to_owned()).push(" collate nocase");
            }
            visible.restrict(query, "e.subscription_id");
        };
        let mut count = QueryBuilder::<Sqlite>::new("select count(*)");
        narrow(&mut count);
        let all: i64 = count.build_query_scalar().fetch_one(self.readers()).await.doing(DOING)?;
        let mut query = QueryBuilder::<Sqlite>::new("select e.id, ");
        query.push(SUBJECT);
        narrow(&mut query);
        query.push(" order by e.occurred_at limit ").push_bind(limit);
        let rows = query.build().fetch_all(self.readers()).await.doing(DOING)?;
        let some = rows
            .iter()
            .map(|row| Ok((parse("event id", &row.get::<String, _>(0))?, subject(row, 1)?)))
            .collect::<Result<_, StoreError>>()?;
        Ok(Standing { some, all })
    }

    /// The names of recommendations that changed, the last one first.
    pub async fn rhythms(&self, visible: &Visible, limit: i64) -> Result<Vec<Rhythm>, StoreError> {
        let mut query = QueryBuilder::<Sqlite>::new(
            "select e.title, count(distinct e.item_key), count(*), max(e.occurred_at) from events e
             where e.kind = 'recommendation' and e.change in ('created', 'changed', 'deleted')",
        );
        visible.restrict(&mut query, "e.subscription_id");
        query.push(" group by e.title order by 4 desc limit ").push_bind(limit);
        let rows = query.build().fetch_all(self.readers()).await.doing("list how often recommendations change")?;
        let rhythm = |row: &sqlx::sqlite::SqliteRow| Rhythm {
            title: row.get(0),
            items: row.get(1),
            changes: row.get(2),
            last: time::from_micros(row.get(3)),
        };
        Ok(rows.iter().map(rhythm).collect())
    }

    /// Alerts that were observed since then, by subscription.
    pub async fn alerts_by_subscription(
        &self,
        visible: &Visible,
        since: Timestamp,
    ) -> Result<Vec<(SubscriptionId, i64)>, StoreError> {
        let mut query = QueryBuilder::<Sqlite>::new(
            "select e.subscription_id, count(*) from events e where e.kind = 'alert' and e.change <> 'test' and e.occurred_at >= ",
        );
        query.push_bind(time::to_micros(since));
        visible.restrict(&mut query, "e.subscription_id");
        query.push(" group by 1");
        let rows = query.build().fetch_all(self.readers()).await.doing("count alerts by subscription")?;
        rows.iter().map(|row| Ok((parse("subscription id", &row.get::<String, _>(0))?, row.get(1)))).collect()
    }

    /// What every target accepted since then.
    pub async fn sent_since(&self, since: Timestamp) -> Result<Vec<Sent>, StoreError> {
        let rows = sqlx::query(
            "select target_id, count(*), sum(events), sum(bytes) from attempts
             where started_at >= $1 and status between 200 and 299 group by target_id",
        )
        .bind(time::to_micros(since))
        .fetch_all(self.readers())
        .await
        .doing("sum up what was sent")?;
        rows.iter()
            .map(|row| {
                Ok(Sent {
                    target: parse("target id", &row.get::<String, _>(0))?,
                    requests: row.get(1),
                    events: row.get(2),
                    bytes: row.get(3),
                })
            })
            .collect()
    }
}
