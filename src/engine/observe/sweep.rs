//! Sweeps: reading everything of a kind, for what carries no date, changed silently or vanished.

use super::{
    page::{PageOf, commit_deletion},
    plan::is_due,
    shape::RowError,
    trouble::WatchError,
    vanished::{Answer, CHECKS, SWEEPS, ends, read_answer, too_much_lost},
    watcher::{GROUP, Watcher, logged},
};
use crate::task::{Failure, Next, Task};
use domain::{Change, Export, ItemKey, Kind, Place, SubscriptionId};
use jiff::{SignedDuration, Timestamp};
use std::{
    collections::{BTreeMap, HashMap},
    time::Duration,
};
use store::{StoreError, Sweep};

/// Items that may fail before no other is asked for.
const FAILURES: usize = 3;

/// Reads everything of the kinds that are due.
pub(super) struct FullScan(pub(super) Watcher);

impl Task for FullScan {
    async fn activate(&mut self) -> Result<Next, Failure> {
        let (mut wait, mut failed) = (Duration::ZERO, None);
        for kind in Kind::ALL.iter().copied() {
            if self.0.cancel.is_cancelled() {
                break;
            }
            if let Err((message, retry_after)) = self.0.scan(kind).await {
                wait = wait.max(retry_after);
                failed = Some(message);
            }
        }
        failed.map_or(Ok(Next::Later), |message| Err(logged(message, wait)))
    }
}

impl Watcher {
    /// Scans all that is due of a kind; the failure, and how long Azure asks to wait.
    async fn scan(&self, kind: Kind) -> Result<(), (String, Duration)> {
        let sweeps = match self.due_sweeps(kind).await {
            Ok(sweeps) => sweeps,
            Err(error) => {
                let message = error.to_string();
                self.report::<()>("begin a full scan", Err(error.into()));
                return Err((message, Duration::ZERO));
            }
        };
        let (mut wait, mut failed) = (Duration::ZERO, None);
        for sweep in sweeps {
            let result = self.sweep(&sweep).await;
            match &result {
                Ok(()) => {}
                Err(WatchError::Stopping) => return Ok(()),
                Err(error) => {
                    let (_, detail) = error.condition();
                    wait = wait.max(error.retry_after().unwrap_or_default());
                    let problem = format!("The last full scan of {kind}s did not complete: {detail}");
                    failed = Some(detail);
                    let marked = self.store.set_sweep_problem(kind, &sweep.subscriptions, Some(&problem)).await;
                    self.report("record a full scan's problem", marked.map_err(WatchError::from));
                }
            }
            self.report(&format!("scan all {kind}s"), result);
        }
        failed.map_or(Ok(()), |message| Err((message, wait)))
    }

    async fn due_sweeps(&self, kind: Kind) -> Result<Vec<Sweep>, StoreError> {
        let mut sweeps = self.store.open_sweeps(&self.tenant, kind).await?;
        let now = self.store.now();
        let age = SignedDuration::try_from(self.pace.sweep).unwrap_or(SignedDuration::MAX);
        let due = self.store.due_for_sweep(&self.tenant, kind, now.saturating_sub(age).unwrap_or(now)).await?;
        let snapshots = if due.is_empty() { Vec::new() } else { self.due_snapshots(kind, now).await? };
        for group in due.chunks(GROUP) {
            let of_group = group.iter().filter(|id| snapshots.contains(id)).cloned().collect();
            sweeps.push(self.store.begin_sweep(kind, group.to_vec(), of_group).await?);
        }
        Ok(sweeps)
    }

    /// Where some export is to get the whole state of a kind.
    async fn due_snapshots(&self, kind: Kind, now: Timestamp) -> Result<Vec<SubscriptionId>, StoreError> {
        // What is no longer wanted is not due, whatever earlier versions said.
        let wants = |export: &Export| export.body.is_ours() && export.body.source_for(kind, Change::Snapshot).is_some();
        let mut histories = Vec::new();
        for export in self.store.list_exports().await?.into_iter().filter(wants) {
            let versions = self.store.export_versions(&export.id).await?;
            histories.push(versions.into_iter().rev().map(|(_, saved, _, body)| (saved, body)).collect::<Vec<_>>());
        }
        if histories.is_empty() {
            return Ok(Vec::new());
        }
        let last: HashMap<SubscriptionId, Option<Timestamp>> =
            self.store.last_snapshots(kind).await?.into_iter().collect();
        let watched = self.store.watched_subscriptions(Some(&self.tenant)).await?;
        let is_due = |place: &Place| {
            let last = last.get(&place.id)?;
            histories.iter().any(|history| is_due(history, place, kind, *last, now)).then_some(())
        };
        Ok(watched
            .into_iter()
            .map(|one| one.place)
            .filter(|place| is_due(place).is_some())
            .map(|place| place.id)
            .collect())
    }

