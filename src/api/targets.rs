//! What testing a target answers.

use super::words::ConditionWord;
use domain::Condition;
use serde::Serialize;
use utoipa::ToSchema;

/// What a connection test found.
#[derive(Debug, Serialize, ToSchema)]
pub struct TestAnswer {
    /// What keeps the target from taking events; `ok` when it took them.
    #[schema(value_type = ConditionWord)]
    pub condition: Condition,
    /// The HTTP status it answered.
    pub status: Option<u16>,
    /// What happened, in a sentence.
    pub detail: String,
}
