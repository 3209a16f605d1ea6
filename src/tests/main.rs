//! Tests through the front door: the real router, a fresh store, a practice Azure and actors. One file a subject.

#![expect(clippy::unwrap_used, clippy::panic, clippy::print_stderr, reason = "tests fail by panicking")]

mod answers;
mod articles;
mod azure_exports;
mod bad_input;
mod coverage;
mod crates;
mod delivery;
mod diagnoses;
mod doors;
mod examples;
mod exports;
mod faults;
mod harness;
mod health;
mod hub_identity;
mod identities;
mod invariants;
mod jobs;
mod ledger;
mod monitoring;
mod overrides;
mod pages;
mod queries;
mod recorded;
mod recorded_rules;
mod refused;
mod restart;
mod scenarios;
mod shares;
mod subscriptions;
mod templates;
mod tenants;
mod vanished;
