//! Sources with their rule sets, read from an automation. A source nobody knows is left out and said; a rule that cannot be
//! read is an error, because an export without it would send something else.

use super::{
    import::{ImportError, below, member, wrong},
    import_automation::{Item, list, shown, unknown},
};
use domain::{Changes, EventSource, Operator, PropertyType, Rule, RuleSet, Source};
use serde_json::{Map, Value};

/// Reads `sources`.
pub(super) fn sources(
    item: &Item<'_>,
    properties: &Map<String, Value>,
    path: &str,
    notes: &mut Vec<String>,
) -> Result<Vec<Source>, ImportError> {
    let path = below(path, "sources");
    let mut sources = Vec::new();
    for (at, source) in list(member(properties, "sources"), &path)?.iter().enumerate() {
        let path = format!("{path}[{at}]");
        let map = source.as_object().ok_or_else(|| wrong(&path, "a source is expected: an object with eventSource"))?;
        unknown(map, &["eventSource", "ruleSets"], &path, notes);
        let name = text(item, map, "eventSource", &path, notes)?;
        let Some(event_source) = EventSource::parse(&name) else {
            let message =
                format!("{} is not known here and is left out: {}", below(&path, "eventSource"), shown(&name));
            notes.push(message);
            continue;
        };
        let path = below(&path, "ruleSets");
        let sets = list(member(map, "ruleSets"), &path)?;
        let rule_sets = sets
            .iter()
            .enumerate()
            .map(|(at, set)| rule_set(item, set, &format!("{path}[{at}]"), notes))
            .collect::<Result<Vec<RuleSet>, ImportError>>()?;
        sources.push(Source { event_source, changes: Changes::Created, rule_sets });
    }
    if sources.is_empty() {
        notes.push("It names no source: choose what to export.".to_owned());
    }
    Ok(sources)
}

fn rule_set(item: &Item<'_>, set: &Value, path: &str, notes: &mut Vec<String>) -> Result<RuleSet, ImportError> {
    let map = set.as_object().ok_or_else(|| wrong(path, "a rule set is expected: an object with rules"))?;
    unknown(map, &["rules"], path, notes);
    let path = below(path, "rules");
    let mut rules = Vec::new();
    for (at, value) in list(member(map, "rules"), &path)?.iter().enumerate() {
        rules.push(rule(item, value, &format!("{path}[{at}]"), notes)?);
    }
    Ok(RuleSet { rules })
}

fn rule(item: &Item<'_>, value: &Value, path: &str, notes: &mut Vec<String>) -> Result<Rule, ImportError> {
    let map = value.as_object().ok_or_else(|| wrong(path, "a rule is expected: an object"))?;
    unknown(map, &["propertyJPath", "propertyType", "expectedValue", "operator"], path, notes);
    let property_type = match member(map, "propertyType") {
        None => PropertyType::String,
        Some(_) => text(item, map, "propertyType", path, notes)?
            .parse::<PropertyType>()
            .map_err(|error: String| wrong(&below(path, "propertyType"), error))?,
    };
    let operator = text(item, map, "operator", path, notes)?
        .parse::<Operator>()
        .map_err(|error: String| wrong(&below(path, "operator"), error))?;
    Ok(Rule {
        path: text(item, map, "propertyJPath", path, notes)?,
        property_type,
        operator,
        expected: expected(item, map, path, notes)?,
    })
}

/// Always text in Azure; people also write numbers and true.
fn expected(
    item: &Item<'_>,
    map: &Map<String, Value>,
    path: &str,
    notes: &mut Vec<String>,
) -> Result<String, ImportError> {
    match member(map, "expectedValue") {
        None => Ok(String::new()),
        Some(Value::Bool(value)) => Ok(value.to_string()),
        Some(Value::Number(value)) => Ok(value.to_string()),
        Some(_) => text(item, map, "expectedValue", path, notes),
    }
}

fn text(
    item: &Item<'_>,
    map: &Map<String, Value>,
    name: &str,
    path: &str,
    notes: &mut Vec<String>,
) -> Result<String, ImportError> {
    let path = below(path, name);
    match member(map, name) {
        Some(Value::String(raw)) => Ok(item.text_or_note(raw, &path, notes)),
        None => Err(wrong(&path, "is missing")),
        Some(_) => Err(wrong(&path, "text is expected")),
    }
}
