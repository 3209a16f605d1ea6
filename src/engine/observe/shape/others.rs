//! Findings, secure scores, controls, regulatory compliance and attack paths: ARM resources as they are, with
//! `securityEventDataEnrichment`. Only what is compared and what people read in lists is taken out of them.
//!
//! Findings are written in `camelCase`, as notes of 2026 show them; a sample of 2023 had `PascalCase` and `$type` members.
//! Of attack paths no sample is published: the event is the row with the same enrichment as the others.

use super::{Observation, Row, RowError, camel_members};
use domain::{ItemKey, Kind, ResourceId, Severity};
use jiff::Timestamp;
use serde_json::{Map, Value, json};

/// What differs between the kinds.
struct Parts {
    title: String,
    severity: Option<Severity>,
    status: String,
    compared: Value,
    resource: ResourceId,
    date: Option<Timestamp>,
}

pub(super) fn read(kind: Kind, value: &Value) -> Result<Observation, RowError> {
    let row = Row(value);
    let id = ResourceId::new(row.text("id")?);
    let properties = row.object("properties")?;
    let subscription = id.subscription().ok_or_else(|| row.error("id", "names no subscription"))?;
    let Parts { title, severity, status, compared, resource, date } = match kind {
        Kind::Finding => finding(&row, &id)?,
        Kind::RegulatoryCompliance => compliance(&row, &id)?,
        Kind::AttackPath => attack_path(&row, &id)?,
        Kind::SecureScore | Kind::SecureScoreControl | Kind::Alert | Kind::Recommendation => score(&row, &id)?,
    };
    Ok(Observation {
        key: ItemKey::parse(&id.key()).map_err(|_| row.error("id", "is empty"))?,
        body: event(kind, &row, &id, properties.clone()),
        item_id: id.as_str().to_owned(),
        compared: compared.to_string(),
        joined: String::new(),
        source_date: date,
        alert_id: None,
        note: None,
        row: value.clone(),
        subscription,
        resource,
        title,
        severity,
        status,
    })
}

fn finding(row: &Row<'_>, id: &ResourceId) -> Result<Parts, RowError> {
    let code = row.text("properties.status.code")?;
    let cause = row.optional("properties.status.cause").unwrap_or_default();
    let word = row.optional("properties.status.severity").unwrap_or_default();
    Ok(Parts {
        title: title(row),
        severity: Severity::parse(word),
        status: code.to_owned(),
        compared: json!([code, cause, word].map(str::to_ascii_lowercase)),
        resource: id.assessed(),
        date: row.date("properties.timeGenerated"),
    })
}

fn score(row: &Row<'_>, id: &ResourceId) -> Result<Parts, RowError> {
    let score = row.object("properties.score")?;
    let number = |name: &str| score.get(name).and_then(Value::as_f64);
    let current = number("current").ok_or_else(|| row.error("properties.score", "has no current"))?;
    let max = number("max").unwrap_or_default();
    Ok(Parts {
        title: title(row),
        severity: None,
        status: format!("{current:.2} of {max:.0}"),
        // Azure sends a score when it changes by 0.01 or more.
        compared: json!([format!("{current:.2}")]),
        resource: subscription_of(id),
        date: None,
    })
}

fn compliance(row: &Row<'_>, id: &ResourceId) -> Result<Parts, RowError> {
    let state = row.text("properties.state")?;
    let standard = id.after("regulatoryComplianceStandards").unwrap_or_default();
    let control = id.after("regulatoryComplianceControls").unwrap_or_default();
    let what = row.optional("properties.description").unwrap_or_else(|| id.name());
    Ok(Parts {
        title: format!("{standard} {control}: {what}"),
        severity: None,
        status: state.to_owned(),
        compared: json!([state.to_ascii_lowercase()]),
        resource: subscription_of(id),
        date: None,
    })
}

fn attack_path(row: &Row<'_>, id: &ResourceId) -> Result<Parts, RowError> {
    let risk = row.optional("properties.riskLevel").unwrap_or_default();
    if row.optional("properties.displayName").is_none() {
        return Err(row.error("properties.displayName", "is missing or not text"));
    }
    Ok(Parts {
        title: title(row),
        severity: Severity::parse(risk),
        status: "Open".to_owned(),
        compared: json!([risk.to_ascii_lowercase()]),
        resource: subscription_of(id),
        date: None,
    })
}

fn title(row: &Row<'_>) -> String {
    row.optional("properties.displayName").or_else(|| row.optional("name")).unwrap_or_default().to_owned()
}

/// What these are about is the subscription as a whole.
fn subscription_of(id: &ResourceId) -> ResourceId {
    id.subscription().map_or_else(|| id.clone(), |id| ResourceId::new(&format!("/subscriptions/{id}")))
}

