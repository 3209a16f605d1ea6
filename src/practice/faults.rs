//! Faults on demand: what goes wrong, where, for how long, and how often.

use std::time::{Duration, Instant};

use serde::Deserialize;
use serde_json::{Value, json};

/// The services faults can be given to.
pub(super) const SERVICES: &[&str] = &["token", "arm", "graph", "event-hubs", "ingestion", "query"];

/// What can go wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fault {
    Throttle,
    Outage,
    Slow,
    Reset,
    ExpiredKey,
    RoleRevoked,
    Firewall,
    Disabled,
    ClockSkew,
    Gone,
    NoPartitionBatches,
    Html,
    Garbage,
    RepeatPage,
    ForeignNextLink,
    CertificateExpired,
    WrongTenant,
    Truncated,
    Conflict,
}

/// Names on the wire.
const NAMES: &[(&str, Fault)] = &[
    ("throttle", Fault::Throttle),
    ("outage", Fault::Outage),
    ("slow", Fault::Slow),
    ("reset", Fault::Reset),
    ("expired-key", Fault::ExpiredKey),
    ("role-revoked", Fault::RoleRevoked),
    ("firewall", Fault::Firewall),
    ("disabled", Fault::Disabled),
    ("clock-skew", Fault::ClockSkew),
    ("gone", Fault::Gone),
    ("no-partition-batches", Fault::NoPartitionBatches),
    ("html", Fault::Html),
    ("garbage", Fault::Garbage),
    ("repeat-page", Fault::RepeatPage),
    ("foreign-next-link", Fault::ForeignNextLink),
    ("certificate-expired", Fault::CertificateExpired),
    ("wrong-tenant", Fault::WrongTenant),
    ("truncated", Fault::Truncated),
    ("conflict", Fault::Conflict),
];

/// What someone asks for.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Order {
    service: String,
    fault: String,
    /// `500ms`, `30s`, `5m` or `1h`; 60 s when absent.
    #[serde(rename = "for", default)]
    duration: Option<String>,
    /// Share of requests, 0–1; all when absent.
    #[serde(default)]
    share: Option<f64>,
}

#[derive(Debug)]
struct InForce {
    service: &'static str,
    name: &'static str,
    fault: Fault,
    until: Instant,
    share: f64,
}

/// The faults in force.
#[derive(Debug, Default)]
pub(super) struct Faults(Vec<InForce>);

impl Faults {
    /// Puts a fault in force, or says why not.
    pub(super) fn add(&mut self, order: &Order, now: Instant) -> Result<(), String> {
        let service = SERVICES.iter().find(|known| **known == order.service);
        let service =
            *service.ok_or_else(|| format!("`service` is `{}`; allowed are {}", order.service, SERVICES.join(", ")))?;
        let (name, fault) = NAMES.iter().copied().find(|(name, _)| *name == order.fault).ok_or_else(|| {
            let names: Vec<&str> = NAMES.iter().map(|(name, _)| *name).collect();
            format!("`fault` is `{}`; allowed are {}", order.fault, names.join(", "))
        })?;
        let duration = match &order.duration {
            None => Duration::from_mins(1),
            Some(text) => {
                read_duration(text).ok_or_else(|| format!("`for` is `{text}`; write 500ms, 30s, 5m or 1h"))?
            }
        };
        let share = order.share.unwrap_or(1.0);
        if !(0.0..=1.0).contains(&share) {
            return Err(format!("`share` is {share}; allowed is 0 to 1"));
        }
        let until = now.checked_add(duration).ok_or("`for` is too long")?;
        self.0.retain(|known| known.until > now && (known.service, known.fault) != (service, fault));
        self.0.push(InForce { service, name, fault, until, share });
        Ok(())
    }

    /// Ends all faults.
    pub(super) fn clear(&mut self) {
        self.0.clear();
    }

    /// The faults that strike this request.
    pub(super) fn strike(&self, service: &str, now: Instant) -> Vec<Fault> {
        let in_force = self.0.iter().filter(|known| known.service == service && known.until > now);
        in_force.filter(|known| fastrand::f64() < known.share).map(|known| known.fault).collect()
    }

    /// For `/_practice/state`.
    pub(super) fn describe(&self, now: Instant) -> Vec<Value> {
        let in_force = self.0.iter().filter(|known| known.until > now);
        in_force
            .map(|known| {
                let left = known.until.saturating_duration_since(now).as_secs_f64();
                json!({"service": known.service, "fault": known.name, "share": known.share, "seconds_left": left})
            })
            .collect()
    }
}

fn read_duration(text: &str) -> Option<Duration> {
    let digits = text.find(|c: char| !c.is_ascii_digit())?;
    let count: u64 = text.get(..digits)?.parse().ok()?;
    match text.get(digits..)? {
        "ms" => Some(Duration::from_millis(count)),
        "s" => Some(Duration::from_secs(count)),
        "m" => Some(Duration::from_secs(count.checked_mul(60)?)),
        "h" => Some(Duration::from_secs(count.checked_mul(3600)?)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unknown_names_are_answered_with_the_allowed_ones() {
        let mut faults = Faults::default();
        let order = |service: &str, fault: &str| Order {
            service: service.to_owned(),
            fault: fault.to_owned(),
            duration: Some("30s".to_owned()),
            share: None,
        };
        assert!(faults.add(&order("mail", "outage"), Instant::now()).unwrap_err().contains("event-hubs"));
        assert!(faults.add(&order("graph", "flood"), Instant::now()).unwrap_err().contains("clock-skew"));
        faults.add(&order("graph", "outage"), Instant::now()).unwrap();
        assert_eq!(faults.strike("graph", Instant::now()), vec![Fault::Outage]);
        assert!(faults.strike("arm", Instant::now()).is_empty());
        assert!(faults.strike("graph", Instant::now() + Duration::from_secs(31)).is_empty());
    }

    #[test]
    fn durations_are_read() {
        assert_eq!(read_duration("30s"), Some(Duration::from_secs(30)));
        assert_eq!(read_duration("5m"), Some(Duration::from_mins(5)));
        assert_eq!(read_duration("5"), None);
        assert_eq!(read_duration("soon"), None);
    }
}
