//! What Azure's own exports let through, and whether it arrived.

use super::{At, UiError};
use domain::{
    Page,
    arrival::{ArrivalRow, ArrivalTally, HubUse},
};
use leptos::prelude::*;

/// A page of arrivals with the sums of the range; `export` empty means all of Azure's exports.
#[server(prefix = "/fn", endpoint = "arrivals")]
pub async fn arrivals(
    export: String,
    range: String,
    cursor: String,
) -> Result<At<(Page<ArrivalRow>, ArrivalTally)>, UiError> {
    let (console, actor) = super::door::door()?;
    let now = console.now();
    let export: Option<domain::ExportId> = super::door::optional("export", &export)?;
    let (since, cursor) = (super::reads::since(&range, now), domain::Cursor::parse(&cursor));
    Ok(At { now, value: console.arrivals(&actor, export.as_ref(), since, cursor, 50).await? })
}

/// Where one event was looked for.
#[server(prefix = "/fn", endpoint = "arrivals_of")]
pub async fn arrivals_of(event: String) -> Result<At<Vec<ArrivalRow>>, UiError> {
    let (console, actor) = super::door::door()?;
    let event = event.parse().map_err(|_| super::reads::not_found("event"))?;
    Ok(At { now: console.now(), value: console.arrivals_of(&actor, &event).await? })
}

/// What an event hub took and refused in the last 24 hours.
#[server(prefix = "/fn", endpoint = "show_hub_use")]
pub async fn show_hub_use(hub: String) -> Result<At<HubUse>, UiError> {
    let (console, actor) = super::door::door()?;
    Ok(At { now: console.now(), value: console.hub_use(&actor, &domain::ResourceId::new(&hub)).await? })
}
