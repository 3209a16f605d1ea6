//! `subscriptions`: what is watched, how far, and which exports cover it.

use super::{
    about::Named,
    asked::{Asked, Limit},
    caller::{Caller, Id},
    events::EventAnswer,
    list::List,
    overview::complete_to,
    problem::Problem,
    words::{KindWord, WatchingWord},
};
use axum::Json;
use domain::{
    Kind, SubscriptionFilter, SubscriptionId, Turn, Watching,
    subscriptions::Right,
    view::{SubscriptionDetail, SubscriptionRow, WatchRow},
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// A subscription.
#[derive(Debug, Serialize, ToSchema)]
pub struct SubscriptionAnswer {
    /// Its id.
    #[schema(format = Uuid)]
    id: String,
    /// Its name.
    name: String,
    /// What its tenant is called; left out where the console has one tenant.
    #[serde(skip_serializing_if = "Option::is_none")]
    tenant: Option<String>,
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
            tenant: row.tenant,
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

/// Which subscriptions are wanted.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields, default)]
#[into_params(parameter_in = Query)]
pub(super) struct SubscriptionQuery {
    /// At most so many rows.
    #[param(value_type = Option<u16>, minimum = 1, maximum = 1000, default = 50)]
    limit: Limit,
    /// Where to go on: `next` of the answer before.
    cursor: Option<String>,
    /// A part of the name or id.
    q: Option<String>,
    /// Azure's word for the state, or `unlisted`.
    state: Option<String>,
    /// A Defender plan that is on, such as `VirtualMachines`; `none` where no plan is on.
    plan: Option<String>,
    /// How they are watched.
    #[param(inline, value_type = Option<WatchingWord>)]
    watching: Option<Watching>,
    /// The id of a management group above them, at any height.
    management_group: Option<String>,
}

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

/// What the console's identity may do in a subscription, one action.
#[derive(Debug, Serialize, ToSchema)]
pub struct RightAnswer {
    /// The action, as role definitions write it.
    action: String,
    /// What it is needed for.
    needed_for: String,
    /// Whether some entry allows it.
    allowed: bool,
    /// The pattern that grants it.
    granted_by: Option<String>,
    /// Where nothing grants it: the pattern that takes it back.
    taken_back_by: Option<String>,
}

impl From<Right> for RightAnswer {
    fn from(right: Right) -> Self {
        let Right { action, needed_for, granted_by, taken_back_by } = right;
        Self { action, needed_for, allowed: granted_by.is_some(), granted_by, taken_back_by }
    }
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
