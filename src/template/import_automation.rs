//! One automation as an export: whatever does not fit is a note that names its place and shows what stood there.

use super::{
    import::{ImportError, Names, Text, below, member, wrong},
    import_rules::sources,
};
use domain::{DeliveredBy, FoundExport, ResourceId, Scope, SubscriptionId, TargetHint, azure::is_hidden};
use serde_json::{Map, Value};
use std::rc::Rc;

/// How notes end where a person has to.
pub(super) const CHOOSE: &str = "choose the subscriptions.";

/// An automation and where it stands.
pub(super) struct Item<'a> {
    /// The path to it; empty for the whole text.
    pub(super) path: String,
    /// The resource.
    pub(super) map: &'a Map<String, Value>,
    /// What expressions stand for, inside of templates.
    pub(super) names: Option<Rc<Names>>,
}

impl Item<'_> {
    /// Reads a text of this automation.
    pub(super) fn text(&self, raw: &str) -> Text {
        Names::read(self.names.as_deref(), raw)
    }

    /// The same; an expression is kept as it is written, and that is said.
    pub(super) fn text_or_note(&self, raw: &str, path: &str, notes: &mut Vec<String>) -> String {
        match self.text(raw) {
            Text::Known(text) => text,
            Text::Expression(text) => {
                notes.push(format!(
                    "{path} is only known on deployment: {}. It is kept as it is written.",
                    shown(&text)
                ));
                text
            }
        }
    }
}

/// Reads one automation.
pub(super) fn automation(item: &Item<'_>) -> Result<FoundExport, ImportError> {
    let mut notes = Vec::new();
    let known = [
        "id",
        "name",
        "type",
        "apiVersion",
        "location",
        "etag",
        "kind",
        "tags",
        "properties",
        "dependsOn",
        "systemData",
        "comments",
        "metadata",
    ];
    unknown(item.map, &known, &item.path, &mut notes);
    if let Some(Value::Object(tags)) = member(item.map, "tags")
        && !tags.is_empty()
    {
        notes.push(format!(
            "{} are left out: an export has none ({}).",
            below(&item.path, "tags"),
            json(&Value::Object(tags.clone()))
        ));
    }
    let path = below(&item.path, "properties");
    let properties = member(item.map, "properties")
        .and_then(Value::as_object)
        .ok_or_else(|| wrong(&path, "properties are missing: an object is expected"))?;
    let known = ["description", "isEnabled", "scopes", "sources", "actions", "metadata"];
    unknown(properties, &known, &path, &mut notes);
    let name = name(item, &mut notes);
    let enabled = match member(properties, "isEnabled") {
        None => true,
        Some(Value::Bool(enabled)) => *enabled,
        Some(Value::String(text)) if text.eq_ignore_ascii_case("true") => true,
        Some(Value::String(text)) if text.eq_ignore_ascii_case("false") => false,
        Some(_) => return Err(wrong(&below(&path, "isEnabled"), "true or false is expected")),
    };
    if !enabled {
        notes.push(
            "It is switched off in Azure. The export here sends as soon as it is saved; pause it if it should not."
                .to_owned(),
        );
    }
    let scope = scope(item, properties, &path, &mut notes)?;
    let sources = sources(item, properties, &path, &mut notes)?;
    let actions = actions(item, properties, &path, &mut notes)?;
    if enabled && !actions.is_empty() {
        notes.push("Azure goes on sending what this automation says: once the export is saved here too, each event arrives twice until one of them is switched off.".to_owned());
    }
    Ok(FoundExport {
        place: if item.path.is_empty() { "the whole text".to_owned() } else { item.path.clone() },
        automation: name.clone(),
        enabled,
        name,
        delivered_by: DeliveredBy::Console,
        scope,
        sources,
        target: None,
        azure: None,
        actions,
        notes,
    })
}