fn event(kind: Kind, row: &Row<'_>, id: &ResourceId, mut properties: Map<String, Value>) -> Value {
    let (arm_type, version, action) = match kind {
        Kind::Finding => ("Microsoft.Security/assessments/subAssessments", "2019-01-01-preview", "Insert"),
        Kind::SecureScoreControl => ("Microsoft.Security/secureScores/secureScoreControls", "2020-01-01", "Insert"),
        Kind::RegulatoryCompliance => (
            "Microsoft.Security/regulatoryComplianceStandards/regulatoryComplianceControls/regulatoryComplianceAssessments",
            "2019-01-01-preview",
            "Write",
        ),
        Kind::AttackPath => ("Microsoft.Security/attackPaths", "2023-12-01-preview", "Insert"),
        Kind::SecureScore | Kind::Alert | Kind::Recommendation => {
            ("Microsoft.Security/secureScores", "2020-01-01", "Insert")
        }
    };
    if let Some(details) = properties.get_mut("resourceDetails") {
        camel_members(details);
    }
    let mut enrichment = json!({"action": action, "apiVersion": version, "isSnapshot": false});
    if kind == Kind::RegulatoryCompliance {
        // The same in all published events.
        enrichment["interval"] = "00:00:00".into();
    }
    let mut event = json!({
        "securityEventDataEnrichment": enrichment,
        "tenantId": row.optional("tenantId"),
        "type": arm_type,
        "id": id.as_str(),
        "name": row.optional("name").unwrap_or_else(|| id.name()),
        "properties": properties,
    });
    if kind == Kind::Finding {
        event["subAssessmentEventDataEnrichment"] = enrichment;
    }
    event
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::observe::shape::as_snapshot;

    const SUB: &str = "/subscriptions/0ab1c2d3-0000-4000-8000-000000000001";
    const SECURITY: &str = "providers/Microsoft.Security";

    fn seen(kind: Kind, id: &str, properties: &Value) -> Observation {
        let id = format!("{SUB}/{id}");
        read(kind, &json!({"id": id, "name": id.rsplit('/').next(), "tenantId": "t", "properties": properties}))
            .unwrap()
    }

    #[test]
    fn each_kind_has_its_title_its_state_and_its_event() {
        let id =
            format!("resourceGroups/rg/providers/Microsoft.Sql/servers/s1/{SECURITY}/assessments/k1/subAssessments/f1");
        let status = json!({"code": "Unhealthy", "severity": "High", "cause": ""});
        let details = json!({"Source": "Azure"});
        let finding = seen(
            Kind::Finding,
            &id,
            &json!({"displayName": "CVE", "status": status, "timeGenerated": "2026-11-20T00:00:00Z", "resourceDetails": details}),
        );
        assert_eq!((finding.severity, finding.resource.name()), (Some(Severity::High), "s1"));
        assert_eq!(finding.compared, r#"["unhealthy","","high"]"#);
        assert!(finding.source_date.is_some() && finding.body["subAssessmentEventDataEnrichment"].is_object());
        assert_eq!(finding.body["properties"]["resourceDetails"]["source"], "Azure");

        let score = json!({"displayName": "ASC score", "score": {"max": 56, "current": 38.844, "percentage": 0.69}});
        let score = seen(Kind::SecureScore, &format!("{SECURITY}/secureScores/ascScore"), &score);
        assert_eq!((score.status.as_str(), score.compared.as_str()), ("38.84 of 56", r#"["38.84"]"#));
        assert_eq!(score.body["type"], "Microsoft.Security/secureScores");

        let id = format!(
            "{SECURITY}/regulatoryComplianceStandards/PCI-DSS-4/regulatoryComplianceControls/1.1/regulatoryComplianceAssessments/a"
        );
        let state = seen(Kind::RegulatoryCompliance, &id, &json!({"state": "Failed", "description": "Scan data"}));
        assert_eq!((state.title.as_str(), state.status.as_str()), ("PCI-DSS-4 1.1: Scan data", "Failed"));
        assert_eq!(state.body["securityEventDataEnrichment"]["action"], "Write");
        assert_eq!(state.body["securityEventDataEnrichment"]["interval"], "00:00:00");

        let path = seen(
            Kind::AttackPath,
            &format!("{SECURITY}/attackPaths/p"),
            &json!({"displayName": "Way in", "riskLevel": "High"}),
        );
        assert_eq!(path.severity, Some(Severity::High));
        assert_eq!(as_snapshot(&path.body)["securityEventDataEnrichment"]["isSnapshot"], true);
    }

    #[test]
    fn a_row_without_its_state_is_refused_by_name() {
        let row = json!({"id": format!("{SUB}/{SECURITY}/secureScores/ascScore"), "properties": {"score": {}}});
        assert_eq!(read(Kind::SecureScore, &row).unwrap_err().path, "properties.score");
    }
}
