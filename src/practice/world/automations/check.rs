//! What is wrong with an automation that someone wants to store or validate.

use serde_json::Value;

use super::words::{Operator, PropertyType, is_event_source};
use super::{kind_of, normal};
use crate::import::subscription_of;

/// A reason not to take an automation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Flaw {
    /// Code of the error when the automation is put.
    pub code: &'static str,
    pub message: String,
}

fn flaw(code: &'static str, message: impl Into<String>) -> Flaw {
    Flaw { code, message: message.into() }
}

/// The flaws of a body for an automation of this subscription. `credentials` = actions must bring their secrets, as in a PUT.
pub(crate) fn flaws(body: &Value, subscription: &str, credentials: bool) -> Vec<Flaw> {
    let Some(properties) = body.get("properties").filter(|properties| properties.is_object()) else {
        return vec![flaw("InvalidAutomation", "The automation has no properties.")];
    };
    let mut found = Vec::new();
    let scopes = list(properties, "scopes");
    if scopes.is_empty() {
        found.push(flaw("InvalidScope", "The automation must have at least one scope."));
    }
    for scope in scopes {
        let path = text(scope, "scopePath");
        let own = subscription_of(&normal(path)).is_some_and(|of| of.eq_ignore_ascii_case(subscription));
        if !own {
            let message = format!("The scope '{path}' is not in the subscription of the automation, '{subscription}'.");
            found.push(flaw("InvalidScope", message));
        }
    }
    let sources = list(properties, "sources");
    if sources.is_empty() {
        found.push(flaw("InvalidSource", "The automation must have at least one source."));
    }
    for source in sources {
        let named = text(source, "eventSource");
        if !is_event_source(named) {
            found.push(flaw("InvalidSource", format!("The event source '{named}' is not supported.")));
        }
        for rule in list(source, "ruleSets").iter().flat_map(|set| list(set, "rules")) {
            found.extend(rule_flaw(rule));
        }
    }
    let actions = list(properties, "actions");
    if actions.is_empty() {
        found.push(flaw("InvalidAction", "The automation must have at least one action."));
    }
    found.extend(actions.iter().filter_map(|action| action_flaw(action, credentials)));
    found
}

fn list<'a>(of: &'a Value, name: &str) -> &'a [Value] {
    of.get(name).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default()
}

fn text<'a>(of: &'a Value, name: &str) -> &'a str {
    of.get(name).and_then(Value::as_str).unwrap_or_default()
}

fn rule_flaw(rule: &Value) -> Option<Flaw> {
    let path = text(rule, "propertyJPath");
    let bad = |message: String| Some(flaw("InvalidRule", message));
    if path.is_empty() {
        return bad("A rule has no propertyJPath.".to_owned());
    }
    let Some(of_type) = PropertyType::parse(text(rule, "propertyType")) else {
        return bad(format!("The property type '{}' of '{path}' is not supported.", text(rule, "propertyType")));
    };
    let Some(operator) = Operator::parse(text(rule, "operator")) else {
        return bad(format!("The operator '{}' of '{path}' is not supported.", text(rule, "operator")));
    };
    if !operator.fits(of_type) {
        return bad(format!(
            "The operator '{}' cannot be used with the property type '{}' of '{path}'.",
            text(rule, "operator"),
            text(rule, "propertyType")
        ));
    }
    let expected = text(rule, "expectedValue");
    let readable = match of_type {
        PropertyType::String => true,
        PropertyType::Integer => expected.parse::<i64>().is_ok(),
        PropertyType::Number => expected.parse::<f64>().is_ok(),
        PropertyType::Boolean => expected.eq_ignore_ascii_case("true") || expected.eq_ignore_ascii_case("false"),
    };
    if readable {
        None
    } else {
        bad(format!("The expected value '{expected}' of '{path}' is not of type '{}'.", text(rule, "propertyType")))
    }
}

