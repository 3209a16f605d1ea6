//! One value against one expectation.

use domain::{Operator, PropertyType};
use serde_json::Value;

/// An expected value, read once as its type.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Expected {
    Text(String),
    Integer(i128),
    Number(f64),
    Boolean(bool),
}

impl Expected {
    pub(super) fn parse(text: &str, of: PropertyType) -> Option<Self> {
        let trimmed = text.trim();
        match of {
            PropertyType::String => Some(Self::Text(text.to_lowercase())),
            PropertyType::Integer => trimmed.parse().ok().map(Self::Integer),
            PropertyType::Number => trimmed.parse().ok().filter(|number: &f64| number.is_finite()).map(Self::Number),
            PropertyType::Boolean => boolean(trimmed).map(Self::Boolean),
        }
    }

    /// Whether the actual value satisfies the operator; a value that cannot be read as the type satisfies none.
    pub(super) fn holds(&self, operator: Operator, actual: &Value) -> bool {
        match self {
            Self::Text(expected) => {
                let actual = shown(actual).to_lowercase();
                match operator {
                    Operator::Equals => actual == *expected,
                    Operator::NotEquals => actual != *expected,
                    Operator::Contains => actual.contains(expected.as_str()),
                    Operator::StartsWith => actual.starts_with(expected.as_str()),
                    Operator::EndsWith => actual.ends_with(expected.as_str()),
                    _ => false,
                }
            }
            Self::Integer(expected) => {
                integer(actual).is_some_and(|actual| ordered(operator, actual.partial_cmp(expected)))
            }
            Self::Number(expected) => {
                number(actual).is_some_and(|actual| ordered(operator, actual.partial_cmp(expected)))
            }
            Self::Boolean(expected) => {
                let actual = match actual {
                    Value::Bool(flag) => Some(*flag),
                    Value::String(text) => boolean(text.trim()),
                    _ => None,
                };
                actual.is_some_and(|actual| match operator {
                    Operator::Equals => actual == *expected,
                    Operator::NotEquals => actual != *expected,
                    _ => false,
                })
            }
        }
    }
}

fn ordered(operator: Operator, order: Option<std::cmp::Ordering>) -> bool {
    order.is_some_and(|order| match operator {
        Operator::Equals => order.is_eq(),
        Operator::NotEquals => order.is_ne(),
        Operator::GreaterThan => order.is_gt(),
        Operator::GreaterThanOrEqualTo => order.is_ge(),
        Operator::LesserThan => order.is_lt(),
        Operator::LesserThanOrEqualTo => order.is_le(),
        Operator::Contains | Operator::StartsWith | Operator::EndsWith => false,
    })
}

fn boolean(text: &str) -> Option<bool> {
    if text.eq_ignore_ascii_case("true") {
        Some(true)
    } else if text.eq_ignore_ascii_case("false") {
        Some(false)
    } else {
        None
    }
}

fn integer(value: &Value) -> Option<i128> {
    match value {
        Value::Number(number) => number.as_i128(),
        Value::String(text) => text.trim().parse().ok(),
        _ => None,
    }
}

fn number(value: &Value) -> Option<f64> {
    match value {
        Value::Number(number) => number.as_f64(),
        Value::String(text) => text.trim().parse().ok(),
        _ => None,
    }
}

/// A value as text: strings bare, everything else as JSON.
pub(super) fn shown(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}
