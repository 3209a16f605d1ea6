//! Sources with rule sets as the portal and the built-in policies write them.

use serde_json::{Value, json};

/// (type of data in a policy's parameter, event source).
pub(crate) const DATA_TYPES: &[(&str, &str)] = &[
    ("Security recommendations", "Assessments"),
    ("Security alerts", "Alerts"),
    ("Overall secure score", "SecureScores"),
    ("Secure score controls", "SecureScoreControls"),
    ("Regulatory compliance", "RegulatoryComplianceAssessment"),
    ("Overall secure score - snapshot", "SecureScoresSnapshot"),
    ("Secure score controls - snapshot", "SecureScoreControlsSnapshot"),
    ("Regulatory compliance - snapshot", "RegulatoryComplianceAssessmentSnapshot"),
    ("Security recommendations - snapshot", "AssessmentsSnapshot"),
    ("Security findings - snapshot", "SubAssessmentsSnapshot"),
];

/// A rule.
pub(super) fn rule(path: &str, of_type: &str, operator: &str, expected: &str) -> Value {
    json!({"propertyJPath": path, "propertyType": of_type, "operator": operator, "expectedValue": expected})
}

/// A source whose rule sets have one rule each.
fn source(named: &str, rules: impl Iterator<Item = Value>) -> Value {
    let sets: Vec<Value> = rules.map(|rule| json!({"rules": [rule]})).collect();
    json!({"eventSource": named, "ruleSets": sets})
}

/// Alerts of these severities as the portal asks for them, in lower case.
pub(super) fn alerts(severities: &[&str]) -> Value {
    source("Alerts", severities.iter().map(|severity| rule("Severity", "String", "Equals", severity)))
}

/// Alerts filtered by the path that only recommendations have: matches nothing.
pub(super) fn alerts_by_wrong_path(severities: &[&str]) -> Value {
    let rules = severities.iter().map(|severity| rule("properties.metadata.severity", "String", "Equals", severity));
    source("Alerts", rules)
}

/// All recommendations as the portal asks for them.
pub(super) fn recommendations() -> Value {
    source("Assessments", std::iter::once(rule("type", "String", "Contains", "Microsoft.Security/assessments")))
}

/// A source without rules.
pub(super) fn everything(named: &str) -> Value {
    json!({"eventSource": named})
}

/// What a built-in policy deploys for its parameters (`{"name": value}`).
pub(crate) fn of_policy(parameters: &Value) -> Vec<Value> {
    let texts = |name: &str, usual: &[&str]| -> Vec<String> {
        match parameters.get(name).and_then(Value::as_array) {
            Some(found) => found.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
            None => usual.iter().map(|text| (*text).to_owned()).collect(),
        }
    };
    let keys = texts("recommendationNames", &[]);
    let severities = texts("recommendationSeverities", &["High", "Medium", "Low"]);
    let all: Vec<&str> = DATA_TYPES.iter().map(|(name, _)| *name).collect();
    let data_types = texts("exportedDataTypes", &all);
    let mut sources = Vec::new();
    let findings = || {
        let rules = keys.iter().map(|key| rule("id", "string", "Contains", &format!("/assessments/{key}/")));
        if keys.is_empty() { Value::Null } else { source("", rules)["ruleSets"].clone() }
    };
    if with_findings(parameters) {
        sources.push(json!({"eventSource": "SubAssessments", "ruleSets": findings()}));
    }
    for data_type in &data_types {
        let Some((_, named)) = DATA_TYPES.iter().find(|(known, _)| known.eq_ignore_ascii_case(data_type)) else {
            continue;
        };
        let sets = match named.trim_end_matches("Snapshot") {
            "Assessments" => recommendation_sets(&keys, &severities),
            "SubAssessments" => findings(),
            "Alerts" => {
                let wanted = texts("alertSeverities", &["High", "Medium", "Low"]);
                let rules = wanted.iter().map(|one| rule("Severity", "string", "Equals", &one.to_lowercase()));
                source("", rules)["ruleSets"].clone()
            }
            "SecureScoreControls" => chosen("name", "Equals", &texts("secureScoreControlsNames", &[])),
            "RegulatoryComplianceAssessment" => {
                chosen("id", "Contains", &texts("regulatoryComplianceStandardsNames", &[]))
            }
            _ => Value::Null,
        };
        sources.push(json!({"eventSource": named, "ruleSets": sets}));
    }
    sources
}

/// Whether a policy's parameters ask for findings; the usual value is yes.
pub(crate) fn with_findings(parameters: &Value) -> bool {
    parameters.get("isSecurityFindingsEnabled").and_then(Value::as_bool).unwrap_or(true)
}

fn chosen(path: &str, operator: &str, names: &[String]) -> Value {
    let rules = names.iter().map(|name| rule(path, "string", operator, name));
    if names.is_empty() { Value::Null } else { source("", rules)["ruleSets"].clone() }
}

/// Every key with every severity.
fn recommendation_sets(keys: &[String], severities: &[String]) -> Value {
    let first = |key: Option<&String>| match key {
        Some(key) => rule("name", "string", "Contains", key),
        None => rule("type", "string", "Contains", "Microsoft.Security/assessments"),
    };
    let keys: Vec<Option<&String>> = if keys.is_empty() { vec![None] } else { keys.iter().map(Some).collect() };
    let sets = keys.iter().flat_map(|key| {
        severities.iter().map(|severity| {
            json!({"rules": [first(*key), rule("properties.metadata.severity", "string", "Equals", severity)]})
        })
    });
    Value::Array(sets.collect())
}
