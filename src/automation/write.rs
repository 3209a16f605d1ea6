//! An export as an automation.

use super::{Action, Automation, Destination, Hidden, Properties, Rest, Rule, RuleSet, Scope, Source, read_export};
use domain::{AzureDelivery, AzureExport, ExportBody, SubscriptionId};

/// Where an automation is to send, and how Azure signs in there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Connection<T> {
    /// To an event hub, as a trusted service.
    TrustedService(T),
    /// To an event hub, with a connection string.
    Key(T, Hidden<T>),
    /// To a workspace.
    Workspace(T),
}

/// What an automation of this export does in one place. Without a connection it is what a PATCH may change: everything but the
/// actions, whose connection string would be lost by it.
pub fn properties<T>(
    export: &ExportBody,
    enabled: bool,
    scope_path: T,
    connection: Option<Connection<T>>,
) -> Properties<T> {
    Properties {
        description: Some(export.description()),
        is_enabled: Some(enabled),
        scopes: vec![Scope { description: None, scope_path, rest: Rest::new() }],
        // No rule sets mean everything; published examples write them as an empty list.
        sources: export.sources.iter().map(source).collect(),
        actions: connection.map(action).into_iter().collect(),
        rest: Rest::new(),
    }
}

/// What an automation is to say in one subscription.
#[derive(Debug, Clone, Copy)]
pub struct Wanted<'a> {
    /// The export.
    pub export: &'a ExportBody,
    /// What Azure needs of it.
    pub delivery: &'a AzureDelivery,
    /// Whether it is switched on.
    pub enabled: bool,
    /// The subscription that it is in.
    pub subscription: &'a SubscriptionId,
}

impl Wanted<'_> {
    /// What a PATCH may change.
    pub fn changes(&self) -> Properties {
        properties(self.export, self.enabled, self.delivery.scope_path(self.subscription), None)
    }

    /// The whole resource as it is read when Azure answers it: what is compared with what is there.
    pub fn as_read(&self) -> Option<AzureExport> {
        let key = self.delivery.needs_connection_string().then(|| Hidden(String::new()));
        let id = self.delivery.automation_in(self.subscription);
        let whole = Automation { id: Some(id.as_str().to_owned()), ..self.whole(key) };
        let key_rule = self.delivery.key_rule.as_ref().map(ToString::to_string);
        Some(AzureExport { key_rule, ..read_export(self.subscription.clone(), &whole)? })
    }

    /// The whole resource. A connection string is needed where Azure does not sign in as a trusted service.
    pub fn whole(&self, connection: Option<Hidden<String>>) -> Automation {
        let to = self.delivery.destination.as_str().to_owned();
        let connection = match connection {
            _ if !self.delivery.is_event_hub() => Connection::Workspace(to),
            Some(key) => Connection::Key(to, key),
            None => Connection::TrustedService(to),
        };
        let scope_path = self.delivery.scope_path(self.subscription);
        Automation {
            location: Some(self.delivery.location.as_str().to_owned()),
            properties: properties(self.export, self.enabled, scope_path, Some(connection)),
            ..Automation::default()
        }
    }
}

impl Automation {
    /// In the region and with the tags of the one that it takes the place of.
    #[must_use]
    pub fn in_place_of(self, found: &Self) -> Self {
        Self { location: found.location.clone().or(self.location), tags: found.tags.clone().or(self.tags), ..self }
    }
}

fn source(source: &domain::Source) -> Source {
    Source {
        event_source: source.event_source.as_str().to_owned(),
        rule_sets: source
            .rule_sets
            .iter()
            .map(|set| RuleSet { rules: set.rules.iter().map(rule).collect(), ..RuleSet::default() })
            .collect(),
        ..Source::default()
    }
}

fn rule(rule: &domain::Rule) -> Rule {
    Rule {
        property_j_path: rule.path.clone(),
        property_type: Some(rule.property_type.as_str().to_owned()),
        expected_value: rule.expected.clone(),
        operator: rule.operator.as_str().to_owned(),
        ..Rule::default()
    }
}

fn action<T>(connection: Connection<T>) -> Action<T> {
    let hub = |id, connection_string, trusted: bool| Destination::EventHub {
        event_hub_resource_id: Some(id),
        connection_string,
        sas_policy_name: None,
        is_trusted_service_enabled: trusted.then_some(true),
    };
    let to = match connection {
        Connection::TrustedService(id) => hub(id, None, true),
        Connection::Key(id, key) => hub(id, Some(key), false),
        Connection::Workspace(id) => Destination::Workspace { workspace_resource_id: Some(id) },
    };
    Action { to, rest: Rest::new() }
}
