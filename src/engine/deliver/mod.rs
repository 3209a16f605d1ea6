//! Sends what is pending: claim a lane, fill a batch, send it, settle what came back.
//!
//! One worker a target, so that a dead or slow target delays no other. An attempt is written before its request and
//! settled after it; what an answer means is decided by [`judge`], without I/O. Recovery after a crash is the ordinary
//! path: whatever is pending is claimed, and attempts that were left open are settled as unknown by whoever takes the
//! lane. This room knows nothing of how events come to be. Each kind of target has its own folder with the same files.

mod batch;
mod engine;
mod event_hub;
mod judge;
mod lane;
mod sender;
pub mod workspace;

pub use engine::Engine;
pub use judge::{Judged, Reply, Situation, judge};
pub use sender::{Senders, TestResult};
