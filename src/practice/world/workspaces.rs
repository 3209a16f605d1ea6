//! Log Analytics workspaces, their tables, and the data collection rules that write to them.

use serde_json::{Value, json};

use super::resources::{Kind, Resource, Subscription};
use crate::Table;
use crate::dice::{dice, guid, hex};

/// A workspace.
#[derive(Debug, Clone)]
pub(crate) struct Workspace {
    pub id: String,
    pub name: String,
    pub subscription: String,
    pub location: String,
    /// The workspace's GUID in queries.
    pub customer_id: String,
    pub tables: Vec<(String, Vec<Column>)>,
}

/// (name, type) of a column.
pub(crate) type Column = (&'static str, &'static str);

/// A data collection rule of kind Direct.
#[derive(Debug, Clone)]
pub(crate) struct CollectionRule {
    pub id: String,
    pub name: String,
    pub subscription: String,
    pub location: String,
    pub immutable_id: String,
    /// Host name of its ingestion endpoint.
    pub host: String,
    /// Resource id of the workspace it writes to.
    pub workspace: String,
    /// The same as queries name it.
    pub customer_id: String,
    pub streams: Vec<Stream>,
    /// Whether the console's application is Monitoring Metrics Publisher here.
    pub publisher: bool,
}

/// A stream of a data collection rule.
#[derive(Debug, Clone)]
pub(crate) struct Stream {
    /// What its rows are about, as the starter names it.
    pub about: &'static str,
    pub name: String,
    pub table: String,
    pub columns: Vec<Column>,
}

const BUILT_IN: &[Column] = &[("TimeGenerated", "datetime"), ("Type", "string")];

/// (subscription, group, workspace, has the custom tables, collection rule, publisher).
const PLANS: &[(&str, &str, &str, bool, &str, bool)] = &[
    ("Security Operations", "rg-siem-prod", "soc-central", true, "dcr-continuous-export", true),
    ("Wind Sites", "rg-site-relay-prod", "field-logs", true, "dcr-field", false),
    ("Corporate IT", "rg-directory-prod", "office-logs", false, "", false),
];

/// Workspaces and collection rules of the given subscriptions.
pub(crate) fn workspaces(
    seed: u64,
    subscriptions: &[Subscription],
    custom_tables: &[Table],
) -> (Vec<Workspace>, Vec<CollectionRule>) {
    let (mut workspaces, mut rules) = (Vec::new(), Vec::new());
    for (owner, group, name, custom, rule, publisher) in PLANS {
        let Some(subscription) = subscriptions.iter().find(|subscription| subscription.name == *owner) else {
            continue;
        };
        let base = format!("/subscriptions/{}/resourceGroups/{group}/providers", subscription.id);
        let id = format!("{base}/Microsoft.OperationalInsights/workspaces/{name}");
        let mut tables: Vec<(String, Vec<Column>)> = ["SecurityAlert", "SecurityRecommendation", "Heartbeat"]
            .map(|name| (name.to_owned(), BUILT_IN.to_vec()))
            .to_vec();
        if *custom {
            tables.extend(custom_tables.iter().map(|table| (table.name.clone(), table.columns.clone())));
        }
        if !rule.is_empty() {
            let mut rng = dice(seed, rule, 0);
            rules.push(CollectionRule {
                id: format!("{base}/Microsoft.Insights/dataCollectionRules/{rule}"),
                name: (*rule).to_owned(),
                subscription: subscription.id.clone(),
                location: subscription.location.to_owned(),
                immutable_id: format!("dcr-{}", hex(&mut rng, 32)),
                host: format!("soc-{}.{}-1.ingest.monitor.azure.com", hex(&mut rng, 4), subscription.location),
                workspace: id.clone(),
                customer_id: guid(seed, name, 0),
                publisher: *publisher,
                streams: custom_tables
                    .iter()
                    .map(|table| Stream {
                        about: table.about,
                        name: table.stream.clone(),
                        table: table.name.clone(),
                        columns: table.columns.clone(),
                    })
                    .collect(),
            });
        }
        workspaces.push(Workspace {
            id,
            name: (*name).to_owned(),
            subscription: subscription.id.clone(),
            location: subscription.location.to_owned(),
            customer_id: guid(seed, name, 0),
            tables,
        });
    }
    (workspaces, rules)
}

