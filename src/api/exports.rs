//! Versions of exports, and what saving and deleting ask and answer.

use super::{export::VersionBody, query::flag};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// One saved version of an export.
#[derive(Debug, Serialize, ToSchema)]
pub struct ExportVersion {
    /// Counts from 1.
    pub version: u32,
    /// When it was saved.
    pub saved_at: Timestamp,
    /// By whom.
    pub saved_by: String,
    /// What it says.
    pub export: VersionBody,
}

/// What deleting did.
#[derive(Debug, Serialize, ToSchema)]
pub struct Deleted {
    /// Events that waited and are cancelled.
    pub cancelled: u64,
}

/// Whether an export is meant as it is.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields, default)]
#[into_params(parameter_in = Query)]
pub struct Confirmation {
    /// Save it although its rules can never match; without this it is refused, with `confirm` in `errors[].path`.
    #[serde(deserialize_with = "flag")]
    pub confirm: bool,
}
