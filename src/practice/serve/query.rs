//! Log Analytics queries: `POST /v1/workspaces/{guid}/query`.

use axum::http::{Method, StatusCode};
use axum::response::{IntoResponse, Response};
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use serde_json::{Value, json};

use super::answers::{Refused, json_answer, ok};
use super::arm::access;
use super::bearer;
use super::request::Asked;
use crate::kql::{self, Datum, Row};
use crate::state::{Azure, clock};
use crate::world::logs::{LogRow, TABLES};
use crate::world::workspaces::Workspace;

const AUDIENCES: &[&str] =
    &["https://api.loganalytics.io", "https://api.loganalytics.azure.com", "https://api.loganalytics.us"];
/// Rows of an answer at most, as the service has it.
const MOST: usize = 500_000;

#[derive(Debug, Deserialize)]
struct Body {
    query: String,
    #[serde(default)]
    timespan: Option<String>,
}

pub(super) fn answer(azure: &Azure, asked: &Asked) -> Response {
    query(azure, asked).unwrap_or_else(IntoResponse::into_response)
}

fn refused(status: StatusCode, code: &str, message: &str) -> Refused {
    json_answer(status, &json!({"error": {"message": message, "code": code}})).into()
}

/// A 400, whose reason stands two levels deeper.
fn bad(kind: &str, code: &str, message: &str) -> Refused {
    let body = json!({"error": {
        "message": "The request had some invalid properties", "code": "BadArgumentError",
        "innererror": {"code": kind, "message": "The query is not valid.", "innererror": {"code": code, "message": message}},
    }});
    json_answer(StatusCode::BAD_REQUEST, &body).into()
}

fn query(azure: &Azure, asked: &Asked) -> Result<Response, Refused> {
    let world = azure.world();
    bearer::check(&world, asked, AUDIENCES).map_err(|refusal| Refused::from(bearer::refuse(&world, refusal)))?;
    let path: Vec<&str> = asked.path.iter().map(String::as_str).collect();
    let ["v1" | "V1", "workspaces", id, "query"] = path.as_slice() else {
        return Err(refused(StatusCode::NOT_FOUND, "PathNotFoundError", "The requested path does not exist"));
    };
    let body = match asked.method {
        Method::GET => Body {
            query: asked.parameter("query").unwrap_or_default().to_owned(),
            timespan: asked.parameter("timespan").map(str::to_owned),
        },
        _ => serde_json::from_slice(&asked.body)
            .map_err(|error| bad("BadArgumentError", "InvalidBody", &error.to_string()))?,
    };
    let workspace = world
        .workspace(id)
        .ok_or_else(|| refused(StatusCode::NOT_FOUND, "WorkspaceNotFoundError", "The workspace could not be found"))?;
    let entries = access::entries(&world, Some(&workspace.subscription));
    if !access::allows(&entries, "Microsoft.OperationalInsights/workspaces/query/read") {
        let message = "The provided credentials have insufficient access to perform the requested operation";
        return Err(refused(StatusCode::FORBIDDEN, "InsufficientAccessError", message));
    }
    let now = clock();
    let query = kql::parse(&body.query, now).map_err(|error| bad("SyntaxError", "SYN0002", &error.to_string()))?;
    let unresolved = |what: &str, name: &str| {
        bad("SemanticError", "SEM0100", &format!("Failed to resolve {what} expression named '{name}'"))
    };
    let schema = schema(workspace, &query.table).ok_or_else(|| unresolved("table", &query.table))?;
    if let Some(name) = kql::unknown(&query, &schema) {
        return Err(unresolved("scalar", &name));
    }
    let within = span(body.timespan.as_deref(), now)?;
    let mut rows = world.log_rows(workspace, &query.table, now);
    rows.extend(received(azure, workspace, &query.table)?);
    if let Some((from, to)) = within {
        let at = ["TimeGenerated".to_owned()];
        rows.retain(|row| match row.get(&at) {
            Datum::Time(time) => time >= from && time <= to,
            Datum::Text(text) => text.parse().is_ok_and(|time: Timestamp| time >= from && time <= to),
            _ => true,
        });
    }
    let outcome = kql::run(&query, rows.iter().map(|row| row as &dyn Row), false, 0, MOST);
    let columns = kql::columns(&query, schema);
    let cells: Vec<Value> = outcome
        .page
        .into_iter()
        .map(|mut row| {
            let cells = columns.iter().map(|(name, of_type)| {
                let value = row.get_mut(name).map(Value::take).unwrap_or_default();
                cell(value, of_type)
            });
            Value::Array(cells.collect())
        })
        .collect();
    let columns: Vec<Value> = columns.iter().map(|(name, of_type)| json!({"name": name, "type": of_type})).collect();
    Ok(ok(&json!({"tables": [{"name": "PrimaryResult", "columns": columns, "rows": cells}]})))
}

