//! What was observed, whether some export saw it or not.

use super::{
    about::{About, Outcomes, json},
    deliveries::DeliveryAnswer,
    query::{Limit, Moment},
    words::{ChangeWord, KindWord, SeverityWord},
};
use domain::{
    Change, Cursor, Kind, Severity, SubscriptionId,
    view::{EventDetail, EventRow},
};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// Which events are wanted.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields, default)]
#[into_params(parameter_in = Query)]
pub struct EventsQuery {
    /// Of this kind.
    #[param(value_type = Option<KindWord>)]
    pub kind: Option<Kind>,
    /// With this change.
    #[param(value_type = Option<ChangeWord>)]
    pub change: Option<Change>,
    /// In this subscription.
    #[param(value_type = Option<String>)]
    pub subscription: Option<SubscriptionId>,
    /// About this resource (its id).
    pub resource: Option<String>,
    /// With this severity.
    #[param(value_type = Option<SeverityWord>)]
    pub severity: Option<Severity>,
    /// That happened at or after this time (RFC 3339, or a length such as `24h`).
    #[param(value_type = Option<String>)]
    pub since: Option<Moment>,
    /// That happened before this time.
    #[param(value_type = Option<String>)]
    pub until: Option<Moment>,
    /// A whole event id, alert id, resource id, or link of Azure's portal.
    pub q: Option<String>,
    /// At most so many rows.
    #[param(value_type = Option<u16>, minimum = 1, maximum = 1000, default = 50)]
    pub limit: Limit,
    /// Where to go on: `next` of the answer before.
    #[param(value_type = Option<String>)]
    pub cursor: Option<Cursor>,
}

/// One observed event.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Event)]
pub struct EventAnswer {
    /// Its id, 32 hex digits.
    pub id: String,
    /// What it is about.
    #[serde(flatten)]
    pub about: About,
    /// What became of it, over all exports that saw it.
    pub outcomes: Outcomes,
}

impl From<EventRow> for EventAnswer {
    fn from(row: EventRow) -> Self {
        Self { id: row.id.into(), about: row.subject.into(), outcomes: row.outcomes.into() }
    }
}

/// Everything about one event.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = EventDetail)]
pub struct EventDetailAnswer {
    /// The line in the list.
    #[serde(flatten)]
    pub row: EventAnswer,
    /// Alerts: the system alert id.
    pub alert_id: Option<String>,
    /// The item's own id at the source.
    pub item_id: String,
    /// Something worth knowing about how it was observed.
    pub note: Option<String>,
    /// The event as event hubs get it; null where no payload is kept.
    pub body: Option<serde_json::Value>,
    /// The row of Azure Resource Graph it was made from.
    pub source_row: Option<serde_json::Value>,
    /// What became of it, one per export that saw it.
    pub deliveries: Vec<DeliveryAnswer>,
}

impl From<EventDetail> for EventDetailAnswer {
    fn from(detail: EventDetail) -> Self {
        Self {
            row: detail.row.into(),
            alert_id: detail.alert_id,
            item_id: detail.item_id,
            note: detail.note,
            body: detail.body.map(json),
            source_row: detail.source_row.map(json),
            deliveries: detail.deliveries.into_iter().map(Into::into).collect(),
        }
    }
}
