//! An automation that stands in Azure, read as what matters of it.

use domain::{AzureExport, EventSource, ResourceId, SubscriptionId, TargetHint, time};
use serde_json::Value;
use std::collections::BTreeSet;

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
    let groups: BTreeSet<String> = scopes.iter().map(ResourceId::key).collect();
    let unknown_source = list("/properties/sources")
        .iter()
        .any(|source| source["eventSource"].as_str().is_none_or(|of| EventSource::parse(of).is_none()));
    let unknown_action = list("/properties/actions").iter().any(|action| {
        let kind = action["actionType"].as_str().unwrap_or_default().to_lowercase();
        !["eventhub", "workspace", "logicapp"].contains(&kind.as_str())
    });
    let beyond = if !is_whole && groups.len() > 1 {
        Some(
            "It is limited to several resource groups, and an export here to one: writing it from here would lose the others.",
        )
    } else if unknown_source {
        Some("It exports data that is not known here: writing it from here would lose that.")
    } else if unknown_action {
        Some("It does something that is not known here: writing it from here would lose that.")
    } else {
        None
    };
    Some(AzureExport {
        beyond: beyond.map(str::to_owned),
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
        created: json.pointer("/properties/metadata/createdDateTimeUtc").and_then(|at| time::parse(at.as_str()?)),
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
