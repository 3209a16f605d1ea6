//! What the console does by itself: watching the sources and delivering what was decided.
//!
//! All of it is tasks that one driver activates ([`task`]). [`observe`] turns what Azure says into events and decisions,
//! [`deliver`] sends what is pending, and [`jobs`] replay and backfill what is already there, with the readers of `observe`. Watching
//! and delivering share nothing but the ledger: a pending row is all that the one leaves for the other. This crate knows nothing of
//! people, pages or HTTP handlers.

pub mod deliver;
pub mod jobs;
pub mod observe;
pub mod task;
