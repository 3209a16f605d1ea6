//! What is asked about how event hubs are used: the same for targets of this console and for places of Azure's own exports.

use azure::{Arm, HubMetric, HubState, witness::known};
use diagnosis::hub::{HubUse, Load, Pairing};
use domain::{ResourceId, verdict::Known};
use jiff::{SignedDuration, Timestamp};
use std::time::Duration;

/// What takes longer cannot be had.
pub(super) const PATIENCE: Duration = Duration::from_millis(1500);
/// The time that metrics are summed over.
const A_DAY: SignedDuration = SignedDuration::from_hours(24);

/// How a hub is used; `kind` and `largest` are known to whoever asks.
pub(super) async fn hub_usage(
    arm: &Arm,
    hub: &ResourceId,
    kind: Known<(String, i64)>,
    largest: u64,
    now: Timestamp,
) -> HubUse {
    let since = now.checked_sub(A_DAY).unwrap_or(now);
    let (load, pairing) =
        tokio::join!(known(PATIENCE, arm.hub_metrics(hub, since, now)), known(PATIENCE, arm.hub_pairing(hub)));
    let pairing =
        pairing.map(|found| found.map(|one| Pairing { alias: one.alias, partner: one.partner, role: one.role }));
    HubUse { kind, load: load.map(|all| load_of(&all)), pairing, largest }
}

fn load_of(all: &[HubMetric]) -> Load {
    let sum = |name: &str| {
        let of = all.iter().filter(|metric| metric.name == name);
        of.flat_map(|metric| &metric.hours).map(|(_, number)| number).sum::<f64>()
    };
    Load {
        incoming: sum("IncomingMessages"),
        outgoing: sum("OutgoingMessages"),
        throttled: sum("ThrottledRequests"),
        beyond_quota: sum("QuotaExceededErrors"),
    }
}

/// The tier of a hub's namespace, and for how many hours it keeps messages.
pub(super) fn kind_of(state: Known<Option<HubState>>) -> Known<(String, i64)> {
    let kind = |hub: HubState| Ok((hub.tier, hub.hours));
    let found = state.found.and_then(|hub| hub.map_or_else(|| Err("The event hub is not there.".to_owned()), kind));
    Known { found, origin: state.origin }
}
