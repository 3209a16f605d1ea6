//! Arrival of what Azure itself sends, as far as the target can be asked. It is never a delivery of this console.

use super::{EventId, ExportId, ResourceId, view::Subject, words::words};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

words! {
    /// Whether an event that one of Azure's exports lets through was found at its target.
    pub enum Arrival {
        /// It was found there.
        Arrived = "arrived", "Verified arrival";
        /// It was not found yet; Azure sends within minutes, rarely half an hour.
        Waiting = "waiting", "Not seen yet";
        /// It was looked for long enough.
        Missing = "missing", "Not at the workspace";
    }
}

/// One event and one of Azure's exports.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ArrivalRow {
    /// Its place in the list.
    pub seq: i64,
    /// The event.
    pub event: EventId,
    /// What it is about.
    pub subject: Subject,
    /// The automation that was to send it.
    pub automation: ResourceId,
    /// The export of this console that the automation belongs to.
    pub export: Option<(ExportId, String)>,
    /// What was found.
    pub arrival: Arrival,
    /// When the workspace took it in.
    pub arrived_at: Option<Timestamp>,
    /// When it was looked for last.
    pub checked_at: Option<Timestamp>,
    /// What keeps the workspace from being asked, if something does.
    pub trouble: Option<String>,
}

/// What one of Azure's exports lets through in a window, and how much of it was found.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ArrivalTally {
    /// Found.
    pub arrived: i64,
    /// Not yet.
    pub waiting: i64,
    /// Not, for too long.
    pub missing: i64,
}

/// What an event hub took and refused by hour: metric and sums.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct HubUse {
    /// The event hub.
    pub hub: ResourceId,
    /// Metric, and for each hour its beginning and sum.
    pub metrics: Vec<(String, Vec<(Timestamp, f64)>)>,
    /// Why they could not be read.
    pub trouble: Option<String>,
}

impl HubUse {
    /// The sum of a metric.
    pub fn total(&self, metric: &str) -> f64 {
        let of = |hours: &Vec<(Timestamp, f64)>| hours.iter().map(|(_, sum)| sum).sum::<f64>();
        self.metrics.iter().find(|(name, _)| name == metric).map_or(0.0, |(_, hours)| of(hours))
    }
}
