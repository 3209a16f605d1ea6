//! Exports and their versions.

use super::{AuditEntry, Store, StoreError, audit::record, error::Doing, ledger::DecidingExport, watch::parse};
use domain::{Export, ExportBody, ExportId, TargetId, time};
use jiff::Timestamp;
use sqlx::{FromRow, Row, Sqlite, Transaction, sqlite::SqliteRow};
use std::collections::HashMap;

/// What became of saving.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SaveOutcome {
    /// It is saved as this version.
    Saved(u32),
    /// Somebody saved another version first: this one.
    Stale(u32),
    /// Another export has this name.
    NameTaken,
    /// Its target is not there (any more).
    NoTarget,
}

const SELECT: &str = "select e.id, e.version, e.paused_at is not null, v.body from exports e
    join export_versions v on v.export_id = e.id and v.version = e.version where e.deleted_at is null";

fn export(row: &SqliteRow) -> Result<Export, StoreError> {
    Ok(Export {
        id: parse("export id", &row.get::<String, _>(0))?,
        version: row.get(1),
        paused: row.get(2),
        body: read_body(&row.get::<String, _>(3))?,
    })
}

/// An export as it was saved. An earlier release took any text for the names of what Azure needs: where one of them is none,
/// the export stands without that part, can be edited and deleted, and is not rolled out.
fn read_body(text: &str) -> Result<ExportBody, StoreError> {
    let corrupt = |error: serde_json::Error| StoreError::corrupt("export", error);
    let error = match serde_json::from_str(text) {
        Ok(body) => return Ok(body),
        Err(error) => error,
    };
    let mut value: serde_json::Value = serde_json::from_str(text).map_err(corrupt)?;
    match value.as_object_mut().and_then(|map| map.remove("azure")) {
        Some(_) => {
            let body: ExportBody = serde_json::from_value(value).map_err(corrupt)?;
            tracing::warn!("where Azure sends the export {} cannot be read ({error}): enter it again", body.name);
            Ok(body)
        }
        None => Err(corrupt(error)),
    }
}

/// All exports that exist and that the console delivers, with every version of each.
pub(super) async fn read_exports(tx: &mut Transaction<'_, Sqlite>) -> Result<Vec<DecidingExport>, StoreError> {
    let rows = sqlx::query(
        "select e.id, e.version, v.saved_at, v.body from exports e join export_versions v on v.export_id = e.id
         where e.deleted_at is null order by e.id, v.version",
    )
    .fetch_all(&mut **tx)
    .await
    .doing("read the exports")?;
    let mut exports: Vec<DecidingExport> = Vec::new();
    for row in rows {
        let id: ExportId = parse("export id", &row.get::<String, _>(0))?;
        let saved = time::from_micros(row.get(2));
        let body = read_body(&row.get::<String, _>(3))?;
        match exports.last_mut().filter(|export| export.id == id) {
            Some(export) => {
                export.body = body.clone();
                export.history.push((saved, body));
            }
            None => exports.push(DecidingExport {
                id,
                version: row.get(1),
                body: body.clone(),
                history: vec![(saved, body)],
            }),
        }
    }
    // What Azure delivers is decided there: only versions that the console delivered, or delivers, count.
    exports.retain(|export| export.body.is_ours());
    for export in &mut exports {
        export.history.retain(|(_, body)| body.is_ours());
    }
    Ok(exports)
}

#[derive(FromRow)]
struct Saved {
    export_id: String,
    saved_at: i64,
    saved_by: String,
}

impl Store {
    /// Every export that exists, by name.
    pub async fn list_exports(&self) -> Result<Vec<Export>, StoreError> {
        let sql = sqlx::AssertSqlSafe(format!("{SELECT} order by e.name, e.id"));
        let rows = sqlx::query(sql).fetch_all(self.readers()).await.doing("list the exports")?;
        rows.iter().map(export).collect()
    }

    /// One export.
    pub async fn find_export(&self, id: &ExportId) -> Result<Option<Export>, StoreError> {
        let sql = sqlx::AssertSqlSafe(format!("{SELECT} and e.id = $1"));
        let row = sqlx::query(sql).bind(id.as_str()).fetch_optional(self.readers()).await.doing("read an export")?;
        row.as_ref().map(export).transpose()
    }

    /// When the current version of each export was saved, and by whom.
    pub async fn saved(&self) -> Result<HashMap<ExportId, (Timestamp, String)>, StoreError> {
        let rows: Vec<Saved> = sqlx::query_as(
            "select v.export_id, v.saved_at, v.saved_by from export_versions v
             join exports e on e.id = v.export_id and e.version = v.version",
        )
        .fetch_all(self.readers())
        .await
        .doing("read when exports were saved")?;
        rows.into_iter()
            .map(|row| Ok((parse("export id", &row.export_id)?, (time::from_micros(row.saved_at), row.saved_by))))
            .collect()
    }

    /// The saved versions of an export, newest first: number, time, by whom, body.
    pub async fn export_versions(
        &self,
        id: &ExportId,
    ) -> Result<Vec<(u32, Timestamp, String, ExportBody)>, StoreError> {
        let rows = sqlx::query(
            "select version, saved_at, saved_by, body from export_versions where export_id = $1 order by version desc",
        )
        .bind(id.as_str())
        .fetch_all(self.readers())
        .await
        .doing("read an export's versions")?;
        rows.into_iter()
            .map(|row| {
                let body = read_body(&row.get::<String, _>(3))?;
                Ok((row.get(0), time::from_micros(row.get(1)), row.get(2), body))
            })
            .collect()
    }