fn action_flaw(action: &Value, credentials: bool) -> Option<Flaw> {
    let kind = text(action, "actionType");
    let bad = |code: &'static str, message: String| Some(flaw(code, message));
    let target = match kind_of(kind) {
        Some("EventHub") => "eventHubResourceId",
        Some("Workspace") => "workspaceResourceId",
        Some(_) => "logicAppResourceId",
        None => return bad("InvalidAction", format!("The action type '{kind}' is not supported.")),
    };
    let id = normal(text(action, target));
    let wanted = match target {
        "eventHubResourceId" => "/providers/microsoft.eventhub/namespaces/",
        "workspaceResourceId" => "/providers/microsoft.operationalinsights/workspaces/",
        _ => "/providers/microsoft.logic/workflows/",
    };
    if !id.contains(wanted) {
        return bad("InvalidAction", format!("The action has no valid {target}."));
    }
    if !credentials {
        return None;
    }
    if target == "logicAppResourceId" && text(action, "uri").is_empty() {
        return bad("MissingUri", "The uri of a LogicApp action is required.".to_owned());
    }
    let trusted = action.get("isTrustedServiceEnabled").and_then(Value::as_bool) == Some(true);
    let secret = text(action, "connectionString");
    if target != "eventHubResourceId" || (trusted && secret.is_empty()) {
        return None;
    }
    if secret.is_empty() {
        let message = "The connectionString of an EventHub action is required unless isTrustedServiceEnabled is true.";
        return bad("MissingConnectionString", message.to_owned());
    }
    if key_name(secret).is_none() || !secret.to_lowercase().contains("endpoint=sb://") {
        return bad("InvalidConnectionString", "The connectionString is not one of Event Hubs.".to_owned());
    }
    None
}

/// The name of the rule in a connection string.
pub(crate) fn key_name(secret: &str) -> Option<&str> {
    let parts = secret.split(';').filter_map(|part| part.split_once('='));
    let mut names = parts.filter(|(name, _)| name.trim().eq_ignore_ascii_case("SharedAccessKeyName"));
    names.next().map(|(_, value)| value.trim()).filter(|value| !value.is_empty())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn each_flaw_is_named() {
        let rule = |of_type: &str, operator: &str, expected: &str| json!({"propertyJPath": "a.b", "propertyType": of_type, "operator": operator, "expectedValue": expected});
        let body = |scope: &str, source: &str, rule: Value, action: Value| json!({"properties": {"scopes": [{"scopePath": scope}], "sources": [{"eventSource": source, "ruleSets": [{"rules": [rule]}]}], "actions": [action]}});
        let workspace = json!({"actionType": "workspace", "workspaceResourceId": "subscriptions/x/resourcegroups/g/providers/microsoft.operationalinsights/workspaces/w"});
        let hub = json!({"actionType": "EventHub", "eventHubResourceId": "/subscriptions/x/resourceGroups/g/providers/Microsoft.EventHub/namespaces/n/eventhubs/h"});
        let good = rule("string", "equals", "High");
        assert_eq!(flaws(&body("/subscriptions/S1", "alerts", good.clone(), workspace.clone()), "s1", true), vec![]);
        for (body, part) in [
            (body("/subscriptions/s2", "Alerts", good.clone(), workspace.clone()), "scope"),
            (body("/subscriptions/s1", "Mails", good.clone(), workspace.clone()), "event source 'Mails'"),
            (
                body("/subscriptions/s1", "Alerts", rule("Integer", "Contains", "1"), workspace.clone()),
                "cannot be used",
            ),
            (body("/subscriptions/s1", "Alerts", rule("Number", "GreaterThan", "x"), workspace.clone()), "not of type"),
            (
                body("/subscriptions/s1", "Alerts", good.clone(), json!({"actionType": "Workspace"})),
                "workspaceResourceId",
            ),
            (body("/subscriptions/s1", "Alerts", good.clone(), hub.clone()), "connectionString"),
        ] {
            let found = flaws(&body, "s1", true);
            assert!(found.len() == 1 && found[0].message.contains(part), "{found:?}");
        }
        assert!(flaws(&body("/subscriptions/s1", "Alerts", good, hub), "s1", false).is_empty());
    }
}
