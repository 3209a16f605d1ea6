//! Checks of an event hub that hold whoever sends to it: how much it takes, who reads it, and where it fails over to.

use super::commands::{az, literal, powershell, quoted, show};
use domain::{
    CheckId, ResourceId, time,
    verdict::{Checked, Known, Verdict},
};

/// The largest event that a namespace of the tier Basic takes, in bytes (Event Hubs quotas).
const BASIC_MOST: u64 = 256 * 1024;

/// What a hub did in the last day.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Load {
    /// Messages that came in.
    pub incoming: f64,
    /// Messages that were read.
    pub outgoing: f64,
    /// Requests that were throttled.
    pub throttled: f64,
    /// Requests beyond a quota.
    pub beyond_quota: f64,
}

/// A pairing for geo disaster recovery.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pairing {
    /// Its alias: the name that a failover follows.
    pub alias: String,
    /// The other namespace.
    pub partner: String,
    /// `Primary`, `PrimaryNotReplicating`, `Secondary`.
    pub role: String,
}

/// What is known of how a hub is used.
#[derive(Debug, Clone)]
pub struct HubUse {
    /// The tier of its namespace, and for how many hours it keeps messages.
    pub kind: Known<(String, i64)>,
    /// What it did in the last day.
    pub load: Known<Load>,
    /// Its namespace's pairing, where there is one.
    pub pairing: Known<Option<Pairing>>,
    /// The largest event that was seen lately, in bytes.
    pub largest: u64,
}

/// The checks of a hub. Numbers are those of the list of checks that the product keeps to.
pub fn hub_checks(name: &str, hub: &ResourceId, facts: &HubUse) -> Vec<Checked> {
    let all = [throughput(hub, facts), size(facts), consumers(hub, facts), readers(hub, facts), failover(hub, facts)];
    all.into_iter().map(|check| check.about(name)).collect()
}

/// Numbers of messages are whole.
fn whole(number: f64) -> String {
    format!("{number:.0}")
}

/// The namespace of a hub, as commands that list take it.
fn within(hub: &ResourceId) -> String {
    let part = |segment: &str| quoted(hub.after(segment).unwrap_or_default());
    format!(
        "--subscription {} --resource-group {} --namespace-name {}",
        part("subscriptions"),
        part("resourceGroups"),
        part("namespaces")
    )
}

const METRICS: &str = "To tell, the identity needs Microsoft.Insights/metrics/read, which Monitoring Reader has.";

const READER: &str = "To tell, the identity needs Reader on the namespace.";

/// What the check rests on could not be had.
fn unknown(check: Checked, why: &str, needs: &str) -> Checked {
    check.but(Verdict::CannotTell, why, "", &[needs])
}

/// 33
fn throughput(hub: &ResourceId, facts: &HubUse) -> Checked {
    let check = Checked::pass(CheckId::HubThroughput, "");
    let origin = facts.load.origin.as_ref();
    match &facts.load.found {
        Err(why) => unknown(check.from(origin), why, METRICS),
        Ok(load) if load.throttled + load.beyond_quota > 0.0 => {
            let namespace = hub.before("eventhubs");
            check
                .seen("throttled in 24 h", whole(load.throttled))
                .seen("beyond a quota", whole(load.beyond_quota))
                .from(origin)
                .but(
                    Verdict::Warning,
                    format!("{} requests were refused in 24 hours.", whole(load.throttled + load.beyond_quota)),
                    "What this console sends is sent again; what Azure's own exports send may be lost, and nothing says so.",
                    &["Give the namespace more throughput units, or let it take more by itself (auto-inflate)."],
                )
                .commands([
                    az(format!("az eventhubs namespace show --ids {}", quoted(namespace))),
                    powershell(format!(
                        "Get-AzMetric -ResourceId {} -MetricName ThrottledRequests,QuotaExceededErrors -TimeGrain 01:00:00",
                        literal(namespace)
                    )),
                ])
        }
        Ok(load) => Checked {
            said: format!("It took {} messages in 24 hours and refused none.", whole(load.incoming)),
            ..check
        }
        .seen("throttled in 24 h", "0")
        .from(origin),
    }
}

