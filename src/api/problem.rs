//! What went wrong, for people and programs (RFC 9457).

use domain::FieldError;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// One wrong field of a request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
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
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Problem {
    /// Which sort of problem, the same for every problem of the sort.
    #[serde(rename = "type")]
    pub kind: String,
    /// The sort of problem in words.
    pub title: String,
    /// The HTTP status.
    pub status: u16,
    /// What happened this time, and what helps.
    pub detail: String,
    /// The wrong fields, where fields are wrong.
    pub errors: Vec<Fault>,
    /// Under this the log has the cause; only for failures of the console itself.
    pub reference: Option<String>,
}
