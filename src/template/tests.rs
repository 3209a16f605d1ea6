//! The way there and back, and what each form says.

#![expect(clippy::disallowed_methods, reason = "recorded answers are files")]
#![expect(clippy::print_stderr, reason = "a test without its fixtures says so")]

use super::*;
use domain::{
    Changes, DeliveredBy, EventHubConfig, EventSource, ExportBody, HubSignIn, Operator, PropertyType, ResourceId, Rule,
    RuleSet, Scope, Source, SubscriptionId, Tag, TargetConfig, TargetHint, TargetId, WorkspaceConfig,
};
use proptest::prelude::*;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};

pub(crate) const HUB: &str = "/subscriptions/0ab1c2d3-0000-4000-8000-000000000009/resourceGroups/rg-siem/providers/Microsoft.EventHub/namespaces/siem/eventhubs/alerts";
const WORKSPACE: &str = "/subscriptions/0ab1c2d3-0000-4000-8000-000000000009/resourceGroups/rg-siem/providers/Microsoft.OperationalInsights/workspaces/soc";

fn guid(n: u128) -> String {
    let digits = format!("{n:032x}");
    format!("{}-{}-{}-{}-{}", &digits[..8], &digits[8..12], &digits[12..16], &digits[16..20], &digits[20..])
}

pub(crate) fn subscription(n: u128) -> SubscriptionId {
    guid(n).parse().unwrap()
}

pub(crate) fn hub(sign_in: HubSignIn, resource_id: Option<&str>) -> TargetConfig {
    TargetConfig::EventHub(EventHubConfig {
        namespace: "siem.servicebus.windows.net".to_owned(),
        hub: "alerts".to_owned(),
        resource_id: resource_id.map(ResourceId::new),
        sign_in,
        key_name: Some("console-send".to_owned()),
    })
}

pub(crate) fn workspace() -> TargetConfig {
    TargetConfig::Workspace(WorkspaceConfig {
        ingestion_host: "soc-x1.westeurope-1.ingest.monitor.azure.com".to_owned(),
        dcr_immutable_id: format!("dcr-{}", "0".repeat(32)),
        alert_stream: domain::target::alert_stream(),
        recommendation_stream: domain::target::recommendation_stream(),
        resource_id: Some(ResourceId::new(WORKSPACE)),
    })
}

pub(crate) fn equals(path: &str, expected: &str) -> RuleSet {
    let rule = Rule {
        path: path.to_owned(),
        property_type: PropertyType::String,
        operator: Operator::Equals,
        expected: expected.to_owned(),
    };
    RuleSet { rules: vec![rule] }
}

pub(crate) fn source(event_source: EventSource, rule_sets: Vec<RuleSet>) -> Source {
    Source { event_source, changes: Changes::Created, rule_sets }
}

pub(crate) fn wanted(sources: Vec<Source>, target: Option<TargetConfig>) -> Wanted {
    let body = ExportBody {
        name: "high alerts".to_owned(),
        delivered_by: DeliveredBy::Console,
        scope: Scope { subscriptions: vec![subscription(1)], ..Scope::default() },
        sources,
        target: guid(7).parse().unwrap(),
        azure: None,
    };
    Wanted { body, enabled: true, target, known: Vec::new() }
}

fn high_alerts(target: Option<TargetConfig>) -> Wanted {
    wanted(vec![source(EventSource::Alerts, vec![equals("Severity", "High")])], target)
}

fn any_text() -> impl Strategy<Value = String> {
    let pieces = vec!["[", "]", "[[", "'", "\"", "\\", "\n", "parameters('location')", "a", "ü", " ", "${", "\u{0}"];
    let hostile = prop::collection::vec(prop::sample::select(pieces), 0..6).prop_map(|pieces| pieces.concat());
    prop_oneof![hostile, any::<String>()]
}

fn any_subscriptions() -> impl Strategy<Value = Vec<SubscriptionId>> {
    // Few, so that lists meet one another.
    prop::collection::vec((1_u128..6).prop_map(subscription), 0..4)
}

