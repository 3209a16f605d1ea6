//! Which subscriptions are watched and how far, sweeps, and the lease on watching.

use super::{Store, StoreError, error::Doing};
use domain::{ItemKey, Kind, Place, SubscriptionHealth, SubscriptionId, TenantId, time};
use jiff::Timestamp;
use sqlx::{Row, sqlite::SqliteRow};

/// A subscription as the watcher knows it.
#[derive(Debug, Clone)]
pub struct KnownSubscription {
    /// Its id.
    pub id: SubscriptionId,
    /// Its tenant.
    pub tenant: TenantId,
    /// What scopes look at.
    pub place: Place,
}

/// A sweep that is under way: one kind in a fixed group of subscriptions.
#[derive(Debug, Clone)]
pub struct Sweep {
    /// Its id.
    pub id: String,
    /// What is swept.
    pub kind: Kind,
    /// Where.
    pub subscriptions: Vec<SubscriptionId>,
    /// The last item id whose page is committed.
    pub cursor: String,
    /// When its first request was made.
    pub started_at: Timestamp,
    /// The subscriptions whose whole state it writes as snapshot events.
    pub snapshots: Vec<SubscriptionId>,
}

impl Store {
    /// Takes or keeps a lease; answers its fence, or `None` while another holder has it.
    pub async fn lease(&self, name: &str, holder: &str, for_micros: i64) -> Result<Option<i64>, StoreError> {
        let now = self.now().as_microsecond();
        sqlx::query_scalar(
            "insert into leases (name, holder, fence, expires_at) values ($1, $2, 1, $3 + $4)
             on conflict (name) do update set
                fence = case when leases.holder = $2 and leases.expires_at > $3 then leases.fence else leases.fence + 1 end,
                holder = $2, expires_at = $3 + $4
             where leases.holder = $2 or leases.expires_at <= $3
             returning fence",
        )
        .bind(name)
        .bind(holder)
        .bind(now)
        .bind(for_micros)
        .fetch_optional(self.writer())
        .await
        .doing("take a lease")
    }

    /// Keeps the automations of these subscriptions as Resource Graph answered them; what it no longer answers goes.
    pub async fn record_automations(
        &self,
        of: &[SubscriptionId],
        found: &[(String, SubscriptionId, String)],
    ) -> Result<(), StoreError> {
        const DOING: &str = "record Azure's own exports";
        let now = self.now().as_microsecond();
        let mut tx = self.write(DOING).await?;
        sqlx::query("delete from azure_automations where subscription_id in (select value from json_each($1))")
            .bind(ids(of))
            .execute(&mut *tx)
            .await
            .doing(DOING)?;
        for (id, subscription, body) in found {
            sqlx::query(
                "insert or replace into azure_automations (id, subscription_id, body, read_at) values ($1, $2, $3, $4)",
            )
            .bind(id.to_lowercase())
            .bind(subscription.as_str())
            .bind(body)
            .bind(now)
            .execute(&mut *tx)
            .await
            .doing(DOING)?;
        }
        tx.commit().await.doing(DOING)
    }

    /// How many automations there are and when the newest was read: as long as this stays, so do they.
    pub async fn automations_stamp(&self) -> Result<(i64, Option<i64>), StoreError> {
        sqlx::query_as("select count(*), max(read_at) from azure_automations")
            .fetch_one(self.readers())
            .await
            .doing("look for news of Azure's own exports")
    }

    /// The automations of all subscriptions as JSON text, as read last.
    pub async fn azure_automations(&self) -> Result<Vec<(SubscriptionId, String)>, StoreError> {
        let rows: Vec<(String, String)> =
            sqlx::query_as("select subscription_id, body from azure_automations order by id")
                .fetch_all(self.readers())
                .await
                .doing("read Azure's own exports")?;
        rows.into_iter().map(|(id, body)| Ok((parse("subscription id", &id)?, body))).collect()
    }

