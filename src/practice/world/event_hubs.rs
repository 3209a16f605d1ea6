//! Event Hubs namespaces, hubs and their authorization rules; some are set up wrongly on purpose.

use serde_json::{Value, json};

use super::resources::{Kind, Resource, Subscription};
use crate::dice::dice;

/// A namespace.
#[derive(Debug, Clone)]
pub(crate) struct Namespace {
    pub id: String,
    pub name: String,
    pub subscription: String,
    pub location: String,
    /// Basic or Standard.
    pub tier: &'static str,
    /// Throughput units: 1 MB or 1000 events a second each.
    pub units: u32,
    /// Whether keys are refused and only Entra ID opens it.
    pub local_auth_disabled: bool,
    /// Throughput units it may grow to; 0 = it does not grow.
    pub inflates_to: u32,
    /// Alias and partner of geo disaster recovery.
    pub partner: Option<(&'static str, &'static str)>,
    pub rules: Vec<Rule>,
    pub hubs: Vec<Hub>,
}

/// An event hub.
#[derive(Debug, Clone)]
pub(crate) struct Hub {
    pub name: String,
    pub partitions: u32,
    /// Active, Disabled, `SendDisabled`.
    pub status: &'static str,
    pub rules: Vec<Rule>,
    /// Whether the console's application is a Data Sender here.
    pub sender: bool,
}

/// An authorization rule of a namespace or hub.
#[derive(Debug, Clone)]
pub(crate) struct Rule {
    pub name: String,
    pub rights: &'static [&'static str],
    pub primary: String,
    pub secondary: String,
    /// When a key was last made anew.
    pub regenerated: Option<jiff::Timestamp>,
}

/// A hub before the seed gives it keys: name, partitions, status, rules, sender.
type HubPlan = (&'static str, u32, &'static str, &'static [(&'static str, &'static [&'static str])], bool);

/// When all of them were made.
const MADE: &str = "2024-03-11T08:15:42.913Z";
const ALL: &[&str] = &["Manage", "Listen", "Send"];
const SEND: &[&str] = &["Send"];
const LISTEN: &[&str] = &["Listen"];

