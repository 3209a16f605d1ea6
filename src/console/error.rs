//! Why something was not done. HTTP statuses are the callers' business.

use domain::{FieldError, Role};
use store::StoreError;

/// Why something was not done.
#[derive(Debug, thiserror::Error)]
pub enum ConsoleError {
    /// The actor's role does not allow it.
    #[error("this needs the role {}", .0.label())]
    Forbidden(Role),
    /// It is not there, or not visible to the actor.
    #[error("there is no such {0}")]
    NotFound(&'static str),
    /// Fields are wrong; each names its path.
    #[error("{}", summary(.0))]
    Invalid(Vec<FieldError>),
    /// Somebody else changed it first.
    #[error("somebody saved version {current} meanwhile; look at it and save again")]
    Stale {
        /// The version that is there now.
        current: i64,
    },
    /// It contradicts something that is there.
    #[error("{0}")]
    Conflict(String),
    /// The store failed.
    #[error("the store could not do it")]
    Store(#[from] StoreError),
}

fn summary(errors: &[FieldError]) -> String {
    match errors {
        [] => "something is wrong".to_owned(),
        [one] => format!("{}: {}", one.path, one.message),
        [first, rest @ ..] => format!("{}: {} (and {} more)", first.path, first.message, rest.len()),
    }
}

impl ConsoleError {
    /// One wrong field.
    pub fn invalid(path: &str, message: impl Into<String>) -> Self {
        Self::Invalid(vec![FieldError::new(path, message)])
    }
}
