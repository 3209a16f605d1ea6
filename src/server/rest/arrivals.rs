//! `arrivals`: what Azure's own exports let through, and whether it was found where they send to.

use super::{asked::Asked, caller::Caller, problem::Problem};
use api::{ArrivalAnswer, ArrivalsQuery, List};
use axum::Json;

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
