//! Events as rows. Columns carry the names of `SecurityAlert` and `SecurityRecommendation`, and `EventId` and `EventTime`
//! beside them, so that queries move over with little change and doubles can be dropped.

use crate::{deliver::sender::Batch, domain::Kind, domain::time, store::Claimed};
use flate2::{Compression, write::GzEncoder};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Map, Value, json};
use std::io::Write;

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
        let mut row = row(event, now);
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

fn row(event: &Claimed, now: Timestamp) -> Map<String, Value> {
    let body: Value = serde_json::from_str(&event.body).unwrap_or_default();
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
        _ => recommendation(&body, &mut put),
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
    let assessed = crate::domain::ResourceId::new(body["id"].as_str().unwrap_or_default()).assessed();
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

fn subscription(id: &Value) -> Value {
    let id = crate::domain::ResourceId::new(id.as_str().unwrap_or_default());
    id.subscription().map_or(Value::Null, |id| json!(id))
}