/// A namespace before that: subscription, resource group, name, tier, units, hubs.
type NamespacePlan = (&'static str, &'static str, &'static str, &'static str, u32, &'static [HubPlan]);

const PLANS: &[NamespacePlan] = &[
    (
        "Security Operations",
        "rg-siem-prod",
        "siem-prod",
        "Standard",
        20,
        &[
            ("defender-high", 8, "Active", &[("console-send", SEND), ("reader", LISTEN)], true),
            ("defender-all", 16, "Active", &[("console-send", SEND)], true),
            ("retired-feed", 2, "Disabled", &[("console-send", SEND)], true),
        ],
    ),
    (
        "Wind Sites",
        "rg-site-relay-prod",
        "edge-relay",
        "Standard",
        20,
        &[("field-events", 4, "Active", &[("listen-only", LISTEN), ("send", SEND)], false)],
    ),
    (
        "Corporate IT",
        "rg-directory-prod",
        "office-basic",
        "Basic",
        1,
        &[("legacy-events", 2, "Active", &[("send", SEND)], false)],
    ),
    (
        "Metering Platform",
        "rg-meter-ingest-prod",
        "metering-prod",
        "Standard",
        2,
        &[("meter-security", 4, "SendDisabled", &[("send", SEND)], true)],
    ),
];

impl Namespace {
    /// The name clients connect to.
    pub(crate) fn host(&self) -> String {
        format!("{}.servicebus.windows.net", self.name)
    }

    /// Largest publication in bytes.
    pub(crate) fn largest(&self) -> usize {
        if self.tier == "Basic" { 262_144 } else { 1_048_576 }
    }

    /// The hub of that name.
    pub(crate) fn hub(&self, name: &str) -> Option<&Hub> {
        self.hubs.iter().find(|hub| hub.name.eq_ignore_ascii_case(name))
    }

    /// The ARM item.
    pub(crate) fn item(&self) -> Value {
        json!({
            "id": self.id, "name": self.name, "type": "Microsoft.EventHub/Namespaces", "location": self.location,
            "sku": {"name": self.tier, "tier": self.tier, "capacity": self.units},
            "tags": {},
            "properties": {
                "minimumTlsVersion": if self.tier == "Basic" { "1.0" } else { "1.2" }, "publicNetworkAccess": "Enabled",
                "disableLocalAuth": self.local_auth_disabled, "zoneRedundant": self.tier != "Basic",
                "isAutoInflateEnabled": self.inflates_to > 0, "maximumThroughputUnits": self.inflates_to,
                "kafkaEnabled": self.tier != "Basic", "provisioningState": "Succeeded", "status": "Active",
                "createdAt": MADE, "updatedAt": MADE, "metricId": format!("{}:{}", self.subscription, self.name),
                "serviceBusEndpoint": format!("https://{}:443/", self.host()),
            },
        })
    }

    /// The network rules as an ARM item.
    pub(crate) fn network_item(&self) -> Value {
        json!({
            "id": format!("{}/networkRuleSets/default", self.id), "name": "default",
            "type": "Microsoft.EventHub/Namespaces/NetworkRuleSets", "location": self.location,
            "properties": {
                "publicNetworkAccess": "Enabled", "defaultAction": "Allow", "trustedServiceAccessEnabled": self.tier != "Basic",
                "virtualNetworkRules": [], "ipRules": [],
            },
        })
    }

    /// Pairs for disaster recovery as ARM items; the partner is not part of this world.
    pub(crate) fn recovery_items(&self) -> Vec<Value> {
        let partner = self.partner.map(|(alias, partner)| {
            let id = self.id.replace(&self.name, partner);
            json!({
                "id": format!("{}/disasterRecoveryConfigs/{alias}", self.id), "name": alias,
                "type": "Microsoft.EventHub/Namespaces/DisasterRecoveryConfigs", "location": self.location,
                "properties": {"provisioningState": "Succeeded", "partnerNamespace": id, "role": "Primary", "pendingReplicationOperationsCount": 0},
            })
        });
        partner.into_iter().collect()
    }

    /// The ARM item of a hub.
    pub(crate) fn hub_item(&self, hub: &Hub) -> Value {
        let days = if self.tier == "Basic" { 1 } else { 7 };
        let partitions: Vec<String> = (0..hub.partitions).map(|number| number.to_string()).collect();
        json!({
            "id": format!("{}/eventhubs/{}", self.id, hub.name), "name": hub.name,
            "type": "Microsoft.EventHub/namespaces/eventhubs", "location": self.location,
            "properties": {
                "messageRetentionInDays": days, "createdAt": MADE, "updatedAt": MADE,
                "retentionDescription": {"cleanupPolicy": "Delete", "retentionTimeInHours": days * 24},
                "partitionCount": hub.partitions, "partitionIds": partitions, "status": hub.status,
            },
        })
    }
}

impl Rule {
    /// The ARM item of a rule below `parent` (a namespace's or hub's id).
    pub(crate) fn item(&self, parent: &str, location: &str) -> Value {
        let level = if parent.to_lowercase().contains("/eventhubs/") { "/eventhubs" } else { "" };
        json!({
            "id": format!("{parent}/authorizationRules/{}", self.name), "name": self.name, "location": location,
            "type": format!("Microsoft.EventHub/namespaces{level}/authorizationRules"),
            "properties": {"rights": self.rights},
        })
    }

    /// The answer of `listKeys`.
    pub(crate) fn keys(&self, host: &str, hub: Option<&str>) -> Value {
        let entity = hub.map(|hub| format!(";EntityPath={hub}")).unwrap_or_default();
        let text = |key: &str| {
            format!("Endpoint=sb://{host}/;SharedAccessKeyName={};SharedAccessKey={key}{entity}", self.name)
        };
        json!({
            "primaryConnectionString": text(&self.primary), "secondaryConnectionString": text(&self.secondary),
            "primaryKey": self.primary, "secondaryKey": self.secondary, "keyName": self.name,
        })
    }
}

/// The namespaces of the given subscriptions.
pub(crate) fn namespaces(seed: u64, subscriptions: &[Subscription]) -> Vec<Namespace> {
    let mut made = Vec::new();
    for (owner, group, name, tier, units, hubs) in PLANS {
        let Some(subscription) = subscriptions.iter().find(|subscription| subscription.name == *owner) else {
            continue;
        };
        let hubs = hubs.iter().map(|(hub, partitions, status, rules, sender)| Hub {
            name: (*hub).to_owned(),
            partitions: *partitions,
            status,
            sender: *sender,
            rules: rules
                .iter()
                .map(|(rule, rights)| make_rule(seed, &format!("{name}/{hub}/{rule}"), rule, rights))
                .collect(),
        });
        made.push(Namespace {
            id: format!(
                "/subscriptions/{}/resourceGroups/{group}/providers/Microsoft.EventHub/namespaces/{name}",
                subscription.id
            ),
            name: (*name).to_owned(),
            subscription: subscription.id.clone(),
            location: subscription.location.to_owned(),
            tier,
            units: *units,
            local_auth_disabled: false,
            inflates_to: if *units >= 20 { 40 } else { 0 },
            partner: (*name == "siem-prod").then_some(("siem", "siem-prod-dr")),
            hubs: hubs.collect(),
            rules: vec![make_rule(seed, name, "RootManageSharedAccessKey", ALL)],
        });
    }
    made
}

fn make_rule(seed: u64, label: &str, name: &str, rights: &'static [&'static str]) -> Rule {
    Rule {
        name: name.to_owned(),
        rights,
        primary: key(seed, label, 0),
        secondary: key(seed, label, 1),
        regenerated: None,
    }
}

/// A key as Azure makes them: 32 bytes in base64.
pub(super) fn key(seed: u64, label: &str, number: u64) -> String {
    use base64::Engine;
    let mut bytes = [0_u8; 32];
    dice(seed, label, number).fill(&mut bytes);
    base64::engine::general_purpose::STANDARD.encode(bytes)
}

/// The namespace as something recommendations can be about.
pub(crate) fn as_resource(namespace: &Namespace) -> Resource {
    let item = namespace.item();
    Resource {
        id: namespace.id.clone(),
        name: namespace.name.clone(),
        kind: Kind::Namespace,
        arm_type: "Microsoft.EventHub/namespaces".to_owned(),
        subscription: namespace.subscription.clone(),
        group: crate::import::group_of(&namespace.id).unwrap_or_default().to_owned(),
        location: namespace.location.clone(),
        body: json!({"sku": item["sku"], "properties": item["properties"]}),
    }
}
