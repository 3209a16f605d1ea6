//! `samples`: sample alerts, asked of Defender for Cloud and followed until they arrive.

use super::{
    arrivals::ArrivalAnswer,
    body::Body,
    caller::{Caller, Id, location},
    deliveries::DeliveryAnswer,
    events::EventAnswer,
    problem::Problem,
};
use axum::{
    Json,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use domain::{
    SubscriptionId,
    sample::{Bundle, SampleAlert, SampleId},
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Which sample alerts are asked for.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SampleBody {
    /// In which subscription.
    #[schema(value_type = String, format = Uuid)]
    subscription: SubscriptionId,
    /// Of which group, such as `VirtualMachines` (`BundleType` of Microsoft.Security).
    #[schema(value_type = String)]
    bundle: Bundle,
}

/// One sample alert and what became of it.
#[derive(Debug, Serialize, ToSchema)]
struct SampleAlertAnswer {
    /// The alert as it was observed.
    event: EventAnswer,
    /// What this console's exports did with it.
    deliveries: Vec<DeliveryAnswer>,
    /// Where Azure's own exports should have sent it.
    arrivals: Vec<ArrivalAnswer>,
}

impl From<SampleAlert> for SampleAlertAnswer {
    fn from(alert: SampleAlert) -> Self {
        Self {
            event: alert.event.into(),
            deliveries: alert.deliveries.into_iter().map(Into::into).collect(),
            arrivals: alert.arrivals.into_iter().map(Into::into).collect(),
        }
    }
}

/// Sample alerts and how far they came.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Sample)]
pub struct SampleAnswer {
    /// The id.
    #[schema(format = Uuid)]
    id: String,
    /// The subscription.
    #[schema(format = Uuid)]
    subscription: String,
    /// The group.
    bundle: &'static str,
    /// When they were asked for.
    asked_at: Timestamp,
    /// By whom.
    asked_by: String,
    /// What Azure says of the request, while no alert was observed.
    said: Option<String>,
    /// The alerts.
    alerts: Vec<SampleAlertAnswer>,
}

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
