//! What runs by itself: tasks, and the one driver that activates them.
//!
//! A [`Task`] does what there is to do and says when to look again; it keeps nothing that a restart could lose. The [`Driver`] activates
//! it after a period, a nudge or a backoff, one activation at a time, keeps its last status to look at, starts it anew after a panic, and
//! waits for it when the program stops. What a task does is no business of this module.

mod driver;

pub use driver::{Driver, Schedule};

use domain::text::chain;
use std::time::Duration;

/// Something that is done again and again.
pub trait Task: Send + 'static {
    /// Does what there is to do now. Whatever it leaves undone is done at the next activation.
    fn activate(&mut self) -> impl Future<Output = Result<Next, Failure>> + Send;
}

/// When to activate a task again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Next {
    /// At once: there is more to do.
    Now,
    /// After its period, or when it is nudged.
    Later,
    /// After this long, or when it is nudged.
    After(Duration),
    /// Never: there is nothing left that it is for.
    Never,
}

/// Why an activation did not succeed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// What happened, with its causes.
    pub message: String,
    /// How long a service asks to be left alone.
    pub retry_after: Option<Duration>,
    /// Whether the log has it already.
    pub is_logged: bool,
}

impl Failure {
    /// A failure with its causes.
    pub fn of(error: &dyn std::error::Error) -> Self {
        Self { message: chain(error), retry_after: None, is_logged: false }
    }
}

impl<E: std::error::Error> From<E> for Failure {
    fn from(error: E) -> Self {
        Self::of(&error)
    }
}

#[cfg(test)]
mod tests;
