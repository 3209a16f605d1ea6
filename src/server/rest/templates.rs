//! Exports as code, and code as exports.

use super::{
    asked::Asked,
    body::Body,
    caller::{Caller, Id},
    problem::Problem,
};
use api::{ImportAnswer, ImportBody, TemplateQuery};
use axum::{
    Json,
    http::header,
    response::{IntoResponse, Response},
};
use domain::ExportId;

/// An export as code
///
/// Text to deploy: an ARM template, Bicep, Terraform, a script, or a policy assignment. What Azure's resource cannot express is
/// said in it.
#[utoipa::path(get, path = "/api/v1/exports/{id}/template", tag = "exports",
    params(("id" = String, Path, description = "The export's id", format = Uuid), TemplateQuery),
    responses((status = 200, content_type = "text/plain", body = String)))]
pub(super) async fn get_export_template(
    caller: Caller,
    Id(id): Id<ExportId>,
    Asked(query): Asked<TemplateQuery>,
) -> Result<Response, Problem> {
    let code = caller.console.template(&caller.actor, &id, query.format).await?;
    Ok(([(header::CONTENT_TYPE, "text/plain; charset=utf-8")], code.text).into_response())
}

/// Read exports from code
///
/// Finds the automations of a deployment template, an automation or a list answer, and answers each as the body of an
/// export. Nothing is saved.
#[utoipa::path(post, path = "/api/v1/exports/import", tag = "exports", request_body = ImportBody,
    responses((status = 200, body = ImportAnswer)))]
pub(super) async fn import_exports(
    caller: Caller,
    Body(asked): Body<ImportBody>,
) -> Result<Json<ImportAnswer>, Problem> {
    let import = caller.console.import(&caller.actor, &asked.text).await?;
    Ok(Json(import.into()))
}
