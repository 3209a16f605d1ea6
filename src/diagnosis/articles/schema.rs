//! An event in its shapes, and what a consumer got held against one of them.

use domain::Kind;
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// The longest text that is compared, in characters: no event is larger.
pub const LONGEST: usize = 256 * 1024;

/// The item as the REST API answers it, from its row of Resource Graph: the same record without the columns that Resource Graph
/// adds. Members of alerts begin with a small letter there (Alerts API 2022-01-01).
pub fn as_rest(kind: Kind, row: &Value) -> Option<Value> {
    let row = row.as_object()?;
    let mut rest = Map::new();
    for name in ["id", "name", "type", "properties"] {
        rest.insert(name.to_owned(), row.get(name)?.clone());
    }
    if kind == Kind::Alert
        && let Some(Value::Object(properties)) = rest.get_mut("properties")
    {
        let members = std::mem::take(properties).into_iter();
        properties.extend(members.map(|(name, value)| (small(&name), value)));
    }
    Some(Value::Object(rest))
}

/// An alert's member as the REST API spells it.
fn small(name: &str) -> String {
    match name {
        "ProcessingEndTime" => return "processingEndTimeUtc".to_owned(),
        "TimeGenerated" => return "timeGeneratedUtc".to_owned(),
        _ => {}
    }
    let mut chars = name.chars();
    chars.next().map(|first| first.to_lowercase().chain(chars).collect()).unwrap_or_default()
}

/// What comparing came to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Comparison {
    /// What is probably meant to be done, in sentences.
    pub hints: Vec<String>,
    /// Paths that the event has and the pasted text has not.
    pub missing: Vec<String>,
    /// Paths that only the pasted text has.
    pub more: Vec<String>,
    /// Paths whose values are of another type: path, the event's, the pasted one's.
    pub other_type: Vec<(String, String, String)>,
}

/// Holds what a consumer got against an event as it is sent.
pub fn compare(event: &Value, pasted: &str) -> Result<Comparison, String> {
    if pasted.chars().count() > LONGEST {
        return Err(format!("The text is longer than {LONGEST} characters: paste one event."));
    }
    let text = pasted.trim_start_matches('\u{feff}').trim();
    let mut found: Value = serde_json::from_str(text).map_err(|error| {
        let place = format!("line {}, column {}", error.line(), error.column());
        if text.lines().filter(|line| !line.trim().is_empty()).count() > 1 && text.starts_with('{') {
            format!("It is not one JSON object ({place}). Where events stand one in a line, paste one line.")
        } else {
            format!("It is not JSON: {error}.")
        }
    })?;
    let mut result = Comparison::default();
    if let Some(inner) = unwrapped(&found) {
        result.hints.push("The text has something around its events (records, value or a list). Events come one by one, without it: the first was compared.".to_owned());
        found = inner;
    }
    let (ours, theirs) = (paths(event), paths(&found));
    let folded = |all: &BTreeMap<String, &'static str>| -> BTreeMap<String, String> {
        all.keys().map(|path| (path.to_lowercase(), path.clone())).collect()
    };
    let (folded_ours, folded_theirs) = (folded(&ours), folded(&theirs));
    let mut renamed = 0;
    for (path, kind) in &ours {
        match theirs.get(path) {
            Some(other) if other == kind || *other == "null" || *kind == "null" => {}
            Some(other) => result.other_type.push((path.clone(), (*kind).to_owned(), (*other).to_owned())),
            None if folded_theirs.contains_key(&path.to_lowercase()) => renamed += 1,
            None => result.missing.push(path.clone()),
        }
    }
    result.more = theirs.keys().filter(|path| !folded_ours.contains_key(&path.to_lowercase())).cloned().collect();
    if renamed > 0 {
        result.hints.push(format!(
            "{renamed} members have other letter case than the event: member names are told apart by it."
        ));
    }
    if theirs.contains_key("properties") && !ours.contains_key("properties") {
        result.hints.push("It has the shape of the REST API, with properties. Alerts in an event hub have their members at the top, in capitals.".to_owned());
    }
    Ok(result)
}

