//! Replay: rows that ended go back into the queue, to where their export sends now.

use super::{
    Store, StoreError, Visible, counters,
    deliveries::{FROM, narrow},
    error::Doing,
    jobs::{CHUNK, OpenJob, ReplayWhat, advance, queued, stands_at},
    lanes::lane_of,
    watch::parse,
};
use domain::{JobProgress, ReplayCount};
use serde_json::{Value, json};
use sqlx::{QueryBuilder, Row, Sqlite, Transaction};

/// The states a replay takes rows from.
const ENDED: &str = "('delivered', 'parked', 'cancelled')";

/// Adds the conditions of what a replay takes to a query on [`FROM`].
fn restrict(query: &mut QueryBuilder<Sqlite>, what: &ReplayWhat, visible: &Visible) {
    match what {
        ReplayWhat::Filter(filter) => narrow(query, filter),
        ReplayWhat::Ids(ids) => {
            let pairs: Vec<[&str; 2]> = ids.iter().map(|id| [id.event.as_str(), id.export.as_str()]).collect();
            query
                .push(" and o.seq in (select z.seq from json_each(")
                .push_bind(json!(pairs).to_string())
                .push(") j join outcomes z on z.event_id = json_extract(j.value, '$[0]') and z.export_id = json_extract(j.value, '$[1]'))");
        }
    }
    visible.restrict(query, "o.subscription_id");
}

impl Store {
    /// What a replay would do.
    pub async fn count_replay(&self, visible: &Visible, what: &ReplayWhat) -> Result<ReplayCount, StoreError> {
        let mut query = QueryBuilder::<Sqlite>::new(
            "select o.state, x.deleted_at is not null, count(*), coalesce(sum(o.bytes), 0)",
        );
        query.push(FROM);
        restrict(&mut query, what, visible);
        query.push(" group by 1, 2");
        let rows = query.build().fetch_all(self.readers()).await.doing("count what a replay would take")?;
        let mut count = ReplayCount::default();
        for row in rows {
            let (state, deleted, n): (&str, bool, i64) = (row.get(0), row.get(1), row.get(2));
            match (state, deleted) {
                ("filtered", _) => count.filtered += n,
                (_, true) => count.deleted += n,
                ("pending", _) => count.pending += n,
                _ => {
                    count.count += n;
                    count.bytes += u64::try_from(row.get::<i64, _>(3)).unwrap_or_default();
                }
            }
        }
        if let ReplayWhat::Ids(ids) = what {
            count.missing = i64::try_from(ids.len()).unwrap_or(i64::MAX).saturating_sub(count.sum());
        }
        Ok(count)
    }

    /// Queues the next rows of a replay; false when there are no more, or when it is not to go on.
    pub async fn replay_chunk(&self, job: &OpenJob, what: &ReplayWhat) -> Result<bool, StoreError> {
        const DOING: &str = "queue rows of a replay";
        let after: i64 = job.cursor.parse().unwrap_or_default();
        // What is wanted is looked for before the writer is taken: a filter may read much to find little.
        let mut query = QueryBuilder::<Sqlite>::new("select o.seq");
        query.push(FROM).push(" and o.seq > ").push_bind(after).push(" and o.seq <= ").push_bind(job.bound);
        restrict(&mut query, what, &job.request.visible);
        query.push(" order by o.seq limit ").push_bind(CHUNK);
        let seqs: Vec<i64> = query.build_query_scalar().fetch_all(self.readers()).await.doing(DOING)?;
        let mut tx = self.write(DOING).await?;
        if !stands_at(&mut tx, &job.id, &job.cursor).await? {
            return Ok(false);
        }
        let now = self.now().as_microsecond();
        let Some(last) = seqs.last() else {
            queued(&mut tx, &job.id, now).await?;
            tx.commit().await.doing(DOING)?;
            self.changed();
            return Ok(false);
        };
        let progress = queue(&mut tx, job, &seqs, now).await?;
        advance(&mut tx, &job.id, Some(&last.to_string()), &progress).await?;
        tx.commit().await.doing(DOING)?;
        self.changed();
        Ok(true)
    }
}

/// Moves rows back into the queue and remembers what they were. The plus keeps the planner from going through all rows of
/// these states.
fn move_sql() -> String {
    format!(
        "update outcomes set came_from = state, came_settled_at = settled_at, came_status = last_status,
            came_error = last_error, came_target = target_id, came_lane = lane, state = 'pending',
            settled_at = null, last_status = null, last_error = null, refused_at = null, cancel_asked = 0, late = 1,
            replayed_at = $1, job_id = $2, target_id = json_extract(j.value, '$[1]'), lane = json_extract(j.value, '$[2]')
         from json_each($3) j where outcomes.seq = json_extract(j.value, '$[0]') and +outcomes.state in {ENDED}"
    )
}

