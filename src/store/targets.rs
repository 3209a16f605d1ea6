//! Targets: configuration, sealed secrets, and the condition that keeps one from taking events.

use super::{AuditEntry, Store, StoreError, audit::record, error::Doing, watch::parse};
use domain::{Condition, TargetConfig, TargetId, TargetKind, TenantId, time};
use jiff::Timestamp;
use secrecy::SecretString;
use sqlx::{Row, sqlite::SqliteRow};

/// How an event hub is addressed; learnt, because published pages show batches only for the whole hub.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Addressing {
    /// Not tried yet.
    Unknown,
    /// Batches go to one partition each: order per item is kept.
    Partitions,
    /// Batches go to the whole hub: order is not promised.
    Whole,
}

impl Addressing {
    /// The stored word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Unknown => "unknown",
            Self::Partitions => "partitions",
            Self::Whole => "whole",
        }
    }

    fn parse(text: &str) -> Result<Self, StoreError> {
        [Self::Unknown, Self::Partitions, Self::Whole]
            .into_iter()
            .find(|one| one.as_str() == text)
            .ok_or_else(|| StoreError::corrupt("addressing", text))
    }
}

/// A change of a target's secret.
#[derive(Debug, Clone)]
pub enum TargetSecret {
    /// Leave what is there.
    Keep,
    /// Put this in its place.
    Set(SecretString),
    /// Take it away.
    Clear,
}

/// A target as the engine works with it.
#[derive(Debug, Clone)]
pub struct DeliveryTarget {
    /// Its id.
    pub id: TargetId,
    /// Its name.
    pub name: String,
    /// The tenant whose identity signs in to it.
    pub tenant: TenantId,
    /// Counts its saved versions.
    pub version: i64,
    /// Where it is.
    pub config: TargetConfig,
    /// The sealed secret, still sealed.
    sealed: Option<Vec<u8>>,
    /// When the secret was set.
    pub secret_set_at: Option<Timestamp>,
    /// Since when a person holds it back.
    pub paused_at: Option<Timestamp>,
    /// What keeps it from taking events.
    pub condition: Condition,
    /// Since when.
    pub condition_since: Option<Timestamp>,
    /// The HTTP status that showed it.
    pub condition_status: Option<u16>,
    /// What the target said, in a sentence.
    pub condition_detail: Option<String>,
    /// Faults in a row.
    pub faults: u32,
    /// Not before this.
    pub next_attempt_at: Option<Timestamp>,
    /// The last acceptance.
    pub last_success_at: Option<Timestamp>,
    /// Partitions of an event hub, where they could be read.
    pub partitions: Option<u32>,
    /// How it is addressed.
    pub addressing: Addressing,
    /// The largest request it takes, in bytes.
    pub max_bytes: usize,
    /// How many lanes its events are spread over.
    pub lanes: i64,
}

impl DeliveryTarget {
    /// How it stands for people: a pause of theirs comes before what the target said last.
    pub const fn standing(&self) -> Condition {
        if self.paused_at.is_some() { Condition::Paused } else { self.condition }
    }

    /// A target that is not saved, to be tried. Of a hub nothing is known yet: it is addressed as a whole.
    pub fn unsaved(name: &str, config: &TargetConfig, tenant: &TenantId) -> Self {
        const NOBODY: &str = "00000000-0000-0000-0000-000000000000";
        Self {
            id: TargetId::parse(NOBODY).unwrap_or_else(|_| unreachable!("{NOBODY} has the shape of an id")),
            name: name.to_owned(),
            tenant: tenant.clone(),
            version: 0,
            config: config.clone(),
            sealed: None,
            secret_set_at: None,
            paused_at: None,
            condition: Condition::Ok,
            condition_since: None,
            condition_status: None,
            condition_detail: None,
            faults: 0,
            next_attempt_at: None,
            last_success_at: None,
            partitions: None,
            addressing: Addressing::Unknown,
            max_bytes: 256_000,
            lanes: 1,
        }
    }
}