fn any_rule() -> impl Strategy<Value = Rule> {
    let operator = prop::sample::select(Operator::ALL);
    let property_type = prop::sample::select(PropertyType::ALL);
    (any_text(), property_type, operator, any_text()).prop_map(|(path, property_type, operator, expected)| Rule {
        path,
        property_type,
        operator,
        expected,
    })
}

fn any_source() -> impl Strategy<Value = Source> {
    let sets = prop::collection::vec(prop::collection::vec(any_rule(), 0..3).prop_map(|rules| RuleSet { rules }), 0..3);
    (prop::sample::select(EventSource::ALL), prop::sample::select(Changes::ALL), sets)
        .prop_map(|(event_source, changes, rule_sets)| Source { event_source, changes, rule_sets })
}

fn any_scope() -> impl Strategy<Value = Scope> {
    let groups = prop::collection::vec(any_text(), 0..2);
    let tags = prop::collection::vec((any_text(), prop::option::of(any_text())), 0..2);
    (any::<bool>(), any_subscriptions(), groups, any_subscriptions(), tags, any::<bool>()).prop_map(
        |(all, subscriptions, management_groups, except, tags, future)| Scope {
            all,
            subscriptions,
            management_groups,
            except,
            except_tags: tags.into_iter().map(|(name, value)| Tag { name, value }).collect(),
            future,
            as_of: (!future).then_some(jiff::Timestamp::UNIX_EPOCH),
        },
    )
}

fn any_wanted() -> impl Strategy<Value = Wanted> {
    let targets = vec![
        None,
        Some(hub(HubSignIn::Identity, Some(HUB))),
        Some(hub(HubSignIn::Key, Some(HUB))),
        Some(hub(HubSignIn::Key, None)),
        Some(workspace()),
    ];
    let body = (any_text(), prop::sample::select(DeliveredBy::ALL), any_scope(), any::<u128>()).prop_flat_map(
        |(name, delivered_by, scope, target)| {
            let target: TargetId = guid(target).parse().unwrap();
            prop::collection::vec(any_source(), 0..4).prop_map(move |sources| ExportBody {
                name: name.clone(),
                delivered_by,
                scope: scope.clone(),
                sources,
                target: target.clone(),
                azure: None,
            })
        },
    );
    (body, any::<bool>(), prop::sample::select(targets), any_subscriptions())
        .prop_map(|(body, enabled, target, known)| Wanted { body, enabled, target, known })
}

proptest! {
    #[test]
    fn any_export_comes_back_from_its_template(wanted in any_wanted()) {
        let text = write(&wanted, CodeFormat::Arm).text;
        let import = read(&text).unwrap();
        prop_assert_eq!(import.found.len(), 1);
        let found = &import.found[0];
        prop_assert_eq!(found.body(&guid(0).parse().unwrap()), wanted.body.clone());
        prop_assert_eq!(found.enabled, wanted.enabled);
    }

    #[test]
    fn every_form_is_written_for_any_export(wanted in any_wanted()) {
        for format in CodeFormat::ALL {
            prop_assert!(!write(&wanted, *format).text.is_empty());
        }
    }

    #[test]
    fn no_text_makes_reading_panic(text in any_text()) {
        let _ = read(&text);
        let _ = read(&json!({"value": [{"properties": {"sources": text.clone(), "scopes": [{"scopePath": text}]}}]}).to_string());
    }
}

#[test]
fn a_template_has_one_automation_a_subscription() {
    let mut wanted = high_alerts(Some(hub(HubSignIn::Identity, Some(HUB))));
    let one: Value = serde_json::from_str(&write(&wanted, CodeFormat::Arm).text).unwrap();
    let automation = &one["resources"][0];
    assert_eq!(automation["type"], "Microsoft.Security/automations");
    assert_eq!(automation["apiVersion"], "2023-12-01-preview");
    assert_eq!(automation["name"], "ExportToEventHub");
    let properties = &automation["properties"];
    assert_eq!(properties["scopes"][0]["scopePath"], format!("/subscriptions/{}", guid(1)));
    assert_eq!(
        properties["sources"][0],
        json!({"eventSource": "Alerts", "ruleSets": [{"rules": [
            {"propertyJPath": "Severity", "propertyType": "String", "expectedValue": "High", "operator": "Equals"}
        ]}]})
    );
    assert_eq!(properties["actions"][0]["isTrustedServiceEnabled"], true);
    assert_eq!(one["parameters"]["targetResourceId"]["defaultValue"], HUB);

    wanted.body.scope.subscriptions.push(subscription(2));
    let two: Value = serde_json::from_str(&write(&wanted, CodeFormat::Arm).text).unwrap();
    assert_eq!(two["resources"].as_array().unwrap().len(), 2);
    assert_eq!(two["resources"][1]["subscriptionId"], guid(2));
    let inner = &two["resources"][1]["properties"]["template"]["resources"][0];
    assert_eq!(inner["properties"]["scopes"][0]["scopePath"], format!("/subscriptions/{}", guid(2)));
}