/// 34
fn size(facts: &HubUse) -> Checked {
    let check = Checked::pass(CheckId::HubSize, "").seen("largest lately", time::size(facts.largest));
    let origin = facts.kind.origin.as_ref();
    match &facts.kind.found {
        Err(why) => unknown(check.from(origin), why, READER),
        Ok((tier, _)) if tier.eq_ignore_ascii_case("basic") && facts.largest * 2 > BASIC_MOST => {
            let (verdict, said) = if facts.largest > BASIC_MOST {
                (Verdict::Fail, "Some events are larger than the tier Basic takes (256 KB).")
            } else {
                (Verdict::Warning, "The largest events are more than half of what the tier Basic takes (256 KB).")
            };
            check.seen("tier", tier).from(origin).but(
                verdict,
                said,
                "An event that is too large is refused as itself, every time.",
                &["Move to a namespace of the tier Standard: it takes 1 MB."],
            )
        }
        Ok((tier, _)) => {
            Checked { said: format!("They do, in the tier {tier}."), ..check }.seen("tier", tier).from(origin)
        }
    }
}

/// 35
fn consumers(hub: &ResourceId, facts: &HubUse) -> Checked {
    let check = Checked::pass(CheckId::HubConsumers, "");
    let origin = facts.kind.origin.as_ref();
    match &facts.kind.found {
        Err(why) => unknown(check.from(origin), why, READER),
        Ok((tier, hours)) => {
            let check = check.seen("tier", tier).seen("kept for", format!("{hours} h")).from(origin);
            if tier.eq_ignore_ascii_case("basic") {
                check.but(
                    Verdict::Warning,
                    "The tier Basic has one consumer group and keeps messages for one day.",
                    "A second consumer takes events from the first, and one that is away for longer than a day misses some.",
                    &["Move to a namespace of the tier Standard and give each consumer a group of its own."],
                )
            } else if *hours < 24 {
                check
                    .but(
                        Verdict::Warning,
                        format!("Messages are kept for {hours} hours."),
                        "A consumer that is away for longer misses some.",
                        &["Keep messages for a day at least; a weekend is better."],
                    )
                    .commands(show(hub.as_str()))
            } else {
                Checked { said: format!("They can: messages are kept for {hours} hours."), ..check }
            }
        }
    }
}

/// 36
fn readers(hub: &ResourceId, facts: &HubUse) -> Checked {
    let check = Checked::pass(CheckId::HubRead, "");
    let origin = facts.load.origin.as_ref();
    match &facts.load.found {
        Err(why) => unknown(check.from(origin), why, METRICS),
        Ok(load) if load.incoming > 0.0 && load.outgoing < 1.0 => check
            .seen("came in, 24 h", whole(load.incoming))
            .seen("were read, 24 h", whole(load.outgoing))
            .from(origin)
            .but(
                Verdict::Warning,
                "Events arrive and nobody reads them.",
                "The export works; what is missing downstream is lost behind the hub.",
                &[
                    "Look whether the consumer's connection string names this hub (EntityPath), not another one of the namespace.",
                    "Look at its consumer group: one that starts at the end of the stream skips what is there.",
                    "Look at its parser: each message is one alert or recommendation, without records[] around it.",
                ],
            )
            .commands([az(format!("az eventhubs eventhub consumer-group list {} --eventhub-name {}",
                within(hub),
                quoted(hub.name())))]),
        Ok(load) if load.incoming > 0.0 => Checked {
            said: format!("{} messages came in and {} were read in 24 hours.", whole(load.incoming), whole(load.outgoing)),
            ..check
        }
        .seen("were read, 24 h", whole(load.outgoing))
        .from(origin),
        Ok(_) => Checked { said: "Nothing came in in 24 hours.".to_owned(), ..check }.seen("came in, 24 h", "0").from(origin),
    }
}

