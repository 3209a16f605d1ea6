//! What somebody can be woken by, as metrics: measured every few seconds, whether anybody reads them or not.

use super::Console;
use domain::Condition;
use engine::task::{Driver, Failure, Next, Schedule, Task};
use jiff::Timestamp;
use metrics::{Unit, describe_counter, describe_gauge, describe_histogram, gauge};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{MutexGuard, PoisonError},
    time::Duration,
};
use store::Backlog;

/// The time between measurements.
const EVERY: Duration = Duration::from_secs(15);

const PENDING: &str = "continuous_export_pending_deliveries";
const OLDEST: &str = "continuous_export_oldest_pending_seconds";
const HEALTHY: &str = "continuous_export_target_healthy";
const LAG: &str = "continuous_export_observation_lag_seconds";
const SCANNED: &str = "continuous_export_last_full_scan_timestamp_seconds";
const ALIVE: &str = "continuous_export_task_alive";
const FAILING: &str = "continuous_export_task_failing";
const STORE: &str = "continuous_export_store_bytes";

/// Describes every metric of the program for `# HELP` and `# TYPE`.
pub fn describe_metrics() {
    describe_gauge!(PENDING, Unit::Count, "Deliveries that wait, by target");
    describe_gauge!(OLDEST, Unit::Seconds, "Age of the delivery that has waited longest, by target; 0 when none waits");
    describe_gauge!(HEALTHY, Unit::Count, "1 while a target takes events or is paused by a person, else 0");
    describe_gauge!(LAG, Unit::Seconds, "Age of the moment up to which everything dated is in the ledger, by tenant");
    describe_gauge!(
        SCANNED,
        Unit::Seconds,
        "When the full scan that is longest ago began, by tenant; seconds since 1970"
    );
    describe_gauge!(ALIVE, Unit::Count, "0 while a background task of this kind has panicked or hangs, else 1");
    describe_gauge!(FAILING, Unit::Count, "Background tasks of this kind whose last activation failed");
    describe_gauge!(STORE, Unit::Bytes, "Size of the database");
    describe_gauge!(
        "continuous_export_health_checks",
        Unit::Count,
        "Health checks by verdict, at the last scheduled run"
    );
    describe_counter!("continuous_export_events_observed_total", Unit::Count, "Events written to the ledger, by kind");
    describe_counter!("continuous_export_events_delivered_total", Unit::Count, "Events accepted by their target");
    describe_counter!("continuous_export_attempts_total", Unit::Count, "Requests to targets, by result");
    describe_counter!("continuous_export_throttled_total", Unit::Count, "Answers with status 429, by service");
    describe_counter!("continuous_export_task_panics_total", Unit::Count, "Panics of background tasks");
    describe_gauge!(
        "continuous_export_quota_remaining",
        Unit::Count,
        "Requests that Azure said are left, by service; the last answer"
    );
    describe_histogram!(
        "continuous_export_attempt_seconds",
        Unit::Seconds,
        "Time from a request to a target to its answer"
    );
}

/// What was measured before: a target or task that is gone would keep its last value.
#[derive(Debug, Default)]
pub(super) struct Measured {
    targets: BTreeSet<String>,
    kinds: BTreeSet<String>,
}

/// Measures.
struct Measures(Console);

impl Task for Measures {
    async fn activate(&mut self) -> Result<Next, Failure> {
        let store = &self.0.store;
        let now = store.now();
        let backlogs = store.backlogs().await?;
        let mut targets = BTreeSet::new();
        for target in store.list_targets().await? {
            let backlog = backlogs.get(&target.id).copied().unwrap_or_default();
            let is_healthy = matches!(target.standing(), Condition::Ok | Condition::Paused);
            measure_target(&target.name, backlog, is_healthy, now);
            targets.insert(target.name);
        }
        let before = std::mem::replace(&mut self.0.measured().targets, targets.clone());
        for gone in before.difference(&targets) {
            measure_target(gone, Backlog::default(), true, now);
        }
        for reach in store.reach().await? {
            gauge!(LAG, "tenant" => reach.tenant.clone()).set(age(Some(reach.complete_to), now));
            gauge!(SCANNED, "tenant" => reach.tenant).set(float(reach.last_full_scan.as_second()));
        }
        gauge!(STORE).set(float(i64::try_from(store.bytes().await?).unwrap_or(i64::MAX)));
        Ok(Next::Later)
    }
}

fn measure_target(name: &str, backlog: Backlog, is_healthy: bool, now: Timestamp) {
    gauge!(PENDING, "target" => name.to_owned()).set(float(backlog.pending));
    gauge!(OLDEST, "target" => name.to_owned()).set(age(backlog.since, now));
    gauge!(HEALTHY, "target" => name.to_owned()).set(f64::from(u8::from(is_healthy)));
}

impl Console {
    /// Has the driver measure from now on.
    pub fn start_measures(&self, driver: &Driver) {
        let console = self.clone();
        driver.start(Schedule::every("metrics", EVERY), move || Measures(console.clone()));
    }

    fn measured(&self) -> MutexGuard<'_, Measured> {
        self.measured.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How the background tasks do; read when metrics are, since the task that measures may be the one that hangs.
    pub fn measure_tasks(&self) {
        let mut kinds = BTreeMap::<String, (bool, u32)>::new();
        for gone in &self.measured().kinds {
            kinds.insert(gone.clone(), (true, 0));
        }
        for task in self.tasks() {
            let is_alive = task.is_alive();
            let of_kind = kinds.entry(task.kind).or_insert((true, 0));
            of_kind.0 &= is_alive;
            of_kind.1 += u32::from(task.message.is_some());
        }
        for (kind, (alive, failing)) in &kinds {
            gauge!(ALIVE, "task" => kind.clone()).set(f64::from(u8::from(*alive)));
            gauge!(FAILING, "task" => kind.clone()).set(f64::from(*failing));
        }
        self.measured().kinds.extend(kinds.into_keys());
    }
}

fn age(since: Option<Timestamp>, now: Timestamp) -> f64 {
    since.map_or(0.0, |since| now.duration_since(since).as_secs_f64().max(0.0))
}

#[expect(clippy::cast_precision_loss, reason = "a measure; nobody is woken by the last of 2^52")]
fn float(of: i64) -> f64 {
    of as f64
}
