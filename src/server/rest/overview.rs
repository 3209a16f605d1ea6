//! `GET overview`: what was seen, what became of it, and the state of targets and sources, from one snapshot.

#![expect(unused_qualifications, reason = "the macro for paths writes them for parameters")]

use super::{
    about::Outcomes,
    asked::{Asked, Moment},
    caller::Caller,
    problem::Problem,
    words::ConditionWord,
};
use axum::Json;
use domain::{
    Condition,
    view::{Overview, SubscriptionRow},
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// The range of an overview.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields, default)]
#[into_params(parameter_in = Query)]
pub(super) struct OverviewQuery {
    /// Decisions in or after the hour of this time (RFC 3339, or a length such as `24h`); since the store began unless asked.
    #[param(value_type = Option<String>)]
    since: Option<Moment>,
    /// Decisions before the hour of this time.
    #[param(value_type = Option<String>)]
    until: Option<Moment>,
}

/// The overview. `seen` always equals the sum of the outcomes.
#[derive(Debug, Serialize, ToSchema)]
pub struct OverviewAnswer {
    /// Decisions made in the range: one per event and export that saw it.
    seen: i64,
    /// What became of them.
    outcomes: Outcomes,
    /// The same per export; deleted exports keep their figures.
    exports: Vec<OverviewExport>,
    /// All targets as they are now.
    targets: Vec<OverviewTarget>,
    /// All subscriptions as they are now.
    sources: Vec<OverviewSource>,
    /// How many subscriptions have their alerts exported.
    coverage: Coverage,
}

/// An export's share of the overview.
#[derive(Debug, Serialize, ToSchema)]
struct OverviewExport {
    /// Its id.
    #[schema(format = Uuid)]
    id: String,
    /// Its name.
    name: String,
    /// Events it decided on in the range.
    seen: i64,
    /// What became of them.
    outcomes: Outcomes,
}

/// A target's state in the overview.
#[derive(Debug, Serialize, ToSchema)]
struct OverviewTarget {
    /// Its id.
    #[schema(format = Uuid)]
    id: String,
    /// Its name.
    name: String,
    /// What keeps it from taking events.
    #[schema(value_type = ConditionWord)]
    condition: Condition,
    /// Age of the oldest event that waits for it; 0 when none waits.
    lag_seconds: i64,
    /// When it last accepted events.
    last_success: Option<Timestamp>,
    /// When it is tried again, while something waits.
    next_attempt: Option<Timestamp>,
}

/// How far a subscription is watched.
#[derive(Debug, PartialEq, Eq, Serialize, ToSchema)]
struct OverviewSource {
    /// The subscription's id.
    #[schema(format = Uuid)]
    subscription: String,
    /// Everything up to here is in the ledger, of every kind watched; null until the baselines are complete.
    complete_to: Option<Timestamp>,
    /// `ok`, or what keeps it from being watched.
    condition: String,
}

/// How many subscriptions have their High and Medium alerts exported (CIS Azure 8.1.5.2).
#[derive(Debug, Serialize, ToSchema)]
struct Coverage {
    /// Subscriptions the caller may see.
    subscriptions: usize,
    /// Those of them that are covered.
    covered: usize,
}

/// The least of what is complete, once every baseline is.
pub(super) fn complete_to(row: &SubscriptionRow) -> Option<Timestamp> {
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
                condition: "ok".to_owned(),
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
