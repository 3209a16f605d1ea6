//! Payloads: member names stay, and of the values only those that are harmless where they stand.

use super::{
    secrets::{SECRET, is_secret_name, without_secrets},
    veil::{LEFT_OUT, Veil, is_plain},
};
use jiff::Timestamp;
use serde_json::{Map, Value};

/// The longest payload that is shown, in bytes.
const LONGEST: usize = 64 * 1024;

/// Members, in lower case without marks, whose texts are words of Defender for Cloud or of Azure.
const HARMLESS: &[&str] = &[
    "severity",
    "originalseverity",
    "newseverity",
    "status",
    "state",
    "code",
    "cause",
    "statuscode",
    "kind",
    "alerttype",
    "intent",
    "alertintent",
    "tactics",
    "techniques",
    "subtechniques",
    "killchainintent",
    "confidencelevel",
    "confidence",
    "productname",
    "productcomponentname",
    "vendorname",
    "providername",
    "providertype",
    "providernamespace",
    "source",
    "detectionsource",
    "category",
    "categories",
    "userimpact",
    "implementationeffort",
    "threats",
    "assessmenttype",
    "recommendationseverity",
    "recommendationstate",
    "policyinitiativename",
    "resourcetype",
    "type",
    "eventtype",
    "osfamily",
    "ostype",
    "platform",
    "resourceprovider",
    "currency",
    "unit",
    "apiversion",
    "schemaversion",
    "version",
    "change",
    "isincident",
    "issuppressed",
    "controltype",
    "riskfactors",
    "risklevel",
    "level",
    "plan",
    "pricingtier",
    "subplan",
    "tier",
    "language",
    "locale",
];
/// Members whose numbers count or measure.
const COUNTS: &[&str] = &[
    "count",
    "score",
    "weight",
    "percentage",
    "percent",
    "total",
    "size",
    "max",
    "min",
    "current",
    "confidencescore",
    "version",
    "number",
];
/// Members whose own members are named by people.
const NAMED_BY_PEOPLE: &[&str] = &["tags", "labels", "annotations", "customproperties"];

fn plain_name(name: &str) -> String {
    name.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

fn is_harmless(name: &str, text: &str) -> bool {
    (HARMLESS.contains(&plain_name(name).as_str()) && is_plain(text)) || is_time(text)
}

fn is_time(text: &str) -> bool {
    text.len() <= 40 && (text.parse::<Timestamp>().is_ok() || text.parse::<jiff::civil::DateTime>().is_ok())
}

fn counts(name: &str) -> bool {
    let name = plain_name(name);
    COUNTS.iter().any(|ending| name.ends_with(ending))
}

/// The payload as it may be seen, indented. What is no JSON is foreign text.
pub(super) fn json(text: &str, veil: &mut Veil) -> String {
    let Ok(value) = serde_json::from_str::<Value>(text) else { return veil.foreign(text) };
    let seen = member("", value, veil);
    let mut out = serde_json::to_string_pretty(&seen).unwrap_or_else(|_| LEFT_OUT.to_owned());
    if out.len() > LONGEST {
        out.truncate(out.floor_char_boundary(LONGEST));
        out.push_str("\n… the rest is left out");
    }
    out
}

fn member(name: &str, value: Value, veil: &mut Veil) -> Value {
    if is_secret_name(name) && !value.is_null() && !value.is_boolean() {
        return Value::String(SECRET.to_owned());
    }
    match value {
        Value::Null | Value::Bool(_) => value,
        Value::Number(_) if !veil.hides() || counts(name) => value,
        Value::Number(_) => Value::String(LEFT_OUT.to_owned()),
        Value::String(text) => Value::String(string(name, &text, veil)),
        Value::Array(items) => Value::Array(items.into_iter().map(|item| member(name, item, veil)).collect()),
        Value::Object(members) => Value::Object(object(name, members, veil)),
    }
}

fn object(of: &str, members: Map<String, Value>, veil: &mut Veil) -> Map<String, Value> {
    let by_people = NAMED_BY_PEOPLE.contains(&plain_name(of).as_str());
    members
        .into_iter()
        .map(|(name, value)| {
            let seen = member(&name, value, veil);
            let is_usual = name.len() <= 80 && name.chars().all(|c| c.is_ascii_alphanumeric() || " _-.$@".contains(c));
            let name = match (veil.hides(), by_people || !is_usual) {
                (true, true) => veil.name(super::known::Sort::Tag, &name),
                _ => veil.text(&name),
            };
            (name, seen)
        })
        .collect()
}

fn string(name: &str, text: &str, veil: &mut Veil) -> String {
    if !veil.hides() {
        return without_secrets(text);
    }
    let veiled = veil.text(text);
    if veiled == text {
        return if text.is_empty() || is_harmless(name, text) { veiled } else { LEFT_OUT.to_owned() };
    }
    // What is left when the replacements are taken out must say nothing.
    if only_replaced(&veiled) { veiled } else { LEFT_OUT.to_owned() }
}

/// Whether a text consists of replacements, and of the words that a resource id has between them.
fn only_replaced(text: &str) -> bool {
    let bare: String = text.split('[').map(|piece| piece.split_once(']').map_or(piece, |(_, rest)| rest)).collect();
    let is_id = text.starts_with("/subscriptions/") || text.starts_with("/providers/");
    bare.is_empty() || (is_id && !bare.contains(char::is_whitespace))
}

/// Every text of a payload that is not harmless where it stands.
pub(super) fn telling(value: &Value, each: &mut impl FnMut(&str)) {
    fn go(name: &str, value: &Value, each: &mut impl FnMut(&str)) {
        match value {
            Value::String(text) if !is_harmless(name, text) => each(text),
            Value::Array(items) => items.iter().for_each(|item| go(name, item, each)),
            Value::Object(members) => members.iter().for_each(|(name, value)| go(name, value, each)),
            _ => {}
        }
    }
    go("", value, each);
}
