//! Azure Resource Graph: `POST /providers/Microsoft.ResourceGraph/resources`.

use std::time::Instant;

use axum::http::{Method, StatusCode};
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use serde_json::{Value, json};

use super::answers::{json_answer, problem, with_header};
use super::arm::AUDIENCES;
use super::bearer;
use super::request::Asked;
use crate::faults::Fault;
use crate::kql::{self, Query, Row};
use crate::quota::Left;
use crate::state::{Azure, clock};

/// Largest answer in bytes.
const LARGEST: usize = 16_777_216;
/// Rows of a page at most.
const MOST: usize = 1000;
/// The same when nothing is said.
const USUAL: usize = 100;

#[derive(Debug, Deserialize)]
struct Body {
    query: String,
    #[serde(default)]
    subscriptions: Option<Vec<String>>,
    #[serde(default)]
    options: Settings,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Settings {
    #[serde(rename = "$skipToken")]
    skip_token: Option<String>,
    #[serde(rename = "$top")]
    top: Option<usize>,
    #[serde(rename = "$skip")]
    skip: Option<usize>,
    #[serde(rename = "resultFormat")]
    format: Option<String>,
}

pub(super) fn answer(azure: &Azure, asked: &Asked) -> Response {
    let world = azure.world();
    let claims = match bearer::check(&world, asked, AUDIENCES) {
        Ok(claims) => claims,
        Err(refusal) => return bearer::refuse(&world, refusal),
    };
    drop(world);
    if asked.parameter("api-version").is_none_or(str::is_empty) {
        return problem(
            StatusCode::BAD_REQUEST,
            "MissingApiVersionParameter",
            "The api-version query parameter (?api-version=) is required for all requests.",
        );
    }
    if asked.method != Method::POST {
        return problem(StatusCode::METHOD_NOT_ALLOWED, "HttpMethodNotAllowed", "Send queries with POST.");
    }
    let left = azure.quotas().query(&claims.appid, Instant::now());
    let response = if left.refused {
        let refused = problem(
            StatusCode::TOO_MANY_REQUESTS,
            "RateLimiting",
            "Client application has been throttled and should not attempt to repeat the request until an amount of time has elapsed.",
        );
        with_header(refused, "retry-after", "5")
    } else {
        query(azure, asked)
    };
    quota_headers(response, left)
}

fn quota_headers(response: Response, left: Left) -> Response {
    let seconds = left.resets_after.as_secs_f64().ceil();
    let response = with_header(response, "x-ms-user-quota-remaining", &left.remaining.to_string());
    with_header(response, "x-ms-user-quota-resets-after", &format!("00:00:{seconds:02}"))
}

/// A 400 as Resource Graph writes it: the reason stands in the details.
fn bad(code: &str, message: &str, inner: &str, detail: &str) -> Response {
    let body = json!({"error": {"code": code, "message": message, "details": [{"code": inner, "message": detail}]}});
    json_answer(StatusCode::BAD_REQUEST, &body)
}

fn query(azure: &Azure, asked: &Asked) -> Response {
    const HELP: &str = "Please provide below info when asking for support.";
    let body: Body = match serde_json::from_slice(&asked.body) {
        Ok(body) => body,
        Err(error) => {
            return bad("BadRequest", HELP, "InvalidRequest", &format!("The request is not understood: {error}"));
        }
    };
    if body.options.format.as_deref().is_some_and(|format| !format.eq_ignore_ascii_case("objectArray")) {
        return bad(
            "BadRequest",
            HELP,
            "InvalidRequest",
            "The practice Azure knows the resultFormat objectArray only.",
        );
    }
    let top = body.options.top.unwrap_or(USUAL);
    if !(1..=MOST).contains(&top) {
        return bad("BadRequest", HELP, "InvalidRequest", "$top must be between 1 and 1000.");
    }
    let mut query = match kql::parse(&body.query, clock()) {
        Ok(query) => query,
        Err(error) => return bad("BadRequest", HELP, "InvalidQuery", &format!("Query is invalid. {error}")),
    };
    if asked.has(Fault::RepeatPage) {
        query.forget_id_floor();
    }
    let skip = match body.options.skip_token.as_deref() {
        None => body.options.skip.unwrap_or(0),
        Some(token) => match read_token(token) {
            Some(skip) => skip,
            None => return bad("BadRequest", HELP, "InvalidSkipToken", "The skip token is not valid."),
        },
    };
    rows(azure, &query, body.subscriptions.as_deref(), skip, top)
}

fn rows(azure: &Azure, query: &Query, subscriptions: Option<&[String]>, skip: usize, top: usize) -> Response {
    let world = azure.world();
    let wanted = kql::wanted_type(query);
    let Some(rows) = world.table(&query.table, wanted.as_deref(), kql::id_floor(query), subscriptions) else {
        let detail = format!("Table '{}' was not found.", query.table);
        return bad(
            "BadRequest",
            "Please provide below info when asking for support.",
            "DisallowedLogicalTableName",
            &detail,
        );
    };
    let by_id = rows.is_sorted_by(|a, b| a.id() <= b.id());
    let outcome = kql::run(query, rows.iter().map(|row| row as &dyn Row), by_id, skip, top);
    let count = outcome.page.len();
    let paged = outcome.page.first().is_some_and(|row| row.get("id").is_some());
    let more = skip + count < outcome.total && paged && count > 0;
    let mut body = json!({
        "totalRecords": outcome.total, "count": count, "data": Value::Null, "facets": [],
        "resultTruncated": if more { "true" } else { "false" },
    });
    body["data"] = Value::Array(outcome.page);
    if more {
        body["$skipToken"] = STANDARD.encode(format!("{{\"skip\":{}}}", skip + count)).into();
    }
    let text = body.to_string();
    if text.len() > LARGEST {
        let detail = format!(
            "Response payload size is {}, and has exceeded the limit of {LARGEST}. Please consider querying less data at a time.",
            text.len()
        );
        return bad("ResponsePayloadTooLarge", &detail, "ResponsePayloadTooLarge", &detail);
    }
    (StatusCode::OK, [(axum::http::header::CONTENT_TYPE, "application/json; charset=utf-8")], text).into_response()
}

fn read_token(token: &str) -> Option<usize> {
    let content: Value = serde_json::from_slice(&STANDARD.decode(token).ok()?).ok()?;
    usize::try_from(content.get("skip")?.as_u64()?).ok()
}
