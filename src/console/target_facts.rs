//! What is asked about targets for the health checks.

use super::{
    Actor, Console, ConsoleError,
    hub_usage::{PATIENCE, hub_usage, kind_of},
};
use azure::{Tenant, targets, witness::known};
use diagnosis::hub::HubUse;
use diagnosis::target_health::{NetworkFacts, SignInFacts, TargetFacts, WayFacts};
use domain::{HubSignIn, SubscriptionId, TargetConfig, view::TargetRow};
use futures::{StreamExt, stream};

/// Targets that are asked about at the same time.
const AT_ONCE: usize = 4;
const SENDER: (&str, &str) = ("Azure Event Hubs Data Sender", "Microsoft.EventHub/namespaces/messages/send/action");
const PUBLISHER: (&str, &str) = ("Monitoring Metrics Publisher", "Microsoft.Insights/Telemetry/Write");

impl Console {
    /// Who may send to each target, and what its network lets through.
    pub(super) async fn target_facts(
        &self,
        actor: &Actor,
        all: &[TargetRow],
    ) -> Result<Vec<TargetFacts>, ConsoleError> {
        let by_tenant = self.by_tenant(self.places(actor).await?).await?;
        let mut asked = Vec::new();
        for target in all {
            let tenant = self.tenants().of(self.store.tenant_of_target(&target.id).await?.as_ref()).clone();
            let places = by_tenant.iter().find(|(of, _)| of.id == tenant.id).map(|(_, places)| places.as_slice());
            let of: Vec<SubscriptionId> =
                places.unwrap_or_default().iter().map(|(place, _)| place.id.clone()).collect();
            asked.push((target.clone(), tenant, of));
        }
        let largest = self.largest_event().await;
        let asked = stream::iter(asked)
            .map(|(target, tenant, of)| async move { Box::pin(self.facts_of(&target, &tenant, &of, largest)).await });
        Ok(asked.buffered(AT_ONCE).collect().await)
    }

    async fn facts_of(&self, target: &TargetRow, tenant: &Tenant, of: &[SubscriptionId], largest: u64) -> TargetFacts {
        let arm = tenant.arm();
        let (host, resource, sign_in, network, usage) = match &target.config {
            TargetConfig::EventHub(hub) => {
                let (sign_in, network, usage) = match &hub.resource_id {
                    None => (SignInFacts::Unknown, None, None),
                    Some(id) => {
                        let (network, kind, usage) = tokio::join!(
                            known(PATIENCE, arm.hub_network(id)),
                            known(PATIENCE, arm.hub_state(id)),
                            hub_usage(arm, id, Err(String::new()).into(), largest, self.now())
                        );
                        let kind = kind_of(kind);
                        let network = network.map(|found| NetworkFacts {
                            public_access: found.public_access,
                            only_named: found.only_named,
                        });
                        let sign_in = match (hub.sign_in, &hub.key_name) {
                            (HubSignIn::Key, Some(rule)) => {
                                let rights = known(PATIENCE, arm.rule_rights(id, rule)).await;
                                SignInFacts::Key(rule.clone(), rights)
                            }
                            (HubSignIn::Key, None) => SignInFacts::Unknown,
                            (HubSignIn::Identity, _) => {
                                let rights = async {
                                    tenant.hub_identity().confirm(&hub.namespace, id).await?;
                                    arm.rights_at(id).await
                                };
                                SignInFacts::Identity(SENDER.0, SENDER.1, known(PATIENCE, rights).await)
                            }
                        };
                        (sign_in, Some(network), Some(HubUse { kind, ..usage }))
                    }
                };
                (&hub.namespace, hub.resource_id.clone(), sign_in, network, usage)
            }
            TargetConfig::Workspace(workspace) => {
                let rule = targets::collection_rule(&tenant.graph(), of, &workspace.dcr_immutable_id).await;
                let (resource, sign_in) = match rule {
                    Ok(Some(id)) => {
                        let rights = known(PATIENCE, arm.rights_at(&id)).await;
                        (Some(id), SignInFacts::Identity(PUBLISHER.0, PUBLISHER.1, rights))
                    }
                    Ok(None) => (None, SignInFacts::Unknown),
                    Err(error) => (None, SignInFacts::Identity(PUBLISHER.0, PUBLISHER.1, Err(error.told()).into())),
                };
                (&workspace.ingestion_host, resource, sign_in, None, None)
            }
        };
        let way = match arm.http().way(host).await {
            None => WayFacts::Unsaid,
            Some(targets::Way::Proxy) => WayFacts::Proxy,
            Some(targets::Way::Private(address)) => WayFacts::Private(address.to_string()),
            Some(targets::Way::Public(address)) => WayFacts::Public(address.to_string()),
            Some(targets::Way::Unknown(why)) => WayFacts::NoName(why),
        };
        let resource = resource.map(|id| id.as_str().to_owned()).unwrap_or_default();
        TargetFacts { name: target.name.clone(), tenant: tenant.id.to_string(), resource, sign_in, network, usage, way }
    }
}
