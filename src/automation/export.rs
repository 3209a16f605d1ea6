//! An automation read as what matters of it to an export.

use super::{Automation, Destination, Rule, RuleSet, Source, is_automation};
use domain::{AzureExport, Changes, EventSource, Operator, PropertyType, ResourceId, SubscriptionId, time};
use serde_json::Value;
use std::collections::BTreeSet;

impl Rule {
    /// The rule as it is compared; otherwise the member that cannot be read, and why.
    pub fn meaning(&self) -> Result<domain::Rule, (&'static str, String)> {
        let property_type = match &self.property_type {
            None => PropertyType::String,
            Some(text) => text.parse().map_err(|error| ("propertyType", error))?,
        };
        let operator: Operator = self.operator.parse().map_err(|error| ("operator", error))?;
        Ok(domain::Rule {
            path: self.property_j_path.clone(),
            property_type,
            operator,
            expected: self.expected_value.clone(),
        })
    }
}

impl Source {
    /// The source as it is decided by; none when Azure's word is not known here, or a rule cannot be read.
    fn meaning(&self) -> Option<domain::Source> {
        let set = |set: &RuleSet| {
            let rules = set.rules.iter().map(|rule| rule.meaning().ok()).collect::<Option<_>>()?;
            Some(domain::RuleSet { rules })
        };
        Some(domain::Source {
            event_source: EventSource::parse(&self.event_source)?,
            changes: Changes::Created,
            rule_sets: self.rule_sets.iter().map(set).collect::<Option<_>>()?,
        })
    }
}

impl Automation {
    /// Its name, or the last part of its id.
    pub fn known_name(&self) -> Option<String> {
        let of_id = || self.id.as_deref().map(|id| ResourceId::new(id).name().to_owned());
        self.name.clone().or_else(of_id)
    }

    /// Reads JSON text; none when it is not an automation that can be read.
    pub fn parse(text: &str) -> Option<Self> {
        let value: Value = serde_json::from_str(text).ok()?;
        value.as_object().is_some_and(is_automation).then(|| Self::read(value).ok()).flatten()
    }
}

/// An automation that Azure answered, as an export; none when it cannot be read as one.
pub fn read_export(subscription: SubscriptionId, automation: &Automation) -> Option<AzureExport> {
    let properties = &automation.properties;
    let scopes: Vec<ResourceId> = properties.scopes.iter().map(|scope| ResourceId::new(&scope.scope_path)).collect();
    let is_whole = scopes.is_empty() || scopes.iter().any(|scope| scope.after("resourceGroups").is_none());
    let groups: BTreeSet<String> = scopes.iter().map(ResourceId::key).collect();
    let is_known = |source: &&Source| EventSource::parse(&source.event_source).is_some();
    let unknown_source = properties.sources.iter().any(|source| !is_known(&source));
    let sources = properties.sources.iter().filter(is_known).map(Source::meaning).collect::<Option<_>>()?;
    let id = |id: &Option<String>| ResourceId::new(id.as_deref().unwrap_or_default());
    let mut export = AzureExport {
        beyond: None,
        id: ResourceId::new(automation.id.as_deref()?),
        subscription,
        name: automation.known_name().unwrap_or_default(),
        enabled: properties.is_enabled.unwrap_or(true),
        only_group: scopes
            .iter()
            .find_map(|scope| scope.after("resourceGroups"))
            .filter(|_| !is_whole)
            .map(str::to_owned),
        sources,
        location: automation.location.clone().unwrap_or_default(),
        trusted_service: false,
        key_rule: None,
        created: metadata(automation, "createdDateTimeUtc").and_then(time::parse),
        changed: changed(automation),
        targets: Vec::new(),
        logic_apps: 0,
    };
    let mut unknown_action = false;
    for action in &properties.actions {
        match &action.to {
            Destination::EventHub { event_hub_resource_id, sas_policy_name, is_trusted_service_enabled, .. } => {
                export.trusted_service |= is_trusted_service_enabled.unwrap_or_default();
                export.key_rule = export.key_rule.or_else(|| sas_policy_name.clone());
                export.targets.push(id(event_hub_resource_id));
            }
            Destination::Workspace { workspace_resource_id } => export.targets.push(id(workspace_resource_id)),
            Destination::LogicApp { .. } => export.logic_apps += 1,
            Destination::Other { .. } => unknown_action = true,
        }
    }
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
    export.beyond = beyond.map(str::to_owned);
    Some(export)
}

/// Real answers say who changed it and when, although no specification does.
fn metadata<'a>(automation: &'a Automation, name: &str) -> Option<&'a str> {
    super::member(automation.properties.rest.get("metadata")?.as_object()?, name)?.as_str()
}

/// When it was changed last, and by which object id.
fn changed(automation: &Automation) -> Option<(jiff::Timestamp, String)> {
    let first = |names: [&str; 2]| names.into_iter().find_map(|name| metadata(automation, name));
    let at = time::parse(first(["lastUpdatedDateTimeUtc", "createdDateTimeUtc"])?)?;
    Some((at, first(["lastUpdatedBy", "createdBy"]).unwrap_or_default().to_owned()))
}
