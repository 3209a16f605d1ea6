//! Reading subscriptions: how far each is watched, and by which exports it is covered.

use super::{
    Store, StoreError, Visible,
    error::Doing,
    watch::{parse, place},
};
use domain::{
    Export, ExportId, SubscriptionHealth, SubscriptionId, time,
    view::{SubscriptionRow, WatchRow},
};
use jiff::Timestamp;
use sqlx::{QueryBuilder, Row, Sqlite, Transaction, sqlite::SqliteRow};
use std::collections::HashMap;

impl Store {
    /// Every subscription the reader may see, by name.
    pub async fn list_subscriptions(&self, visible: &Visible) -> Result<Vec<SubscriptionRow>, StoreError> {
        let exports = self.list_exports().await?;
        let mut tx = self.read("list the subscriptions").await?;
        read_subscriptions(&mut tx, visible, &exports).await
    }

    /// One subscription; `None` when it is not there or not visible.
    pub async fn find_subscription(
        &self,
        visible: &Visible,
        id: &SubscriptionId,
    ) -> Result<Option<SubscriptionRow>, StoreError> {
        let exports = self.list_exports().await?;
        let mut tx = self.read("read a subscription").await?;
        let mut query = QueryBuilder::<Sqlite>::new("select ");
        query.push(COLUMNS).push(" from subscriptions s where s.id = ").push_bind(id.as_str().to_owned());
        visible.restrict(&mut query, "s.id");
        let rows = query.build().fetch_all(&mut *tx).await.doing("read a subscription")?;
        Ok(with_watches(&mut tx, rows, &exports, true).await?.pop())
    }

    /// How many subscriptions the reader may see.
    pub async fn count_subscriptions(&self, visible: &Visible) -> Result<i64, StoreError> {
        let mut query = QueryBuilder::<Sqlite>::new("select count(*) from subscriptions s where 1 = 1");
        visible.restrict(&mut query, "s.id");
        query.build_query_scalar().fetch_one(self.readers()).await.doing("count the subscriptions")
    }

    /// Ids and names by name, unless there are more than `most`: then that of the wanted one.
    pub async fn subscription_names(
        &self,
        visible: &Visible,
        wanted: Option<&SubscriptionId>,
        most: i64,
    ) -> Result<Vec<(String, String)>, StoreError> {
        let few = self.count_subscriptions(visible).await? <= most;
        let mut query = QueryBuilder::<Sqlite>::new("select s.id, s.name from subscriptions s where 1 = 1");
        visible.restrict(&mut query, "s.id");
        if !few {
            query.push(" and s.id = ").push_bind(wanted.map(|id| id.as_str().to_owned()));
        }
        query.push(" order by lower(s.name), s.id");
        query.build_query_as().fetch_all(self.readers()).await.doing("name the subscriptions")
    }

    /// How many alerts and recommendations of a subscription are known.
    pub async fn items_of(&self, id: &SubscriptionId) -> Result<i64, StoreError> {
        sqlx::query_scalar("select count(*) from last_seen where subscription_id = $1 and compared <> 'deleted'")
            .bind(id.as_str())
            .fetch_one(self.readers())
            .await
            .doing("count a subscription's items")
    }

    /// A subscription's plans with their tier, as read last.
    pub async fn plans_of(&self, id: &SubscriptionId) -> Result<Vec<(String, String)>, StoreError> {
        let text: Option<Option<String>> = sqlx::query_scalar("select plans from subscriptions where id = $1")
            .bind(id.as_str())
            .fetch_optional(self.readers())
            .await
            .doing("read a subscription's plans")?;
        Ok(plans(text.flatten().as_deref()))
    }
}

/// A word, a sentence, and since when.
type Trouble = (SubscriptionHealth, Option<String>, Option<Timestamp>);

const UNLISTED: &str = "Azure no longer lists this subscription for the console's identity: it was deleted, moved, or the Reader role was taken away.";

const TENANT_LEFT: &str =
    "The settings no longer name this subscription's tenant: nothing of it is watched until they do again.";

fn plans(text: Option<&str>) -> Vec<(String, String)> {
    let map: std::collections::BTreeMap<String, String> =
        text.and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default();
    map.into_iter().collect()
}

/// What [`with_watches`] reads of a subscription `s`.
pub(super) const COLUMNS: &str =
    "s.id, s.name, s.state, s.unlisted_since, s.plans, s.id, s.first_listed_at, s.groups, s.tags,
    (select t.name from tenants t where t.id = s.tenant_id and (select count(*) from tenants) > 1),
    (select t.left_at from tenants t where t.id = s.tenant_id)";