    /// Names what keeps a kind of data of these subscriptions from being read fresh, or clears it with `None`.
    pub async fn set_watch_condition(
        &self,
        kind: Kind,
        of: &[SubscriptionId],
        condition: Option<(SubscriptionHealth, &str)>,
    ) -> Result<(), StoreError> {
        let (health, detail) =
            condition.map_or((SubscriptionHealth::Ok, None), |(health, detail)| (health, Some(detail)));
        let done = sqlx::query(
            "update watches set
                condition_since = case when $1 = 'ok' then null when condition = $1 then condition_since else $3 end,
                condition = $1, condition_detail = $2
             where kind = $4 and subscription_id in (select value from json_each($5))
               and (condition <> $1 or coalesce(condition_detail, '') <> coalesce($2, ''))",
        )
        .bind(health.as_str())
        .bind(detail)
        .bind(self.now().as_microsecond())
        .bind(kind.as_str())
        .bind(ids(of))
        .execute(self.writer())
        .await
        .doing("record a source's condition")?;
        if done.rows_affected() > 0 {
            self.changed();
        }
        Ok(())
    }

    /// Names what the last sweep of a kind could not read, or clears it with `None`: only a whole sweep can.
    pub async fn set_sweep_problem(
        &self,
        kind: Kind,
        of: &[SubscriptionId],
        problem: Option<&str>,
    ) -> Result<(), StoreError> {
        let done = sqlx::query(
            "update watches set sweep_problem = $1,
                sweep_problem_since = case when $1 is null then null else coalesce(sweep_problem_since, $2) end
             where kind = $3 and subscription_id in (select value from json_each($4)) and coalesce(sweep_problem, '') <> coalesce($1, '')",
        )
        .bind(problem)
        .bind(self.now().as_microsecond())
        .bind(kind.as_str())
        .bind(ids(of))
        .execute(self.writer())
        .await
        .doing("record what a sweep could not read")?;
        if done.rows_affected() > 0 {
            self.changed();
        }
        Ok(())
    }

    /// Whether some of these subscriptions have not had a complete sweep of this kind.
    pub async fn is_first_sweep(&self, kind: Kind, of: &[SubscriptionId]) -> Result<bool, StoreError> {
        let open: i64 = sqlx::query_scalar(
            "select count(*) from watches where kind = $1 and baseline_done_at is null and subscription_id in (select value from json_each($2))",
        )
        .bind(kind.as_str())
        .bind(ids(of))
        .fetch_one(self.readers())
        .await
        .doing("look for a first sweep")?;
        Ok(open > 0)
    }

    /// Every subscription that is watched, in all tenants or in one.
    pub async fn watched_subscriptions(&self, of: Option<&TenantId>) -> Result<Vec<KnownSubscription>, StoreError> {
        let rows = sqlx::query(
            "select id, first_listed_at, groups, tags, tenant_id from subscriptions
             where unlisted_since is null and ($1 is null or tenant_id = $1) order by id",
        )
        .bind(of.map(TenantId::as_str))
        .fetch_all(self.readers())
        .await
        .doing("list the watched subscriptions")?;
        rows.into_iter()
            .map(|row| {
                Ok(KnownSubscription {
                    id: parse("subscription id", &row.get::<String, _>(0))?,
                    tenant: parse("tenant id", &row.get::<String, _>(4))?,
                    place: place(&row, 0)?,
                })
            })
            .collect()
    }

    /// The earliest moment up to which all pages of this kind are committed, of those subscriptions that were read fresh
    /// before; `None` when none was.
    pub async fn watermark(&self, kind: Kind, of: &[SubscriptionId]) -> Result<Option<Timestamp>, StoreError> {
        let least: Option<i64> = sqlx::query_scalar(
            "select min(complete_to) from watches where kind = $1 and subscription_id in (select value from json_each($2))",
        )
        .bind(kind.as_str())
        .bind(ids(of))
        .fetch_one(self.readers())
        .await
        .doing("read the watermark")?;
        Ok(least.map(time::from_micros))
    }

    /// Records that every page of a fresh query begun at `started` is committed.
    pub async fn complete_fresh(
        &self,
        kind: Kind,
        of: &[SubscriptionId],
        started: Timestamp,
    ) -> Result<(), StoreError> {
        sqlx::query(
            "update watches set complete_to = $1 where kind = $2 and subscription_id in (select value from json_each($3))
               and (complete_to is null or complete_to < $1)",
        )
        .bind(started.as_microsecond())
        .bind(kind.as_str())
        .bind(ids(of))
        .execute(self.writer())
        .await
        .doing("move the watermark")?;
        Ok(())
    }

