//! Who may sign in.

use super::words::RoleWord;
use domain::Role;
use serde::Serialize;
use utoipa::ToSchema;

/// Somebody who may sign in.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Person)]
pub struct PersonAnswer {
    /// The name shown.
    pub name: String,
    /// What they may do.
    #[schema(value_type = RoleWord)]
    pub role: Role,
}
