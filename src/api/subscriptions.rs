//! What is watched, how far, and which exports cover it.

use super::{
    about::Named,
    events::EventAnswer,
    overview::complete_to,
    query::Limit,
    words::{KindWord, SubscriptionHealthWord, WatchingWord},
};
use domain::{
    Kind, SubscriptionHealth, Watching,
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
    pub id: String,
    /// Its name.
    pub name: String,
    /// What its tenant is called; left out where the console has one tenant.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tenant: Option<String>,
    /// Azure's state of it.
    pub state: String,
    /// What keeps it from being watched; `ok` when nothing does.
    #[schema(value_type = SubscriptionHealthWord)]
    pub condition: SubscriptionHealth,
    /// That in a sentence.
    pub condition_detail: Option<String>,
    /// Since when.
    pub condition_since: Option<Timestamp>,
    /// Everything up to here is in the ledger, of every kind watched; null until the baselines are complete.
    pub complete_to: Option<Timestamp>,
    /// How far each kind of data is watched.
    pub watches: Vec<Watch>,
    /// Defender plans that are switched on; null until read.
    pub plans: Option<Vec<String>>,
    /// Exports that cover it.
    pub exports: Vec<Named>,
    /// When the console first listed it.
    pub first_listed_at: Timestamp,
}

/// How far a kind of data is watched in a subscription.
#[derive(Debug, Serialize, ToSchema)]
pub struct Watch {
    /// Which data.
    #[schema(value_type = KindWord)]
    pub kind: Kind,
    /// Whether its baseline is complete.
    pub baseline_done: bool,
    /// Everything up to here is in the ledger.
    pub complete_to: Option<Timestamp>,
    /// When the last complete sweep began.
    pub last_sweep_at: Option<Timestamp>,
    /// Items whose date moved while their compared state stayed.
    pub unobservable: i64,
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
    pub row: SubscriptionAnswer,
    /// All Defender plans with their tier.
    pub plan_tiers: Vec<PlanTier>,
    /// Its newest events.
    pub recent: Vec<EventAnswer>,
}

/// A Defender plan and its tier.
#[derive(Debug, Serialize, ToSchema)]
pub struct PlanTier {
    /// The plan, such as `VirtualMachines`.
    pub plan: String,
    /// Its tier, such as `Standard`.
    pub tier: String,
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
pub struct SubscriptionQuery {
    /// At most so many rows.
    #[param(value_type = Option<u16>, minimum = 1, maximum = 1000, default = 50)]
    pub limit: Limit,
    /// Where to go on: `next` of the answer before.
    pub cursor: Option<String>,
    /// A part of the name or id.
    pub q: Option<String>,
    /// Azure's word for the state, or `unlisted`.
    pub state: Option<String>,
    /// A Defender plan that is on, such as `VirtualMachines`; `none` where no plan is on.
    pub plan: Option<String>,
    /// How they are watched.
    #[param(inline, value_type = Option<WatchingWord>)]
    pub watching: Option<Watching>,
    /// The id of a management group above them, at any height.
    pub management_group: Option<String>,
}

/// What the console's identity may do in a subscription, one action.
#[derive(Debug, Serialize, ToSchema)]
pub struct RightAnswer {
    /// The action, as role definitions write it.
    pub action: String,
    /// What it is needed for.
    pub needed_for: String,
    /// Whether some entry allows it.
    pub allowed: bool,
    /// The pattern that grants it.
    pub granted_by: Option<String>,
    /// Where nothing grants it: the pattern that takes it back.
    pub taken_back_by: Option<String>,
}

impl From<Right> for RightAnswer {
    fn from(right: Right) -> Self {
        let Right { action, needed_for, granted_by, taken_back_by } = right;
        Self { action, needed_for, allowed: granted_by.is_some(), granted_by, taken_back_by }
    }
}
