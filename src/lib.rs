//! x
#![recursion_limit = "256"]
pub mod domain;
pub mod rules;
#[cfg(feature = "ssr")]
pub mod store;
