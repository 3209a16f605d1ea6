//! Roll-out by Azure Policy: the assignments of the policies that export, what became of them, new ones, and remediation.

use super::{Actor, Console, ConsoleError, coverage, roll_out::delivery_of};
use azure::{AzureError, Tenant};
use domain::{
    AzureDelivery, ExportId, Place, ResourceId, Role, SubscriptionId, TenantId,
    policy::{Assignment, Compliance, PolicyView},
};
use futures::{StreamExt, stream};
use rules::policy::policy_drift;
use std::collections::{BTreeMap, BTreeSet};
use template::{self, Wanted};

/// Management groups and subscriptions that are asked for assignments at the same time, and subscriptions at most: above
/// them stand the management groups, which are all asked.
const AT_ONCE: usize = 8;
const MOST_SUBSCRIPTIONS: usize = 100;

/// The assignments, and what could not be read.
pub type Policies = (Vec<PolicyView>, Vec<String>);

impl Console {
    /// Every assignment of a policy that exports, with compliance, drift and remediations; and what could not be read.
    pub async fn policies(&self, actor: &Actor) -> Result<Policies, ConsoleError> {
        actor.require(Role::Viewer)?;
        let places = self.places(actor).await?;
        // The same group, and below it the same assignment, may be there in several tenants.
        let mut found: BTreeMap<(TenantId, String), (Tenant, Assignment)> = BTreeMap::new();
        let mut troubles = Vec::new();
        for (tenant, places) in self.by_tenant(places.clone()).await? {
            let asked: Vec<_> = stream::iter(scopes(&places))
                .map(|scope| (tenant.arm().clone(), scope))
                .map(|(arm, scope)| async move { (arm.export_policies(&scope).await, scope) })
                .buffered(AT_ONCE)
                .collect()
                .await;
            for (result, scope) in asked {
                match result {
                    Ok(all) => {
                        let keyed = |one: Assignment| ((tenant.id.clone(), one.id.key()), (tenant.clone(), one));
                        found.extend(all.into_iter().map(keyed));
                    }
                    Err(error) => {
                        troubles.push(self.said_of(&tenant, &format!("{}: {}", scope.name(), error.told())));
                    }
                }
            }
        }
        let names: BTreeMap<&SubscriptionId, &str> =
            places.iter().map(|(place, name)| (&place.id, name.as_str())).collect();
        let views: Vec<PolicyView> = stream::iter(found.into_values())
            .map(|(tenant, one)| self.policy(tenant, one, &names))
            .buffered(AT_ONCE)
            .collect()
            .await;
        Ok((views, troubles))
    }

    async fn policy(
        &self,
        tenant: Tenant,
        assignment: Assignment,
        names: &BTreeMap<&SubscriptionId, &str>,
    ) -> PolicyView {
        let arm = tenant.arm();
        let (compliance, remediations) = tokio::join!(arm.compliance(&assignment), arm.remediations(&assignment));
        let automations = self.automations().await.unwrap_or_default();
        let trouble =
            [compliance.as_ref().err(), remediations.as_ref().err()].into_iter().flatten().next().map(AzureError::told);
        let mut subscriptions: Vec<Compliance> = compliance
            .unwrap_or_default()
            .into_iter()
            .filter_map(|(id, compliant)| {
                // What the asking person does not see is left out.
                let name = (*names.get(&id)?).to_owned();
                let key = assignment.automation_in(&id).key();
                let found = coverage::of(&automations, &id).iter().find(|one| one.id.key() == key);
                Some(Compliance {
                    drift: found.map(|found| policy_drift(&assignment, found)),
                    name,
                    compliant,
                    subscription: id,
                })
            })
            .collect();
        subscriptions.sort_by(|a, b| (a.compliant, &a.name).cmp(&(b.compliant, &b.name)));
        PolicyView { subscriptions, remediations: remediations.unwrap_or_default(), trouble, assignment }
    }

    /// Starts a remediation of what an assignment finds not compliant; answers its name.
    pub async fn remediate(&self, actor: &Actor, assignment: &ResourceId) -> Result<String, ConsoleError> {
        actor.require(Role::Operator)?;
        self.require_writes().await?;
        let (found, _) = self.policies(actor).await?;
        let found = found.into_iter().find(|view| view.assignment.id.key() == assignment.key());
        let found = found.ok_or(ConsoleError::NotFound("policy assignment"))?.assignment;
        let name = format!("continuous-export-{}", self.now().as_second());
        let arm = self.tenant_of_resource(&found.scope).await?.arm();
        self.audit_policy(actor, "policy.remediate", &found.id, &name).await?;
        arm.remediate(&found.id, &found.scope, &name).await.map_err(|error| refused(&error))?;
        Ok(name)
    }

