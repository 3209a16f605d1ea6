//! Counts and states in one snapshot, so that every figure on a page agrees with every other.

use super::{
    DeliveryTarget, Store, StoreError, Visible, error::Doing, measures::backlogs, subscriptions::read_subscriptions,
    targets::Addressing, watch::parse,
};
use domain::{
    ExportId, Outcome, TargetConfig, TargetId, time,
    view::{HourRow, Overview, SubscriptionRow, Tally, TargetRow},
};
use jiff::Timestamp;
use sqlx::{QueryBuilder, Row, Sqlite, Transaction};
use std::collections::{BTreeMap, HashMap};

impl Store {
    /// The figures of a range of whole hours (all of time without one), and the state of targets and subscriptions.
    pub async fn overview(
        &self,
        visible: &Visible,
        since: Option<Timestamp>,
        until: Option<Timestamp>,
        is_covered: impl Fn(&SubscriptionRow) -> bool,
    ) -> Result<Overview, StoreError> {
        const DOING: &str = "read the overview";
        let (exports, targets) = (self.list_exports().await?, self.list_targets().await?);
        let now = self.now();
        let mut tx = self.read(DOING).await?;
        let mut query =
            QueryBuilder::<Sqlite>::new("select c.export_id, c.hour, c.state, sum(c.n) from counters c where 1 = 1");
        visible.restrict(&mut query, "c.subscription_id");
        if let Some(since) = since {
            query.push(" and c.hour >= ").push_bind(time::hour_of(since).as_microsecond());
        }
        if let Some(until) = until {
            query.push(" and c.hour < ").push_bind(time::hour_of(until).as_microsecond());
        }
        query.push(" group by 1, 2, 3");
        let mut seen: BTreeMap<String, i64> = BTreeMap::new();
        let mut by_export: BTreeMap<String, Tally> = BTreeMap::new();
        let mut by_hour: BTreeMap<i64, Tally> = BTreeMap::new();
        let mut all = Tally::default();
        for row in query.build().fetch_all(&mut *tx).await.doing(DOING)? {
            let (export, hour, state, n): (String, i64, String, i64) = (row.get(0), row.get(1), row.get(2), row.get(3));
            if state == "seen" {
                *seen.entry(export).or_default() += n;
                continue;
            }
            let outcome: Outcome = parse("outcome", &state)?;
            *by_export.entry(export).or_default().of_mut(outcome) += n;
            *by_hour.entry(hour).or_default().of_mut(outcome) += n;
            *all.of_mut(outcome) += n;
        }
        let names: HashMap<String, String> = sqlx::query_as::<_, (String, String)>("select id, name from exports")
            .fetch_all(&mut *tx)
            .await
            .doing(DOING)?
            .into_iter()
            .collect();
        let per_export = by_export
            .into_iter()
            .map(|(id, tally)| {
                let name = names.get(&id).cloned().unwrap_or_default();
                let n = seen.get(&id).copied().unwrap_or_default();
                Ok((parse::<ExportId>("export id", &id)?, name, n, tally))
            })
            .collect::<Result<_, StoreError>>()?;
        let subscriptions = read_subscriptions(&mut tx, visible, &exports).await?;
        let covered = subscriptions.iter().filter(|row| is_covered(row)).map(|row| row.id.clone()).collect();
        let pairs: Vec<(ExportId, String, TargetId)> =
            exports.into_iter().map(|export| (export.id, export.body.name, export.body.target)).collect();
        let targets = target_rows(&mut tx, &targets, &pairs, now).await?;
        Ok(Overview {
            now,
            seen: seen.values().sum(),
            outcomes: all,
            exports: per_export,
            hours: by_hour
                .into_iter()
                .map(|(hour, outcomes)| HourRow { hour: time::from_micros(hour), outcomes })
                .collect(),
            targets,
            subscriptions,
            covered,
        })
    }

    /// The targets as people see them.
    pub async fn target_rows(&self) -> Result<Vec<TargetRow>, StoreError> {
        let (exports, targets) = (self.list_exports().await?, self.list_targets().await?);
        let pairs: Vec<_> =
            exports.into_iter().map(|export| (export.id, export.body.name, export.body.target)).collect();
        let mut tx = self.read("read the targets").await?;
        target_rows(&mut tx, &targets, &pairs, self.now()).await
    }

    /// Outcomes per export in a range of whole hours.
    pub async fn tallies(&self, visible: &Visible, since: Timestamp) -> Result<HashMap<ExportId, Tally>, StoreError> {
        let mut query = QueryBuilder::<Sqlite>::new(
            "select c.export_id, c.state, sum(c.n) from counters c where c.state <> 'seen' and c.hour >= ",
        );
        query.push_bind(time::hour_of(since).as_microsecond());
        visible.restrict(&mut query, "c.subscription_id");
        query.push(" group by 1, 2");
        let mut tallies: HashMap<ExportId, Tally> = HashMap::new();
        for row in query.build().fetch_all(self.readers()).await.doing("count outcomes")? {
            let export = parse("export id", &row.get::<String, _>(0))?;
            *tallies.entry(export).or_default().of_mut(parse("outcome", &row.get::<String, _>(1))?) +=
                row.get::<i64, _>(2);
        }
        Ok(tallies)
    }

