//! Arrival of what Azure's own exports let through: found at workspaces, counted at event hubs.

use super::{Actor, Console, ConsoleError};
use crate::{
    domain::{
        Cursor, EventId, ExportId, Page, ResourceId, Role,
        arrival::{ArrivalRow, ArrivalTally, HubUse},
    },
    observe::chain,
};
use jiff::{SignedDuration, Timestamp};
use std::time::Duration;

/// A page waits no longer for figures from Azure.
const PATIENCE: Duration = Duration::from_secs(5);

impl Console {
    /// What Azure's exports let through and whether it was found, newest first; with an export only what its automations
    /// send.
    pub async fn arrivals(
        &self,
        actor: &Actor,
        export: Option<&ExportId>,
        since: Timestamp,
        cursor: Option<Cursor>,
        limit: usize,
    ) -> Result<(Page<ArrivalRow>, ArrivalTally), ConsoleError> {
        actor.require(Role::Viewer)?;
        let keys = match export {
            None => None,
            Some(id) => {
                let rows = self.store.roll_out(id).await?;
                Some(rows.into_iter().map(|row| row.automation.key()).collect::<Vec<_>>())
            }
        };
        let page = self.store.list_arrivals(&actor.visible, None, keys.as_deref(), cursor, limit).await?;
        let tally = self.store.tally_arrivals(&actor.visible, keys.as_deref(), since).await?;
        Ok((page, tally))
    }

    /// Where one event was looked for.
    pub async fn arrivals_of(&self, actor: &Actor, event: &EventId) -> Result<Vec<ArrivalRow>, ConsoleError> {
        actor.require(Role::Viewer)?;
        Ok(self.store.list_arrivals(&actor.visible, Some(event), None, None, 100).await?.items)
    }

    /// What an event hub took and refused in the last 24 hours, by its metrics. What cannot be read is named in the answer.
    pub async fn hub_use(&self, actor: &Actor, hub: &ResourceId) -> Result<HubUse, ConsoleError> {
        actor.require(Role::Viewer)?;
        let now = self.now();
        let since = now.saturating_sub(SignedDuration::from_hours(24)).unwrap_or(now);
        let asked =
            tokio::time::timeout(PATIENCE, self.tenant_of_resource(hub).await?.arm().hub_metrics(hub, since, now))
                .await;
        let (metrics, trouble) = match asked {
            Ok(Ok(found)) => (found.into_iter().map(|metric| (metric.name, metric.hours)).collect(), None),
            Ok(Err(error)) => (Vec::new(), Some(error.told())),
            Err(elapsed) => (Vec::new(), Some(format!("Azure took too long ({})", chain(&elapsed)))),
        };
        Ok(HubUse { hub: hub.clone(), metrics, trouble })
    }
}
