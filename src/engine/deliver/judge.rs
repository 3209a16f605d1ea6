//! What an answer means: for the events it was about, for the lane, for the target. Pure.

use domain::Condition;
use jiff::{SignedDuration, Timestamp};
use store::{Settlement, TargetUpdate};

/// What came back from a target.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reply {
    /// It accepted: the one status that its protocol names for that.
    Accepted {
        /// What proves it.
        receipt: String,
    },
    /// It answered something else.
    Refused {
        /// HTTP status.
        status: u16,
        /// What it said, as plain text.
        said: String,
        /// How long it asked to be left alone.
        retry_after: Option<SignedDuration>,
    },
    /// It did not answer.
    Silent {
        /// Why, as far as is known.
        why: String,
    },
    /// No token was sent: the host is not confirmed as the target's.
    Unconfirmed {
        /// Why.
        why: String,
    },
    /// No token or signature could be made.
    NoSignIn {
        /// Why.
        why: String,
    },
}

/// What is known when an answer comes.
#[derive(Debug, Clone, Copy)]
pub struct Situation {
    /// Now.
    pub now: Timestamp,
    /// Events in the request.
    pub events: usize,
    /// Faults of the target in a row, before this answer.
    pub faults: u32,
    /// Failures of the lane in a row, before this answer.
    pub failures: u32,
    /// Since when the lane meets server errors, and nothing else.
    pub failing_since: Option<Timestamp>,
    /// The lane's limit of events a request while a refused batch is halved.
    pub batch_limit: Option<usize>,
    /// A number from 0 to 1 for the jitter.
    pub jitter: f64,
}

/// The meaning of an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Judged {
    /// For the events.
    pub settlement: Settlement,
    /// For lane and target.
    pub update: TargetUpdate,
}

const LEAST_BACKOFF: SignedDuration = SignedDuration::from_secs(1);
const MOST_BACKOFF: SignedDuration = SignedDuration::from_secs(60);
const FIRST_PROBE: SignedDuration = SignedDuration::from_secs(10);
const LAST_PROBE: SignedDuration = SignedDuration::from_mins(5);
/// A server error that lasts this long on several events is taken for one of the events'.
const BISECT_SERVER_ERRORS_AFTER: SignedDuration = SignedDuration::from_mins(10);
/// A server error that lasts this long on a single event is taken for its own.
const BLAME_SERVER_ERRORS_AFTER: SignedDuration = SignedDuration::from_hours(1);
/// From here on a lane's batches are limited by bytes only.
const FULL_BATCH: usize = 2000;

/// Judges an answer.
pub fn judge(reply: &Reply, at: Situation) -> Judged {
    match reply {
        Reply::Accepted { receipt } => accepted(receipt, at),
        Reply::Silent { why } => waits(Condition::Unreachable, why, None, at),
        Reply::NoSignIn { why } => waits(Condition::Unauthorized, why, None, at),
        Reply::Unconfirmed { why } => waits(Condition::Forbidden, why, None, at),
        Reply::Refused { status, said, retry_after } => refused(*status, said, *retry_after, at),
    }
}

fn refused(status: u16, said: &str, retry_after: Option<SignedDuration>, at: Situation) -> Judged {
    let sentence = if said.starts_with(&status.to_string()) { said.to_owned() } else { format!("{status}: {said}") };
    let lower = said.to_lowercase();
    // Event Hubs says 503 when throughput units are used up, and everything says it when it is down.
    let is_busy = status == 429
        || (status == 503 && (retry_after.is_some() || lower.contains("busy") || lower.contains("throttl")));
    match status {
        429 | 503 if is_busy => waits(Condition::Throttled, &sentence, retry_after, at),
        408 => waits(Condition::Unreachable, &sentence, retry_after, at),
        401 => waits(Condition::Unauthorized, &sentence, None, at),
        403 if lower.contains("prevented to connect")
            || lower.contains("firewall")
            || lower.contains("network security perimeter") =>
        {
            waits(Condition::Firewall, &sentence, None, at)
        }
        403 if lower.contains("disabled") => waits(Condition::Disabled, &sentence, None, at),
        403 => waits(Condition::Forbidden, &sentence, None, at),
        404 | 410 => waits(Condition::NotFound, &sentence, None, at),
        413 if at.events > 1 => halve(at),
        413 => Judged {
            settlement: Settlement::Parked { reason: format!("the target takes no event of this size ({sentence})") },
            update: TargetUpdate { batch_limit: at.batch_limit, ..fine() },
        },
        500..=599 => server_error(&sentence, retry_after, at),
        400..=499 if at.events > 1 => halve(at),
        // 400 and its like on one event, and statuses that mean nothing here (a page with 200, a redirect).
        400..=499 => blame(&sentence, Condition::Misconfigured, at),
        _ => {
            let detail = format!("it answered {status}, which is no answer of this service: {said}");
            waits(Condition::Misconfigured, &detail, None, at)
        }
    }
}

