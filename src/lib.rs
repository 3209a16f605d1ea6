//! x
#![recursion_limit = "256"]
#[cfg(feature = "ssr")]
pub mod azure;
#[cfg(feature = "ssr")]
pub mod console;
#[cfg(feature = "ssr")]
pub mod deliver;
pub mod domain;
#[cfg(feature = "ssr")]
pub mod observe;
pub mod rules;
#[cfg(feature = "ssr")]
pub mod store;
