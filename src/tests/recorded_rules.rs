//! Every rule set that recorded automations and Azure's own policies contain, over every recorded alert and assessment:
//! how many pass. The figures are a snapshot; whoever changes how rules decide sees what it means.

use super::recorded::{lists, ours, recordings};
use domain::{Change, Changes, EventSource, Kind, Operator, PropertyType, Rule, RuleSet, Source};
use engine::observe::{Metadata, read_row};
use rules::decide;
use serde_json::{Value, json};
use std::{collections::BTreeMap, path::Path};

/// Recorded items as the rows of Resource Graph, made events.
fn events(folder: &Path) -> BTreeMap<Kind, Vec<Value>> {
    let metadata: BTreeMap<String, Value> = lists(folder, "Microsoft.Security/assessmentMetadata")
        .into_iter()
        .map(|item| (item["name"].as_str().unwrap().to_lowercase(), item["properties"].clone()))
        .collect();
    let mut events: BTreeMap<Kind, Vec<Value>> = BTreeMap::new();
    for alert in lists(folder, "Microsoft.Security/Locations/alerts") {
        let mut row = alert.clone();
        let pascal = |name: &str| name[..1].to_uppercase() + &name[1..];
        let properties = alert["properties"].as_object().unwrap();
        row["properties"] = properties.iter().map(|(name, value)| (pascal(name), value.clone())).collect();
        events.entry(Kind::Alert).or_default().push(read_row(Kind::Alert, &row, Metadata::OfRow).unwrap().body);
    }
    for assessment in lists(folder, "Microsoft.Security/assessments") {
        let key = assessment["name"].as_str().unwrap().to_lowercase();
        let row = read_row(Kind::Recommendation, &assessment, Metadata::Asked(metadata.get(&key))).unwrap();
        events.entry(Kind::Recommendation).or_default().push(row.body);
    }
    events
}

fn passing(source: &Source, events: &BTreeMap<Kind, Vec<Value>>) -> (usize, usize) {
    let of_kind = events.get(&source.event_source.kind()).map_or(&[][..], Vec::as_slice);
    let passing = of_kind.iter().filter(|event| decide(source, Change::Created, event).matches).count();
    (passing, of_kind.len())
}

/// How many events the rule sets of the automations let through, one by one and together.
fn counted(folder: &Path) -> String {
    let events = events(folder);
    let text = json!({"value": lists(folder, "Microsoft.Security/automations")}).to_string();
    let mut lines = Vec::new();
    for found in template::read(&text).unwrap().found {
        for source in &found.sources {
            if !events.contains_key(&source.event_source.kind()) {
                continue;
            }
            for (at, set) in source.rule_sets.iter().enumerate() {
                let one = Source { rule_sets: vec![set.clone()], ..source.clone() };
                let (passing, all) = passing(&one, &events);
                let rules: Vec<String> =
                    set.rules.iter().map(|rule| rules::told(source.event_source.kind(), rule)).collect();
                lines.push(format!(
                    "{} {} set {}: {passing} of {all}: {}",
                    found.automation,
                    source.event_source,
                    at + 1,
                    rules.join(" and ")
                ));
            }
            let (passing, all) = passing(source, &events);
            lines.push(format!("{} {}: {passing} of {all}", found.automation, source.event_source));
        }
    }
    lines.join("\n")
}