#[test]
fn a_connection_string_is_asked_for_and_never_written() {
    let with_rule: Value =
        serde_json::from_str(&write(&high_alerts(Some(hub(HubSignIn::Key, Some(HUB)))), CodeFormat::Arm).text).unwrap();
    let connection = &with_rule["resources"][0]["properties"]["actions"][0]["connectionString"];
    assert!(connection.as_str().unwrap().starts_with("[listKeys("), "{connection}");
    let without: Value = serde_json::from_str(&write(&high_alerts(None), CodeFormat::Arm).text).unwrap();
    assert_eq!(without["parameters"]["connectionString"]["type"], "secureString");
    let bicep = write(&high_alerts(None), CodeFormat::Bicep).text;
    assert!(bicep.contains("@secure()\nparam connectionString string"), "{bicep}");
    let terraform = write(&high_alerts(None), CodeFormat::Terraform).text;
    assert!(terraform.contains("sensitive   = true"), "{terraform}");
}

#[test]
fn terraform_says_which_resource_and_why() {
    let plain = write(&high_alerts(Some(workspace())), CodeFormat::Terraform).text;
    assert!(plain.contains("resource \"azurerm_security_center_automation\""), "{plain}");
    let trusted = write(&high_alerts(Some(hub(HubSignIn::Identity, Some(HUB)))), CodeFormat::Terraform).text;
    assert!(trusted.contains("resource \"azapi_resource\"") && trusted.contains("trusted services"), "{trusted}");
    let paths = write(&wanted(vec![source(EventSource::AttackPaths, Vec::new())], None), CodeFormat::Terraform).text;
    assert!(paths.contains("resource \"azapi_resource\"") && paths.contains("no attack paths"), "{paths}");
}