impl Workspace {
    /// The ARM item.
    pub(crate) fn item(&self) -> Value {
        json!({
            "id": self.id, "name": self.name, "type": "Microsoft.OperationalInsights/workspaces", "location": self.location, "tags": {},
            "properties": {
                "customerId": self.customer_id, "provisioningState": "Succeeded", "sku": {"name": "pergb2018"}, "retentionInDays": 90,
                "workspaceCapping": {"dailyQuotaGb": -1.0, "quotaNextResetTime": "2026-11-23T05:00:00Z", "dataIngestionStatus": "RespectQuota"},
                "createdDate": "2023-02-06T10:11:12Z", "modifiedDate": "2023-02-06T10:11:12Z", "features": {"enableLogAccessUsingOnlyResourcePermissions": true},
                "publicNetworkAccessForIngestion": "Enabled", "publicNetworkAccessForQuery": "Enabled",
            },
        })
    }

    /// The solution that lets Defender's tables appear, as an ARM item; one workspace was made without.
    pub(crate) fn solution_item(&self) -> Option<Value> {
        let base = self.id.split("/providers/").next()?;
        let name = format!("SecurityCenterFree({})", self.name);
        (self.name != "office-logs").then(|| {
            json!({
                "id": format!("{base}/providers/Microsoft.OperationsManagement/solutions/{name}"), "name": name,
                "type": "Microsoft.OperationsManagement/solutions", "location": self.location,
                "plan": {"name": name, "publisher": "Microsoft", "promotionCode": "", "product": "OMSGallery/SecurityCenterFree"},
                "properties": {
                    "workspaceResourceId": self.id, "provisioningState": "Succeeded",
                    "containedResources": [], "referencedResources": [],
                },
            })
        })
    }

    /// The ARM item of a table.
    pub(crate) fn table_item(&self, name: &str, columns: &[Column]) -> Value {
        let kind = if name.ends_with("_CL") { "CustomLog" } else { "Microsoft" };
        let columns: Vec<Value> = columns.iter().map(|(name, kind)| json!({"name": name, "type": kind})).collect();
        json!({
            "id": format!("{}/tables/{name}", self.id), "name": name, "type": "Microsoft.OperationalInsights/workspaces/tables",
            "properties": {
                "plan": "Analytics", "retentionInDays": 90, "totalRetentionInDays": 90, "archiveRetentionInDays": 0,
                "retentionInDaysAsDefault": true, "totalRetentionInDaysAsDefault": true, "provisioningState": "Succeeded",
                "schema": {"name": name, "tableType": kind, "tableSubType": "DataCollectionRuleBased", "columns": columns, "standardColumns": [], "solutions": ["LogManagement"]},
            },
        })
    }
}

impl CollectionRule {
    /// The ARM item.
    pub(crate) fn item(&self) -> Value {
        let declarations: serde_json::Map<String, Value> = self
            .streams
            .iter()
            .map(|stream| {
                let columns: Vec<Value> =
                    stream.columns.iter().map(|(name, kind)| json!({"name": name, "type": kind})).collect();
                (stream.name.clone(), json!({"columns": columns}))
            })
            .collect();
        let flows: Vec<Value> = self
            .streams
            .iter()
            .map(|stream| {
                json!({
                    "streams": [stream.name], "destinations": ["workspace"], "transformKql": "source",
                    "outputStream": format!("Custom-{}", stream.table),
                })
            })
            .collect();
        json!({
            "id": self.id, "name": self.name, "type": "Microsoft.Insights/dataCollectionRules", "location": self.location,
            "kind": "Direct", "tags": {},
            "properties": {
                "immutableId": self.immutable_id, "provisioningState": "Succeeded",
                "endpoints": {"logsIngestion": format!("https://{}", self.host), "metricsIngestion": format!("https://{}", self.host)},
                "streamDeclarations": declarations,
                "destinations": {"logAnalytics": [{"name": "workspace", "workspaceResourceId": self.workspace, "workspaceId": self.customer_id}]},
                "dataFlows": flows,
            },
        })
    }
}

/// The workspace as something recommendations can be about.
pub(crate) fn as_resource(workspace: &Workspace) -> Resource {
    let item = workspace.item();
    Resource {
        id: workspace.id.clone(),
        name: workspace.name.clone(),
        kind: Kind::Workspace,
        arm_type: "Microsoft.OperationalInsights/workspaces".to_owned(),
        subscription: workspace.subscription.clone(),
        group: crate::import::group_of(&workspace.id).unwrap_or_default().to_owned(),
        location: workspace.location.clone(),
        body: json!({"properties": item["properties"]}),
    }
}

/// The collection rule as a row of `resources`.
pub(crate) fn rule_as_resource(rule: &CollectionRule) -> Resource {
    let item = rule.item();
    Resource {
        id: rule.id.clone(),
        name: rule.name.clone(),
        kind: Kind::Other,
        arm_type: "Microsoft.Insights/dataCollectionRules".to_owned(),
        subscription: rule.subscription.clone(),
        group: crate::import::group_of(&rule.id).unwrap_or_default().to_owned(),
        location: rule.location.clone(),
        body: json!({"kind": "Direct", "properties": item["properties"]}),
    }
}
