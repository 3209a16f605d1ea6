//! What all writes to Resource Manager have in common.

use axum::body::Body;
use axum::http::StatusCode;
use axum::response::Response;
use serde_json::{Value, json};

use super::super::answers::{Refused, problem};
use super::super::request::Asked;
use crate::error::PracticeError;

/// Who writes where.
#[derive(Debug)]
pub(super) struct Change<'a> {
    /// Object id of the caller.
    pub caller: &'a str,
    /// Id of the subscription, as it is spelt; empty above subscriptions.
    pub subscription: &'a str,
}

/// The outcome of a decision as an answer.
pub(super) fn conclude(outcome: Result<Result<Response, Refused>, PracticeError>) -> Result<Response, Refused> {
    outcome.map_err(|error| {
        tracing::error!(error = %error, "practice data: {error}");
        let message = "The practice data could not be written.";
        Refused::from(problem(StatusCode::INTERNAL_SERVER_ERROR, "InternalServerError", message))
    })?
}

/// An answer without a body.
pub(super) fn empty(status: StatusCode) -> Response {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = status;
    response
}

/// The body as a JSON object.
pub(super) fn read_body(asked: &Asked) -> Result<Value, Refused> {
    let refuse = |why: &str| {
        let message = format!("The request content was invalid and could not be deserialized: '{why}'.");
        Refused::from(problem(StatusCode::BAD_REQUEST, "InvalidRequestContent", &message))
    };
    match serde_json::from_slice(&asked.body) {
        Ok(body @ Value::Object(_)) => Ok(body),
        Ok(_) => Err(refuse("an object is expected")),
        Err(error) => Err(refuse(&error.to_string())),
    }
}

/// Refuses a write whose condition (`If-Match`, `If-None-Match`, or the etag in the body) does not hold.
pub(super) fn matches_etag(asked: &Asked, known: Option<&Value>, body: Option<&Value>) -> Result<(), Refused> {
    let current = known.and_then(|item| item.get("etag")).and_then(Value::as_str);
    let stale = |given: &str| {
        let message = format!(
            "The condition '{given}' in the request was not satisfied. The current etag is '{}'.",
            current.unwrap_or_default()
        );
        Err(problem(StatusCode::PRECONDITION_FAILED, "PreconditionFailed", &message).into())
    };
    let same = |given: &str| current.is_some_and(|current| current.trim_matches('"') == given.trim().trim_matches('"'));
    if let Some(given) = asked.header("if-match") {
        let holds = if given.trim() == "*" { known.is_some() } else { same(given) };
        if !holds {
            return stale(given);
        }
    }
    if asked.header("if-none-match").is_some_and(|given| given.trim() == "*") && known.is_some() {
        return stale("*");
    }
    let given = body.and_then(|body| body.get("etag")).and_then(Value::as_str).filter(|etag| !etag.is_empty());
    match given {
        Some(given) if known.is_some() && !same(given) => stale(given),
        _ => Ok(()),
    }
}

/// A document with the parts that all have.
pub(super) fn document(id: &str, of_type: &str, properties: Value) -> Value {
    json!({"id": id, "name": id.rsplit('/').next(), "type": of_type, "properties": properties})
}
