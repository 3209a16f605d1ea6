//! The parts of an export: its scope, its sources and their rules.

use super::words::{ChangesWord, EventSourceWord, OperatorWord, PropertyTypeWord};
use domain::{
    self, AutomationName, Changes, EventSource, HubRuleName, Operator, PropertyType, Region, ResourceGroupName,
    ResourceId, SubscriptionId,
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The subscriptions an export covers.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Scope {
    /// Every subscription the console can see.
    pub all: bool,
    /// Or these.
    #[schema(value_type = Vec<String>)]
    pub subscriptions: Vec<SubscriptionId>,
    /// And all below these management groups, by id.
    pub management_groups: Vec<String>,
    /// But not these.
    #[schema(value_type = Vec<String>)]
    pub except: Vec<SubscriptionId>,
    /// And none that carries one of these tags.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub except_tags: Vec<Tag>,
    /// Whether subscriptions that appear later are covered too.
    pub future: bool,
    /// Without later ones: subscriptions that the console listed after this are left out. Set on saving where it is
    /// missing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub as_of: Option<Timestamp>,
}

/// A tag of a subscription, as an exception.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Tag {
    /// Its name, in any letter case.
    pub name: String,
    /// Its value; none means any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<String>,
}

/// What Azure needs to deliver an export: where it sends, and where its automations stand in each subscription.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AzureDelivery {
    /// The resource id of the event hub or Log Analytics workspace.
    pub destination: String,
    /// Event hubs: sign in as a trusted service, without a connection string.
    #[serde(default)]
    pub trusted_service: bool,
    /// Event hubs: the authorization rule whose connection string is read when it is needed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub key_rule: Option<HubRuleName>,
    /// The resource group of this name in each subscription; it is made where it is missing.
    #[schema(value_type = String)]
    pub resource_group: ResourceGroupName,
    /// The region the automations are kept in, such as `westeurope`.
    #[schema(value_type = String)]
    pub location: Region,
    /// The automations' name.
    #[schema(value_type = String)]
    pub automation: AutomationName,
    /// The resource group whose data alone is exported.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub only_group: Option<ResourceGroupName>,
}

impl From<domain::AzureDelivery> for AzureDelivery {
    fn from(of: domain::AzureDelivery) -> Self {
        Self {
            destination: of.destination.as_str().to_owned(),
            trusted_service: of.trusted_service,
            key_rule: of.key_rule,
            resource_group: of.resource_group,
            location: of.location,
            automation: of.automation,
            only_group: of.only_group,
        }
    }
}

impl From<AzureDelivery> for domain::AzureDelivery {
    fn from(of: AzureDelivery) -> Self {
        Self {
            destination: ResourceId::new(&of.destination),
            trusted_service: of.trusted_service,
            key_rule: of.key_rule,
            resource_group: of.resource_group,
            location: of.location,
            automation: of.automation,
            only_group: of.only_group,
        }
    }
}

/// One kind of data an export takes, and its filter.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Source {
    /// Which data.
    #[schema(value_type = EventSourceWord)]
    pub event_source: EventSource,
    /// Which changes; means something for alerts only.
    #[serde(default = "created")]
    #[schema(value_type = ChangesWord)]
    pub changes: Changes,
    /// One of these must hold; none means everything.
    #[serde(default)]
    pub rule_sets: Vec<RuleSet>,
}

fn created() -> Changes {
    Changes::Created
}

/// Rules that must all hold.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RuleSet {
    /// The rules.
    pub rules: Vec<Rule>,
}

/// One condition on the event, spelt as in `Microsoft.Security/automations`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// Where to look, such as `Severity` or `properties.metadata.severity`.
    #[serde(rename = "propertyJPath")]
    pub path: String,
    /// How the value is read.
    #[serde(rename = "propertyType")]
    #[schema(value_type = PropertyTypeWord)]
    pub property_type: PropertyType,
    /// How it is compared.
    #[schema(value_type = OperatorWord)]
    pub operator: Operator,
    /// What it is compared with; always text.
    #[serde(rename = "expectedValue")]
    pub expected: String,
}

impl From<Scope> for domain::Scope {
    fn from(scope: Scope) -> Self {
        let Scope { all, subscriptions, management_groups, except, except_tags, future, as_of } = scope;
        let except_tags = except_tags.into_iter().map(|Tag { name, value }| domain::Tag { name, value }).collect();
        Self { all, subscriptions, management_groups, except, except_tags, future, as_of }
    }
}

impl From<domain::Scope> for Scope {
    fn from(scope: domain::Scope) -> Self {
        let domain::Scope { all, subscriptions, management_groups, except, except_tags, future, as_of } = scope;
        let except_tags = except_tags.into_iter().map(|domain::Tag { name, value }| Tag { name, value }).collect();
        Self { all, subscriptions, management_groups, except, except_tags, future, as_of }
    }
}

impl From<Source> for domain::Source {
    fn from(source: Source) -> Self {
        let sets = source.rule_sets.into_iter().map(|set| domain::RuleSet {
            rules: set
                .rules
                .into_iter()
                .map(|Rule { path, property_type, operator, expected }| domain::Rule {
                    path,
                    property_type,
                    operator,
                    expected,
                })
                .collect(),
        });
        Self { event_source: source.event_source, changes: source.changes, rule_sets: sets.collect() }
    }
}

impl From<domain::Source> for Source {
    fn from(source: domain::Source) -> Self {
        let sets = source.rule_sets.into_iter().map(|set| RuleSet {
            rules: set
                .rules
                .into_iter()
                .map(|domain::Rule { path, property_type, operator, expected }| Rule {
                    path,
                    property_type,
                    operator,
                    expected,
                })
                .collect(),
        });
        Self { event_source: source.event_source, changes: source.changes, rule_sets: sets.collect() }
    }
}
