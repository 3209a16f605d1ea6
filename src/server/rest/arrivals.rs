//! `arrivals`: what Azure's own exports let through, and whether it was found where they send to.

use super::{
    about::About,
    asked::{Asked, Limit},
    caller::Caller,
    list::List,
    problem::Problem,
};
use axum::Json;
use domain::{Cursor, ExportId, arrival::ArrivalRow};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// Which arrivals are wanted.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields, default)]
#[into_params(parameter_in = Query)]
pub(super) struct ArrivalsQuery {
    /// Of what the automations of this export send.
    #[param(value_type = Option<String>)]
    export: Option<ExportId>,
    /// At most so many rows.
    #[param(value_type = Option<u16>, minimum = 1, maximum = 1000, default = 50)]
    limit: Limit,
    /// Where to go on: `next` of the answer before.
    #[param(value_type = Option<String>)]
    cursor: Option<Cursor>,
}

/// An event that one of Azure's exports lets through. Nothing here is a delivery of this console.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Arrival)]
pub struct ArrivalAnswer {
    /// The event's id.
    event: String,
    /// What it is about.
    #[serde(flatten)]
    about: About,
    /// The automation's resource id.
    automation: String,
    /// The export of this console that it belongs to.
    #[schema(format = Uuid)]
    export: Option<String>,
    /// `arrived`, `waiting` or `missing`.
    arrival: &'static str,
    /// When the workspace took it in.
    arrived_at: Option<Timestamp>,
    /// Seconds from the event to that.
    delay_seconds: Option<i64>,
    /// When it was looked for last.
    checked_at: Option<Timestamp>,
    /// What keeps the workspace from being asked.
    trouble: Option<String>,
}

impl From<ArrivalRow> for ArrivalAnswer {
    fn from(row: ArrivalRow) -> Self {
        Self {
            event: row.event.into(),
            delay_seconds: row.arrived_at.map(|at| at.duration_since(row.subject.occurred_at).as_secs()),
            about: row.subject.into(),
            automation: row.automation.as_str().to_owned(),
            export: row.export.map(|(id, _)| id.into()),
            arrival: row.arrival.as_str(),
            arrived_at: row.arrived_at,
            checked_at: row.checked_at,
            trouble: row.trouble,
        }
    }
}

/// Verified arrival
///
/// What Azure's own exports let through, newest first, and whether it was found at their workspaces. Event hubs cannot be read
/// back.
#[utoipa::path(get, path = "/api/v1/arrivals", tag = "deliveries", params(ArrivalsQuery),
    responses((status = 200, body = List<ArrivalAnswer>)))]
pub(super) async fn list_arrivals(
    caller: Caller,
    Asked(query): Asked<ArrivalsQuery>,
) -> Result<Json<List<ArrivalAnswer>>, Problem> {
    let now = caller.console.now();
    let (page, _) =
        caller.console.arrivals(&caller.actor, query.export.as_ref(), now, query.cursor, query.limit.0).await?;
    Ok(Json(List::of(page, Into::into)))
}
