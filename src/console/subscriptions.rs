//! Subscriptions.

use super::{Actor, Console, ConsoleError};
use crate::{
    domain::{
        Place, Role, SubscriptionId,
        view::{SubscriptionDetail, SubscriptionRow},
    },
    store::EventFilter,
};

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

    /// One subscription with its plans and newest events.
    pub async fn subscription(&self, actor: &Actor, id: &SubscriptionId) -> Result<SubscriptionDetail, ConsoleError> {
        let rows = self.subscriptions(actor).await?;
        let row = rows.into_iter().find(|row| row.id == *id).ok_or(ConsoleError::NotFound("subscription"))?;
        let filter = EventFilter { subscription: Some(id.clone()), ..EventFilter::default() };
        let recent = self.store.list_events(&actor.visible, &filter, None, 15).await?.items;
        let plans = self.store.plans_of(id).await?;
        Ok(SubscriptionDetail { items: self.store.items_of(id).await?, row, plans, recent })
    }
}
