//! An automation out of JSON: as Azure answers it, or as somebody wrote it. Azure takes names of members in any letter case.

use super::{Action, Automation, Destination, Hidden, Properties, Rest, Rule, RuleSet, Scope, Source, TYPE};
use serde_json::{Map, Value};

/// What is not as it should be, and where.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{path}: {message}")]
pub struct ReadError {
    /// The path, such as `properties.sources[0].eventSource`.
    pub path: String,
    /// What is expected.
    pub message: String,
}

/// A path with one more name.
pub fn below(path: &str, name: &str) -> String {
    if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") }
}

/// A member by its name in any letter case; `null` counts as absent.
pub fn member<'a>(map: &'a Map<String, Value>, name: &str) -> Option<&'a Value> {
    map.get(name)
        .or_else(|| map.iter().find(|(found, _)| found.eq_ignore_ascii_case(name)).map(|(_, value)| value))
        .filter(|value| !value.is_null())
}

/// Whether it is an automation: by its type, or where it has none, by what it holds.
pub fn is_automation(map: &Map<String, Value>) -> bool {
    if let Some(kind) = member(map, "type") {
        return kind.as_str().is_some_and(|kind| kind.eq_ignore_ascii_case(TYPE));
    }
    let properties = member(map, "properties").and_then(Value::as_object);
    properties.is_some_and(|properties| {
        ["sources", "actions", "scopes"].iter().any(|name| member(properties, name).is_some())
    })
}

/// The members of an object, taken one by one; what is left is the rest.
struct Members {
    map: Map<String, Value>,
    path: String,
}

impl Members {
    fn of(value: Value, path: String, expected: &str) -> Result<Self, ReadError> {
        match value {
            Value::Object(map) => Ok(Self { map, path }),
            _ => Err(ReadError { path, message: expected.to_owned() }),
        }
    }

    fn wrong(&self, name: &str, message: &str) -> ReadError {
        ReadError { path: below(&self.path, name), message: message.to_owned() }
    }

    fn take(&mut self, name: &str) -> Option<Value> {
        let found = self.map.keys().find(|found| found.eq_ignore_ascii_case(name))?.clone();
        self.map.remove(&found).filter(|value| !value.is_null())
    }

    fn text(&mut self, name: &str) -> Result<Option<String>, ReadError> {
        match self.take(name) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(_) => Err(self.wrong(name, "text is expected")),
        }
    }

    fn needed(&mut self, name: &str) -> Result<String, ReadError> {
        self.text(name)?.ok_or_else(|| self.wrong(name, "is missing"))
    }

    fn id(&mut self, name: &str) -> Result<Option<String>, ReadError> {
        self.text(name).map_err(|wrong| ReadError { message: "a resource id is expected: text".to_owned(), ..wrong })
    }

    fn flag(&mut self, name: &str) -> Result<Option<bool>, ReadError> {
        match self.take(name) {
            None => Ok(None),
            Some(Value::Bool(flag)) => Ok(Some(flag)),
            Some(Value::String(text)) if text.eq_ignore_ascii_case("true") => Ok(Some(true)),
            Some(Value::String(text)) if text.eq_ignore_ascii_case("false") => Ok(Some(false)),
            Some(_) => Err(self.wrong(name, "true or false is expected")),
        }
    }

    /// A list that may be absent; each item is read with its path.
    fn list<T>(
        &mut self,
        name: &str,
        read: impl Fn(Value, String) -> Result<T, ReadError>,
    ) -> Result<Vec<T>, ReadError> {
        let path = below(&self.path, name);
        match self.take(name) {
            None => Ok(Vec::new()),
            Some(Value::Array(items)) => {
                items.into_iter().enumerate().map(|(at, item)| read(item, format!("{path}[{at}]"))).collect()
            }
            Some(_) => Err(ReadError { path, message: "a list is expected".to_owned() }),
        }
    }

    fn rest(self) -> Rest {
        self.map.into_iter().filter(|(_, value)| !value.is_null()).collect()
    }
}

