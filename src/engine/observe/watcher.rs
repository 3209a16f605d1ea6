//! Watching one tenant: the tasks that keep the ledger up to date.

use super::{
    page::{PageOf, commit_page},
    reader::RowReader,
    shape::RowError,
    sweep::FullScan,
    trouble::WatchError,
};
use crate::task::{Driver, Failure, Next, Schedule, Task};
use azure::{AzureError, Query, SUBSCRIPTIONS_A_REQUEST, Security, SubscriptionAnswer, Tenant, Tenants};
use domain::text::chain;
use domain::{Kind, SubscriptionId, TenantId};
use jiff::{SignedDuration, Timestamp};
use std::{
    collections::{BTreeMap, HashSet},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};
use store::{ListedSubscription, Store, StoreError, Sweep};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

pub(super) const GROUP: usize = SUBSCRIPTIONS_A_REQUEST;
const LEASE_LIVES: i64 = 120_000_000;
/// Items are asked for from this much before the watermark: sources date late.
const OVERLAP: SignedDuration = SignedDuration::from_hours(1);
/// How often subscriptions and plans are listed.
const LIST_EVERY: Duration = Duration::from_mins(5);
/// A scan of thousands of subscriptions is paced by Azure's quota; one that takes longer than this is stuck.
const LONGEST_SCAN: Duration = Duration::from_hours(6);
/// A clock this far from Azure's is worth a warning.
const CLOCK_TOLERANCE: SignedDuration = SignedDuration::from_mins(2);

/// How often to look.
#[derive(Debug, Clone, Copy)]
pub struct Pace {
    /// Between fresh queries.
    pub poll: Duration,
    /// Between sweeps of the same subscription and kind.
    pub sweep: Duration,
}

/// What watching as a whole suffers from; conditions of single subscriptions are in the store.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Status {
    /// What went wrong last, in a sentence; `None` while all is well.
    pub problem: Option<String>,
    /// Since when.
    pub since: Option<Timestamp>,
    /// How far this machine's clock is from Azure's, when that is too far.
    pub clock: Option<String>,
}

/// Watches one tenant.
#[derive(Clone)]
pub struct Watcher {
    pub(super) store: Store,
    pub(super) security: Security,
    pub(super) tenant: TenantId,
    pub(super) pace: Pace,
    others: Arc<[TenantId]>,
    lease: String,
    holder: String,
    status: watch::Sender<Status>,
    reader: RowReader,
    problems: Arc<Mutex<BTreeMap<String, Problem>>>,
    pub(super) cancel: CancellationToken,
}

/// Something that goes wrong again and again, and since when.
type Problem = (String, Timestamp);

impl Watcher {
    /// For a store and one of the console's tenants. What belongs to another of them is left to its own watcher.
    pub fn new(store: Store, tenant: &Tenant, all: &Tenants, pace: Pace, cancel: CancellationToken) -> Self {
        let holder = store.machine().id().to_string();
        let (status, _) = watch::channel(Status::default());
        Self {
            store,
            reader: RowReader::new(tenant.security.clone()),
            security: tenant.security.clone(),
            others: all.iter().filter(|other| other.id != tenant.id).map(|other| other.id.clone()).collect(),
            lease: format!("watch {}", tenant.id),
            tenant: tenant.id.clone(),
            pace,
            holder,
            status,
            problems: Arc::default(),
            cancel,
        }
    }

    /// What watching its tenant suffers from, live.
    pub fn status(&self) -> (TenantId, watch::Receiver<Status>) {
        (self.tenant.clone(), self.status.subscribe())
    }

    /// Has the driver watch from now on. Pages that are being written when it stops are finished.
    pub fn start(self, driver: &Driver, tenant: &str) {
        let retry = Duration::from_secs(5);
        let of = |kind, every, retry| Schedule {
            of: Some(tenant.to_owned()),
            retry,
            longest: retry,
            limit: LONGEST_SCAN,
            ..Schedule::every(kind, every)
        };
        let (list, fresh, poll) = (self.clone(), self.clone(), self.pace.poll);
        driver.start(of("listing subscriptions", LIST_EVERY, retry), move || Listing(list.clone()));
        driver.start(of("incremental scan", poll, poll), move || IncrementalScan(fresh.clone()));
        let pause = self.pace.sweep.min(Duration::from_secs(1));
        driver.start(of("full scan", pause, retry), move || FullScan(self.clone()));
    }

