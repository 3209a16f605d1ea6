//! What goes on after its request was answered, and is waited for when the program stops.

use super::Console;
use tokio_util::task::TaskTracker;

impl Console {
    /// Waits for what is being asked of Azure.
    pub async fn drain(&self) {
        self.background.close();
        self.background.wait().await;
    }
}

/// The work that is under way.
pub(super) type Background = TaskTracker;
