//! `diagnoses`: why an alert or recommendation did, or did not, arrive.

use super::{
    body::Body,
    caller::{Caller, Id, location},
    problem::Problem,
};
use api::{DiagnosisAnswer, DiagnosisBody};
use axum::{
    Json,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use domain::diagnosis::DiagnosisId;

/// Find out why
///
/// Why an alert or recommendation did, or did not, arrive: for one export, or for all of its subscription.
#[utoipa::path(post, path = "/api/v1/diagnoses", tag = "events", request_body = DiagnosisBody,
    responses((status = 201, body = DiagnosisAnswer, headers(("location" = String)))))]
pub(super) async fn diagnose(caller: Caller, Body(body): Body<DiagnosisBody>) -> Result<Response, Problem> {
    let made = caller.console.diagnose(&caller.actor, &body.item, body.export.as_ref()).await?;
    let place = location(&format!("/api/v1/diagnoses/{}", made.id));
    Ok((StatusCode::CREATED, place, Json(DiagnosisAnswer::from(made))).into_response())
}

/// One diagnosis
///
/// As it was made; it never shows live data.
#[utoipa::path(get, path = "/api/v1/diagnoses/{id}", tag = "events",
    params(("id" = String, Path, description = "The diagnosis' id", format = Uuid)),
    responses((status = 200, body = DiagnosisAnswer)))]
pub(super) async fn get_diagnosis(caller: Caller, Id(id): Id<DiagnosisId>) -> Result<Json<DiagnosisAnswer>, Problem> {
    Ok(Json(caller.console.diagnosis(&caller.actor, &id).await?.into()))
}
