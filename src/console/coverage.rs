//! Coverage, and the exports that Azure delivers, as they were read last.

use super::{Actor, Console, ConsoleError};
use automation::{Automation, read_export};
use domain::{AzureExport, Condition, Place, SubscriptionId, coverage::CoverageRow};
use rules::coverage::{ConsoleExport, coverage};
use std::{collections::HashMap, sync::Arc};
use store::DeliveryTarget;
use tokio::sync::Mutex;

/// The automations of each subscription.
pub(super) type BySubscription = HashMap<SubscriptionId, Vec<AzureExport>>;

/// What the store said of its automations, and what they are.
type Last = Option<((i64, Option<i64>), Arc<BySubscription>)>;

/// The automations as they were read last.
#[derive(Debug, Clone, Default)]
pub(super) struct Automations(Arc<Mutex<Last>>);

impl Console {
    /// Every export that Azure delivers in the subscriptions the actor may see, with the subscription's name.
    pub async fn azure_exports(&self, actor: &Actor) -> Result<Vec<(AzureExport, String)>, ConsoleError> {
        let places = self.places(actor).await?;
        let all = self.automations().await?;
        let of = |(place, name): (Place, String)| {
            let exports = all.get(&place.id).cloned().unwrap_or_default();
            exports.into_iter().map(move |export| (export, name.clone()))
        };
        Ok(places.into_iter().flat_map(of).collect())
    }

    /// Per subscription and kind of data: who exports it to where, and what falls short.
    pub async fn coverage(&self, actor: &Actor) -> Result<Vec<CoverageRow>, ConsoleError> {
        let places = self.places(actor).await?;
        let (ours, theirs) = (self.exports_with_places().await?, self.automations().await?);
        Ok(places.iter().map(|(place, name)| coverage(place, name, &ours, of(&theirs, &place.id))).collect())
    }

    /// The console's exports with the places they send to.
    pub(super) async fn exports_with_places(&self) -> Result<Vec<ConsoleExport>, ConsoleError> {
        let targets = self.store.list_targets().await?;
        // What Azure delivers counts as its automations do, not as what is wanted of them.
        let ours = self.store.list_exports().await?.into_iter().filter(|export| export.body.is_ours());
        let exports = ours.map(|export| {
            let target = targets.iter().find(|target| target.id == export.body.target);
            let resource = target.and_then(|target| target.config.resource_id().cloned());
            // A pause of a person's counts; what passes by itself does not.
            let stuck = target.map(DeliveryTarget::standing);
            let stuck = stuck.filter(|one| *one != Condition::Ok && !one.mends_by_waiting());
            ConsoleExport {
                stuck,
                target: target.map(|target| target.name.clone()).unwrap_or_default(),
                resource,
                export,
            }
        });
        Ok(exports.collect())
    }

    /// Every automation of every subscription; one that cannot be read is left out. They are read anew when the watcher
    /// has listed them, not for every page.
    pub(super) async fn automations(&self) -> Result<Arc<BySubscription>, ConsoleError> {
        let stamp = self.store.automations_stamp().await?;
        let mut last = self.automations.0.lock().await;
        if let Some((_, known)) = last.as_ref().filter(|(of, _)| *of == stamp) {
            return Ok(known.clone());
        }
        let mut found = BySubscription::new();
        for (subscription, text) in self.store.azure_automations().await? {
            if let Some(export) = Automation::parse(&text).and_then(|found| read_export(subscription, &found)) {
                found.entry(export.subscription.clone()).or_default().push(export);
            }
        }
        let found = Arc::new(found);
        *last = Some((stamp, Arc::clone(&found)));
        Ok(found)
    }
}

/// The automations of one subscription.
pub(super) fn of<'a>(all: &'a BySubscription, id: &SubscriptionId) -> &'a [AzureExport] {
    all.get(id).map_or(&[], Vec::as_slice)
}
