//! Subscriptions.

use super::{Actor, Console, ConsoleError};
use diagnosis::permissions::{Permission, rights};
use domain::{
    Place, Role, SubscriptionFilter, SubscriptionId, SubscriptionList, Turn,
    subscriptions::Right,
    view::{SubscriptionDetail, SubscriptionRow},
};
use store::{EventFilter, SubscriptionOrder, SubscriptionPiece};

/// Rows on a page.
const ROWS_A_PAGE: usize = 50;
/// More than these are not offered in a menu.
const MOST_TO_CHOOSE: i64 = 300;
/// Longer nobody waits for what stands beside everything else.
const PATIENCE: std::time::Duration = std::time::Duration::from_secs(8);

impl Console {
    /// Every subscription as scopes look at it, with its name.
    pub async fn places(&self, actor: &Actor) -> Result<Vec<(Place, String)>, ConsoleError> {
        actor.require(Role::Viewer)?;
        Ok(self.store.places(&actor.visible).await?)
    }

    /// Every subscription the actor may see.
    pub async fn subscriptions(&self, actor: &Actor) -> Result<Vec<SubscriptionRow>, ConsoleError> {
        actor.require(Role::Viewer)?;
        Ok(self.store.list_subscriptions(&actor.visible).await?)
    }

    /// How many subscriptions the actor may see.
    pub async fn count_subscriptions(&self, actor: &Actor) -> Result<i64, ConsoleError> {
        actor.require(Role::Viewer)?;
        Ok(self.store.count_subscriptions(&actor.visible).await?)
    }

    /// Ids and names to choose from: all while they are few, else the wanted one alone.
    pub async fn subscription_names(
        &self,
        actor: &Actor,
        wanted: Option<&SubscriptionId>,
    ) -> Result<Vec<(String, String)>, ConsoleError> {
        actor.require(Role::Viewer)?;
        Ok(self.store.subscription_names(&actor.visible, wanted, MOST_TO_CHOOSE).await?)
    }

    /// A page of the subscriptions that a filter lets through, by name, with what is shown around it.
    pub async fn browse_subscriptions(
        &self,
        actor: &Actor,
        filter: &SubscriptionFilter,
        turn: Option<&Turn>,
    ) -> Result<SubscriptionList, ConsoleError> {
        actor.require(Role::Viewer)?;
        Ok(self.store.browse_subscriptions(&actor.visible, filter, turn, ROWS_A_PAGE).await?)
    }

    /// The same, newest first, without anything around it.
    pub async fn newest_subscriptions(
        &self,
        actor: &Actor,
        filter: &SubscriptionFilter,
        turn: Option<&Turn>,
        limit: usize,
    ) -> Result<SubscriptionPiece, ConsoleError> {
        actor.require(Role::Viewer)?;
        let order = SubscriptionOrder::NewestFirst;
        Ok(self.store.subscription_page(&actor.visible, filter, order, turn, limit).await?)
    }

    /// What the console's identity may do in a subscription, as Resource Manager says now.
    pub async fn rights(&self, actor: &Actor, id: &SubscriptionId) -> Result<Vec<Right>, ConsoleError> {
        actor.require(Role::Viewer)?;
        if self.store.find_subscription(&actor.visible, id).await?.is_none() {
            return Err(ConsoleError::NotFound("subscription"));
        }
        let arm = self.tenant_of(id).await?.arm();
        let asked = tokio::time::timeout(PATIENCE, arm.permissions::<Permission>(id)).await;
        let entries = asked
            .map_err(|_| ConsoleError::Conflict("Azure took too long to say what the identity may do here".to_owned()))?
            .map_err(|error| {
                ConsoleError::Conflict(format!("What the identity may do here could not be read: {}", error.told()))
            })?;
        Ok(rights(&entries))
    }

    /// One subscription with its plans and newest events.
    pub async fn subscription(&self, actor: &Actor, id: &SubscriptionId) -> Result<SubscriptionDetail, ConsoleError> {
        actor.require(Role::Viewer)?;
        let found = self.store.find_subscription(&actor.visible, id).await?;
        let row = found.ok_or(ConsoleError::NotFound("subscription"))?;
        let filter = EventFilter { subscription: Some(id.clone()), ..EventFilter::default() };
        let recent = self.store.list_events(&actor.visible, &filter, None, 15).await?.items;
        let plans = self.store.plans_of(id).await?;
        Ok(SubscriptionDetail { items: self.store.items_of(id).await?, row, plans, recent })
    }
}
