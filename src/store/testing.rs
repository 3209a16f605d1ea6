//! What tests of the whole program do to a store that nothing else may: damage it, age it, and count its rows.
//!
//! Behind the feature `testing`, which the program is never built with.

#![expect(clippy::unwrap_used, reason = "tests fail by panicking")]

use crate::Store;

impl Store {
    /// Dates all decisions earlier, without moving them to other hours.
    pub async fn age_decisions(&self, by: jiff::SignedDuration) {
        let micros = i64::try_from(by.as_micros()).unwrap();
        let sql = "update outcomes set decided_at = decided_at - $1";
        sqlx::query(sql).bind(micros).execute(self.writer()).await.unwrap();
    }

    /// How many hours of an export and subscription disagree with its rows, in one snapshot; none ever may.
    pub async fn wrong_hours(&self) -> i64 {
        sqlx::query_scalar(
            "select (select count(*) from (select sum(n) as n from
                       (select export_id, subscription_id, hour, state, n from counters where state <> 'seen'
                        union all select export_id, subscription_id, hour, state, -1 from outcomes)
                     group by export_id, subscription_id, hour, state having sum(n) <> 0))
                  + (select count(*) from (select 1 from counters group by export_id, subscription_id, hour
                     having sum(case state when 'seen' then n else -n end) <> 0))",
        )
        .fetch_one(self.readers())
        .await
        .unwrap()
    }

    /// Lets the database grow no further, as a full disk does, or lets it grow again.
    pub async fn fill_disk(&self, full: bool) {
        let most = if full { 1 } else { 4_294_967_294_i64 };
        let sql = sqlx::AssertSqlSafe(format!("pragma max_page_count = {most}"));
        sqlx::query(sql).fetch_all(self.writer()).await.unwrap();
    }

    /// Adds one to a counter, for a decision that nobody made.
    pub async fn miscount(&self) {
        let sql =
            "update counters set n = n + 1 where rowid = (select rowid from counters where state = 'seen' limit 1)";
        sqlx::query(sql).execute(self.writer()).await.unwrap();
    }

    /// How many requests to targets are under way.
    pub async fn open_attempts(&self) -> i64 {
        let sql = "select count(*) from attempts where settled_at is null";
        sqlx::query_scalar(sql).fetch_one(self.readers()).await.unwrap()
    }

    /// Ends the time that a shared link is valid.
    pub async fn expire_share(&self, id: &str) {
        sqlx::query("update shares set expires_at = $2 where id = $1")
            .bind(id)
            .bind(self.now().as_microsecond() - 1)
            .execute(self.writer())
            .await
            .unwrap();
    }

    /// Replaces text in every version of every export, as an earlier release may have written it; answers how many changed.
    pub async fn replace_in_exports(&self, from: &str, to: &str) -> u64 {
        let changed = sqlx::query("update export_versions set body = replace(body, $1, $2) where instr(body, $1) > 0")
            .bind(from)
            .bind(to)
            .execute(self.writer())
            .await
            .unwrap();
        changed.rows_affected()
    }

    /// How many alerts with the change *created* were written in each tenant.
    pub async fn new_alerts_by_tenant(&self) -> Vec<(String, i64)> {
        sqlx::query_as("select tenant_id, count(*) from events where kind = 'alert' and change = 'created' group by 1")
            .fetch_all(self.readers())
            .await
            .unwrap()
    }
}
