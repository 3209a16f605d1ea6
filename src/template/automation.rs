//! An export as the `Microsoft.Security/automations` resource (API 2023-12-01-preview).

use super::{
    tree::{Asked, Tree},
    wanted::{SignIn, Wanted},
};
use domain::{ExportBody, Rule, RuleSet, Source, SubscriptionId, time};

/// The API version: the first that knows attack paths and trusted services.
pub(super) const API_VERSION: &str = "2023-12-01-preview";
/// The resource type.
pub(super) const TYPE: &str = "Microsoft.Security/automations";
/// The API version with which keys of event hubs are listed.
pub(super) const KEYS_API_VERSION: &str = "2024-01-01";

/// Where one automation stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place<'a> {
    /// In this subscription.
    Named(&'a SubscriptionId),
    /// In the subscription that is deployed to.
    Deployed,
}

/// The `properties` of the automation.
pub(super) fn properties(wanted: &Wanted, place: Place<'_>) -> Tree {
    let scope_path = match place {
        Place::Named(id) => {
            let delivery = wanted.body.azure.as_ref();
            Tree::text(delivery.map_or_else(|| format!("/subscriptions/{id}"), |azure| azure.scope_path(id)))
        }
        Place::Deployed => Tree::Asked(Asked::Subscription),
    };
    Tree::Object(vec![
        ("description", Tree::text(wanted.body.description())),
        ("isEnabled", Tree::Flag(wanted.enabled)),
        ("scopes", Tree::List(vec![Tree::Object(vec![("scopePath", scope_path)])])),
        ("sources", Tree::List(wanted.body.sources.iter().map(source).collect())),
        ("actions", Tree::List(vec![action(wanted)])),
    ])
}

fn source(source: &Source) -> Tree {
    // No rule sets mean everything; published examples write them as an empty list.
    Tree::Object(vec![
        ("eventSource", Tree::text(source.event_source.as_str())),
        ("ruleSets", Tree::List(source.rule_sets.iter().map(rule_set).collect())),
    ])
}

fn rule_set(set: &RuleSet) -> Tree {
    Tree::Object(vec![("rules", Tree::List(set.rules.iter().map(rule).collect()))])
}

fn rule(rule: &Rule) -> Tree {
    Tree::Object(vec![
        ("propertyJPath", Tree::text(rule.path.as_str())),
        ("propertyType", Tree::text(rule.property_type.as_str())),
        ("expectedValue", Tree::text(rule.expected.as_str())),
        ("operator", Tree::text(rule.operator.as_str())),
    ])
}

fn action(wanted: &Wanted) -> Tree {
    let target = Tree::Asked(Asked::Target);
    match wanted.sign_in() {
        SignIn::TrustedService => Tree::Object(vec![
            ("actionType", Tree::text("EventHub")),
            ("eventHubResourceId", target),
            ("isTrustedServiceEnabled", Tree::Flag(true)),
        ]),
        SignIn::Key(_) => Tree::Object(vec![
            ("actionType", Tree::text("EventHub")),
            ("eventHubResourceId", target),
            ("connectionString", Tree::Asked(Asked::ConnectionString)),
        ]),
        SignIn::Workspace => {
            Tree::Object(vec![("actionType", Tree::text("Workspace")), ("workspaceResourceId", target)])
        }
    }
}

/// What the resource cannot hold, for the metadata of templates: with it, reading back gives the same export.
pub(super) fn metadata(body: &ExportBody) -> Tree {
    let scope = &body.scope;
    let ids = |ids: &[SubscriptionId]| Tree::texts(ids.iter().map(SubscriptionId::as_str));
    let tags = scope.except_tags.iter().map(|tag| {
        let value = tag.value.as_ref().map(|value| ("value", Tree::text(value.as_str())));
        Tree::Object([("name", Tree::text(tag.name.as_str()))].into_iter().chain(value).collect())
    });
    let as_of = scope.as_of.map(|as_of| ("as_of", Tree::text(time::rfc3339(as_of))));
    let members = vec![
        ("all", Tree::Flag(scope.all)),
        ("subscriptions", ids(&scope.subscriptions)),
        ("management_groups", Tree::texts(scope.management_groups.iter().map(String::as_str))),
        ("except", ids(&scope.except)),
        ("except_tags", Tree::List(tags.collect())),
        ("future", Tree::Flag(scope.future)),
    ];
    let scope = Tree::Object(members.into_iter().chain(as_of).collect());
    let sources = body.sources.iter().map(|source| {
        Tree::Object(vec![
            ("event_source", Tree::text(source.event_source.as_str())),
            ("changes", Tree::text(source.changes.as_str())),
        ])
    });
    let azure = body.azure.as_ref().map(|azure| {
        let mut members = vec![
            ("destination", Tree::text(azure.destination.as_str())),
            ("trusted_service", Tree::Flag(azure.trusted_service)),
            ("resource_group", Tree::text(azure.resource_group.as_str())),
            ("location", Tree::text(azure.location.as_str())),
            ("automation", Tree::text(azure.automation.as_str())),
        ];
        members.extend(azure.key_rule.as_ref().map(|rule| ("key_rule", Tree::text(rule.as_str()))));
        members.extend(azure.only_group.as_ref().map(|group| ("only_group", Tree::text(group.as_str()))));
        ("azure", Tree::Object(members))
    });
    let members = vec![
        ("name", Tree::text(body.name.as_str())),
        ("delivered_by", Tree::text(body.delivered_by.as_str())),
        ("scope", scope),
        ("sources", Tree::List(sources.collect())),
        ("target", Tree::text(body.target.as_str())),
    ];
    Tree::Object(members.into_iter().chain(azure).collect())
}
