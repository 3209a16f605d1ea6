//! Which paths real events have: what completion offers and what lints measure rules against.

use domain::{Kind, PropertyType};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;

/// Values kept of each path, to choose from.
const EXAMPLES: usize = 12;
/// Longer values are no examples to choose from.
const LONGEST: usize = 80;
/// Deeper paths are not offered.
const DEEPEST: usize = 6;

/// What is known of one path.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PathFact {
    /// Events that have it.
    pub events: u32,
    /// The type that fits its values.
    pub fits: PropertyType,
    /// Some of its values.
    pub examples: Vec<String>,
}

/// The paths of one kind's events.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Survey {
    /// Events looked at.
    pub events: u32,
    /// Paths as they are written: `Severity`, `properties.status.code`, `Entities[*].Type`.
    pub paths: BTreeMap<String, PathFact>,
}

/// The surveys of all kinds that had events.
pub type Surveys = BTreeMap<Kind, Survey>;

impl Survey {
    /// Takes in one event.
    pub fn take(&mut self, body: &Value) {
        self.events += 1;
        let mut found = BTreeMap::new();
        walk(body, &mut String::new(), 0, &mut found);
        for (path, (fits, example)) in found {
            let fact = self.paths.entry(path).or_insert_with(|| PathFact { events: 0, fits, examples: Vec::new() });
            fact.events += 1;
            if fact.fits != fits {
                fact.fits = PropertyType::String;
            }
            if let Some(example) = example
                && fact.examples.len() < EXAMPLES
                && !fact.examples.contains(&example)
            {
                fact.examples.push(example);
            }
        }
    }

    /// How many events have a path; members are found in any letter case.
    pub fn with(&self, path: &str) -> u32 {
        let wanted = normal(path);
        self.paths.iter().filter(|(known, _)| normal(known) == wanted).map(|(_, fact)| fact.events).max().unwrap_or(0)
    }

    /// Whether some event has the path, or something below it.
    pub fn knows(&self, path: &str) -> bool {
        let wanted = normal(path);
        self.paths.keys().map(|known| normal(known)).any(|known| {
            known.strip_prefix(&wanted).is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
        })
    }

    /// The known paths that are most like one, best first: those that end in the same member.
    pub fn like(&self, path: &str) -> Option<&str> {
        let wanted = normal(path);
        let last = |path: &str| path.rsplit(['.', ']']).next().unwrap_or_default().to_owned();
        let member = last(&wanted);
        let same = self.paths.iter().filter(|(known, _)| !member.is_empty() && last(&normal(known)) == member);
        same.max_by_key(|(known, fact)| (fact.events, std::cmp::Reverse(known.len()))).map(|(known, _)| known.as_str())
    }
}

/// A path without its root, in lower case, every index as `[*]`.
pub fn normal(path: &str) -> String {
    let path = path.trim().strip_prefix('$').unwrap_or(path.trim());
    let path = path.strip_prefix('.').unwrap_or(path);
    let mut text = String::with_capacity(path.len());
    let mut rest = path;
    while let Some(open) = rest.find('[') {
        text.push_str(&rest[..open]);
        let Some(close) = rest[open..].find(']') else { break };
        let inside = rest[open + 1..open + close].trim();
        match inside.strip_prefix(['\'', '"']).and_then(|name| name.strip_suffix(['\'', '"'])) {
            Some(name) => {
                if !text.is_empty() {
                    text.push('.');
                }
                text.push_str(name);
            }
            None => text.push_str("[*]"),
        }
        rest = &rest[open + close + 1..];
    }
    text.push_str(rest);
    text.to_lowercase()
}

type Found = BTreeMap<String, (PropertyType, Option<String>)>;

fn walk(value: &Value, path: &mut String, depth: usize, found: &mut Found) {
    let mut leaf = |fits, example: Option<String>| {
        let example = example.filter(|text| !text.is_empty() && text.chars().count() <= LONGEST);
        found.entry(path.clone()).or_insert((fits, example));
    };
    match value {
        Value::Null => {}
        Value::Bool(flag) => leaf(PropertyType::Boolean, Some(flag.to_string())),
        Value::Number(number) if number.is_f64() => leaf(PropertyType::Number, Some(number.to_string())),
        Value::Number(number) => leaf(PropertyType::Integer, Some(number.to_string())),
        Value::String(text) => leaf(PropertyType::String, Some(text.clone())),
        Value::Object(_) | Value::Array(_) if depth >= DEEPEST => {}
        Value::Object(members) => {
            for (name, value) in members {
                let length = path.len();
                let is_plain =
                    !name.is_empty() && name.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '-' | '$' | '@'));
                if !is_plain {
                    path.push_str(&format!("['{name}']"));
                } else if path.is_empty() {
                    path.push_str(name);
                } else {
                    path.push_str(&format!(".{name}"));
                }
                walk(value, path, depth + 1, found);
                path.truncate(length);
            }
        }
        Value::Array(items) => {
            let length = path.len();
            path.push_str("[*]");
            for item in items.iter().take(20) {
                walk(item, path, depth + 1, found);
            }
            path.truncate(length);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Path;
    use serde_json::json;

    #[test]
    fn what_is_offered_can_be_written_into_a_rule() {
        let body = json!({"Severity": "High", "odd name": {"x": 1}, "list": [{"a": true}, {"b": 0.5}], "none": null});
        let mut survey = Survey::default();
        survey.take(&body);
        let paths: Vec<&str> = survey.paths.keys().map(String::as_str).collect();
        assert_eq!(paths, ["Severity", "['odd name'].x", "list[*].a", "list[*].b"]);
        assert!(paths.iter().all(|path| !Path::parse(path).unwrap().values(&body).is_empty()));
        assert_eq!(survey.paths["list[*].b"].fits, PropertyType::Number);
        assert_eq!((survey.with("$.severity"), survey.with("list[0].A"), survey.with("nothing")), (1, 1, 0));
        assert!(survey.knows("list") && !survey.knows("lis"));
        assert_eq!(survey.like("properties.metadata.severity"), Some("Severity"));
    }
}
