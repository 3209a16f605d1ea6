//! `samples`: sample alerts, asked of Defender for Cloud and followed until they arrive.

use super::{
    body::Body,
    caller::{Caller, Id, location},
    problem::Problem,
};
use api::{SampleAnswer, SampleBody};
use axum::{
    Json,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use domain::sample::SampleId;

impl Caller {
    async fn sample_answer(&self, id: &SampleId) -> Result<Json<SampleAnswer>, Problem> {
        let view = self.console.sample(&self.actor, id).await?;
        Ok(Json(SampleAnswer {
            id: view.sample.id.to_string(),
            subscription: view.sample.subscription.into(),
            bundle: view.sample.bundle.as_str(),
            asked_at: view.sample.asked_at,
            asked_by: view.sample.asked_by,
            said: view.said,
            alerts: view.alerts.into_iter().map(Into::into).collect(),
        }))
    }
}

/// Raise sample alerts
///
/// They reach every target of the subscription: all exports, Azure's own, Sentinel, e-mail.
#[utoipa::path(post, path = "/api/v1/samples", tag = "events", request_body = SampleBody,
    responses((status = 202, body = SampleAnswer, headers(("location" = String)))))]
pub(super) async fn raise_sample(caller: Caller, Body(body): Body<SampleBody>) -> Result<Response, Problem> {
    let id = caller.console.raise_sample(&caller.actor, &body.subscription, body.bundle).await?;
    let place = location(&format!("/api/v1/samples/{id}"));
    Ok((StatusCode::ACCEPTED, place, caller.sample_answer(&id).await?).into_response())
}

/// How far sample alerts came
///
/// The alerts as they were observed, and what every export did with each.
#[utoipa::path(get, path = "/api/v1/samples/{id}", tag = "events",
    params(("id" = String, Path, description = "The id", format = Uuid)),
    responses((status = 200, body = SampleAnswer)))]
pub(super) async fn get_sample(caller: Caller, Id(id): Id<SampleId>) -> Result<Json<SampleAnswer>, Problem> {
    caller.sample_answer(&id).await
}
