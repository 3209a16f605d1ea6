//! Who changed what.

use super::query::Limit;
use domain::{Cursor, view::AuditRow};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// Which piece of the audit log is wanted.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields, default)]
#[into_params(parameter_in = Query)]
pub struct AuditQuery {
    /// At most so many rows.
    #[param(value_type = Option<u16>, minimum = 1, maximum = 1000, default = 50)]
    pub limit: Limit,
    /// Where to go on: `next` of the answer before.
    #[param(value_type = Option<String>)]
    pub cursor: Option<Cursor>,
}

/// One change by a person.
#[derive(Debug, Serialize, ToSchema)]
pub struct AuditEntry {
    /// When.
    pub at: Timestamp,
    /// Who.
    pub actor: String,
    /// What was done, such as `export.save`.
    pub action: String,
    /// To what sort of thing.
    pub subject: String,
    /// Its id.
    pub subject_id: String,
    /// The particulars, in words.
    pub detail: String,
}

impl From<AuditRow> for AuditEntry {
    fn from(row: AuditRow) -> Self {
        let AuditRow { seq: _, at, actor, action, subject, subject_id, detail } = row;
        Self { at, actor, action, subject, subject_id, detail }
    }
}
