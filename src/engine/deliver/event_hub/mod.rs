//! Event hubs: one JSON object an event, in the shape Azure's own export sends.

mod encode;
mod send;

pub use encode::encode;
pub use send::send;
