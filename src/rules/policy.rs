//! What an automation that a policy deployed says, against the parameters of the assignment: Azure Policy itself looks at the
//! kinds of data only.

use domain::{
    AzureExport, EventSource, Operator, RuleSet, Source,
    azure::{Drift, place_name},
    policy::Assignment,
};

/// In what an automation differs from what the assignment's parameters say.
pub fn policy_drift(assignment: &Assignment, found: &AzureExport) -> Vec<Drift> {
    let mut all = Vec::new();
    let mut differs = |what: &str, azure: String, wanted: String| {
        all.push(Drift { what: what.to_owned(), azure, wanted });
    };
    if !found.enabled {
        differs("State", "switched off".to_owned(), "on".to_owned());
    }
    if let Some(wanted) = assignment.destination() {
        let same = matches!(found.targets.as_slice(), [one] if one.key() == wanted.key());
        if !same {
            let names: Vec<String> = found.targets.iter().map(place_name).collect();
            differs(
                "Target",
                if names.is_empty() { "nowhere".to_owned() } else { names.join(", ") },
                place_name(&wanted),
            );
        }
    }
    let labels = |sources: &[EventSource]| {
        let mut labels: Vec<&str> = sources.iter().map(|one| one.label()).collect();
        labels.sort_unstable();
        labels.dedup();
        labels.join(", ")
    };
    let have: Vec<EventSource> = found.sources.iter().map(|source| source.event_source).collect();
    let (azure, wanted) = (labels(&have), labels(&assignment.sources));
    if azure != wanted {
        differs("Data", azure, wanted);
    }
    for (source, wanted, what) in [
        (EventSource::Alerts, &assignment.alert_severities, "Severities of alerts"),
        (EventSource::Assessments, &assignment.recommendation_severities, "Severities of recommendations"),
    ] {
        let Some(source) = found.sources.iter().find(|one| one.event_source == source) else { continue };
        let azure = severities(source);
        let mut wanted: Vec<String> = wanted.clone();
        wanted.sort();
        if azure.as_ref() != Some(&wanted) {
            let azure = azure.map_or("rules of its own".to_owned(), |found| {
                if found.is_empty() { "all".to_owned() } else { found.join(", ") }
            });
            differs(what, azure, wanted.join(", "));
        }
    }
    all
}

/// Where the severity of an event stands; `None` when its kind has none that the policies filter by.
pub const fn severity_path(source: EventSource) -> Option<&'static str> {
    match source {
        EventSource::Alerts => Some("Severity"),
        EventSource::Assessments | EventSource::AssessmentsSnapshot => Some("properties.metadata.severity"),
        _ => None,
    }
}

/// The severities that a source is filtered by, in lower case and sorted; `None` when its rules say anything else.
pub fn severities(source: &Source) -> Option<Vec<String>> {
    let path = severity_path(source.event_source)?;
    let one = |set: &RuleSet| {
        let is_severity = |rule: &&domain::Rule| rule.path.eq_ignore_ascii_case(path);
        let rule = set.rules.iter().find(is_severity)?;
        // Beside the severity the policy writes what every item of the kind fulfils.
        let rest_is_plain = set
            .rules
            .iter()
            .filter(|other| !is_severity(other))
            .all(|other| other.path.eq_ignore_ascii_case("type") && other.operator == Operator::Contains);
        (rule.operator == Operator::Equals && rest_is_plain).then(|| rule.expected.to_lowercase())
    };
    let mut found = source.rule_sets.iter().map(one).collect::<Option<Vec<String>>>()?;
    found.sort();
    found.dedup();
    Some(found)
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::{Changes, PropertyType, ResourceId, Rule, SubscriptionId, policy::BuiltIn};

    const HUB: &str = "/subscriptions/0ab1c2d3-0000-4000-8000-000000000009/resourceGroups/siem/providers/Microsoft.EventHub/namespaces/n/eventhubs/alerts";

    fn source(event_source: EventSource, path: &str, severities: &[&str]) -> Source {
        let rule = |severity: &&str| RuleSet {
            rules: vec![Rule {
                path: path.into(),
                property_type: PropertyType::String,
                operator: Operator::Equals,
                expected: (*severity).into(),
            }],
        };
        Source { event_source, changes: Changes::Created, rule_sets: severities.iter().map(rule).collect() }
    }

    fn found() -> AzureExport {
        let subscription = SubscriptionId::parse("0ab1c2d3-0000-4000-8000-000000000001").unwrap();
        AzureExport {
            id: assignment().automation_in(&subscription),
            subscription,
            name: "exportToEventHub".into(),
            location: "westeurope".into(),
            enabled: true,
            only_group: None,
            sources: vec![source(EventSource::Alerts, "Severity", &["high", "medium"])],
            targets: vec![ResourceId::new(HUB)],
            trusted_service: false,
            key_rule: None,
            logic_apps: 0,
            created: None,
            beyond: None,
            changed: None,
        }
    }

    fn assignment() -> Assignment {
        Assignment {
            id: ResourceId::new(
                "/providers/Microsoft.Management/managementGroups/g/providers/Microsoft.Authorization/policyAssignments/a",
            ),
            name: "a".into(),
            scope: ResourceId::new("/providers/Microsoft.Management/managementGroups/g"),
            policy: BuiltIn::EventHub,
            target: Some(ResourceId::new(&format!("{HUB}/authorizationRules/send"))),
            resource_group: "rg".into(),
            makes_group: true,
            sources: vec![EventSource::Alerts],
            alert_severities: vec!["medium".into(), "high".into()],
            recommendation_severities: vec![],
            principal: None,
        }
    }

    #[test]
    fn compliant_is_not_the_same_as_exported_where_and_what_is_wanted() {
        let whats = |one: &AzureExport| -> Vec<String> {
            policy_drift(&assignment(), one).into_iter().map(|drift| drift.what).collect()
        };
        assert_eq!(whats(&found()), Vec::<String>::new());
        assert_eq!(whats(&AzureExport { enabled: false, ..found() }), ["State"]);
        assert_eq!(whats(&AzureExport { targets: vec![ResourceId::new("/other")], ..found() }), ["Target"]);
        let low = AzureExport { sources: vec![source(EventSource::Alerts, "Severity", &["low"])], ..found() };
        assert_eq!(whats(&low), ["Severities of alerts"]);
        let never = AzureExport { sources: vec![source(EventSource::Alerts, "x", &["high"])], ..found() };
        assert_eq!(whats(&never), ["Severities of alerts"]);
        assert_eq!(whats(&AzureExport { sources: Vec::new(), ..found() }), ["Data"]);
        assert!(assignment().traps().iter().any(|trap| trap.contains("no identity")));
    }
}
