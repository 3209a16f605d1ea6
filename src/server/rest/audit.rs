//! `GET audit`: who changed what.

#![expect(unused_qualifications, reason = "the macro for paths writes them for parameters")]

use super::{
    asked::{Asked, Limit},
    caller::Caller,
    list::List,
    problem::Problem,
};
use axum::Json;
use domain::{Cursor, view::AuditRow};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// Which piece of the audit log is wanted.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields, default)]
#[into_params(parameter_in = Query)]
pub(super) struct AuditQuery {
    /// At most so many rows.
    #[param(value_type = Option<u16>, minimum = 1, maximum = 1000, default = 50)]
    limit: Limit,
    /// Where to go on: `next` of the answer before.
    #[param(value_type = Option<String>)]
    cursor: Option<Cursor>,
}

/// One change by a person.
#[derive(Debug, Serialize, ToSchema)]
pub struct AuditEntry {
    /// When.
    at: Timestamp,
    /// Who.
    actor: String,
    /// What was done, such as `export.save`.
    action: String,
    /// To what sort of thing.
    subject: String,
    /// Its id.
    subject_id: String,
    /// The particulars, in words.
    detail: String,
}

impl From<AuditRow> for AuditEntry {
    fn from(row: AuditRow) -> Self {
        let AuditRow { seq: _, at, actor, action, subject, subject_id, detail } = row;
        Self { at, actor, action, subject, subject_id, detail }
    }
}

/// The audit log
///
/// Newest first.
#[utoipa::path(get, path = "/api/v1/audit", tag = "people", params(AuditQuery),
    responses((status = 200, body = List<AuditEntry>)))]
pub(super) async fn list_audit(
    caller: Caller,
    Asked(query): Asked<AuditQuery>,
) -> Result<Json<List<AuditEntry>>, Problem> {
    let page = caller.console.audit_log(&caller.actor, query.cursor, query.limit.0).await?;
    Ok(Json(List::of(page, Into::into)))
}
