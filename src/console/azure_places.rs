//! What is asked about places that Azure's own exports send to.

use super::{
    Console,
    hub_usage::{PATIENCE, hub_usage, kind_of},
};
use azure::{Activity, Arm, AzureError, witness::known};
use diagnosis::{
    azure_target::{HubFacts, HubState, PlaceFacts},
    hub::HubUse,
    permissions::{Permission, allows_data},
    workspace::{WorkspaceFacts, WorkspaceState},
};
use domain::{AzureExport, ResourceId};
use futures::{StreamExt, future::join_all, stream};
use jiff::{SignedDuration, Timestamp};
use store::Visible;

/// Places that are asked about at the same time.
const AT_ONCE: usize = 6;
/// The most places of one question.
const MOST: usize = 50;
/// The Activity Log keeps this much.
const KEPT: SignedDuration = SignedDuration::from_hours(90 * 24 - 1);

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
        let largest = self.largest_event().await;
        let facts = stream::iter(asked).map(|(automation, place)| async move {
            let facts = if place.after("eventhubs").is_some() {
                PlaceFacts::Hub(Box::new(Box::pin(self.hub_facts(&automation, &place, largest)).await))
            } else {
                PlaceFacts::Workspace(Box::new(Box::pin(self.workspace_facts(&place, largest)).await))
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

    async fn hub_facts(&self, automation: &AzureExport, hub: &ResourceId, largest: u64) -> HubFacts {
        let arm = &self.arm_of(hub).await;
        let now = self.now();
        let with_key = !automation.trusted_service;
        let rule = async {
            let name = automation.key_rule.as_ref().filter(|_| with_key)?;
            Some((name.clone(), known(PATIENCE, arm.rule_rights(hub, name)).await))
        };
        let senders = async { if with_key { None } else { Some(known(PATIENCE, senders(arm, hub)).await) } };
        let renewed = async {
            if with_key {
                Some(known(PATIENCE, keys_renewed(arm, hub, automation.key_rule.as_deref(), now)).await)
            } else {
                None
            }
        };
        let (state, network, rule, senders, renewed, usage) = tokio::join!(
            known(PATIENCE, arm.hub_state(hub)),
            known(PATIENCE, arm.hub_trust(hub)),
            rule,
            senders,
            renewed,
            hub_usage(arm, hub, Err(String::new()).into(), largest, now)
        );
        let kind = kind_of(state.clone());
        let state = state.map(|found| {
            found.map(|hub| HubState {
                status: hub.status,
                namespace: hub.namespace_status,
                keys_refused: hub.local_auth_disabled,
            })
        });
        let same_tenant = self.same_tenant(automation, hub).await;
        HubFacts { state, rule, renewed, senders, network, same_tenant, usage: HubUse { kind, ..usage } }
    }

    /// Whether a place is in the tenant of the automation that sends there; none where its subscription is not visible.
    async fn same_tenant(&self, automation: &AzureExport, place: &ResourceId) -> Option<bool> {
        let of = place.subscription()?;
        if of == automation.subscription {
            return Some(true);
        }
        // What is not visible may be anywhere.
        self.store.find_subscription(&Visible::Everything, &of).await.ok()??;
        let (home, away) = (self.tenant_of(&automation.subscription).await.ok()?, self.tenant_of(&of).await.ok()?);
        Some(home.id == away.id)
    }

    async fn workspace_facts(&self, workspace: &ResourceId, largest: u64) -> WorkspaceFacts {
        let arm = &self.arm_of(workspace).await;
        let (state, solution, repeats) = tokio::join!(
            known(PATIENCE, arm.workspace_state(workspace)),
            known(PATIENCE, arm.has_security_solution(workspace)),
            known(PATIENCE, repeats(arm, workspace)),
        );
        let state = state.map(|found| {
            found.map(|one| WorkspaceState {
                state: one.state,
                ingestion: one.ingestion,
                public: one.public_ingestion,
                retention: one.retention,
                transformation: one.transformation,
            })
        });
        WorkspaceFacts { state, solution, repeats, largest }
    }
}

/// The roles Azure Event Hubs Data Sender and Data Owner, which may send.
const MAY_SEND: [&str; 2] = ["2b629674-e913-4c01-ae53-ef4638d8f975", "f526a384-b230-433a-b45c-95f59c4a2dec"];
/// What a role that somebody made must allow.
const SEND: &str = "Microsoft.EventHub/namespaces/messages/send/action";
/// Definitions of roles that are read; few scopes have more kinds of roles.
const MOST_ROLES: usize = 20;

/// The object ids that have a role by which they may send to a hub: a built-in one, or one whose definition says so.
async fn senders(arm: &Arm, hub: &ResourceId) -> Result<Vec<String>, AzureError> {
    let held = arm.hub_roles(hub).await?;
    let is_built_in = |role: &ResourceId| MAY_SEND.contains(&role.name().to_ascii_lowercase().as_str());
    let mut roles: Vec<ResourceId> = held.iter().map(|(_, role)| role.clone()).collect();
    roles.sort_by_key(ResourceId::key);
    roles.dedup_by_key(|role| role.key());
    let others: Vec<&ResourceId> = roles.iter().filter(|role| !is_built_in(role)).take(MOST_ROLES).collect();
    let asked = others.iter().map(|role| async move {
        let entries: Vec<Permission> = arm.role_permissions(role).await?;
        Ok(allows_data(&entries, SEND).then(|| role.key()))
    });
    let asked: Vec<Result<Option<String>, AzureError>> = join_all(asked).await;
    let own: Vec<String> = asked.iter().flatten().flatten().cloned().collect();
    let may = held.into_iter().filter(|(_, role)| is_built_in(role) || own.contains(&role.key()));
    let may: Vec<String> = may.map(|(principal, _)| principal).collect();
    // Where nobody was found, a role that cannot be read may be the one.
    match asked.into_iter().find_map(Result::err) {
        Some(error) if may.is_empty() => Err(error),
        _ => Ok(may),
    }
}

/// When keys of a rule were last made anew; of any rule of the hub's namespace where nobody says which one is used.
async fn keys_renewed(
    arm: &Arm,
    hub: &ResourceId,
    rule: Option<&str>,
    now: Timestamp,
) -> Result<Option<Timestamp>, AzureError> {
    let since = now.checked_sub(KEPT).unwrap_or(now);
    let all = arm.activity_of(&ResourceId::new(hub.before("eventhubs")), since).await?;
    let renews = |one: &&Activity| one.operation.to_ascii_lowercase().ends_with("regeneratekeys/action");
    let is_used = |one: &&Activity| rule.is_none_or(|rule| one.resource.name().eq_ignore_ascii_case(rule));
    Ok(all.iter().filter(renews).filter(is_used).map(|one| one.at).max())
}

/// Alerts of a day in a workspace, and how many of them have several rows.
async fn repeats(arm: &Arm, workspace: &ResourceId) -> Result<(i64, i64), AzureError> {
    const QUERY: &str = "SecurityAlert | summarize rows = count() by SystemAlertId | summarize alerts = count(), repeated = countif(rows > 1)";
    let id = arm.workspace_id(workspace).await?;
    let rows = arm.logs(&id, QUERY, "P1D").await?;
    let number = |name: &str| rows.first().and_then(|row| row.get(name)?.as_i64()).unwrap_or_default();
    Ok((number("alerts"), number("repeated")))
}
