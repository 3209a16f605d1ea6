//! What went wrong, for people and programs (RFC 9457). The one place where errors become HTTP statuses, and where the cause
//! of a failure of ours is logged, once, under the reference that the caller sees.

use axum::{
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use console::ConsoleError;
use domain::FieldError;
use machine::Machine;
use serde::Serialize;
use store::StoreError;
use utoipa::ToSchema;

/// One wrong field of a request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Fault {
    /// The field, as a path into the body, such as `sources[0].rule_sets[1].rules[0].operator`, or a query parameter.
    pub path: String,
    /// What is wrong and what would be right.
    pub message: String,
}

impl From<FieldError> for Fault {
    fn from(error: FieldError) -> Self {
        Self { path: error.path, message: error.message }
    }
}

/// What went wrong (RFC 9457), sent as `application/problem+json`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Problem {
    /// Which sort of problem, the same for every problem of the sort.
    #[serde(rename = "type")]
    pub kind: &'static str,
    /// The sort of problem in words.
    pub title: &'static str,
    /// The HTTP status.
    #[serde(serialize_with = "number")]
    #[schema(value_type = u16)]
    pub status: StatusCode,
    /// What happened this time, and what helps.
    pub detail: String,
    /// The wrong fields, where fields are wrong.
    pub errors: Vec<Fault>,
    /// Under this the log has the cause; only for failures of the console itself.
    pub reference: Option<String>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "the signature serde wants")]
fn number<S: serde::Serializer>(status: &StatusCode, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_u16(status.as_u16())
}

impl Problem {
    /// A problem without wrong fields.
    pub fn new(status: StatusCode, title: &'static str, detail: impl Into<String>) -> Self {
        let kind = match status {
            StatusCode::BAD_REQUEST => "urn:continuous-export:problem:malformed",
            StatusCode::UNAUTHORIZED => "urn:continuous-export:problem:not-signed-in",
            StatusCode::FORBIDDEN => "urn:continuous-export:problem:not-allowed",
            StatusCode::NOT_FOUND => "urn:continuous-export:problem:not-found",
            StatusCode::METHOD_NOT_ALLOWED => "urn:continuous-export:problem:method-not-allowed",
            StatusCode::CONFLICT => "urn:continuous-export:problem:conflict",
            StatusCode::PRECONDITION_FAILED => "urn:continuous-export:problem:stale",
            StatusCode::PRECONDITION_REQUIRED => "urn:continuous-export:problem:version-missing",
            StatusCode::PAYLOAD_TOO_LARGE => "urn:continuous-export:problem:too-large",
            StatusCode::UNSUPPORTED_MEDIA_TYPE => "urn:continuous-export:problem:not-json",
            StatusCode::UNPROCESSABLE_ENTITY => "urn:continuous-export:problem:invalid",
            StatusCode::MISDIRECTED_REQUEST => "urn:continuous-export:problem:other-host",
            _ if status.is_server_error() => "urn:continuous-export:problem:failure",
            _ => "urn:continuous-export:problem:refused",
        };
        Self { kind, title, status, detail: detail.into(), errors: Vec::new(), reference: None }
    }

    /// Fields are wrong (422).
    pub fn invalid(errors: impl IntoIterator<Item = impl Into<Fault>>) -> Self {
        let errors: Vec<Fault> = errors.into_iter().map(Into::into).collect();
        let detail = match errors.as_slice() {
            [] => "Something is wrong with the request.".to_owned(),
            [one] => format!("{}: {}", one.path, one.message),
            [first, rest @ ..] => format!("{}: {} (and {} more)", first.path, first.message, rest.len()),
        };
        Self { errors, ..Self::new(StatusCode::UNPROCESSABLE_ENTITY, "Invalid values", detail) }
    }

    /// One field is wrong (422).
    pub fn field(path: impl Into<String>, message: impl Into<String>) -> Self {
        Self::invalid([Fault { path: path.into(), message: message.into() }])
    }

    /// The console itself failed (500): logs the cause once and answers its reference.
    pub fn failure(error: &dyn std::error::Error) -> Self {
        let reference = Machine::default().id().to_string();
        tracing::error!(reference = %reference, "a request failed: {}", domain::text::chain(error));
        let detail = "The console could not do it. Try again; if it stays so, its log says why, under this reference.";
        Self {
            reference: Some(reference),
            ..Self::new(StatusCode::INTERNAL_SERVER_ERROR, "The console failed", detail)
        }
    }
}

impl From<ConsoleError> for Problem {
    fn from(error: ConsoleError) -> Self {
        let detail = sentence(&error.to_string());
        match error {
            ConsoleError::Forbidden(_) => Self::new(StatusCode::FORBIDDEN, "Not allowed", detail),
            ConsoleError::NotFound(_) | ConsoleError::Store(StoreError::Absent { .. }) => {
                Self::new(StatusCode::NOT_FOUND, "Not found", detail)
            }
            ConsoleError::Invalid(errors) => Self::invalid(errors),
            ConsoleError::Stale { .. } => Self::new(StatusCode::PRECONDITION_FAILED, "Changed meanwhile", detail),
            // Begins with somebody's name for something: as it is.
            ConsoleError::Conflict(message) => Self::new(StatusCode::CONFLICT, "In conflict", message + "."),
            error @ ConsoleError::Store(_) => Self::failure(&error),
        }
    }
}

/// A message as a sentence: a capital first, a full stop last.
fn sentence(text: &str) -> String {
    let mut letters = text.chars();
    let first = letters.next().map(|first| first.to_uppercase().to_string()).unwrap_or_default();
    format!("{first}{}.", letters.as_str().trim_end_matches('.'))
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let kind = [(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"))];
        let body = serde_json::to_vec(&self).unwrap_or_default();
        (self.status, kind, body).into_response()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::Role;

    #[test]
    fn every_error_of_the_console_has_its_status() {
        for (error, status, detail) in [
            (ConsoleError::Forbidden(Role::Operator), 403, "This needs the role Operator."),
            (ConsoleError::NotFound("export"), 404, "There is no such export."),
            (ConsoleError::invalid("name", "give it a name"), 422, "name: give it a name"),
            (ConsoleError::Stale { current: 7 }, 412, "Somebody saved version 7 meanwhile; look at it and save again."),
            (ConsoleError::Conflict("x sends to it".to_owned()), 409, "x sends to it."),
        ] {
            let problem = Problem::from(error);
            assert_eq!((problem.status.as_u16(), problem.detail.as_str()), (status, detail));
            assert_eq!(problem.reference, None);
        }
    }

    #[test]
    fn a_failing_store_is_a_reference_and_no_particulars() {
        let error = StoreError::Corrupt { what: "secret of siem", detail: "hunter2".to_owned() };
        let problem = Problem::from(ConsoleError::Store(error));
        assert_eq!(problem.status, StatusCode::INTERNAL_SERVER_ERROR);
        assert!(problem.reference.is_some());
        assert!(!serde_json::to_string(&problem).unwrap().contains("hunter2"));
    }

    #[test]
    fn a_problem_has_every_member_on_the_wire() {
        let json = serde_json::to_value(Problem::field("limit", "a number from 1 to 1000")).unwrap();
        assert_eq!(
            json,
            serde_json::json!({
                "type": "urn:continuous-export:problem:invalid",
                "title": "Invalid values",
                "status": 422,
                "detail": "limit: a number from 1 to 1000",
                "errors": [{"path": "limit", "message": "a number from 1 to 1000"}],
                "reference": null,
            })
        );
    }
}
