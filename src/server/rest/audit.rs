//! `GET audit`: who changed what.

use super::{asked::Asked, caller::Caller, problem::Problem};
use api::{AuditEntry, AuditQuery, List};
use axum::Json;

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
