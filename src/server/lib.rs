//! The web server: routes, settings, signing in, sessions, headers, assets, the live stream and REST.
//!
//! Handlers are thin: they parse what came in, call `console` with the actor of the session, and turn the answer into a
//! response. This room decides nothing about exports or targets.

mod answers;
pub mod assets;
mod guard;
mod ops;
pub mod rest;
mod router;
mod session;
mod share;
mod sign_in;
pub mod state;

pub use router::router;
