//! Subscriptions and their resources, made from the company table and the seed.

use serde_json::{Value, json};

use super::company::{SUBSCRIPTIONS, Seeded};
use crate::Scale;
use crate::dice::{dice, guid, hex, text_of};

/// The kinds of resource that recommendations and alerts are about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Subscription,
    Machine,
    ArcMachine,
    Storage,
    Vault,
    Sql,
    Database,
    Web,
    Cluster,
    Registry,
    FirewallRules,
    Network,
    Address,
    Cosmos,
    Postgres,
    Gateway,
    Api,
    Namespace,
    Workspace,
    Other,
}

/// (kind, ARM type, name prefix, weight among a subscription's resources).
const SHAPES: &[(Kind, &str, &str, u32)] = &[
    (Kind::Machine, "Microsoft.Compute/virtualMachines", "vm", 24),
    (Kind::ArcMachine, "Microsoft.HybridCompute/machines", "edge", 5),
    (Kind::Storage, "Microsoft.Storage/storageAccounts", "st", 14),
    (Kind::Vault, "Microsoft.KeyVault/vaults", "kv", 9),
    (Kind::Sql, "Microsoft.Sql/servers", "sql", 5),
    (Kind::Database, "Microsoft.Sql/servers/databases", "db", 5),
    (Kind::Web, "Microsoft.Web/sites", "app", 10),
    (Kind::Cluster, "Microsoft.ContainerService/managedClusters", "aks", 4),
    (Kind::Registry, "Microsoft.ContainerRegistry/registries", "cr", 3),
    (Kind::FirewallRules, "Microsoft.Network/networkSecurityGroups", "nsg", 7),
    (Kind::Network, "Microsoft.Network/virtualNetworks", "vnet", 5),
    (Kind::Address, "Microsoft.Network/publicIPAddresses", "pip", 4),
    (Kind::Cosmos, "Microsoft.DocumentDB/databaseAccounts", "cosmos", 3),
    (Kind::Postgres, "Microsoft.DBforPostgreSQL/flexibleServers", "psql", 3),
    (Kind::Gateway, "Microsoft.Network/applicationGateways", "agw", 2),
    (Kind::Api, "Microsoft.ApiManagement/service", "apim", 1),
];

/// A subscription that people can see.
#[derive(Debug, Clone)]
pub(crate) struct Subscription {
    pub id: String,
    pub name: String,
    /// Id of its management group; `None` = the tenant root.
    pub group: Option<&'static str>,
    pub location: &'static str,
    pub plans: &'static [&'static str],
    /// Enabled, Disabled, `PastDue`, Warned.
    pub state: String,
}

/// Resource groups as ids and rows name them.
pub(crate) const GROUPS: &str = "microsoft.resources/resourcegroups";

/// A resource group as an ARM item.
pub(crate) fn group_item(subscription: &str, name: &str, location: &str) -> Value {
    json!({
        "id": format!("/subscriptions/{subscription}/resourceGroups/{name}"), "name": name,
        "type": "Microsoft.Resources/resourceGroups", "location": location, "tags": {},
        "properties": {"provisioningState": "Succeeded"},
    })
}

/// Something alerts and recommendations can be about.
#[derive(Debug, Clone)]
pub(crate) struct Resource {
    pub id: String,
    pub name: String,
    pub kind: Kind,
    /// ARM type in Azure's letter case.
    pub arm_type: String,
    pub subscription: String,
    pub group: String,
    pub location: String,
    /// The ARM item without id, name, type and location.
    pub body: Value,
}

impl Resource {
    /// The ARM item.
    pub(crate) fn item(&self) -> Value {
        let mut item = json!({"id": self.id, "name": self.name, "type": self.arm_type, "location": self.location});
        if let (Some(item), Some(body)) = (item.as_object_mut(), self.body.as_object()) {
            item.extend(body.clone());
        }
        item
    }

    /// The subscription itself as a resource, for what is not about anything in it.
    pub(crate) fn of_subscription(subscription: &Subscription) -> Self {
        Self {
            id: format!("/subscriptions/{}", subscription.id),
            name: subscription.name.clone(),
            kind: Kind::Subscription,
            arm_type: "Microsoft.Resources/subscriptions".to_owned(),
            subscription: subscription.id.clone(),
            group: String::new(),
            location: subscription.location.to_owned(),
            body: json!({"properties": {"state": "Enabled"}}),
        }
    }
}

impl Subscription {
    /// Its tags: what it is for.
    pub(crate) fn tags(&self) -> Value {
        let environment = match self.group {
            Some("ald-sandbox") => "sandbox",
            Some("ald-engineering") => "test",
            _ => "live",
        };
        json!({"environment": environment, "owner": self.name.to_lowercase().replace(' ', "-")})
    }
}

