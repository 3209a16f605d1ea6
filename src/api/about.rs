//! Parts that several answers share.

use super::words::{ChangeWord, KindWord, SeverityWord};
use domain::{
    Change, ExportId, Kind, Severity,
    view::{Subject, Tally},
};
use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

/// How many events had each outcome. They add up to what was seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
pub struct Outcomes {
    /// Accepted by their target.
    pub delivered: i64,
    /// Waiting for their turn or for the target.
    pub pending: i64,
    /// Let not through by a rule.
    pub filtered: i64,
    /// Refused as themselves, or too old: kept with their reason.
    pub parked: i64,
    /// Cancelled by a person.
    pub cancelled: i64,
}

impl From<Tally> for Outcomes {
    fn from(tally: Tally) -> Self {
        let Tally { delivered, pending, filtered, parked, cancelled } = tally;
        Self { delivered, pending, filtered, parked, cancelled }
    }
}

/// What an event is about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct About {
    /// The kind of data.
    #[schema(value_type = KindWord)]
    pub kind: Kind,
    /// What happened.
    #[schema(value_type = ChangeWord)]
    pub change: Change,
    /// What people call it. Texts of alerts may come from an attacker.
    pub title: String,
    /// How bad it is.
    #[schema(value_type = Option<SeverityWord>)]
    pub severity: Option<Severity>,
    /// Its status word at the source.
    pub status: String,
    /// The resource's id.
    pub resource: String,
    /// The subscription's id.
    #[schema(format = Uuid)]
    pub subscription: String,
    /// The subscription's name.
    pub subscription_name: String,
    /// The source's time.
    pub occurred_at: Timestamp,
    /// When the console saw it.
    pub observed_at: Timestamp,
}

impl From<Subject> for About {
    fn from(subject: Subject) -> Self {
        Self {
            kind: subject.kind,
            change: subject.change,
            title: subject.title,
            severity: subject.severity,
            status: subject.status,
            resource: subject.resource.as_str().to_owned(),
            subscription: subject.subscription.into(),
            subscription_name: subject.subscription_name,
            occurred_at: subject.occurred_at,
            observed_at: subject.observed_at,
        }
    }
}

/// An export by id and name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Named {
    /// Its id.
    #[schema(format = Uuid)]
    pub id: String,
    /// Its name.
    pub name: String,
}

impl From<(ExportId, String)> for Named {
    fn from((id, name): (ExportId, String)) -> Self {
        Self { id: id.into(), name }
    }
}

/// JSON text as JSON; what is no JSON stays text.
pub(crate) fn json(text: String) -> serde_json::Value {
    serde_json::from_str(&text).unwrap_or(serde_json::Value::String(text))
}