    /// Saves a first version (`expected` is `None`) or the version after `expected`.
    pub async fn save_export(
        &self,
        id: &ExportId,
        body: &ExportBody,
        expected: Option<u32>,
        audit: &AuditEntry<'_>,
    ) -> Result<SaveOutcome, StoreError> {
        const DOING: &str = "save an export";
        let now = self.now().as_microsecond();
        let mut tx = self.write(DOING).await?;
        let taken: Option<String> = sqlx::query_scalar(
            "select id from exports where lower(name) = lower($1) and id <> $2 and deleted_at is null",
        )
        .bind(&body.name)
        .bind(id.as_str())
        .fetch_optional(&mut *tx)
        .await
        .doing(DOING)?;
        if taken.is_some() {
            return Ok(SaveOutcome::NameTaken);
        }
        let target: Option<String> = sqlx::query_scalar("select id from targets where id = $1 and deleted_at is null")
            .bind(body.target.as_str())
            .fetch_optional(&mut *tx)
            .await
            .doing(DOING)?;
        if target.is_none() && body.is_ours() {
            return Ok(SaveOutcome::NoTarget);
        }
        let found: Option<u32> = sqlx::query_scalar("select version from exports where id = $1 and deleted_at is null")
            .bind(id.as_str())
            .fetch_optional(&mut *tx)
            .await
            .doing(DOING)?;
        let version = match (found, expected) {
            (None, None) => 1,
            (Some(found), Some(expected)) if found == expected => found + 1,
            (Some(found), _) => return Ok(SaveOutcome::Stale(found)),
            (None, Some(_)) => return Err(StoreError::Absent { what: "export", id: id.to_string() }),
        };
        sqlx::query(
            "insert into exports (id, tenant_id, name, version, target_id, created_at) values ($1, $2, $3, $4, $5, $6)
             on conflict (id) do update set name = excluded.name, version = excluded.version, target_id = excluded.target_id",
        )
        .bind(id.as_str())
        .bind(audit.tenant.as_str())
        .bind(&body.name)
        .bind(version)
        .bind(body.target.as_str())
        .bind(now)
        .execute(&mut *tx)
        .await
        .doing(DOING)?;
        sqlx::query(
            "insert into export_versions (export_id, version, body, saved_at, saved_by) values ($1, $2, $3, $4, $5)",
        )
        .bind(id.as_str())
        .bind(version)
        .bind(serde_json::to_string(body).map_err(|error| StoreError::corrupt("export", error))?)
        .bind(now)
        .bind(audit.actor)
        .execute(&mut *tx)
        .await
        .doing(DOING)?;
        let detail = format!("{} version {version}", audit.detail);
        record(&mut tx, &AuditEntry { detail, ..*audit }, now).await?;
        tx.commit().await.doing(DOING)?;
        self.changed();
        Ok(SaveOutcome::Saved(version))
    }

    /// Holds back, or lets go again, what waits for an export.
    pub async fn pause_export(&self, id: &ExportId, paused: bool, audit: &AuditEntry<'_>) -> Result<(), StoreError> {
        const DOING: &str = "pause or resume an export";
        let sql = if paused {
            "update exports set paused_at = coalesce(paused_at, $1) where id = $2 and deleted_at is null"
        } else {
            "update exports set resumed_at = case when paused_at is null then resumed_at else $1 end, paused_at = null where id = $2 and deleted_at is null"
        };
        let now = self.now().as_microsecond();
        let mut tx = self.write(DOING).await?;
        sqlx::query(sql).bind(now).bind(id.as_str()).execute(&mut *tx).await.doing(DOING)?;
        record(&mut tx, audit, now).await?;
        tx.commit().await.doing(DOING)?;
        self.changed();
        Ok(())
    }

    /// How many events wait for an export.
    pub async fn pending_of(&self, id: &ExportId) -> Result<i64, StoreError> {
        sqlx::query_scalar("select count(*) from outcomes where export_id = $1 and state = 'pending'")
            .bind(id.as_str())
            .fetch_one(self.readers())
            .await
            .doing("count what waits for an export")
    }

    /// Deletes an export softly: its log and counters stay, what waits is cancelled. A row that is being sent at this
    /// moment is only marked; its settlement decides. Answers how many rows were cancelled or marked.
    pub async fn delete_export(&self, id: &ExportId, audit: &AuditEntry<'_>) -> Result<u64, StoreError> {
        const DOING: &str = "delete an export";
        let now = self.now().as_microsecond();
        let mut tx = self.write(DOING).await?;
        sqlx::query("update exports set deleted_at = $1 where id = $2 and deleted_at is null")
            .bind(now)
            .bind(id.as_str())
            .execute(&mut *tx)
            .await
            .doing(DOING)?;
        let cancelled =
            super::settle::cancel_waiting(&mut tx, "export_id", id.as_str(), now, "the export was deleted").await?;
        let detail = format!("{}, {cancelled} waiting events cancelled", audit.detail);
        record(&mut tx, &AuditEntry { detail, ..*audit }, now).await?;
        tx.commit().await.doing(DOING)?;
        self.changed();
        Ok(cancelled)
    }

    /// The exports that send to a target, by name.
    pub async fn exports_of_target(&self, target: &TargetId) -> Result<Vec<(ExportId, String)>, StoreError> {
        let rows: Vec<(String, String)> =
            sqlx::query_as("select id, name from exports where target_id = $1 and deleted_at is null order by name")
                .bind(target.as_str())
                .fetch_all(self.readers())
                .await
                .doing("list a target's exports")?;
        rows.into_iter().map(|(id, name)| Ok((parse("export id", &id)?, name))).collect()
    }
}