/// The subscriptions of the world at its first start.
pub(crate) fn subscriptions(seed: u64, scale: Scale) -> Vec<Subscription> {
    let make = |id: String, seeded: &Seeded| Subscription {
        id,
        name: seeded.name.to_owned(),
        group: Some(seeded.group),
        location: seeded.location,
        plans: seeded.plans,
        state: "Enabled".to_owned(),
    };
    match scale {
        Scale::Company => (0_u64..)
            .zip(SUBSCRIPTIONS)
            .map(|(number, seeded)| make(guid(seed, "subscription", number), seeded))
            .collect(),
        Scale::Small => [(1, 0), (2, 7)]
            .into_iter()
            .filter_map(|(number, at)| Some((number, SUBSCRIPTIONS.get(at)?)))
            // Ids that tests can name; seeds of ten and more have others, so that two small worlds can be two tenants.
            .map(|(number, seeded)| make(format!("{:08}-0000-4000-8000-{number:012}", 10_000_000 + seed / 10), seeded))
            .collect(),
    }
}

/// The resources of a seeded subscription, the subscription itself first.
pub(crate) fn resources(seed: u64, scale: Scale, subscription: &Subscription) -> Vec<Resource> {
    let mut made = vec![Resource::of_subscription(subscription)];
    let Some(seeded) = SUBSCRIPTIONS.iter().find(|seeded| seeded.name == subscription.name) else {
        return made;
    };
    let mut rng = dice(seed, &subscription.id, 1);
    match scale {
        Scale::Small => {
            for shape in SHAPES.iter().take(5).filter(|shape| shape.0 != Kind::ArcMachine) {
                let workload = text_of(&mut rng, seeded.workloads);
                made.push(resource(subscription, *shape, workload, 1, &made, &mut rng));
            }
        }
        Scale::Company => {
            let total: u32 = SHAPES.iter().map(|shape| shape.3).sum();
            for number in 1..=seeded.size {
                let mut roll = rng.u32(..total);
                let shape = SHAPES.iter().find(|shape| {
                    let hit = roll < shape.3;
                    roll = roll.saturating_sub(shape.3);
                    hit
                });
                if let Some(shape) = shape {
                    let workload = text_of(&mut rng, seeded.workloads);
                    made.push(resource(subscription, *shape, workload, number, &made, &mut rng));
                }
            }
        }
    }
    made
}

fn resource(
    subscription: &Subscription,
    (kind, arm_type, prefix, _): (Kind, &str, &str, u32),
    workload: &str,
    number: u32,
    others: &[Resource],
    rng: &mut fastrand::Rng,
) -> Resource {
    let environment = match subscription.group {
        Some("ald-engineering") => "dev",
        Some("ald-sandbox") => "lab",
        _ => "prod",
    };
    let group = format!("rg-{workload}-{environment}");
    let name = match kind {
        Kind::Storage | Kind::Registry => format!("{prefix}{}{}", workload.replace('-', ""), hex(rng, 4)),
        _ => format!("{prefix}-{workload}-{number:02}"),
    };
    let base = format!("/subscriptions/{}/resourceGroups/{group}/providers", subscription.id);
    let parent = others.iter().rev().find(|other| other.kind == Kind::Sql && other.group == group);
    let id = match (kind, parent) {
        (Kind::Database, Some(server)) => format!("{}/databases/{name}", server.id),
        (Kind::Database, None) => format!("{base}/Microsoft.Sql/servers/sql-{workload}-shared/databases/{name}"),
        _ => format!("{base}/{arm_type}/{name}"),
    };
    let body = body(kind, &name, workload, environment, rng);
    Resource {
        id,
        name,
        kind,
        arm_type: arm_type.to_owned(),
        subscription: subscription.id.clone(),
        group,
        location: subscription.location.to_owned(),
        body,
    }
}

fn body(kind: Kind, name: &str, workload: &str, environment: &str, rng: &mut fastrand::Rng) -> Value {
    let tags = json!({"workload": workload, "environment": environment});
    let properties = match kind {
        Kind::Machine => json!({
            "provisioningState": "Succeeded",
            "hardwareProfile": {"vmSize": text_of(rng, &["Standard_D4s_v5", "Standard_B2ms", "Standard_E8s_v5"])},
            "osProfile": {"computerName": name},
            "storageProfile": {"osDisk": {"osType": text_of(rng, &["Linux", "Windows"])}},
        }),
        Kind::ArcMachine => json!({
            "status": "Connected", "osType": text_of(rng, &["linux", "windows"]), "agentVersion": "1.52.02918.2071",
        }),
        Kind::Storage => json!({
            "provisioningState": "Succeeded", "minimumTlsVersion": "TLS1_2", "supportsHttpsTrafficOnly": true,
            "primaryEndpoints": {"blob": format!("https://{name}.blob.core.windows.net/")},
        }),
        Kind::Vault => json!({"vaultUri": format!("https://{name}.vault.azure.net/"), "enableSoftDelete": true}),
        Kind::Web => {
            json!({"state": "Running", "defaultHostName": format!("{name}.azurewebsites.net"), "httpsOnly": rng.bool()})
        }
        Kind::Cluster => json!({"kubernetesVersion": "1.33.5", "powerState": {"code": "Running"}}),
        _ => json!({"provisioningState": "Succeeded"}),
    };
    json!({"tags": tags, "properties": properties})
}
