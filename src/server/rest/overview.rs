//! `GET overview`: what was seen, what became of it, and the state of targets and sources, from one snapshot.

use super::{asked::Asked, caller::Caller, problem::Problem};
use api::{Moment, OverviewAnswer, OverviewQuery};
use axum::Json;

/// The overview
///
/// From one read snapshot: `seen` always equals the sum of `outcomes`, in all and per export. Ranges are whole hours.
#[utoipa::path(get, path = "/api/v1/overview", tag = "overview", params(OverviewQuery),
    responses((status = 200, body = OverviewAnswer)))]
pub(super) async fn get_overview(
    caller: Caller,
    Asked(query): Asked<OverviewQuery>,
) -> Result<Json<OverviewAnswer>, Problem> {
    let at = |moment: Option<Moment>| moment.map(|moment| moment.at(caller.console.now()));
    let overview = caller.console.overview(&caller.actor, at(query.since), at(query.until)).await?;
    Ok(Json(overview.into()))
}
