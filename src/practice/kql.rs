//! The part of the Kusto query language that Resource Graph's callers here use: a small, real evaluator.
//!
//! Known: a table name, `where`, `extend`, `project`, `order by` / `sort by`, `take` / `limit`, `count`, `summarize count() by`;
//! `and or not()`, `== != =~ !~ > >= < <=`, `in in~ !in !in~`, `contains startswith endswith` and the functions of
//! [`parser`]. Everything else is a [`SyntaxError`] with its position, where the real service may know more.

mod evaluate;
mod lexer;
mod parser;
mod value;

#[cfg(test)]
mod tests;

pub(super) use evaluate::{Row, id_floor, run, wanted_type};
pub(super) use parser::{Query, parse};
pub(super) use value::Datum;

/// Where and why a query is not understood.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{reason} (line {line}, position {column})")]
pub(super) struct SyntaxError {
    /// From 1.
    pub line: usize,
    /// From 1.
    pub column: usize,
    /// What was expected or found.
    pub reason: String,
}

impl SyntaxError {
    fn at(query: &str, offset: usize, reason: impl Into<String>) -> Self {
        let before = query.get(..offset).unwrap_or(query);
        let line_start = before.rfind('\n').map_or(0, |at| at + 1);
        Self { line: before.matches('\n').count() + 1, column: before.len() - line_start + 1, reason: reason.into() }
    }
}
