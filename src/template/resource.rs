//! What a template holds of an export: the automation, and what that cannot hold.

use super::{
    tree::{Asked, Text, Tree},
    wanted::{SignIn, Wanted},
};
use automation::{Connection, Hidden};
use domain::{ExportBody, SubscriptionId, time};

/// The API version with which keys of event hubs are listed.
pub(super) const KEYS_API_VERSION: &str = "2024-01-01";

/// The subscription of an automation.
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
            Text::Known(delivery.map_or_else(|| format!("/subscriptions/{id}"), |azure| azure.scope_path(id)))
        }
        Place::Deployed => Text::Asked(Asked::Subscription),
    };
    let to = Text::Asked(Asked::Target);
    let connection = match wanted.sign_in() {
        SignIn::TrustedService => Connection::TrustedService(to),
        SignIn::Key(_) => Connection::Key(to, Hidden(Text::Asked(Asked::ConnectionString))),
        SignIn::Workspace => Connection::Workspace(to),
    };
    Tree::of(&automation::properties(&wanted.body, wanted.enabled, scope_path, Some(connection)))
        .unwrap_or_else(|error| unreachable!("an automation is texts, flags, lists and objects: {error}"))
}

/// What the resource cannot hold, for the metadata of templates: with it, reading back gives the same export.
pub(super) fn metadata(body: &ExportBody) -> Tree {
    let scope = &body.scope;
    let ids = |ids: &[SubscriptionId]| Tree::texts(ids.iter().map(SubscriptionId::as_str));
    let tags = scope.except_tags.iter().map(|tag| {
        let value = tag.value.as_ref().map(|value| ("value", Tree::text(value.as_str())));
        Tree::object([("name", Tree::text(tag.name.as_str()))].into_iter().chain(value))
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
    let scope = Tree::object(members.into_iter().chain(as_of));
    let sources = body.sources.iter().map(|source| {
        Tree::object([
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
        ("azure", Tree::object(members))
    });
    let members = vec![
        ("name", Tree::text(body.name.as_str())),
        ("delivered_by", Tree::text(body.delivered_by.as_str())),
        ("scope", scope),
        ("sources", Tree::List(sources.collect())),
        ("target", Tree::text(body.target.as_str())),
    ];
    Tree::object(members.into_iter().chain(azure))
}
