//! Reads exports back from text: a deployment template, one automation as Azure answers it, or a list of them. Finds the
//! automations; `import_automation` reads each.

use super::import_automation::{CHOOSE, automation};
use automation::{below, is_automation, member};
use domain::{AzureDelivery, Changes, DeliveredBy, EventSource, FoundExport, Import, Scope, SubscriptionId, TargetId};
use serde::Deserialize;
use serde_json::{Map, Value};
use std::{
    collections::{BTreeMap, BTreeSet},
    rc::Rc,
};

/// The largest text that is read, in bytes.
pub const LARGEST: usize = 1024 * 1024;
/// Templates inside of templates inside of templates: Azure allows fewer.
const DEEPEST: usize = 8;

/// Why a text cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ImportError {
    /// It is too large.
    #[error("the text has {size} bytes; at most {} are read", LARGEST)]
    TooLarge {
        /// Its size.
        size: usize,
    },
    /// It is no JSON.
    #[error("line {line}, column {column}: {message}")]
    Json {
        /// The line, from 1.
        line: usize,
        /// The column, from 1.
        column: usize,
        /// What is wrong there.
        message: String,
    },
    /// It is JSON of another shape.
    #[error("{}{message}", place(.path))]
    Shape {
        /// Where, such as `resources[0].properties.sources[1]`; empty for the whole.
        path: String,
        /// What is wrong there.
        message: String,
    },
}

fn place(path: &str) -> String {
    if path.is_empty() { String::new() } else { format!("{path}: ") }
}

/// An error at a path.
pub(super) fn wrong(path: &str, message: impl Into<String>) -> ImportError {
    ImportError::Shape { path: path.to_owned(), message: message.into() }
}

/// What the expressions of one template stand for: names in lower case, with what they are of.
#[derive(Debug, Default)]
pub(super) struct Names(BTreeMap<(&'static str, String), String>);

/// A text of a template, or of an answer of Azure.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Text {
    /// As it is.
    Known(String),
    /// An expression that only a deployment can work out.
    Expression(String),
}

impl Names {
    /// Reads a text: outside of templates (`names` absent) it is always as it is.
    pub(super) fn read(names: Option<&Self>, raw: &str) -> Text {
        let Some(names) = names else { return Text::Known(raw.to_owned()) };
        let mut text = raw;
        // A parameter may stand for a variable, and that for another parameter.
        for _ in 0..DEEPEST {
            let Some(expression) = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) else {
                return Text::Known(text.to_owned());
            };
            if expression.starts_with('[') {
                return Text::Known(text.chars().skip(1).collect());
            }
            match names.look_up(expression) {
                Some(found) => text = found,
                None => return Text::Expression(text.to_owned()),
            }
        }
        Text::Expression(raw.to_owned())
    }

    fn look_up(&self, expression: &str) -> Option<&str> {
        for of in ["parameters", "variables"] {
            let name = expression
                .trim()
                .strip_prefix(of)
                .and_then(|rest| rest.trim().strip_prefix("('"))
                .and_then(|rest| rest.strip_suffix("')"))
                .filter(|name| !name.contains('\''));
            if let Some(name) = name {
                return self.0.get(&(of, name.to_lowercase())).map(String::as_str);
            }
        }
        None
    }

    /// The names of a template; `given` are the values of a nested one's parameters.
    fn of(template: &Map<String, Value>, given: BTreeMap<String, String>) -> Self {
        let mut all = BTreeMap::new();
        for (name, parameter) in members(template, "parameters") {
            let default = parameter.as_object().and_then(|parameter| member(parameter, "defaultValue"));
            if let Some(text) = default.and_then(Value::as_str) {
                all.insert(("parameters", name.to_lowercase()), text.to_owned());
            }
        }
        for (name, value) in members(template, "variables") {
            if let Some(text) = value.as_str() {
                all.insert(("variables", name.to_lowercase()), text.to_owned());
            }
        }
        all.extend(given.into_iter().map(|(name, value)| (("parameters", name), value)));
        Self(all)
    }
}

fn members<'a>(map: &'a Map<String, Value>, name: &str) -> impl Iterator<Item = (&'a String, &'a Value)> {
    member(map, name).and_then(Value::as_object).into_iter().flatten()
}