fn name(item: &Item<'_>, notes: &mut Vec<String>) -> String {
    let path = below(&item.path, "name");
    let raw = member(item.map, "name").and_then(Value::as_str);
    let id = member(item.map, "id").and_then(Value::as_str);
    let name = match (raw, id) {
        (Some(raw), _) => item.text_or_note(raw, &path, notes),
        (None, Some(id)) => ResourceId::new(id).name().to_owned(),
        (None, None) => {
            notes.push(format!("{path} is missing: give the export one."));
            return String::new();
        }
    };
    if is_hidden(&name) {
        notes.push(format!(
            "Azure's portal does not show this automation: it knows ExportToEventHub and ExportToWorkspace only, not {}.",
            shown(&name)
        ));
    }
    name
}

fn scope(
    item: &Item<'_>,
    properties: &Map<String, Value>,
    path: &str,
    notes: &mut Vec<String>,
) -> Result<Scope, ImportError> {
    let path = below(path, "scopes");
    let mut subscriptions: Vec<SubscriptionId> = Vec::new();
    let scopes = list(member(properties, "scopes"), &path)?;
    for (at, scope) in scopes.iter().enumerate() {
        let path = format!("{path}[{at}]");
        let map = scope.as_object().ok_or_else(|| wrong(&path, "a scope is expected: an object with scopePath"))?;
        unknown(map, &["description", "scopePath"], &path, notes);
        let path = below(&path, "scopePath");
        let raw = member(map, "scopePath").and_then(Value::as_str);
        let raw = raw.ok_or_else(|| wrong(&path, "text is expected, such as /subscriptions/{id}"))?;
        let text = match item.text(raw) {
            Text::Known(text) => text,
            Text::Expression(text) => {
                notes.push(format!("{path} is only known on deployment ({}): {CHOOSE}", shown(&text)));
                continue;
            }
        };
        let id = ResourceId::new(&text);
        match id.subscription() {
            Some(subscription) => {
                if let Some(group) = id.after("resourceGroups") {
                    notes.push(format!(
                        "{path} is the resource group {} only; an export covers whole subscriptions. The rest of {subscription} would be exported as well.",
                        shown(group)
                    ));
                }
                if !subscriptions.contains(&subscription) {
                    subscriptions.push(subscription);
                }
            }
            None => notes.push(format!("{path} is no subscription and is left out: {}", shown(&text))),
        }
    }
    if scopes.is_empty() {
        // Azure takes the subscription the automation stands in.
        let own = member(item.map, "id").and_then(Value::as_str).and_then(|id| ResourceId::new(id).subscription());
        match own {
            Some(own) => {
                notes.push(format!("{path} is empty: its own subscription {own} is taken."));
                subscriptions.push(own);
            }
            None => notes.push(format!("{path} is empty: {CHOOSE}")),
        }
    }
    Ok(Scope { subscriptions, ..Scope::default() })
}

fn actions(
    item: &Item<'_>,
    properties: &Map<String, Value>,
    path: &str,
    notes: &mut Vec<String>,
) -> Result<Vec<TargetHint>, ImportError> {
    let path = below(path, "actions");
    let mut hints = Vec::new();
    for (at, action) in list(member(properties, "actions"), &path)?.iter().enumerate() {
        let path = format!("{path}[{at}]");
        let map = action.as_object().ok_or_else(|| wrong(&path, "an action is expected: an object with actionType"))?;
        let kind = member(map, "actionType").and_then(Value::as_str);
        let kind =
            kind.ok_or_else(|| wrong(&below(&path, "actionType"), "EventHub, Workspace or LogicApp is expected"))?;
        let kind = item.text_or_note(kind, &below(&path, "actionType"), notes);
        match kind.to_ascii_lowercase().as_str() {
            "eventhub" => hints.push(event_hub(item, map, &path, notes)?),
            "workspace" => {
                unknown(map, &["actionType", "workspaceResourceId"], &path, notes);
                let resource_id = resource_id(item, map, "workspaceResourceId", &path, notes)?;
                notes.push(format!(
                    "The workspace {} has to be a target of this console, with the console's own tables: Azure's tables take no rows from others.",
                    shown(resource_id.name())
                ));
                hints.push(TargetHint::Workspace { resource_id });
            }
            "logicapp" => notes.push(format!(
                "{path} starts a logic app ({}); an export cannot, it is left out.",
                shown(member(map, "logicAppResourceId").and_then(Value::as_str).unwrap_or("not named"))
            )),
            _ => notes.push(format!("{path} is of a kind that is not known here and is left out: {}", shown(&kind))),
        }
    }
    match hints.len() {
        0 => notes.push("It sends to no event hub and no workspace: choose a target.".to_owned()),
        1 => {}
        n => notes.push(format!("It sends to {n} places; an export has one target. Open it once for each.")),
    }
    Ok(hints)
}

