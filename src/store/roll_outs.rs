//! What was asked of Azure for its own exports, and the switch that allows it.

use super::{AuditEntry, Store, StoreError, audit::record, error::Doing, watch::parse};
use domain::{
    ExportId, ResourceId, SubscriptionId,
    azure::{RollOutState, Wish},
    time,
};
use jiff::Timestamp;
use secrecy::SecretString;
use sqlx::{Row, Sqlite, Transaction};

/// One automation of an export, and what was asked for it last.
#[derive(Debug, Clone)]
pub struct RollOutEntry {
    /// The automation.
    pub automation: ResourceId,
    /// The subscription it stands in.
    pub subscription: SubscriptionId,
    /// What was asked.
    pub wish: Wish,
    /// How far it came.
    pub state: RollOutState,
    /// What was said of it.
    pub message: String,
    /// The export's version that it was asked for.
    pub version: u32,
    /// When.
    pub at: Timestamp,
    /// Whether the automation is this console's doing.
    pub made: bool,
}

/// One automation that is to be written or deleted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WaitingRollOut {
    /// The export.
    pub export: ExportId,
    /// The automation.
    pub automation: ResourceId,
    /// The subscription it is, or will be, in.
    pub subscription: SubscriptionId,
    /// What is asked.
    pub wish: Wish,
    /// The export's version that it is asked for.
    pub version: u32,
}

const UNDER_WAY: &str = "select exists (select 1 from roll_outs where export_id = $1 and state = 'waiting')";

/// Where the connection string of a roll-out is sealed for.
fn secret_place(export: &ExportId) -> String {
    format!("roll-out {export}")
}

async fn put(
    tx: &mut Transaction<'_, Sqlite>,
    export: &ExportId,
    (automation, subscription, wish): (&ResourceId, &SubscriptionId, Wish),
    version: u32,
    state: RollOutState,
    now: i64,
) -> Result<(), StoreError> {
    sqlx::query(
        "insert into roll_outs (export_id, automation_key, automation_id, subscription_id, wish, state, version, at)
         values ($1, $2, $3, $4, $5, $6, $7, $8)
         on conflict (export_id, automation_key) do update set automation_id = excluded.automation_id,
            wish = excluded.wish, state = excluded.state, message = '', version = excluded.version, at = excluded.at",
    )
    .bind(export.as_str())
    .bind(automation.key())
    .bind(automation.as_str())
    .bind(subscription.as_str())
    .bind(wish.as_str())
    .bind(state.as_str())
    .bind(version)
    .bind(now)
    .execute(&mut **tx)
    .await
    .doing("begin a roll-out")?;
    Ok(())
}

impl Store {
    /// What was asked for an export, by automation.
    pub async fn roll_out(&self, export: &ExportId) -> Result<Vec<RollOutEntry>, StoreError> {
        let rows = sqlx::query(
            "select automation_id, subscription_id, wish, state, message, version, at, made_at is not null from roll_outs where export_id = $1 order by automation_key",
        )
        .bind(export.as_str())
        .fetch_all(self.readers())
        .await
        .doing("read a roll-out")?;
        rows.into_iter()
            .map(|row| {
                Ok(RollOutEntry {
                    automation: ResourceId::new(&row.get::<String, _>(0)),
                    subscription: parse("subscription id", &row.get::<String, _>(1))?,
                    wish: parse("wish", &row.get::<String, _>(2))?,
                    state: parse("state", &row.get::<String, _>(3))?,
                    message: row.get(4),
                    version: row.get(5),
                    at: time::from_micros(row.get(6)),
                    made: row.get(7),
                })
            })
            .collect()
    }

    /// Writes what is asked of Azure, before it is asked; with the connection string that was typed, sealed, and the audit entry.
    /// False, and nothing is written, while a roll-out of the export is under way.
    pub async fn begin_roll_out(
        &self,
        export: &ExportId,
        of: &[(ResourceId, SubscriptionId, Wish)],
        version: u32,
        connection: Option<&SecretString>,
        audit: &AuditEntry<'_>,
    ) -> Result<bool, StoreError> {
        const DOING: &str = "begin a roll-out";
        let now = self.now().as_microsecond();
        let mut tx = self.write(DOING).await?;
        let is_under_way: bool =
            sqlx::query_scalar(UNDER_WAY).bind(export.as_str()).fetch_one(&mut *tx).await.doing(DOING)?;
        if is_under_way {
            return Ok(false);
        }
        for (automation, subscription, wish) in of {
            put(&mut tx, export, (automation, subscription, *wish), version, RollOutState::Waiting, now).await?;
        }
        sqlx::query("delete from roll_out_secrets where export_id = $1")
            .bind(export.as_str())
            .execute(&mut *tx)
            .await
            .doing(DOING)?;
        if let Some(connection) = connection {
            sqlx::query("insert into roll_out_secrets (export_id, sealed) values ($1, $2)")
                .bind(export.as_str())
                .bind(self.inner.sealer.seal(&secret_place(export), connection)?)
                .execute(&mut *tx)
                .await
                .doing(DOING)?;
        }
        record(&mut tx, audit, now).await?;
        tx.commit().await.doing(DOING)?;
        self.changed();
        Ok(true)
    }

