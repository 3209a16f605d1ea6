//! What went wrong, for people and programs (RFC 9457). The one place where errors become HTTP statuses, and where the cause
//! of a failure of ours is logged, once, under the reference that the caller sees.

use api::Fault;
use axum::{
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use console::ConsoleError;
use domain::FieldError;
use machine::Machine;
use store::StoreError;

/// A [`problem`](api::Problem) as an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem(pub Box<api::Problem>);

impl Problem {
    /// A problem without wrong fields.
    pub fn new(status: StatusCode, title: &str, detail: impl Into<String>) -> Self {
        let sort = match status {
            StatusCode::BAD_REQUEST => "malformed",
            StatusCode::UNAUTHORIZED => "not-signed-in",
            StatusCode::FORBIDDEN => "not-allowed",
            StatusCode::NOT_FOUND => "not-found",
            StatusCode::METHOD_NOT_ALLOWED => "method-not-allowed",
            StatusCode::CONFLICT => "conflict",
            StatusCode::PRECONDITION_FAILED => "stale",
            StatusCode::PRECONDITION_REQUIRED => "version-missing",
            StatusCode::PAYLOAD_TOO_LARGE => "too-large",
            StatusCode::UNSUPPORTED_MEDIA_TYPE => "not-json",
            StatusCode::UNPROCESSABLE_ENTITY => "invalid",
            StatusCode::MISDIRECTED_REQUEST => "other-host",
            _ if status.is_server_error() => "failure",
            _ => "refused",
        };
        Self(Box::new(api::Problem {
            kind: format!("urn:continuous-export:problem:{sort}"),
            title: title.to_owned(),
            status: status.as_u16(),
            detail: detail.into(),
            errors: Vec::new(),
            reference: None,
        }))
    }

    /// Fields are wrong (422).
    pub fn invalid(errors: impl IntoIterator<Item = FieldError>) -> Self {
        let errors: Vec<Fault> = errors.into_iter().map(Into::into).collect();
        let detail = match errors.as_slice() {
            [] => "Something is wrong with the request.".to_owned(),
            [one] => format!("{}: {}", one.path, one.message),
            [first, rest @ ..] => format!("{}: {} (and {} more)", first.path, first.message, rest.len()),
        };
        let mut problem = Self::new(StatusCode::UNPROCESSABLE_ENTITY, "Invalid values", detail);
        problem.0.errors = errors;
        problem
    }

    /// One field is wrong (422).
    pub fn field(path: impl Into<String>, message: impl Into<String>) -> Self {
        FieldError::new(path, message).into()
    }

    /// The console itself failed (500): logs the cause once and answers its reference.
    pub fn failure(error: &dyn std::error::Error) -> Self {
        let reference = Machine::default().id().to_string();
        tracing::error!(reference = %reference, "a request failed: {}", domain::text::chain(error));
        let detail = "The console could not do it. Try again; if it stays so, its log says why, under this reference.";
        let mut problem = Self::new(StatusCode::INTERNAL_SERVER_ERROR, "The console failed", detail);
        problem.0.reference = Some(reference);
        problem
    }
}

impl From<FieldError> for Problem {
    fn from(error: FieldError) -> Self {
        Self::invalid([error])
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
        let status = StatusCode::from_u16(self.0.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        (status, kind, serde_json::to_vec(&self.0).unwrap_or_default()).into_response()
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
            assert_eq!((problem.0.status, problem.0.detail.as_str()), (status, detail));
            assert_eq!(problem.0.reference, None);
        }
    }

    #[test]
    fn a_failing_store_is_a_reference_and_no_particulars() {
        let error = StoreError::Corrupt { what: "secret of siem", detail: "hunter2".to_owned() };
        let problem = Problem::from(ConsoleError::Store(error));
        assert_eq!(problem.0.status, 500);
        assert!(problem.0.reference.is_some());
        assert!(!serde_json::to_string(&problem.0).unwrap().contains("hunter2"));
    }

    #[test]
    fn a_problem_has_every_member_on_the_wire() {
        let json = serde_json::to_value(Problem::field("limit", "a number from 1 to 1000").0).unwrap();
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
