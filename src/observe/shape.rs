//! A row of Resource Graph, read once into exact parts, and the event made from it.
//!
//! The event has the shape Azure's own continuous export sends, as far as it is published: alerts flat with `PascalCase`
//! names, recommendations as ARM resources with `assessmentEventDataEnrichment`. Whatever else a row carries is kept.

use super::identity::digest;
use crate::domain::{ItemKey, Kind, ResourceId, Severity, SubscriptionId, time};
use jiff::Timestamp;
use serde_json::{Map, Value, json};

/// Version of the closed list of fields whose change makes an event: alerts status and severity; recommendations status
/// code and cause.
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

struct Row<'a>(&'a Value);

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
    match kind {
        Kind::Alert => read_alert(row),
        _ => read_recommendation(row, metadata),
    }
}

/// The key of a recommendation whose row lacks its metadata, so that it can be asked for.
pub(super) fn missing_metadata(kind: Kind, row: &Value) -> Option<&str> {
    let lacks = kind == Kind::Recommendation && get(get(row, "properties")?, "metadata").is_none_or(Value::is_null);
    if lacks { get(row, "name")?.as_str() } else { None }
}

fn read_alert(value: &Value) -> Result<Observation, RowError> {
    let row = Row(value);
    let id = ResourceId::new(row.text("id")?);
    let properties = row.object("properties")?;
    let subscription = id.subscription().ok_or_else(|| row.error("id", "names no subscription"))?;
    let alert_id = row.text("properties.SystemAlertId")?;
    let (severity_word, status) = (row.text("properties.Severity")?, row.text("properties.Status")?);
    let severity = Severity::parse(severity_word);
    let generated = row.date("properties.TimeGeneratedUtc").or_else(|| row.date("properties.TimeGenerated"));
    let processed = row.date("properties.ProcessingEndTimeUtc").or_else(|| row.date("properties.ProcessingEndTime"));
    let resource = azure_resource(value).unwrap_or_else(|| id.clone());
    let key = format!("{subscription}/{alert_id}").to_ascii_lowercase();
    Ok(Observation {
        key: ItemKey::parse(&key).map_err(|_| row.error("properties.SystemAlertId", "is empty"))?,
        subscription,
        item_id: id.as_str().to_owned(),
        alert_id: Some(alert_id.to_owned()),
        title: row.text("properties.AlertDisplayName")?.to_owned(),
        status: status.to_owned(),
        compared: json!([status.to_ascii_lowercase(), severity_word.to_ascii_lowercase()]).to_string(),
        joined: String::new(),
        source_date: generated.max(processed),
        note: severity.is_none().then(|| format!("its severity, {severity_word}, is not one this release knows")),
        severity,
        body: alert_event(properties, &resource),
        resource,
        row: value.clone(),
    })
}

fn azure_resource(row: &Value) -> Option<ResourceId> {
    let identifiers = get(get(row, "properties")?, "ResourceIdentifiers")?.as_array()?;
    let id = identifiers.iter().find_map(|one| get(one, "AzureResourceId")?.as_str())?;
    Some(ResourceId::new(id))
}

/// The flat event of an alert. Times lose their `Utc` and the first status is called `New`, as in Azure's own events.
fn alert_event(properties: &Map<String, Value>, resource: &ResourceId) -> Value {
    let mut event = Map::new();
    for (name, value) in properties {
        let mut name = pascal(name);
        if name == "TimeGeneratedUtc" || name == "ProcessingEndTimeUtc" {
            name.truncate(name.len() - "Utc".len());
        }
        let value = match value.as_str() {
            Some(status) if name == "Status" && status.eq_ignore_ascii_case("active") => json!("New"),
            _ => value.clone(),
        };
        event.insert(name, value);
    }
    event.entry("AzureResourceId").or_insert_with(|| json!(resource.as_str()));
    Value::Object(event)
}

fn pascal(name: &str) -> String {
    let mut chars = name.chars();
    chars.next().map(|first| first.to_uppercase().chain(chars).collect()).unwrap_or_default()
}

fn read_recommendation(value: &Value, metadata: Metadata<'_>) -> Result<Observation, RowError> {
    let row = Row(value);
    let id = ResourceId::new(row.text("id")?);
    let mut properties = row.object("properties")?.clone();
    let subscription = id.subscription().ok_or_else(|| row.error("id", "names no subscription"))?;
    let code = row.text("properties.status.code")?;
    let cause = row.optional("properties.status.cause").unwrap_or_default();
    if let Metadata::Asked(Some(metadata)) = metadata {
        properties.insert("metadata".to_owned(), metadata.clone());
    }
    let joined = properties.get("metadata").filter(|metadata| !metadata.is_null()).cloned();
    let of_metadata = |name: &str| joined.as_ref().and_then(|metadata| get(metadata, name)?.as_str());
    let severity_word = of_metadata("severity").map(str::to_owned);
    let severity = severity_word.as_deref().and_then(Severity::parse);
    let note = match (&joined, &severity_word) {
        (None, _) => Some("Azure knows no metadata for this recommendation (404): it has no severity".to_owned()),
        (_, Some(word)) if severity.is_none() => Some(format!("its severity, {word}, is not one this release knows")),
        _ => None,
    };
    let title = row
        .optional("properties.displayName")
        .or_else(|| of_metadata("displayName"))
        .or_else(|| row.optional("name"))
        .unwrap_or_default()
        .to_owned();
    Ok(Observation {
        key: ItemKey::parse(&id.key()).map_err(|_| row.error("id", "is empty"))?,
        subscription,
        resource: id.assessed(),
        alert_id: None,
        title,
        severity,
        status: code.to_owned(),
        compared: json!([code.to_ascii_lowercase(), cause.to_ascii_lowercase()]).to_string(),
        joined: joined.as_ref().map(digest).unwrap_or_default(),
        source_date: row.date("properties.status.statusChangeDate"),
        note,
        body: recommendation_event(&row, &id, properties),
        item_id: id.as_str().to_owned(),
        row: value.clone(),
    })
}

fn recommendation_event(row: &Row<'_>, id: &ResourceId, mut properties: Map<String, Value>) -> Value {
    if let Some(details) = properties.get_mut("resourceDetails").and_then(Value::as_object_mut) {
        *details = std::mem::take(details).into_iter().map(|(name, value)| (camel(&name), value)).collect();
    }
    if let Some(links) = properties.get_mut("links").and_then(Value::as_object_mut)
        && let Some(portal) = links.remove("azurePortalUri")
    {
        links.insert("azurePortal".to_owned(), portal);
    }
    let enrichment = json!({"action": "Insert", "apiVersion": "2019-01-01", "isSnapshot": false});
    json!({
        "assessmentEventDataEnrichment": enrichment,
        "securityEventDataEnrichment": enrichment,
        "tenantId": row.optional("tenantId"),
        "type": "Microsoft.Security/assessments",
        "kind": "",
        "location": row.optional("location").unwrap_or_default(),
        "id": id.as_str(),
        "name": row.optional("name"),
        "tags": get(row.0, "tags"),
        "properties": properties,
    })
}

fn camel(name: &str) -> String {
    let mut chars = name.chars();
    chars.next().map(|first| first.to_lowercase().chain(chars).collect()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

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