const SELECT: &str = "select id, name, version, config, secret, secret_set_at, paused_at, condition, condition_since,
    condition_status, condition_detail, faults, next_attempt_at, last_success_at, partitions, addressing, max_bytes, lanes,
    tenant_id from targets where deleted_at is null";

fn target(row: &SqliteRow) -> Result<DeliveryTarget, StoreError> {
    let at = |index: usize| row.get::<Option<i64>, _>(index).map(time::from_micros);
    let id: TargetId = parse("target id", &row.get::<String, _>(0))?;
    Ok(DeliveryTarget {
        id,
        name: row.get(1),
        version: row.get(2),
        config: serde_json::from_str(&row.get::<String, _>(3)).map_err(|error| StoreError::corrupt("target", error))?,
        sealed: row.get(4),
        secret_set_at: at(5),
        paused_at: at(6),
        condition: parse("condition", &row.get::<String, _>(7))?,
        condition_since: at(8),
        condition_status: row.get::<Option<i64>, _>(9).and_then(|status| u16::try_from(status).ok()),
        condition_detail: row.get(10),
        faults: row.get(11),
        next_attempt_at: at(12),
        last_success_at: at(13),
        partitions: row.get(14),
        addressing: Addressing::parse(&row.get::<String, _>(15))?,
        max_bytes: usize::try_from(row.get::<i64, _>(16)).unwrap_or_default(),
        lanes: row.get(17),
        tenant: parse("tenant id", &row.get::<String, _>(18))?,
    })
}

/// Streams of a workspace are spread over this many lanes each.
pub(super) const LANES_A_STREAM: i64 = 4;
/// Streams a workspace target writes: one for each kind of data.
const STREAMS: i64 = 7;

impl Store {
    /// Every target that exists, by name.
    pub async fn list_targets(&self) -> Result<Vec<DeliveryTarget>, StoreError> {
        let sql = sqlx::AssertSqlSafe(format!("{SELECT} order by name, id"));
        let rows = sqlx::query(sql).fetch_all(self.readers()).await.doing("list the targets")?;
        rows.iter().map(target).collect()
    }

    /// One target.
    pub async fn find_target(&self, id: &TargetId) -> Result<Option<DeliveryTarget>, StoreError> {
        let sql = sqlx::AssertSqlSafe(format!("{SELECT} and id = $1"));
        let row = sqlx::query(sql).bind(id.as_str()).fetch_optional(self.readers()).await.doing("read a target")?;
        row.as_ref().map(target).transpose()
    }

    /// Opens a target's secret.
    pub fn secret_of(&self, target: &DeliveryTarget) -> Result<Option<SecretString>, StoreError> {
        let place = secret_place(&target.id);
        target.sealed.as_deref().map(|sealed| self.inner.sealer.open_sealed(&place, sealed)).transpose()
    }