/// Objects and lists stand in answers as text.
fn cell(value: Value, of_type: &str) -> Value {
    match value {
        value @ (Value::Object(_) | Value::Array(_)) => value.to_string().into(),
        Value::Null if of_type == "string" => "".into(),
        other => other,
    }
}

/// The columns of a table; `None` when the workspace has none of that name.
fn schema(workspace: &Workspace, table: &str) -> Option<Vec<(String, String)>> {
    let owned = |columns: &[(&str, &str)]| -> Vec<(String, String)> {
        columns.iter().map(|(name, of_type)| ((*name).to_owned(), (*of_type).to_owned())).collect()
    };
    if let Some((_, columns)) = TABLES.iter().find(|(name, _)| name.eq_ignore_ascii_case(table)) {
        return Some(owned(columns));
    }
    let (_, columns) = workspace.tables.iter().find(|(name, _)| name.eq_ignore_ascii_case(table))?;
    let mut columns = owned(columns);
    columns.retain(|(name, _)| name != "Type");
    columns.push(("Type".to_owned(), "string".to_owned()));
    Some(columns)
}

/// What Logs Ingestion put into a custom table.
fn received(azure: &Azure, workspace: &Workspace, table: &str) -> Result<Vec<LogRow<'static>>, Refused> {
    let Some((name, _)) = workspace.tables.iter().find(|(name, _)| name.eq_ignore_ascii_case(table)) else {
        return Ok(Vec::new());
    };
    let mut inbox = azure.inbox();
    let log = inbox.table(&workspace.customer_id, name).map_err(|error| {
        tracing::error!(error = %error, "received rows could not be read: {error}");
        refused(StatusCode::INTERNAL_SERVER_ERROR, "InternalServerError", "The rows could not be read")
    })?;
    Ok(log.items().map(|row| LogRow::received(row.row.clone(), &row.received_at, name)).collect())
}

/// `timespan`: two times with a slash, or a length until now.
fn span(text: Option<&str>, now: Timestamp) -> Result<Option<(Timestamp, Timestamp)>, Refused> {
    let Some(text) = text.filter(|text| !text.is_empty()) else {
        return Ok(None);
    };
    let wrong = || bad("BadArgumentError", "InvalidTimespan", "The timespan is not understood");
    let long_ago = |text: &str, from: Timestamp| {
        let span: jiff::Span = text.parse().ok()?;
        // days have 24 hours here
        let length = span.to_duration(jiff::SpanRelativeTo::days_are_24_hours()).ok()?;
        from.checked_sub(SignedDuration::from_millis(i64::try_from(length.as_millis()).ok()?)).ok()
    };
    let found = match text.split_once('/') {
        None => long_ago(text, now).map(|from| (from, now)),
        Some((from, to)) => {
            to.parse().ok().and_then(|to: Timestamp| Some((from.parse().ok().or_else(|| long_ago(from, to))?, to)))
        }
    };
    found.map(Some).ok_or_else(wrong)
}
