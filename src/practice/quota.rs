//! Quotas: Resource Graph's 15 queries in 5 seconds, and throughput units of Event Hubs.

use std::collections::HashMap;
use std::time::{Duration, Instant};

/// Queries per window.
const QUERIES: u32 = 15;
/// The window of queries.
const WINDOW: Duration = Duration::from_secs(5);
/// Requests about automations that a subscription has; they come back within an hour.
const AUTOMATIONS: f64 = 100.0;
/// Bytes a second for each throughput unit.
const UNIT_BYTES: f64 = 1_048_576.0;
/// Events a second for each throughput unit.
const UNIT_EVENTS: f64 = 1000.0;

/// All quotas; switched off they let everything pass.
#[derive(Debug)]
pub(super) struct Quotas {
    pub enabled: bool,
    queries: HashMap<String, (Instant, u32)>,
    units: HashMap<String, Bucket>,
    automations: HashMap<String, (Instant, f64)>,
}

#[derive(Debug)]
struct Bucket {
    at: Instant,
    bytes: f64,
    events: f64,
}

/// How many queries are left, and how long until all are there again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Left {
    pub remaining: u32,
    pub resets_after: Duration,
    pub refused: bool,
}

impl Quotas {
    pub(super) fn new(enabled: bool) -> Self {
        Self { enabled, queries: HashMap::new(), units: HashMap::new(), automations: HashMap::new() }
    }

    /// Counts a query of this principal.
    pub(super) fn query(&mut self, principal: &str, now: Instant) -> Left {
        if !self.enabled {
            return Left { remaining: QUERIES, resets_after: WINDOW, refused: false };
        }
        let window = self.queries.entry(principal.to_owned()).or_insert((now, 0));
        if now.saturating_duration_since(window.0) >= WINDOW {
            *window = (now, 0);
        }
        let resets_after = WINDOW.saturating_sub(now.saturating_duration_since(window.0));
        if window.1 >= QUERIES {
            return Left { remaining: 0, resets_after, refused: true };
        }
        window.1 += 1;
        Left { remaining: QUERIES - window.1, resets_after, refused: false }
    }

    /// Counts a request about the automations of a subscription; answers how many are left. Nothing is refused: the
    /// header is all a caller has to go by.
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between 0 and 99")]
    pub(super) fn automations(&mut self, subscription: &str, now: Instant) -> u32 {
        let bucket = self.automations.entry(subscription.to_lowercase()).or_insert((now, AUTOMATIONS));
        let seconds = now.saturating_duration_since(bucket.0).as_secs_f64();
        *bucket = (now, (bucket.1 + seconds * AUTOMATIONS / 3600.0).min(AUTOMATIONS));
        bucket.1 = (bucket.1 - 1.0).max(0.0);
        bucket.1 as u32
    }

    /// Whether a namespace with that many throughput units takes these events now.
    #[expect(clippy::cast_precision_loss, reason = "sizes of requests are far below 2^52")]
    pub(super) fn send(&mut self, namespace: &str, units: u32, bytes: usize, events: usize, now: Instant) -> bool {
        if !self.enabled {
            return true;
        }
        let (full_bytes, full_events) = (UNIT_BYTES * f64::from(units), UNIT_EVENTS * f64::from(units));
        let bucket = self.units.entry(namespace.to_owned()).or_insert(Bucket {
            at: now,
            bytes: full_bytes,
            events: full_events,
        });
        let seconds = now.saturating_duration_since(bucket.at).as_secs_f64();
        bucket.at = now;
        bucket.bytes = (bucket.bytes + seconds * full_bytes).min(full_bytes);
        bucket.events = (bucket.events + seconds * full_events).min(full_events);
        let fits = bucket.bytes >= bytes as f64 && bucket.events >= events as f64;
        if fits {
            bucket.bytes -= bytes as f64;
            bucket.events -= events as f64;
        }
        fits
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sixteenth_query_is_refused_until_the_window_ends() {
        let mut quotas = Quotas::new(true);
        let now = Instant::now();
        for left in (0..15).rev() {
            assert_eq!(quotas.query("me", now).remaining, left);
        }
        assert!(quotas.query("me", now).refused);
        assert!(!quotas.query("you", now).refused);
        assert!(!quotas.query("me", now + WINDOW).refused);
        quotas.enabled = false;
        assert!(!quotas.query("me", now).refused);
    }

    #[test]
    fn a_throughput_unit_is_a_megabyte_or_a_thousand_events_a_second() {
        let mut quotas = Quotas::new(true);
        let now = Instant::now();
        assert!(quotas.send("ns", 1, 1000, 1000, now));
        assert!(!quotas.send("ns", 1, 1000, 1, now));
        assert!(quotas.send("ns", 1, 1000, 500, now + Duration::from_millis(600)));
        assert!(!quotas.send("other", 1, 2_000_000, 1, now));
    }
}
