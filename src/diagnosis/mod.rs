//! Checks: facts in, verdicts out, the most harmful first.
//!
//! This room asks nobody and knows no clock: `console` gathers the facts, and a fact that could not be had is part of them,
//! so that it hides no other verdict. It must not know the store, Azure's clients, HTTP or pages.

pub mod azure_target;
pub mod health;
pub mod item;
pub mod permissions;
pub mod target_health;
mod way;