    /// Writes that an automation is this export's as it stands in Azure, with the audit entry.
    pub async fn record_adoption(
        &self,
        export: &ExportId,
        automation: &ResourceId,
        subscription: &SubscriptionId,
        audit: &AuditEntry<'_>,
    ) -> Result<(), StoreError> {
        const DOING: &str = "take over an automation";
        let now = self.now().as_microsecond();
        let mut tx = self.write(DOING).await?;
        put(&mut tx, export, (automation, subscription, Wish::Apply), 1, RollOutState::Done, now).await?;
        sqlx::query("update roll_outs set made_at = $1, message = $2 where export_id = $3 and automation_key = $4")
            .bind(now)
            .bind("taken over as it stands")
            .bind(export.as_str())
            .bind(automation.key())
            .execute(&mut *tx)
            .await
            .doing(DOING)?;
        record(&mut tx, audit, now).await?;
        tx.commit().await.doing(DOING)?;
        self.changed();
        Ok(())
    }

    /// Whether something that was asked of Azure for an export is not settled yet.
    pub async fn is_rolling_out(&self, export: &ExportId) -> Result<bool, StoreError> {
        sqlx::query_scalar(UNDER_WAY).bind(export.as_str()).fetch_one(self.readers()).await.doing("read a roll-out")
    }

    /// What is to be asked of Azure, by turns of each export.
    pub async fn waiting_roll_outs(&self, limit: usize) -> Result<Vec<WaitingRollOut>, StoreError> {
        let rows = sqlx::query(
            "select export_id, automation_id, subscription_id, wish, version from roll_outs where state = 'waiting'
             order by row_number() over (partition by export_id order by automation_key), at, export_id limit $1",
        )
        .bind(i64::try_from(limit).unwrap_or(i64::MAX))
        .fetch_all(self.readers())
        .await
        .doing("read what waits of roll-outs")?;
        rows.into_iter()
            .map(|row| {
                Ok(WaitingRollOut {
                    export: parse("export id", &row.get::<String, _>("export_id"))?,
                    automation: ResourceId::new(&row.get::<String, _>("automation_id")),
                    subscription: parse("subscription id", &row.get::<String, _>("subscription_id"))?,
                    wish: parse("wish", &row.get::<String, _>("wish"))?,
                    version: row.get("version"),
                })
            })
            .collect()
    }

    /// The connection string that was typed for the roll-out that is under way.
    pub async fn roll_out_connection(&self, export: &ExportId) -> Result<Option<SecretString>, StoreError> {
        let sealed: Option<Vec<u8>> = sqlx::query_scalar("select sealed from roll_out_secrets where export_id = $1")
            .bind(export.as_str())
            .fetch_optional(self.readers())
            .await
            .doing("read the secret of a roll-out")?;
        sealed.map(|sealed| self.inner.sealer.open_sealed(&secret_place(export), &sealed)).transpose()
    }

    /// Writes what became of one automation. What Azure deleted is no longer this console's doing. With the last one the
    /// connection string is forgotten.
    pub async fn settle_roll_out(
        &self,
        export: &ExportId,
        automation: &ResourceId,
        state: RollOutState,
        message: &str,
    ) -> Result<(), StoreError> {
        const DOING: &str = "settle a roll-out";
        let now = self.now().as_microsecond();
        let mut tx = self.write(DOING).await?;
        sqlx::query(
            "update roll_outs set state = $1, message = $2, at = $3,
                made_at = case when $1 = 'done' and wish = 'apply' then $3 when $1 = 'done' and wish = 'remove' then null else made_at end
             where export_id = $4 and automation_key = $5",
        )
        .bind(state.as_str())
        .bind(message)
        .bind(now)
        .bind(export.as_str())
        .bind(automation.key())
        .execute(&mut *tx)
        .await
        .doing(DOING)?;
        sqlx::query(
            "delete from roll_out_secrets where export_id = $1
             and not exists (select 1 from roll_outs r where r.export_id = $1 and r.state = 'waiting')",
        )
        .bind(export.as_str())
        .execute(&mut *tx)
        .await
        .doing(DOING)?;
        tx.commit().await.doing(DOING)?;
        self.changed();
        Ok(())
    }

    /// Keeps an automation as Azure answered it just now, or forgets it with `None`.
    pub async fn record_automation(
        &self,
        id: &ResourceId,
        subscription: &SubscriptionId,
        body: Option<&str>,
    ) -> Result<(), StoreError> {
        const DOING: &str = "record one of Azure's own exports";
        let done = match body {
            None => {
                sqlx::query("delete from azure_automations where id = $1").bind(id.key()).execute(self.writer()).await
            }
            Some(body) => sqlx::query(
                "insert or replace into azure_automations (id, subscription_id, body, read_at) values ($1, $2, $3, $4)",
            )
            .bind(id.key())
            .bind(subscription.as_str())
            .bind(body)
            .bind(self.now().as_microsecond())
            .execute(self.writer())
            .await,
        };
        done.doing(DOING)?;
        self.changed();
        Ok(())
    }

    /// Whether a switch is on; none while nobody has touched it.
    pub async fn switch(&self, name: &str) -> Result<Option<bool>, StoreError> {
        let value: Option<String> = sqlx::query_scalar("select value from switches where name = $1")
            .bind(name)
            .fetch_optional(self.readers())
            .await
            .doing("read a switch")?;
        Ok(value.map(|value| value == "on"))
    }

    /// Turns a switch.
    pub async fn turn(&self, name: &str, on: bool, audit: &AuditEntry<'_>) -> Result<(), StoreError> {
        const DOING: &str = "turn a switch";
        let now = self.now().as_microsecond();
        let mut tx = self.write(DOING).await?;
        sqlx::query("insert into switches (name, value) values ($1, $2) on conflict (name) do update set value = excluded.value")
            .bind(name)
            .bind(if on { "on" } else { "off" })
            .execute(&mut *tx)
            .await
            .doing(DOING)?;
        record(&mut tx, audit, now).await?;
        tx.commit().await.doing(DOING)?;
        self.changed();
        Ok(())
    }
}