/// 37
fn failover(hub: &ResourceId, facts: &HubUse) -> Checked {
    let check = Checked::pass(CheckId::HubFailover, "");
    let origin = facts.pairing.origin.as_ref();
    match &facts.pairing.found {
        Err(why) => unknown(check.from(origin), why, READER),
        Ok(None) => Checked { said: "The namespace is paired with no other.".to_owned(), ..check }.from(origin),
        Ok(Some(pairing)) => {
            let check = check
                .seen("alias", &pairing.alias)
                .seen("partner", &pairing.partner)
                .seen("role", &pairing.role)
                .from(origin);
            if pairing.role.eq_ignore_ascii_case("primary") {
                let said = format!("It does: the namespace is the primary of {}.", pairing.alias);
                return Checked { said, ..check };
            }
            let is_second = pairing.role.eq_ignore_ascii_case("secondary");
            let said = if is_second {
                "The namespace is the secondary of its pairing: consumers that follow the alias read the other one."
            } else {
                "The pairing was broken or failed over: nothing is replicated."
            };
            let verdict = if is_second { Verdict::Fail } else { Verdict::Warning };
            check
                .but(verdict, said, "Exports name a namespace, not its alias: a failover does not take them along.", &[
                    "Send to the namespace that is the primary now, and send what went to the other one again (Replay).",
                ])
                .commands([az(format!("az eventhubs georecovery-alias list {}",
                    within(hub)))])
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use Verdict::{CannotTell, Fail, Pass, Warning};

    fn facts() -> HubUse {
        HubUse {
            kind: Ok(("Standard".into(), 168)).into(),
            load: Ok(Load { incoming: 5.0, outgoing: 5.0, ..Load::default() }).into(),
            pairing: Ok(None).into(),
            largest: 4000,
        }
    }

    type Case = (fn(&mut HubUse), &'static str, Verdict);

    #[test]
    fn every_verdict_has_its_facts() {
        let with = |change: fn(&mut HubUse), check: &str| {
            let mut facts = facts();
            change(&mut facts);
            let all = hub_checks("siem", &ResourceId::new("/n/eventhubs/h"), &facts);
            all.into_iter().find(|one| one.check.as_str() == check).map(|one| one.verdict).unwrap()
        };
        let pair = |role: &str| Some(Pairing { alias: "a".into(), partner: "p".into(), role: role.into() });
        assert!(hub_checks("siem", &ResourceId::new("/n/eventhubs/h"), &facts()).iter().all(|one| one.verdict == Pass));
        let cases: [Case; 15] = [
            (|facts| facts.load = Ok(Load { throttled: 1.0, ..Load::default() }).into(), "hub.throughput", Warning),
            (|facts| facts.load = Ok(Load { beyond_quota: 1.0, ..Load::default() }).into(), "hub.throughput", Warning),
            (|facts| facts.load = Err("403".to_owned()).into(), "hub.throughput", CannotTell),
            (|facts| facts.load = Err("403".to_owned()).into(), "hub.read", CannotTell),
            (|facts| facts.load = Ok(Load { incoming: 2.0, ..Load::default() }).into(), "hub.read", Warning),
            (|facts| facts.load = Ok(Load::default()).into(), "hub.read", Pass),
            (|facts| facts.kind = Ok(("Basic".into(), 24)).into(), "hub.consumers", Warning),
            (|facts| facts.kind = Ok(("Standard".into(), 12)).into(), "hub.consumers", Warning),
            (|facts| facts.kind = Err("403".to_owned()).into(), "hub.consumers", CannotTell),
            (|facts| facts.kind = Err("403".to_owned()).into(), "hub.size", CannotTell),
            (
                |facts| {
                    facts.kind = Ok(("Basic".into(), 24)).into();
                    facts.largest = 300_000;
                },
                "hub.size",
                Fail,
            ),
            (
                |facts| {
                    facts.kind = Ok(("Basic".into(), 24)).into();
                    facts.largest = 200_000;
                },
                "hub.size",
                Warning,
            ),
            (|facts| facts.kind = Ok(("Basic".into(), 24)).into(), "hub.size", Pass),
            (|facts| facts.largest = 900_000, "hub.size", Pass),
            (|facts| facts.pairing = Err("403".to_owned()).into(), "hub.failover", CannotTell),
        ];
        for (change, check, verdict) in cases {
            assert_eq!(with(change, check), verdict, "{check}");
        }
        for (role, verdict) in [("Primary", Pass), ("Secondary", Fail), ("PrimaryNotReplicating", Warning)] {
            let facts = HubUse { pairing: Ok(pair(role)).into(), ..facts() };
            let all = hub_checks("siem", &ResourceId::new("/n/eventhubs/h"), &facts);
            assert_eq!(
                all.iter().find(|one| one.check == domain::CheckId::HubFailover).unwrap().verdict,
                verdict,
                "{role}"
            );
        }
    }
}
