//! What the console's identity can see of places to send to: event hubs, and data collection rules of workspaces.

use super::{Arm, AzureError, Graph};
use domain::{ResourceId, SubscriptionId};
use serde::Deserialize;
use serde_json::Value;
use std::collections::BTreeMap;

/// The most of each that are listed; whoever has more types the one that is meant.
const MOST: usize = 200;

/// An event hub.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SeenHub {
    /// Its ARM id.
    pub id: ResourceId,
    /// Host name of its namespace.
    pub host: String,
    /// Its name.
    pub name: String,
}

/// A data collection rule with an endpoint of its own that declares the console's streams.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SeenRule {
    /// Its immutable id.
    pub immutable_id: String,
    /// Host of its logs ingestion endpoint.
    pub host: String,
    /// ARM id of the workspace it writes to.
    pub workspace: ResourceId,
    /// The streams it declares.
    pub streams: Vec<String>,
}

/// Every event hub in these subscriptions: namespaces by Resource Graph, their hubs by Resource Manager
/// (Microsoft.EventHub 2024-01-01), for Resource Graph has no rows of hubs.
pub async fn event_hubs(graph: &Graph, arm: &Arm, of: &[SubscriptionId]) -> Result<Vec<SeenHub>, AzureError> {
    #[derive(Deserialize)]
    struct Hub {
        name: String,
    }
    let text = "resources\n| where type =~ 'microsoft.eventhub/namespaces'\n| order by id asc\n| project id, name";
    let mut hubs = Vec::new();
    for row in graph.query(of, text, MOST).await?.rows {
        let (Some(id), Some(namespace)) = (text_of(&row, "id"), text_of(&row, "name")) else { continue };
        let path = format!("{id}/eventhubs?api-version=2024-01-01");
        // One namespace that may not be read does not hide the others.
        let found: Vec<Hub> = match arm.list(&path, "the event hubs of a namespace").await {
            Ok(found) => found,
            Err(error) if error.fault().is_some_and(|fault| matches!(fault.status, 403 | 404)) => continue,
            Err(error) => return Err(error),
        };
        hubs.extend(found.into_iter().map(|hub| SeenHub {
            id: ResourceId::new(&format!("{id}/eventhubs/{}", hub.name)),
            host: format!("{}{}", namespace.to_ascii_lowercase(), arm.http().cloud.event_hubs_suffix),
            name: hub.name,
        }));
        if hubs.len() >= MOST {
            break;
        }
    }
    Ok(hubs)
}

/// Every Log Analytics workspace in these subscriptions.
pub async fn workspaces(graph: &Graph, of: &[SubscriptionId]) -> Result<Vec<ResourceId>, AzureError> {
    let text = "resources\n| where type =~ 'microsoft.operationalinsights/workspaces'\n| order by id asc\n| project id";
    let rows = graph.query(of, text, MOST).await?.rows;
    Ok(rows.iter().filter_map(|row| text_of(row, "id")).map(ResourceId::new).collect())
}

/// Every data collection rule with an endpoint of its own in these subscriptions.
pub async fn collection_rules(graph: &Graph, of: &[SubscriptionId]) -> Result<Vec<SeenRule>, AzureError> {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Properties {
        immutable_id: String,
        #[serde(default)]
        endpoints: BTreeMap<String, String>,
        #[serde(default)]
        stream_declarations: BTreeMap<String, Value>,
        #[serde(default)]
        destinations: Destinations,
    }
    #[derive(Default, Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Destinations {
        #[serde(default)]
        log_analytics: Vec<Destination>,
    }
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Destination {
        workspace_resource_id: String,
    }
    let text = "resources\n| where type =~ 'microsoft.insights/datacollectionrules'\n| order by id asc\n| project id, properties";
    let mut rules = Vec::new();
    for row in graph.query(of, text, MOST).await?.rows {
        // Most rules collect from machines and have another shape: those are not what is looked for.
        let properties = row.get("properties").cloned().unwrap_or_default();
        let Ok(found) = serde_json::from_value::<Properties>(properties) else { continue };
        let host = found.endpoints.get("logsIngestion").and_then(|url| url.strip_prefix("https://"));
        let (Some(host), Some(workspace)) = (host, found.destinations.log_analytics.first()) else { continue };
        rules.push(SeenRule {
            immutable_id: found.immutable_id,
            host: host.trim_end_matches('/').to_owned(),
            workspace: ResourceId::new(&workspace.workspace_resource_id),
            streams: found.stream_declarations.into_keys().collect(),
        });
    }
    Ok(rules)
}

fn text_of<'a>(row: &'a Value, name: &str) -> Option<&'a str> {
    row.get(name)?.as_str()
}
