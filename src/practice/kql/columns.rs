//! The columns of a query's result and their types, which Log Analytics answers beside the rows.

use super::parser::{Aggregate, Expr, Function, Query, Stage};
use super::value::Datum;

/// (name, type).
type Column = (String, String);

/// The columns after the last stage, for a table of these.
pub(crate) fn columns(query: &Query, table: Vec<Column>) -> Vec<Column> {
    let mut columns = table;
    for stage in &query.stages {
        match stage {
            Stage::Where(_) | Stage::Order(_) | Stage::Take(_) | Stage::Top(..) => {}
            Stage::Extend(added) => {
                for (name, expr) in added {
                    let of_type = type_of(expr, &columns);
                    columns.retain(|(known, _)| known != name);
                    columns.push((name.clone(), of_type));
                }
            }
            Stage::Project(kept) => columns = typed(kept, &columns),
            Stage::Count => columns = vec![("Count".to_owned(), "long".to_owned())],
            Stage::Summarize(aggregates, groups) => {
                let mut found = typed(groups, &columns);
                for (name, aggregate, argument) in aggregates {
                    let of_type = match aggregate {
                        Aggregate::Count | Aggregate::CountIf | Aggregate::DistinctCount => "long".to_owned(),
                        Aggregate::Sum => "real".to_owned(),
                        Aggregate::Min | Aggregate::Max | Aggregate::Any => type_of(argument, &columns),
                    };
                    found.push((name.clone(), of_type));
                }
                columns = found;
            }
        }
    }
    columns
}

fn typed(named: &[(String, Expr)], columns: &[Column]) -> Vec<Column> {
    named.iter().map(|(name, expr)| (name.clone(), type_of(expr, columns))).collect()
}

fn type_of(expr: &Expr, columns: &[Column]) -> String {
    let word = match expr {
        Expr::Path(path) => match path.as_slice() {
            [only] if only == "$ingestion_time" => "datetime",
            [only] => {
                let found = columns.iter().find(|(name, _)| name == only);
                return found.map_or_else(|| "string".to_owned(), |(_, of_type)| of_type.clone());
            }
            _ => "dynamic",
        },
        Expr::Literal(Datum::Bool(_)) | Expr::And(..) | Expr::Or(..) | Expr::Compare(..) | Expr::In(..) => "bool",
        Expr::Literal(Datum::Number(_)) => "real",
        Expr::Literal(Datum::Time(_)) | Expr::Bin(..) | Expr::Call(Function::ToDatetime, _) => "datetime",
        Expr::Literal(_) | Expr::Call(Function::ToString | Function::ToLower, _) => "string",
        Expr::Call(Function::Strcmp, _) => "long",
        Expr::Call(Function::Coalesce | Function::MaxOf | Function::MinOf, arguments) => {
            return arguments.first().map_or_else(|| "string".to_owned(), |first| type_of(first, columns));
        }
        Expr::Call(Function::Iff, arguments) => {
            return arguments.get(1).map_or_else(|| "string".to_owned(), |second| type_of(second, columns));
        }
        Expr::Call(..) => "bool",
    };
    word.to_owned()
}

/// Whether a query names a column that is not there: the first such name.
pub(crate) fn unknown(query: &Query, table: &[Column]) -> Option<String> {
    let mut known: Vec<Column> = table.to_vec();
    for (at, stage) in query.stages.iter().enumerate() {
        let mut named = Vec::new();
        match stage {
            Stage::Where(expr) => names(expr, &mut named),
            Stage::Extend(columns) | Stage::Project(columns) => {
                for (_, expr) in columns {
                    names(expr, &mut named);
                }
            }
            Stage::Order(keys) | Stage::Top(_, keys) => {
                for (key, _) in keys {
                    names(key, &mut named);
                }
            }
            Stage::Summarize(aggregates, groups) => {
                for (_, _, expr) in aggregates {
                    names(expr, &mut named);
                }
                for (_, expr) in groups {
                    names(expr, &mut named);
                }
            }
            Stage::Take(_) | Stage::Count => {}
        }
        let missing = named.into_iter().find(|name| !name.starts_with('$') && !known.iter().any(|(of, _)| of == name));
        if missing.is_some() {
            return missing.map(str::to_owned);
        }
        known = columns_after(query, at, table);
    }
    None
}

fn columns_after(query: &Query, last: usize, table: &[Column]) -> Vec<Column> {
    let stages = query.stages.get(..=last).unwrap_or_default().to_vec();
    columns(&Query { table: query.table.clone(), stages }, table.to_vec())
}

fn names<'e>(expr: &'e Expr, found: &mut Vec<&'e str>) {
    match expr {
        Expr::Literal(_) => {}
        Expr::Path(path) => found.extend(path.first().map(String::as_str)),
        Expr::And(a, b) | Expr::Or(a, b) | Expr::Compare(_, a, b) => {
            names(a, found);
            names(b, found);
        }
        Expr::In(of, list, ..) => {
            names(of, found);
            for one in list {
                names(one, found);
            }
        }
        Expr::Call(_, arguments) => {
            for one in arguments {
                names(one, found);
            }
        }
        Expr::Bin(of, _) => names(of, found),
    }
}
