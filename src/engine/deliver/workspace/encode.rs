//! Events as rows. Columns carry the names of `SecurityAlert` and `SecurityRecommendation`, and `EventId` and `EventTime`
//! beside them, so that queries move over with little change and doubles can be dropped.

use crate::deliver::batch::Batch;
use domain::{Change, EventId, Kind, time};
use flate2::{Compression, write::GzEncoder};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Map, Value, json};
use std::io::Write;
use store::Claimed;

/// Logs Ingestion cuts a field beyond 64 KB (Azure Monitor, custom logs limits).
const MOST_FIELD: usize = 64 * 1024;
/// `TimeGenerated` older than this, or further ahead than a day, is replaced by the time of arrival.
const OLDEST: SignedDuration = SignedDuration::from_hours(48);
const NEWEST: SignedDuration = SignedDuration::from_hours(24);

/// Fills one batch of rows from the head of the claimed events (all of one kind) and packs it.
pub fn encode(events: &[Claimed], most: usize, now: Timestamp) -> Batch {
    let mut text = String::from("[");
    let (mut taken, mut cut) = (0, Vec::new());
    for event in events {
        let mut row = row(event.into(), now);
        let fields = shorten(&mut row);
        let one = Value::Object(row).to_string();
        if taken > 0 && text.len() + one.len() + 2 > most {
            break;
        }
        if taken > 0 {
            text.push(',');
        }
        text.push_str(&one);
        taken += 1;
        cut.extend(fields.into_iter().map(|field| format!("{field} of event {}", event.event)));
    }
    text.push(']');
    let mut encoder = GzEncoder::new(Vec::with_capacity(text.len() / 4), Compression::fast());
    // Writing into memory cannot fail.
    let packed = encoder.write_all(text.as_bytes()).and_then(|()| encoder.finish()).unwrap_or_default();
    let note = (!cut.is_empty()).then(|| format!("cut to 64 KB, the most a field holds: {}", cut.join(", ")));
    Batch { events: taken, size: text.len().max(packed.len()), body: packed.into(), note }
}

fn shorten(row: &mut Map<String, Value>) -> Vec<String> {
    let mut cut = Vec::new();
    for (name, value) in row.iter_mut() {
        let text = match value {
            Value::String(text) => text.clone(),
            Value::Object(_) | Value::Array(_) => value.to_string(),
            _ => continue,
        };
        if text.len() > MOST_FIELD {
            let mut end = MOST_FIELD - 3;
            while !text.is_char_boundary(end) {
                end -= 1;
            }
            *value = json!(format!("{}…", &text[..end]));
            cut.push(name.clone());
        }
    }
    cut
}

/// What a row is made of.
#[derive(Debug, Clone, Copy)]
pub struct RowOf<'a> {
    /// The event.
    pub event: &'a EventId,
    /// The kind of data.
    pub kind: Kind,
    /// What happened.
    pub change: Change,
    /// The source's time.
    pub occurred_at: Timestamp,
    /// The event as JSON text.
    pub body: &'a str,
}

impl<'a> From<&'a Claimed> for RowOf<'a> {
    fn from(claimed: &'a Claimed) -> Self {
        let Claimed { event, kind, change, occurred_at, body, .. } = claimed;
        Self { event, kind: *kind, change: *change, occurred_at: *occurred_at, body }
    }
}

