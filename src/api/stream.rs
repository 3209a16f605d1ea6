//! Server-sent notices that something has changed.

use serde::Serialize;
use utoipa::ToSchema;

/// The data of one server-sent event.
#[derive(Debug, Serialize, ToSchema)]
pub struct Nudge {
    /// `overview`, `deliveries`, `targets` or `jobs`.
    pub topic: &'static str,
    /// Rises with every change; the `id` of the round's last event.
    pub latest: u64,
}
