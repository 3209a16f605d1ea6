//! `subscriptions`: what is watched, how far, and which exports cover it.

use super::{
    asked::Asked,
    caller::{Caller, Id},
    problem::Problem,
};
use api::{List, RightAnswer, SubscriptionAnswer, SubscriptionDetailAnswer, SubscriptionQuery};
use axum::Json;
use domain::{SubscriptionFilter, SubscriptionId, Turn};

/// Subscriptions
///
/// All that the caller may see and the filters let through, newest first.
#[utoipa::path(get, path = "/api/v1/subscriptions", tag = "subscriptions", params(SubscriptionQuery),
    responses((status = 200, body = List<SubscriptionAnswer>)))]
pub(super) async fn list_subscriptions(
    caller: Caller,
    Asked(asked): Asked<SubscriptionQuery>,
) -> Result<Json<List<SubscriptionAnswer>>, Problem> {
    let turn = asked
        .cursor
        .map(|text| Turn::parse(&text).ok_or_else(|| Problem::field("cursor", format!("`{text}` is not a cursor"))))
        .transpose()?;
    let filter = SubscriptionFilter {
        search: asked.q.unwrap_or_default(),
        state: asked.state.unwrap_or_default(),
        plan: asked.plan.unwrap_or_default(),
        watching: asked.watching,
        group: asked.management_group.unwrap_or_default(),
    };
    let (rows, _, next) =
        caller.console.newest_subscriptions(&caller.actor, &filter, turn.as_ref(), asked.limit.0).await?;
    Ok(Json(List { items: rows.into_iter().map(Into::into).collect(), next: next.map(|turn| turn.to_string()) }))
}

/// One subscription
///
/// With its plans and newest events.
#[utoipa::path(get, path = "/api/v1/subscriptions/{id}", tag = "subscriptions",
    params(("id" = String, Path, description = "The subscription's id", format = Uuid)),
    responses((status = 200, body = SubscriptionDetailAnswer)))]
pub(super) async fn get_subscription(
    caller: Caller,
    Id(id): Id<SubscriptionId>,
) -> Result<Json<SubscriptionDetailAnswer>, Problem> {
    Ok(Json(caller.console.subscription(&caller.actor, &id).await?.into()))
}

/// What the identity may do
///
/// In one subscription, as Resource Manager answers now: wildcards and `notActions` are evaluated entry by entry.
#[utoipa::path(get, path = "/api/v1/subscriptions/{id}/permissions", tag = "subscriptions",
    params(("id" = String, Path, description = "The subscription's id", format = Uuid)),
    responses((status = 200, body = List<RightAnswer>)))]
pub(super) async fn get_permissions(
    caller: Caller,
    Id(id): Id<SubscriptionId>,
) -> Result<Json<List<RightAnswer>>, Problem> {
    let rights = caller.console.rights(&caller.actor, &id).await?;
    Ok(Json(List { items: rights.into_iter().map(Into::into).collect(), next: None }))
}