    /// Saves a target in the tenant of its audit entry: a new one (`expected` is `None`) or the version after `expected`;
    /// answers false when that is stale. Saving a target has it probed at once.
    pub async fn save_target(
        &self,
        id: &TargetId,
        name: &str,
        config: &TargetConfig,
        secret: &TargetSecret,
        expected: Option<i64>,
        audit: &AuditEntry<'_>,
    ) -> Result<bool, StoreError> {
        const DOING: &str = "save a target";
        let now = self.now().as_microsecond();
        let text = serde_json::to_string(config).map_err(|error| StoreError::corrupt("target", error))?;
        let lanes = if config.kind() == TargetKind::Workspace { STREAMS * LANES_A_STREAM } else { 1 };
        let max_bytes = if config.kind() == TargetKind::Workspace { 1_000_000_i64 } else { 256_000 };
        let mut tx = self.write(DOING).await?;
        if let Some(expected) = expected {
            let done = sqlx::query(
                "update targets set name = $1, config = $2, tenant_id = $5, version = version + 1, next_attempt_at = null,
                    addressing = case when config = $2 then addressing else 'unknown' end
                 where id = $3 and version = $4 and deleted_at is null",
            )
            .bind(name)
            .bind(&text)
            .bind(id.as_str())
            .bind(expected)
            .bind(audit.tenant.as_str())
            .execute(&mut *tx)
            .await
            .doing(DOING)?;
            if done.rows_affected() == 0 {
                return Ok(false);
            }
        } else {
            sqlx::query(
                "insert into targets (id, tenant_id, name, version, kind, config, max_bytes, lanes, created_at)
                 values ($1, $2, $3, 1, $4, $5, $6, $7, $8)",
            )
            .bind(id.as_str())
            .bind(audit.tenant.as_str())
            .bind(name)
            .bind(config.kind().as_str())
            .bind(&text)
            .bind(max_bytes)
            .bind(lanes)
            .bind(now)
            .execute(&mut *tx)
            .await
            .doing(DOING)?;
        }
        let sealed = match secret {
            TargetSecret::Keep => None,
            TargetSecret::Clear => Some(None),
            TargetSecret::Set(secret) => Some(Some(self.inner.sealer.seal(&secret_place(id), secret)?)),
        };
        if let Some(sealed) = sealed {
            let at = sealed.is_some().then_some(now);
            sqlx::query("update targets set secret = $1, secret_set_at = $2 where id = $3")
                .bind(sealed)
                .bind(at)
                .bind(id.as_str())
                .execute(&mut *tx)
                .await
                .doing(DOING)?;
        }
        record(&mut tx, audit, now).await?;
        tx.commit().await.doing(DOING)?;
        self.changed();
        Ok(true)
    }

    /// Holds a target back, or lets it go again.
    pub async fn pause_target(&self, id: &TargetId, paused: bool, audit: &AuditEntry<'_>) -> Result<(), StoreError> {
        const DOING: &str = "pause or resume a target";
        let sql = if paused {
            "update targets set paused_at = coalesce(paused_at, $1) where id = $2 and deleted_at is null"
        } else {
            "update targets set resumed_at = case when paused_at is null then resumed_at else $1 end, paused_at = null,
                next_attempt_at = null where id = $2 and deleted_at is null"
        };
        let now = self.now().as_microsecond();
        let mut tx = self.write(DOING).await?;
        sqlx::query(sql).bind(now).bind(id.as_str()).execute(&mut *tx).await.doing(DOING)?;
        record(&mut tx, audit, now).await?;
        tx.commit().await.doing(DOING)?;
        self.changed();
        Ok(())
    }

    /// Has the target attempted at once, whatever its backoff says.
    pub async fn attempt_now(&self, id: &TargetId, audit: &AuditEntry<'_>) -> Result<(), StoreError> {
        const DOING: &str = "ask for an attempt";
        let mut tx = self.write(DOING).await?;
        sqlx::query("update targets set next_attempt_at = null where id = $1")
            .bind(id.as_str())
            .execute(&mut *tx)
            .await
            .doing(DOING)?;
        record(&mut tx, audit, self.now().as_microsecond()).await?;
        tx.commit().await.doing(DOING)?;
        self.changed();
        Ok(())
    }

    /// Names what a connection test found, or clears the condition with [`Condition::Ok`].
    pub async fn set_condition(
        &self,
        id: &TargetId,
        condition: Condition,
        status: Option<u16>,
        detail: Option<&str>,
    ) -> Result<(), StoreError> {
        sqlx::query(
            "update targets set condition_since = case when condition = $1 then condition_since when $1 = 'ok' then null else $2 end,
                condition = $1, condition_status = $3, condition_detail = $4, faults = 0, next_attempt_at = null where id = $5",
        )
        .bind(condition.as_str())
        .bind(self.now().as_microsecond())
        .bind(status.map(i64::from))
        .bind(detail)
        .bind(id.as_str())
        .execute(self.writer())
        .await
        .doing("record a target's condition")?;
        self.changed();
        Ok(())
    }

