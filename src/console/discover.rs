//! Places to send to that the console's identity can see, so that nobody types ids; and a test of one before it is saved.

use super::{Actor, Console, ConsoleError, TargetInput};
use azure::{AzureError, Tenant, discover};
use domain::{
    EventHubConfig, HubSignIn, Kind, Role, SubscriptionId, TargetConfig, TargetKind, WorkspaceConfig,
    azure::place_name, choices::FoundPlace, tables::table_of, target,
};
use engine::deliver::TestResult;
use store::DeliveryTarget;

/// A page that only offers something does not wait longer for it.
const PATIENCE: std::time::Duration = std::time::Duration::from_secs(4);

/// What could be listed, and why the rest could not: a sentence, and whether Azure only took too long.
type Listed<T> = (Vec<T>, Vec<(String, bool)>);

impl Console {
    /// The event hubs, or the workspaces with a data collection rule of the console's template, that can be seen; and what
    /// could not be listed, where something could.
    pub async fn places_to_send(
        &self,
        actor: &Actor,
        kind: TargetKind,
    ) -> Result<(Vec<FoundPlace>, Option<String>), ConsoleError> {
        actor.require(Role::Operator)?;
        let listing = |tenant: Tenant, of: Vec<SubscriptionId>| async move {
            match kind {
                TargetKind::EventHub => {
                    let hubs = discover::event_hubs(&tenant.graph(), tenant.arm(), &of).await?;
                    Ok(hubs.into_iter().map(hub_place).collect())
                }
                TargetKind::Workspace => {
                    let rules = discover::collection_rules(&tenant.graph(), &of).await?;
                    Ok(rules.into_iter().map(workspace_place).collect())
                }
            }
        };
        let (found, failed) = self.ask_every_tenant(actor, listing).await?;
        let why: Vec<String> = failed.into_iter().map(|(said, _)| said).collect();
        let why = (!why.is_empty()).then(|| why.join("; "));
        match why {
            Some(why) if found.is_empty() => Err(ConsoleError::Conflict(why)),
            why => Ok((found, why)),
        }
    }

    /// Event hubs and workspaces that Azure can be told to send to: what people call them, and their resource ids.
    pub async fn azure_places(&self, actor: &Actor) -> Result<Vec<(String, String)>, ConsoleError> {
        actor.require(Role::Operator)?;
        let listing = |tenant: Tenant, of: Vec<SubscriptionId>| async move {
            let graph = tenant.graph();
            let hubs = discover::event_hubs(&graph, tenant.arm(), &of).await?.into_iter().map(|hub| hub.id);
            let workspaces = discover::workspaces(&graph, &of).await?;
            Ok(hubs.chain(workspaces).collect::<Vec<_>>())
        };
        let (found, failed) = self.ask_every_tenant(actor, listing).await?;
        match failed.into_iter().find(|(_, took_long)| !took_long) {
            Some((said, _)) if found.is_empty() => Err(ConsoleError::Conflict(said)),
            _ => Ok(found.into_iter().map(|id| (place_name(&id), id.as_str().to_owned())).collect()),
        }
    }

    /// Asks for the same in every tenant at once: what the others answer counts though one cannot be asked.
    async fn ask_every_tenant<T, F: Future<Output = Result<Vec<T>, AzureError>>>(
        &self,
        actor: &Actor,
        listing: impl Fn(Tenant, Vec<SubscriptionId>) -> F,
    ) -> Result<Listed<T>, ConsoleError> {
        let by_tenant = self.by_tenant(self.places(actor).await?).await?;
        let asked = by_tenant.into_iter().map(|(tenant, places)| {
            let of = places.into_iter().map(|(place, _)| place.id).collect();
            let answer = tokio::time::timeout(PATIENCE, listing(tenant.clone(), of));
            async move { (tenant, answer.await) }
        });
        let (mut found, mut failed) = (Vec::new(), Vec::new());
        for (tenant, answer) in futures::future::join_all(asked).await {
            let (said, took_long) = match answer {
                Ok(Ok(some)) => {
                    found.extend(some);
                    continue;
                }
                Ok(Err(error)) => (format!("what the identity can see could not be listed: {}", error.told()), false),
                Err(_) => ("Azure took too long to list what the identity can see".to_owned(), true),
            };
            failed.push((self.said_of(&tenant, &said), took_long));
        }
        Ok((found, failed))
    }

    /// Sends two test events to a target that is not saved; nothing is remembered of it but the audit entry.
    pub async fn test_unsaved(&self, actor: &Actor, input: &TargetInput) -> Result<TestResult, ConsoleError> {
        actor.require(Role::Operator)?;
        super::targets::check_input(input, &self.tenants().first().http().cloud)?;
        let tenant = &self.tenant_of_target(&input.config).await?.id;
        let target = DeliveryTarget::unsaved(&input.name, &input.config, tenant);
        let result = self.senders.test(&target, input.secret.clone(), self.store.now()).await;
        let said = format!("{} (not saved): {}", input.config.address(), result.detail);
        self.store.audit(&self.entry(actor, "target.test", ("target", ""), said)).await?;
        Ok(result)
    }
}

fn hub_place(hub: discover::SeenHub) -> FoundPlace {
    FoundPlace {
        name: format!("{} / {}", hub.host.split('.').next().unwrap_or_default(), hub.name),
        about: hub.host.clone(),
        config: TargetConfig::EventHub(EventHubConfig {
            namespace: hub.host,
            hub: hub.name,
            resource_id: Some(hub.id),
            sign_in: HubSignIn::Identity,
            key_name: None,
        }),
    }
}

fn workspace_place(rule: discover::SeenRule) -> FoundPlace {
    let missing = Kind::ALL.iter().filter(|kind| !rule.streams.contains(&table_of(**kind).stream())).count();
    FoundPlace {
        name: rule.workspace.name().to_owned(),
        about: match missing {
            0 => "its rule declares the streams of all kinds".to_owned(),
            n => format!("its rule lacks the streams of {n} kinds of data"),
        },
        config: TargetConfig::Workspace(WorkspaceConfig {
            ingestion_host: rule.host,
            dcr_immutable_id: rule.immutable_id,
            alert_stream: target::alert_stream(),
            recommendation_stream: target::recommendation_stream(),
            resource_id: Some(rule.workspace),
        }),
    }
}
