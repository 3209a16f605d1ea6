//! The part of the Kusto query language that callers of Resource Graph and Log Analytics here use: a small, real evaluator.
//!
//! Known: a table name, `where`, `extend`, `project`, `order by` / `sort by`, `top`, `take` / `limit`, `count`, `distinct`,
//! `summarize … by` with the aggregates of [`parser`]; `and or not()`, `== != =~ !~ > >= < <=`, `in in~ !in !in~`, `between`,
//! `contains startswith endswith`, `ago now bin ingestion_time` and the functions of [`parser`]. Everything else is a [`SyntaxError`] with its position, where the real service may know more.

mod columns;
mod evaluate;
mod lexer;
mod parser;
mod value;

#[cfg(test)]
mod tests;

pub(super) use columns::{columns, unknown};
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
