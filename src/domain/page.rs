//! Pages of lists, and errors that name the field they belong to.

use serde::{Deserialize, Serialize};

/// A piece of a list, newest first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Page<T> {
    /// The rows.
    pub items: Vec<T>,
    /// Where older rows go on.
    pub next: Option<Cursor>,
    /// Where newer rows are, when this is not the newest page.
    pub previous: Option<Cursor>,
}

impl<T> Default for Page<T> {
    fn default() -> Self {
        Self { items: Vec::new(), next: None, previous: None }
    }
}

impl<T> Page<T> {
    /// The same page with other rows.
    pub fn map<U>(self, change: impl FnMut(T) -> U) -> Page<U> {
        Page { items: self.items.into_iter().map(change).collect(), next: self.next, previous: self.previous }
    }
}

/// A place in a list: everything older than, or newer than, one row. It stays put while new rows arrive.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Cursor {
    /// Rows older than this sequence number.
    Before(i64),
    /// Rows newer than this sequence number.
    After(i64),
}

impl Cursor {
    /// Reads a cursor from a URL.
    pub fn parse(text: &str) -> Option<Self> {
        let (side, number) = text.split_at_checked(1)?;
        let number: i64 = number.parse().ok()?;
        match side {
            "b" => Some(Self::Before(number)),
            "a" => Some(Self::After(number)),
            _ => None,
        }
    }
}

impl std::fmt::Display for Cursor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Before(seq) => write!(f, "b{seq}"),
            Self::After(seq) => write!(f, "a{seq}"),
        }
    }
}

impl From<Cursor> for String {
    fn from(cursor: Cursor) -> Self {
        cursor.to_string()
    }
}

impl TryFrom<String> for Cursor {
    type Error = String;
    fn try_from(text: String) -> Result<Self, String> {
        Self::parse(&text).ok_or_else(|| format!("`{text}` is not a cursor"))
    }
}

/// What is wrong with one field of a form or a body.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FieldError {
    /// The field, as a path into the body: `name`, `sources[0].rule_sets[1].rules[0].operator`.
    pub path: String,
    /// What is wrong and what would be right.
    pub message: String,
}

impl FieldError {
    /// An error at a path.
    pub fn new(path: impl Into<String>, message: impl Into<String>) -> Self {
        Self { path: path.into(), message: message.into() }
    }
}
