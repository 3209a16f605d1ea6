//! Runs a parsed query over borrowed rows. JSON is built only for the rows of the page that is answered.

use std::borrow::Cow;
use std::cmp::Ordering;
use std::collections::{HashMap, HashSet};

use serde_json::{Map, Value};

use super::parser::{Aggregate, Comparison, Expr, Function, Query, Stage};
use super::value::Datum;

/// A row of a table.
pub(crate) trait Row {
    /// The value at a path (letter case matters); [`Datum::Null`] when absent.
    fn get<'a>(&'a self, path: &[String]) -> Datum<'a>;
    /// Every column, for queries without `project`.
    fn whole(&self) -> Map<String, Value>;
}

/// What a query answers.
#[derive(Debug)]
pub(crate) struct Outcome {
    /// Rows of the whole result.
    pub total: usize,
    /// The rows of the page.
    pub page: Vec<Value>,
}

struct Record<'a> {
    row: Option<&'a dyn Row>,
    columns: Vec<(Cow<'a, str>, Datum<'a>)>,
}

impl<'a> Record<'a> {
    fn get(&self, path: &[String]) -> Datum<'a> {
        let Some((first, rest)) = path.split_first() else {
            return Datum::Null;
        };
        if let Some((_, datum)) = self.columns.iter().rev().find(|(name, _)| name == first) {
            return if rest.is_empty() { datum.clone() } else { inside(datum, rest) };
        }
        self.row.map_or(Datum::Null, |row| row.get(path))
    }

    fn into_json(self) -> Value {
        let mut whole = self.row.map(Row::whole).unwrap_or_default();
        for (name, datum) in self.columns {
            whole.insert(name.into_owned(), datum.into_json());
        }
        Value::Object(whole)
    }
}

fn inside<'a>(datum: &Datum<'a>, path: &[String]) -> Datum<'a> {
    match datum {
        Datum::Json(Cow::Borrowed(value)) => walk(value, path),
        Datum::Json(Cow::Owned(value)) => walk(value, path).into_owned(),
        _ => Datum::Null,
    }
}

fn walk<'a>(value: &'a Value, path: &[String]) -> Datum<'a> {
    super::super::world::json_at(value, path).map_or(Datum::Null, Datum::of)
}

/// Evaluates the query and makes the rows `skip .. skip + limit` of its result. `by_id` = the rows come in ascending order of
/// their ids, so that sorting by id is done already.
pub(crate) fn run<'a>(
    query: &'a Query,
    rows: impl Iterator<Item = &'a dyn Row>,
    by_id: bool,
    skip: usize,
    limit: usize,
) -> Outcome {
    let mut records: Vec<Record<'a>> = Vec::new();
    // the leading `where` and `extend` need no list of all rows
    let streamed = query.stages.iter().take_while(|stage| matches!(stage, Stage::Where(_) | Stage::Extend(_))).count();
    let (first, rest) = query.stages.split_at(streamed);
    'rows: for row in rows {
        let mut record = Record { row: Some(row), columns: Vec::new() };
        for stage in first {
            match stage {
                Stage::Where(expr) if !value(expr, &record).is_true() => continue 'rows,
                Stage::Extend(columns) => extend(columns, &mut record),
                _ => {}
            }
        }
        records.push(record);
    }
    let renamed =
        |stage: &Stage| matches!(stage, Stage::Extend(columns) if columns.iter().any(|(name, _)| name == "id"));
    let mut by_id = by_id && !query.stages.iter().any(renamed);
    let mut projection: Option<&[(String, Expr)]> = None;
    for (at, stage) in rest.iter().enumerate() {
        match stage {
            Stage::Where(expr) => records.retain(|record| value(expr, record).is_true()),
            Stage::Extend(columns) => records.iter_mut().for_each(|record| extend(columns, record)),
            Stage::Take(count) => records.truncate(*count),
            Stage::Order(keys) if by_id && is_id(keys) => {}
            Stage::Order(keys) => {
                by_id = false;
                sort(keys, &mut records);
            }
            Stage::Top(count, keys) => {
                by_id = false;
                sort(keys, &mut records);
                records.truncate(*count);
            }
            Stage::Count => records = vec![counted("Count", records.len())],
            Stage::Summarize(aggregates, groups) => {
                by_id = false;
                records = summarize(aggregates, groups, &records);
            }
            Stage::Project(columns) => {
                by_id = false;
                let last = rest.iter().skip(at + 1).all(|stage| matches!(stage, Stage::Take(_)));
                if last {
                    projection = Some(columns);
                } else {
                    for record in &mut records {
                        *record = project(columns, record);
                    }
                }
            }
        }
    }
    let total = records.len();
    let page = records.into_iter().skip(skip).take(limit);
    let page = match projection {
        Some(columns) => page.map(|record| project(columns, &record).into_json()).collect(),
        None => page.map(Record::into_json).collect(),
    };
    Outcome { total, page }
}