#[test]
fn the_rule_sets_of_automations_of_our_own_decide_as_counted() {
    insta::assert_snapshot!(counted(&ours()), @"
    ExportToWorkspace Assessments set 1: 4 of 4: type contains Microsoft.Security/assessments
    ExportToWorkspace Assessments: 4 of 4
    ExportToWorkspace Alerts set 1: 1 of 5: Severity equals low
    ExportToWorkspace Alerts set 2: 2 of 5: Severity equals high
    ExportToWorkspace Alerts: 3 of 5
    ExportToEventHub Alerts set 1: 2 of 5: Severity equals High and AlertType starts with VM_
    ExportToEventHub Alerts: 2 of 5
    off Assessments set 1: 1 of 4: Status equals Unhealthy and Severity equals High
    off Assessments: 1 of 4
    ");
}

#[test]
fn the_rule_sets_of_recorded_automations_decide_as_counted() {
    let Some(folder) = recordings() else { return };
    insta::assert_snapshot!(counted(&folder), @r"
    ExportToWorkspace Assessments set 1: 199 of 199: type contains Microsoft.Security/assessments
    ExportToWorkspace Assessments: 199 of 199
    ExportToWorkspace Alerts set 1: 29 of 201: Severity equals low
    ExportToWorkspace Alerts set 2: 124 of 201: Severity equals medium
    ExportToWorkspace Alerts set 3: 48 of 201: Severity equals high
    ExportToWorkspace Alerts set 4: 0 of 201: Severity equals informational
    ExportToWorkspace Alerts: 201 of 201
    ExportToWorkspace2 Assessments set 1: 199 of 199: type contains Microsoft.Security/assessments
    ExportToWorkspace2 Assessments: 199 of 199
    ExportToWorkspace2 Alerts set 1: 29 of 201: Severity equals low
    ExportToWorkspace2 Alerts set 2: 124 of 201: Severity equals medium
    ExportToWorkspace2 Alerts set 3: 48 of 201: Severity equals high
    ExportToWorkspace2 Alerts set 4: 0 of 201: Severity equals informational
    ExportToWorkspace2 Alerts: 201 of 201
    ");
}

/// Rules that stand in a policy definition, with the values its parameters offer in the place of expressions.
fn policy_rules(value: &Value, severities: &[String], found: &mut Vec<Rule>) {
    match value {
        Value::Object(members) => {
            let text = |name: &str| members.get(name).and_then(Value::as_str);
            // Some definitions name path and operator by expressions of their parameters: those are no rules yet.
            let operator = text("operator").and_then(Operator::parse);
            if let (Some(path), Some(operator)) =
                (text("propertyJPath").filter(|path| !path.starts_with('[')), operator)
            {
                let property_type = text("propertyType").and_then(PropertyType::parse).unwrap_or(PropertyType::String);
                let expected = text("expectedValue").unwrap_or_default();
                let values = if expected.starts_with('[') { severities.to_vec() } else { vec![expected.to_owned()] };
                found.extend(values.into_iter().map(|expected| Rule {
                    path: path.to_owned(),
                    property_type,
                    operator,
                    expected,
                }));
            }
            members.values().for_each(|value| policy_rules(value, severities, found));
        }
        Value::Array(items) => items.iter().for_each(|value| policy_rules(value, severities, found)),
        _ => {}
    }
}

#[test]
fn the_rules_of_azures_own_policies_decide_as_counted() {
    let Some(folder) = recordings() else { return };
    let events = events(&folder);
    let severities: Vec<String> = ["High", "Medium", "Low"].map(str::to_owned).to_vec();
    let mut rules: BTreeMap<String, Rule> = BTreeMap::new();
    for place in ["../policy", "../schemas"] {
        for entry in std::fs::read_dir(folder.join(place)).unwrap() {
            let path = entry.unwrap().path();
            let Ok(text) = std::fs::read_to_string(&path) else { continue };
            let Ok(policy) = serde_json::from_str::<Value>(text.trim_start_matches('\u{feff}')) else { continue };
            let mut found = Vec::new();
            policy_rules(&policy, &severities, &mut found);
            rules.extend(
                found.into_iter().map(|rule| (format!("{} ({})", rules::told(Kind::Alert, &rule), rule.path), rule)),
            );
        }
    }
    let mut lines = Vec::new();
    for (name, rule) in rules {
        for (kind, event_source) in
            [(Kind::Alert, EventSource::Alerts), (Kind::Recommendation, EventSource::Assessments)]
        {
            let rule_sets = vec![RuleSet { rules: vec![rule.clone()] }];
            let source = Source { event_source, changes: Changes::Created, rule_sets };
            let (passing, all) = passing(&source, &events);
            if passing > 0 {
                lines.push(format!("{name}: {passing} of {all} {}", kind.plural()));
            }
        }
    }
    insta::assert_snapshot!(lines.join("\n"), @r"
    Severity equals High (Severity): 48 of 201 alerts
    Severity equals Low (Severity): 29 of 201 alerts
    Severity equals Medium (Severity): 124 of 201 alerts
    properties.metadata.severity equals High (properties.metadata.severity): 90 of 199 recommendations
    properties.metadata.severity equals Low (properties.metadata.severity): 55 of 199 recommendations
    properties.metadata.severity equals Medium (properties.metadata.severity): 54 of 199 recommendations
    ");
}
