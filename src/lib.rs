//! Continuous Export console: watches Microsoft Defender for Cloud, decides with people's rules, delivers to event hubs and
//! Log Analytics workspaces, and shows what became of every event.
//!
//! This is the program: [`cli`] parses the command line, [`config`] reads settings, and [`assemble`] puts together what `serve` runs. Everything else is a crate in
//! its folder under `src`.
//!
//! # The way an event takes
//!
//! ```text
//!  azure  ->  engine::observe  ->  store (the ledger)  ->  engine::deliver  ->  event hub / workspace
//!             what is there        one transaction:        claim a lane, batch,
//!             and what changed     events + outcomes       send, settle
//!                                  (rules decide here)
//!                                  + counters
//!  people <- pages <- server <- console
//! ```
//!
//! The delivery log *is* the queue: a row of `outcomes` is both what people read and what the engine claims.
//!
//! # Crates
//!
//! What a crate may know is what its manifest names, so the compiler keeps the walls. Each one says at its top what it is for.
//!
//! | crate | for | knows |
//! |---|---|---|
//! | `domain` | the words of the product as types | nothing |
//! | `rules` | what exports decide, and why | `domain` |
//! | `api` | the contract of REST: what is asked and answered | `domain`, `rules` |
//! | `machine` | the clock and the randomness that the program runs on | nothing |
//! | `automation` | the one codec of Azure's automations | `domain` |
//! | `diagnosis` | checks and articles: facts in, results out | `domain`, `rules` |
//! | `redact` | shared documents with ids and names replaced | `domain` |
//! | `template` | exports as code, and back | `automation`, `domain`, `rules` |
//! | `azure` | clients of the real services | `automation`, `domain`, `machine` |
//! | `store` | the ledger, all SQL | `domain`, `machine` |
//! | `engine` | watching and delivering, and the driver of all tasks | `automation`, `azure`, `domain`, `machine`, `rules`, `store` |
//! | `console` | what a person can do: authorize, act, audit | `automation`, `azure`, `diagnosis`, `domain`, `engine`, `machine`, `redact`, `rules`, `store`, `template` |
//! | `pages` | the pages, for both halves | `domain`, `rules`; for the server also `console`, `machine`, `store` |
//! | `front` | what the browser loads of them | `pages` |
//! | `server` | routes, sign-in, sessions, REST | `api`, `console`, `domain`, `machine`, `pages`, `redact`, `rules`, `store` |
//! | `practice` | a small Azure to try things with | nothing: it is reached over HTTP only |
//!
//! # Invariants
//!
//! - `domain`, `rules`, `automation`, `diagnosis`, `redact` and `template`: no clock, no randomness, no I/O. Their manifests name nothing that could,
//!   and their `clippy.toml` forbids what the standard library can.
//! - Only `store` names sqlx, and only `azure` names reqwest, which it uses in one function.
//! - Only the program's configuration reads the environment; only `console` authorizes and audits.
//! - Every read for a person takes `&Visible`. Secrets are `secrecy` types without `Serialize` and `Display`.
//! - All times, ids and random bytes come from the `Machine` that a crate is given; `Store::now` is its clock.

pub mod assemble;
pub mod cli;
pub mod config;

/// Why a command failed; printed with its causes.
pub type Failure = Box<dyn std::error::Error + Send + Sync>;
