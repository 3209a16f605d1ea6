//! One lane worked until it is empty or something goes wrong.

use super::{
    Reply, Senders, Situation,
    batch::{Batch, Sent, TIMEOUT},
    judge,
};
use domain::{AttemptId, Condition, time};
use jiff::SignedDuration;
use secrecy::SecretString;
use std::time::{Duration, Instant};
use store::{
    Addressing, Begun, Claim, Claimed, DeliveryTarget, Lane, LaneLease, Settled, Settlement, Store, StoreError,
    TargetUpdate,
};
use tokio_util::sync::CancellationToken;
use tracing::Instrument;

/// A lease outlives the request it is taken for.
const LEASE: SignedDuration = SignedDuration::from_secs(120);
/// After this the lease is taken again.
const RENEW: Duration = Duration::from_secs(45);
/// Batches a lane sends before the target's settings are read again.
const BATCHES: usize = 20;
/// The most events one claim looks at.
const EVENTS: usize = 2000;

/// Everything a lane needs for its work.
pub(super) struct LaneWork {
    pub(super) store: Store,
    pub(super) senders: Senders,
    pub(super) target: DeliveryTarget,
    pub(super) secret: Option<SecretString>,
    pub(super) holder: String,
    pub(super) lane: Lane,
    /// Only one event, to see whether the target takes anything.
    pub(super) probe: bool,
    pub(super) cancel: CancellationToken,
}

/// How the work on a lane ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ended {
    /// Something was done, and nothing went wrong.
    Fine,
    /// Nothing was to be done, or something changed meanwhile that must be looked at first.
    Idle,
    /// The target or an event of it refused something.
    Refused,
    /// The way the hub is addressed was learnt: its lanes are laid out anew.
    Learnt(Addressing),
}

impl LaneWork {
    pub(super) async fn run(mut self) -> Result<Ended, StoreError> {
        let mut lease: Option<(LaneLease, Instant)> = None;
        for batch in 0..BATCHES {
            let nothing = if batch == 0 { Ended::Idle } else { Ended::Fine };
            if self.cancel.is_cancelled() {
                return Ok(nothing);
            }
            let held = if let Some(held) = lease.take().filter(|(_, taken)| taken.elapsed() < RENEW) {
                held
            } else {
                let (target, lane) = (&self.target, self.lane.lane);
                let Some(lease) = self.store.take_lane(&target.id, lane, &self.holder, LEASE, target.version).await?
                else {
                    return Ok(nothing);
                };
                (lease, Instant::now())
            };
            let events = self.claim(&held.0).await?;
            if events.is_empty() {
                return Ok(nothing);
            }
            match self.attempt(&held.0, &events).await? {
                Ended::Fine if !self.probe => lease = Some(held),
                ended => return Ok(ended),
            }
        }
        Ok(Ended::Fine)
    }

    /// The next events. An event that was refused as itself is tried once more as soon as the target has accepted
    /// something since, and where nothing else is left.
    async fn claim(&self, lease: &LaneLease) -> Result<Vec<Claimed>, StoreError> {
        if let (false, Some(before)) = (self.probe, self.target.last_success_at) {
            let again = self.store.claim(lease, Claim::Refused { before: Some(before) }).await?;
            if !again.is_empty() {
                return Ok(again);
            }
        }
        let limit = if self.probe { 1 } else { self.lane.batch_limit.unwrap_or(EVENTS).min(EVENTS) };
        let events = self.store.claim(lease, Claim::Next { events: limit, bytes: self.target.max_bytes }).await?;
        if events.is_empty() {
            return self.store.claim(lease, Claim::Refused { before: None }).await;
        }
        Ok(events)
    }

    async fn attempt(&mut self, lease: &LaneLease, events: &[Claimed]) -> Result<Ended, StoreError> {
        let batch = Senders::encode(&self.target, events, self.store.now());
        let taken = &events[..batch.events];
        if batch.size > self.target.max_bytes {
            // At least one event is taken whatever its size: this one alone is larger than any request may be.
            let (is, most) = (time::size(batch.size as u64), time::size(self.target.max_bytes as u64));
            let reason = format!("it is too large: {is} as sent, and this target takes {most} a request");
            self.store.park_alone(taken[0].seq, &reason).await?;
            return Ok(Ended::Fine);
        }
        let seqs: Vec<i64> = taken.iter().map(|event| event.seq).collect();
        let address = Senders::address(&self.target, self.lane.lane, taken[0].kind);
        let Some((attempt, sent)) = self.send(lease, &seqs, &address, &batch).await? else { return Ok(Ended::Idle) };
        let Some(whole) = Senders::whole_address(&self.target, &sent.reply) else {
            return self.settle(lease, &attempt, &sent, taken.len(), None).await;
        };
        // It may be the address of the partition that was refused: the same batch tells, sent to the whole hub.
        self.store.settle(lease, &attempt, &sent.answer, &Settlement::Waits, None).await?;
        let Some((attempt, sent)) = self.send(lease, &seqs, &whole, &batch).await? else { return Ok(Ended::Idle) };
        self.settle(lease, &attempt, &sent, taken.len(), Some(Addressing::Whole)).await
    }

