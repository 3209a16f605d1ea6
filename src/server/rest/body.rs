//! Reading JSON into types, so that what is wrong is said at its path.

use super::problem::Problem;
use axum::{
    body::Bytes,
    extract::{FromRequest, Request},
    http::{StatusCode, header},
};
use serde::de::DeserializeOwned;
use serde_json::error::Category;

/// The JSON body of a request.
pub(super) struct Body<T>(pub(super) T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Body<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let kind = request.headers().get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
        let kind = kind.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
        if kind != "application/json" && !(kind.starts_with("application/") && kind.ends_with("+json")) {
            let detail = "Send the body as JSON, with the header Content-Type: application/json.";
            return Err(Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "Not JSON", detail));
        }
        let bytes = Bytes::from_request(request, state)
            .await
            .map_err(|error| Problem::new(error.status(), "The body could not be read", error.body_text()))?;
        read(&bytes).map(Self)
    }
}

/// Reads JSON text: 400 with the position where it is no JSON, 422 with the path where it is not what it should be.
pub(super) fn read<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Problem> {
    let malformed = |error: &serde_json::Error| {
        Problem::new(StatusCode::BAD_REQUEST, "Malformed JSON", format!("The body is no JSON: {error}."))
    };
    let mut text = serde_json::Deserializer::from_slice(bytes);
    let value = serde_path_to_error::deserialize(&mut text).map_err(|error| match error.inner().classify() {
        Category::Data => {
            let (path, message) = place(error.path(), error.inner());
            Problem::field(path, message)
        }
        Category::Io | Category::Syntax | Category::Eof => malformed(error.inner()),
    })?;
    text.end().map_err(|error| malformed(&error))?;
    // Structs would also be read from arrays, by position.
    if !bytes.trim_ascii_start().starts_with(b"{") {
        return Err(Problem::field("", "the body must be an object"));
    }
    Ok(value)
}

/// The path and what is wrong there, without the position: a missing field counts as a path of its own.
fn place(path: &serde_path_to_error::Path, error: &serde_json::Error) -> (String, String) {
    let (path, message) = (path.to_string(), error.to_string());
    let path = path.trim_matches('.');
    let message = message.rfind(" at line ").and_then(|at| message.get(..at)).unwrap_or(&message);
    match message.strip_prefix("missing field `").and_then(|rest| rest.strip_suffix('`')) {
        Some(field) if path.is_empty() => (field.to_owned(), "is missing".to_owned()),
        Some(field) => (format!("{path}.{field}"), "is missing".to_owned()),
        None => (path.to_owned(), message.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use api::{ExportAnswer, TargetAnswer};

    fn fault(text: &str) -> (u16, String, String) {
        let problem = read::<ExportAnswer>(text.as_bytes()).unwrap_err().0;
        let fault = problem.errors.first();
        (
            problem.status,
            fault.map(|fault| fault.path.clone()).unwrap_or_default(),
            fault.map_or(problem.detail, |fault| fault.message.clone()),
        )
    }

    #[test]
    fn unknown_fields_are_named_with_their_path() {
        let (status, path, message) = fault(r#"{"nmae": "x"}"#);
        assert_eq!((status, path.as_str()), (422, "nmae"));
        assert!(message.starts_with("unknown field `nmae`"), "{message}");
        assert_eq!(fault(r#"{"name": "x", "scope": {"al": true}}"#).1, "scope.al");
        let nested = r#"{"sources": [{"event_source": "alerts", "rule_sets": [{"rules": [{"op": 1}]}]}]}"#;
        assert_eq!(fault(nested).1, "sources[0].rule_sets[0].rules[0].op");
    }

    #[test]
    fn wrong_and_missing_values_are_named_with_their_path() {
        let (status, path, message) = fault(r#"{"sources": [{"event_source": "alarms"}]}"#);
        assert_eq!((status, path.as_str()), (422, "sources[0].event_source"));
        assert!(message.starts_with("`alarms` is not one of Alerts, "), "{message}");
        assert_eq!(fault(r#"{"sources": [{}]}"#), (422, "sources[0].event_source".to_owned(), "is missing".to_owned()));
        assert_eq!(fault(r#"{"name": 7}"#).1, "name");
        assert_eq!(fault("[]").0, 422);
    }

    #[test]
    fn malformed_json_says_where() {
        let (status, _, detail) = fault("{\"name\": \"x\",\n  oops}");
        assert_eq!(status, 400);
        assert!(detail.contains("line 2 column 3"), "{detail}");
        assert_eq!(fault("").0, 400);
        assert_eq!(fault("{} x").0, 400);
    }

    #[test]
    fn a_refused_secret_is_not_repeated() {
        let text = r#"{"name": "siem", "secret": 4711, "config": {"kind": "event_hub"}}"#;
        let fault = read::<TargetAnswer>(text.as_bytes()).err().unwrap().0.errors.remove(0);
        assert_eq!((fault.path.as_str(), fault.message.as_str()), ("secret", "a secret is text"));
    }
}
