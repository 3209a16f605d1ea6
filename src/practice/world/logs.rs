//! Rows of Log Analytics tables: those of Defender follow from what automations sent, those of the console's own tables are
//! what Logs Ingestion received.

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::World;
use super::alert::{Alert, Source};
use super::automations::Action;
use super::automations::exported::{What, raised};
use super::rows::{arm_alert_properties, assessment_item};
use super::workspaces::Workspace;
use crate::import::{group_of, subscription_of};
use crate::kql::{Datum, Row};

/// (column, type).
pub(crate) type Columns = &'static [(&'static str, &'static str)];

/// Tables that Defender and the service itself write.
pub(crate) const TABLES: &[(&str, Columns)] = &[
    (
        "SecurityAlert",
        &[
            ("TenantId", "string"),
            ("TimeGenerated", "datetime"),
            ("DisplayName", "string"),
            ("AlertName", "string"),
            ("AlertSeverity", "string"),
            ("Description", "string"),
            ("ProviderName", "string"),
            ("VendorName", "string"),
            ("VendorOriginalId", "string"),
            ("SystemAlertId", "string"),
            ("ResourceId", "string"),
            ("SourceComputerId", "string"),
            ("AlertType", "string"),
            ("ConfidenceLevel", "string"),
            ("ConfidenceScore", "real"),
            ("IsIncident", "bool"),
            ("StartTime", "datetime"),
            ("EndTime", "datetime"),
            ("ProcessingEndTime", "datetime"),
            ("RemediationSteps", "string"),
            ("ExtendedProperties", "string"),
            ("Entities", "string"),
            ("WorkspaceSubscriptionId", "string"),
            ("WorkspaceResourceGroup", "string"),
            ("ExtendedLinks", "string"),
            ("ProductName", "string"),
            ("ProductComponentName", "string"),
            ("AlertLink", "string"),
            ("Status", "string"),
            ("CompromisedEntity", "string"),
            ("Tactics", "string"),
            ("Techniques", "string"),
            ("SubTechniques", "string"),
            ("Type", "string"),
        ],
    ),
    (
        "SecurityRecommendation",
        &[
            ("TimeGenerated", "datetime"),
            ("RecommendationId", "string"),
            ("RecommendationName", "string"),
            ("RecommendationDisplayName", "string"),
            ("RecommendationState", "string"),
            ("RecommendationSeverity", "string"),
            ("AssessedResourceId", "string"),
            ("Description", "string"),
            ("DeviceId", "string"),
            ("DiscoveredTimeUTC", "datetime"),
            ("Environment", "string"),
            ("FirstEvaluationDate", "datetime"),
            ("IsSnapshot", "bool"),
            ("PolicyDefinitionId", "string"),
            ("Properties", "dynamic"),
            ("ProviderName", "string"),
            ("RecommendationAdditionalData", "dynamic"),
            ("ResolvedTimeUTC", "datetime"),
            ("ResourceRegion", "string"),
            ("StatusChangeDate", "datetime"),
            ("Type", "string"),
        ],
    ),
    (
        "Operation",
        &[
            ("TimeGenerated", "datetime"),
            ("OperationCategory", "string"),
            ("OperationStatus", "string"),
            ("Detail", "string"),
            ("Type", "string"),
        ],
    ),
    (
        "_LogOperation",
        &[
            ("TimeGenerated", "datetime"),
            ("Category", "string"),
            ("Operation", "string"),
            ("Level", "string"),
            ("Detail", "string"),
        ],
    ),
    ("Heartbeat", &[("TimeGenerated", "datetime"), ("Computer", "string"), ("Type", "string")]),
];

/// A row.
#[derive(Debug)]
pub(crate) struct LogRow<'w> {
    arrived: Timestamp,
    content: Content<'w>,
}

#[derive(Debug)]
enum Content<'w> {
    Sent(&'w World, &'w Workspace, What<'w>, Timestamp),
    Received(Map<String, Value>, String),
}

impl World {
    /// The workspace of that GUID.
    pub(crate) fn workspace(&self, customer_id: &str) -> Option<&Workspace> {
        self.workspaces.iter().find(|found| found.customer_id.eq_ignore_ascii_case(customer_id))
    }

    /// What automations wrote to one of Defender's tables in a workspace until now.
    pub(crate) fn log_rows<'w>(&'w self, workspace: &'w Workspace, table: &str, now: Timestamp) -> Vec<LogRow<'w>> {
        let alerts = table.eq_ignore_ascii_case("SecurityAlert");
        if !alerts && !table.eq_ignore_ascii_case("SecurityRecommendation") {
            return Vec::new();
        }
        let id = workspace.id.to_lowercase();
        let sent = self.sent(|action| matches!(action, Action::Workspace(to) if *to == id));
        let mut rows: Vec<LogRow<'_>> = sent
            .into_iter()
            .filter(|sent| matches!(sent.what, What::Alert(..)) == alerts)
            .filter_map(|sent| {
                let arrived = sent.at.checked_add(self.ingestion_delay(sent.what.id())).ok()?;
                let content = Content::Sent(self, workspace, sent.what, sent.at);
                (arrived <= now).then_some(LogRow { arrived, content })
            })
            .collect();
        rows.sort_by_key(|row| row.arrived);
        rows
    }
}

impl LogRow<'static> {
    /// A row of a custom table as Logs Ingestion received it.
    pub(crate) fn received(row: Map<String, Value>, at: &str, table: &str) -> Self {
        let arrived = at.parse().unwrap_or(Timestamp::UNIX_EPOCH);
        Self { arrived, content: Content::Received(row, table.to_owned()) }
    }
}

