//! What runs in the background, and how it does.

use super::words;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

words! {
    /// How a background task does.
    pub enum TaskState {
        /// It waits for its next activation.
        Waiting = "waiting", "Waiting";
        /// It is active.
        Running = "running", "Running";
        /// Its last activation failed; it is tried again.
        Failing = "failing", "Failing";
        /// Its last activation panicked; it was started anew and is tried again.
        Panicked = "panicked", "Panicked";
        /// Its activation takes longer than it ever should.
        Stuck = "stuck", "Stuck";
    }
}

/// A background task as it is now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TaskStatus {
    /// What it does, such as `delivery`.
    pub kind: String,
    /// The target or tenant it does it for; none where there is one task of the kind.
    pub of: Option<String>,
    /// How it does.
    pub state: TaskState,
    /// Since when.
    pub since: Timestamp,
    /// The end of the last activation that succeeded.
    pub last_success: Option<Timestamp>,
    /// Why the last activation did not.
    pub message: Option<String>,
    /// Activations that panicked since the program started.
    pub panics: u64,
}

impl TaskStatus {
    /// Whether the program does what this task is for. A failure that is understood (Azure does not answer, the disk is full) is
    /// shown and tried again; starting the program again would not help.
    pub fn is_alive(&self) -> bool {
        !matches!(self.state, TaskState::Panicked | TaskState::Stuck)
    }

    /// The task in words: what it does, and for whom.
    pub fn name(&self) -> String {
        match &self.of {
            Some(of) => format!("{}: {of}", self.kind),
            None => self.kind.clone(),
        }
    }
}
