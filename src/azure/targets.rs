//! What Resource Manager says of places that events are sent to: who may send, what the network lets through.

use super::{Arm, AzureError, Graph, Http, graph::literal};
use domain::{ResourceId, SubscriptionId};
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::Value;
use std::net::IpAddr;

/// The network of an Event Hubs namespace (`networkRuleSets/default`, Microsoft.EventHub 2024-01-01).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HubNetwork {
    /// `Enabled`, `Disabled` or `SecuredByPerimeter`.
    pub public_access: String,
    /// Whether only the addresses and networks that are named may come in. Rules that name none let everybody in.
    pub only_named: bool,
}

/// The way that requests to a host take.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Way {
    /// Through the proxy of the settings.
    Proxy,
    /// To a private address: Private Link.
    Private(IpAddr),
    /// To a public address.
    Public(IpAddr),
    /// Its name cannot be found.
    Unknown(String),
}

impl Arm {
    /// What the identity may do at a resource, as entries of patterns.
    pub async fn rights_at<T: DeserializeOwned>(&self, resource: &ResourceId) -> Result<Vec<T>, AzureError> {
        let path = format!("{resource}/providers/Microsoft.Authorization/permissions?api-version=2022-04-01");
        self.list(&path, "the identity's permissions at a target").await
    }

    /// The rights of an authorization rule of a hub: `Send`, `Listen`, `Manage`. None when there is no such rule.
    pub async fn rule_rights(&self, hub: &ResourceId, rule: &str) -> Result<Option<Vec<String>>, AzureError> {
        #[derive(Deserialize)]
        struct Rule {
            properties: Properties,
        }
        #[derive(Deserialize)]
        struct Properties {
            rights: Vec<String>,
        }
        super::automations::only_hubs(hub)?;
        super::automations::only_names(rule)?;
        let namespace = hub.before("eventhubs");
        // A connection string may as well be of a rule of the whole namespace.
        for of in [hub.as_str(), namespace] {
            let path = format!("{of}/authorizationRules/{rule}?api-version=2024-01-01");
            match self.get::<Rule>(&path, "an authorization rule").await {
                Ok(found) => return Ok(Some(found.properties.rights)),
                Err(error) if error.fault().is_some_and(|fault| fault.status == 404) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(None)
    }

    /// What the network of a hub's namespace lets through.
    pub async fn hub_network(&self, hub: &ResourceId) -> Result<HubNetwork, AzureError> {
        #[derive(Deserialize)]
        struct Rules {
            properties: Properties,
        }
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase", default)]
        struct Properties {
            public_network_access: String,
            default_action: String,
            ip_rules: Vec<Value>,
            virtual_network_rules: Vec<Value>,
        }
        impl Default for Properties {
            fn default() -> Self {
                Self {
                    public_network_access: "Enabled".to_owned(),
                    default_action: "Allow".to_owned(),
                    ip_rules: Vec::new(),
                    virtual_network_rules: Vec::new(),
                }
            }
        }
        let namespace = hub.before("eventhubs");
        let path = format!("{namespace}/networkRuleSets/default?api-version=2024-01-01");
        let found: Rules = self.get(&path, "the network of an Event Hubs namespace").await?;
        let rules = found.properties;
        let named = !rules.ip_rules.is_empty() || !rules.virtual_network_rules.is_empty();
        Ok(HubNetwork {
            only_named: rules.default_action.eq_ignore_ascii_case("Deny") && named,
            public_access: rules.public_network_access,
        })
    }
}

/// The resource id of the data collection rule with this immutable id, as far as the identity can see it.
pub async fn collection_rule(
    graph: &Graph,
    of: &[SubscriptionId],
    immutable_id: &str,
) -> Result<Option<ResourceId>, AzureError> {
    let text = format!(
        "resources\n| where type =~ 'microsoft.insights/datacollectionrules'\n| where properties.immutableId =~ {}\n| project id",
        literal(immutable_id)
    );
    for group in of.chunks(super::SUBSCRIPTIONS_A_REQUEST) {
        let rows = graph.query(group, &text, 1).await?.rows;
        if let Some(id) = rows.first().and_then(|row| row.get("id")?.as_str()) {
            return Ok(Some(ResourceId::new(id)));
        }
    }
    Ok(None)
}

impl Http {
    /// The way that requests to a host take; none on the practice Azure, where every host is the same.
    pub async fn way(&self, host: &str) -> Option<Way> {
        if self.practice.is_some() {
            return None;
        }
        if self.has_proxy {
            return Some(Way::Proxy);
        }
        Some(match tokio::net::lookup_host((host, 443)).await {
            Err(error) => Way::Unknown(error.to_string()),
            Ok(mut found) => match found.next().map(|address| address.ip()) {
                None => Way::Unknown("no address".to_owned()),
                Some(address) if is_private(address) => Way::Private(address),
                Some(address) => Way::Public(address),
            },
        })
    }
}

fn is_private(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => v4.is_private(),
        IpAddr::V6(v6) => v6.is_unique_local(),
    }
}
