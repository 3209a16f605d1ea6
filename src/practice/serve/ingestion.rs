//! Logs Ingestion: `POST /dataCollectionRules/{immutableId}/streams/{stream}`.

use std::io::Read;

use axum::body::Body;
use axum::http::{Method, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::{Map, Value};

use super::answers::{Refused, no_access, problem};
use super::bearer;
use super::request::Asked;
use crate::dice::azure_time;
use crate::inbox::TableRow;
use crate::state::{Azure, clock};
use crate::world::workspaces::{CollectionRule, Stream};

/// Largest call in bytes, compressed or not.
const LARGEST: u64 = 1_048_576;
/// Longest text of a field in bytes; more is cut.
const LONGEST: usize = 65_536;

pub(super) fn answer(azure: &Azure, asked: &Asked) -> Response {
    ingest(azure, asked).unwrap_or_else(IntoResponse::into_response)
}

fn refused(status: StatusCode, code: &str, message: &str) -> Refused {
    Refused::from(problem(status, code, message))
}

fn ingest(azure: &Azure, asked: &Asked) -> Result<Response, Refused> {
    let world = azure.world();
    bearer::check(&world, asked, &["https://monitor.azure.com"])
        .map_err(|refusal| Refused::from(bearer::refuse(&world, refusal)))?;
    if asked.method != Method::POST {
        return Err(refused(StatusCode::METHOD_NOT_ALLOWED, "HttpMethodNotAllowed", "Only POST is known here."));
    }
    let lower = asked.lower();
    let lower: Vec<&str> = lower.iter().map(String::as_str).collect();
    let (["datacollectionrules", _, "streams", _], [_, immutable, _, stream]) =
        (lower.as_slice(), asked.path.as_slice())
    else {
        return Err(refused(StatusCode::NOT_FOUND, "NotFound", "There is nothing at this address."));
    };
    if asked.parameter("api-version").is_none_or(str::is_empty) {
        return Err(refused(
            StatusCode::BAD_REQUEST,
            "MissingApiVersion",
            "The api-version query parameter is required.",
        ));
    }
    let own = |rule: &&CollectionRule| {
        let first = rule.host.split('.').next().unwrap_or_default();
        rule.immutable_id.eq_ignore_ascii_case(immutable) && [rule.host.as_str(), first].contains(&asked.host.as_str())
    };
    let rule = world.collection_rules.iter().find(own).ok_or_else(|| {
        let message = format!("Data collection rule with immutable Id '{immutable}' not found.");
        refused(StatusCode::NOT_FOUND, "NotFound", &message)
    })?;
    if !rule.publisher {
        return Err(refused(StatusCode::FORBIDDEN, "OperationFailed", &no_access(immutable)));
    }
    let stream = rule.streams.iter().find(|known| known.name == *stream).ok_or_else(|| {
        let message =
            format!("Stream '{stream}' was not found in data collection rule with immutable Id '{immutable}'.");
        refused(StatusCode::BAD_REQUEST, "InvalidStream", &message)
    })?;
    let rows = read_rows(&unpack(asked)?)?;
    let workspace = world.workspaces.iter().find(|found| found.id == rule.workspace);
    let customer_id = workspace.map(|found| found.customer_id.clone()).unwrap_or_default();
    store(azure, &customer_id, stream, rows).map_err(|error| {
        tracing::error!(error = %error, "received rows could not be written: {error}");
        refused(StatusCode::INTERNAL_SERVER_ERROR, "InternalServerError", "The rows could not be stored.")
    })?;
    let mut done = Response::new(Body::empty());
    *done.status_mut() = StatusCode::NO_CONTENT;
    Ok(done)
}

/// The body, unzipped if it is zipped; refused when it is too large either way.
fn unpack(asked: &Asked) -> Result<Vec<u8>, Refused> {
    let too_large = || {
        refused(
            StatusCode::PAYLOAD_TOO_LARGE,
            "ContentLengthLimitExceeded",
            "Maximum allowed content length: 1048576 bytes (1 MB).",
        )
    };
    if asked.body.len() as u64 > LARGEST {
        return Err(too_large());
    }
    if !asked.header("content-encoding").is_some_and(|encoding| encoding.eq_ignore_ascii_case("gzip")) {
        return Ok(asked.body.to_vec());
    }
    let mut body = Vec::new();
    let mut unzipped = flate2::read::GzDecoder::new(asked.body.as_ref()).take(LARGEST + 1);
    unzipped
        .read_to_end(&mut body)
        .map_err(|_| refused(StatusCode::BAD_REQUEST, "InvalidPayload", "The body is not gzip."))?;
    if body.len() as u64 > LARGEST { Err(too_large()) } else { Ok(body) }
}

fn read_rows(body: &[u8]) -> Result<Vec<Map<String, Value>>, Refused> {
    serde_json::from_slice(body).map_err(|error| {
        let message = format!("The body must be a JSON array of objects: {error}");
        refused(StatusCode::BAD_REQUEST, "InvalidPayload", &message)
    })
}

fn store(
    azure: &Azure,
    customer_id: &str,
    stream: &Stream,
    rows: Vec<Map<String, Value>>,
) -> Result<(), std::io::Error> {
    let now = azure_time(clock());
    let mut inbox = azure.inbox();
    let log = inbox.table(customer_id, &stream.table)?;
    let mut kept = Vec::with_capacity(rows.len());
    for (sequence, row) in (log.next()..).zip(rows) {
        let before = row.len();
        let known = |name: &str| stream.columns.iter().any(|(column, _)| *column == name);
        let mut row: Map<String, Value> = row.into_iter().filter(|(name, _)| known(name)).collect();
        let dropped_columns = before - row.len();
        row.values_mut().for_each(cut);
        row.entry("TimeGenerated").or_insert_with(|| now.clone().into());
        kept.push(TableRow { sequence, row, dropped_columns, received_at: now.clone() });
    }
    log.append(kept)
}

/// Cuts a text that is too long for a field, at a letter's border; objects become text then.
fn cut(value: &mut Value) {
    let text = match value {
        Value::String(text) if text.len() > LONGEST => text.clone(),
        Value::Array(_) | Value::Object(_) => {
            let text = value.to_string();
            if text.len() <= LONGEST {
                return;
            }
            text
        }
        _ => return,
    };
    let end = (0..=LONGEST).rev().find(|end| text.is_char_boundary(*end)).unwrap_or(0);
    *value = text.get(..end).unwrap_or_default().into();
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_fields_are_cut_at_a_letter() {
        let mut value = Value::String("é".repeat(40_000));
        cut(&mut value);
        assert_eq!(value.as_str().unwrap().len(), LONGEST);
        let mut short = serde_json::json!({"a": [1]});
        cut(&mut short);
        assert_eq!(short, serde_json::json!({"a": [1]}));
    }
}