#[test]
fn the_script_is_one_request_a_subscription() {
    let mut wanted = high_alerts(Some(workspace()));
    wanted.body.name = "it's\nrm -rf /".to_owned();
    wanted.body.scope.subscriptions.push(subscription(2));
    let script = write(&wanted, CodeFormat::AzureCli).text;
    assert_eq!(script.matches("az rest --method put").count(), 2);
    assert!(!script.lines().any(|line| line.starts_with("rm ")), "{script}");
    assert!(script.contains(r#""workspaceResourceId":"'"$TARGET"'"}"#), "{script}");
}

#[test]
fn the_policy_says_what_it_cannot() {
    let mut wanted = high_alerts(Some(hub(HubSignIn::Key, Some(HUB))));
    wanted.body.sources[0].rule_sets.push(equals("Severity", "informational"));
    wanted.body.sources.push(source(EventSource::AttackPaths, Vec::new()));
    wanted.body.sources.push(source(EventSource::Assessments, vec![equals("name", "x")]));
    let code = write(&wanted, CodeFormat::Policy);
    assert!(code.text.contains("policyDefinitions/cdfcce10-4578-4ecd-9703-530938e4abcb"), "{}", code.text);
    assert!(
        code.text.contains(&format!("param target string = '{HUB}/authorizationRules/console-send'")),
        "{}",
        code.text
    );
    for word in ["informational", "Attack paths", "Recommendations: their rules", "resets its tags", "Target, filters"]
    {
        assert!(code.notes.iter().any(|note| note.contains(word)), "{word}: {:?}", code.notes);
        assert!(code.text.contains(word), "{word}");
    }
    let trusted = write(&high_alerts(Some(hub(HubSignIn::Identity, Some(HUB)))), CodeFormat::Policy).text;
    assert!(trusted.contains("af9f6c70-eb74-4189-8d15-e4f11a7ebfd4"));
    assert!(
        write(&high_alerts(Some(workspace())), CodeFormat::Policy)
            .text
            .contains("ffb6f416-7bd2-4488-8828-56585fef2be9")
    );
}

#[test]
fn what_azure_cannot_say_is_said() {
    let mut wanted = high_alerts(Some(workspace()));
    wanted.body.scope = Scope {
        all: true,
        management_groups: vec!["mg-prod".to_owned()],
        except: vec![subscription(3)],
        future: true,
        ..Scope::default()
    };
    for format in [CodeFormat::Arm, CodeFormat::Bicep, CodeFormat::Terraform, CodeFormat::AzureCli] {
        let text = write(&wanted, format).text;
        for word in ["New alerts only", "mg-prod", "appear later", "left out by the export", "arrives twice"] {
            assert!(text.contains(word), "{format}: {word} in {text}");
        }
    }
}

#[test]
fn tables_and_roles_name_what_is_needed() {
    let tables = workspace_tables().text;
    for table in &domain::tables::TABLES {
        assert!(tables.contains(&format!("name: '{}'", table.name())), "{}", table.name());
        assert!(tables.contains(&format!("'{}': {{", table.stream())), "{}", table.stream());
    }
    assert!(tables.contains("{ name: 'TimeGenerated', type: 'dateTime' }"));
    assert!(tables.contains("{ name: 'TimeGenerated', type: 'datetime' }"));
    let needs = IdentityNeeds {
        subscriptions: vec![subscription(1)],
        targets: vec![("a\n$(rm)".to_owned(), hub(HubSignIn::Identity, Some(HUB))), ("soc".to_owned(), workspace())],
    };
    let script = identity(&needs).text;
    assert!(script.contains(&format!("assign 2b629674-e913-4c01-ae53-ef4638d8f975 '{HUB}'")), "{script}");
    assert!(script.contains(&format!("assign 73c42c96-874c-492b-b04d-ab87d138a893 '{WORKSPACE}'")), "{script}");
    assert!(!script.lines().any(|line| line.starts_with("$(rm)")), "{script}");
}

#[test]
fn an_answer_of_azure_is_read_loosely() {
    let text = format!(
        "\u{feff}{}",
        json!({
            "name": "mine", "type": "microsoft.security/AUTOMATIONS", "tags": {"team": "soc"}, "zones": [1],
            "properties": {
                "isEnabled": false,
                "scopes": [{"scopePath": format!("/subscriptions/{}/resourceGroups/rg-1", guid(1))}],
                "sources": [
                    {"eventSource": "alerts", "ruleSets": null},
                    {"eventSource": "Assessments", "ruleSets": [{"rules": [
                        {"propertyJPath": "type", "propertyType": "string", "expectedValue": "x", "operator": "contains"}
                    ]}]},
                    {"eventSource": "Weather"},
                ],
                "actions": [
                    {"actionType": "EventHub", "eventHubResourceId": &HUB[1..], "sasPolicyName": "Send"},
                    {"actionType": "LogicApp", "logicAppResourceId": "/x/y", "uri": "https://secret"},
                ],
            },
        })
    );
    let import = read(&text).unwrap();
    let found = &import.found[0];
    assert_eq!((found.name.as_str(), found.enabled), ("mine", false));
    assert_eq!(found.scope.subscriptions, [subscription(1)]);
    assert_eq!(found.sources.len(), 2);
    assert!(found.sources[0].rule_sets.is_empty());
    assert_eq!(found.sources[1].rule_sets[0].rules[0].property_type, PropertyType::String);
    assert_eq!(
        found.actions,
        [TargetHint::EventHub {
            resource_id: ResourceId::new(HUB),
            trusted_service: false,
            key_name: Some("Send".to_owned())
        }]
    );
    for word in [
        "rg-1",
        "Weather",
        "zones is not known here",
        "[1]",
        "team",
        "logic app",
        "portal does not show",
        "switched off",
        "key",
    ] {
        assert!(found.notes.iter().any(|note| note.contains(word)), "{word}: {:?}", found.notes);
    }
    assert!(!found.notes.iter().any(|note| note.contains("https://secret")));
}

#[test]
fn errors_say_where() {
    assert_eq!(
        read("{\n  \"value\": oops}").unwrap_err(),
        ImportError::Json { line: 2, column: 12, message: "expected value".to_owned() }
    );
    let shape = |value: Value| match read(&value.to_string()).unwrap_err() {
        ImportError::Shape { path, .. } => path,
        other => panic!("{other}"),
    };
    assert_eq!(shape(json!({"value": [{"properties": {"sources": {}}}]})), "value[0].properties.sources");
    let rule = json!({"rules": [{"propertyJPath": "a", "operator": "Resembles", "expectedValue": ""}]});
    let template = json!({"resources": [{"type": "Microsoft.Security/automations", "name": "x", "properties": {
        "sources": [{"eventSource": "Alerts", "ruleSets": [rule]}]}}]});
    assert_eq!(shape(template), "resources[0].properties.sources[0].ruleSets[0].rules[0].operator");
    assert_eq!(shape(json!({"a": 1})), "");
    assert_eq!(shape(json!({"resources": []})), "");
    assert_eq!(read("").unwrap_err().to_string(), "there is nothing to read");
    assert!(matches!(read(&" ".repeat(LARGEST + 1)), Err(ImportError::TooLarge { .. })));
}

#[test]
fn parameters_and_variables_of_templates_are_followed() {
    let template = json!({
        "parameters": {"hub": {"type": "string", "defaultValue": HUB}, "name": {"type": "string", "defaultValue": "[variables('name')]"}},
        "variables": {"name": "ExportToEventHub"},
        "resources": [
            {"type": "Microsoft.Storage/storageAccounts", "name": "other"},
            {"type": "Microsoft.Security/automations", "name": "[parameters('Name')]", "properties": {
                "scopes": [{"scopePath": "[subscription().id]"}],
                "sources": [{"eventSource": "Alerts"}],
                "actions": [{"actionType": "EventHub", "eventHubResourceId": "[parameters('hub')]", "connectionString": "[parameters('secret')]"}],
            }},
        ],
    });
    let import = read(&template.to_string()).unwrap();
    assert_eq!(import.found[0].name, "ExportToEventHub");
    assert_eq!(import.found[0].actions[0].resource_id().as_str(), HUB);
    assert!(import.found[0].notes.iter().any(|note| note.contains("choose the subscriptions")));
    assert!(import.notes[0].contains("Microsoft.Storage/storageAccounts"), "{:?}", import.notes);
}

fn fixtures() -> Option<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/fixtures");
    if folder.is_dir() {
        return Some(folder);
    }
    eprintln!("no fixtures at hand: this test has nothing to do");
    None
}

fn read_automations(path: &Path, wanted: usize) {
    let import = read(&std::fs::read_to_string(path).unwrap()).unwrap();
    assert_eq!(import.found.len(), wanted);
    for found in &import.found {
        assert_eq!(found.actions.len(), 1, "{}", found.name);
        assert!(found.actions[0].resource_id().subscription().is_some(), "{}", found.name);
        assert!(!found.sources.is_empty(), "{}", found.name);
        assert!(!found.notes.iter().any(|note| note.contains("not known here")), "{:?}", found.notes);
    }
}

#[test]
fn every_recorded_automation_is_read_and_ours_in_the_same_shape() {
    read_automations(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/fixtures/automations.json"), 3);
    let Some(folder) = fixtures() else { return };
    read_automations(&folder.join("recorded/automations-2023.00.json"), 4);
}

#[test]
fn every_automation_in_the_specifications_examples_is_read() {
    let Some(folder) = fixtures() else { return };
    let mut count = 0;
    for version in ["2019-01-01-preview", "2023-12-01-preview"] {
        let folder = folder.join(format!("specs/security/Microsoft.Security/preview/{version}/examples/Automations"));
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let text = std::fs::read_to_string(&path).unwrap();
            let example: Value = serde_json::from_str(text.trim_start_matches('\u{feff}')).unwrap();
            let body = &example["responses"]["200"]["body"];
            if body.get("value").is_some() || body.get("properties").is_some() {
                let import = read(&body.to_string()).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
                count += import.found.len();
            }
        }
    }
    assert!(count >= 8, "{count}");
}