/// One event as the row that would be written now.
pub fn row(event: RowOf<'_>, now: Timestamp) -> Map<String, Value> {
    let body: Value = serde_json::from_str(event.body).unwrap_or_default();
    let age = now.duration_since(event.occurred_at);
    let generated = if age > OLDEST || age < -NEWEST { now } else { event.occurred_at };
    let mut row = Map::new();
    let mut put = |name: &str, value: Value| {
        if !value.is_null() {
            row.insert(name.to_owned(), value);
        }
    };
    put("TimeGenerated", json!(time::rfc3339(generated)));
    put("EventId", json!(event.event));
    put("EventTime", json!(time::rfc3339(event.occurred_at)));
    put("Change", json!(event.change));
    match event.kind {
        Kind::Alert => alert(&body, &mut put),
        Kind::Recommendation => recommendation(&body, &mut put),
        Kind::Finding => finding(&body, &mut put),
        Kind::SecureScore | Kind::SecureScoreControl => score(event.kind, &body, &mut put),
        Kind::RegulatoryCompliance => compliance(&body, &mut put),
        Kind::AttackPath => attack_path(&body, &mut put),
    }
    row
}

/// A value as `SecurityAlert` keeps it: objects and lists are JSON in text.
fn text(value: &Value) -> Value {
    match value {
        Value::Object(_) | Value::Array(_) => json!(value.to_string()),
        other => other.clone(),
    }
}

fn alert(body: &Value, put: &mut impl FnMut(&str, Value)) {
    for (column, member) in [
        ("AlertName", "AlertDisplayName"),
        ("DisplayName", "AlertDisplayName"),
        ("AlertSeverity", "Severity"),
        ("AlertType", "AlertType"),
        ("AlertLink", "AlertUri"),
        ("CompromisedEntity", "CompromisedEntity"),
        ("Description", "Description"),
        ("StartTime", "StartTimeUtc"),
        ("EndTime", "EndTimeUtc"),
        ("ProcessingEndTime", "ProcessingEndTime"),
        ("Entities", "Entities"),
        ("ExtendedLinks", "ExtendedLinks"),
        ("ExtendedProperties", "ExtendedProperties"),
        ("RemediationSteps", "RemediationSteps"),
        ("ProductComponentName", "ProductComponentName"),
        ("ProductName", "ProductName"),
        ("ResourceId", "AzureResourceId"),
        ("Status", "Status"),
        ("SystemAlertId", "SystemAlertId"),
        ("Tactics", "Intent"),
        ("Techniques", "Techniques"),
        ("SubTechniques", "SubTechniques"),
        ("VendorName", "VendorName"),
    ] {
        put(column, text(&body[member]));
    }
    put("ProviderName", json!("Microsoft Defender for Cloud"));
    put("IsIncident", body["IsIncident"].clone());
    put("AssessedSubscriptionId", subscription(&body["AzureResourceId"]));
}

fn recommendation(body: &Value, put: &mut impl FnMut(&str, Value)) {
    let properties = &body["properties"];
    let (status, metadata) = (&properties["status"], &properties["metadata"]);
    let assessed = domain::ResourceId::new(body["id"].as_str().unwrap_or_default()).assessed();
    put("AssessedResourceId", json!(assessed.as_str()));
    put("AssessedSubscriptionId", subscription(&body["id"]));
    put("Description", metadata["description"].clone());
    put("Environment", properties["resourceDetails"]["source"].clone());
    put("FirstEvaluationDate", status["firstEvaluationDate"].clone());
    put("StatusChangeDate", status["statusChangeDate"].clone());
    put("IsSnapshot", body["assessmentEventDataEnrichment"]["isSnapshot"].clone());
    put("PolicyDefinitionId", metadata["policyDefinitionId"].clone());
    put("Properties", properties.clone());
    put("ProviderName", json!("Microsoft Defender for Cloud"));
    put("RecommendationAdditionalData", properties["additionalData"].clone());
    let name = [&properties["displayName"], &metadata["displayName"]].into_iter().find(|name| !name.is_null());
    put("RecommendationDisplayName", name.cloned().unwrap_or_default());
    put("RecommendationId", body["id"].clone());
    put("RecommendationName", body["name"].clone());
    put("RecommendationSeverity", metadata["severity"].clone());
    put("RecommendationState", status["code"].clone());
    put("ResourceRegion", body["location"].clone());
}

