//! Subscriptions page by page, in the order of their names or newest first, by what is looked for.

use super::{
    Store, StoreError, Visible,
    error::Doing,
    subscriptions::{COLUMNS, with_watches},
};
use domain::{
    Ancestor, SubscriptionFilter, SubscriptionList, Turn, Watching,
    subscriptions::{GroupLevel, ListProgress, NO_PLAN, UNLISTED},
    view::SubscriptionRow,
};
use sqlx::{QueryBuilder, Row, Sqlite, SqliteConnection};

const DOING: &str = "browse the subscriptions";

/// In which order subscriptions come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SubscriptionOrder {
    /// By name.
    ByName,
    /// The ones that were listed last first.
    NewestFirst,
}

impl SubscriptionOrder {
    /// What rows are compared by, how the rows after one compare with it, and the direction.
    const fn keys(self) -> (&'static str, &'static str, &'static str) {
        match self {
            Self::ByName => ("lower(s.name), s.id", "lower(name), id", "asc"),
            Self::NewestFirst => ("s.first_listed_at, s.id", "first_listed_at, id", "desc"),
        }
    }
}

/// A piece of the list: rows, and where the ones before and after them are.
pub type SubscriptionPiece = (Vec<SubscriptionRow>, Option<Turn>, Option<Turn>);

impl Store {
    /// A page of the subscriptions that a filter lets through, and where the pages beside it are.
    pub async fn subscription_page(
        &self,
        visible: &Visible,
        filter: &SubscriptionFilter,
        order: SubscriptionOrder,
        turn: Option<&Turn>,
        limit: usize,
    ) -> Result<SubscriptionPiece, StoreError> {
        let exports = self.list_exports().await?;
        let mut tx = self.read(DOING).await?;
        let (keys, own, direction) = order.keys();
        let backwards = matches!(turn, Some(Turn::Before(_)));
        let descends = (direction == "desc") != backwards;
        let mut query = QueryBuilder::<Sqlite>::new("select ");
        query.push(COLUMNS).push(" from subscriptions s where 1 = 1");
        restrict(&mut query, visible, filter);
        if let Some(Turn::After(id) | Turn::Before(id)) = turn {
            query.push(" and (").push(keys).push(if descends { ") < (select " } else { ") > (select " });
            query.push(own).push(" from subscriptions where id = ").push_bind(id.as_str().to_owned()).push(")");
        }
        let word = if descends { " desc" } else { " asc" };
        query.push(" order by ").push(keys.replace(", ", &format!("{word}, "))).push(word);
        query.push(" limit ").push_bind(i64::try_from(limit + 1).unwrap_or(i64::MAX));
        let mut rows = query.build().fetch_all(&mut *tx).await.doing(DOING)?;
        let more = rows.len() > limit;
        rows.truncate(limit);
        if backwards {
            rows.reverse();
        }
        let items = with_watches(&mut tx, rows, &exports, true).await?;
        let before = if backwards { more } else { turn.is_some() };
        let after = backwards || more;
        let previous = items.first().filter(|_| before).map(|row| Turn::Before(row.id.clone()));
        let next = items.last().filter(|_| after).map(|row| Turn::After(row.id.clone()));
        Ok((items, previous, next))
    }

    /// The same by name with everything that is shown around it.
    pub async fn browse_subscriptions(
        &self,
        visible: &Visible,
        filter: &SubscriptionFilter,
        turn: Option<&Turn>,
        limit: usize,
    ) -> Result<SubscriptionList, StoreError> {
        let (items, previous, next) =
            self.subscription_page(visible, filter, SubscriptionOrder::ByName, turn, limit).await?;
        let mut tx = self.read(DOING).await?;
        let mut query = QueryBuilder::<Sqlite>::new("select count(*) from subscriptions s where 1 = 1");
        restrict(&mut query, visible, filter);
        let matching = query.build_query_scalar().fetch_one(&mut *tx).await.doing(DOING)?;
        let chains = chains(&mut tx, visible).await?;
        Ok(SubscriptionList {
            items,
            previous: previous.map(|turn| turn.to_string()),
            next: next.map(|turn| turn.to_string()),
            matching,
            progress: progress(&mut tx, visible).await?,
            level: GroupLevel::at(&filter.group, &chains),
            plans: plans(&mut tx).await?,
        })
    }
}

