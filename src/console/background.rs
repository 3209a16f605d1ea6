//! What goes on after its request was answered: when the program stops, what has begun is waited for and nothing else begins.

use super::Console;
use std::future::Future;
use tokio_util::{sync::CancellationToken, task::TaskTracker};

#[derive(Debug, Clone, Default)]
pub(super) struct Background {
    tasks: TaskTracker,
    stop: CancellationToken,
}

impl Background {
    /// Lets something go on.
    pub(super) fn spawn(&self, work: impl Future<Output = ()> + Send + 'static) {
        self.tasks.spawn(work);
    }

    /// Whether work of several steps has to stay where it is.
    pub(super) fn is_ending(&self) -> bool {
        self.stop.is_cancelled()
    }
}

impl Console {
    /// Waits for what is being asked of Azure, and begins nothing new; roll-outs stay where they are, to be gone on with.
    pub async fn settle(&self) {
        self.background.stop.cancel();
        self.background.tasks.close();
        self.background.tasks.wait().await;
    }
}