/// What all ARM resources have in common.
fn resource(body: &Value, put: &mut impl FnMut(&str, Value)) {
    put("AssessedSubscriptionId", subscription(&body["id"]));
    put("IsSnapshot", body["securityEventDataEnrichment"]["isSnapshot"].clone());
}

fn id_of(body: &Value) -> domain::ResourceId {
    domain::ResourceId::new(body["id"].as_str().unwrap_or_default())
}

fn finding(body: &Value, put: &mut impl FnMut(&str, Value)) {
    let (properties, id) = (&body["properties"], id_of(body));
    let status = &properties["status"];
    resource(body, put);
    let lower = id.as_str().to_ascii_lowercase();
    let parent = lower.find("/subassessments/").map(|end| &id.as_str()[..end]);
    let assessed = id.assessed().assessed();
    put("AdditionalData", properties["additionalData"].clone());
    put("AssessedResourceId", json!(assessed.as_str()));
    put("Category", properties["category"].clone());
    put("Cause", status["cause"].clone());
    put("Description", properties["description"].clone());
    put("Impact", properties["impact"].clone());
    put("NestedRecommendationId", json!(id.as_str()));
    put("ParentRecommendationId", json!(parent));
    put("RecommendationName", properties["displayName"].clone());
    put("RecommendationSeverity", status["severity"].clone());
    put("RecommendationState", status["code"].clone());
    put("RemediationDescription", properties["remediation"].clone());
    put("ResourceDetails", properties["resourceDetails"].clone());
    put("ResourceGroup", json!(id.after("resourceGroups")));
    put("ResourceProviderType", json!(assessed.after("providers")));
}

fn score(kind: Kind, body: &Value, put: &mut impl FnMut(&str, Value)) {
    let (properties, id) = (&body["properties"], id_of(body));
    let score = &properties["score"];
    resource(body, put);
    put("AssessedResourceId", json!(id.assessed().as_str()));
    put("CurrentScore", score["current"].clone());
    put("DisplayName", properties["displayName"].clone());
    put("Environment", json!("Azure"));
    put("MaxScore", score["max"].clone());
    put("PercentageScore", score["percentage"].clone());
    put("Properties", properties.clone());
    put("ResourceProviderType", json!("Microsoft.Security"));
    if kind == Kind::SecureScoreControl {
        put("ControlId", json!(id.name()));
        put("ControlName", properties["displayName"].clone());
        put("ControlType", properties["definition"]["properties"]["source"]["sourceType"].clone());
        put("Description", properties["definition"]["properties"]["description"].clone());
        put("HealthyResources", properties["healthyResourceCount"].clone());
        put("UnhealthyResources", properties["unhealthyResourceCount"].clone());
        put("NotApplicableResources", properties["notApplicableResourceCount"].clone());
        put("RecommendationResourceIds", properties["definition"]["properties"]["assessmentDefinitions"].clone());
    }
}

fn compliance(body: &Value, put: &mut impl FnMut(&str, Value)) {
    let (properties, id) = (&body["properties"], id_of(body));
    resource(body, put);
    put("ComplianceStandard", json!(id.after("regulatoryComplianceStandards")));
    put("ComplianceControl", json!(id.after("regulatoryComplianceControls")));
    put("RecommendationId", json!(id.name()));
    put("RecommendationName", properties["description"].clone());
    put("State", properties["state"].clone());
    put("PassedResources", properties["passedResources"].clone());
    put("FailedResources", properties["failedResources"].clone());
    put("SkippedResources", properties["skippedResources"].clone());
    put("Properties", properties.clone());
}

fn attack_path(body: &Value, put: &mut impl FnMut(&str, Value)) {
    let (properties, id) = (&body["properties"], id_of(body));
    resource(body, put);
    put("AttackPathId", json!(id.as_str()));
    put("AttackPathName", json!(id.name()));
    put("AttackPathType", properties["attackPathType"].clone());
    put("Description", properties["description"].clone());
    put("DisplayName", properties["displayName"].clone());
    put("RiskLevel", properties["riskLevel"].clone());
    put("EntryPointId", properties["entryPointEntityInternalID"].clone());
    put("TargetResourceId", properties["targetEntityInternalID"].clone());
    put("Properties", properties.clone());
}

