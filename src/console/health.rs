//! Health: the facts are gathered here, and judged in `diagnosis`.

use super::{Actor, Console, ConsoleError, identity::identity_view};
use crate::{
    azure::Tenant,
    diagnosis::health::{Facts, PlaceFacts, TenantFacts, health},
    domain::{Role, SubscriptionId, verdict::Checked},
};
use futures::{StreamExt, stream};

/// The most subscriptions of a tenant that are asked at once.
const MOST: usize = 100;
/// Questions under way at the same time.
const AT_ONCE: usize = 8;

impl Console {
    /// Every check that needs no item, the most harmful first.
    pub async fn health(&self, actor: &Actor) -> Result<Vec<Checked>, ConsoleError> {
        actor.require(Role::Viewer)?;
        let tenants = self.tenant_health().await;
        let subscriptions = self.subscriptions(actor).await?;
        let watched = subscriptions.iter().map(|row| (row.place.clone(), row.name.clone())).collect();
        let mut asked = Vec::new();
        for (tenant, places) in self.by_tenant(watched).await? {
            let gets_tokens = tenants.iter().any(|one| one.id == tenant.id.as_str() && one.identity.is_ok());
            let some = places.into_iter().filter(|_| gets_tokens).map(|(place, name)| (tenant.clone(), place.id, name));
            asked.extend(some.take(MOST));
        }
        let asked = stream::iter(asked).map(|(tenant, id, name)| place_facts(tenant, id, name));
        let places = asked.buffered(AT_ONCE).collect().await;
        let targets = self.targets(actor).await?;
        let sending = if tenants.iter().any(|one| one.identity.is_ok()) {
            self.target_facts(actor, &targets).await?
        } else {
            Vec::new()
        };
        let azure = if tenants.iter().any(|one| one.identity.is_ok()) {
            let on =
                self.azure_exports(actor).await?.into_iter().map(|(export, _)| export).filter(|export| export.enabled);
            self.azure_place_facts(&on.collect::<Vec<_>>()).await
        } else {
            Vec::new()
        };
        let facts = Facts {
            now: self.now(),
            tenants,
            clock: self.clock(),
            subscriptions,
            places,
            targets,
            sending,
            azure,
            coverage: self.coverage(actor).await?,
            books: self.store.books().await.map_err(|error| crate::observe::chain(&error)),
        };
        Ok(health(&facts))
    }

    /// Who the console is in each tenant, and what watching it suffers from.
    async fn tenant_health(&self) -> Vec<TenantFacts> {
        let asked = self.tenants().iter().map(|tenant| async move {
            let token = tenant.credential.bearer(&tenant.http().cloud.arm_scope).await;
            TenantFacts {
                id: tenant.id.to_string(),
                name: tenant.name.clone(),
                identity: token.map(|_| identity_view(tenant)).map_err(|error| error.told()),
                problem: self.watching_of(tenant).problem,
            }
        });
        futures::future::join_all(asked).await
    }
}

async fn place_facts(tenant: Tenant, id: SubscriptionId, name: String) -> PlaceFacts {
    let arm = tenant.arm();
    let (permissions, provider) = tokio::join!(arm.permissions(&id), arm.registration(&id, "Microsoft.Security"));
    PlaceFacts {
        id: id.to_string(),
        name,
        tenant: tenant.id.to_string(),
        permissions: permissions.map_err(|error| error.told()),
        provider: provider.map_err(|error| error.told()),
    }
}
