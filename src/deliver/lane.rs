//! One lane worked until it is empty or something goes wrong.

use super::{
    Reply, Senders, Situation, judge,
    sender::{Sent, TIMEOUT},
};
use crate::{
    domain::{Condition, TargetConfig, time},
    store::{Addressing, Claim, Claimed, DeliveryTarget, Lane, LaneLease, Settlement, Store, StoreError, TargetUpdate},
};
use jiff::SignedDuration;
use secrecy::SecretString;
use tokio_util::sync::CancellationToken;

/// A lease outlives the request it is taken for.
const LEASE: SignedDuration = SignedDuration::from_secs(120);
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
    /// Nothing was to be done, or another replica works the lane.
    Idle,
    /// The target or an event of it refused something.
    Refused,
    /// A batch was refused at a partition's address: the whole hub is tried next.
    TryWhole,
    /// The way the hub is addressed was learnt: its lanes are laid out anew.
    Learnt(Addressing),
}

impl LaneWork {
    pub(super) async fn run(mut self) -> Result<Ended, StoreError> {
        for batch in 0..BATCHES {
            let nothing = if batch == 0 { Ended::Idle } else { Ended::Fine };
            if self.cancel.is_cancelled() {
                return Ok(nothing);
            }
            let Some(lease) = self.store.take_lane(&self.target.id, self.lane.lane, &self.holder, LEASE).await? else {
                return Ok(nothing);
            };
            let events = self.claim(&lease).await?;
            if events.is_empty() {
                return Ok(nothing);
            }
            let ended = self.attempt(&lease, &events).await?;
            if ended != Ended::Fine || self.probe {
                return Ok(ended);
            }
        }
        Ok(Ended::Fine)
    }

    /// The next events; where only refused ones are left, the oldest of them, to see whether it is taken now.
    async fn claim(&self, lease: &LaneLease) -> Result<Vec<Claimed>, StoreError> {
        let limit = if self.probe { 1 } else { self.lane.batch_limit.unwrap_or(EVENTS).min(EVENTS) };
        let next = Claim::Next { events: limit, bytes: self.target.max_bytes };
        let events = self.store.claim(lease, next).await?;
        if events.is_empty() {
            return self.store.claim(lease, Claim::Refused).await;
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
        let timeout = SignedDuration::try_from(TIMEOUT).unwrap_or(SignedDuration::ZERO);
        let attempt = self.store.begin_attempt(lease, &seqs, &address, batch.size, timeout).await?;
        let started = self.store.now();
        let mut sent = self.senders.send(&self.target, self.secret.clone(), &address, batch.body, started).await;
        if let (Reply::Accepted { receipt }, Some(note)) = (&mut sent.reply, batch.note) {
            *receipt = format!("{receipt}; {note}");
        }
        let now = self.store.now();
        let seconds = now.duration_since(started).as_secs_f64();
        metrics::histogram!("continuous_export_attempt_seconds", "target" => self.target.name.clone()).record(seconds);
        if self.is_about_the_address(&sent) {
            let update = TargetUpdate { detail: None, ..self.unchanged() };
            self.store.settle(lease, &attempt, &sent.answer, &Settlement::Waits, &update).await?;
            return Ok(Ended::TryWhole);
        }
        let at = Situation {
            now,
            events: taken.len(),
            faults: self.target.faults,
            failures: self.lane.failures,
            failing_since: self.lane.failing_since,
            batch_limit: self.lane.batch_limit,
            jitter: fastrand::f64(),
        };
        let judged = judge(&sent.reply, at);
        self.store.settle(lease, &attempt, &sent.answer, &judged.settlement, &judged.update).await?;
        self.log(&judged.update, taken.len(), &sent);
        self.lane.batch_limit = judged.update.batch_limit;
        self.lane.failures = judged.update.failures;
        self.lane.failing_since = judged.update.failing_since;
        Ok(match (&judged.settlement, self.target.addressing) {
            (Settlement::Accepted { .. }, Addressing::TryingWhole) => Ended::Learnt(Addressing::Whole),
            (Settlement::Accepted { .. }, Addressing::Unknown)
                if taken.len() > 1 && self.target.partitions.is_some() =>
            {
                Ended::Learnt(Addressing::Partitions)
            }
            // The whole hub refused the same batch: the address was not to blame.
            (_, Addressing::TryingWhole) => Ended::Learnt(Addressing::Unknown),
            (Settlement::Accepted { .. } | Settlement::Parked { .. }, _) => Ended::Fine,
            (Settlement::Waits, _) if judged.update.condition == Condition::Ok => Ended::Fine,
            _ => Ended::Refused,
        })
    }

    /// Whether a refusal may be about a partition's address rather than about the events.
    fn is_about_the_address(&self, sent: &Sent) -> bool {
        let at_partition = matches!(self.target.config, TargetConfig::EventHub(_))
            && self.target.partitions.is_some()
            && matches!(self.target.addressing, Addressing::Unknown | Addressing::Partitions);
        at_partition && matches!(sent.reply, Reply::Refused { status: 400 | 404 | 405 | 415, .. })
    }

    fn unchanged(&self) -> TargetUpdate {
        TargetUpdate {
            condition: self.target.condition,
            detail: self.target.condition_detail.clone(),
            faults: self.target.faults,
            target_waits_until: None,
            lane_waits_until: None,
            failures: self.lane.failures,
            failing_since: self.lane.failing_since,
            batch_limit: self.lane.batch_limit,
        }
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
