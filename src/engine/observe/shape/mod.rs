//! A row of Resource Graph, read once into exact parts, and the event made from it.
//!
//! The event has the shape Azure's own continuous export sends, as far as it is published: alerts flat with `PascalCase`
//! names, everything else as ARM resources with `securityEventDataEnrichment`. Every key of Azure's own event is there, also
//! when the row does not say it ([`keys`]). Whatever else a row carries is kept.

mod alert;
mod keys;
mod others;
mod recommendation;

pub(super) use keys::complete;
#[cfg(test)]
pub(super) use keys::missing;

use domain::{ItemKey, Kind, ResourceId, Severity, SubscriptionId, time};
use jiff::Timestamp;
use serde_json::{Map, Value};

/// Version of the closed list of fields whose change makes an event: alerts status and severity; recommendations status
/// code and cause; findings the same and severity; scores and controls the current score, to the hundredth; compliance
/// the state; attack paths the risk level. Nothing else of an event is compared: keys that a release adds to events are not.
pub const COMPARED_VERSION: i64 = 1;

/// An item as it is now.
#[derive(Debug, Clone, PartialEq)]
pub struct Observation {
    /// What it is told apart by.
    pub key: ItemKey,
    /// Its subscription.
    pub subscription: SubscriptionId,
    /// Its own id.
    pub item_id: String,
    /// The resource it is about.
    pub resource: ResourceId,
    /// Alerts: the system alert id.
    pub alert_id: Option<String>,
    /// What people call it.
    pub title: String,
    /// How bad it is, where the word is known.
    pub severity: Option<Severity>,
    /// Its status word.
    pub status: String,
    /// The compared state.
    pub compared: String,
    /// A digest of what was joined.
    pub joined: String,
    /// The source's date of it.
    pub source_date: Option<Timestamp>,
    /// Something people should know about how it was read.
    pub note: Option<String>,
    /// The event.
    pub body: Value,
    /// The row.
    pub row: Value,
}

/// A row that is not what it should be.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{path}` {fault} in {item}")]
pub struct RowError {
    /// Which item, as far as it can be told.
    pub item: String,
    /// Its subscription, if that much can be read.
    pub subscription: Option<SubscriptionId>,
    /// Where.
    pub path: &'static str,
    /// What is wrong there.
    pub fault: &'static str,
}

pub(super) struct Row<'a>(&'a Value);

impl<'a> Row<'a> {
    fn error(&self, path: &'static str, fault: &'static str) -> RowError {
        let id = get(self.0, "id").and_then(Value::as_str).unwrap_or("a row without id");
        RowError { item: id.to_owned(), subscription: ResourceId::new(id).subscription(), path, fault }
    }

    fn text(&self, path: &'static str) -> Result<&'a str, RowError> {
        self.optional(path).ok_or_else(|| self.error(path, "is missing or not text"))
    }

    fn optional(&self, path: &'static str) -> Option<&'a str> {
        path.split('.').try_fold(self.0, get)?.as_str()
    }

    fn object(&self, path: &'static str) -> Result<&'a Map<String, Value>, RowError> {
        path.split('.')
            .try_fold(self.0, get)
            .and_then(Value::as_object)
            .ok_or_else(|| self.error(path, "is missing or not an object"))
    }

    fn date(&self, path: &'static str) -> Option<Timestamp> {
        time::parse(self.optional(path)?)
    }
}

/// A member, whatever its letter case.
fn get<'a>(value: &'a Value, name: &str) -> Option<&'a Value> {
    let members = value.as_object()?;
    members.get(name).or_else(|| members.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value))
}

/// Where a recommendation's metadata comes from.
#[derive(Debug, Clone, Copy)]
pub enum Metadata<'a> {
    /// The row carries it.
    OfRow,
    /// The row carries none and `assessmentMetadata` was asked; `None` when Azure said that there is none (404).
    Asked(Option<&'a Value>),
}

/// Reads one row.
pub fn read_row(kind: Kind, row: &Value, metadata: Metadata<'_>) -> Result<Observation, RowError> {
    let mut seen = match kind {
        Kind::Alert => alert::read(row),
        Kind::Recommendation => recommendation::read(row, metadata),
        Kind::Finding
        | Kind::SecureScore
        | Kind::SecureScoreControl
        | Kind::RegulatoryCompliance
        | Kind::AttackPath => others::read(kind, row),
    }?;
    complete(kind, &mut seen.body);
    Ok(seen)
}

