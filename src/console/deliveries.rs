//! The delivery log and the observed events.

use super::{Actor, Console, ConsoleError};
use domain::{
    Cursor, DeliveryId, EventId, Page, Role,
    view::{DeliveryDetail, DeliveryRow, EventDetail, EventRow},
};
use store::{DeliveryFilter, EventFilter};

impl Console {
    /// A page of the delivery log.
    pub async fn deliveries(
        &self,
        actor: &Actor,
        filter: &DeliveryFilter,
        cursor: Option<Cursor>,
        limit: usize,
    ) -> Result<Page<DeliveryRow>, ConsoleError> {
        actor.require(Role::Viewer)?;
        Ok(self.store.list_deliveries(&actor.visible, filter, cursor, limit).await?)
    }

    /// One delivery.
    pub async fn delivery(&self, actor: &Actor, id: &DeliveryId) -> Result<DeliveryDetail, ConsoleError> {
        actor.require(Role::Viewer)?;
        self.store.find_delivery(&actor.visible, id).await?.ok_or(ConsoleError::NotFound("delivery"))
    }

    /// A page of observed events.
    pub async fn events(
        &self,
        actor: &Actor,
        filter: &EventFilter,
        cursor: Option<Cursor>,
        limit: usize,
    ) -> Result<Page<EventRow>, ConsoleError> {
        actor.require(Role::Viewer)?;
        Ok(self.store.list_events(&actor.visible, filter, cursor, limit).await?)
    }

    /// One event.
    pub async fn event(&self, actor: &Actor, id: &EventId) -> Result<EventDetail, ConsoleError> {
        actor.require(Role::Viewer)?;
        self.store.find_event(&actor.visible, id).await?.ok_or(ConsoleError::NotFound("event"))
    }
}
