//! The tenants of a store: the first is its stamp, others come and go with the settings.

use super::{Store, StoreError, error::Doing, watch::parse};
use domain::{SubscriptionId, TargetId, TenantId};
use std::collections::HashMap;

impl Store {
    /// Records which tenants the settings name, with their names. What was listed in another one is watched by nobody any
    /// more: that is marked, and nothing of it is deleted.
    pub async fn record_tenants(&self, of: &[(TenantId, String)]) -> Result<(), StoreError> {
        const DOING: &str = "record the tenants";
        let now = self.now().as_microsecond();
        let mut tx = self.write(DOING).await?;
        for (id, name) in of {
            sqlx::query(
                "insert into tenants (id, name, added_at) values ($1, $2, $3)
                 on conflict (id) do update set name = excluded.name, left_at = null",
            )
            .bind(id.as_str())
            .bind(name)
            .bind(now)
            .execute(&mut *tx)
            .await
            .doing(DOING)?;
        }
        let list = serde_json::Value::from(of.iter().map(|(id, _)| id.as_str()).collect::<Vec<_>>()).to_string();
        for sql in [
            "update tenants set left_at = $1 where left_at is null and id not in (select value from json_each($2))",
            "update subscriptions set unlisted_since = $1
             where unlisted_since is null and tenant_id not in (select value from json_each($2))",
        ] {
            sqlx::query(sql).bind(now).bind(&list).execute(&mut *tx).await.doing(DOING)?;
        }
        tx.commit().await.doing(DOING)?;
        self.changed();
        Ok(())
    }

    /// The tenant that a subscription was listed in.
    pub async fn tenant_of(&self, id: &SubscriptionId) -> Result<Option<TenantId>, StoreError> {
        let found: Option<String> = sqlx::query_scalar("select tenant_id from subscriptions where id = $1")
            .bind(id.as_str())
            .fetch_optional(self.readers())
            .await
            .doing("find a subscription's tenant")?;
        found.map(|id| parse("tenant id", &id)).transpose()
    }

    /// The tenant whose identity signs in to a target.
    pub async fn tenant_of_target(&self, id: &TargetId) -> Result<Option<TenantId>, StoreError> {
        let found: Option<String> = sqlx::query_scalar("select tenant_id from targets where id = $1")
            .bind(id.as_str())
            .fetch_optional(self.readers())
            .await
            .doing("find a target's tenant")?;
        found.map(|id| parse("tenant id", &id)).transpose()
    }

    /// The tenants of the subscriptions below a management group of this id.
    pub async fn tenants_of_group(&self, group: &str) -> Result<Vec<TenantId>, StoreError> {
        let found: Vec<String> = sqlx::query_scalar(
            "select distinct s.tenant_id from subscriptions s, json_each(s.groups) j
             where lower(j.value ->> 'id') = lower($1) and s.unlisted_since is null order by 1",
        )
        .bind(group)
        .fetch_all(self.readers())
        .await
        .doing("find a management group's tenant")?;
        found.iter().map(|id| parse("tenant id", id)).collect()
    }

    /// The tenant of every subscription that is known.
    pub async fn tenants_of_all(&self) -> Result<HashMap<SubscriptionId, TenantId>, StoreError> {
        let rows: Vec<(String, String)> = sqlx::query_as("select id, tenant_id from subscriptions")
            .fetch_all(self.readers())
            .await
            .doing("list the subscriptions' tenants")?;
        rows.into_iter()
            .map(|(id, tenant)| Ok((parse("subscription id", &id)?, parse("tenant id", &tenant)?)))
            .collect()
    }
}