/// Reads a text.
pub fn read(text: &str) -> Result<Import, ImportError> {
    if text.len() > LARGEST {
        return Err(ImportError::TooLarge { size: text.len() });
    }
    let text = text.trim_start_matches('\u{feff}');
    if text.trim().is_empty() {
        return Err(wrong("", "there is nothing to read"));
    }
    let value: Value = serde_json::from_str(text).map_err(|error| {
        let message = error.to_string();
        let end = message.rfind(" at line ").unwrap_or(message.len());
        ImportError::Json { line: error.line(), column: error.column(), message: message[..end].to_owned() }
    })?;
    let mut import = Import::default();
    match &value {
        Value::Array(items) => list(items, "", &mut import)?,
        Value::Object(map) => whole(map, &mut import)?,
        _ => return Err(wrong("", "neither a template nor an automation: an object is expected")),
    }
    if import.found.is_empty() {
        return Err(wrong("", "there is no resource of the type Microsoft.Security/automations in it"));
    }
    Ok(import)
}

fn whole(map: &Map<String, Value>, import: &mut Import) -> Result<(), ImportError> {
    if is_automation(map) {
        import.found.push(automation("", map, None)?);
        return Ok(());
    }
    if let Some(items) = member(map, "value").and_then(Value::as_array) {
        if member(map, "nextLink").is_some() {
            import
                .notes
                .push("The list goes on: it names a nextLink. What follows there is not part of this text.".to_owned());
        }
        return list(items, "value", import);
    }
    // What `exportTemplate` answers holds the template as a member.
    let inner = member(map, "template").and_then(Value::as_object).filter(|inner| inner.contains_key("resources"));
    match inner {
        Some(inner) => template(inner, "template", BTreeMap::new(), 0, import),
        None if member(map, "resources").is_some() => template(map, "", BTreeMap::new(), 0, import),
        None => Err(wrong(
            "",
            "neither a deployment template (with resources), nor an automation (with properties), nor a list answer (with value)",
        )),
    }
}

fn list(items: &[Value], path: &str, import: &mut Import) -> Result<(), ImportError> {
    for (at, item) in items.iter().enumerate() {
        let path = format!("{path}[{at}]");
        let map = item.as_object().ok_or_else(|| wrong(&path, "an automation is expected: an object"))?;
        if is_automation(map) {
            import.found.push(automation(&path, map, None)?);
        } else {
            import.notes.push(left_out(map, &path));
        }
    }
    Ok(())
}

fn left_out(map: &Map<String, Value>, path: &str) -> String {
    let kind = member(map, "type").and_then(Value::as_str).unwrap_or("no type");
    format!("{path} is no automation ({kind}) and is left out.")
}

fn is_type(map: &Map<String, Value>, kind: &str) -> bool {
    member(map, "type").and_then(Value::as_str).is_some_and(|found| found.eq_ignore_ascii_case(kind))
}

fn template(
    map: &Map<String, Value>,
    path: &str,
    given: BTreeMap<String, String>,
    depth: usize,
    import: &mut Import,
) -> Result<(), ImportError> {
    if depth > DEEPEST {
        return Err(wrong(path, "templates are nested too deep"));
    }
    let names = Rc::new(Names::of(map, given));
    let resources = below(path, "resources");
    // Resources are a list, or (language version 2) members with symbolic names.
    let found: Vec<(String, &Value)> = match member(map, "resources") {
        Some(Value::Array(items)) => {
            items.iter().enumerate().map(|(at, item)| (format!("{resources}[{at}]"), item)).collect()
        }
        Some(Value::Object(items)) => items.iter().map(|(name, item)| (below(&resources, name), item)).collect(),
        None => Vec::new(),
        Some(_) => return Err(wrong(&resources, "a list of resources is expected")),
    };
    let mut here = Import::default();
    for (path, resource) in found {
        let map = resource.as_object().ok_or_else(|| wrong(&path, "a resource is expected: an object"))?;
        if is_automation(map) {
            here.found.push(automation(&path, map, Some(Rc::clone(&names)))?);
        } else if is_type(map, "Microsoft.Resources/deployments") {
            nested(map, &path, &names, depth, &mut here)?;
        } else {
            here.notes.push(left_out(map, &path));
        }
    }
    let metadata = member(map, "metadata").and_then(Value::as_object);
    if let Some(kept) = metadata.and_then(|metadata| member(metadata, "continuousExport")) {
        match serde_json::from_value::<Kept>(unescape(kept)) {
            Ok(kept) => kept.apply(&mut here),
            Err(error) => here.notes.push(format!(
                "{} cannot be read and is left out: {error}",
                below(&below(path, "metadata"), "continuousExport")
            )),
        }
    }
    import.found.append(&mut here.found);
    import.notes.append(&mut here.notes);
    Ok(())
}