/// The event of an item's whole state, as snapshot sources send it: the same, and says that it is one.
pub(crate) fn as_snapshot(body: &Value) -> Value {
    let mut body = body.clone();
    for (name, value) in body.as_object_mut().into_iter().flatten() {
        if name.ends_with("EventDataEnrichment")
            && let Some(enrichment) = value.as_object_mut()
        {
            enrichment.insert("isSnapshot".to_owned(), Value::Bool(true));
        }
    }
    body
}

/// The key of a recommendation whose row lacks its metadata, so that it can be asked for.
pub(super) fn missing_metadata(kind: Kind, row: &Value) -> Option<&str> {
    let lacks = kind == Kind::Recommendation && get(get(row, "properties")?, "metadata").is_none_or(Value::is_null);
    if lacks { get(row, "name")?.as_str() } else { None }
}

/// Names in `camelCase`, as events write what rows may write otherwise.
fn camel_members(value: &mut Value) {
    if let Some(members) = value.as_object_mut() {
        *members = std::mem::take(members).into_iter().map(|(name, value)| (camel(&name), value)).collect();
    }
}

fn camel(name: &str) -> String {
    let mut chars = name.chars();
    chars.next().map(|first| first.to_lowercase().chain(chars).collect()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const SUB: &str = "/subscriptions/0ab1c2d3-0000-4000-8000-000000000001";

    #[test]
    fn an_alert_becomes_the_flat_event() {
        let row = json!({
            "id": format!("{SUB}/resourceGroups/rg/providers/Microsoft.Security/locations/we/alerts/a1"), "name": "a1",
            "properties": {
                "SystemAlertId": "A1", "Severity": "High", "Status": "Active", "AlertDisplayName": "<b>Odd</b> sign-in",
                "TimeGeneratedUtc": "2026-11-22T10:00:00.1234567Z", "ProcessingEndTimeUtc": "2026-11-22T10:00:05Z",
                "ResourceIdentifiers": [{"Type": "AzureResource", "AzureResourceId": format!("{SUB}/resourceGroups/rg/providers/Microsoft.Compute/virtualMachines/vm-1")}],
                "entities": []
            }
        });
        let seen = read_row(Kind::Alert, &row, Metadata::OfRow).unwrap();
        assert_eq!(seen.key.as_str(), "0ab1c2d3-0000-4000-8000-000000000001/a1");
        assert_eq!(seen.compared, r#"["active","high"]"#);
        assert_eq!(seen.source_date, time::parse("2026-11-22T10:00:05Z"));
        assert_eq!(seen.resource.name(), "vm-1");
        assert_eq!(seen.body["Status"], "New");
        assert_eq!(seen.body["TimeGenerated"], "2026-11-22T10:00:00.1234567Z");
        assert_eq!(seen.body["Entities"], json!([]));
        assert!(seen.body.get("TimeGeneratedUtc").is_none());
    }

    #[test]
    fn a_recommendation_waits_for_its_metadata_and_takes_it_in() {
        let row = json!({
            "id": format!("{SUB}/resourceGroups/rg/providers/Microsoft.Compute/virtualMachines/vm-1/providers/Microsoft.Security/assessments/K1"),
            "name": "K1", "tenantId": "t",
            "properties": {"displayName": "Close ports", "status": {"code": "Unhealthy", "statusChangeDate": "2026-11-20T00:00:00Z"},
                "resourceDetails": {"Source": "Azure", "Id": "x"}, "links": {"azurePortalUri": "portal"}}
        });
        assert_eq!(missing_metadata(Kind::Recommendation, &row), Some("K1"));
        let seen = read_row(Kind::Recommendation, &row, Metadata::Asked(Some(&json!({"severity": "Medium"})))).unwrap();
        assert_eq!(seen.severity, Some(Severity::Medium));
        assert_eq!(seen.body["properties"]["metadata"]["severity"], "Medium");
        assert_eq!(seen.body["properties"]["resourceDetails"]["source"], "Azure");
        assert_eq!(seen.body["properties"]["links"]["azurePortal"], "portal");
        let without = read_row(Kind::Recommendation, &row, Metadata::Asked(None)).unwrap();
        assert!(without.note.unwrap().contains("404"));
    }

    #[test]
    fn what_is_missing_is_named_by_path() {
        let row = json!({"id": format!("{SUB}/x/alerts/a1"), "properties": "not an object"});
        let error = read_row(Kind::Alert, &row, Metadata::OfRow).unwrap_err();
        assert_eq!(error.path, "properties");
        assert!(error.subscription.is_some());
    }
}
