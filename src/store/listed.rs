//! Writing what Azure lists: subscriptions, where they hang, and their plans. Thousands at a time, in short transactions.

use super::{Store, StoreError, error::Doing, watch::ids};
use domain::{Ancestor, Kind, SubscriptionId, TenantId};
use sqlx::{QueryBuilder, Sqlite, Transaction};
use std::collections::BTreeMap;

/// Rows packed into one statement.
const ROWS: usize = 50;
/// Subscriptions written in one transaction: others who write wait no longer than for these.
const AT_ONCE: usize = 500;

/// A subscription as Azure listed it.
#[derive(Debug, Clone)]
pub struct ListedSubscription {
    /// Its id.
    pub id: SubscriptionId,
    /// The tenant it was listed in.
    pub tenant: TenantId,
    /// Its display name.
    pub name: String,
    /// `Enabled`, `Disabled`, `PastDue`, …
    pub state: String,
    /// The management groups above it and its tags; `None` where they could not be read this time.
    pub surroundings: Option<(Vec<Ancestor>, BTreeMap<String, String>)>,
}

const DOING: &str = "record the subscriptions";

impl Store {
    /// Writes what Azure listed in one tenant, in several transactions. New subscriptions begin to be watched now; ones that were not
    /// listed for a while are again, in the tenant that lists them now. What another tenant lists already stays there.
    pub async fn record_subscriptions(&self, listed: &[ListedSubscription]) -> Result<(), StoreError> {
        let now = self.now().as_microsecond();
        for chunk in listed.chunks(AT_ONCE) {
            let mut tx = self.write(DOING).await?;
            let (read, unread): (Vec<_>, Vec<_>) = chunk.iter().partition(|one| one.surroundings.is_some());
            for rows in read.chunks(ROWS).chain(unread.chunks(ROWS)) {
                insert(&mut tx, rows, now).await?;
            }
            let of: Vec<SubscriptionId> = chunk.iter().map(|one| one.id.clone()).collect();
            let kinds: Vec<&str> = Kind::ALL.iter().map(|kind| kind.as_str()).collect();
            sqlx::query(
                "insert into watches (subscription_id, kind, tenant_id)
                 select s.id, k.value, s.tenant_id from json_each($1) j join subscriptions s on s.id = j.value, json_each($2) k
                 where not exists (select 1 from watches w where w.subscription_id = s.id and w.kind = k.value)",
            )
            .bind(ids(&of))
            .bind(serde_json::Value::from(kinds).to_string())
            .execute(&mut *tx)
            .await
            .doing(DOING)?;
            if let Some(one) = chunk.first() {
                // What has moved to this tenant is watched in it from now on.
                sqlx::query(
                    "update watches set tenant_id = $1 where tenant_id <> $1 and subscription_id in
                        (select s.id from json_each($2) j join subscriptions s on s.id = j.value where s.tenant_id = $1)",
                )
                .bind(one.tenant.as_str())
                .bind(ids(&of))
                .execute(&mut *tx)
                .await
                .doing(DOING)?;
            }
            tx.commit().await.doing(DOING)?;
        }
        self.changed();
        Ok(())
    }

    /// Marks the subscriptions of a tenant that Azure does not list any more, which is a warning and never a deletion;
    /// others stay as they are, and so do other tenants'.
    pub async fn mark_unlisted(&self, tenant: &TenantId, listed: &[SubscriptionId]) -> Result<(), StoreError> {
        let done = sqlx::query(
            "update subscriptions set unlisted_since = $1
             where unlisted_since is null and tenant_id = $3 and id not in (select value from json_each($2))",
        )
        .bind(self.now().as_microsecond())
        .bind(ids(listed))
        .bind(tenant.as_str())
        .execute(self.writer())
        .await
        .doing("mark what is no longer listed")?;
        if done.rows_affected() > 0 {
            self.changed();
        }
        Ok(())
    }

    /// Records the plans (`Microsoft.Security/pricings`) of subscriptions, each as JSON `{plan: tier}`.
    pub async fn record_plans(&self, of: &[(SubscriptionId, String)]) -> Result<(), StoreError> {
        const DOING: &str = "record the plans";
        let now = self.now().as_microsecond();
        let mut tx = self.write(DOING).await?;
        for rows in of.chunks(ROWS) {
            let mut query = QueryBuilder::<Sqlite>::new("with found (id, plans) as (");
            query.push_values(rows, |mut row, (id, plans)| {
                row.push_bind(id.as_str().to_owned()).push_bind(plans.clone());
            });
            query.push(") update subscriptions set plans = found.plans, plans_read_at = ").push_bind(now);
            query.push(" from found where subscriptions.id = found.id");
            query.build().execute(&mut *tx).await.doing(DOING)?;
        }
        tx.commit().await.doing(DOING)?;
        self.changed();
        Ok(())
    }
}

/// Rows of which all have surroundings, or none has: what could not be read this time stays as it was.
async fn insert(tx: &mut Transaction<'_, Sqlite>, rows: &[&ListedSubscription], now: i64) -> Result<(), StoreError> {
    let read = rows.iter().all(|one| one.surroundings.is_some());
    let mut query = QueryBuilder::<Sqlite>::new(
        "insert into subscriptions (id, tenant_id, name, state, first_listed_at, listed_at, groups, tags) ",
    );
    query.push_values(rows, |mut row, one| {
        let (groups, tags) = one.surroundings.clone().unwrap_or_default();
        row.push_bind(one.id.as_str().to_owned())
            .push_bind(one.tenant.as_str().to_owned())
            .push_bind(one.name.clone())
            .push_bind(one.state.clone())
            .push_bind(now)
            .push_bind(now)
            .push_bind(serde_json::to_string(&groups).unwrap_or_default())
            .push_bind(serde_json::to_string(&tags).unwrap_or_default());
    });
    query.push(
        " on conflict (id) do update set tenant_id = excluded.tenant_id, name = excluded.name, state = excluded.state,
            listed_at = excluded.listed_at, unlisted_since = null",
    );
    if read {
        query.push(", groups = excluded.groups, tags = excluded.tags");
    }
    query.push(" where subscriptions.tenant_id = excluded.tenant_id or subscriptions.unlisted_since is not null");
    query.build().execute(&mut **tx).await.doing(DOING)?;
    Ok(())
}
