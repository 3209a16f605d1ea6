//! Clients of the real services: Entra tokens, ARM, Resource Graph, Event Hubs, Logs Ingestion.
//!
//! This is the only room that opens outgoing connections, all through [`Http::send`]. It knows the services' addresses
//! and shapes and `domain`, nothing of the store or of why something is asked. Answers are parsed into exact types at
//! once; what does not have the expected shape is an error that names the path. Against the practice Azure the same code
//! runs: only the address that is dialled differs.

mod activity;
mod answer;
mod arm;
pub mod automations;
mod budget;
mod cloud;
mod dial;
pub mod discover;
mod error;
mod event_hubs;
mod export_targets;
mod graph;
mod http;
mod hub_identity;
mod identity;
mod ingestion;
mod logs;
mod network;
mod policy;
mod request;
mod samples;
mod security;
pub mod targets;
mod tenants;
#[cfg(test)]
mod tests;
pub mod witness;

pub use activity::Activity;
pub use answer::Answer;
pub use arm::{Arm, HubFacts, SubscriptionAnswer};
pub use cloud::{Cloud, CloudName, Profile, ProfileError};
pub use error::{AzureError, Fault};
pub use event_hubs::{EventHubs, HubAuth, SasKey};
pub use export_targets::HubState;
pub use graph::{Graph, GraphPage, SUBSCRIPTIONS_A_REQUEST};
pub use http::{Http, HttpOptions};
pub use hub_identity::HubIdentity;
pub use identity::{Certificate, CertificateError, Credential, Identity, SignIn, TokenFacts};
pub use ingestion::Ingestion;
pub use logs::{HUB_METRICS, HubMetric};
pub use network::{Network, Transport};
pub use request::{Ask, Asker};
pub use security::{Container, Query, Security};
pub use tenants::{Tenant, Tenants};
