//! `exports`: list, save, pause, delete, versions.

use super::{
    asked::Asked,
    body::Body,
    caller::{Caller, Id, IfMatch, etag, location},
    list::{Order, cut},
    problem::Problem,
};
use api::{Confirmation, Deleted, ExportAnswer, ExportVersion, List, PageQuery};
use axum::{
    Json,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use console::ConsoleError;
use domain::{ExportId, view::ExportRow};
use jiff::Timestamp;

impl Caller {
    async fn export_row(&self, id: &ExportId) -> Result<ExportRow, Problem> {
        let rows = self.console.exports(&self.actor, Timestamp::UNIX_EPOCH).await?;
        let row = rows.into_iter().find(|row| row.export.id == *id);
        row.ok_or_else(|| ConsoleError::NotFound("export").into())
    }

    pub(super) async fn export_answer(&self, id: &ExportId) -> Result<Response, Problem> {
        let row = self.export_row(id).await?;
        Ok((etag(row.export.version), Json(ExportAnswer::from(row))).into_response())
    }
}

/// Exports
///
/// All exports, newest first, with their outcomes since the store began.
#[utoipa::path(get, path = "/api/v1/exports", tag = "exports", params(PageQuery),
    responses((status = 200, body = List<ExportAnswer>)))]
pub(super) async fn list_exports(
    caller: Caller,
    Asked(page): Asked<PageQuery>,
) -> Result<Json<List<ExportAnswer>>, Problem> {
    let rows = caller.console.exports(&caller.actor, Timestamp::UNIX_EPOCH).await?;
    let list = cut(rows, Order::NewestFirst, &page, |row| row.export.id.as_str().to_owned())?;
    Ok(Json(list.map(Into::into)))
}

/// Save a new export
///
/// It decides on every event observed from now on.
#[utoipa::path(post, path = "/api/v1/exports", tag = "exports", params(Confirmation), request_body = ExportAnswer,
    responses((status = 201, body = ExportAnswer, headers(("etag" = String), ("location" = String)))))]
pub(super) async fn create_export(
    caller: Caller,
    Asked(Confirmation { confirm }): Asked<Confirmation>,
    Body(body): Body<ExportAnswer>,
) -> Result<Response, Problem> {
    let export = caller.console.save_export(&caller.actor, None, body.body()?, None, confirm).await?;
    let place = location(&format!("/api/v1/exports/{}", export.id));
    Ok((StatusCode::CREATED, place, caller.export_answer(&export.id).await?).into_response())
}

/// One export
///
/// The `ETag` is its version.
#[utoipa::path(get, path = "/api/v1/exports/{id}", tag = "exports",
    params(("id" = String, Path, description = "The export's id", format = Uuid)),
    responses((status = 200, body = ExportAnswer, headers(("etag" = String)))))]
pub(super) async fn get_export(caller: Caller, Id(id): Id<ExportId>) -> Result<Response, Problem> {
    caller.export_answer(&id).await
}

/// Save the next version of an export
///
/// Later events are decided by it; earlier decisions stay.
#[utoipa::path(put, path = "/api/v1/exports/{id}", tag = "exports", request_body = ExportAnswer,
    params(("id" = String, Path, description = "The export's id", format = Uuid),
        ("if-match" = String, Header, description = "The ETag of the version to replace"), Confirmation),
    responses((status = 200, body = ExportAnswer, headers(("etag" = String)))))]
pub(super) async fn replace_export(
    caller: Caller,
    Id(id): Id<ExportId>,
    seen: IfMatch,
    Asked(Confirmation { confirm }): Asked<Confirmation>,
    Body(body): Body<ExportAnswer>,
) -> Result<Response, Problem> {
    let current = caller.console.export(&caller.actor, &id).await?.version;
    seen.check(i64::from(current))?;
    caller.console.save_export(&caller.actor, Some(&id), body.body()?, Some(current), confirm).await?;
    caller.export_answer(&id).await
}

/// Delete an export
///
/// Its log and figures stay; what waits for it is cancelled.
#[utoipa::path(delete, path = "/api/v1/exports/{id}", tag = "exports",
    params(("id" = String, Path, description = "The export's id", format = Uuid),
        ("if-match" = String, Header, description = "The ETag of the version to delete")),
    responses((status = 200, body = Deleted)))]
pub(super) async fn delete_export(
    caller: Caller,
    Id(id): Id<ExportId>,
    seen: IfMatch,
) -> Result<Json<Deleted>, Problem> {
    let current = caller.console.export(&caller.actor, &id).await?.version;
    seen.check(i64::from(current))?;
    let cancelled = caller.console.delete_export(&caller.actor, &id).await?;
    Ok(Json(Deleted { cancelled }))
}

/// Pause an export
///
/// It goes on deciding; what matches waits.
#[utoipa::path(post, path = "/api/v1/exports/{id}/pause", tag = "exports",
    params(("id" = String, Path, description = "The export's id", format = Uuid)),
    responses((status = 200, body = ExportAnswer, headers(("etag" = String)))))]
pub(super) async fn pause_export(caller: Caller, Id(id): Id<ExportId>) -> Result<Response, Problem> {
    caller.console.pause_export(&caller.actor, &id, true).await?;
    caller.export_answer(&id).await
}

/// Resume an export
///
/// What waited goes out.
#[utoipa::path(post, path = "/api/v1/exports/{id}/resume", tag = "exports",
    params(("id" = String, Path, description = "The export's id", format = Uuid)),
    responses((status = 200, body = ExportAnswer, headers(("etag" = String)))))]
pub(super) async fn resume_export(caller: Caller, Id(id): Id<ExportId>) -> Result<Response, Problem> {
    caller.console.pause_export(&caller.actor, &id, false).await?;
    caller.export_answer(&id).await
}

/// Versions of an export
///
/// Newest first; those of deleted exports are kept.
#[utoipa::path(get, path = "/api/v1/exports/{id}/versions", tag = "exports",
    params(("id" = String, Path, description = "The export's id", format = Uuid), PageQuery),
    responses((status = 200, body = List<ExportVersion>)))]
pub(super) async fn list_export_versions(
    caller: Caller,
    Id(id): Id<ExportId>,
    Asked(page): Asked<PageQuery>,
) -> Result<Json<List<ExportVersion>>, Problem> {
    let versions = caller.console.export_versions(&caller.actor, &id).await?;
    if versions.is_empty() {
        return Err(ConsoleError::NotFound("export").into());
    }
    let items = versions
        .into_iter()
        .map(|(version, saved_at, saved_by, body)| ExportVersion { version, saved_at, saved_by, export: body.into() })
        .collect();
    cut(items, Order::NewestFirst, &page, |item| format!("{:010}", item.version)).map(Json)
}
