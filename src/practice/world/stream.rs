//! When something happens by itself, and what: a schedule from seed and rate.

use jiff::{SignedDuration, Timestamp};

use crate::dice::dice;

/// Something that happens by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Happening {
    /// A new alert of this severity.
    Alert(&'static str),
    /// A recommendation changes its state.
    Recommendation,
    /// An alert gets another status, without a new date.
    Status,
}

/// The schedule since its start (the first start, or the last change of the rate).
#[derive(Debug)]
pub(crate) struct Stream {
    rng: fastrand::Rng,
    rate: f64,
    next: Option<Timestamp>,
}

impl Stream {
    /// `rate` = happenings per minute; 0 or less = none.
    pub(crate) fn new(seed: u64, from: Timestamp, rate: f64) -> Self {
        let number = u64::try_from(from.as_microsecond()).unwrap_or_default();
        let mut stream = Self { rng: dice(seed, "stream", number), rate, next: None };
        stream.next = stream.after(from);
        stream
    }

    /// Happenings per minute.
    pub(crate) fn rate(&self) -> f64 {
        self.rate
    }

    /// When the next happens.
    pub(crate) fn next(&self) -> Option<Timestamp> {
        self.next
    }

    /// The next one that is due.
    pub(crate) fn take(&mut self, now: Timestamp) -> Option<(Timestamp, Happening)> {
        let at = self.next.filter(|at| *at <= now)?;
        let happening = match self.rng.u8(..100) {
            ..60 => Happening::Alert(roll_severity(&mut self.rng)),
            60..90 => Happening::Recommendation,
            _ => Happening::Status,
        };
        self.next = self.after(at);
        Some((at, happening))
    }

    /// Gaps are exponential, as between things that do not know of each other.
    fn after(&mut self, at: Timestamp) -> Option<Timestamp> {
        if self.rate <= 0.0 || !self.rate.is_finite() {
            return None;
        }
        let seconds = -(1.0 - self.rng.f64()).ln() * 60.0 / self.rate;
        let gap = SignedDuration::from_micros(micros(seconds.clamp(0.001, 86_400.0)));
        at.checked_add(gap).ok()
    }
}

#[expect(clippy::cast_possible_truncation, reason = "at most a day")]
fn micros(seconds: f64) -> i64 {
    (seconds * 1e6) as i64
}

/// High 25 %, Medium 35 %, Low 30 %, Informational 10 %.
pub(crate) fn roll_severity(rng: &mut fastrand::Rng) -> &'static str {
    match rng.u8(..100) {
        ..25 => "High",
        25..60 => "Medium",
        60..90 => "Low",
        _ => "Informational",
    }
}
