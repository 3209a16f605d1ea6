//! What Azure's own exports let through, and whether it was found where they send to.

use super::{about::About, query::Limit};
use domain::{Cursor, ExportId, arrival::ArrivalRow};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// Which arrivals are wanted.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields, default)]
#[into_params(parameter_in = Query)]
pub struct ArrivalsQuery {
    /// Of what the automations of this export send.
    #[param(value_type = Option<String>)]
    pub export: Option<ExportId>,
    /// At most so many rows.
    #[param(value_type = Option<u16>, minimum = 1, maximum = 1000, default = 50)]
    pub limit: Limit,
    /// Where to go on: `next` of the answer before.
    #[param(value_type = Option<String>)]
    pub cursor: Option<Cursor>,
}

/// An event that one of Azure's exports lets through. Nothing here is a delivery of this console.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Arrival)]
pub struct ArrivalAnswer {
    /// The event's id.
    pub event: String,
    /// What it is about.
    #[serde(flatten)]
    pub about: About,
    /// The automation's resource id.
    pub automation: String,
    /// The export of this console that it belongs to.
    #[schema(format = Uuid)]
    pub export: Option<String>,
    /// `arrived`, `waiting` or `missing`.
    pub arrival: &'static str,
    /// When the workspace took it in.
    pub arrived_at: Option<Timestamp>,
    /// Seconds from the event to that.
    pub delay_seconds: Option<i64>,
    /// When it was looked for last.
    pub checked_at: Option<Timestamp>,
    /// What keeps the workspace from being asked.
    pub trouble: Option<String>,
}

impl From<ArrivalRow> for ArrivalAnswer {
    fn from(row: ArrivalRow) -> Self {
        Self {
            event: row.event.into(),
            delay_seconds: row.arrived_at.map(|at| at.duration_since(row.subject.occurred_at).as_secs()),
            about: row.subject.into(),
            automation: row.automation.as_str().to_owned(),
            export: row.export.map(|(id, _)| id.into()),
            arrival: row.arrival.as_str(),
            arrived_at: row.arrived_at,
            checked_at: row.checked_at,
            trouble: row.trouble,
        }
    }
}