/// Moves those of the rows that can be replayed to pending, and counts the rest.
async fn queue(
    tx: &mut Transaction<'_, Sqlite>,
    job: &OpenJob,
    seqs: &[i64],
    now: i64,
) -> Result<JobProgress, StoreError> {
    const DOING: &str = "queue rows of a replay";
    let rows = sqlx::query(
        "select o.seq, o.state, x.deleted_at is not null, o.kind, o.item_hash, x.target_id, t.kind, t.lanes
         from outcomes o join exports x on x.id = o.export_id join targets t on t.id = x.target_id
         where o.seq in (select value from json_each($1))",
    )
    .bind(Value::from(seqs.to_vec()).to_string())
    .fetch_all(&mut **tx)
    .await
    .doing(DOING)?;
    let mut progress = JobProgress::default();
    let mut moves = Vec::with_capacity(rows.len());
    for row in &rows {
        progress.looked_at += 1;
        match (row.get::<&str, _>(1), row.get::<bool, _>(2)) {
            ("filtered", _) => progress.filtered += 1,
            (_, true) => progress.deleted += 1,
            ("pending", _) => progress.pending += 1,
            _ => {
                let (kind, target) = (parse("kind", row.get(3))?, parse("target kind", row.get(6))?);
                let lane = lane_of(target, kind, row.get(4), row.get(7));
                moves.push(json!([row.get::<i64, _>(0), row.get::<&str, _>(5), lane]));
                progress.added += 1;
            }
        }
    }
    let moves = Value::from(moves).to_string();
    for (state, sign) in [("'pending'", 1), ("state", -1)] {
        let which = format!("+state in {ENDED} and seq in (select json_extract(value, '$[0]') from json_each($2))");
        let sql = counters::shift(state, "$1", &which);
        sqlx::query(sqlx::AssertSqlSafe(sql)).bind(sign).bind(&moves).execute(&mut **tx).await.doing(DOING)?;
    }
    sqlx::query(sqlx::AssertSqlSafe(move_sql()))
        .bind(now)
        .bind(job.id.as_str())
        .bind(&moves)
        .execute(&mut **tx)
        .await
        .doing(DOING)?;
    Ok(progress)
}

#[cfg(test)]
mod tests {
    use super::super::{OpenOptions, Store, lanes::next_sql};

    #[tokio::test]
    async fn the_queue_is_read_in_the_order_of_its_index() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&OpenOptions::of(folder.path())).await.unwrap();
        let rows: Vec<(i64, i64, i64, String)> =
            sqlx::query_as(sqlx::AssertSqlSafe(format!("explain query plan {}", next_sql())))
                .bind("target")
                .bind(0_i64)
                .bind(10_i64)
                .fetch_all(store.readers())
                .await
                .unwrap();
        let plan: Vec<String> = rows.into_iter().map(|(_, _, _, step)| step).collect();
        let all = plan.join("\n");
        assert!(
            plan.iter().any(|step| step.starts_with("SEARCH o USING INDEX outcomes_queue (target_id=? AND lane=?)")),
            "{all}"
        );
        assert!(!all.contains("TEMP B-TREE") && !all.contains("SCAN "), "{all}");
        let plan: Vec<(i64, i64, i64, String)> =
            sqlx::query_as(sqlx::AssertSqlSafe(format!("explain query plan {}", super::move_sql())))
                .bind(0_i64)
                .bind("job")
                .bind("[]")
                .fetch_all(store.readers())
                .await
                .unwrap();
        assert!(plan.iter().any(|row| row.3 == "SEARCH outcomes USING INTEGER PRIMARY KEY (rowid=?)"), "{plan:?}");
        let job = "select exists (select 1 from outcomes o where o.job_id = $1 and o.state = 'pending')";
        let rows: Vec<(i64, i64, i64, String)> =
            sqlx::query_as(sqlx::AssertSqlSafe(format!("explain query plan {job}")))
                .bind("job")
                .fetch_all(store.readers())
                .await
                .unwrap();
        assert!(
            rows.iter().any(|row| row.3.contains("COVERING INDEX outcomes_job (job_id=? AND state=?)")),
            "{rows:?}"
        );
    }
}
