//! The keys of Azure's own events, by kind, from published events and Microsoft's schemas of them.
//!
//! Every event carries them, so that a parser written for Azure's events finds what it reads. Where the source gives no value,
//! a key is null, as in Azure's own events: for rules and surveys a path that leads to null leads nowhere, so no filter decides
//! otherwise because of it. Lists and objects that Azure's events always have are empty instead, because parsers iterate over
//! them; for a rule about such a whole list or object an empty one is a value, and `NotEquals` holds. What is in
//! `ExtendedProperties` and `additionalData` differs by type of alert and by recommendation, and is not listed; nor is what is
//! in the elements of lists.

use Empty::{List, Null, Object};
use domain::Kind;
use serde_json::{Map, Value};

/// The value of a key for which the source gives none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Empty {
    Null,
    List,
    Object,
}

/// A key as a dotted path, and its value when the source gives none.
type Key = (&'static str, Empty);

/// `ReportedSeverity` and `AzureResourceSubscriptionId` are of the older schema.
const ALERT: &[Key] = &[
    ("VendorName", Null),
    ("AlertType", Null),
    ("ProductName", Null),
    ("StartTimeUtc", Null),
    ("EndTimeUtc", Null),
    ("TimeGenerated", Null),
    ("ProcessingEndTime", Null),
    ("Severity", Null),
    ("ReportedSeverity", Null),
    ("Status", Null),
    ("ProviderAlertStatus", Null),
    ("ConfidenceLevel", Null),
    ("ConfidenceScore", Null),
    ("ConfidenceReasons", Null),
    ("IsIncident", Null),
    ("SystemAlertId", Null),
    ("CorrelationKey", Null),
    ("Intent", Null),
    ("AzureResourceId", Null),
    ("AzureResourceSubscriptionId", Null),
    ("WorkspaceId", Null),
    ("WorkspaceSubscriptionId", Null),
    ("WorkspaceResourceGroup", Null),
    ("AgentId", Null),
    ("CompromisedEntity", Null),
    ("AlertDisplayName", Null),
    ("Description", Null),
    ("Entities", List),
    ("ExtendedLinks", Null),
    ("RemediationSteps", List),
    ("ExtendedProperties", Object),
    ("ResourceIdentifiers", List),
    ("AlertUri", Null),
];

/// Every kind but alerts: a resource of Azure in its envelope.
const RESOURCE: &[Key] = &[
    ("securityEventDataEnrichment.action", Null),
    ("securityEventDataEnrichment.apiVersion", Null),
    ("securityEventDataEnrichment.isSnapshot", Null),
    ("id", Null),
    ("name", Null),
    ("type", Null),
];

const RECOMMENDATION: &[Key] = &[
    ("assessmentEventDataEnrichment.action", Null),
    ("assessmentEventDataEnrichment.apiVersion", Null),
    ("assessmentEventDataEnrichment.isSnapshot", Null),
    ("tenantId", Null),
    ("kind", Null),
    ("location", Null),
    ("tags", Null),
    ("properties.resourceDetails.source", Null),
    ("properties.resourceDetails.id", Null),
    ("properties.resourceDetails.resourceName", Null),
    ("properties.resourceDetails.resourceType", Null),
    ("properties.resourceDetails.resourceProvider", Null),
    ("properties.resourceDetails.nativeResourceId", Null),
    ("properties.displayName", Null),
    ("properties.status.code", Null),
    ("properties.status.cause", Null),
    ("properties.status.description", Null),
    ("properties.status.statusChangeDate", Null),
    ("properties.status.firstEvaluationDate", Null),
    ("properties.additionalData", Object),
    ("properties.metadata.displayName", Null),
    ("properties.metadata.assessmentType", Null),
    ("properties.metadata.policyDefinitionId", Null),
    ("properties.metadata.description", Null),
    ("properties.metadata.remediationDescription", Null),
    ("properties.metadata.categories", List),
    ("properties.metadata.severity", Null),
    ("properties.metadata.userImpact", Null),
    ("properties.metadata.implementationEffort", Null),
    ("properties.metadata.threats", List),
    ("properties.links.azurePortal", Null),
];

/// In the newer form: the names of 2023 began with capitals and had `$type` beside them.
const FINDING: &[Key] = &[
    ("subAssessmentEventDataEnrichment.action", Null),
    ("subAssessmentEventDataEnrichment.apiVersion", Null),
    ("subAssessmentEventDataEnrichment.isSnapshot", Null),
    ("tenantId", Null),
    ("properties.id", Null),
    ("properties.displayName", Null),
    ("properties.status.code", Null),
    ("properties.status.severity", Null),
    ("properties.remediation", Null),
    ("properties.impact", Null),
    ("properties.category", Null),
    ("properties.description", Null),
    ("properties.timeGenerated", Null),
    ("properties.resourceDetails.source", Null),
    ("properties.resourceDetails.id", Null),
    ("properties.additionalData.assessedResourceType", Null),
];

const SECURE_SCORE: &[Key] = &[
    ("properties.displayName", Null),
    ("properties.score.max", Null),
    ("properties.score.current", Null),
    ("properties.score.percentage", Null),
    ("properties.weight", Null),
];

const SECURE_SCORE_CONTROL: &[Key] = &[
    ("properties.displayName", Null),
    ("properties.healthyResourceCount", Null),
    ("properties.unhealthyResourceCount", Null),
    ("properties.notApplicableResourceCount", Null),
    ("properties.score.max", Null),
    ("properties.score.current", Null),
    ("properties.score.percentage", Null),
    ("properties.definition.id", Null),
    ("properties.definition.name", Null),
    ("properties.definition.type", Null),
    ("properties.definition.properties.source.sourceType", Null),
    ("properties.definition.properties.displayName", Null),
    ("properties.definition.properties.maxScore", Null),
    ("properties.definition.properties.assessmentDefinitions", List),
    ("properties.weight", Null),
];

const REGULATORY_COMPLIANCE: &[Key] = &[
    ("securityEventDataEnrichment.interval", Null),
    ("properties.description", Null),
    ("properties.state", Null),
    ("properties.scope", Null),
    ("properties.passedResources", Null),
    ("properties.failedResources", Null),
    ("properties.skippedResources", Null),
    ("properties.assessmentType", Null),
    ("properties.assessmentDetailsLink", Null),
];

/// No event of Azure's is published.
const ATTACK_PATH: &[Key] = &[("properties", Object)];

fn keys_of(kind: Kind) -> impl Iterator<Item = &'static Key> {
    let (shared, own) = match kind {
        Kind::Alert => (&[][..], ALERT),
        Kind::Recommendation => (RESOURCE, RECOMMENDATION),
        Kind::Finding => (RESOURCE, FINDING),
        Kind::SecureScore => (RESOURCE, SECURE_SCORE),
        Kind::SecureScoreControl => (RESOURCE, SECURE_SCORE_CONTROL),
        Kind::RegulatoryCompliance => (RESOURCE, REGULATORY_COMPLIANCE),
        Kind::AttackPath => (RESOURCE, ATTACK_PATH),
    };
    shared.iter().chain(own)
}

