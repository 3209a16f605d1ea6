//! The delivery log and the observed events.

use super::{At, UiError};
use domain::{
    Page,
    view::{DeliveryDetail, DeliveryRow, EventDetail, EventRow, Tally, TargetRow},
};
use leptos::prelude::*;
use serde::{Deserialize, Serialize};

/// The filters of the log as they stand in the URL; empty means any.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct LogQuery {
    /// `deliveries`, `events`, `parked` or `jobs`.
    pub tab: String,
    /// `1h`, `24h`, `7d`, `30d`.
    pub range: String,
    /// An export's id.
    pub export: String,
    /// A target's id.
    pub target: String,
    /// An outcome.
    pub outcome: String,
    /// A kind of data.
    pub kind: String,
    /// A severity.
    pub severity: String,
    /// A subscription's id.
    pub subscription: String,
    /// A change (events only).
    pub change: String,
    /// A whole id, or a portal link.
    pub q: String,
    /// Where the page begins.
    pub cursor: String,
}

/// The rows of the log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum LogRows {
    /// Outcomes.
    Deliveries(Page<DeliveryRow>),
    /// Observed events.
    Events(Page<EventRow>),
}

/// The log with what surrounds it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogView {
    /// The rows.
    pub rows: LogRows,
    /// Outcomes in the range, whatever the filters.
    pub tally: Tally,
    /// Targets with a condition.
    pub troubled: Vec<TargetRow>,
    /// Exports to filter by: id and name.
    pub exports: Vec<(String, String)>,
    /// Subscriptions to filter by: id and name.
    pub subscriptions: Vec<(String, String)>,
    /// What is wrong with the filters, if something is.
    pub problem: Option<String>,
}

/// A page of the log.
#[server(prefix = "/fn", endpoint = "log")]
pub async fn log(query: LogQuery) -> Result<At<LogView>, UiError> {
    use console::search::whole_id;
    use domain::{Condition, Cursor};
    use store::EventFilter;
    const LIMIT: usize = 50;
    let (console, actor) = super::door::door()?;
    let now = console.now();
    let since = super::reads::since(&query.range, now);
    let mut problems = Vec::new();
    let search = Some(whole_id(&query.q)).filter(|text| !text.is_empty());
    let cursor = Cursor::parse(&query.cursor);
    if cursor.is_none() && !query.cursor.is_empty() {
        let place = super::reads::cut(&query.cursor);
        problems.push(format!("“{place}” is not a place in this list. This is its newest page."));
    }
    let rows = if query.tab == "events" {
        let filter = EventFilter {
            kind: read(&query.kind, "kind", &mut problems),
            change: read(&query.change, "change", &mut problems),
            subscription: read(&query.subscription, "subscription", &mut problems),
            severity: read(&query.severity, "severity", &mut problems),
            since: None,
            search,
            ..EventFilter::default()
        };
        LogRows::Events(console.events(&actor, &filter, cursor, LIMIT).await?)
    } else {
        let filter = delivery_filter(&query, now, &mut problems);
        LogRows::Deliveries(console.deliveries(&actor, &filter, cursor, LIMIT).await?)
    };
    let exports = console.export_names(&actor).await?;
    let wanted = query.subscription.parse().ok();
    let value = LogView {
        rows,
        tally: console.tally(&actor, since).await?,
        troubled: console.targets(&actor).await?.into_iter().filter(|row| row.condition != Condition::Ok).collect(),
        exports: exports.into_iter().map(|(id, name)| (id.to_string(), name)).collect(),
        subscriptions: console.subscription_names(&actor, wanted.as_ref()).await?,
        problem: problems.into_iter().next(),
    };
    Ok(At { now, value })
}

/// The filter of the list of deliveries; what cannot be read is left out and named.
#[cfg(feature = "ssr")]
pub(super) fn delivery_filter(
    query: &LogQuery,
    now: jiff::Timestamp,
    problems: &mut Vec<String>,
) -> store::DeliveryFilter {
    let search = Some(console::search::whole_id(&query.q)).filter(|text| !text.is_empty());
    let outcome =
        if query.tab == "parked" { Some(domain::Outcome::Parked) } else { read(&query.outcome, "outcome", problems) };
    store::DeliveryFilter {
        export: read(&query.export, "export", problems),
        target: read(&query.target, "target", problems),
        outcomes: outcome.into_iter().collect(),
        kind: read(&query.kind, "kind", problems),
        subscription: read(&query.subscription, "subscription", problems),
        severity: read(&query.severity, "severity", problems),
        since: search.is_none().then_some(super::reads::since(&query.range, now)),
        until: None,
        search,
    }
}

#[cfg(feature = "ssr")]
fn read<T: std::str::FromStr<Err: std::fmt::Display>>(
    text: &str,
    field: &str,
    problems: &mut Vec<String>,
) -> Option<T> {
    if text.is_empty() {
        return None;
    }
    match text.parse() {
        Ok(value) => Some(value),
        Err(error) => {
            problems.push(format!("The filter {field} is left out: {error}"));
            None
        }
    }
}

/// Everything about one delivery.
#[server(prefix = "/fn", endpoint = "delivery")]
pub async fn delivery(id: String) -> Result<At<DeliveryDetail>, UiError> {
    let (console, actor) = super::door::door()?;
    let id = id.parse().map_err(|_| super::reads::not_found("delivery"))?;
    Ok(At { now: console.now(), value: console.delivery(&actor, &id).await? })
}

/// Everything about one event.
#[server(prefix = "/fn", endpoint = "event")]
pub async fn event(id: String) -> Result<At<EventDetail>, UiError> {
    let (console, actor) = super::door::door()?;
    let id = id.parse().map_err(|_| super::reads::not_found("event"))?;
    Ok(At { now: console.now(), value: console.event(&actor, &id).await? })
}