/// Adds the filter, and what the reader may see, to a query over subscriptions `s`.
fn restrict(query: &mut QueryBuilder<Sqlite>, visible: &Visible, filter: &SubscriptionFilter) {
    visible.restrict(query, "s.id");
    if !filter.search.is_empty() {
        let part = format!("%{}%", literal(&filter.search.to_ascii_lowercase()));
        query.push(" and (lower(s.name) like ").push_bind(part.clone()).push(" escape '\\' or s.id like ");
        query.push_bind(part).push(" escape '\\')");
    }
    if filter.state == UNLISTED {
        query.push(" and s.unlisted_since is not null");
    } else if !filter.state.is_empty() {
        query.push(" and s.unlisted_since is null and lower(s.state) = ").push_bind(filter.state.to_ascii_lowercase());
    }
    // Plans are JSON without spaces; a plan that is on has the tier Standard.
    if filter.plan == NO_PLAN {
        query.push(" and s.plans is not null and s.plans not like '%:\"Standard\"%'");
    } else if !filter.plan.is_empty() {
        let name = serde_json::Value::from(filter.plan.as_str()).to_string();
        query.push(" and s.plans like ").push_bind(format!("%{}:\"Standard\"%", literal(&name))).push(" escape '\\'");
    }
    if !filter.group.is_empty() {
        let id = serde_json::Value::from(filter.group.as_str()).to_string();
        query.push(" and s.groups like ").push_bind(format!("%\"id\":{}%", literal(&id))).push(" escape '\\'");
    }
    match filter.watching {
        None => {}
        Some(Watching::Trouble) => {
            query.push(" and (s.unlisted_since is not null or s.id in (").push(TROUBLED).push("))");
        }
        Some(Watching::FirstRead) => {
            query.push(" and s.unlisted_since is null and s.id in (").push(OPEN).push(")");
        }
        Some(Watching::Fine) => {
            query.push(" and s.unlisted_since is null and s.id not in (").push(TROUBLED).push(")");
            query.push(" and s.id not in (").push(OPEN).push(")");
        }
    }
}

const TROUBLED: &str = "select subscription_id from watches where condition <> 'ok' or sweep_problem is not null";
const OPEN: &str = "select subscription_id from watches where baseline_done_at is null";

/// Text inside a pattern of `like`.
fn literal(text: &str) -> String {
    text.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_")
}

/// The management groups above subscriptions, each chain once, with how many subscriptions have it.
async fn chains(tx: &mut SqliteConnection, visible: &Visible) -> Result<Vec<(Vec<Ancestor>, i64)>, StoreError> {
    let mut query = QueryBuilder::<Sqlite>::new("select s.groups, count(*) from subscriptions s where 1 = 1");
    visible.restrict(&mut query, "s.id");
    query.push(" group by s.groups");
    let rows = query.build().fetch_all(tx).await.doing(DOING)?;
    rows.into_iter()
        .map(|row| {
            let text: String = row.get(0);
            let chain = serde_json::from_str(&text).map_err(|error| StoreError::corrupt("management groups", error))?;
            Ok((chain, row.get(1)))
        })
        .collect()
}

async fn progress(tx: &mut SqliteConnection, visible: &Visible) -> Result<ListProgress, StoreError> {
    let mut query = QueryBuilder::<Sqlite>::new(
        "select count(*), count(s.plans_read_at), count(case when s.unlisted_since is null and s.id in (",
    );
    query.push(OPEN).push(") then 1 end), count(case when s.unlisted_since is not null or s.id in (");
    query.push(TROUBLED).push(") then 1 end) from subscriptions s where 1 = 1");
    visible.restrict(&mut query, "s.id");
    let row = query.build().fetch_one(tx).await.doing(DOING)?;
    Ok(ListProgress { all: row.get(0), plans_read: row.get(1), first_reads: row.get(2), troubled: row.get(3) })
}

/// The plans of the subscriptions that were read last: all have the same ones, whether on or off.
async fn plans(tx: &mut SqliteConnection) -> Result<Vec<String>, StoreError> {
    sqlx::query_scalar(
        "select distinct j.key from (select plans from subscriptions where plans_read_at is not null
            order by unlisted_since, plans_read_at desc limit 20) p, json_each(p.plans) j order by 1",
    )
    .fetch_all(tx)
    .await
    .doing(DOING)
}
