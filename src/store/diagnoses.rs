//! Diagnoses as they were made.

use super::{AuditEntry, Store, StoreError, Visible, audit::record, error::Doing};
use domain::diagnosis::{Diagnosis, DiagnosisId};
use sqlx::{QueryBuilder, Row, Sqlite, sqlite::SqliteRow};

/// Diagnoses that are kept.
const MOST_KEPT: i64 = 1000;

fn diagnosis(row: &SqliteRow) -> Result<Diagnosis, StoreError> {
    serde_json::from_str(&row.get::<String, _>(0)).map_err(|error| StoreError::corrupt("diagnosis", error))
}

/// What names no subscription is everybody's who may see everything.
fn visible_ones(visible: &Visible) -> QueryBuilder<Sqlite> {
    let mut query = QueryBuilder::<Sqlite>::new("select d.body from diagnoses d where 1 = 1");
    visible.restrict(&mut query, "d.subscription_id");
    query
}

impl Store {
    /// Keeps a diagnosis.
    pub async fn keep_diagnosis(&self, one: &Diagnosis, audit: &AuditEntry<'_>) -> Result<(), StoreError> {
        const DOING: &str = "keep a diagnosis";
        let mut tx = self.write(DOING).await?;
        sqlx::query("insert into diagnoses (id, subscription_id, made_at, body) values ($1, $2, $3, $4)")
            .bind(one.id.as_str())
            .bind(one.subscription.as_ref().map(domain::SubscriptionId::as_str))
            .bind(one.made_at.as_microsecond())
            .bind(serde_json::to_string(one).map_err(|error| StoreError::corrupt("diagnosis", error))?)
            .execute(&mut *tx)
            .await
            .doing(DOING)?;
        // The newest are kept: what is to last is shared.
        sqlx::query("delete from diagnoses where id not in (select id from diagnoses order by made_at desc limit $1)")
            .bind(MOST_KEPT)
            .execute(&mut *tx)
            .await
            .doing(DOING)?;
        record(&mut tx, audit, self.now().as_microsecond()).await?;
        tx.commit().await.doing(DOING)
    }

    /// Writes more of a diagnosis, as it becomes known; answers whether it is still kept.
    pub async fn update_diagnosis(&self, one: &Diagnosis) -> Result<bool, StoreError> {
        let body = serde_json::to_string(one).map_err(|error| StoreError::corrupt("diagnosis", error))?;
        let done = sqlx::query("update diagnoses set body = $1 where id = $2")
            .bind(body)
            .bind(one.id.as_str())
            .execute(self.writer())
            .await
            .doing("keep more of a diagnosis")?;
        self.changed();
        Ok(done.rows_affected() > 0)
    }

    /// One diagnosis.
    pub async fn find_diagnosis(&self, visible: &Visible, id: &DiagnosisId) -> Result<Option<Diagnosis>, StoreError> {
        let mut query = visible_ones(visible);
        query.push(" and d.id = ").push_bind(id.as_str().to_owned());
        let row = query.build().fetch_optional(self.readers()).await.doing("read a diagnosis")?;
        row.as_ref().map(diagnosis).transpose()
    }

    /// The newest ones.
    pub async fn list_diagnoses(&self, visible: &Visible, limit: i64) -> Result<Vec<Diagnosis>, StoreError> {
        let mut query = visible_ones(visible);
        query.push(" order by d.made_at desc limit ").push_bind(limit);
        let rows = query.build().fetch_all(self.readers()).await.doing("list diagnoses")?;
        rows.iter().map(diagnosis).collect()
    }
}
