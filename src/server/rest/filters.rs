//! The filters of the API as those of the store.

use api::{EventsQuery, ReplayFilter};
use console::search::whole_id;
use domain::ResourceId;
use jiff::Timestamp;
use store::{DeliveryFilter, EventFilter};

/// Which events a query means.
pub(super) fn of_events(query: EventsQuery, now: Timestamp) -> EventFilter {
    EventFilter {
        kind: query.kind,
        change: query.change,
        subscription: query.subscription,
        resource: query.resource.as_deref().map(ResourceId::new),
        severity: query.severity,
        since: query.since.map(|moment| moment.at(now)),
        until: query.until.map(|moment| moment.at(now)),
        search: query.q.as_deref().map(whole_id),
    }
}

/// Which deliveries a query or a replay means.
pub(super) fn of_deliveries(filter: impl Into<ReplayFilter>, now: Timestamp) -> DeliveryFilter {
    let filter = filter.into();
    DeliveryFilter {
        export: filter.export,
        target: filter.target,
        outcomes: filter.outcome,
        kind: filter.kind,
        subscription: filter.subscription,
        severity: filter.severity,
        since: filter.since.map(|moment| moment.at(now)),
        until: filter.until.map(|moment| moment.at(now)),
        search: filter.q.as_deref().map(whole_id).filter(|id| !id.is_empty()),
    }
}
