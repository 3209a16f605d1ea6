//! Arrival of what Azure's own exports let through: found at workspaces, counted at event hubs.

use super::{Actor, Console, ConsoleError};
use domain::text::chain;
use domain::{
    Cursor, EventId, ExportId, Page, ResourceId, Role,
    arrival::{ArrivalRow, ArrivalTally, HubUse},
};
use jiff::{SignedDuration, Timestamp};
use std::{
    collections::HashMap,
    sync::Arc,
    time::{Duration, Instant},
};
use tokio::sync::Mutex;

/// A page waits no longer for figures from Azure.
const PATIENCE: Duration = Duration::from_secs(5);

/// Metrics are of minutes: pages that follow every change need not ask each time.
const FRESH: Duration = Duration::from_mins(1);

/// What hubs took and refused, as asked last.
#[derive(Debug, Clone, Default)]
pub(super) struct HubUses(Arc<Mutex<HashMap<String, (Instant, HubUse)>>>);

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
        if !self.is_sent_to(actor, hub).await? {
            return Err(ConsoleError::NotFound("event hub that something is sent to"));
        }
        if let Some((at, known)) = self.hub_uses.0.lock().await.get(&hub.key())
            && at.elapsed() < FRESH
        {
            return Ok(known.clone());
        }
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
        let found = HubUse { hub: hub.clone(), metrics, trouble };
        self.hub_uses.0.lock().await.insert(hub.key(), (Instant::now(), found.clone()));
        Ok(found)
    }

    /// Whether a hub is a target, or something that Azure's exports send to: nothing else is asked about for a page.
    async fn is_sent_to(&self, actor: &Actor, hub: &ResourceId) -> Result<bool, ConsoleError> {
        let key = hub.key();
        let ours = self.targets(actor).await?;
        if ours.iter().any(|target| target.config.resource_id().is_some_and(|id| id.key() == key)) {
            return Ok(true);
        }
        let wanted = self.store.list_exports().await?;
        if wanted.iter().any(|export| export.body.azure.as_ref().is_some_and(|azure| azure.destination.key() == key)) {
            return Ok(true);
        }
        let theirs = self.azure_exports(actor).await?;
        Ok(theirs.iter().any(|(export, _)| export.targets.iter().any(|target| target.key() == key)))
    }
}
