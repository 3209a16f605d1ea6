//! Recommendations: ARM resources with the metadata of their kind joined to them.

use super::{Metadata, Observation, Row, RowError, camel_members, get};
use crate::observe::identity::digest;
use domain::{ItemKey, ResourceId, Severity};
use serde_json::{Map, Value, json};

pub(super) fn read(value: &Value, metadata: Metadata<'_>) -> Result<Observation, RowError> {
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
    if let Some(details) = properties.get_mut("resourceDetails") {
        camel_members(details);
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