impl Row for LogRow<'_> {
    fn get<'a>(&'a self, path: &[String]) -> Datum<'a> {
        let Some((first, rest)) = path.split_first() else {
            return Datum::Null;
        };
        if first == "$ingestion_time" {
            return Datum::Time(self.arrived);
        }
        let value = match &self.content {
            Content::Received(row, table) if first == "Type" && !row.contains_key("Type") => return Datum::text(table),
            Content::Received(row, _) => {
                return row.get(first).and_then(|value| super::json_at(value, rest)).map_or(Datum::Null, Datum::of);
            }
            Content::Sent(world, workspace, What::Alert(id, alert), at) => match (first.as_str(), &alert.source) {
                ("TimeGenerated" | "ProcessingEndTime", _) => return Datum::Time(raised(alert).unwrap_or(*at)),
                ("SystemAlertId" | "VendorOriginalId", Source::Made(recipe)) => return Datum::text(&recipe.name),
                ("AlertSeverity", Source::Made(recipe)) => return Datum::text(&recipe.severity),
                ("WorkspaceSubscriptionId", _) => return Datum::text(&workspace.subscription),
                ("WorkspaceResourceGroup", _) => return Datum::text(group_of(&workspace.id).unwrap_or_default()),
                ("TenantId", _) => return Datum::text(&workspace.customer_id),
                _ => alert_column(world, id, alert, first),
            },
            Content::Sent(world, _, What::Assessment(id, assessment), at) => match first.as_str() {
                "TimeGenerated" | "DiscoveredTimeUTC" => return Datum::Time(*at),
                "StatusChangeDate" => return assessment.changed.map_or(Datum::Null, Datum::Time),
                "FirstEvaluationDate" => return assessment.first.map_or(Datum::Null, Datum::Time),
                "RecommendationId" => return Datum::text(id),
                "RecommendationName" => return Datum::text(assessment.key()),
                _ => recommendation_column(&assessment_item(world, id, assessment, true), first),
            },
        };
        super::json_at(&value, rest).map_or(Datum::Null, |found| Datum::of(found).into_owned())
    }

    fn whole(&self) -> Map<String, Value> {
        let columns: Vec<&str> = match &self.content {
            Content::Received(row, _) => row.keys().map(String::as_str).chain(["Type"]).collect(),
            Content::Sent(_, _, what, _) => {
                let at = usize::from(matches!(what, What::Assessment(..)));
                TABLES.get(at).map(|(_, columns)| columns.iter().map(|(name, _)| *name).collect()).unwrap_or_default()
            }
        };
        columns.into_iter().map(|name| (name.to_owned(), self.get(&[name.to_owned()]).into_json())).collect()
    }
}

fn alert_column(world: &World, id: &str, alert: &Alert, name: &str) -> Value {
    let properties = arm_alert_properties(world, alert);
    let of = |name: &str| properties.get(name).cloned().unwrap_or_default();
    // lists and objects are JSON in text
    let text = |name: &str| match of(name) {
        Value::Null => Value::Null,
        value => Value::String(value.to_string()),
    };
    let list = |name: &str| match of(name) {
        Value::Array(items) => items.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(", ").into(),
        other => other,
    };
    match name {
        "DisplayName" | "AlertName" => of("alertDisplayName"),
        "AlertSeverity" => of("severity"),
        "SystemAlertId" | "VendorOriginalId" => of("systemAlertId"),
        "ProviderName" => json!("Azure Security Center"),
        "StartTime" => of("startTimeUtc"),
        "EndTime" => of("endTimeUtc"),
        "AlertLink" => of("alertUri"),
        "Status" => json!("New"),
        "Tactics" => of("intent"),
        "Techniques" => text("techniques"),
        "SubTechniques" => list("subTechniques"),
        "RemediationSteps" | "ExtendedProperties" | "Entities" | "ExtendedLinks" => {
            let mut first = name.chars();
            let ours: String =
                first.next().map(|letter| letter.to_ascii_lowercase()).into_iter().chain(first).collect();
            text(&ours)
        }
        "ResourceId" => {
            let found = properties.pointer("/resourceIdentifiers/0/azureResourceId").cloned();
            found.unwrap_or_else(|| format!("/subscriptions/{}", subscription_of(id).unwrap_or_default()).into())
        }
        "Type" => json!("SecurityAlert"),
        "AlertType" => of("alertType"),
        "Description" => of("description"),
        "VendorName" => of("vendorName"),
        "ProductName" => of("productName"),
        "ProductComponentName" => of("productComponentName"),
        "CompromisedEntity" => of("compromisedEntity"),
        "IsIncident" => of("isIncident"),
        "ConfidenceLevel" => of("confidenceLevel"),
        "ConfidenceScore" => of("confidenceScore"),
        _ => Value::Null,
    }
}

fn recommendation_column(item: &Value, name: &str) -> Value {
    let at = |pointer: &str| item.pointer(pointer).cloned().unwrap_or_default();
    match name {
        "RecommendationDisplayName" => at("/properties/displayName"),
        "RecommendationState" => at("/properties/status/code"),
        "RecommendationSeverity" => at("/properties/metadata/severity"),
        "AssessedResourceId" => at("/properties/resourceDetails/Id"),
        "Description" => at("/properties/metadata/description"),
        "PolicyDefinitionId" => at("/properties/metadata/policyDefinitionId"),
        "Environment" => json!("Azure"),
        "IsSnapshot" => json!(false),
        "Properties" => at("/properties"),
        "RecommendationAdditionalData" => at("/properties/additionalData"),
        "ProviderName" => json!("Microsoft Defender for Cloud"),
        "ResourceRegion" => at("/properties/additionalData/region"),
        "Type" => json!("SecurityRecommendation"),
        _ => Value::Null,
    }
}
