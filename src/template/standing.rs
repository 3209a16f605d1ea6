//! An automation that stands in Azure, read as what matters of it.

use crate::domain::{AzureExport, ResourceId, SubscriptionId, TargetHint, time};
use serde_json::Value;

/// Reads an automation as Azure answered it; none when it is not one that can be read.
pub fn standing(subscription: SubscriptionId, text: &str) -> Option<AzureExport> {
    let found = super::read(text).ok()?.found.into_iter().next()?;
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
