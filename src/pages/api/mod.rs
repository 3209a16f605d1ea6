//! What pages ask the server: named server functions below `/fn`. Each begins by finding out who asks.

#![expect(missing_docs, reason = "the server macro makes public structs of the functions' arguments")]

mod arrivals;
mod articles;
mod azure;
mod code;
mod diagnoses;
mod error;
mod exports;
mod find;
mod jobs;
mod log;
mod looks;
mod policies;
mod reads;
mod samples;
mod shares;
mod targets;

pub use arrivals::*;
pub use articles::*;
pub use azure::*;
pub use code::*;
pub use diagnoses::*;
pub use error::UiError;
pub use exports::*;
pub use find::*;
pub use jobs::*;
pub use log::*;
pub use looks::*;
pub use policies::*;
pub use reads::*;
pub use samples::*;
pub use shares::*;
pub use targets::*;

/// A server function names the page its refused form comes back to, with what was typed; otherwise it is the page before.
#[cfg(feature = "ssr")]
pub const COMES_BACK: axum::http::HeaderName = axum::http::HeaderName::from_static("x-comes-back");

/// Whether the request is a browser's for a page, not a script's for data.
#[cfg(feature = "ssr")]
pub fn is_for_page(headers: &axum::http::HeaderMap) -> bool {
    headers
        .get(axum::http::header::ACCEPT)
        .and_then(|accept| accept.to_str().ok())
        .is_some_and(|accept| accept.contains("text/html"))
}

#[cfg(feature = "ssr")]
mod door {
    use super::{At, UiError};
    use console::{Actor, Console};
    use domain::FieldError;
    use jiff::Timestamp;
    use leptos::prelude::use_context;
    use std::{fmt::Display, str::FromStr};

    /// The console and who is asking.
    pub(super) fn door() -> Result<(Console, Actor), UiError> {
        let console = use_context::<Console>().ok_or(UiError::SignedOut)?;
        let parts = use_context::<axum::http::request::Parts>().ok_or(UiError::SignedOut)?;
        let actor = parts.extensions.get::<Actor>().cloned().ok_or_else(|| {
            UiError::SignedOut.with_status();
            UiError::SignedOut
        })?;
        Ok((console, actor))
    }

    /// What a form leaves empty is not given; anything else has to be what it should be.
    pub(super) fn optional<T: FromStr<Err: Display>>(field: &str, text: &str) -> Result<Option<T>, UiError> {
        match text.trim() {
            "" => Ok(None),
            text => match text.parse() {
                Ok(value) => Ok(Some(value)),
                Err(error) => Err(invalid(field, &error.to_string())),
            },
        }
    }

    /// A button that no form has.
    pub(super) fn unknown_intent(intent: &str) -> UiError {
        invalid(
            "intent",
            &format!("`{}` is not something that can be done here", intent.chars().take(80).collect::<String>()),
        )
    }

    fn invalid(field: &str, message: &str) -> UiError {
        let error = UiError::Invalid(vec![FieldError::new(field, message)]);
        error.with_status();
        error
    }

    /// Whether a whole page is the answer: a form that was sent without JavaScript.
    pub(super) fn is_whole_page() -> bool {
        use_context::<axum::http::request::Parts>().is_some_and(|parts| super::is_for_page(&parts.headers))
    }

    /// Where a form comes back to when it is refused: the page that it stands on, with what was typed in its address.
    /// Forms that stand on other pages come back to these.
    pub(super) fn keep_typed(page: &str, typed: &[(&str, &str)]) {
        let parts = use_context::<axum::http::request::Parts>();
        let before = parts.as_ref().and_then(|parts| parts.headers.get("referer")?.to_str().ok());
        let before = before.and_then(|before| before.parse::<axum::http::Uri>().ok());
        let stands_there = before.is_some_and(|before| before.path() == page);
        if let (true, Some(response)) = (stands_there && is_whole_page(), use_context::<leptos_axum::ResponseOptions>())
            && let Ok(back) = crate::paths::with_query(page, typed).parse()
        {
            response.insert_header(super::COMES_BACK, back);
        }
    }

    /// What a page follows may be deleted at any moment: that is an answer, not an error. A page that is asked for whole
    /// keeps its 404.
    pub(super) fn unless_gone<T>(answer: Result<At<T>, UiError>, now: Timestamp) -> Result<At<Option<T>>, UiError> {
        match answer {
            Ok(At { now, value }) => Ok(At { now, value: Some(value) }),
            Err(UiError::NotFound(_)) => {
                let asked_by_page = use_context::<axum::http::request::Parts>()
                    .is_some_and(|parts| parts.uri.path().starts_with("/fn/"));
                if let (true, Some(response)) = (asked_by_page, use_context::<leptos_axum::ResponseOptions>()) {
                    response.set_status(axum::http::StatusCode::OK);
                }
                Ok(At { now, value: None })
            }
            Err(other) => Err(other),
        }
    }
}
