//! Health: the facts are gathered here, and judged in `diagnosis`.

use super::{Actor, Console, ConsoleError};
use crate::{
    diagnosis::health::{Facts, PlaceFacts, health},
    domain::{Role, SubscriptionId, verdict::Checked},
};
use futures::{StreamExt, stream};

/// The most subscriptions that are asked at once.
const MOST: usize = 100;
/// Questions under way at the same time.
const AT_ONCE: usize = 8;

impl Console {
    /// Every check that needs no item, the most harmful first.
    pub async fn health(&self, actor: &Actor) -> Result<Vec<Checked>, ConsoleError> {
        actor.require(Role::Viewer)?;
        let arm = &self.senders.arm;
        let token = self.senders.credential.bearer(&arm.http().cloud.arm_scope).await;
        let identity = match token {
            Ok(_) => Ok(self.identity(actor)?),
            Err(error) => Err(error.told()),
        };
        let subscriptions = self.subscriptions(actor).await?;
        let asked: Vec<(SubscriptionId, String)> = if identity.is_ok() {
            subscriptions.iter().take(MOST).map(|row| (row.id.clone(), row.name.clone())).collect()
        } else {
            Vec::new()
        };
        let places = stream::iter(asked).map(|(id, name)| self.place(id, name)).buffered(AT_ONCE).collect().await;
        let watching = self.watching();
        let targets = self.targets(actor).await?;
        let sending = if identity.is_ok() { self.target_facts(actor, &targets).await? } else { Vec::new() };
        let azure = if identity.is_ok() {
            let on =
                self.azure_exports(actor).await?.into_iter().map(|(export, _)| export).filter(|export| export.enabled);
            self.azure_place_facts(&on.collect::<Vec<_>>()).await
        } else {
            Vec::new()
        };
        let facts = Facts {
            now: self.now(),
            identity,
            clock: watching.clock,
            problem: watching.problem,
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

    async fn place(&self, id: SubscriptionId, name: String) -> PlaceFacts {
        let arm = &self.senders.arm;
        let (permissions, provider) = tokio::join!(arm.permissions(&id), arm.registration(&id, "Microsoft.Security"));
        PlaceFacts {
            id: id.to_string(),
            name,
            permissions: permissions.map_err(|error| error.told()),
            provider: provider.map_err(|error| error.told()),
        }
    }
}
