//! Continuous Export console: watches Microsoft Defender for Cloud, decides with people's rules, delivers to event hubs and
//! Log Analytics workspaces, and shows what became of every event.
//!
//! # The way an event takes
//!
//! ```text
//!  azure  ->  observe  ->  store (the ledger)  ->  deliver  ->  event hub / workspace
//!             what is      one transaction:        claim a lane, batch,
//!             there and    events + outcomes       send, settle
//!             what         (rules decide here)
//!             changed      + counters
//!  people <- app <- server <- console
//! ```
//!
//! The delivery log *is* the queue: a row of `outcomes` is both what people read and what the engine claims.
//!
//! # Rooms
//!
//! `domain`, `rules` and `practice` are crates in their folders, so that the compiler keeps their walls; the other rooms are modules of
//! this crate.
//!
//! `domain <- rules <- observe, deliver <- console <- server, cli`. `azure` and `store` know `domain` and not each other;
//! `diagnosis` turns facts that `console` gathered into verdicts and knows `domain` and `rules` alone; `articles` puts facts
//! into tables and knows `domain` alone;
//! `share` turns what is shown into frozen documents and replaces ids and names in them, and knows `domain` alone;
//! `template` writes exports as code and reads them back, knows `domain` and the built-in policies of `rules`, and is called
//! by `console` and `cli`;
//! `practice` is a crate of its own, which knows nothing of the product, and is reached over HTTP only; `app` (both halves) sees `domain` and `rules`, and the server's rooms only inside
//! server functions, through `console`.
//!
//! # Invariants (a test greps for violations)
//!
//! - `domain`, `rules`, `diagnosis`, `articles`, `template` and `share`: no `async`, no `cfg(feature)`, no clock, no randomness, no I/O.
//! - Only `store` holds SQL. Only `azure` opens outgoing connections, through one request function.
//! - Only `server::config` reads the environment; only `cli` wires; only `console` authorises and audits.
//! - Every read for a person takes `&Visible`. Secrets are `secrecy` types without `Serialize` and `Display`.
//! - All times come from `Store::now`, or as an argument.

#![recursion_limit = "512"]

pub mod app;

#[cfg(feature = "ssr")]
pub mod cli;
#[cfg(feature = "ssr")]
pub mod console;
#[cfg(feature = "ssr")]
pub mod deliver;
#[cfg(feature = "ssr")]
pub mod observe;
#[cfg(feature = "ssr")]
pub mod server;
#[cfg(all(test, feature = "ssr"))]
mod tests;

/// Brings the server's pages to life in the browser.
#[cfg(feature = "hydrate")]
#[wasm_bindgen::prelude::wasm_bindgen]
pub fn hydrate() {
    console_error_panic_hook::set_once();
    leptos::mount::hydrate_body(app::App);
}
