//! How completely everything is watched and exported, in figures and the few rows that the overview shows: there may be ten
//! thousand subscriptions.

use super::{
    SubscriptionHealth, SubscriptionId,
    view::{Overview, SubscriptionRow},
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::HashSet;

/// Subscriptions named on the overview as falling short; the others are counted.
const NAMED: usize = 8;

/// The subscriptions of an overview.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Watched {
    /// How many there are.
    pub all: usize,
    /// How many are watched completely.
    pub complete: usize,
    /// The earliest moment up to which these are.
    pub complete_to: Option<Timestamp>,
    /// How many are still being read for the first time.
    pub first_reads: usize,
    /// How many cannot be watched as they should.
    pub troubled: usize,
    /// The name of one of these and what is the matter with it.
    pub trouble: Option<(String, String)>,
    /// How many export their High and Medium alerts.
    pub covered: usize,
    /// Some that do not, with whether any export covers them.
    pub short: Vec<(SubscriptionId, String, bool)>,
}

impl Watched {
    /// Counts the subscriptions of an overview.
    pub fn of(overview: &Overview) -> Self {
        let rows = &overview.subscriptions;
        let covered: HashSet<&SubscriptionId> = overview.covered.iter().collect();
        let baseline_done = |row: &&SubscriptionRow| row.watches.iter().all(|watch| watch.baseline_done);
        let complete: Vec<Timestamp> = rows
            .iter()
            .filter(|row| row.condition == SubscriptionHealth::Ok)
            .filter(baseline_done)
            .filter_map(SubscriptionRow::complete_to)
            .collect();
        let troubled = || rows.iter().filter(|row| row.condition != SubscriptionHealth::Ok);
        let first = troubled().min_by_key(|row| row.condition_detail.as_deref().unwrap_or_default());
        let short = rows.iter().filter(|row| !covered.contains(&row.id)).take(NAMED);
        Self {
            all: rows.len(),
            complete: complete.len(),
            complete_to: complete.into_iter().min(),
            first_reads: rows.iter().filter(|row| !baseline_done(row)).count(),
            troubled: troubled().count(),
            trouble: first.map(|row| (row.name.clone(), row.condition_detail.clone().unwrap_or_default())),
            covered: covered.len(),
            short: short.map(|row| (row.id.clone(), row.name.clone(), !row.exports.is_empty())).collect(),
        }
    }
}