/// The first event inside what people's tools put around it.
fn unwrapped(found: &Value) -> Option<Value> {
    let list = found.as_array().or_else(|| {
        let names = ["records", "value", "Records"];
        names.iter().find_map(|name| found.get(name)?.as_array())
    })?;
    list.first().cloned()
}

/// Every path with the type of its value; of lists the first element stands for all.
fn paths(of: &Value) -> BTreeMap<String, &'static str> {
    fn walk(at: &str, of: &Value, found: &mut BTreeMap<String, &'static str>) {
        if !at.is_empty() {
            found.insert(at.to_owned(), kind(of));
        }
        match of {
            Value::Object(members) => {
                for (name, value) in members {
                    let path = if at.is_empty() { name.clone() } else { format!("{at}.{name}") };
                    walk(&path, value, found);
                }
            }
            Value::Array(items) => {
                if let Some(first) = items.first() {
                    walk(&format!("{at}[]"), first, found);
                }
            }
            _ => {}
        }
    }
    let mut found = BTreeMap::new();
    walk("", of, &mut found);
    found
}

const fn kind(of: &Value) -> &'static str {
    match of {
        Value::Null => "null",
        Value::Bool(_) => "true or false",
        Value::Number(_) => "number",
        Value::String(_) => "text",
        Value::Array(_) => "list",
        Value::Object(_) => "object",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    fn event() -> Value {
        json!({"Severity": "High", "Entities": [{"Type": "host"}], "Count": 1})
    }

    #[test]
    fn what_is_missing_renamed_and_of_another_type_is_told_apart() {
        assert_eq!(compare(&event(), &event().to_string()).unwrap(), Comparison::default());
        let found = compare(&event(), r#"{"severity": "High", "Count": "1", "Mine": 2}"#).unwrap();
        assert_eq!(found.missing, ["Entities", "Entities[]", "Entities[].Type"]);
        assert_eq!((found.more, found.hints.len()), (vec!["Mine".to_owned()], 1), "{:?}", found.hints);
        assert_eq!(found.other_type, [("Count".to_owned(), "number".to_owned(), "text".to_owned())]);
        let wrapped = compare(&event(), &json!({"records": [event()]}).to_string()).unwrap();
        assert!(wrapped.missing.is_empty() && wrapped.hints[0].contains("records"), "{wrapped:?}");
        let rest = compare(&event(), r#"{"properties": {"severity": "High"}}"#).unwrap();
        assert!(rest.hints.iter().any(|hint| hint.contains("REST")), "{rest:?}");
    }

    #[test]
    fn what_is_no_json_is_refused_with_its_place() {
        assert!(compare(&event(), "{\"a\": }").unwrap_err().contains("column 7"));
        assert!(compare(&event(), "{\"a\": 1}\n{\"a\": 2}").unwrap_err().contains("one line"));
        assert!(compare(&event(), &"x".repeat(LONGEST + 1)).unwrap_err().contains("longer"));
        let row = |properties: Value| json!({"id": 1, "name": 2, "type": 3, "properties": properties, "tenantId": 4});
        let finding = as_rest(Kind::Finding, &row(json!({"A": 1}))).unwrap();
        assert_eq!(finding, json!({"id": 1, "name": 2, "type": 3, "properties": {"A": 1}}));
        let alert = as_rest(Kind::Alert, &row(json!({"SystemAlertId": "x", "ProcessingEndTime": 1}))).unwrap();
        assert_eq!(alert["properties"], json!({"systemAlertId": "x", "processingEndTimeUtc": 1}));
        assert_eq!(as_rest(Kind::Alert, &json!({"id": 1})), None);
    }

    proptest! {
        #[test]
        fn whatever_is_pasted_is_answered(text in ".{0,200}") {
            let _ = compare(&event(), &text);
        }
    }
}