fn extend<'a>(columns: &'a [(String, Expr)], record: &mut Record<'a>) {
    for (name, expr) in columns {
        let datum = value(expr, record);
        record.columns.push((Cow::Borrowed(name), datum));
    }
}

fn project<'a>(columns: &'a [(String, Expr)], record: &Record<'a>) -> Record<'a> {
    let columns = columns.iter().map(|(name, expr)| (Cow::Borrowed(name.as_str()), value(expr, record)));
    Record { row: None, columns: columns.collect() }
}

/// Whether this is `order by id asc`.
fn is_id(keys: &[(Expr, bool)]) -> bool {
    matches!(keys, [(Expr::Path(path), true)] if path.as_slice() == ["id"])
}

fn sort(keys: &[(Expr, bool)], records: &mut [Record<'_>]) {
    records.sort_by(|a, b| {
        keys.iter()
            .map(|(key, ascending)| {
                let (a, b) = (value(key, a), value(key, b));
                let order = a.order(&b).unwrap_or_else(|| (a != Datum::Null).cmp(&(b != Datum::Null)));
                if *ascending { order } else { order.reverse() }
            })
            .find(|order| *order != Ordering::Equal)
            .unwrap_or(Ordering::Equal)
    });
}

fn counted(column: &str, count: usize) -> Record<'_> {
    Record { row: None, columns: vec![(Cow::Borrowed(column), number(count))] }
}

#[expect(clippy::cast_precision_loss, reason = "there are fewer than 2^52 rows")]
fn number(count: usize) -> Datum<'static> {
    Datum::Number(count as f64)
}

fn summarize<'a>(
    aggregates: &'a [(String, Aggregate, Expr)],
    groups: &'a [(String, Expr)],
    records: &[Record<'a>],
) -> Vec<Record<'a>> {
    let mut found: Vec<(Record<'a>, Vec<&Record<'a>>)> = Vec::new();
    let mut places: HashMap<String, usize> = HashMap::new();
    if groups.is_empty() {
        // without groups there is one row, of nothing too
        found.push((Record { row: None, columns: Vec::new() }, records.iter().collect()));
    } else {
        for record in records {
            let group = project(groups, record);
            let texts: Vec<Cow<'_, str>> = group.columns.iter().map(|(_, datum)| datum.to_text()).collect();
            let key = texts.join("\u{1f}");
            let place = *places.entry(key).or_insert(found.len());
            match found.get_mut(place) {
                Some((_, members)) => members.push(record),
                None => found.push((group, vec![record])),
            }
        }
    }
    for (group, members) in &mut found {
        for (column, aggregate, argument) in aggregates {
            group.columns.push((Cow::Borrowed(column), aggregated(*aggregate, argument, members)));
        }
    }
    found.into_iter().map(|(group, _)| group).collect()
}

