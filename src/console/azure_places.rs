//! What is asked about places that Azure's own exports send to.

use super::Console;
use crate::{
    azure::Arm,
    diagnosis::azure_target::{HubFacts, PlaceFacts, WorkspaceFacts},
    domain::{AzureExport, ResourceId},
};
use futures::{StreamExt, stream};
use std::time::Duration;

/// Places that are asked about at the same time.
const AT_ONCE: usize = 6;
/// The most places of one question.
const MOST: usize = 50;
/// What takes longer cannot be had.
const PATIENCE: Duration = Duration::from_millis(1800);

/// An automation, a place it sends to, and what is known of that place.
pub(super) type Place = (AzureExport, ResourceId, PlaceFacts);

impl Console {
    /// The facts of the places that automations send to; a place that several send to in the same way is asked about once.
    pub(super) async fn azure_place_facts(&self, automations: &[AzureExport]) -> Vec<Place> {
        let mut asked: Vec<(AzureExport, ResourceId)> = Vec::new();
        for automation in automations {
            for target in &automation.targets {
                let is_known = |(known, place): &(AzureExport, ResourceId)| {
                    place.key() == target.key()
                        && known.trusted_service == automation.trusted_service
                        && known.key_rule == automation.key_rule
                };
                if asked.len() < MOST && !asked.iter().any(is_known) {
                    asked.push((automation.clone(), target.clone()));
                }
            }
        }
        let facts = stream::iter(asked).map(|(automation, place)| async move {
            let facts = if place.after("eventhubs").is_some() {
                PlaceFacts::Hub(self.hub_facts(&automation, &place).await)
            } else {
                PlaceFacts::Workspace(self.workspace_facts(&place).await)
            };
            (automation, place, facts)
        });
        facts.buffered(AT_ONCE).collect().await
    }

    /// Which tenant a place is in is known, or the first one is asked.
    async fn arm_of(&self, place: &ResourceId) -> Arm {
        let of = self.tenant_of_resource(place).await;
        of.unwrap_or_else(|_| self.tenants().first()).arm().clone()
    }

    async fn hub_facts(&self, automation: &AzureExport, hub: &ResourceId) -> HubFacts {
        let arm = &self.arm_of(hub).await;
        let rule = async {
            let name = automation.key_rule.as_ref().filter(|_| !automation.trusted_service)?;
            Some((name.clone(), in_time(arm.rule_rights(hub, name)).await))
        };
        let senders =
            async { if automation.trusted_service { Some(in_time(arm.hub_senders(hub)).await) } else { None } };
        let (state, network, rule, senders) =
            tokio::join!(in_time(arm.hub_state(hub)), in_time(arm.hub_trust(hub)), rule, senders);
        let state = state.map(|found| found.map(|hub| (hub.status, hub.namespace_status, hub.local_auth_disabled)));
        HubFacts { state, rule, senders, network }
    }

    async fn workspace_facts(&self, workspace: &ResourceId) -> WorkspaceFacts {
        let arm = &self.arm_of(workspace).await;
        let (state, solution) =
            tokio::join!(in_time(arm.workspace_state(workspace)), in_time(arm.has_security_solution(workspace)));
        let state = state.map(|found| found.map(|one| (one.state, one.ingestion, one.public_ingestion)));
        WorkspaceFacts { state, solution }
    }
}

/// What Azure answers, or the sentence that says why it did not.
async fn in_time<T>(asked: impl Future<Output = Result<T, crate::azure::AzureError>>) -> Result<T, String> {
    match tokio::time::timeout(PATIENCE, asked).await {
        Ok(Ok(found)) => Ok(found),
        Ok(Err(error)) => Err(error.told()),
        Err(_) => Err("Resource Manager took too long to answer.".to_owned()),
    }
}
