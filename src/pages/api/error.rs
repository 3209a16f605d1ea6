//! What goes wrong, for the person in front of a page.

use domain::FieldError;
use leptos::{
    prelude::{FromServerFnError, ServerFnErrorErr},
    server_fn::{Bytes, Decodes, codec::JsonEncoding},
};
use serde::{Deserialize, Serialize};

/// Why a page cannot show or do something.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, Serialize, Deserialize)]
pub enum UiError {
    /// The session ended.
    #[error("Your session ended. Sign in again to continue.")]
    SignedOut,
    /// The role does not allow it.
    #[error("This needs the role {0}. Ask an administrator.")]
    Forbidden(String),
    /// It is not there.
    #[error("There is no such {0}, or it is not yours to see.")]
    NotFound(String),
    /// Fields are wrong.
    #[error("Some fields need another look.")]
    Invalid(Vec<FieldError>),
    /// Something else changed first, or contradicts.
    #[error("{0}")]
    Conflict(String),
    /// The server failed; the reference finds it in the log.
    #[error("The console could not do this. Try again; if it stays so, look for {0} in its log.")]
    Internal(String),
    /// The server was not reached.
    #[error("The console does not answer: {0}. Is it still running?")]
    Transport(String),
}

impl UiError {
    /// What to say where a form has one field: what is wrong with it.
    pub fn said(&self) -> String {
        match self {
            Self::Invalid(fields) if !fields.is_empty() => {
                fields.iter().map(|field| field.message.as_str()).collect::<Vec<_>>().join("; ")
            }
            other => other.to_string(),
        }
    }
}

impl FromServerFnError for UiError {
    type Encoder = JsonEncoding;
    fn from_server_fn_error(error: ServerFnErrorErr) -> Self {
        Self::Transport(error.to_string())
    }

    /// Reads what a server function answers; every page learns here that the session ended.
    fn de(data: Bytes) -> Self {
        let error = JsonEncoding::decode(data)
            .unwrap_or_else(|error| Self::from(ServerFnErrorErr::Deserialization(error.to_string())));
        #[cfg(feature = "hydrate")]
        if error == Self::SignedOut {
            crate::live::session_ended();
        }
        error
    }
}

impl From<ServerFnErrorErr> for UiError {
    fn from(error: ServerFnErrorErr) -> Self {
        Self::Transport(error.to_string())
    }
}

#[cfg(feature = "ssr")]
impl UiError {
    /// Gives the response the status that fits.
    pub(super) fn with_status(&self) {
        use axum::http::StatusCode;
        let status = match self {
            Self::SignedOut => StatusCode::UNAUTHORIZED,
            Self::Forbidden(_) => StatusCode::FORBIDDEN,
            Self::NotFound(_) => StatusCode::NOT_FOUND,
            Self::Invalid(_) => StatusCode::UNPROCESSABLE_ENTITY,
            Self::Conflict(_) => StatusCode::CONFLICT,
            Self::Internal(_) | Self::Transport(_) => StatusCode::INTERNAL_SERVER_ERROR,
        };
        if let Some(response) = leptos::prelude::use_context::<leptos_axum::ResponseOptions>() {
            response.set_status(status);
        }
    }
}

#[cfg(feature = "ssr")]
impl From<console::ConsoleError> for UiError {
    fn from(error: console::ConsoleError) -> Self {
        use console::ConsoleError;
        let error = match error {
            ConsoleError::Forbidden(role) => Self::Forbidden(role.label().to_owned()),
            ConsoleError::NotFound(what) => Self::NotFound(what.to_owned()),
            ConsoleError::Invalid(errors) => Self::Invalid(errors),
            ConsoleError::Stale { .. } | ConsoleError::Conflict(_) => Self::Conflict(error.to_string()),
            ConsoleError::Store(_) => {
                let reference = machine::Machine::default().id().simple().to_string();
                tracing::error!(reference, "a page failed: {}", domain::text::chain(&error));
                Self::Internal(reference)
            }
        };
        error.with_status();
        error
    }
}
