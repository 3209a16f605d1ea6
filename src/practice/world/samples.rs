//! Sample alerts: what `alerts/default/simulate` raises, a while after it was asked.

use jiff::{SignedDuration, Timestamp};

use super::alert::Recipe;
use super::alert_types::{ALERT_TYPES, AlertType};
use super::resources::Kind;
use super::{Pending, World};
use crate::dice::dice;

/// (bundle, the plan whose alerts it samples).
const BUNDLES: &[(&str, &str)] = &[
    ("AppServices", "AppServices"),
    ("DNS", "Arm"),
    ("KeyVaults", "KeyVaults"),
    ("KubernetesService", "Containers"),
    ("ResourceManager", "Arm"),
    ("SqlServers", "SqlServers"),
    ("StorageAccounts", "StorageAccounts"),
    ("VirtualMachines", "VirtualMachines"),
    ("CosmosDbs", "CosmosDbs"),
];

/// Alerts of each bundle.
const EACH: usize = 2;

/// The bundle in the specification's letter case.
pub(crate) fn bundle(text: &str) -> Option<&'static str> {
    BUNDLES.iter().map(|(name, _)| *name).find(|known| known.eq_ignore_ascii_case(text))
}

impl World {
    /// Orders the samples.
    pub(crate) fn simulate(&mut self, at: Timestamp, subscription: &str, bundles: &[String], caller: &str) {
        let wait = SignedDuration::from_secs(if self.is_small() { 2 } else { 20 });
        let id = format!("/subscriptions/{subscription}");
        self.control.log(at, &id, "Microsoft.Security/locations/alerts/simulate/action", caller);
        let samples = Pending::Samples { subscription: subscription.to_owned(), bundles: bundles.to_vec() };
        self.pending.push((at.checked_add(wait).unwrap_or(at), samples));
    }

    /// Raises them.
    pub(super) fn raise_samples(&mut self, at: Timestamp, subscription: &str, bundles: &[String]) {
        let about = |resource: &super::Resource| {
            resource.kind == Kind::Subscription && resource.subscription.eq_ignore_ascii_case(subscription)
        };
        let Some(resource) = self.resources.iter().position(about) else {
            return;
        };
        for bundle in bundles {
            let plan = BUNDLES.iter().find(|(name, _)| name == bundle).map_or("Arm", |(_, plan)| *plan);
            let fitting: Vec<&'static AlertType> = ALERT_TYPES.iter().filter(|known| known.plan == plan).collect();
            let start = dice(self.seed, bundle, self.made).usize(..fitting.len().max(1));
            for alert_type in fitting.iter().cycle().skip(start).take(EACH.min(fitting.len())) {
                self.made += 1;
                let mut recipe = Recipe::new(self.seed, self.made, at, alert_type, resource);
                recipe.sample = true;
                self.insert_alert(recipe);
            }
        }
    }

    /// Has a remediation end in a while.
    pub(crate) fn begin_remediation(&mut self, at: Timestamp, id: &str) {
        let due = at.checked_add(self.remediation_takes()).unwrap_or(at);
        self.pending.push((due, Pending::Remediation(id.to_owned())));
    }
}
