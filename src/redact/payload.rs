//! Payloads: member names stay, and of the values only those that are harmless where they stand.

use super::{
    secrets::{SECRET, is_secret_name, without_secrets},
    veil::{LEFT_OUT, Veil, is_plain},
};
use jiff::Timestamp;
use serde_json::Value;

/// The longest payload that is shown, in bytes.
const LONGEST: usize = 64 * 1024;

/// Members, in lower case without marks, whose texts are words of Defender for Cloud or of Azure.
const HARMLESS: &[&str] = &[
    "severity",
    "originalseverity",
    "newseverity",
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
    "apiversion",
    "schemaversion",
    "version",
    "change",
    "isincident",
    "issuppressed",
    "controltype",
    "sourcetype",
    "riskfactors",
    "risklevel",
    "level",
    "plan",
    "pricingtier",
    "subplan",
    "language",
    "locale",
];
/// Words of closed lists of Defender for Cloud's and Azure's: they tell of nobody wherever they stand.
const CLOSED: &[&str] = &[
    "critical",
    "high",
    "medium",
    "low",
    "informational",
    "none",
    "healthy",
    "unhealthy",
    "notapplicable",
    "active",
    "new",
    "inprogress",
    "dismissed",
    "resolved",
    "passed",
    "failed",
    "skipped",
    "unsupported",
    "enabled",
    "disabled",
    "succeeded",
    "true",
    "false",
    "yes",
    "no",
    "azure",
    "aws",
    "gcp",
    "onpremise",
    "standard",
    "free",
    "percent",
];
/// Last words of the names of members whose numbers count or measure.
const COUNTS: &[&str] =
    &["count", "score", "weight", "percentage", "percent", "total", "size", "max", "min", "current", "version"];
/// Members whose own members are named by people.
const NAMED_BY_PEOPLE: &[&str] = &["tags", "labels", "annotations", "customproperties"];

fn plain_name(name: &str) -> String {
    name.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

/// Whether a value of this member tells of nobody.
pub(super) fn is_harmless(name: &str, text: &str) -> bool {
    (HARMLESS.contains(&plain_name(name).as_str()) && is_plain(text)) || is_closed(text) || is_time(text)
}

/// Whether a word is one of a closed list.
pub(super) fn is_closed(text: &str) -> bool {
    CLOSED.contains(&plain_name(text).as_str()) && is_plain(text)
}

fn is_time(text: &str) -> bool {
    let is_of_day = || text.contains(':') && text.parse::<jiff::civil::Time>().is_ok();
    text.len() <= 40
        && (text.parse::<Timestamp>().is_ok() || text.parse::<jiff::civil::DateTime>().is_ok() || is_of_day())
}

/// The last word of a member's name, as `score` of `ConfidenceScore`.
fn last_word(name: &str) -> String {
    let from = name.char_indices().zip(name.chars().skip(1)).filter(|((_, before), c)| {
        !c.is_alphanumeric() || !before.is_alphanumeric() || (before.is_lowercase() && c.is_uppercase())
    });
    let from = from.last().map_or(0, |((at, before), _)| at + before.len_utf8());
    plain_name(name.get(from..).unwrap_or_default())
}

fn counts(name: &str) -> bool {
    COUNTS.contains(&last_word(name).as_str())
}

/// The payload as it may be seen, indented. What is no JSON is foreign text.
pub(super) fn json(text: &str, veil: &mut Veil) -> String {
    let Ok(value) = serde_json::from_str::<Value>(text) else { return veil.foreign(text) };
    let seen = member("", false, value, veil);
    let mut out = serde_json::to_string_pretty(&seen).unwrap_or_else(|_| LEFT_OUT.to_owned());
    if out.len() > LONGEST {
        out.truncate(out.floor_char_boundary(LONGEST));
        out.push_str("\n… the rest is left out");
    }
    out
}

/// `by_people`: whether people named it, so that its name says nothing about its value.
fn member(name: &str, by_people: bool, value: Value, veil: &mut Veil) -> Value {
    if is_secret_name(name) && !value.is_null() && !value.is_boolean() {
        return Value::String(SECRET.to_owned());
    }
    let means = if by_people { "" } else { name };
    match value {
        Value::Null | Value::Bool(_) => value,
        Value::Number(_) if !veil.hides() || counts(means) => value,
        Value::Number(_) => Value::String(LEFT_OUT.to_owned()),
        Value::String(text) => Value::String(string(means, &text, veil)),
        Value::Array(items) => {
            Value::Array(items.into_iter().map(|item| member(name, by_people, item, veil)).collect())
        }
        Value::Object(members) => {
            let by_people = by_people || are_named_by_people(name);
            Value::Object(members.into_iter().map(|(name, value)| one(name, by_people, value, veil)).collect())
        }
    }
}

fn one(name: String, by_people: bool, value: Value, veil: &mut Veil) -> (String, Value) {
    let seen = member(&name, by_people, value, veil);
    let is_usual = name.len() <= 80 && name.chars().all(|c| c.is_ascii_alphanumeric() || " _-.$@".contains(c));
    let name = match (veil.hides(), by_people || !is_usual) {
        (true, true) => veil.name(super::known::Sort::Tag, &name),
        _ => veil.text(&name),
    };
    (name, seen)
}

fn are_named_by_people(name: &str) -> bool {
    NAMED_BY_PEOPLE.contains(&plain_name(name).as_str())
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
    if only_replaced(&veiled, veil) { veiled } else { LEFT_OUT.to_owned() }
}

/// Whether a text consists of replacements, and of the words that a resource id has between them.
fn only_replaced(text: &str, veil: &Veil) -> bool {
    let rest = |piece: &str| {
        let (inside, rest) = piece.split_once(']')?;
        veil.is_done(&format!("[{inside}]")).then(|| rest.to_owned())
    };
    let bare: String = text.split('[').map(|piece| rest(piece).unwrap_or_else(|| piece.to_owned())).collect();
    let is_id = text.starts_with("/subscriptions/") || text.starts_with("/providers/");
    bare.is_empty() || (is_id && !bare.contains(char::is_whitespace))
}

/// Every text of a payload that is not harmless where it stands.
pub(super) fn telling(value: &Value, each: &mut impl FnMut(&str)) {
    fn go(name: &str, by_people: bool, value: &Value, each: &mut impl FnMut(&str)) {
        match value {
            Value::String(text) if !is_harmless(if by_people { "" } else { name }, text) => each(text),
            Value::Array(items) => items.iter().for_each(|item| go(name, by_people, item, each)),
            Value::Object(members) => {
                let by_people = by_people || are_named_by_people(name);
                members.iter().for_each(|(name, value)| go(name, by_people, value, each));
            }
            _ => {}
        }
    }
    go("", false, value, each);
}