    /// Writes what was learnt about an event hub and renumbers what waits for it. The caller makes sure that no attempt
    /// of this target is under way.
    pub async fn lay_out(
        &self,
        id: &TargetId,
        version: i64,
        addressing: Addressing,
        partitions: Option<u32>,
        max_bytes: Option<usize>,
    ) -> Result<(), StoreError> {
        const DOING: &str = "lay out a target's lanes";
        let lanes = match (addressing, partitions) {
            (Addressing::Whole, _) | (_, None) => 1,
            (_, Some(count)) => i64::from(count.max(1)),
        };
        sqlx::query(
            "update targets set addressing = $1, partitions = $2, max_bytes = coalesce($3, max_bytes), lanes = $4
             where id = $5 and version = $6",
        )
        .bind(addressing.as_str())
        .bind(partitions)
        .bind(max_bytes.and_then(|bytes| i64::try_from(bytes).ok()))
        .bind(lanes)
        .bind(id.as_str())
        .bind(version)
        .execute(self.writer())
        .await
        .doing(DOING)?;
        self.renumber(id).await?;
        self.changed();
        Ok(())
    }

    /// Gives pending rows of an event hub the lanes it has now, in chunks, so that the writer is never held for long. Also
    /// mends what a crash in the middle of it has left.
    pub async fn renumber(&self, id: &TargetId) -> Result<(), StoreError> {
        let mut after = 0;
        loop {
            let done: Option<i64> = sqlx::query_scalar(
                "select max(seq) from (select seq from outcomes where target_id = $1 and state = 'pending' and seq > $2
                   and lane <> item_hash % (select max(lanes, 1) from targets where id = $1) order by seq limit 5000)",
            )
            .bind(id.as_str())
            .bind(after)
            .fetch_one(self.readers())
            .await
            .doing("find rows in lanes of before")?;
            let Some(last) = done else { return Ok(()) };
            sqlx::query(
                "update outcomes set lane = item_hash % (select max(lanes, 1) from targets where id = $1)
                 where target_id = $1 and state = 'pending' and seq > $2 and seq <= $3",
            )
            .bind(id.as_str())
            .bind(after)
            .bind(last)
            .execute(self.writer())
            .await
            .doing("renumber what waits for a target")?;
            after = last;
        }
    }

    /// Deletes a target softly; `None` when an export points to it. What waits is cancelled, what is being sent is marked.
    pub async fn delete_target(&self, id: &TargetId, audit: &AuditEntry<'_>) -> Result<Option<u64>, StoreError> {
        const DOING: &str = "delete a target";
        let now = self.now().as_microsecond();
        let mut tx = self.write(DOING).await?;
        let exports: i64 =
            sqlx::query_scalar("select count(*) from exports where target_id = $1 and deleted_at is null")
                .bind(id.as_str())
                .fetch_one(&mut *tx)
                .await
                .doing(DOING)?;
        if exports > 0 {
            return Ok(None);
        }
        sqlx::query("update targets set deleted_at = $1, secret = null, secret_set_at = null where id = $2")
            .bind(now)
            .bind(id.as_str())
            .execute(&mut *tx)
            .await
            .doing(DOING)?;
        let cancelled =
            super::settle::cancel_waiting(&mut tx, "target_id", id.as_str(), now, "the target was deleted").await?;
        let detail = format!("{}, {cancelled} waiting events cancelled", audit.detail);
        record(&mut tx, &AuditEntry { detail, ..*audit }, now).await?;
        tx.commit().await.doing(DOING)?;
        self.changed();
        Ok(Some(cancelled))
    }
}

fn secret_place(id: &TargetId) -> String {
    format!("targets/{id}/secret")
}