    async fn list(&self) -> Result<(), WatchError> {
        let ids = self.list_subscriptions().await?;
        for group in ids.chunks(GROUP) {
            let automations = self.security.automations(group).await?;
            self.store.record_automations(group, &automations).await?;
            let mut plans = self.security.plans(group).await?;
            let texts = group.iter().map(|id| {
                let of_one = plans.remove(id.as_str()).unwrap_or_default();
                (id.clone(), serde_json::to_string(&of_one).unwrap_or_default())
            });
            self.store.record_plans(&texts.collect::<Vec<_>>()).await?;
            if self.cancel.is_cancelled() {
                return Err(WatchError::Stopping);
            }
        }
        Ok(())
    }

    /// Whether a subscription is this watcher's. Identities may see other tenants' subscriptions (Azure Lighthouse): those
    /// are watched too, unless their own tenant is among the console's.
    fn is_ours(&self, one: &SubscriptionAnswer) -> bool {
        let Some(of) = one.tenant_id.as_deref() else { return true };
        !self.others.iter().any(|other| other.as_str().eq_ignore_ascii_case(of))
    }

    /// Asks anew which subscriptions are listed, and nothing else of them.
    pub(super) async fn look_for_unlisted(&self) -> Result<(), WatchError> {
        let answered = self.security.arm.subscriptions().await?;
        let answered = answered.iter().filter(|one| self.is_ours(one));
        let listed: Vec<_> = answered.filter_map(|one| SubscriptionId::parse(&one.subscription_id).ok()).collect();
        Ok(self.store.mark_unlisted(&self.tenant, &listed).await?)
    }

    /// Lists the subscriptions group by group, so that the first of thousands are watched while the last are still asked for.
    async fn list_subscriptions(&self) -> Result<Vec<SubscriptionId>, WatchError> {
        let mut answered = Vec::new();
        for one in self.security.arm.subscriptions().await?.into_iter().filter(|one| self.is_ours(one)) {
            let id = SubscriptionId::parse(&one.subscription_id)
                .map_err(|error| AzureError::Shape { what: "the list of subscriptions", detail: error.to_string() })?;
            answered.push((id, one));
        }
        let known: HashSet<SubscriptionId> =
            self.store.watched_subscriptions(None).await?.into_iter().map(|one| one.place.id).collect();
        let mut listed = Vec::new();
        let mut surroundings_read = Ok(());
        for group in answered.chunks(GROUP) {
            if self.cancel.is_cancelled() {
                return Err(WatchError::Stopping);
            }
            // Management groups and tags: scopes may lean on them, so what cannot be read stays as it was.
            let ids: Vec<_> = group.iter().map(|(id, _)| id.clone()).collect();
            let (mut surroundings, all_read) = match self.security.containers(&ids).await {
                Ok(found) => (found, true),
                Err(error) => {
                    surroundings_read = Err(error.into());
                    (BTreeMap::new(), false)
                }
            };
            let mut rows = Vec::with_capacity(group.len());
            for (id, one) in group {
                let of_one = surroundings.remove(id.as_str());
                // A new subscription is not watched before it is known which scopes cover it: what happened meanwhile would
                // be decided without them.
                if of_one.is_none() && !all_read && !known.contains(id) {
                    continue;
                }
                rows.push(ListedSubscription {
                    surroundings: of_one,
                    id: id.clone(),
                    tenant: self.tenant.clone(),
                    name: one.display_name.clone(),
                    state: one.state.clone(),
                });
            }
            self.store.record_subscriptions(&rows).await?;
            listed.extend(rows.into_iter().map(|row| row.id));
        }
        self.report("read management groups and tags", surroundings_read);
        let all: Vec<_> = answered.into_iter().map(|(id, _)| id).collect();
        self.store.mark_unlisted(&self.tenant, &all).await?;
        // What is watched in another tenant already is read there.
        let ours: HashSet<SubscriptionId> =
            self.store.watched_subscriptions(Some(&self.tenant)).await?.into_iter().map(|one| one.id).collect();
        listed.retain(|id| ours.contains(id));
        Ok(listed)
    }

