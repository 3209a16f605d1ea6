//! `Microsoft.EventHub`: namespaces, hubs, authorization rules and their keys.

use axum::response::Response;
use serde_json::Value;

use super::super::answers::ok;
use super::super::request::Asked;
use super::{list, no_route, not_found, one};
use crate::world::World;
use crate::world::event_hubs::{Hub, Namespace, Rule};

pub(super) fn answer(world: &World, asked: &Asked, visible: impl Fn(&Namespace) -> bool, path: &[&str]) -> Response {
    let mut found = world.namespaces.iter().filter(|found| visible(found));
    let [name, rest @ ..] = path else {
        return list(asked, found.map(Namespace::item).collect(), 100);
    };
    let Some(namespace) = found.find(|found| found.name.eq_ignore_ascii_case(name)) else {
        return not_found(asked);
    };
    match rest {
        [] => ok(&namespace.item()),
        ["networkrulesets"] => list(asked, vec![namespace.network_item()], 100),
        ["networkrulesets", "default"] => ok(&namespace.network_item()),
        ["disasterrecoveryconfigs"] => list(asked, namespace.recovery_items(), 100),
        ["disasterrecoveryconfigs", alias] => {
            let named = |item: &Value| item["name"].as_str().is_some_and(|of| of.eq_ignore_ascii_case(alias));
            one(asked, namespace.recovery_items().into_iter().find(named))
        }
        ["authorizationrules", rest @ ..] => rules(asked, namespace, None, rest),
        ["eventhubs"] => list(asked, namespace.hubs.iter().map(|hub| namespace.hub_item(hub)).collect(), 100),
        ["eventhubs", hub, rest @ ..] => match (namespace.hub(hub), rest) {
            (Some(hub), []) => ok(&namespace.hub_item(hub)),
            (Some(hub), ["authorizationrules", rest @ ..]) => rules(asked, namespace, Some(hub), rest),
            (Some(_), _) => no_route(asked),
            (None, _) => not_found(asked),
        },
        _ => no_route(asked),
    }
}

fn rules(asked: &Asked, namespace: &Namespace, hub: Option<&Hub>, path: &[&str]) -> Response {
    let parent = hub.map_or_else(|| namespace.id.clone(), |hub| format!("{}/eventhubs/{}", namespace.id, hub.name));
    let rules = hub.map_or(&namespace.rules, |hub| &hub.rules);
    let item = |rule: &Rule| rule.item(&parent, &namespace.location);
    let find = |name: &str| rules.iter().find(|rule| rule.name.eq_ignore_ascii_case(name));
    match path {
        [] => list(asked, rules.iter().map(item).collect(), 100),
        [name] => one(asked, find(name).map(item)),
        [name, "listkeys"] => {
            one(asked, find(name).map(|rule| rule.keys(&namespace.host(), hub.map(|hub| hub.name.as_str()))))
        }
        _ => no_route(asked),
    }
}

/// The keys of a rule by its id, as `listKeys` answers them.
pub(super) fn keys_at(world: &World, id: &str) -> Option<Value> {
    for namespace in &world.namespaces {
        let own =
            |parent: &str, rule: &Rule| format!("{parent}/authorizationRules/{}", rule.name).eq_ignore_ascii_case(id);
        if let Some(rule) = namespace.rules.iter().find(|rule| own(&namespace.id, rule)) {
            return Some(rule.keys(&namespace.host(), None));
        }
        for hub in &namespace.hubs {
            let parent = format!("{}/eventhubs/{}", namespace.id, hub.name);
            if let Some(rule) = hub.rules.iter().find(|rule| own(&parent, rule)) {
                return Some(rule.keys(&namespace.host(), Some(&hub.name)));
            }
        }
    }
    None
}
