//! `Microsoft.Security/automations`: what a write makes of a body, and what an automation was at which time.

pub(crate) mod check;
mod company;
pub(super) mod exported;
pub(super) mod rules;
pub(super) mod sources;
mod words;

use jiff::Timestamp;
use serde_json::{Map, Value, json};

pub(super) use company::{bulk, seed};

use crate::dice::{azure_time, dice};
use rules::RuleSet;

/// An automation as it was from one write to the next.
#[derive(Debug)]
pub(crate) struct Version {
    pub from: Timestamp,
    /// When the next write or the deletion came.
    pub until: Option<Timestamp>,
    pub enabled: bool,
    /// Lower case, with a slash at the end.
    pub scopes: Vec<String>,
    pub sources: Vec<(String, Vec<RuleSet>)>,
    pub actions: Vec<Action>,
}

/// Where a version sends to; ids in lower case with a leading slash.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Action {
    EventHub {
        hub: String,
        /// `None` = as a trusted service.
        rule: Option<String>,
    },
    Workspace(String),
    LogicApp,
}

impl Version {
    pub(super) fn new(from: Timestamp, item: &Value) -> Self {
        let properties = item.get("properties").unwrap_or(&Value::Null);
        let list = |name: &str| properties.get(name).and_then(Value::as_array).cloned().unwrap_or_default();
        let scopes = list("scopes");
        let scopes = scopes.iter().filter_map(|scope| scope.get("scopePath").and_then(Value::as_str));
        let sources = list("sources");
        let sources = sources.iter().map(|source| {
            let named = source.get("eventSource").and_then(Value::as_str).unwrap_or_default();
            (named.to_owned(), rules::read(source.get("ruleSets")))
        });
        Self {
            from,
            until: None,
            enabled: properties.get("isEnabled").and_then(Value::as_bool).unwrap_or(true),
            scopes: scopes.map(|path| format!("{}/", normal(path))).collect(),
            sources: sources.collect(),
            actions: list("actions").iter().filter_map(action).collect(),
        }
    }

    /// Whether it was this version that judged at that time.
    pub(super) fn covers(&self, at: Timestamp) -> bool {
        self.enabled && self.from <= at && self.until.is_none_or(|until| at < until)
    }
}

/// An id in lower case with a leading slash and none at its end.
pub(crate) fn normal(id: &str) -> String {
    format!("/{}", id.trim_matches('/').to_lowercase())
}

fn action(action: &Value) -> Option<Action> {
    let text = |name: &str| action.get(name).and_then(Value::as_str).map(str::to_owned);
    let trusted = action.get("isTrustedServiceEnabled").and_then(Value::as_bool) == Some(true);
    match text("actionType")?.to_lowercase().as_str() {
        "eventhub" => Some(Action::EventHub {
            hub: normal(&text("eventHubResourceId")?),
            rule: if trusted { None } else { Some(text("sasPolicyName").unwrap_or_default()) },
        }),
        "workspace" => Some(Action::Workspace(normal(&text("workspaceResourceId")?))),
        "logicapp" => Some(Action::LogicApp),
        _ => None,
    }
}

/// Who writes, when, and under which id.
#[derive(Debug)]
pub(crate) struct Write<'a> {
    pub at: Timestamp,
    pub id: &'a str,
    /// Object id of the caller.
    pub caller: &'a str,
}

/// What a read answers after this body was put: without the secrets, with metadata and a new etag.
pub(crate) fn stored(write: &Write<'_>, body: &Value, known: Option<&Value>) -> Value {
    let mut properties = body.get("properties").and_then(Value::as_object).cloned().unwrap_or_default();
    if let Some(Value::Array(actions)) = properties.get_mut("actions") {
        actions.iter_mut().for_each(hide);
    }
    properties.entry("description").or_insert_with(|| "".into());
    properties.entry("isEnabled").or_insert(true.into());
    let before = known.and_then(|known| known.pointer("/properties/metadata"));
    let first =
        |name: &str, new: &str| before.and_then(|metadata| metadata.get(name)).cloned().unwrap_or_else(|| new.into());
    let now = azure_time(write.at);
    properties.insert(
        "metadata".to_owned(),
        json!({
            "createdDateTimeUtc": first("createdDateTimeUtc", &now), "createdBy": first("createdBy", write.caller),
            "lastUpdatedDateTimeUtc": now, "lastUpdatedBy": write.caller,
        }),
    );
    let kept = |name: &str, usual: Value| {
        let given = body.get(name).filter(|value| !value.is_null());
        given.or_else(|| known.and_then(|known| known.get(name))).cloned().unwrap_or(usual)
    };
    json!({
        "id": known.and_then(|known| known.get("id")).cloned().unwrap_or_else(|| write.id.into()),
        "name": known.and_then(|known| known.get("name")).cloned().unwrap_or_else(|| write.id.rsplit('/').next().into()),
        "type": "Microsoft.Security/automations", "etag": etag(write), "kind": kept("kind", "".into()),
        "location": kept("location", "westeurope".into()),
        "tags": body.get("tags").filter(|tags| tags.is_object()).cloned().unwrap_or_else(|| json!({})),
        "properties": properties,
    })
}

/// What is to be stored after a PATCH of `properties` and `tags`: outer members replace those that were there.
pub(crate) fn patched(known: &Value, patch: &Value) -> Value {
    let mut body = known.clone();
    for part in ["properties", "tags"] {
        let (Some(changes), Some(body)) = (patch.get(part).and_then(Value::as_object), body.as_object_mut()) else {
            continue;
        };
        if let Value::Object(kept) = body.entry(part).or_insert_with(|| Value::Object(Map::new())) {
            kept.extend(changes.clone());
        }
    }
    body
}

/// Takes secrets out of an action; of a connection string the name of its rule remains.
fn hide(action: &mut Value) {
    let Some(action) = action.as_object_mut() else {
        return;
    };
    action.remove("uri");
    // read-only: what a caller sends here is not believed
    if let Some(secret) = action.remove("connectionString")
        && let Some(text) = secret.as_str().filter(|text| !text.is_empty())
    {
        let name = check::key_name(text).unwrap_or_default().to_owned();
        action.insert("sasPolicyName".to_owned(), name.into());
    }
    // answers spell the discriminator as the specification does
    if let Some(kind) = action.get("actionType").and_then(Value::as_str).and_then(kind_of) {
        action.insert("actionType".to_owned(), kind.into());
    }
}

/// An `actionType` in the specification's letter case.
fn kind_of(text: &str) -> Option<&'static str> {
    ["EventHub", "Workspace", "LogicApp"].into_iter().find(|known| known.eq_ignore_ascii_case(text))
}

fn etag(write: &Write<'_>) -> String {
    let number = u64::try_from(write.at.as_microsecond()).unwrap_or_default();
    let first = dice(number, write.id, 0).u32(..);
    format!("\"{first:08x}-0000-0d00-0000-{:08x}0000\"", write.at.as_second())
}
