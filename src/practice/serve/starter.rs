//! `GET /_practice/starter`: what the console needs to set itself up against this world.

use serde_json::{Value, json};

use crate::domain::{Kind, tables::table_of};
use crate::practice::world::World;
use crate::practice::world::company::TENANT_NAME;

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
        "streams": {"alert": table_of(Kind::Alert).stream(), "recommendation": table_of(Kind::Recommendation).stream()},
        "tables": {"alert": table_of(Kind::Alert).name(), "recommendation": table_of(Kind::Recommendation).name()},
    })
}