    /// Decisions as the counters have them, and outcomes counted anew, of one moment.
    pub async fn books(&self) -> Result<(i64, i64), StoreError> {
        const DOING: &str = "recount the books";
        let mut tx = self.read(DOING).await?;
        let seen: Option<i64> = sqlx::query_scalar("select sum(n) from counters where state = 'seen'")
            .fetch_one(&mut *tx)
            .await
            .doing(DOING)?;
        let counted: i64 =
            sqlx::query_scalar("select count(*) from outcomes").fetch_one(&mut *tx).await.doing(DOING)?;
        Ok((seen.unwrap_or_default(), counted))
    }

    /// Counts the outcomes themselves, for comparing with the counters: `(export, state, n)`.
    pub async fn recount(&self) -> Result<Vec<(ExportId, Outcome, i64)>, StoreError> {
        let rows: Vec<(String, String, i64)> =
            sqlx::query_as("select export_id, state, count(*) from outcomes group by 1, 2 order by 1, 2")
                .fetch_all(self.readers())
                .await
                .doing("recount the outcomes")?;
        rows.into_iter().map(|(id, state, n)| Ok((parse("export id", &id)?, parse("outcome", &state)?, n))).collect()
    }
}

async fn target_rows(
    tx: &mut Transaction<'_, Sqlite>,
    targets: &[DeliveryTarget],
    exports: &[(ExportId, String, TargetId)],
    now: Timestamp,
) -> Result<Vec<TargetRow>, StoreError> {
    const DOING: &str = "read the targets";
    let backlogs = backlogs(tx).await?;
    let recent: HashMap<String, i64> = sqlx::query_as(
        "select t.id, (select coalesce(sum(bytes), 0) from attempts where target_id = t.id and started_at > $1 and result = 'accepted')
         from targets t where t.deleted_at is null",
    )
    .bind(now.as_microsecond() - 60_000_000)
    .fetch_all(&mut **tx)
    .await
    .doing(DOING)?
    .into_iter()
    .collect();
    let delivered: HashMap<String, i64> = sqlx::query_as(
        "select e.target_id, sum(c.n) from counters c join exports e on e.id = c.export_id
         where c.state = 'delivered' and c.hour >= $1 group by e.target_id",
    )
    .bind(time::hour_of(now).as_microsecond() - 86_400_000_000)
    .fetch_all(&mut **tx)
    .await
    .doing(DOING)?
    .into_iter()
    .collect();
    let tenants: HashMap<String, String> =
        sqlx::query_as("select id, name from tenants where (select count(*) from tenants) > 1")
            .fetch_all(&mut **tx)
            .await
            .doing(DOING)?
            .into_iter()
            .collect();
    let mut rows = Vec::with_capacity(targets.len());
    for target in targets {
        let backlog = backlogs.get(&target.id).copied().unwrap_or_default();
        rows.push(TargetRow {
            tenant: tenants.get(target.tenant.as_str()).cloned(),
            id: target.id.clone(),
            name: target.name.clone(),
            version: target.version,
            config: target.config.clone(),
            condition: target.standing(),
            condition_since: target.paused_at.or(target.condition_since),
            condition_status: target.condition_status,
            condition_detail: target.condition_detail.clone(),
            waiting: backlog.pending,
            waiting_since: backlog.since,
            last_success: target.last_success_at,
            next_attempt: target.next_attempt_at.filter(|_| backlog.pending > 0),
            delivered: delivered.get(target.id.as_str()).copied().unwrap_or_default(),
            bytes_last_minute: recent
                .get(target.id.as_str())
                .and_then(|bytes| u64::try_from(*bytes).ok())
                .unwrap_or_default(),
            secret_set_at: target.secret_set_at,
            partitions: target.partitions,
            order_promised: order_promised(target),
            max_bytes: target.max_bytes as u64,
            exports: exports
                .iter()
                .filter(|(_, _, to)| *to == target.id)
                .map(|(id, name, _)| (id.clone(), name.clone()))
                .collect(),
        });
    }
    Ok(rows)
}

/// Whether events of one item arrive in their order: a workspace sorts by time anyway, an event hub when it takes batches
/// at its partitions.
fn order_promised(target: &DeliveryTarget) -> Option<bool> {
    match (&target.config, target.addressing) {
        (TargetConfig::Workspace(_), _) | (_, Addressing::Partitions) => Some(true),
        (_, Addressing::Whole) => Some(false),
        (_, Addressing::Unknown) => None,
    }
}