fn fine() -> TargetUpdate {
    TargetUpdate {
        condition: Condition::Ok,
        detail: None,
        faults: 0,
        target_waits_until: None,
        failures: 0,
        failing_since: None,
        batch_limit: None,
    }
}

fn accepted(receipt: &str, at: Situation) -> Judged {
    // After a refusal the batches grow again instead of running into the same event at full size.
    let batch_limit = at.batch_limit.map(|limit| limit * 2).filter(|limit| *limit < FULL_BATCH);
    Judged {
        settlement: Settlement::Accepted { receipt: receipt.to_owned() },
        update: TargetUpdate { batch_limit, ..fine() },
    }
}

/// The target's fault: events stay pending, all its lanes wait.
fn waits(condition: Condition, sentence: &str, retry_after: Option<SignedDuration>, at: Situation) -> Judged {
    let pause = if condition.mends_by_waiting() {
        retry_after.unwrap_or(SignedDuration::ZERO).max(backoff(at))
    } else {
        probe_after(at.faults)
    };
    Judged {
        settlement: Settlement::Waits,
        update: TargetUpdate {
            condition,
            detail: Some(sentence.to_owned()),
            faults: at.faults.saturating_add(1),
            target_waits_until: later(at.now, pause),
            failures: at.failures.saturating_add(1),
            failing_since: None,
            batch_limit: at.batch_limit,
        },
    }
}

/// Several events, one of them perhaps at fault: half as many next time, at once.
fn halve(at: Situation) -> Judged {
    Judged {
        settlement: Settlement::Waits,
        update: TargetUpdate { batch_limit: Some((at.events / 2).max(1)), ..fine() },
    }
}

/// One event refused as itself. Whether the fault is its own or the target's is known once another item's event is
/// accepted; the first time that is tried at once, then at the pace of probes.
fn blame(sentence: &str, condition: Condition, at: Situation) -> Judged {
    let pause = if at.faults == 0 { SignedDuration::ZERO } else { probe_after(at.faults - 1) };
    Judged {
        settlement: Settlement::Refused { reason: sentence.to_owned() },
        update: TargetUpdate {
            condition,
            detail: Some(sentence.to_owned()),
            faults: at.faults.saturating_add(1),
            target_waits_until: later(at.now, pause),
            failures: at.failures.saturating_add(1),
            failing_since: at.failing_since.or(Some(at.now)),
            batch_limit: at.batch_limit,
        },
    }
}

fn server_error(sentence: &str, retry_after: Option<SignedDuration>, at: Situation) -> Judged {
    let since = at.failing_since.unwrap_or(at.now);
    let lasts = at.now.duration_since(since);
    if at.events == 1 && lasts >= BLAME_SERVER_ERRORS_AFTER {
        return blame(sentence, Condition::Unreachable, at);
    }
    let mut judged = waits(Condition::Unreachable, sentence, retry_after, at);
    // Only server errors in a row are taken for the events' own; other faults begin anew.
    judged.update.failing_since = Some(since);
    if at.events > 1 && lasts >= BISECT_SERVER_ERRORS_AFTER {
        judged.update.batch_limit = Some((at.events / 2).max(1));
    }
    judged
}

/// Full jitter: anything between the least and twice as much with every fault, at most a minute.
fn backoff(at: Situation) -> SignedDuration {
    let ceiling = LEAST_BACKOFF.as_secs_f64() * 2_f64.powi(i32::try_from(at.faults.min(10)).unwrap_or(10));
    let ceiling = ceiling.min(MOST_BACKOFF.as_secs_f64());
    let seconds = LEAST_BACKOFF.as_secs_f64() + (ceiling - LEAST_BACKOFF.as_secs_f64()) * at.jitter.clamp(0.0, 1.0);
    SignedDuration::try_from_secs_f64(seconds).unwrap_or(LEAST_BACKOFF)
}

/// Probes of a condition that a person must mend: 10 s, doubling to 5 minutes.
fn probe_after(faults: u32) -> SignedDuration {
    FIRST_PROBE.saturating_mul(1 << faults.min(6)).min(LAST_PROBE)
}

