//! `subscriptions`: what is watched, how far, and which exports cover it.

use super::{
    about::Named,
    asked::Asked,
    caller::{Caller, Id},
    events::EventAnswer,
    list::{List, Order, PageQuery},
    overview::complete_to,
    problem::Problem,
    words::KindWord,
};
use crate::domain::{
    Kind, SubscriptionId,
    view::{SubscriptionDetail, SubscriptionRow, WatchRow},
};
use axum::Json;
use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

/// A subscription.
#[derive(Debug, Serialize, ToSchema)]
pub struct SubscriptionAnswer {
    /// Its id.
    #[schema(format = Uuid)]
    id: String,
    /// Its name.
    name: String,
    /// Azure's state of it.
    state: String,
    /// `ok`, or what keeps it from being watched.
    condition: String,
    /// That in a sentence.
    condition_detail: Option<String>,
    /// Since when.
    condition_since: Option<Timestamp>,
    /// Everything up to here is in the ledger, of every kind watched; null until the baselines are complete.
    complete_to: Option<Timestamp>,
    /// How far each kind of data is watched.
    watches: Vec<Watch>,
    /// Defender plans that are switched on; null until read.
    plans: Option<Vec<String>>,
    /// Exports that cover it.
    exports: Vec<Named>,
    /// When the console first listed it.
    first_listed_at: Timestamp,
}

/// How far a kind of data is watched in a subscription.
#[derive(Debug, Serialize, ToSchema)]
struct Watch {
    /// Which data.
    #[schema(value_type = KindWord)]
    kind: Kind,
    /// Whether its baseline is complete.
    baseline_done: bool,
    /// Everything up to here is in the ledger.
    complete_to: Option<Timestamp>,
    /// When the last complete sweep began.
    last_sweep_at: Option<Timestamp>,
    /// Items whose date moved while their compared state stayed.
    unobservable: i64,
}

impl From<WatchRow> for Watch {
    fn from(row: WatchRow) -> Self {
        let WatchRow { kind, baseline_done, complete_to, last_sweep_at, unobservable } = row;
        Self { kind, baseline_done, complete_to, last_sweep_at, unobservable }
    }
}

impl From<SubscriptionRow> for SubscriptionAnswer {
    fn from(row: SubscriptionRow) -> Self {
        Self {
            complete_to: complete_to(&row),
            id: row.id.into(),
            name: row.name,
            state: row.state,
            condition: row.condition,
            condition_detail: row.condition_detail,
            condition_since: row.condition_since,
            watches: row.watches.into_iter().map(Into::into).collect(),
            plans: row.plans,
            exports: row.exports.into_iter().map(Into::into).collect(),
            first_listed_at: row.place.first_listed_at,
        }
    }
}

/// Everything about one subscription.
#[derive(Debug, Serialize, ToSchema)]
pub struct SubscriptionDetailAnswer {
    /// The line in the list.
    #[serde(flatten)]
    row: SubscriptionAnswer,
    /// All Defender plans with their tier.
    plan_tiers: Vec<PlanTier>,
    /// Its newest events.
    recent: Vec<EventAnswer>,
}

/// A Defender plan and its tier.
#[derive(Debug, Serialize, ToSchema)]
struct PlanTier {
    /// The plan, such as `VirtualMachines`.
    plan: String,
    /// Its tier, such as `Standard`.
    tier: String,
}

impl From<SubscriptionDetail> for SubscriptionDetailAnswer {
    fn from(detail: SubscriptionDetail) -> Self {
        Self {
            row: detail.row.into(),
            plan_tiers: detail.plans.into_iter().map(|(plan, tier)| PlanTier { plan, tier }).collect(),
            recent: detail.recent.into_iter().map(Into::into).collect(),
        }
    }
}

/// Subscriptions
///
/// All that the caller may see, newest first.
#[utoipa::path(get, path = "/api/v1/subscriptions", tag = "subscriptions", params(PageQuery),
    responses((status = 200, body = List<SubscriptionAnswer>)))]
pub(super) async fn list_subscriptions(
    caller: Caller,
    Asked(page): Asked<PageQuery>,
) -> Result<Json<List<SubscriptionAnswer>>, Problem> {
    let rows = caller.console.subscriptions(&caller.actor).await?;
    let items = rows.into_iter().map(SubscriptionAnswer::from).collect();
    let key = |item: &SubscriptionAnswer| format!("{:020}_{}", item.first_listed_at.as_microsecond(), item.id);
    List::cut(items, Order::NewestFirst, &page, key).map(Json)
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