impl Empty {
    fn value(self) -> Value {
        match self {
            Self::Null => Value::Null,
            Self::List => Value::Array(Vec::new()),
            Self::Object => Value::Object(Map::new()),
        }
    }
}

/// Adds the keys that an event of this kind lacks; what it says stays.
pub(in crate::observe) fn complete(kind: Kind, event: &mut Value) {
    for (path, empty) in keys_of(kind) {
        add(event, path, *empty);
    }
}

fn add(to: &mut Value, path: &str, empty: Empty) {
    let Some(members) = to.as_object_mut() else { return };
    let (name, rest) = path.split_once('.').map_or((path, None), |(name, rest)| (name, Some(rest)));
    // A member that the source writes in other letter case is the same member: rules find it by either name.
    let other_case = |known: &&String| known.eq_ignore_ascii_case(name);
    let written = if members.contains_key(name) { None } else { members.keys().find(other_case).cloned() };
    let value = members.entry(written.as_deref().unwrap_or(name)).or_insert(Value::Null);
    if value.is_null() {
        let here = if rest.is_some() { Object } else { empty };
        *value = here.value();
    }
    if let Some(rest) = rest {
        add(value, rest, empty);
    }
}

/// The keys that an event of this kind lacks.
#[cfg(test)]
pub(in crate::observe) fn missing(kind: Kind, event: &Value) -> Vec<&'static str> {
    let is_there = |path: &str| path.split('.').try_fold(event, |at, name| at.get(name)).is_some();
    keys_of(kind).map(|(path, _)| *path).filter(|path| !is_there(path)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::observe::shape::{Metadata, as_snapshot, read_row};
    use serde_json::json;
    use std::{collections::BTreeSet, path::Path};

    const SUB: &str = "/subscriptions/0ab1c2d3-0000-4000-8000-000000000001";
    const VM: &str = "resourceGroups/rg/providers/Microsoft.Compute/virtualMachines/vm-1";

    /// Of each kind the id, the properties without which a row is refused, and all those that a row can have.
    fn rows() -> Vec<(Kind, String, Value, Value)> {
        let security = format!("{SUB}/providers/Microsoft.Security");
        let score = json!({"max": 8, "current": 2.5, "percentage": 0.31});
        vec![
            (
                Kind::Alert,
                format!("{SUB}/resourceGroups/rg/providers/Microsoft.Security/locations/we/alerts/a1"),
                json!({"SystemAlertId": "A1", "Severity": "High", "Status": "Active", "AlertDisplayName": "Odd sign-in"}),
                alert(),
            ),
            (
                Kind::Recommendation,
                format!("{SUB}/{VM}/providers/Microsoft.Security/assessments/k1"),
                json!({"status": {"code": "Healthy"}}),
                recommendation(),
            ),
            (
                Kind::Finding,
                format!("{SUB}/{VM}/providers/Microsoft.Security/assessments/k1/subAssessments/f1"),
                json!({"status": {"code": "Unhealthy"}}),
                finding(),
            ),
            (
                Kind::SecureScore,
                format!("{security}/secureScores/ascScore"),
                json!({"score": {"current": 2.5}}),
                json!({"displayName": "ASC score", "weight": 3, "score": score}),
            ),
            (
                Kind::SecureScoreControl,
                format!("{security}/secureScores/ascScore/secureScoreControls/c1"),
                json!({"score": {"current": 2.5}}),
                control(&score),
            ),
            (
                Kind::RegulatoryCompliance,
                format!(
                    "{security}/regulatoryComplianceStandards/s/regulatoryComplianceControls/1/regulatoryComplianceAssessments/a"
                ),
                json!({"state": "Failed"}),
                json!({
                    "description": "It is in place", "state": "Failed", "scope": "Subscription", "passedResources": 1,
                    "failedResources": 2, "skippedResources": 0, "assessmentType": "Assessment", "assessmentDetailsLink": "x",
                }),
            ),
            (
                Kind::AttackPath,
                format!("{security}/attackPaths/p1"),
                json!({"displayName": "Way in"}),
                json!({"displayName": "Way in", "riskLevel": "High"}),
            ),
        ]
    }

    fn finding() -> Value {
        json!({
            "id": "1001", "displayName": "CVE", "status": {"code": "Unhealthy", "severity": "High"},
            "remediation": "Update it", "impact": "", "category": "Vulnerability", "description": "It is old",
            "timeGenerated": "2026-11-20T00:00:00Z", "resourceDetails": {"Source": "Azure", "Id": "x"},
            "additionalData": {"assessedResourceType": "ServerVulnerability"},
        })
    }

    fn control(score: &Value) -> Value {
        json!({
            "displayName": "MFA", "weight": 3, "score": score, "healthyResourceCount": 1, "unhealthyResourceCount": 2,
            "notApplicableResourceCount": 0,
            "definition": {"id": "d", "name": "c1", "type": "t", "properties": {
                "source": {"sourceType": "BuiltIn"}, "displayName": "MFA", "maxScore": 8,
                "assessmentDefinitions": [{"id": "k1"}],
            }},
        })
    }

    fn alert() -> Value {
        json!({
            "VendorName": "Microsoft", "AlertType": "VM_Odd", "ProductName": "Microsoft Defender for Cloud",
            "StartTimeUtc": "2026-11-22T09:00:00Z", "EndTimeUtc": "2026-11-22T09:30:00Z",
            "TimeGeneratedUtc": "2026-11-22T10:00:00Z", "ProcessingEndTimeUtc": "2026-11-22T10:00:05Z", "Severity": "High",
            "Status": "Active", "ProviderAlertStatus": "New", "ConfidenceLevel": "High", "ConfidenceScore": 0.8,
            "ConfidenceReasons": [{"type": "User", "reason": "unknown"}], "IsIncident": false, "SystemAlertId": "A1",
            "CorrelationKey": "c", "Intent": "Persistence", "CompromisedEntity": "vm-1", "AlertDisplayName": "Odd sign-in",
            "Description": "Odd", "Entities": [], "ExtendedLinks": [], "RemediationSteps": ["Look"],
            "ExtendedProperties": {"resourceType": "Virtual Machine"}, "AlertUri": "x",
            "ResourceIdentifiers": [
                {"$id": "1", "azureResourceId": format!("{SUB}/{VM}"), "type": "AzureResource"},
                {"$id": "2", "workspaceId": "w", "workspaceSubscriptionId": "s", "workspaceResourceGroup": "g", "agentId": "a",
                    "type": "LogAnalytics"},
            ],
        })
    }

    fn recommendation() -> Value {
        json!({
            "resourceDetails": {"Source": "Azure", "Id": "x", "ResourceName": "vm-1", "ResourceType": "virtualMachines",
                "ResourceProvider": "Microsoft.Compute", "NativeResourceId": "n"},
            "displayName": "Close ports",
            "status": {"code": "NotApplicable", "cause": "Exempt", "description": "Someone exempted it",
                "statusChangeDate": "2026-11-20T00:00:00Z", "firstEvaluationDate": "2026-11-20T00:00:00Z"},
            "additionalData": {"region": "we"},
            "metadata": {"displayName": "Close ports", "assessmentType": "BuiltIn", "policyDefinitionId": "p",
                "description": "d", "remediationDescription": "r", "categories": ["Compute"], "severity": "High",
                "userImpact": "Low", "implementationEffort": "Low", "threats": ["AccountBreach"]},
            "links": {"azurePortal": "portal"},
        })
    }

    fn event(kind: Kind, id: &str, properties: &Value) -> Value {
        let name = id.rsplit('/').next();
        let row = json!({"id": id, "name": name, "tenantId": "t", "tags": {"a": "b"}, "properties": properties});
        read_row(kind, &row, Metadata::OfRow).unwrap().body
    }

    #[test]
    fn every_event_has_every_key_and_what_the_source_says_stands_there() {
        for (kind, id, least, all) in rows() {
            let (least, all) = (event(kind, &id, &least), event(kind, &id, &all));
            for body in [&least, &all, &as_snapshot(&least)] {
                assert_eq!(missing(kind, body), Vec::<&str>::new(), "{kind}: {body}");
            }
            for (path, _) in keys_of(kind) {
                let found = path.split('.').try_fold(&all, |at, name| at.get(name)).unwrap();
                assert!(!found.is_null(), "{kind}: {path} is not taken from the row");
            }
            let bytes = least.to_string().len();
            assert!(bytes < 2000, "{kind}: an event of which little is known takes {bytes} bytes");
        }
    }

    #[test]
    fn what_an_alert_does_not_say_is_found_in_its_identifiers_or_is_null() {
        let (_, id, least, all) = rows().swap_remove(0);
        let (least, all) = (event(Kind::Alert, &id, &least), event(Kind::Alert, &id, &all));
        for (name, value) in [
            ("WorkspaceId", "w"),
            ("WorkspaceSubscriptionId", "s"),
            ("WorkspaceResourceGroup", "g"),
            ("AgentId", "a"),
            ("AzureResourceSubscriptionId", &SUB["/subscriptions/".len()..]),
            ("ReportedSeverity", "High"),
        ] {
            assert_eq!(all[name], value, "{name}");
        }
        assert_eq!(all["ResourceIdentifiers"][1]["Type"], "LogAnalytics");
        assert_eq!((&least["AgentId"], &least["ConfidenceScore"]), (&Value::Null, &Value::Null));
        assert_eq!((&least["Entities"], &least["ExtendedProperties"]), (&json!([]), &json!({})));
        assert_eq!(least["AzureResourceSubscriptionId"], &SUB["/subscriptions/".len()..]);
    }

    #[test]
    fn a_member_in_other_letter_case_is_not_added_again() {
        let mut event = json!({"properties": {"Status": {"Cause": "Exempt"}, "links": null}});
        complete(Kind::Recommendation, &mut event);
        let properties = event["properties"].as_object().unwrap();
        assert!(!properties.contains_key("status") && properties["Status"]["Cause"] == "Exempt", "{event}");
        assert_eq!(properties["Status"].as_object().unwrap().len(), 5);
        assert_eq!(properties["links"], json!({"azurePortal": null}));
    }

    /// Members that differ from type to type: the schemas name those of one.
    const DIFFERING: [&str; 2] = ["extendedproperties", "properties.additionaldata"];

    /// Every path that a schema names, in lower case.
    fn named(schema: &Value, at: &str, found: &mut BTreeSet<String>) {
        let path = |name: &str| format!("{at}.{name}").trim_start_matches('.').to_lowercase();
        let required = schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str);
        found.extend(required.map(path));
        for (name, inner) in schema["properties"].as_object().into_iter().flatten() {
            let path = path(name);
            if !DIFFERING.contains(&path.as_str()) {
                named(inner, &path, found);
            }
            found.insert(path);
        }
    }

    #[test]
    #[expect(clippy::print_stderr, reason = "a test without its schemas says so")]
    fn whatever_the_schemas_name_is_listed() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/fixtures/schemas");
        if !folder.is_dir() {
            eprintln!("no schemas at hand: this test has nothing to do");
            return;
        }
        for (file, kind) in [("SecurityAlert", Kind::Alert), ("Recommendation", Kind::Recommendation)] {
            let text = std::fs::read_to_string(folder.join(format!("{file}.schema.json"))).unwrap();
            let schema: Value = serde_json::from_str(text.trim_start_matches('\u{feff}')).unwrap();
            let mut found = BTreeSet::new();
            named(&schema, "", &mut found);
            assert!(found.len() > 20, "{file} names only {found:?}");
            for path in found {
                let is_it = |(key, _): &Key| {
                    let key = key.to_lowercase();
                    key.strip_prefix(&path).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
                };
                assert!(keys_of(kind).any(is_it), "{file} names {path}");
            }
        }
    }
}
