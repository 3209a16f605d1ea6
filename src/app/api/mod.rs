//! What pages ask the server: named server functions below `/fn`. Each begins by finding out who asks.

#![expect(missing_docs, reason = "the server macro makes public structs of the functions' arguments")]

mod error;
mod exports;
mod log;
mod reads;
mod targets;

pub use error::UiError;
pub use exports::*;
pub use log::*;
pub use reads::*;
pub use targets::*;

#[cfg(feature = "ssr")]
mod door {
    use super::UiError;
    use crate::{
        console::{Actor, Console},
        server::state::AppState,
    };
    use leptos::prelude::use_context;

    /// The console and who is asking.
    pub(super) fn door() -> Result<(Console, Actor), UiError> {
        let state = use_context::<AppState>().ok_or(UiError::SignedOut)?;
        let parts = use_context::<axum::http::request::Parts>().ok_or(UiError::SignedOut)?;
        let actor = parts.extensions.get::<Actor>().cloned().ok_or_else(|| {
            UiError::SignedOut.with_status();
            UiError::SignedOut
        })?;
        Ok((state.console, actor))
    }
}
