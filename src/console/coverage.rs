//! Coverage, and the exports that Azure delivers, as they were read last.

use super::{Actor, Console, ConsoleError};
use crate::{
    domain::{
        ResourceId, SubscriptionId, TargetConfig,
        coverage::{AzureExport, CoverageRow},
    },
    rules::coverage::{ConsoleExport, coverage},
};
use serde_json::Value;

impl Console {
    /// Every export that Azure delivers in the subscriptions the actor may see, with the subscription's name.
    pub async fn azure_exports(&self, actor: &Actor) -> Result<Vec<(AzureExport, String)>, ConsoleError> {
        let places = self.places(actor).await?;
        let named = |export: AzureExport| {
            let (_, name) = places.iter().find(|(place, _)| place.id == export.subscription)?;
            Some((export, name.clone()))
        };
        Ok(self.automations().await?.into_iter().filter_map(named).collect())
    }

    /// Per subscription and kind of data: who exports it to where, and what falls short.
    pub async fn coverage(&self, actor: &Actor) -> Result<Vec<CoverageRow>, ConsoleError> {
        let places = self.places(actor).await?;
        let (ours, theirs) = (self.exports_with_places().await?, self.automations().await?);
        Ok(places.iter().map(|(place, name)| coverage(place, name, &ours, &theirs)).collect())
    }

    /// The console's exports with the places they send to.
    pub(super) async fn exports_with_places(&self) -> Result<Vec<ConsoleExport>, ConsoleError> {
        let targets = self.store.list_targets().await?;
        let exports = self.store.list_exports().await?.into_iter().map(|export| {
            let target = targets.iter().find(|target| target.id == export.body.target);
            let resource = target.and_then(|target| match &target.config {
                TargetConfig::EventHub(hub) => hub.resource_id.clone(),
                TargetConfig::Workspace(workspace) => workspace.resource_id.clone(),
            });
            ConsoleExport { target: target.map(|target| target.name.clone()).unwrap_or_default(), resource, export }
        });
        Ok(exports.collect())
    }

    /// Every automation of every subscription. One that cannot be read is left out; the log of the watcher has it.
    pub(super) async fn automations(&self) -> Result<Vec<AzureExport>, ConsoleError> {
        let all = self.store.azure_automations().await?;
        Ok(all.into_iter().filter_map(|(subscription, text)| read(subscription, &text)).collect())
    }
}

fn read(subscription: SubscriptionId, text: &str) -> Option<AzureExport> {
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
        targets: found.actions.iter().map(|hint| hint.resource_id().clone()).collect(),
        logic_apps: list("/properties/actions").iter().filter(is_logic_app).count(),
    })
}
