//! `azure-exports` and `exports/{id}/roll-out`: what Azure delivers, and bringing it to what is saved here.

use super::{
    asked::Asked,
    body::Body,
    caller::{Caller, Id, location},
    list::{Order, cut},
    problem::Problem,
};
use api::{Adoption, AzureExportAnswer, Begun, ExportAnswer, List, PageQuery, RollOutAnswer, RollOutBody};
use axum::{
    Json,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use domain::{ExportId, ResourceId};

/// Exports that Azure delivers
///
/// All automations (`Microsoft.Security/automations`) of the visible subscriptions, as read last.
#[utoipa::path(get, path = "/api/v1/azure-exports", tag = "exports", params(PageQuery),
    responses((status = 200, body = List<AzureExportAnswer>)))]
pub(super) async fn list_azure_exports(
    caller: Caller,
    Asked(page): Asked<PageQuery>,
) -> Result<Json<List<AzureExportAnswer>>, Problem> {
    let rows = caller.console.azure_exports(&caller.actor).await?;
    let list = cut(rows, Order::ByName, &page, |(export, _)| export.id.key())?;
    Ok(Json(list.map(Into::into)))
}

/// Take over one of Azure's exports
///
/// It is saved here as it stands there; Azure is not changed by it.
#[utoipa::path(post, path = "/api/v1/azure-exports/adopt", tag = "exports", request_body = Adoption,
    responses((status = 201, body = ExportAnswer, headers(("etag" = String), ("location" = String)))))]
pub(super) async fn adopt(caller: Caller, Body(body): Body<Adoption>) -> Result<Response, Problem> {
    let export = caller.console.adopt(&caller.actor, &ResourceId::new(&body.automation)).await?;
    let place = location(&format!("/api/v1/exports/{}", export.id));
    Ok((StatusCode::CREATED, place, caller.export_answer(&export.id).await?).into_response())
}

/// How an export stands in Azure
///
/// What has to be done there, and in what each automation differs from what is saved.
#[utoipa::path(get, path = "/api/v1/exports/{id}/roll-out", tag = "exports",
    params(("id" = String, Path, description = "The export's id", format = Uuid)),
    responses((status = 200, body = RollOutAnswer)))]
pub(super) async fn get_roll_out(caller: Caller, Id(id): Id<ExportId>) -> Result<Json<RollOutAnswer>, Problem> {
    let found = caller.console.roll_out(&caller.actor, &id).await?;
    Ok(Json(RollOutAnswer {
        under_way: found.under_way,
        azure_writes: found.writes,
        items: found.rows.into_iter().map(Into::into).collect(),
    }))
}

/// Bring Azure to what is saved
///
/// Works in the background; GET says how far it is. Writing needs the switch `azure_writes`.
#[utoipa::path(post, path = "/api/v1/exports/{id}/roll-out", tag = "exports", request_body = RollOutBody,
    params(("id" = String, Path, description = "The export's id", format = Uuid)),
    responses((status = 202, body = Begun)))]
pub(super) async fn start_roll_out(
    caller: Caller,
    Id(id): Id<ExportId>,
    Body(body): Body<RollOutBody>,
) -> Result<Response, Problem> {
    let automations = caller.console.start_roll_out(&caller.actor, &id, body.wish, body.connection_string).await?;
    Ok((StatusCode::ACCEPTED, Json(Begun { automations })).into_response())
}
