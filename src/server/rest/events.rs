//! `events`: what was observed, whether some export saw it or not.

#![expect(unused_qualifications, reason = "the macro for paths writes them for parameters")]

use super::{
    about::{About, Outcomes, json},
    asked::{Asked, Limit, Moment},
    caller::{Caller, Id},
    deliveries::DeliveryAnswer,
    list::List,
    problem::Problem,
    words::{ChangeWord, KindWord, SeverityWord},
};
use axum::Json;
use console::search::whole_id;
use domain::{
    Change, Cursor, EventId, Kind, ResourceId, Severity, SubscriptionId,
    view::{EventDetail, EventRow},
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use store::EventFilter;
use utoipa::{IntoParams, ToSchema};

/// Which events are wanted.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields, default)]
#[into_params(parameter_in = Query)]
pub(super) struct EventsQuery {
    /// Of this kind.
    #[param(value_type = Option<KindWord>)]
    kind: Option<Kind>,
    /// With this change.
    #[param(value_type = Option<ChangeWord>)]
    change: Option<Change>,
    /// In this subscription.
    #[param(value_type = Option<String>)]
    subscription: Option<SubscriptionId>,
    /// About this resource (its id).
    resource: Option<String>,
    /// With this severity.
    #[param(value_type = Option<SeverityWord>)]
    severity: Option<Severity>,
    /// That happened at or after this time (RFC 3339, or a length such as `24h`).
    #[param(value_type = Option<String>)]
    since: Option<Moment>,
    /// That happened before this time.
    #[param(value_type = Option<String>)]
    until: Option<Moment>,
    /// A whole event id, alert id, resource id, or link of Azure's portal.
    q: Option<String>,
    /// At most so many rows.
    #[param(value_type = Option<u16>, minimum = 1, maximum = 1000, default = 50)]
    limit: Limit,
    /// Where to go on: `next` of the answer before.
    #[param(value_type = Option<String>)]
    cursor: Option<Cursor>,
}

impl EventsQuery {
    fn filter(&self, now: Timestamp) -> EventFilter {
        EventFilter {
            kind: self.kind,
            change: self.change,
            subscription: self.subscription.clone(),
            resource: self.resource.as_deref().map(ResourceId::new),
            severity: self.severity,
            since: self.since.map(|moment| moment.at(now)),
            until: self.until.map(|moment| moment.at(now)),
            search: self.q.as_deref().map(whole_id),
        }
    }
}

/// One observed event.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Event)]
pub struct EventAnswer {
    /// Its id, 32 hex digits.
    id: String,
    /// What it is about.
    #[serde(flatten)]
    about: About,
    /// What became of it, over all exports that saw it.
    outcomes: Outcomes,
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
    row: EventAnswer,
    /// Alerts: the system alert id.
    alert_id: Option<String>,
    /// The item's own id at the source.
    item_id: String,
    /// Something worth knowing about how it was observed.
    note: Option<String>,
    /// The event as event hubs get it; null where no payload is kept.
    body: Option<serde_json::Value>,
    /// The row of Azure Resource Graph it was made from.
    source_row: Option<serde_json::Value>,
    /// What became of it, one per export that saw it.
    deliveries: Vec<DeliveryAnswer>,
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

/// Observed events
///
/// Newest first, baseline events included.
#[utoipa::path(get, path = "/api/v1/events", tag = "events", params(EventsQuery),
    responses((status = 200, body = List<EventAnswer>)))]
pub(super) async fn list_events(
    caller: Caller,
    Asked(query): Asked<EventsQuery>,
) -> Result<Json<List<EventAnswer>>, Problem> {
    let filter = query.filter(caller.console.now());
    let page = caller.console.events(&caller.actor, &filter, query.cursor, query.limit.0).await?;
    Ok(Json(List::of(page, Into::into)))
}

/// One event
///
/// With its payload and what became of it.
#[utoipa::path(get, path = "/api/v1/events/{id}", tag = "events",
    params(("id" = String, Path, description = "The event's id, 32 hex digits")),
    responses((status = 200, body = EventDetailAnswer)))]
pub(super) async fn get_event(caller: Caller, Id(id): Id<EventId>) -> Result<Json<EventDetailAnswer>, Problem> {
    Ok(Json(caller.console.event(&caller.actor, &id).await?.into()))
}
