//! `POST preview`: what an export would let through, from events that really happened; `POST lint`: what may be wrong with it.

use super::{body::Body, caller::Caller, problem::Problem};
use api::{ExportAnswer, LintAnswer, LintBody, PreviewAnswer, PreviewBody};
use axum::Json;
use domain::{DeliveredBy, ExportBody, ExportId, FieldError};

/// The body without what a preview and a lint can do without, or what is wrong with the rest.
async fn readable(caller: &Caller, export: ExportAnswer) -> Result<ExportBody, Problem> {
    let mut body = export.body()?;
    body.delivered_by = DeliveredBy::Console;
    body.azure = None;
    let errors = caller.console.check_export(&body).await?;
    let errors: Vec<FieldError> = errors
        .into_iter()
        .filter(|error| !matches!(error.path.as_str(), "name" | "target" | "scope"))
        .map(|error| FieldError::new(format!("export.{}", error.path), error.message))
        .collect();
    if errors.is_empty() { Ok(body) } else { Err(Problem::invalid(errors)) }
}

/// Preview an export
///
/// Decides with the export's rules over observed events; nothing is saved or sent. With the id of a saved export
/// beside it, what it gains and loses against the saved version is answered too.
#[utoipa::path(post, path = "/api/v1/preview", tag = "exports", request_body = PreviewBody,
    responses((status = 200, body = PreviewAnswer)))]
pub(super) async fn preview(caller: Caller, Body(asked): Body<PreviewBody>) -> Result<Json<PreviewAnswer>, Problem> {
    let id = asked.id.as_deref().map(export_id).transpose()?;
    let body = readable(&caller, asked.export).await?;
    let since = asked.since.at(caller.console.now());
    let preview = caller.console.preview(&caller.actor, &body, since, id.as_ref()).await?;
    match preview.problem {
        Some(problem) => Err(Problem::field("export", problem)),
        None => Ok(Json(PreviewAnswer::of(preview, asked.price_per_gb))),
    }
}

fn export_id(text: &str) -> Result<ExportId, Problem> {
    ExportId::parse(text).map_err(|error| Problem::field("id", error.to_string()))
}

/// Lint an export
///
/// Names rules that never match, filters that drop more than meant, and exports that send twice; the worst first.
#[utoipa::path(post, path = "/api/v1/lint", tag = "exports", request_body = LintBody,
    responses((status = 200, body = Vec<LintAnswer>)))]
pub(super) async fn lint(caller: Caller, Body(asked): Body<LintBody>) -> Result<Json<Vec<LintAnswer>>, Problem> {
    let id = asked.id.as_deref().map(export_id).transpose()?;
    let body = asked.export.body()?;
    let found = caller.console.lint(&caller.actor, &body, id.as_ref()).await?;
    Ok(Json(found.into_iter().map(|lint| LintAnswer::of(lint, &body)).collect()))
}
