//! One task a target; they come and go with the targets.

use super::{
    Senders,
    lane::{Ended, LaneWork},
};
use crate::task::{Driver, Failure, Next, Schedule, Task};
use domain::{Condition, TargetConfig, TargetId};
use jiff::Timestamp;
use std::{
    collections::HashSet,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};
use store::{Addressing, DeliveryTarget, Lane, Store, StoreError};
use tokio::task::JoinSet;
use tracing::Instrument;

/// Lanes of one target that are worked at once.
const LANES_AT_ONCE: usize = 8;
/// Without a nudge a worker looks again after this.
const LOOK_AGAIN: Duration = Duration::from_secs(20);
/// How often partitions and tier are read again, and expired events parked.
const HOUSEKEEPING: Duration = Duration::from_mins(5);

/// Partitions and tier are worth waiting for this long; delivery does not depend on them.
const FACTS_TIMEOUT: Duration = Duration::from_secs(5);

/// Event Hubs: 1 MB a request, Basic 256 KB; a little less, for what the service adds.
const STANDARD_BYTES: usize = 1_000_000;
const BASIC_BYTES: usize = 256_000;

/// Delivers: one task for each target, and one that starts them.
#[derive(Clone)]
pub struct Engine {
    store: Store,
    senders: Senders,
    holder: String,
    driver: Driver,
    /// Targets that have a task.
    working: Arc<Mutex<HashSet<TargetId>>>,
}

impl Engine {
    /// For a store.
    pub fn new(store: Store, senders: Senders, driver: Driver) -> Self {
        let holder = store.machine().id().to_string();
        Self { store, senders, holder, driver, working: Arc::default() }
    }

    /// Has the driver deliver from now on. Requests that are under way when it stops are answered and settled.
    pub fn start(self) {
        let nudge = Some((self.store.changes(), Duration::from_millis(50)));
        let driver = self.driver.clone();
        driver.start(Schedule { nudge, ..Schedule::every("delivery", LOOK_AGAIN) }, move || self.clone());
    }

    fn working(&self) -> MutexGuard<'_, HashSet<TargetId>> {
        self.working.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn start_worker(&self, target: &DeliveryTarget) {
        if !self.working().insert(target.id.clone()) {
            return;
        }
        let schedule = Schedule {
            of: Some(target.name.clone()),
            retry: Duration::from_secs(2),
            longest: Duration::from_secs(10),
            // Twenty batches of every lane, each with a timeout of a minute.
            limit: Duration::from_hours(2),
            // Whatever was committed may be work; a moment later there is more of it in one batch.
            nudge: Some((self.store.changes(), Duration::from_millis(20))),
            ..Schedule::every("delivery to a target", LOOK_AGAIN)
        };
        let (engine, id) = (self.clone(), target.id.clone());
        self.driver.start(schedule, move || Worker { engine: engine.clone(), target: id.clone(), housekeeping: None });
    }
}

/// Starts a task for each target that has none.
impl Task for Engine {
    async fn activate(&mut self) -> Result<Next, Failure> {
        for target in self.store.list_targets().await? {
            self.start_worker(&target);
        }
        Ok(Next::Later)
    }
}

struct Worker {
    engine: Engine,
    target: TargetId,
    housekeeping: Option<(Instant, i64)>,
}

/// What there is to do for a target.
enum Work {
    Now,
    At(Option<Timestamp>),
    Gone,
}

impl Task for Worker {
    async fn activate(&mut self) -> Result<Next, Failure> {
        match self.step().await {
            Ok(Work::Now) => Ok(Next::Now),
            Ok(Work::At(until)) => {
                let now = self.engine.store.now();
                let wait = until.and_then(|until| Duration::try_from(until.duration_since(now)).ok());
                Ok(wait.map_or(Next::Later, |wait| Next::After(wait.min(LOOK_AGAIN))))
            }
            Ok(Work::Gone) => {
                self.engine.working().remove(&self.target);
                Ok(Next::Never)
            }
            // Another holder works on it.
            Err(StoreError::LeaseLost(_)) => Ok(Next::Later),
            Err(error) => Err(error.into()),
        }
    }
}

