//! `GET /_practice/starter`: what the console needs to set itself up against this world.

use serde_json::{Map, Value, json};

use crate::world::World;
use crate::world::company::TENANT_NAME;
use crate::world::workspaces::{CollectionRule, Stream};

/// The tenant, the application and its secret, two hubs (the second with a rule that may only listen), a workspace.
pub(super) fn starter(world: &World) -> Value {
    json!({
        "tenant_id": world.tenant_id,
        "tenant_name": TENANT_NAME,
        "client_id": world.client_id,
        "client_secret": world.client_secret,
        "hubs": {
            "high": hub(world, "siem-prod", "defender-high", "console-send"),
            "medium": hub(world, "edge-relay", "field-events", "listen-only"),
        },
        "workspace": workspace(world, "soc-central"),
    })
}

fn hub(world: &World, namespace: &str, hub: &str, rule: &str) -> Value {
    let found = world.namespace(namespace).and_then(|namespace| Some((namespace, namespace.hub(hub)?)));
    let Some((namespace, hub)) = found else {
        return Value::Null;
    };
    let key = hub.rules.iter().find(|known| known.name == rule).map(|known| known.primary.as_str());
    json!({
        "resource_id": format!("{}/eventhubs/{}", namespace.id, hub.name),
        "namespace": namespace.host(), "hub": hub.name, "key_name": rule, "key": key,
    })
}

fn workspace(world: &World, name: &str) -> Value {
    let workspace = world.workspaces.iter().find(|found| found.name == name);
    let found = workspace
        .and_then(|found| Some((found, world.collection_rules.iter().find(|rule| rule.workspace == found.id)?)));
    let Some((workspace, rule)) = found else {
        return Value::Null;
    };
    json!({
        "resource_id": workspace.id, "customer_id": workspace.customer_id, "ingestion_host": rule.host,
        "dcr_resource_id": rule.id, "dcr_immutable_id": rule.immutable_id,
        "streams": by_subject(rule, |stream| &stream.name),
        "tables": by_subject(rule, |stream| &stream.table),
    })
}

fn by_subject(rule: &CollectionRule, name: impl Fn(&Stream) -> &String) -> Map<String, Value> {
    rule.streams.iter().map(|stream| (stream.about.to_owned(), name(stream).as_str().into())).collect()
}
