//! The last run of the health checks, and what changed between runs.

use super::{Store, StoreError, error::Doing};
use domain::health::{HealthChange, HealthRun};
use sqlx::Row;

/// Changes that are kept.
const MOST_KEPT: i64 = 1000;

impl Store {
    /// Keeps a run, and what changed since the last one.
    pub async fn keep_health(&self, run: &HealthRun, changes: &[HealthChange]) -> Result<(), StoreError> {
        const DOING: &str = "keep what the health checks found";
        let json = |error| StoreError::corrupt("health", error);
        let mut tx = self.write(DOING).await?;
        sqlx::query("insert into health_run (only_one, body) values (1, $1) on conflict (only_one) do update set body = excluded.body")
            .bind(serde_json::to_string(run).map_err(json)?)
            .execute(&mut *tx)
            .await
            .doing(DOING)?;
        for change in changes {
            sqlx::query("insert into health_changes (at, body) values ($1, $2)")
                .bind(change.at.as_microsecond())
                .bind(serde_json::to_string(change).map_err(json)?)
                .execute(&mut *tx)
                .await
                .doing(DOING)?;
        }
        sqlx::query("delete from health_changes where seq <= (select max(seq) from health_changes) - $1")
            .bind(MOST_KEPT)
            .execute(&mut *tx)
            .await
            .doing(DOING)?;
        tx.commit().await.doing(DOING)?;
        self.changed();
        Ok(())
    }

    /// The last run; none before the first.
    pub async fn last_health(&self) -> Result<Option<HealthRun>, StoreError> {
        let body: Option<String> = sqlx::query_scalar("select body from health_run")
            .fetch_optional(self.readers())
            .await
            .doing("read the last health checks")?;
        body.map(|text| serde_json::from_str(&text).map_err(|error| StoreError::corrupt("health", error))).transpose()
    }

    /// What changed, the newest first.
    pub async fn health_changes(&self, limit: i64) -> Result<Vec<HealthChange>, StoreError> {
        let rows = sqlx::query("select body from health_changes order by seq desc limit $1")
            .bind(limit)
            .fetch_all(self.readers())
            .await
            .doing("list changes of health")?;
        let parse = |row: &sqlx::sqlite::SqliteRow| {
            serde_json::from_str(&row.get::<String, _>(0)).map_err(|error| StoreError::corrupt("health", error))
        };
        rows.iter().map(parse).collect()
    }
}
