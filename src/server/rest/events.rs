//! `events`: what was observed, whether some export saw it or not.

use super::{
    asked::Asked,
    caller::{Caller, Id},
    filters::of_events,
    problem::Problem,
};
use api::{EventAnswer, EventDetailAnswer, EventsQuery, List};
use axum::Json;
use domain::EventId;

/// Observed events
///
/// Newest first, baseline events included.
#[utoipa::path(get, path = "/api/v1/events", tag = "events", params(EventsQuery),
    responses((status = 200, body = List<EventAnswer>)))]
pub(super) async fn list_events(
    caller: Caller,
    Asked(query): Asked<EventsQuery>,
) -> Result<Json<List<EventAnswer>>, Problem> {
    let (cursor, limit) = (query.cursor, query.limit.0);
    let filter = of_events(query, caller.console.now());
    let page = caller.console.events(&caller.actor, &filter, cursor, limit).await?;
    Ok(Json(List::of(page, Into::into)))
}

/// One event
///
/// With its payload and what became of it.
#[utoipa::path(get, path = "/api/v1/events/{id}", tag = "events",
    params(("id" = String, Path, description = "The event's id, 32 hex digits")),
    responses((status = 200, body = EventDetailAnswer)))]
pub(super) async fn get_event(caller: Caller, Id(id): Id<EventId>) -> Result<Json<EventDetailAnswer>, Problem> {
    Ok(Json(caller.console.event(&caller.actor, &id).await?.into()))
}