    /// Assigns the policy that fits an export at a management group, with an identity that may deploy there, and starts the
    /// remediation of what is there already.
    pub async fn assign_policy(&self, actor: &Actor, export: &ExportId, group: &str) -> Result<(), ConsoleError> {
        actor.require(Role::Operator)?;
        self.require_writes().await?;
        let export = self.export(actor, export).await?;
        let delivery = delivery_of(&export)?.clone();
        let places = self.places(actor).await?;
        if !groups(&places).iter().any(|(id, _)| id == group) {
            return Err(ConsoleError::invalid("group", "choose a management group"));
        }
        let wanted = Wanted {
            target: Some(AzureDelivery::as_target(&delivery)),
            body: export.body,
            enabled: true,
            known: Vec::new(),
        };
        let (properties, _) = template::assignment(&wanted, &delivery)
            .map_err(|why| ConsoleError::Conflict(format!("It cannot be assigned: {why}.")))?;
        let scope = ResourceId::new(&format!("/providers/Microsoft.Management/managementGroups/{group}"));
        // Names of assignments at management groups have at most 24 characters.
        let name: String = format!("ce-{}", export.id.as_str().replace('-', "")).chars().take(24).collect();
        let arm = self.tenant_of_resource(&scope).await?.arm();
        self.audit_policy(actor, "policy.assign", &scope, &wanted.body.name).await?;
        let (id, principal) = arm
            .assign_policy(&scope, &name, delivery.location.as_str(), &properties)
            .await
            .map_err(|error| refused(&error))?;
        let principal = principal.ok_or_else(|| {
            ConsoleError::Conflict("Azure gave the assignment no identity: it can deploy nothing.".to_owned())
        })?;
        let role = self.store.machine().id().to_string();
        match arm.make_contributor(&scope, &principal, &role).await {
            // It was assigned before, under the same name.
            Err(error) if error.fault().is_some_and(|fault| fault.code.as_deref() == Some("RoleAssignmentExists")) => {}
            Err(error) => {
                return Err(ConsoleError::Conflict(format!(
                    "The policy is assigned, but its identity {principal} has no role: {}. Give it Contributor on the management group, then remediate.",
                    error.told()
                )));
            }
            Ok(()) => {}
        }
        let remediation = format!("continuous-export-{}", self.now().as_second());
        arm.remediate(&id, &scope, &remediation).await.map_err(|error| refused(&error))
    }

    /// The management groups that a policy can be assigned at: id and name.
    pub async fn management_groups(&self, actor: &Actor) -> Result<Vec<(String, String)>, ConsoleError> {
        actor.require(Role::Viewer)?;
        Ok(groups(&self.places(actor).await?).into_iter().collect())
    }

    async fn audit_policy(
        &self,
        actor: &Actor,
        action: &'static str,
        of: &ResourceId,
        detail: &str,
    ) -> Result<(), ConsoleError> {
        let audit = self.entry(actor, action, ("policy", of.as_str()), format!("{}: {detail}", of.name()));
        Ok(self.store.audit(&audit).await?)
    }
}

fn refused(error: &AzureError) -> ConsoleError {
    let role = match error.fault().map(|fault| fault.status) {
        Some(403) => {
            " The console's identity needs Microsoft.Authorization/policyAssignments/write and roleAssignments/write there (role Resource Policy Contributor with User Access Administrator, or Owner)."
        }
        _ => "",
    };
    ConsoleError::Conflict(format!("Azure did not do it: {}.{role}", error.told()))
}

fn groups(places: &[(Place, String)]) -> BTreeSet<(String, String)> {
    places.iter().flat_map(|(place, _)| &place.groups).map(|group| (group.id.clone(), group.name.clone())).collect()
}

/// Where assignments are looked for: every management group, and the first subscriptions.
fn scopes(places: &[(Place, String)]) -> Vec<ResourceId> {
    let groups =
        groups(places).into_iter().map(|(id, _)| format!("/providers/Microsoft.Management/managementGroups/{id}"));
    let subscriptions = places.iter().take(MOST_SUBSCRIPTIONS).map(|(place, _)| format!("/subscriptions/{}", place.id));
    groups.chain(subscriptions).map(|id| ResourceId::new(&id)).collect()
}