    /// Asks for what is new in every group of subscriptions; answers how long Azure asks to wait, and the last failure.
    async fn scan_for_new(&self) -> Result<(), Failure> {
        let (mut wait, mut failed) = (Duration::ZERO, None);
        // What carries no date cannot be asked for by it: full scans find it.
        for kind in Kind::ALL.iter().copied().filter(|kind| kind.is_dated()) {
            for (at, group) in self.groups().await?.into_iter().enumerate() {
                let result = self.fresh(kind, &group).await;
                let problem = result.as_ref().err().filter(|error| !matches!(error, WatchError::Stopping));
                let condition = problem.map(WatchError::condition);
                if let Some(error) = problem {
                    wait = wait.max(error.retry_after().unwrap_or_default());
                    failed = Some(error.condition().1);
                }
                let condition = condition.as_ref().map(|(word, detail)| (*word, detail.as_str()));
                let marked = self.store.set_watch_condition(kind, &group, condition).await;
                self.report("record a source's condition", marked.map_err(WatchError::from));
                self.report(&format!("ask for new {kind}s of group {}", at + 1), result);
            }
        }
        failed.map_or(Ok(()), |message| Err(logged(message, wait)))
    }

    async fn groups(&self) -> Result<Vec<Vec<SubscriptionId>>, StoreError> {
        let all = self.store.watched_subscriptions(Some(&self.tenant)).await?;
        let ids: Vec<_> = all.into_iter().map(|one| one.place.id).collect();
        Ok(ids.chunks(GROUP).map(<[SubscriptionId]>::to_vec).collect())
    }

    async fn fresh(&self, kind: Kind, group: &[SubscriptionId]) -> Result<(), WatchError> {
        let started = self.store.now();
        let from = self.store.watermark(kind, group).await?.map_or(started, |complete| complete.min(started));
        let since = from.saturating_sub(OVERLAP).unwrap_or(from);
        self.read_pages(kind, group, Some(since), None).await?;
        self.store.complete_fresh(kind, group, started).await?;
        Ok(())
    }

    /// Takes or keeps the lease on watching; answers its name and fence.
    pub(super) async fn lease(&self) -> Result<(&str, i64), StoreError> {
        let fence = self.store.lease(&self.lease, &self.holder, LEASE_LIVES).await?;
        Ok((&self.lease, fence.ok_or_else(|| StoreError::LeaseLost(self.lease.clone()))?))
    }

    /// Reads and commits page after page; answers the rows that could not be read.
    pub(super) async fn read_pages(
        &self,
        kind: Kind,
        group: &[SubscriptionId],
        since: Option<Timestamp>,
        sweep: Option<&Sweep>,
    ) -> Result<Vec<RowError>, WatchError> {
        let mut after = sweep.map(|sweep| sweep.cursor.clone()).unwrap_or_default();
        let mut top = 1000;
        let mut broken = Vec::new();
        loop {
            if self.cancel.is_cancelled() {
                return Err(WatchError::Stopping);
            }
            let lease = self.lease().await?;
            let read_at = self.store.now();
            let query = Query { kind, subscriptions: group, since, after: &after };
            let page = self.security.items(query, &mut top).await?;
            self.compare_clocks(page.date, read_at);
            let Some(last) = page.rows.last().and_then(|row| row.get("id")?.as_str()).map(str::to_owned) else {
                if page.rows.is_empty() {
                    return Ok(broken);
                }
                let detail = "the last row of a page has no id".to_owned();
                return Err(AzureError::Shape { what: "a Resource Graph query", detail }.into());
            };
            if last.as_str() <= after.as_str() {
                return Err(WatchError::Repeats(after));
            }
            let mut rows = Vec::with_capacity(page.rows.len());
            for row in &page.rows {
                match self.reader.read(kind, row).await? {
                    Ok(observation) => rows.push(observation),
                    Err(error) => broken.push(error),
                }
            }
            let full = page.more || page.rows.len() >= top;
            let of =
                PageOf { tenant: &self.tenant, kind, lease, read_at, sweep: sweep.map(|sweep| (sweep, last.as_str())) };
            let read = rows.len();
            let new = commit_page(&self.store, &of, rows).await?;
            tracing::debug!(kind = kind.as_str(), rows = read, events = new, "a page was read and written");
            metrics::counter!("continuous_export_events_observed_total", "kind" => kind.as_str()).increment(new as u64);
            after = last;
            if !full {
                for error in &broken {
                    tracing::warn!(item = %error.item, path = error.path, "a row of {kind} data could not be read: {error}");
                }
                return Ok(broken);
            }
            if let Some(rest) = page.rest.and_then(|rest| Duration::try_from(rest).ok()) {
                sleep(&self.cancel, rest).await;
            }
        }
    }