impl Automation {
    /// Reads an automation.
    pub fn read(value: Value) -> Result<Self, ReadError> {
        let mut members = Members::of(value, String::new(), "an automation is expected: an object")?;
        let missing = members.wrong("properties", "properties are missing: an object is expected");
        let properties = members.take("properties").filter(Value::is_object).ok_or(missing)?;
        Ok(Self {
            id: members.text("id")?,
            name: members.text("name")?,
            location: members.text("location")?,
            etag: members.text("etag")?,
            tags: match members.take("tags") {
                Some(Value::Object(tags)) => Some(tags),
                _ => None,
            },
            properties: Properties::read(properties)?,
            rest: members.rest(),
        })
    }
}

impl Properties {
    fn read(value: Value) -> Result<Self, ReadError> {
        let mut members = Members::of(value, "properties".to_owned(), "an object is expected")?;
        Ok(Self {
            description: members.text("description")?,
            is_enabled: members.flag("isEnabled")?,
            scopes: members.list("scopes", scope)?,
            sources: members.list("sources", source)?,
            actions: members.list("actions", action)?,
            rest: members.rest(),
        })
    }
}

fn scope(value: Value, path: String) -> Result<Scope, ReadError> {
    let mut members = Members::of(value, path, "a scope is expected: an object with scopePath")?;
    let wanted = "text is expected, such as /subscriptions/{id}";
    Ok(Scope {
        description: members.text("description")?,
        scope_path: match members.take("scopePath") {
            Some(Value::String(text)) => text,
            _ => return Err(members.wrong("scopePath", wanted)),
        },
        rest: members.rest(),
    })
}

fn source(value: Value, path: String) -> Result<Source, ReadError> {
    let mut members = Members::of(value, path, "a source is expected: an object with eventSource")?;
    Ok(Source {
        event_source: members.needed("eventSource")?,
        rule_sets: members.list("ruleSets", rule_set)?,
        rest: members.rest(),
    })
}

fn rule_set(value: Value, path: String) -> Result<RuleSet, ReadError> {
    let mut members = Members::of(value, path, "a rule set is expected: an object with rules")?;
    Ok(RuleSet { rules: members.list("rules", rule)?, rest: members.rest() })
}

fn rule(value: Value, path: String) -> Result<Rule, ReadError> {
    let mut members = Members::of(value, path, "a rule is expected: an object")?;
    Ok(Rule {
        property_j_path: members.needed("propertyJPath")?,
        property_type: members.text("propertyType")?,
        expected_value: match members.take("expectedValue") {
            None => String::new(),
            Some(Value::String(text)) => text,
            Some(value @ (Value::Bool(_) | Value::Number(_))) => value.to_string(),
            Some(_) => return Err(members.wrong("expectedValue", "text is expected")),
        },
        operator: members.needed("operator")?,
        rest: members.rest(),
    })
}

fn action(value: Value, path: String) -> Result<Action, ReadError> {
    let mut members = Members::of(value, path, "an action is expected: an object with actionType")?;
    let Some(Value::String(kind)) = members.take("actionType") else {
        return Err(members.wrong("actionType", "EventHub, Workspace or LogicApp is expected"));
    };
    let to = match kind.to_ascii_lowercase().as_str() {
        "eventhub" => Destination::EventHub {
            event_hub_resource_id: members.id("eventHubResourceId")?,
            connection_string: members.text("connectionString")?.map(Hidden),
            sas_policy_name: members.text("sasPolicyName")?,
            is_trusted_service_enabled: members.flag("isTrustedServiceEnabled")?,
        },
        "workspace" => Destination::Workspace { workspace_resource_id: members.id("workspaceResourceId")? },
        "logicapp" => Destination::LogicApp {
            logic_app_resource_id: members.id("logicAppResourceId")?,
            uri: members.text("uri")?.map(Hidden),
        },
        _ => Destination::Other { action_type: kind },
    };
    Ok(Action { to, rest: members.rest() })
}