    /// Writes the attempt and sends it; `None` when something changed meanwhile and nothing was sent.
    async fn send(
        &self,
        lease: &LaneLease,
        seqs: &[i64],
        address: &str,
        batch: &Batch,
    ) -> Result<Option<(AttemptId, Sent)>, StoreError> {
        let timeout = SignedDuration::try_from(TIMEOUT).unwrap_or(SignedDuration::ZERO);
        let attempt = match self.store.begin_attempt(lease, seqs, address, batch.size, timeout).await? {
            Begun::Attempt(attempt) => attempt,
            Begun::Changed => return Ok(None),
        };
        let started = self.store.now();
        let span = tracing::info_span!("attempt", target = self.target.name, attempt = %attempt, events = seqs.len());
        let sending = self.senders.send(&self.target, self.secret.clone(), address, batch.body.clone(), started);
        let mut sent = sending.instrument(span.clone()).await;
        if let (Reply::Accepted { receipt }, Some(note)) = (&mut sent.reply, &batch.note) {
            *receipt = format!("{receipt}; {note}");
        }
        let seconds = self.store.now().duration_since(started).as_secs_f64();
        metrics::histogram!("continuous_export_attempt_seconds", "target" => self.target.name.clone()).record(seconds);
        span.in_scope(|| tracing::debug!(status = sent.answer.status, seconds, bytes = batch.size, "answered"));
        Ok(Some((attempt, sent)))
    }

    /// Judges the answer and settles; `learnt` is what an acceptance tells of the hub's addresses.
    async fn settle(
        &mut self,
        lease: &LaneLease,
        attempt: &AttemptId,
        sent: &Sent,
        events: usize,
        learnt: Option<Addressing>,
    ) -> Result<Ended, StoreError> {
        let at = Situation {
            now: self.store.now(),
            events,
            faults: self.target.faults,
            failures: self.lane.failures,
            failing_since: self.lane.failing_since,
            batch_limit: self.lane.batch_limit,
            jitter: self.store.machine().chance().f64(),
        };
        let judged = judge(&sent.reply, at);
        let settled = self.store.settle(lease, attempt, &sent.answer, &judged.settlement, Some(&judged.update)).await?;
        tracing::debug!(attempt = %attempt, events, condition = %judged.update.condition, "settled");
        self.log(&judged.update, events, sent);
        self.lane.batch_limit = judged.update.batch_limit;
        self.lane.failures = judged.update.failures;
        self.lane.failing_since = judged.update.failing_since;
        let at_partitions = self.target.partitions.is_some() && self.target.addressing == Addressing::Unknown;
        Ok(match (&judged.settlement, settled) {
            (_, Settled::TooLate) => Ended::Idle,
            (_, Settled::Parked) | (Settlement::Parked { .. }, _) => Ended::Fine,
            (Settlement::Accepted { .. }, _) => match learnt {
                Some(addressing) => Ended::Learnt(addressing),
                None if at_partitions && events > 1 => Ended::Learnt(Addressing::Partitions),
                None => Ended::Fine,
            },
            (Settlement::Waits, _) if judged.update.condition == Condition::Ok => Ended::Fine,
            _ => Ended::Refused,
        })
    }

    fn log(&self, update: &TargetUpdate, events: usize, sent: &Sent) {
        let (name, id) = (&self.target.name, &self.target.id);
        let result = if matches!(sent.reply, Reply::Accepted { .. }) { "accepted" } else { "refused" };
        metrics::counter!("continuous_export_attempts_total", "target" => name.clone(), "result" => result)
            .increment(1);
        if result == "accepted" {
            metrics::counter!("continuous_export_events_delivered_total", "target" => name.clone())
                .increment(events as u64);
        }
        if update.condition != self.target.condition {
            let detail = update.detail.as_deref().unwrap_or("it takes events again");
            tracing::warn!(target.id = %id, condition = %update.condition, "target {name}: {} ({detail})", update.condition.label());
        }
    }
}
