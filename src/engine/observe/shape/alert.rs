//! Alerts: flat, with `PascalCase` names.

use super::{Observation, Row, RowError, get};
use domain::{ItemKey, ResourceId, Severity};
use serde_json::{Map, Value, json};

pub(super) fn read(value: &Value) -> Result<Observation, RowError> {
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
        body: alert_event(value, properties, &resource),
        resource,
        row: value.clone(),
    })
}

fn identifiers(row: &Value) -> &[Value] {
    let found = get(row, "properties").and_then(|properties| get(properties, "ResourceIdentifiers"));
    found.and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

fn azure_resource(row: &Value) -> Option<ResourceId> {
    let id = identifiers(row).iter().find_map(|one| get(one, "AzureResourceId")?.as_str())?;
    Some(ResourceId::new(id))
}

/// The agent that reported what the alert is about, and its workspace.
fn agent(row: &Value) -> Option<&Value> {
    let kind = |one: &Value| get(one, "Type").and_then(Value::as_str).map(str::to_ascii_lowercase);
    identifiers(row).iter().find(|one| kind(one).as_deref() == Some("loganalytics"))
}

/// The flat event of an alert. Times lose their `Utc` and the first status is called `New`, as in Azure's own events.
fn alert_event(row: &Value, properties: &Map<String, Value>, resource: &ResourceId) -> Value {
    let mut event = Map::new();
    for (name, value) in properties {
        let mut name = pascal(name);
        if name == "TimeGeneratedUtc" || name == "ProcessingEndTimeUtc" {
            name.truncate(name.len() - "Utc".len());
        }
        let value = match (name.as_str(), value) {
            ("Status", Value::String(status)) if status.eq_ignore_ascii_case("active") => json!("New"),
            ("ResourceIdentifiers", Value::Array(found)) => found.iter().map(pascal_members).collect(),
            _ => value.clone(),
        };
        event.insert(name, value);
    }
    event.entry("AzureResourceId").or_insert_with(|| json!(resource.as_str()));
    event.entry("AzureResourceSubscriptionId").or_insert_with(|| json!(resource.subscription()));
    let agent = agent(row);
    for name in ["WorkspaceId", "WorkspaceSubscriptionId", "WorkspaceResourceGroup", "AgentId"] {
        if let Some(value) = agent.and_then(|agent| get(agent, name)) {
            event.entry(name).or_insert_with(|| value.clone());
        }
    }
    if let Some(severity) = event.get("Severity").cloned() {
        event.entry("ReportedSeverity").or_insert(severity);
    }
    Value::Object(event)
}

fn pascal_members(of: &Value) -> Value {
    match of {
        Value::Object(members) => members.iter().map(|(name, value)| (pascal(name), value.clone())).collect(),
        other => other.clone(),
    }
}

fn pascal(name: &str) -> String {
    let mut chars = name.chars();
    chars.next().map(|first| first.to_uppercase().chain(chars).collect()).unwrap_or_default()
}