fn event_hub(
    item: &Item<'_>,
    map: &Map<String, Value>,
    path: &str,
    notes: &mut Vec<String>,
) -> Result<TargetHint, ImportError> {
    let known = ["actionType", "eventHubResourceId", "connectionString", "sasPolicyName", "isTrustedServiceEnabled"];
    unknown(map, &known, path, notes);
    let resource_id = resource_id(item, map, "eventHubResourceId", path, notes)?;
    let trusted_service = member(map, "isTrustedServiceEnabled").and_then(Value::as_bool).unwrap_or_default();
    let hub = shown(resource_id.name());
    let connection = member(map, "connectionString").and_then(Value::as_str).map(|raw| item.text(raw));
    notes.push(match connection {
        _ if trusted_service => format!(
            "The event hub {hub} has to be a target of this console. Azure signs in there as a trusted service; the console signs in with its own identity or a key."
        ),
        Some(Text::Known(text)) if !text.is_empty() => format!(
            "A connection string stands in the text; it is not taken over and not kept. The event hub {hub} has to be a target of this console, with its own sign-in."
        ),
        _ => format!(
            "The connection string of the event hub {hub} is not part of the text: Azure never answers it. The hub has to be a target of this console, which asks for the key; nothing of the automation is lost."
        ),
    });
    let key_name = member(map, "sasPolicyName").and_then(Value::as_str).map(str::to_owned);
    Ok(TargetHint::EventHub { resource_id, trusted_service, key_name })
}

fn resource_id(
    item: &Item<'_>,
    map: &Map<String, Value>,
    name: &str,
    path: &str,
    notes: &mut Vec<String>,
) -> Result<ResourceId, ImportError> {
    let path = below(path, name);
    match member(map, name) {
        Some(Value::String(raw)) => match item.text(raw) {
            Text::Known(text) => Ok(ResourceId::new(&text)),
            Text::Expression(text) => {
                notes.push(format!("{path} is only known on deployment: {}", shown(&text)));
                Ok(ResourceId::new(""))
            }
        },
        None => {
            notes.push(format!("{path} is missing."));
            Ok(ResourceId::new(""))
        }
        Some(_) => Err(wrong(&path, "a resource id is expected: text")),
    }
}

/// A list that may be absent.
pub(super) fn list<'a>(value: Option<&'a Value>, path: &str) -> Result<&'a [Value], ImportError> {
    match value {
        None => Ok(&[]),
        Some(Value::Array(items)) => Ok(items),
        Some(_) => Err(wrong(path, "a list is expected")),
    }
}

/// Members that nobody knows, with what they hold.
pub(super) fn unknown(map: &Map<String, Value>, known: &[&str], path: &str, notes: &mut Vec<String>) {
    for (name, value) in map {
        if !value.is_null() && !known.iter().any(|known| known.eq_ignore_ascii_case(name)) {
            let lower = name.to_lowercase();
            let secret =
                ["secret", "key", "password", "token", "connection", "uri"].iter().any(|word| lower.contains(word));
            let value = if secret { "(not shown: it may be a secret)".to_owned() } else { json(value) };
            notes.push(format!("{} is not known here and is left out: {value}", below(path, &shown(name))));
        }
    }
}

fn json(value: &Value) -> String {
    shown(&value.to_string())
}

/// Text of the import inside a sentence: short, and on one line.
pub(super) fn shown(text: &str) -> String {
    const MOST: usize = 200;
    let line: String = super::quote::comment(text).chars().take(MOST).collect();
    if text.chars().count() > MOST { format!("{line}…") } else { line }
}
