//! `deliveries`: what became of each event for each export that saw it.

use super::{
    asked::Asked,
    caller::{Caller, Id},
    filters::of_deliveries,
    problem::Problem,
};
use api::{DeliveriesQuery, DeliveryAnswer, DeliveryDetailAnswer, List};
use axum::Json;
use domain::DeliveryId;

/// The delivery log
///
/// Newest first: one line per event and export that saw it.
#[utoipa::path(get, path = "/api/v1/deliveries", tag = "deliveries", params(DeliveriesQuery),
    responses((status = 200, body = List<DeliveryAnswer>)))]
pub(super) async fn list_deliveries(
    caller: Caller,
    Asked(query): Asked<DeliveriesQuery>,
) -> Result<Json<List<DeliveryAnswer>>, Problem> {
    let (cursor, limit) = (query.cursor, query.limit.0);
    let filter = of_deliveries(query, caller.console.now());
    let page = caller.console.deliveries(&caller.actor, &filter, cursor, limit).await?;
    Ok(Json(List::of(page, Into::into)))
}

/// One delivery
///
/// With every request that carried it.
#[utoipa::path(get, path = "/api/v1/deliveries/{id}", tag = "deliveries",
    params(("id" = String, Path, description = "The delivery's id: {event}_{export}")),
    responses((status = 200, body = DeliveryDetailAnswer)))]
pub(super) async fn get_delivery(
    caller: Caller,
    Id(id): Id<DeliveryId>,
) -> Result<Json<DeliveryDetailAnswer>, Problem> {
    Ok(Json(caller.console.delivery(&caller.actor, &id).await?.into()))
}