/// Reads the subscriptions in one snapshot with whatever else the caller reads.
pub(super) async fn read_subscriptions(
    tx: &mut Transaction<'_, Sqlite>,
    visible: &Visible,
    exports: &[Export],
) -> Result<Vec<SubscriptionRow>, StoreError> {
    let mut query = QueryBuilder::<Sqlite>::new("select ");
    query.push(COLUMNS).push(" from subscriptions s where 1 = 1");
    visible.restrict(&mut query, "s.id");
    query.push(" order by lower(s.name), s.id");
    let rows = query.build().fetch_all(&mut **tx).await.doing("list the subscriptions")?;
    with_watches(tx, rows, exports, false).await
}

/// Completes rows of [`COLUMNS`] with how each is watched and which exports cover it; `few` reads the watches of these rows
/// alone.
pub(super) async fn with_watches(
    tx: &mut Transaction<'_, Sqlite>,
    rows: Vec<SqliteRow>,
    exports: &[Export],
    few: bool,
) -> Result<Vec<SubscriptionRow>, StoreError> {
    const DOING: &str = "list the subscriptions";
    let mut watches: HashMap<String, Vec<WatchRow>> = HashMap::new();
    let mut troubles: HashMap<String, Trouble> = HashMap::new();
    let mut query = QueryBuilder::<Sqlite>::new(
        "select subscription_id, kind, baseline_done_at is not null, complete_to, last_sweep_at, unobservable,
            condition, condition_detail, condition_since, sweep_problem, sweep_problem_since from watches",
    );
    if few {
        let ids: Vec<String> = rows.iter().map(|row| row.get(0)).collect();
        query.push(" where subscription_id in (select value from json_each(");
        query.push_bind(serde_json::Value::from(ids).to_string()).push("))");
    }
    query.push(" order by kind");
    for row in query.build().fetch_all(&mut **tx).await.doing(DOING)? {
        let subscription: String = row.get(0);
        let at = |index: usize| row.get::<Option<i64>, _>(index).map(time::from_micros);
        watches.entry(subscription.clone()).or_default().push(WatchRow {
            kind: parse("kind", &row.get::<String, _>(1))?,
            baseline_done: row.get(2),
            complete_to: at(3),
            last_sweep_at: at(4),
            unobservable: row.get(5),
        });
        // What keeps anything from being read fresh weighs more than what a sweep could not read.
        let condition: SubscriptionHealth = parse("condition", &row.get::<String, _>(6))?;
        if condition != SubscriptionHealth::Ok {
            troubles.insert(subscription, (condition, row.get(7), at(8)));
        } else if let Some(problem) = row.get::<Option<String>, _>(9) {
            troubles.entry(subscription).or_insert((SubscriptionHealth::Unreadable, Some(problem), at(10)));
        }
    }
    rows.into_iter()
        .map(|row| {
            let text: String = row.get(0);
            let id = parse("subscription id", &text)?;
            let why = if row.get::<Option<i64>, _>(10).is_some() { TENANT_LEFT } else { UNLISTED };
            let unlisted = row
                .get::<Option<i64>, _>(3)
                .map(|since| (SubscriptionHealth::Unlisted, Some(why.to_owned()), Some(time::from_micros(since))));
            let (condition, condition_detail, condition_since) =
                unlisted.or_else(|| troubles.remove(&text)).unwrap_or((SubscriptionHealth::Ok, None, None));
            let all = row.get::<Option<String>, _>(4);
            let on = all.as_deref().map(|all| {
                plans(Some(all))
                    .into_iter()
                    .filter(|(_, tier)| tier.eq_ignore_ascii_case("standard"))
                    .map(|(plan, _)| plan)
                    .collect()
            });
            let place = place(&row, 5)?;
            let covering = exports.iter().filter(|export| export.body.scope.covers(&place));
            let exports: Vec<(ExportId, String)> =
                covering.map(|export| (export.id.clone(), export.body.name.clone())).collect();
            Ok(SubscriptionRow {
                id,
                name: row.get(1),
                tenant: row.get(9),
                state: row.get(2),
                condition,
                condition_detail,
                condition_since,
                plans: on,
                watches: watches.remove(&text).unwrap_or_default(),
                exports,
                place,
            })
        })
        .collect()
}
