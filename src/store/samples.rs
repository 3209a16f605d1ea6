//! Sample alerts that people asked for.

use super::{AuditEntry, Store, StoreError, audit::record, error::Doing, watch::parse};
use domain::{
    sample::{Sample, SampleId},
    time,
};
use sqlx::{Row, sqlite::SqliteRow};

const SELECT: &str = "select id, subscription_id, bundle, asked_at, asked_by, status_url from samples";

fn sample(row: &SqliteRow) -> Result<Sample, StoreError> {
    Ok(Sample {
        id: parse("sample id", &row.get::<String, _>(0))?,
        subscription: parse("subscription id", &row.get::<String, _>(1))?,
        bundle: parse("bundle", &row.get::<String, _>(2))?,
        asked_at: time::from_micros(row.get(3)),
        asked_by: row.get(4),
        status_url: row.get(5),
    })
}

impl Store {
    /// Remembers what was asked for, with the audit entry, before Azure is asked.
    pub async fn add_sample(&self, sample: &Sample, audit: &AuditEntry<'_>) -> Result<(), StoreError> {
        const DOING: &str = "remember sample alerts";
        let mut tx = self.write(DOING).await?;
        sqlx::query(
            "insert into samples (id, subscription_id, bundle, asked_at, asked_by) values ($1, $2, $3, $4, $5)",
        )
        .bind(sample.id.as_str())
        .bind(sample.subscription.as_str())
        .bind(sample.bundle.as_str())
        .bind(sample.asked_at.as_microsecond())
        .bind(&sample.asked_by)
        .execute(&mut *tx)
        .await
        .doing(DOING)?;
        record(&mut tx, audit, self.now().as_microsecond()).await?;
        tx.commit().await.doing(DOING)?;
        self.changed();
        Ok(())
    }

    /// Remembers where Azure says how far it is; forgets the sample when Azure refused.
    pub async fn settle_sample(&self, id: &SampleId, accepted: Option<&str>) -> Result<(), StoreError> {
        let done = match accepted {
            Some(url) => {
                sqlx::query("update samples set status_url = $1 where id = $2")
                    .bind(url)
                    .bind(id.as_str())
                    .execute(self.writer())
                    .await
            }
            None => sqlx::query("delete from samples where id = $1").bind(id.as_str()).execute(self.writer()).await,
        };
        done.doing("settle sample alerts")?;
        Ok(())
    }

    /// One of them.
    pub async fn find_sample(&self, id: &SampleId) -> Result<Option<Sample>, StoreError> {
        let sql = sqlx::AssertSqlSafe(format!("{SELECT} where id = $1"));
        let row =
            sqlx::query(sql).bind(id.as_str()).fetch_optional(self.readers()).await.doing("read sample alerts")?;
        row.as_ref().map(sample).transpose()
    }

    /// The newest of them.
    pub async fn list_samples(&self) -> Result<Vec<Sample>, StoreError> {
        let sql = sqlx::AssertSqlSafe(format!("{SELECT} order by asked_at desc limit 20"));
        let rows = sqlx::query(sql).fetch_all(self.readers()).await.doing("list sample alerts")?;
        rows.iter().map(sample).collect()
    }
}
