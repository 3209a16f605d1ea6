//! What filters can choose from, read from what was observed.

use super::{Store, StoreError, error::Doing};
use domain::{Kind, ResourceId};
use sqlx::Row;
use std::collections::BTreeMap;

/// A recommendation as its items show it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SeenRecommendation {
    /// Its assessment key, lower case.
    pub key: String,
    /// Its name.
    pub name: String,
    /// Its severity's word, where known.
    pub severity: Option<String>,
    /// Its items.
    pub items: i64,
    /// Those that a policy switched off.
    pub off: i64,
    /// An event of it with its payload.
    pub sample: Option<i64>,
}

impl Store {
    /// Every recommendation that has items.
    pub async fn seen_recommendations(&self) -> Result<Vec<SeenRecommendation>, StoreError> {
        let rows = sqlx::query(
            "select e.title, e.severity, count(*), sum(e.compared like '%\"offbypolicy\"%'), max(e.item_id),
                    max(case when e.body is not null then e.seq end)
             from last_seen l join events e on e.id = l.event_id where l.kind = 'recommendation' and l.compared <> 'deleted' group by e.title, e.severity
             order by lower(e.title)",
        )
        .fetch_all(self.readers())
        .await
        .doing("list the recommendations")?;
        Ok(rows
            .into_iter()
            .map(|row| SeenRecommendation {
                key: ResourceId::new(&row.get::<String, _>(4)).name().to_lowercase(),
                name: row.get(0),
                severity: row.get(1),
                items: row.get(2),
                off: row.get(3),
                sample: row.get(5),
            })
            .collect())
    }

    /// Names of compliance standards, and keys and names of secure score controls.
    pub async fn seen_standards_and_controls(&self) -> Result<(Vec<String>, BTreeMap<String, String>), StoreError> {
        const DOING: &str = "list standards and controls";
        let sql = "select e.item_id, e.title from last_seen l join events e on e.id = l.event_id where l.kind = $1";
        let compliance: Vec<(String, String)> = sqlx::query_as(sql)
            .bind(Kind::RegulatoryCompliance.as_str())
            .fetch_all(self.readers())
            .await
            .doing(DOING)?;
        let mut standards: Vec<String> = compliance
            .iter()
            .filter_map(|(id, _)| ResourceId::new(id).after("regulatoryComplianceStandards").map(str::to_owned))
            .collect();
        standards.sort();
        standards.dedup();
        let controls: Vec<(String, String)> =
            sqlx::query_as(sql).bind(Kind::SecureScoreControl.as_str()).fetch_all(self.readers()).await.doing(DOING)?;
        let controls =
            controls.into_iter().map(|(id, title)| (ResourceId::new(&id).name().to_owned(), title)).collect();
        Ok((standards, controls))
    }

    /// The newest events of a kind that carry their payload, as JSON text.
    pub async fn newest_bodies(&self, kind: Kind, most: usize) -> Result<Vec<String>, StoreError> {
        let rows: Vec<Vec<u8>> = sqlx::query_scalar(
            "select body from events indexed by events_sample where kind = $1 and body is not null and change not in ('test', 'snapshot')
             order by seq desc limit $2",
        )
        .bind(kind.as_str())
        .bind(i64::try_from(most).unwrap_or(i64::MAX))
        .fetch_all(self.readers())
        .await
        .doing("read the newest events")?;
        rows.iter().map(|packed| super::pack::unpack_text(packed)).collect()
    }

    /// The size of the largest of a kind's newest events, as JSON text in bytes.
    pub async fn largest_event(&self, kind: Kind) -> Result<i64, StoreError> {
        sqlx::query_scalar(
            "select coalesce(max(body_bytes), 0) from (select body_bytes from events indexed by events_sample
             where kind = $1 and body is not null and change not in ('test', 'snapshot') order by seq desc limit 5000)",
        )
        .bind(kind.as_str())
        .fetch_one(self.readers())
        .await
        .doing("find the largest event")
    }
}
