//! Which tenant's identity is used for what. With one tenant it is always that one, and nothing is looked up.

use super::{Console, ConsoleError};
use azure::{Tenant, Tenants};
use domain::{Place, ResourceId, SubscriptionId, TargetConfig};
use engine::observe::Status;

impl Console {
    /// The tenants of the console.
    pub fn tenants(&self) -> &Tenants {
        &self.senders.tenants
    }

    /// The tenant that a subscription was listed in; the first for one that is not known.
    pub(super) async fn tenant_of(&self, id: &SubscriptionId) -> Result<&Tenant, ConsoleError> {
        if !self.tenants().are_several() {
            return Ok(self.tenants().first());
        }
        Ok(self.tenants().of(self.store.tenant_of(id).await?.as_ref()))
    }

    /// The tenant of a resource: that of its subscription, or of the management group it stands at.
    pub(super) async fn tenant_of_resource(&self, id: &ResourceId) -> Result<&Tenant, ConsoleError> {
        if let Some(subscription) = id.subscription() {
            return self.tenant_of(&subscription).await;
        }
        match id.after("managementGroups") {
            Some(group) => self.tenant_of_group(group).await,
            None => Ok(self.tenants().first()),
        }
    }

    /// The tenant of a management group. Ids of groups are unique within a tenant only: where several have one of this id
    /// nobody can tell which is meant.
    async fn tenant_of_group(&self, group: &str) -> Result<&Tenant, ConsoleError> {
        if !self.tenants().are_several() {
            return Ok(self.tenants().first());
        }
        let found = self.store.tenants_of_group(group).await?;
        match found.as_slice() {
            [] => Ok(self.tenants().first()),
            [one] => Ok(self.tenants().of(Some(one))),
            _ => Err(ConsoleError::Conflict(format!(
                "Several of the console's tenants have a management group {group}, and this does not say which is meant."
            ))),
        }
    }

    /// The tenant of a target: that of the resource it names; the first where it names none.
    pub(super) async fn tenant_of_target(&self, config: &TargetConfig) -> Result<&Tenant, ConsoleError> {
        let resource = match config {
            TargetConfig::EventHub(hub) => hub.resource_id.as_ref(),
            TargetConfig::Workspace(workspace) => workspace.resource_id.as_ref(),
        };
        match resource {
            Some(id) => self.tenant_of_resource(id).await,
            None => Ok(self.tenants().first()),
        }
    }

    /// Subscriptions by the tenant that has to be asked about them; tenants without any are left out.
    pub(super) async fn by_tenant(
        &self,
        places: Vec<(Place, String)>,
    ) -> Result<Vec<(Tenant, Vec<(Place, String)>)>, ConsoleError> {
        if !self.tenants().are_several() {
            return Ok(vec![(self.tenants().first().clone(), places)]);
        }
        let known = self.store.tenants_of_all().await?;
        let mut all: Vec<(Tenant, Vec<(Place, String)>)> =
            self.tenants().iter().map(|tenant| (tenant.clone(), Vec::new())).collect();
        for place in places {
            let of = self.tenants().of(known.get(&place.0.id));
            if let Some((_, some)) = all.iter_mut().find(|(tenant, _)| tenant.id == of.id) {
                some.push(place);
            }
        }
        all.retain(|(_, some)| !some.is_empty());
        Ok(all)
    }

    /// A sentence about a tenant, which is named only where there are several.
    pub(super) fn said_of(&self, tenant: &Tenant, said: &str) -> String {
        if self.tenants().are_several() { format!("{}: {said}", tenant.name) } else { said.to_owned() }
    }

    /// What watching suffers from as a whole, a sentence each: the tenants' problems, the oldest first, and the clock.
    pub fn problems(&self) -> Vec<String> {
        let mut problems: Vec<_> = self
            .tenants()
            .iter()
            .filter_map(|tenant| {
                let status = self.watching_of(tenant);
                Some((status.since, self.said_of(tenant, &status.problem?)))
            })
            .collect();
        problems.sort();
        problems.into_iter().map(|(_, said)| said).chain(self.clock()).collect()
    }

    /// How far this machine's clock is from Azure's, when that is too far: there is one machine, and one clock.
    pub(super) fn clock(&self) -> Option<String> {
        self.tenants().iter().find_map(|tenant| self.watching_of(tenant).clock)
    }

    /// What watching one tenant suffers from.
    pub(super) fn watching_of(&self, tenant: &Tenant) -> Status {
        let of = self.watching.iter().find(|(id, _)| *id == tenant.id);
        of.map(|(_, status)| status.borrow().clone()).unwrap_or_default()
    }
}