fn nested(
    deployment: &Map<String, Value>,
    path: &str,
    names: &Names,
    depth: usize,
    import: &mut Import,
) -> Result<(), ImportError> {
    let properties = member(deployment, "properties").and_then(Value::as_object);
    let Some((properties, inner)) = properties.and_then(|properties| {
        member(properties, "template").and_then(Value::as_object).map(|inner| (properties, inner))
    }) else {
        import.notes.push(format!("{path} deploys a template that is not part of this text; it is left out."));
        return Ok(());
    };
    let mut given = BTreeMap::new();
    for (name, value) in members(properties, "parameters") {
        let value = value.as_object().and_then(|value| member(value, "value")).and_then(Value::as_str);
        if let Some(text) = value {
            // Worked out in the template outside; what is text there must stay text inside.
            let text = match Names::read(Some(names), text) {
                Text::Known(text) => super::quote::arm(&text),
                Text::Expression(text) => text,
            };
            given.insert(name.to_lowercase(), text);
        }
    }
    template(inner, &below(&below(path, "properties"), "template"), given, depth + 1, import)
}

/// Texts of a template that are written as text.
fn unescape(value: &Value) -> Value {
    match value {
        Value::String(text) if text.starts_with("[[") && text.ends_with(']') => {
            Value::String(text.chars().skip(1).collect())
        }
        Value::Array(items) => Value::Array(items.iter().map(unescape).collect()),
        Value::Object(map) => Value::Object(map.iter().map(|(name, value)| (name.clone(), unescape(value))).collect()),
        other => other.clone(),
    }
}

/// What the console keeps in a template's metadata (`automation::metadata`).
#[derive(Debug, Deserialize)]
struct Kept {
    name: String,
    delivered_by: DeliveredBy,
    scope: Scope,
    #[serde(default)]
    sources: Vec<KeptSource>,
    #[serde(default)]
    target: Option<TargetId>,
    #[serde(default)]
    azure: Option<AzureDelivery>,
}

#[derive(Debug, Deserialize)]
struct KeptSource {
    event_source: EventSource,
    changes: Changes,
}

impl Kept {
    /// The automations of the template are one export, unless somebody made them differ.
    fn apply(self, import: &mut Import) {
        let mut found = std::mem::take(&mut import.found).into_iter();
        let Some(mut one) = found.next() else { return };
        let rest: Vec<FoundExport> = found.collect();
        if rest.iter().any(|other| other.sources != one.sources || other.actions != one.actions) {
            import.notes.push(
                "The automations of this template differ from one another: what the console kept in its metadata is left out, and each of them is an export of its own."
                    .to_owned(),
            );
            import.found.push(one);
            import.found.extend(rest);
            return;
        }
        let mut deployed = one.scope.subscriptions.clone();
        for other in rest {
            deployed.extend(other.scope.subscriptions);
            one.notes.extend(other.notes);
        }
        let mut seen = BTreeSet::new();
        one.notes.retain(|note| seen.insert(note.clone()));
        one.name = self.name;
        one.delivered_by = self.delivered_by;
        one.target = self.target;
        one.azure = self.azure;
        for (at, source) in one.sources.iter_mut().enumerate() {
            let same = |kept: &&KeptSource| kept.event_source == source.event_source;
            let kept = self.sources.get(at).filter(same).or_else(|| self.sources.iter().find(same));
            source.changes = kept.map_or(Changes::Created, |kept| kept.changes);
        }
        let named: BTreeSet<&SubscriptionId> =
            self.scope.subscriptions.iter().filter(|id| !self.scope.except.contains(id)).collect();
        if self.scope.is_open() || deployed.is_empty() || named == deployed.iter().collect::<BTreeSet<_>>() {
            one.scope = self.scope;
            one.notes.retain(|note| !note.ends_with(CHOOSE));
        } else {
            one.scope.subscriptions = deployed;
            one.notes.push("The automations name other subscriptions than the metadata: theirs are taken.".to_owned());
        }
        import.found.push(one);
    }
}
