//! Reading what was written, and writing what was read.

use super::*;
use domain::{AzureDelivery, DeliveredBy, EventSource, ExportBody, NO_TARGET, Operator, ResourceId, SubscriptionId};
use proptest::prelude::*;
use serde_json::json;

fn rest() -> impl Strategy<Value = Rest> {
    let value = prop_oneof![Just(json!(true)), Just(json!({"a": [1, "b"]})), "[a-z]{0,4}".prop_map(Value::from)];
    prop::collection::btree_map("x-[a-z]{1,4}", value, 0..3).prop_map(|map| map.into_iter().collect())
}

fn text() -> impl Strategy<Value = String> {
    prop_oneof!["[ -~]{0,12}", Just("true".to_owned()), Just("[parameters('x')]".to_owned()), "\\PC{0,6}"]
}

fn rule() -> impl Strategy<Value = Rule> {
    (text(), prop::option::of(text()), text(), text(), rest()).prop_map(
        |(property_j_path, property_type, expected_value, operator, rest)| Rule {
            property_j_path,
            property_type,
            expected_value,
            operator,
            rest,
        },
    )
}

fn source() -> impl Strategy<Value = Source> {
    let set = (prop::collection::vec(rule(), 0..3), rest()).prop_map(|(rules, rest)| RuleSet { rules, rest });
    (text(), prop::collection::vec(set, 0..3), rest()).prop_map(|(event_source, rule_sets, rest)| Source {
        event_source,
        rule_sets,
        rest,
    })
}

fn action() -> impl Strategy<Value = Action> {
    let id = || prop::option::of(text());
    let to = prop_oneof![
        (id(), id(), id(), prop::option::of(any::<bool>())).prop_map(|(hub, key, rule, trusted)| {
            Destination::EventHub {
                event_hub_resource_id: hub,
                connection_string: key.map(Hidden),
                sas_policy_name: rule,
                is_trusted_service_enabled: trusted,
            }
        }),
        id().prop_map(|workspace_resource_id| Destination::Workspace { workspace_resource_id }),
        (id(), id()).prop_map(|(app, uri)| Destination::LogicApp { logic_app_resource_id: app, uri: uri.map(Hidden) }),
        "New[a-z]{0,5}".prop_map(|action_type| Destination::Other { action_type }),
    ];
    (to, rest()).prop_map(|(to, rest)| Action { to, rest })
}

fn automation() -> impl Strategy<Value = Automation> {
    let scope = (prop::option::of(text()), text(), rest()).prop_map(|(description, scope_path, rest)| Scope {
        description,
        scope_path,
        rest,
    });
    let properties = (
        prop::option::of(text()),
        prop::option::of(any::<bool>()),
        prop::collection::vec(scope, 0..3),
        prop::collection::vec(source(), 0..3),
        prop::collection::vec(action(), 0..3),
        rest(),
    );
    let optional = || prop::option::of(text());
    (optional(), optional(), optional(), optional(), prop::option::of(rest()), properties, rest()).prop_map(
        |(id, name, location, etag, tags, (description, is_enabled, scopes, sources, actions, more), rest)| {
            let properties = Properties { description, is_enabled, scopes, sources, actions, rest: more };
            Automation { id, name, location, etag, tags, properties, rest }
        },
    )
}

/// The same JSON with the names of its own members in capitals.
fn shouted(value: Value) -> Value {
    match value {
        Value::Object(map) => {
            let name = |name: String| if name.starts_with("x-") { name } else { name.to_uppercase() };
            map.into_iter()
                .map(|(key, value)| {
                    let value = if key.starts_with("x-") || key == "tags" { value } else { shouted(value) };
                    (name(key), value)
                })
                .collect()
        }
        Value::Array(items) => items.into_iter().map(shouted).collect(),
        other => other,
    }
}

proptest! {
    #[test]
    fn what_is_written_is_read_back(one in automation()) {
        let written = serde_json::to_value(&one).unwrap();
        prop_assert_eq!(Automation::read(written.clone()).unwrap(), one.clone());
        prop_assert_eq!(Automation::read(shouted(written)).unwrap(), one);
    }

    #[test]
    fn what_is_shown_or_kept_holds_no_secret(one in automation()) {
        let planted = |one: Automation| {
            let mut one = one;
            for action in &mut one.properties.actions {
                match &mut action.to {
                    Destination::EventHub { connection_string, .. } => *connection_string = Some(Hidden("planted-key".to_owned())),
                    Destination::LogicApp { uri, .. } => *uri = Some(Hidden("planted-key".to_owned())),
                    _ => {}
                }
            }
            one
        };
        let one = planted(one);
        let debug = format!("{one:?}");
        prop_assert!(!debug.contains("planted-key"));
        let kept = serde_json::to_string(&one.without_secrets()).unwrap();
        prop_assert!(!kept.contains("planted-key"));
    }

    #[test]
    fn no_json_makes_reading_panic(text in "[\\[\\]{}\":,a-zA-Z0-9 ]{0,60}") {
        let _ = Automation::parse(&text);
    }
}

