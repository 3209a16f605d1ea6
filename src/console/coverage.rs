//! Coverage, and the exports that Azure delivers, as they were read last.

use super::{Actor, Console, ConsoleError};
use crate::{
    domain::{AzureExport, Place, ResourceId, SubscriptionId, TargetHint, coverage::CoverageRow, time},
    rules::coverage::{ConsoleExport, coverage},
};
use serde_json::Value;
use std::{collections::HashMap, sync::Arc};
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
            ConsoleExport { target: target.map(|target| target.name.clone()).unwrap_or_default(), resource, export }
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
            if let Some(export) = read(subscription, &text) {
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

/// An automation as Azure answered it; none when it is not one that can be read.
pub(super) fn read(subscription: SubscriptionId, text: &str) -> Option<AzureExport> {
    let found = crate::template::read(text).ok()?.found.into_iter().next()?;
    let json: Value = serde_json::from_str(text).ok()?;
    let list = |path: &str| json.pointer(path).and_then(Value::as_array).cloned().unwrap_or_default();
    let scopes: Vec<ResourceId> = list("/properties/scopes")
        .iter()
        .filter_map(|scope| Some(ResourceId::new(scope.get("scopePath")?.as_str()?)))
        .collect();
    let is_whole = scopes.is_empty() || scopes.iter().any(|scope| scope.after("resourceGroups").is_none());
    let is_logic_app =
        |action: &&Value| action["actionType"].as_str().is_some_and(|kind| kind.eq_ignore_ascii_case("LogicApp"));
    Some(AzureExport {
        id: ResourceId::new(json.get("id")?.as_str()?),
        subscription,
        name: found.automation,
        enabled: found.enabled,
        only_group: scopes
            .iter()
            .find_map(|scope| scope.after("resourceGroups"))
            .filter(|_| !is_whole)
            .map(str::to_owned),
        sources: found.sources,
        location: json.get("location").and_then(Value::as_str).unwrap_or_default().to_owned(),
        trusted_service: found
            .actions
            .iter()
            .any(|hint| matches!(hint, TargetHint::EventHub { trusted_service: true, .. })),
        key_rule: found.actions.iter().find_map(|hint| match hint {
            TargetHint::EventHub { key_name, .. } => key_name.clone(),
            TargetHint::Workspace { .. } => None,
        }),
        changed: changed(&json),
        targets: found.actions.iter().map(|hint| hint.resource_id().clone()).collect(),
        logic_apps: list("/properties/actions").iter().filter(is_logic_app).count(),
    })
}

/// When it was changed last and by whom; real answers say so although no specification does.
fn changed(json: &Value) -> Option<(jiff::Timestamp, String)> {
    let metadata = json.pointer("/properties/metadata")?;
    let text = |name: &str| metadata.get(name).and_then(Value::as_str);
    let at = time::parse(text("lastUpdatedDateTimeUtc").or_else(|| text("createdDateTimeUtc"))?)?;
    Some((at, text("lastUpdatedBy").or_else(|| text("createdBy")).unwrap_or_default().to_owned()))
}