fn aggregated<'a>(aggregate: Aggregate, argument: &'a Expr, members: &[&Record<'a>]) -> Datum<'a> {
    let values = || members.iter().map(|record| value(argument, record));
    match aggregate {
        Aggregate::Count => number(members.len()),
        Aggregate::CountIf => number(values().filter(Datum::is_true).count()),
        Aggregate::DistinctCount => {
            number(values().map(|datum| datum.to_text().into_owned()).collect::<HashSet<String>>().len())
        }
        Aggregate::Min => extreme(values(), Ordering::Less),
        Aggregate::Max => extreme(values(), Ordering::Greater),
        Aggregate::Sum => {
            Datum::Number(values().map(|datum| if let Datum::Number(number) = datum { number } else { 0.0 }).sum())
        }
        Aggregate::Any => values().next().unwrap_or(Datum::Null),
    }
}

/// A time cut down to a whole number of so many seconds since 1970.
#[expect(clippy::cast_possible_truncation, reason = "times are far below 2^63 seconds")]
fn cut(datum: &Datum<'_>, seconds: f64) -> Datum<'static> {
    let step = (seconds as i64).max(1);
    let at = datum.to_time().map(|at| at.as_second().div_euclid(step) * step);
    at.and_then(|second| jiff::Timestamp::from_second(second).ok()).map_or(Datum::Null, Datum::Time)
}

fn value<'a>(expr: &'a Expr, record: &Record<'a>) -> Datum<'a> {
    match expr {
        Expr::Literal(datum) => match datum {
            Datum::Text(text) => Datum::text(text),
            other => other.clone(),
        },
        Expr::Path(path) => record.get(path),
        Expr::And(a, b) => Datum::Bool(value(a, record).is_true() && value(b, record).is_true()),
        Expr::Or(a, b) => Datum::Bool(value(a, record).is_true() || value(b, record).is_true()),
        Expr::Compare(comparison, a, b) => Datum::Bool(compare(*comparison, &value(a, record), &value(b, record))),
        Expr::In(item, list, exact, negated) => {
            let item = value(item, record);
            let comparison = if *exact { Comparison::Equal } else { Comparison::Like };
            let found = list.iter().any(|other| compare(comparison, &item, &value(other, record)));
            Datum::Bool(found != *negated)
        }
        Expr::Call(function, arguments) => call(*function, arguments, record),
        Expr::Bin(of, seconds) => cut(&value(of, record), *seconds),
    }
}

fn compare(comparison: Comparison, a: &Datum<'_>, b: &Datum<'_>) -> bool {
    let lower = |datum: &Datum<'_>| datum.to_text().to_lowercase();
    match comparison {
        Comparison::Equal => a.equals(b),
        Comparison::NotEqual => !a.equals(b),
        Comparison::Like => like(a, b),
        Comparison::NotLike => !like(a, b),
        Comparison::Greater => a.order(b) == Some(Ordering::Greater),
        Comparison::GreaterOrEqual => a.order(b).is_some_and(Ordering::is_ge),
        Comparison::Less => a.order(b) == Some(Ordering::Less),
        Comparison::LessOrEqual => a.order(b).is_some_and(Ordering::is_le),
        Comparison::Contains => lower(a).contains(&lower(b)),
        Comparison::StartsWith => lower(a).starts_with(&lower(b)),
        Comparison::EndsWith => lower(a).ends_with(&lower(b)),
    }
}

fn like(a: &Datum<'_>, b: &Datum<'_>) -> bool {
    let (a, b) = (a.to_text(), b.to_text());
    a.eq_ignore_ascii_case(&b) || (!a.is_ascii() && a.to_lowercase() == b.to_lowercase())
}

fn call<'a>(function: Function, arguments: &'a [Expr], record: &Record<'a>) -> Datum<'a> {
    let argument = |at: usize| arguments.get(at).map_or(Datum::Null, |expr| value(expr, record));
    let all = || arguments.iter().map(|expr| value(expr, record));
    match function {
        Function::Not => Datum::Bool(!argument(0).is_true()),
        Function::IsNull => Datum::Bool(argument(0) == Datum::Null),
        Function::IsNotNull => Datum::Bool(argument(0) != Datum::Null),
        Function::IsEmpty => Datum::Bool(argument(0).is_empty()),
        Function::IsNotEmpty => Datum::Bool(!argument(0).is_empty()),
        Function::ToDatetime => argument(0).to_time().map_or(Datum::Null, Datum::Time),
        Function::ToString => Datum::Text(Cow::Owned(argument(0).to_text().into_owned())),
        Function::ToLower => Datum::Text(Cow::Owned(argument(0).to_text().to_lowercase())),
        Function::Coalesce => all().find(|datum| !datum.is_empty()).unwrap_or(Datum::Null),
        Function::Iff => argument(if argument(0).is_true() { 1 } else { 2 }),
        Function::Strcmp => {
            let order = argument(0).to_text().cmp(&argument(1).to_text());
            Datum::Number(f64::from(order as i8))
        }
        Function::MaxOf => extreme(all(), Ordering::Greater),
        Function::MinOf => extreme(all(), Ordering::Less),
    }
}

/// The largest or smallest value, absent ones aside.
fn extreme<'a>(values: impl Iterator<Item = Datum<'a>>, wanted: Ordering) -> Datum<'a> {
    values.fold(Datum::Null, |best, next| match (&best, next.order(&best)) {
        (Datum::Null, _) => next,
        (_, Some(order)) if order == wanted => next,
        _ => best,
    })
}

