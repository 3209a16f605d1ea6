//! Values of expressions, and how they compare.

use std::borrow::Cow;
use std::cmp::Ordering;

use jiff::Timestamp;
use serde_json::Value;

use crate::dice::azure_time;

/// The value of an expression on one row; borrows from the row where it can.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Datum<'a> {
    /// Absent or null.
    Null,
    /// True or false.
    Bool(bool),
    /// Any number.
    Number(f64),
    /// A text.
    Text(Cow<'a, str>),
    /// A datetime.
    Time(Timestamp),
    /// An object or array.
    Json(Cow<'a, Value>),
}

impl<'a> Datum<'a> {
    /// A borrowed text.
    pub(crate) fn text(text: &'a str) -> Self {
        Self::Text(Cow::Borrowed(text))
    }

    /// The value of a JSON value, borrowed.
    pub(crate) fn of(value: &'a Value) -> Self {
        match value {
            Value::Null => Self::Null,
            Value::Bool(flag) => Self::Bool(*flag),
            Value::Number(number) => number.as_f64().map_or(Self::Null, Self::Number),
            Value::String(text) => Self::text(text),
            Value::Array(_) | Value::Object(_) => Self::Json(Cow::Borrowed(value)),
        }
    }

    /// The same without a borrow.
    pub(crate) fn into_owned(self) -> Datum<'static> {
        match self {
            Self::Null => Datum::Null,
            Self::Bool(flag) => Datum::Bool(flag),
            Self::Number(number) => Datum::Number(number),
            Self::Text(text) => Datum::Text(Cow::Owned(text.into_owned())),
            Self::Time(time) => Datum::Time(time),
            Self::Json(value) => Datum::Json(Cow::Owned(value.into_owned())),
        }
    }

    /// As it stands in an answer.
    pub(crate) fn into_json(self) -> Value {
        match self {
            Self::Null => Value::Null,
            Self::Bool(flag) => Value::Bool(flag),
            Self::Number(number) => whole(number).map_or_else(|| Value::from(number), Value::from),
            Self::Text(text) => Value::String(text.into_owned()),
            Self::Time(time) => Value::String(azure_time(time)),
            Self::Json(value) => value.into_owned(),
        }
    }

    /// `tostring()`: absent is the empty text.
    pub(super) fn to_text(&self) -> Cow<'_, str> {
        match self {
            Self::Null => Cow::Borrowed(""),
            Self::Bool(flag) => Cow::Borrowed(if *flag { "true" } else { "false" }),
            Self::Number(number) => Cow::Owned(number.to_string()),
            Self::Text(text) => Cow::Borrowed(text),
            Self::Time(time) => Cow::Owned(azure_time(*time)),
            Self::Json(value) => Cow::Owned(value.to_string()),
        }
    }

    /// `todatetime()`.
    pub(super) fn to_time(&self) -> Option<Timestamp> {
        match self {
            Self::Time(time) => Some(*time),
            Self::Text(text) => text.parse().ok(),
            _ => None,
        }
    }

    pub(super) fn is_true(&self) -> bool {
        match self {
            Self::Bool(flag) => *flag,
            Self::Text(text) => text.eq_ignore_ascii_case("true"),
            _ => false,
        }
    }

    /// Absent, or an empty text.
    pub(super) fn is_empty(&self) -> bool {
        matches!(self, Self::Null) || matches!(self, Self::Text(text) if text.is_empty())
    }

    /// The order of two values; `None` when one is absent or they cannot be compared.
    pub(super) fn order(&self, other: &Self) -> Option<Ordering> {
        match (self, other) {
            (Self::Null, _) | (_, Self::Null) => None,
            (Self::Number(a), Self::Number(b)) => a.partial_cmp(b),
            (Self::Number(a), Self::Text(b)) => a.partial_cmp(&b.parse().ok()?),
            (Self::Text(a), Self::Number(b)) => a.parse().ok().and_then(|a: f64| a.partial_cmp(b)),
            (Self::Time(_), _) | (_, Self::Time(_)) => Some(self.to_time()?.cmp(&other.to_time()?)),
            (Self::Bool(a), Self::Bool(b)) => Some(a.cmp(b)),
            _ => Some(self.to_text().cmp(&other.to_text())),
        }
    }

    /// `==`, where an absent value equals the empty text as a string column would.
    pub(super) fn equals(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Null, Self::Null) => true,
            (Self::Null, Self::Text(text)) | (Self::Text(text), Self::Null) => text.is_empty(),
            _ => self.order(other) == Some(Ordering::Equal),
        }
    }
}

/// The number without its fraction when it has none.
#[expect(clippy::cast_possible_truncation, reason = "guarded by the range")]
fn whole(number: f64) -> Option<i64> {
    (number.fract() == 0.0 && number.abs() < 9e15).then_some(number as i64)
}