    fn compare_clocks(&self, azure: Option<Timestamp>, here: Timestamp) {
        let Some(azure) = azure else { return };
        let apart = here.duration_since(azure);
        let clock = (apart.abs() > CLOCK_TOLERANCE).then(|| {
            let side = if apart.is_negative() { "behind" } else { "ahead of" };
            let length = domain::time::length(apart.abs());
            format!("This machine's clock is {length} {side} Azure's. Times shown here, and signatures made here, are off by that much: set the clock.")
        });
        self.status.send_if_modified(|status| {
            // The distance changes by the second; that it is too large does not.
            if status.clock.is_some() == clock.is_some() {
                return false;
            }
            if let Some(sentence) = &clock {
                tracing::warn!("{sentence}");
            }
            status.clock = clock;
            true
        });
    }

    /// Logs a failure once when it begins and once when it is over, and shows what goes on.
    pub(super) fn report<T>(&self, doing: &str, result: Result<T, WatchError>) {
        let mut problems = self.problems.lock().unwrap_or_else(PoisonError::into_inner);
        match result {
            Err(WatchError::Stopping) => return,
            Ok(_) => {
                if problems.remove(doing).is_none() {
                    return;
                }
                tracing::info!("{doing}: works again");
            }
            Err(error) => {
                let (_, sentence) = error.condition();
                let since = problems.get(doing).map_or_else(|| self.store.now(), |(_, since)| *since);
                let known = problems.insert(doing.to_owned(), (sentence.clone(), since));
                if known.is_some_and(|(before, _)| before == sentence) {
                    return;
                }
                tracing::warn!(error = %chain(&error), "could not {doing}: {sentence}");
            }
        }
        let first =
            problems.iter().next().map(|(doing, (sentence, since))| (format!("Could not {doing}: {sentence}"), *since));
        drop(problems);
        self.status.send_modify(|status| {
            status.since = first.as_ref().map(|(_, since)| *since);
            status.problem = first.map(|(sentence, _)| sentence);
        });
    }
}

/// A failure that [`Watcher::report`] has logged.
pub(super) fn logged(message: String, wait: Duration) -> Failure {
    Failure { message, retry_after: Some(wait).filter(|wait| !wait.is_zero()), is_logged: true }
}

/// Lists the subscriptions of a tenant, with their plans and automations.
struct Listing(Watcher);

impl Task for Listing {
    async fn activate(&mut self) -> Result<Next, Failure> {
        let result = self.0.list().await;
        let problem = result.as_ref().err().filter(|error| !matches!(error, WatchError::Stopping));
        let failed = problem.map(|error| error.condition().1);
        self.0.report("list subscriptions", result);
        failed.map_or(Ok(Next::Later), |message| Err(logged(message, Duration::ZERO)))
    }
}

/// Asks for what is dated at or after the watermark.
struct IncrementalScan(Watcher);

impl Task for IncrementalScan {
    async fn activate(&mut self) -> Result<Next, Failure> {
        self.0.scan_for_new().await.map(|()| Next::Later)
    }
}

/// Sleeps; answers true when cancelled meanwhile.
pub(super) async fn sleep(cancel: &CancellationToken, length: Duration) -> bool {
    tokio::select! {
        () = cancel.cancelled() => true,
        () = tokio::time::sleep(length) => false,
    }
}