    async fn sweep(&self, sweep: &Sweep) -> Result<(), WatchError> {
        let broken = self.read_pages(sweep.kind, &sweep.subscriptions, None, Some(sweep)).await?;
        if self.store.is_first_sweep(sweep.kind, &sweep.subscriptions).await? {
            // A subscription whose role was taken away meanwhile answered nothing: its baseline is not complete.
            self.look_for_unlisted().await?;
        }
        let (mut problems, missed) = self.compare_with_known(sweep).await?;
        self.store.complete_sweep(sweep, &missed).await?;
        let mut of_subscription: BTreeMap<&SubscriptionId, Vec<&RowError>> = BTreeMap::new();
        for error in &broken {
            let subscription = error.subscription.as_ref().or(sweep.subscriptions.first());
            if let Some(id) = subscription {
                of_subscription.entry(id).or_default().push(error);
            }
        }
        for (id, errors) in of_subscription {
            let detail = format!("{} could not be read: {}", items(errors.len()), errors[0]);
            problems.entry(id.clone()).and_modify(|known| *known = format!("{known} {detail}")).or_insert(detail);
        }
        // A sweep that went on at its cursor has not seen everything: what it could not read is named until one has.
        if sweep.cursor.is_empty() {
            let well: Vec<_> = sweep.subscriptions.iter().filter(|id| !problems.contains_key(id)).cloned().collect();
            self.store.set_sweep_problem(sweep.kind, &well, None).await?;
        }
        for (id, detail) in problems {
            self.store.set_sweep_problem(sweep.kind, std::slice::from_ref(&id), Some(&detail)).await?;
        }
        if ends(sweep.kind) {
            let looked = self.look_for_missed(sweep).await;
            self.report("ask whether what full scans no longer find is gone", looked);
        }
        Ok(())
    }

    /// What a sweep has not met: subscriptions that lost too much to believe it, with a sentence, and the items missed in
    /// the others.
    async fn compare_with_known(
        &self,
        sweep: &Sweep,
    ) -> Result<(BTreeMap<SubscriptionId, String>, Vec<ItemKey>), WatchError> {
        if !ends(sweep.kind) {
            return Ok((BTreeMap::new(), Vec::new()));
        }
        let mut problems = BTreeMap::new();
        let mut believed = Vec::new();
        for (id, met) in self.store.met_by(sweep).await? {
            match too_much_lost(sweep.kind, met) {
                Some(sentence) => drop(problems.insert(id, sentence)),
                None if met.met < met.known => believed.push(id),
                None => {}
            }
        }
        let missed = if believed.is_empty() { Vec::new() } else { self.store.not_met_by(sweep, &believed).await? };
        Ok((problems, missed))
    }

    /// Asks for items that several sweeps have missed, one by one, and writes the ones that are gone.
    async fn look_for_missed(&self, sweep: &Sweep) -> Result<(), WatchError> {
        let mut unsure = Vec::new();
        let mut failures = 0;
        let mut result = Ok(());
        for item in self.store.missed(sweep.kind, &sweep.subscriptions, SWEEPS, CHECKS).await? {
            if self.cancel.is_cancelled() {
                return Err(WatchError::Stopping);
            }
            let read_at = self.store.now();
            let answer = self.security.assessment(&item.item_id).await;
            match read_answer(answer.as_ref().map(drop)) {
                Answer::Gone => {
                    let lease = self.lease().await?;
                    let of = PageOf { tenant: &self.tenant, kind: sweep.kind, lease, read_at, sweep: None };
                    let new = commit_deletion(&self.store, &of, &item).await?;
                    metrics::counter!("continuous_export_events_observed_total", "kind" => sweep.kind.as_str())
                        .increment(new as u64);
                }
                Answer::Unsure => unsure.push(item.key),
                // One item that always fails does not hold up the others; when several do, the service is ill.
                Answer::Later => {
                    failures += 1;
                    let failed =
                        answer.as_ref().err().and_then(|error| error.fault()).is_some_and(|fault| fault.status >= 500);
                    if failed && failures < FAILURES {
                        unsure.push(item.key);
                        continue;
                    }
                    result = answer.map(drop).map_err(WatchError::from);
                    break;
                }
            }
        }
        self.store.look_again_later(sweep.kind, &unsure).await?;
        result
    }
}

fn items(count: usize) -> String {
    if count == 1 { "One item".to_owned() } else { format!("{count} items") }
}