    /// The sweeps of a tenant's subscriptions that were begun and not finished.
    pub async fn open_sweeps(&self, tenant: &TenantId, kind: Kind) -> Result<Vec<Sweep>, StoreError> {
        let rows = sqlx::query(
            "select w.id, w.subscriptions, w.cursor, w.started_at, w.snapshots from sweeps w
             join subscriptions s on s.id = json_extract(w.subscriptions, '$[0]')
             where w.kind = $1 and w.completed_at is null and s.tenant_id = $2 order by w.id",
        )
        .bind(kind.as_str())
        .bind(tenant.as_str())
        .fetch_all(self.readers())
        .await
        .doing("list open sweeps")?;
        rows.into_iter()
            .map(|row| {
                let list = |at: usize| {
                    serde_json::from_str(&row.get::<String, _>(at)).map_err(|error| StoreError::corrupt("sweep", error))
                };
                Ok(Sweep {
                    id: row.get(0),
                    kind,
                    subscriptions: list(1)?,
                    cursor: row.get(2),
                    started_at: time::from_micros(row.get(3)),
                    snapshots: list(4)?,
                })
            })
            .collect()
    }

    /// The watched subscriptions of a tenant whose last complete sweep of this kind is older than `before`, or that had
    /// none, and that no open sweep holds.
    pub async fn due_for_sweep(
        &self,
        tenant: &TenantId,
        kind: Kind,
        before: Timestamp,
    ) -> Result<Vec<SubscriptionId>, StoreError> {
        let rows: Vec<String> = sqlx::query_scalar(
            "select w.subscription_id from watches w join subscriptions s on s.id = w.subscription_id
             where w.kind = $1 and s.unlisted_since is null and s.tenant_id = $3 and (w.last_sweep_at is null or w.last_sweep_at < $2)
               and w.subscription_id not in (select j.value from sweeps o, json_each(o.subscriptions) j
                                             where o.kind = $1 and o.completed_at is null)
             order by 1",
        )
        .bind(kind.as_str())
        .bind(before.as_microsecond())
        .bind(tenant.as_str())
        .fetch_all(self.readers())
        .await
        .doing("find what is due for a sweep")?;
        rows.iter().map(|id| parse("subscription id", id)).collect()
    }

    /// When the whole state of a kind was last written as snapshot events, for each subscription with its baseline.
    pub async fn last_snapshots(&self, kind: Kind) -> Result<Vec<(SubscriptionId, Option<Timestamp>)>, StoreError> {
        let rows: Vec<(String, Option<i64>)> = sqlx::query_as(
            "select subscription_id, last_snapshot_at from watches where kind = $1 and baseline_done_at is not null order by 1",
        )
        .bind(kind.as_str())
        .fetch_all(self.readers())
        .await
        .doing("find what is due for a snapshot")?;
        rows.into_iter().map(|(id, at)| Ok((parse("subscription id", &id)?, at.map(time::from_micros)))).collect()
    }

    /// Begins a sweep over a group of subscriptions; of some of them it writes the whole state as snapshot events.
    pub async fn begin_sweep(
        &self,
        kind: Kind,
        subscriptions: Vec<SubscriptionId>,
        snapshots: Vec<SubscriptionId>,
    ) -> Result<Sweep, StoreError> {
        let started_at = self.now();
        let id = self.machine().id().to_string();
        let sweep = Sweep { id, kind, subscriptions, cursor: String::new(), started_at, snapshots };
        sqlx::query("insert into sweeps (id, kind, subscriptions, started_at, snapshots) values ($1, $2, $3, $4, $5)")
            .bind(&sweep.id)
            .bind(kind.as_str())
            .bind(ids(&sweep.subscriptions))
            .bind(started_at.as_microsecond())
            .bind(ids(&sweep.snapshots))
            .execute(self.writer())
            .await
            .doing("begin a sweep")?;
        Ok(sweep)
    }