#[test]
fn what_is_wrong_is_named_with_its_path() {
    let read = |properties: Value| Automation::read(json!({"properties": properties})).unwrap_err().to_string();
    assert_eq!(Automation::read(json!({})).unwrap_err().path, "properties");
    assert_eq!(read(json!({"isEnabled": 3})), "properties.isEnabled: true or false is expected");
    assert_eq!(read(json!({"sources": [{}]})), "properties.sources[0].eventSource: is missing");
    assert_eq!(
        read(json!({"sources": [{"eventSource": "Alerts", "ruleSets": [{"rules": [{"operator": 1}]}]}]})),
        "properties.sources[0].ruleSets[0].rules[0].propertyJPath: is missing"
    );
    assert_eq!(
        read(json!({"actions": [{}]})),
        "properties.actions[0].actionType: EventHub, Workspace or LogicApp is expected"
    );
}

proptest! {
    /// What is compared says all that was saved: nothing is lost between the export and the automation.
    #[test]
    fn what_is_wanted_is_read_back_as_it_is_meant(
        picked in prop::sample::subsequence(EventSource::ALL, 0..=EventSource::ALL.len()),
        rules in prop::collection::vec(("[a-zA-Z.$\\[\\]]{0,12}", prop::sample::select(Operator::ALL), any::<String>()), 0..4),
        (enabled, trusted, only) in any::<(bool, bool, bool)>(),
    ) {
        let subscription = SubscriptionId::parse("0ab1c2d3-0000-4000-8000-000000000001").unwrap();
        let delivery = AzureDelivery {
            trusted_service: trusted,
            key_rule: (!trusted).then(|| "send".parse().unwrap()),
            only_group: only.then(|| "only".parse().unwrap()),
            ..delivery()
        };
        let set = domain::RuleSet {
            rules: rules
                .into_iter()
                .map(|(path, operator, expected)| domain::Rule {
                    path, operator, expected, property_type: domain::PropertyType::String,
                })
                .collect(),
        };
        let source = |event_source| domain::Source {
            event_source, changes: domain::Changes::Created, rule_sets: vec![set.clone()],
        };
        let export = ExportBody { sources: picked.into_iter().map(source).collect(), ..export(&delivery) };
        let wanted = Wanted { export: &export, delivery: &delivery, enabled, subscription: &subscription };
        let read = wanted.as_read().unwrap();
        prop_assert_eq!(read.id, delivery.automation_in(&subscription));
        prop_assert_eq!(read.sources, export.sources);
        prop_assert_eq!((read.targets, read.logic_apps), (vec![delivery.destination.clone()], 0));
        prop_assert_eq!((read.enabled, read.trusted_service), (enabled, trusted));
        prop_assert_eq!(read.key_rule, delivery.key_rule.map(|rule| rule.to_string()));
        prop_assert_eq!(read.only_group, delivery.only_group.map(|group| group.to_string()));
        prop_assert_eq!(read.beyond, None);
    }
}

fn delivery() -> AzureDelivery {
    let hub = "/subscriptions/x/resourceGroups/r/providers/Microsoft.EventHub/namespaces/n/eventhubs/alerts";
    AzureDelivery {
        destination: ResourceId::new(hub),
        trusted_service: false,
        key_rule: None,
        resource_group: "rg".parse().unwrap(),
        location: "westeurope".parse().unwrap(),
        automation: "ExportToEventHub".parse().unwrap(),
        only_group: "only".parse().ok(),
    }
}

fn export(delivery: &AzureDelivery) -> ExportBody {
    ExportBody {
        name: "High".into(),
        delivered_by: DeliveredBy::Azure,
        scope: domain::Scope::everything(),
        sources: Vec::new(),
        target: NO_TARGET.parse().unwrap(),
        azure: Some(delivery.clone()),
    }
}

#[test]
fn what_is_patched_never_holds_an_action_and_what_is_put_holds_one() {
    let subscription = SubscriptionId::parse("0ab1c2d3-0000-4000-8000-000000000001").unwrap();
    let delivery = delivery();
    let export = export(&delivery);
    let wanted = Wanted { export: &export, delivery: &delivery, enabled: true, subscription: &subscription };
    let changes = serde_json::to_value(wanted.changes()).unwrap();
    assert!(changes.get("actions").is_none() && changes["scopes"][0]["scopePath"].as_str().unwrap().ends_with("/only"));
    let secret = || Hidden("Endpoint=sb://n/;SharedAccessKey=k".to_owned());
    let whole = serde_json::to_value(wanted.whole(Some(secret()))).unwrap();
    let action = &whole["properties"]["actions"][0];
    assert_eq!(action["actionType"], "EventHub");
    assert!(action["connectionString"].is_string() && action.get("isTrustedServiceEnabled").is_none());
    let trusted = serde_json::to_value(wanted.whole(None)).unwrap();
    assert_eq!(trusted["properties"]["actions"][0]["isTrustedServiceEnabled"], true);
    let found = Automation {
        location: Some("northeurope".into()),
        tags: Some(rest_of("team", "soc")),
        ..Automation::default()
    };
    let over = wanted.whole(None).in_place_of(&found);
    assert_eq!((over.location.as_deref(), over.tags), (Some("northeurope"), Some(rest_of("team", "soc"))));
}

fn rest_of(name: &str, value: &str) -> Rest {
    [(name.to_owned(), value.into())].into_iter().collect()
}