impl Worker {
    /// Does what can be done now; answers when to look again.
    async fn step(&mut self) -> Result<Work, StoreError> {
        let store = self.engine.store.clone();
        let Some(target) = store.find_target(&self.target).await? else { return Ok(Work::Gone) };
        if target.paused_at.is_some() {
            return Ok(Work::At(None));
        }
        let target = self.keep_house(target).await?;
        let lanes = store.lanes_with_work(&target.id, target.lanes).await?;
        if lanes.is_empty() {
            return Ok(Work::At(None));
        }
        let now = store.now();
        if let Some(until) = target.next_attempt_at.filter(|until| *until > now) {
            return Ok(Work::At(Some(until)));
        }
        // With a condition, one event of one lane tells whether it is over; lanes that hold nothing but events that were
        // refused as themselves come last.
        let probe = target.condition != Condition::Ok;
        // While the hub's addresses are being learnt, one request at a time tells most.
        let learning = target.addressing == Addressing::Unknown && target.partitions.is_some();
        let at_once = if probe || learning { 1 } else { LANES_AT_ONCE };
        let mut due = lanes;
        self.engine.store.machine().chance().shuffle(&mut due);
        due.sort_by_key(|lane| !lane.has_fresh);
        let ended = self.work(&target, due, at_once, probe).await?;
        if ended.iter().all(|end| *end == Ended::Idle) {
            return Ok(Work::At(None));
        }
        for end in ended {
            match end {
                Ended::Learnt(addressing) => self.lay_out(&target, addressing).await?,
                Ended::Refused | Ended::Fine | Ended::Idle => {}
            }
        }
        Ok(Work::Now)
    }

    async fn lay_out(&self, target: &DeliveryTarget, addressing: Addressing) -> Result<(), StoreError> {
        self.engine.store.lay_out(&target.id, target.version, addressing, target.partitions, None).await
    }

    async fn work(
        &self,
        target: &DeliveryTarget,
        due: Vec<Lane>,
        at_once: usize,
        probe: bool,
    ) -> Result<Vec<Ended>, StoreError> {
        let secret = match self.engine.store.secret_of(target) {
            Ok(secret) => secret,
            Err(error) => {
                tracing::error!(target.id = %target.id, "{error}");
                None
            }
        };
        let mut running = JoinSet::new();
        let (mut ended, mut failed) = (Vec::new(), None);
        let mut due = due.into_iter();
        loop {
            while running.len() < at_once {
                let Some(lane) = due.next() else { break };
                let work = LaneWork {
                    store: self.engine.store.clone(),
                    senders: self.engine.senders.clone(),
                    target: target.clone(),
                    secret: secret.clone(),
                    holder: self.engine.holder.clone(),
                    lane,
                    probe,
                    cancel: self.engine.driver.cancel().clone(),
                };
                running.spawn(work.run().in_current_span());
            }
            match running.join_next().await {
                None => return failed.map_or(Ok(ended), Err),
                Some(Ok(Ok(end))) => {
                    let stop = !matches!(end, Ended::Fine | Ended::Idle) || (at_once == 1 && end == Ended::Fine);
                    ended.push(end);
                    if stop {
                        // What is under way is settled; nothing new begins before the target is looked at again.
                        due = Vec::new().into_iter();
                    }
                }
                Some(Ok(Err(error))) => {
                    // The other lanes' requests are under way: they are settled before this is said.
                    due = Vec::new().into_iter();
                    failed.get_or_insert(error);
                }
                Some(Err(error)) => tracing::error!("a lane's work ended early: {error}"),
            }
        }
    }

    /// Reads partitions and tier where that is due, and parks what outlived the retry window.
    async fn keep_house(&mut self, target: DeliveryTarget) -> Result<DeliveryTarget, StoreError> {
        let is_due =
            self.housekeeping.is_none_or(|(at, version)| at.elapsed() > HOUSEKEEPING || version != target.version);
        if !is_due {
            return Ok(target);
        }
        let is_changed = self.housekeeping.is_some_and(|(_, version)| version != target.version);
        self.housekeeping = Some((Instant::now(), target.version));
        self.engine.store.park_expired(&target.id).await?;
        if !matches!(target.config, TargetConfig::EventHub(_)) {
            return Ok(target);
        }
        self.engine.store.renumber(&target.id).await?;
        let asked = tokio::time::timeout(FACTS_TIMEOUT, self.engine.senders.hub_facts(&target)).await;
        let (partitions, bytes) = match asked.ok().flatten() {
            Some(facts) => (Some(facts.partitions), if facts.basic { BASIC_BYTES } else { STANDARD_BYTES }),
            // What was read of another address says nothing of this one.
            None if is_changed => (None, BASIC_BYTES),
            None => (target.partitions, target.max_bytes),
        };
        if partitions == target.partitions && bytes == target.max_bytes {
            return Ok(target);
        }
        self.engine.store.lay_out(&target.id, target.version, target.addressing, partitions, Some(bytes)).await?;
        let id = target.id.clone();
        Ok(self.engine.store.find_target(&id).await?.unwrap_or(target))
    }
}