fn subscription(id: &Value) -> Value {
    let id = domain::ResourceId::new(id.as_str().unwrap_or_default());
    id.subscription().map_or(Value::Null, |id| json!(id))
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::{ExportId, ItemKey, tables::table_of};

    const SUB: &str = "/subscriptions/0ab1c2d3-0000-4000-8000-000000000001";

    fn row_of(kind: Kind, body: &Value) -> Map<String, Value> {
        let claimed = Claimed {
            seq: 1,
            event: EventId::parse(&"a".repeat(32)).unwrap(),
            export: ExportId::parse("0ab1c2d3-0000-4000-8000-000000000002").unwrap(),
            export_name: "x".into(),
            kind,
            change: Change::Created,
            key: ItemKey::parse("k").unwrap(),
            occurred_at: Timestamp::UNIX_EPOCH,
            body: body.to_string(),
            refused_at: None,
            replay: false,
        };
        row((&claimed).into(), Timestamp::UNIX_EPOCH)
    }

    #[test]
    fn every_row_fits_the_table_of_its_kind() {
        let security = "providers/Microsoft.Security";
        let vm = "resourceGroups/rg/providers/Microsoft.Compute/virtualMachines/vm-1";
        let score = json!({"max": 8, "current": 2.5, "percentage": 0.31});
        let bodies = [
            (
                Kind::Alert,
                json!({"AlertDisplayName": "a", "Severity": "High", "AzureResourceId": format!("{SUB}/{vm}"), "Entities": []}),
            ),
            (
                Kind::Recommendation,
                json!({"id": format!("{SUB}/{vm}/{security}/assessments/k"), "properties": {"status": {"code": "Unhealthy"}}}),
            ),
            (
                Kind::Finding,
                json!({"id": format!("{SUB}/{vm}/{security}/assessments/k/subAssessments/f"), "properties": {"displayName": "f", "status": {"code": "Unhealthy"}}}),
            ),
            (
                Kind::SecureScore,
                json!({"id": format!("{SUB}/{security}/secureScores/ascScore"), "properties": {"score": score}}),
            ),
            (
                Kind::SecureScoreControl,
                json!({"id": format!("{SUB}/{security}/secureScores/ascScore/secureScoreControls/c"), "properties": {"displayName": "MFA", "score": score, "healthyResourceCount": 3}}),
            ),
            (
                Kind::RegulatoryCompliance,
                json!({"id": format!("{SUB}/{security}/regulatoryComplianceStandards/PCI/regulatoryComplianceControls/1.1/regulatoryComplianceAssessments/a"), "properties": {"state": "Failed"}}),
            ),
            (
                Kind::AttackPath,
                json!({"id": format!("{SUB}/{security}/attackPaths/p"), "properties": {"displayName": "way", "riskLevel": "High"}}),
            ),
        ];
        for (kind, body) in bodies {
            let row = row_of(kind, &body);
            let columns: Vec<&str> = table_of(kind).columns().map(|(name, _)| name).collect();
            for name in row.keys() {
                assert!(columns.contains(&name.as_str()), "{kind}: the table has no column {name}");
            }
            assert_eq!(row["AssessedSubscriptionId"], "0ab1c2d3-0000-4000-8000-000000000001", "{kind}");
            assert_eq!(row["Change"], "created");
            if kind == Kind::Finding {
                assert_eq!(row["ParentRecommendationId"], format!("{SUB}/{vm}/{security}/assessments/k"));
                assert_eq!(
                    (&row["AssessedResourceId"], &row["ResourceProviderType"]),
                    (&json!(format!("{SUB}/{vm}")), &json!("Microsoft.Compute"))
                );
            }
        }
    }
}