    /// Records that every page of a sweep is committed: its subscriptions' baselines are complete with it, and these items
    /// were missed by one sweep more.
    pub async fn complete_sweep(&self, sweep: &Sweep, missed: &[ItemKey]) -> Result<(), StoreError> {
        const DOING: &str = "complete a sweep";
        let now = self.now().as_microsecond();
        let ids = ids(&sweep.subscriptions);
        let mut tx = self.write(DOING).await?;
        sqlx::query(
            "update watches set last_sweep_at = $1, baseline_done_at = coalesce(baseline_done_at, $2)
             where kind = $3 and subscription_id in (select value from json_each($4))
               and subscription_id in (select id from subscriptions where unlisted_since is null)",
        )
        .bind(sweep.started_at.as_microsecond())
        .bind(now)
        .bind(sweep.kind.as_str())
        .bind(&ids)
        .execute(&mut *tx)
        .await
        .doing(DOING)?;
        sqlx::query(
            "update watches set last_snapshot_at = $1 where kind = $2 and subscription_id in (select value from json_each($3))
               and subscription_id in (select id from subscriptions where unlisted_since is null)",
        )
        .bind(sweep.started_at.as_microsecond())
        .bind(sweep.kind.as_str())
        .bind(self::ids(&sweep.snapshots))
        .execute(&mut *tx)
        .await
        .doing(DOING)?;
        if !sweep.kind.is_dated() {
            // What has no date is known as far as it was read in whole.
            sqlx::query(
                "update watches set complete_to = $1 where kind = $2 and subscription_id in (select value from json_each($3))
                   and subscription_id in (select id from subscriptions where unlisted_since is null)",
            )
            .bind(sweep.started_at.as_microsecond())
            .bind(sweep.kind.as_str())
            .bind(&ids)
            .execute(&mut *tx)
            .await
            .doing(DOING)?;
        }
        // Only once for each sweep: two misses are two sweeps.
        sqlx::query(
            "update last_seen set missed = missed + 1 where kind = $1 and item_key in (select value from json_each($2))
               and swept_at < $3 and exists (select 1 from sweeps where id = $4 and completed_at is null)",
        )
        .bind(sweep.kind.as_str())
        .bind(serde_json::Value::from(missed.iter().map(ItemKey::as_str).collect::<Vec<_>>()).to_string())
        .bind(sweep.started_at.as_microsecond())
        .bind(&sweep.id)
        .execute(&mut *tx)
        .await
        .doing(DOING)?;
        sqlx::query("update sweeps set completed_at = $1 where id = $2")
            .bind(now)
            .bind(&sweep.id)
            .execute(&mut *tx)
            .await
            .doing(DOING)?;
        sqlx::query("delete from sweeps where completed_at < $1")
            .bind(now - 86_400_000_000)
            .execute(&mut *tx)
            .await
            .doing(DOING)?;
        tx.commit().await.doing(DOING)?;
        self.changed();
        Ok(())
    }

    /// Whether every watched subscription has its baseline of every kind.
    pub async fn baseline_is_complete(&self) -> Result<bool, StoreError> {
        let (all, open): (i64, i64) = sqlx::query_as(
            "select count(*), coalesce(sum(case when w.baseline_done_at is null then 1 else 0 end), 0) from watches w
             join subscriptions s on s.id = w.subscription_id where s.unlisted_since is null",
        )
        .fetch_one(self.readers())
        .await
        .doing("read the state of the baseline")?;
        Ok(all > 0 && open == 0)
    }
}

/// Reads four columns that begin at `from`: id, first listed, groups, tags.
pub(super) fn place(row: &SqliteRow, from: usize) -> Result<Place, StoreError> {
    Ok(Place {
        id: parse("subscription id", &row.get::<String, _>(from))?,
        first_listed_at: time::from_micros(row.get(from + 1)),
        groups: serde_json::from_str(&row.get::<String, _>(from + 2))
            .map_err(|error| StoreError::corrupt("management groups", error))?,
        tags: serde_json::from_str(&row.get::<String, _>(from + 3))
            .map_err(|error| StoreError::corrupt("tags", error))?,
    })
}

pub(super) fn ids(of: &[SubscriptionId]) -> String {
    serde_json::Value::from(of.iter().map(SubscriptionId::as_str).collect::<Vec<_>>()).to_string()
}

/// Reads a stored id back.
pub(super) fn parse<T: std::str::FromStr<Err: std::fmt::Display>>(
    what: &'static str,
    text: &str,
) -> Result<T, StoreError> {
    text.parse().map_err(|error| StoreError::corrupt(what, error))
}
