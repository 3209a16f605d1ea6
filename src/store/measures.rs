//! What the ledger comes to, for pages and for whoever monitors the program: grouped queries, whatever the number of targets.

use super::{Store, StoreError, error::Doing, watch::parse};
use domain::{Kind, TargetId, time};
use jiff::Timestamp;
use sqlx::{FromRow, Sqlite, Transaction};
use std::collections::HashMap;

/// What waits for a target.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Backlog {
    /// Events that wait.
    pub pending: i64,
    /// When the oldest of them was decided, or asked for again.
    pub since: Option<Timestamp>,
}

/// How far a tenant is watched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reach {
    /// The tenant's name, or its id where it has none.
    pub tenant: String,
    /// Everything dated up to here is in the ledger, of every subscription and kind; before a baseline is complete, when its
    /// subscription was first listed.
    pub complete_to: Timestamp,
    /// When the full scan that is longest ago began; where there was none, when its subscription was first listed.
    pub last_full_scan: Timestamp,
}

#[derive(FromRow)]
struct BacklogRow {
    target_id: String,
    pending: i64,
    since: Option<i64>,
}

#[derive(FromRow)]
struct ReachRow {
    tenant: String,
    complete_to: i64,
    last_full_scan: i64,
}

/// What waits, by target; a target for which nothing waits is left out.
pub(super) async fn backlogs(tx: &mut Transaction<'_, Sqlite>) -> Result<HashMap<TargetId, Backlog>, StoreError> {
    let rows: Vec<BacklogRow> = sqlx::query_as(
        "with first as (select target_id, min(seq) as seq, count(*) as pending from outcomes indexed by outcomes_queue
             where state = 'pending' group by target_id, lane, late)
         select f.target_id, sum(f.pending) as pending, min(max(o.decided_at, coalesce(o.replayed_at, 0))) as since
         from first f join outcomes o on o.seq = f.seq group by f.target_id",
    )
    .fetch_all(&mut **tx)
    .await
    .doing("count what waits")?;
    rows.into_iter()
        .map(|row| {
            let since = row.since.map(time::from_micros);
            Ok((parse("target id", &row.target_id)?, Backlog { pending: row.pending, since }))
        })
        .collect()
}

impl Store {
    /// What waits, by target; a target for which nothing waits is left out.
    pub async fn backlogs(&self) -> Result<HashMap<TargetId, Backlog>, StoreError> {
        backlogs(&mut self.read("count what waits").await?).await
    }

    /// How far each tenant is watched.
    pub async fn reach(&self) -> Result<Vec<Reach>, StoreError> {
        let dated: Vec<&str> = Kind::ALL.iter().filter(|kind| kind.is_dated()).map(|kind| kind.as_str()).collect();
        let rows: Vec<ReachRow> = sqlx::query_as(
            "select coalesce(t.name, w.tenant_id) as tenant,
                 min(coalesce(case when w.baseline_done_at is not null then w.complete_to end, s.first_listed_at))
                     filter (where w.kind in (select value from json_each($1))) as complete_to,
                 min(coalesce(w.last_sweep_at, s.first_listed_at)) as last_full_scan
             from watches w join subscriptions s on s.id = w.subscription_id left join tenants t on t.id = w.tenant_id
             where s.unlisted_since is null group by w.tenant_id order by 1",
        )
        .bind(serde_json::to_string(&dated).unwrap_or_default())
        .fetch_all(self.readers())
        .await
        .doing("read how far tenants are watched")?;
        let of = |row: ReachRow| Reach {
            tenant: row.tenant,
            complete_to: time::from_micros(row.complete_to),
            last_full_scan: time::from_micros(row.last_full_scan),
        };
        Ok(rows.into_iter().map(of).collect())
    }

    /// Bytes of the database, free pages included.
    pub async fn bytes(&self) -> Result<u64, StoreError> {
        let bytes: i64 =
            sqlx::query_scalar("select p.page_count * s.page_size from pragma_page_count() p, pragma_page_size() s")
                .fetch_one(self.readers())
                .await
                .doing("measure the store")?;
        Ok(u64::try_from(bytes).unwrap_or_default())
    }
}
