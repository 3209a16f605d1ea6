//! The rules of an automation, judged on what the service would send.
//!
//! Written apart from the console's own rules on purpose: two readings of the specification check each other.

use std::borrow::Cow;

use serde_json::Value;

use super::words::{Operator, PropertyType};

/// Rules that must all hold.
pub(crate) type RuleSet = Vec<Rule>;

/// One comparison.
#[derive(Debug, Clone)]
pub(crate) struct Rule {
    /// Names on the way to the value; letter case is the reader's affair.
    pub path: Vec<String>,
    of_type: PropertyType,
    operator: Operator,
    expected: String,
}

/// The rule sets of a source; absent or null means none, and none means everything.
pub(super) fn read(sets: Option<&Value>) -> Vec<RuleSet> {
    let sets = sets.and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let rules = |set: &Value| -> RuleSet {
        let rules = set.get("rules").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        rules.iter().filter_map(rule).collect()
    };
    sets.iter().map(rules).collect()
}

fn rule(rule: &Value) -> Option<Rule> {
    let text = |name: &str| rule.get(name).and_then(Value::as_str);
    let path = text("propertyJPath")?;
    let path = path.strip_prefix("$.").unwrap_or(path);
    Some(Rule {
        path: path.split('.').map(str::to_owned).collect(),
        of_type: PropertyType::parse(text("propertyType")?)?,
        operator: Operator::parse(text("operator")?)?,
        expected: text("expectedValue").unwrap_or_default().to_owned(),
    })
}

/// Whether one of the sets holds; `find` looks up the value at a path.
pub(super) fn any_holds<'v>(sets: &[RuleSet], find: impl Fn(&[String]) -> Option<Cow<'v, str>>) -> bool {
    sets.is_empty()
        || sets.iter().any(|set| set.iter().all(|rule| find(&rule.path).is_some_and(|value| holds(rule, &value))))
}

fn holds(rule: &Rule, value: &str) -> bool {
    if matches!(rule.of_type, PropertyType::Integer | PropertyType::Number) {
        let (Ok(value), Ok(expected)) = (value.parse::<f64>(), rule.expected.parse::<f64>()) else {
            return false;
        };
        return match rule.operator {
            Operator::Equals => (value - expected).abs() < f64::EPSILON,
            Operator::NotEquals => (value - expected).abs() >= f64::EPSILON,
            Operator::GreaterThan => value > expected,
            Operator::GreaterThanOrEqualTo => value >= expected,
            Operator::LesserThan => value < expected,
            Operator::LesserThanOrEqualTo => value <= expected,
            Operator::Contains | Operator::StartsWith | Operator::EndsWith => false,
        };
    }
    let (value, expected) = (value.to_lowercase(), rule.expected.to_lowercase());
    match rule.operator {
        Operator::Equals => value == expected,
        Operator::NotEquals => value != expected,
        Operator::Contains => value.contains(&expected),
        Operator::StartsWith => value.starts_with(&expected),
        Operator::EndsWith => value.ends_with(&expected),
        Operator::GreaterThan
        | Operator::GreaterThanOrEqualTo
        | Operator::LesserThan
        | Operator::LesserThanOrEqualTo => false,
    }
}

/// The value at a path of an event, as text.
pub(super) fn text_at<'v>(event: &'v Value, path: &[String]) -> Option<Cow<'v, str>> {
    let found = path.iter().try_fold(event, |value, name| {
        let members = value.as_object()?;
        members.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    })?;
    match found {
        Value::Null => None,
        Value::String(text) => Some(Cow::Borrowed(text)),
        other => Some(Cow::Owned(other.to_string())),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn sets_are_alternatives_and_rules_add_up() {
        let rule = |path: &str, operator: &str, expected: &str| json!({"propertyJPath": path, "propertyType": "String", "operator": operator, "expectedValue": expected});
        let event = json!({"Severity": "High", "properties": {"status": {"code": "Healthy"}}});
        let passes = |sets: Value| any_holds(&read(Some(&sets)), |path| text_at(&event, path));
        assert!(passes(Value::Null) && passes(json!([])));
        assert!(passes(
            json!([{"rules": [rule("Severity", "Equals", "low")]}, {"rules": [rule("Severity", "Equals", "high")]}])
        ));
        assert!(!passes(json!([{"rules": [rule("Severity", "Equals", "high"), rule("a.b", "NotEquals", "x")]}])));
        assert!(passes(json!([{"rules": [rule("$.properties.status.code", "StartsWith", "HEAL")]}])));
        assert!(!passes(json!([{"rules": [rule("properties.metadata.severity", "Equals", "High")]}])));
    }
}
