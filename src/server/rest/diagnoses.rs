//! `diagnoses`: why an alert or recommendation did, or did not, arrive.

use super::{
    about::About,
    body::Body,
    caller::{Caller, Id, location},
    health::CheckAnswer,
    problem::Problem,
};
use axum::{
    Json,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use domain::{
    ExportId,
    diagnosis::{Diagnosis, DiagnosisId, ExportDiagnosis, Stop},
    verdict::Verdict,
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What is asked about.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DiagnosisBody {
    /// An event id, alert id, resource id or recommendation id, or a link of the portal.
    item: String,
    /// For this export only.
    #[serde(default)]
    #[schema(value_type = Option<String>, format = Uuid)]
    export: Option<ExportId>,
}

/// One place of the item's way.
#[derive(Debug, Serialize, ToSchema)]
struct StopAnswer {
    /// `source`, `observed`, `covered`, `rules`, `sent`, `arrived`.
    station: &'static str,
    /// How it stands there; null when the item did not come that far.
    verdict: Option<&'static str>,
    /// That in a few words.
    said: String,
}

impl From<Stop> for StopAnswer {
    fn from(stop: Stop) -> Self {
        Self { station: stop.station.as_str(), verdict: stop.verdict.map(Verdict::as_str), said: stop.said }
    }
}

/// One export's part.
#[derive(Debug, Serialize, ToSchema)]
struct ExportPart {
    /// Its name.
    name: String,
    /// Who delivers.
    delivered_by: &'static str,
    /// The export of this console.
    #[schema(format = Uuid)]
    export: Option<String>,
    /// Azure's automation.
    automation: Option<String>,
    /// The worst verdict.
    verdict: &'static str,
    /// The first check that does not pass.
    broken: Option<String>,
    /// The way of the item.
    way: Vec<StopAnswer>,
    /// The checks.
    verdicts: Vec<CheckAnswer>,
}

impl From<ExportDiagnosis> for ExportPart {
    fn from(one: ExportDiagnosis) -> Self {
        Self {
            verdict: one.verdict().as_str(),
            broken: one.broken().map(|check| check.check.clone()),
            name: one.name,
            delivered_by: one.by.as_str(),
            export: one.export.map(Into::into),
            automation: one.automation.map(|id| id.as_str().to_owned()),
            way: one.way.into_iter().map(Into::into).collect(),
            verdicts: one.checks.into_iter().map(Into::into).collect(),
        }
    }
}

/// A diagnosis, frozen when it was made.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Diagnosis)]
pub struct DiagnosisAnswer {
    /// Its id.
    #[schema(format = Uuid)]
    id: String,
    /// What was asked about.
    asked: String,
    /// When.
    made_at: Timestamp,
    /// By whom.
    made_by: String,
    /// The item, where it was found.
    item: Option<About>,
    /// Checks of the item itself, then of every export, in the order they are to be read.
    verdicts: Vec<CheckAnswer>,
    /// Export by export.
    exports: Vec<ExportPart>,
    /// Whether all of it is known; until then Azure is being asked.
    complete: bool,
}

impl From<Diagnosis> for DiagnosisAnswer {
    fn from(one: Diagnosis) -> Self {
        Self {
            verdicts: one.all().cloned().map(Into::into).collect(),
            id: one.id.to_string(),
            asked: one.asked,
            made_at: one.made_at,
            made_by: one.made_by,
            item: one.subject.map(Into::into),
            exports: one.exports.into_iter().map(Into::into).collect(),
            complete: one.complete,
        }
    }
}

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
