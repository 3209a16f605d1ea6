//! What has to run for the console to do what it is for. A task that ends while the program goes on has panicked: it is named
//! in the log and by `/readyz`, whose reader starts the program again.

use futures::FutureExt;
use std::{
    collections::BTreeSet,
    panic::AssertUnwindSafe,
    sync::{Arc, Mutex, PoisonError},
};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

/// The tasks of one program. Clones share what is known of them.
#[derive(Debug, Clone, Default)]
pub struct Vital {
    ended: Arc<Mutex<BTreeSet<&'static str>>>,
}

impl Vital {
    /// Runs a task that ends when `cancel` says so and not before.
    pub fn spawn(
        &self,
        name: &'static str,
        cancel: &CancellationToken,
        task: impl Future<Output = ()> + Send + 'static,
    ) -> JoinHandle<()> {
        let (vital, cancel) = (self.clone(), cancel.clone());
        tokio::spawn(async move {
            let _ = AssertUnwindSafe(task).catch_unwind().await;
            if !cancel.is_cancelled() {
                tracing::error!("{name} ended unexpectedly; restart the program");
                vital.ended.lock().unwrap_or_else(PoisonError::into_inner).insert(name);
            }
        })
    }

    /// The tasks that ended before they were told to.
    pub fn ended(&self) -> Vec<&'static str> {
        self.ended.lock().unwrap_or_else(PoisonError::into_inner).iter().copied().collect()
    }
}
