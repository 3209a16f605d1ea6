//! Who changed what.

use super::{
    Store, StoreError,
    deliveries::{keyset, page},
    error::Doing,
};
use domain::{Cursor, Page, TenantId, time, view::AuditRow};
use sqlx::{QueryBuilder, Row, Sqlite, Transaction};

/// One change by a person.
#[derive(Debug, Clone)]
pub struct AuditEntry<'a> {
    /// In which tenant.
    pub tenant: &'a TenantId,
    /// Who.
    pub actor: &'a str,
    /// What was done, such as `export.save`.
    pub action: &'static str,
    /// To what sort of thing.
    pub subject: &'static str,
    /// Its id.
    pub subject_id: &'a str,
    /// The particulars, in words.
    pub detail: String,
}

impl Store {
    /// Writes an audit entry of something that leaves nothing else in the store.
    pub async fn audit(&self, entry: &AuditEntry<'_>) -> Result<(), StoreError> {
        let mut tx = self.write("write an audit entry").await?;
        record(&mut tx, entry, self.now().as_microsecond()).await?;
        tx.commit().await.doing("write an audit entry")
    }

    /// Writes an audit entry, unless the same stands there since less than a minute: what anybody can repeat fills no log.
    pub async fn audit_once(&self, entry: &AuditEntry<'_>) -> Result<(), StoreError> {
        let mut tx = self.write("write an audit entry").await?;
        record_once(&mut tx, entry, self.now().as_microsecond()).await?;
        tx.commit().await.doing("write an audit entry")
    }

    /// A page of the audit log, newest first.
    pub async fn list_audit(&self, cursor: Option<Cursor>, limit: usize) -> Result<Page<AuditRow>, StoreError> {
        let mut query = QueryBuilder::<Sqlite>::new(
            "select seq, at, actor, action, subject, subject_id, detail from audit where 1 = 1",
        );
        keyset(&mut query, "seq", cursor, limit);
        let rows = query.build().fetch_all(self.readers()).await.doing("read the audit log")?;
        let rows = rows
            .iter()
            .map(|row| AuditRow {
                seq: row.get(0),
                at: time::from_micros(row.get(1)),
                actor: row.get(2),
                action: row.get(3),
                subject: row.get(4),
                subject_id: row.get(5),
                detail: row.get(6),
            })
            .collect();
        Ok(page(rows, cursor, limit, |row| row.seq))
    }
}

/// Writes an audit entry in the transaction of the change it tells of: neither is ever there without the other.
pub(super) async fn record(
    tx: &mut Transaction<'_, Sqlite>,
    entry: &AuditEntry<'_>,
    now: i64,
) -> Result<(), StoreError> {
    sqlx::query("insert into audit (at, tenant_id, actor, action, subject, subject_id, detail) values ($1, $2, $3, $4, $5, $6, $7)")
        .bind(now)
        .bind(entry.tenant.as_str())
        .bind(entry.actor)
        .bind(entry.action)
        .bind(entry.subject)
        .bind(entry.subject_id)
        .bind(&entry.detail)
        .execute(&mut **tx)
        .await
        .doing("write an audit entry")?;
    Ok(())
}

/// The same, unless an entry with the same words was written less than a minute ago. What stands behind a comma anybody can
/// say, and does not count.
pub(super) async fn record_once(
    tx: &mut Transaction<'_, Sqlite>,
    entry: &AuditEntry<'_>,
    now: i64,
) -> Result<(), StoreError> {
    // Only the newest are looked at: where more than these came in a minute, one line more does no harm.
    let known: Option<i64> = sqlx::query_scalar(
        "select seq from (select * from audit order by seq desc limit 500)
         where at > $1 and action = $2 and subject_id = $3 and substr(detail || ',', 1, instr(detail || ',', ',') - 1) = $4
         limit 1",
    )
    .bind(now - 60_000_000)
    .bind(entry.action)
    .bind(entry.subject_id)
    .bind(entry.detail.split(',').next().unwrap_or_default())
    .fetch_optional(&mut **tx)
    .await
    .doing("look for an audit entry")?;
    match known {
        Some(_) => Ok(()),
        None => record(tx, entry, now).await,
    }
}
