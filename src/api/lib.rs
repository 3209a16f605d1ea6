//! The contract of REST `/api/v1`: what is asked and answered, with its `OpenAPI` descriptions, and how the product's own types become
//! answers and requests become them.
//!
//! Whoever speaks with the console, from inside or outside, uses these types, so they compile for the browser too. They may only
//! grow: scripts depend on them. The crate knows what the words mean (`domain`, `rules`) and nothing of HTTP, the store or who may do what.

mod about;
mod arrivals;
mod audit;
mod azure_exports;
mod coverage;
mod deliveries;
mod delivery_filter;
mod diagnoses;
mod events;
mod export;
mod export_sources;
mod exports;
mod health;
mod jobs;
mod list;
mod overview;
mod people;
mod policies;
mod preview;
mod problem;
mod query;
mod read_only;
mod replay;
mod replay_filter;
mod samples;
mod shares;
mod stream;
mod subscriptions;
mod target;
mod target_config;
mod targets;
mod templates;
mod words;

pub use about::*;
pub use arrivals::*;
pub use audit::*;
pub use azure_exports::*;
pub use coverage::*;
pub use deliveries::*;
pub use delivery_filter::*;
pub use diagnoses::*;
pub use events::*;
pub use export::*;
pub use export_sources::*;
pub use exports::*;
pub use health::*;
pub use jobs::*;
pub use list::*;
pub use overview::*;
pub use people::*;
pub use policies::*;
pub use preview::*;
pub use problem::*;
pub use query::*;
pub use read_only::*;
pub use replay::*;
pub use replay_filter::*;
pub use samples::*;
pub use shares::*;
pub use stream::*;
pub use subscriptions::*;
pub use target::*;
pub use target_config::*;
pub use targets::*;
pub use templates::*;
pub use words::*;