fn later(now: Timestamp, by: SignedDuration) -> Option<Timestamp> {
    if by.is_zero() { None } else { now.checked_add(by).ok() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn situation(events: usize) -> Situation {
        let now = Timestamp::from_second(1_790_000_000).unwrap();
        Situation { now, events, faults: 0, failures: 0, failing_since: None, batch_limit: None, jitter: 1.0 }
    }

    fn said(status: u16, said: &str) -> Reply {
        Reply::Refused { status, said: said.into(), retry_after: None }
    }

    #[test]
    fn each_answer_names_its_condition() {
        let cases = [
            (429, "", Condition::Throttled),
            (503, "server busy", Condition::Throttled),
            (503, "Service unavailable", Condition::Unreachable),
            (500, "", Condition::Unreachable),
            (502, "Bad gateway", Condition::Unreachable),
            (401, "ExpiredToken", Condition::Unauthorized),
            (403, "no access", Condition::Forbidden),
            (403, "Ip has been prevented to connect to the endpoint", Condition::Firewall),
            (403, "Messaging entity is currently disabled", Condition::Disabled),
            (404, "", Condition::NotFound),
            (200, "a page", Condition::Misconfigured),
            (302, "", Condition::Misconfigured),
        ];
        for (status, text, condition) in cases {
            let judged = judge(&said(status, text), situation(5));
            assert_eq!((judged.update.condition, judged.settlement), (condition, Settlement::Waits), "{status} {text}");
            assert!(judged.update.target_waits_until.is_some(), "{status}");
        }
    }

    #[test]
    fn a_target_that_asks_for_a_pause_gets_it() {
        let reply =
            Reply::Refused { status: 429, said: String::new(), retry_after: Some(SignedDuration::from_secs(42)) };
        let judged = judge(&reply, situation(5));
        assert_eq!(judged.update.target_waits_until, Some(situation(5).now + SignedDuration::from_secs(42)));
    }

    #[test]
    fn a_pause_of_nothing_is_not_taken_at_its_word() {
        let reply = Reply::Refused { status: 503, said: String::new(), retry_after: Some(SignedDuration::ZERO) };
        assert!(judge(&reply, situation(5)).update.target_waits_until.unwrap() > situation(5).now);
    }

    #[test]
    fn hours_of_another_fault_are_not_counted_as_server_errors() {
        let judged = judge(&said(401, ""), Situation { failing_since: Some(situation(1).now), ..situation(1) });
        assert_eq!(judged.update.failing_since, None);
    }

    #[test]
    fn too_much_at_once_is_halved_until_one_event_parks_alone() {
        let mut events = 9;
        while events > 1 {
            let judged = judge(&said(413, ""), situation(events));
            assert_eq!(judged.settlement, Settlement::Waits);
            events = judged.update.batch_limit.unwrap();
        }
        assert!(matches!(judge(&said(413, ""), situation(1)).settlement, Settlement::Parked { .. }));
    }

    #[test]
    fn one_refused_event_is_not_blamed_before_another_is_accepted() {
        let judged = judge(&said(400, "bad field"), situation(1));
        assert!(matches!(judged.settlement, Settlement::Refused { .. }));
        assert_eq!(judged.update.condition, Condition::Misconfigured);
        assert_eq!(judged.update.target_waits_until, None, "another item is tried at once");
        let again = judge(&said(400, "bad field"), Situation { faults: 1, ..situation(1) });
        assert!(again.update.target_waits_until.is_some());
    }

    #[test]
    fn server_errors_bisect_after_ten_minutes_and_are_blamed_on_one_event_after_an_hour() {
        let since = |mins| Some(situation(1).now - SignedDuration::from_mins(mins));
        let several = |mins| judge(&said(500, ""), Situation { failing_since: since(mins), ..situation(8) });
        assert_eq!(several(9).update.batch_limit, None);
        assert_eq!(several(11).update.batch_limit, Some(4));
        let alone = |mins| judge(&said(500, ""), Situation { failing_since: since(mins), ..situation(1) }).settlement;
        assert_eq!(alone(59), Settlement::Waits);
        assert!(matches!(alone(61), Settlement::Refused { .. }));
    }

    proptest! {
        #[test]
        fn backoff_and_probes_stay_in_their_bounds(faults in 0_u32..100, jitter in 0.0..1.0_f64, status in prop_oneof![Just(429_u16), Just(401)]) {
            let at = Situation { faults, jitter, ..situation(3) };
            let pause = judge(&said(status, ""), at).update.target_waits_until.unwrap().duration_since(at.now);
            let (least, most) = if status == 429 { (LEAST_BACKOFF, MOST_BACKOFF) } else { (FIRST_PROBE, LAST_PROBE) };
            prop_assert!(pause >= least && pause <= most);
        }

        #[test]
        fn no_answer_loses_or_doubles_an_event(status in 100_u16..600, events in 1_usize..50) {
            let judged = judge(&said(status, ""), situation(events));
            // Whatever is refused stays, unless it is a single event that can be told apart.
            prop_assert!(judged.settlement == Settlement::Waits || events == 1);
            let delivered = matches!(judged.settlement, Settlement::Accepted { .. });
            prop_assert!(!delivered);
        }
    }
}
