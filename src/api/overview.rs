//! What was seen, what became of it, and the state of targets and sources, from one snapshot.

use super::{
    about::Outcomes,
    query::Moment,
    words::{ConditionWord, SubscriptionHealthWord},
};
use domain::{
    Condition, SubscriptionHealth,
    view::{Overview, SubscriptionRow},
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// The range of an overview.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields, default)]
#[into_params(parameter_in = Query)]
pub struct OverviewQuery {
    /// Decisions in or after the hour of this time (RFC 3339, or a length such as `24h`); since the store began unless asked.
    #[param(value_type = Option<String>)]
    pub since: Option<Moment>,
    /// Decisions before the hour of this time.
    #[param(value_type = Option<String>)]
    pub until: Option<Moment>,
}

/// The overview. `seen` always equals the sum of the outcomes.
#[derive(Debug, Serialize, ToSchema)]
pub struct OverviewAnswer {
    /// Decisions made in the range: one per event and export that saw it.
    pub seen: i64,
    /// What became of them.
    pub outcomes: Outcomes,
    /// The same per export; deleted exports keep their figures.
    pub exports: Vec<OverviewExport>,
    /// All targets as they are now.
    pub targets: Vec<OverviewTarget>,
    /// All subscriptions as they are now.
    pub sources: Vec<OverviewSource>,
    /// How many subscriptions have their alerts exported.
    pub coverage: Coverage,
}

/// An export's share of the overview.
#[derive(Debug, Serialize, ToSchema)]
pub struct OverviewExport {
    /// Its id.
    #[schema(format = Uuid)]
    pub id: String,
    /// Its name.
    pub name: String,
    /// Events it decided on in the range.
    pub seen: i64,
    /// What became of them.
    pub outcomes: Outcomes,
}

/// A target's state in the overview.
#[derive(Debug, Serialize, ToSchema)]
pub struct OverviewTarget {
    /// Its id.
    #[schema(format = Uuid)]
    pub id: String,
    /// Its name.
    pub name: String,
    /// What keeps it from taking events.
    #[schema(value_type = ConditionWord)]
    pub condition: Condition,
    /// Age of the oldest event that waits for it; 0 when none waits.
    pub lag_seconds: i64,
    /// When it last accepted events.
    pub last_success: Option<Timestamp>,
    /// When it is tried again, while something waits.
    pub next_attempt: Option<Timestamp>,
}

/// How far a subscription is watched.
#[derive(Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct OverviewSource {
    /// The subscription's id.
    #[schema(format = Uuid)]
    pub subscription: String,
    /// Everything up to here is in the ledger, of every kind watched; null until the baselines are complete.
    pub complete_to: Option<Timestamp>,
    /// What keeps it from being watched; `ok` when nothing does.
    #[schema(value_type = SubscriptionHealthWord)]
    pub condition: SubscriptionHealth,
}

/// How many subscriptions have their High and Medium alerts exported (CIS Azure 8.1.5.2).
#[derive(Debug, Serialize, ToSchema)]
pub struct Coverage {
    /// Subscriptions the caller may see.
    pub subscriptions: usize,
    /// Those of them that are covered.
    pub covered: usize,
}

/// The least of what is complete, once every baseline is.
pub(crate) fn complete_to(row: &SubscriptionRow) -> Option<Timestamp> {
    let times: Option<Vec<Timestamp>> = row
        .watches
        .iter()
        .filter(|watch| watch.kind.is_dated())
        .map(|watch| watch.complete_to.filter(|_| watch.baseline_done))
        .collect();
    times?.into_iter().min()
}

impl From<Overview> for OverviewAnswer {
    fn from(overview: Overview) -> Self {
        let now = overview.now;
        let lag = |since: Option<Timestamp>| since.map_or(0, |since| now.duration_since(since).as_secs().max(0));
        Self {
            seen: overview.seen,
            outcomes: overview.outcomes.into(),
            exports: overview
                .exports
                .into_iter()
                .map(|(id, name, seen, tally)| OverviewExport { id: id.into(), name, seen, outcomes: tally.into() })
                .collect(),
            targets: overview
                .targets
                .into_iter()
                .map(|row| OverviewTarget {
                    id: row.id.into(),
                    name: row.name,
                    condition: row.condition,
                    lag_seconds: lag(row.waiting_since),
                    last_success: row.last_success,
                    next_attempt: row.next_attempt,
                })
                .collect(),
            coverage: Coverage { subscriptions: overview.subscriptions.len(), covered: overview.covered.len() },
            sources: overview
                .subscriptions
                .into_iter()
                .map(|row| OverviewSource {
                    complete_to: complete_to(&row),
                    subscription: row.id.into(),
                    condition: row.condition,
                })
                .collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::{Kind, SubscriptionId, view::WatchRow};

    #[test]
    fn a_source_is_complete_to_the_least_of_its_kinds_once_baselines_are_done() {
        let watch = |baseline_done, second| WatchRow {
            kind: Kind::Alert,
            baseline_done,
            complete_to: Some(Timestamp::from_second(second).unwrap()),
            last_sweep_at: None,
            unobservable: 0,
        };
        let of = |watches| {
            complete_to(&SubscriptionRow {
                id: SubscriptionId::parse("0ab1c2d3-0000-4000-8000-000000000001").unwrap(),
                name: String::new(),
                tenant: None,
                state: String::new(),
                condition: SubscriptionHealth::Ok,
                condition_detail: None,
                condition_since: None,
                plans: None,
                watches,
                exports: Vec::new(),
                place: domain::Place {
                    id: SubscriptionId::parse("0ab1c2d3-0000-4000-8000-000000000001").unwrap(),
                    groups: Vec::new(),
                    tags: std::collections::BTreeMap::new(),
                    first_listed_at: Timestamp::UNIX_EPOCH,
                },
            })
        };
        assert_eq!(of(vec![watch(true, 9), watch(true, 7)]), Some(Timestamp::from_second(7).unwrap()));
        assert_eq!(of(vec![watch(true, 9), watch(false, 7)]), None);
        assert_eq!(of(Vec::new()), None);
    }
}