/// The text that every row's id must be greater than, when the query begins with such a filter: lets a keyset page start at its place.
pub(crate) fn id_floor(query: &Query) -> Option<&str> {
    let leading = query.stages.iter().take_while(|stage| matches!(stage, Stage::Where(_) | Stage::Extend(_)));
    leading.into_iter().find_map(|stage| match stage {
        Stage::Where(expr) => floor_of(expr),
        _ => None,
    })
}

/// The resource types the query asks for by `type =~ '…'`, lower case, when its first stage says so.
pub(crate) fn wanted_type(query: &Query) -> Option<String> {
    match query.stages.first()? {
        Stage::Where(expr) => type_in(expr),
        _ => None,
    }
}

fn type_in(expr: &Expr) -> Option<String> {
    match expr {
        Expr::And(a, b) => type_in(a).or_else(|| type_in(b)),
        Expr::Compare(Comparison::Like | Comparison::Equal, left, right) => match (left.as_ref(), right.as_ref()) {
            (Expr::Path(path), Expr::Literal(Datum::Text(text))) if path.len() == 1 && path.first()? == "type" => {
                Some(text.to_lowercase())
            }
            _ => None,
        },
        _ => None,
    }
}

impl Query {
    /// Drops filters of the form `strcmp(id, '…') > 0`: pages then repeat, as a fault wants it.
    pub(crate) fn forget_id_floor(&mut self) {
        while let Some(floor) = id_floor(self).map(str::to_owned) {
            let before = self.stages.len();
            self.stages.retain(|stage| !matches!(stage, Stage::Where(expr) if floor_of(expr) == Some(&floor)));
            if self.stages.len() == before {
                break;
            }
        }
    }
}

fn floor_of(expr: &Expr) -> Option<&str> {
    let Expr::Compare(Comparison::Greater, left, right) = expr else {
        return None;
    };
    match (left.as_ref(), right.as_ref()) {
        (Expr::Call(Function::Strcmp, arguments), Expr::Literal(Datum::Number(0.0))) => match arguments.as_slice() {
            [Expr::Path(path), Expr::Literal(Datum::Text(text))] if path.as_slice() == ["id"] => Some(text),
            _ => None,
        },
        _ => None,
    }
}
