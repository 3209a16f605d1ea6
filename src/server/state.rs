//! What handlers need.

use axum::extract::FromRef;
use console::Console;
use leptos::{config::LeptosOptions, prelude::provide_context};
use std::{path::PathBuf, sync::Arc};
use tokio::sync::broadcast;
use tokio_util::sync::CancellationToken;

/// State of all handlers.
#[derive(Clone, FromRef)]
pub struct AppState {
    /// What a person can do.
    pub console: Console,
    /// Leptos's own settings.
    pub leptos: LeptosOptions,
    /// Cancelled when the program stops; streams end then.
    pub shutdown: CancellationToken,
    /// The id of a person whose session ended.
    pub sessions_ended: broadcast::Sender<String>,
    /// Where the site's files are, when they are not the embedded ones.
    pub site: Arc<Option<PathBuf>>,
    /// The address people use.
    pub public: PublicAddress,
    /// Renders the metrics.
    pub metrics: Option<metrics_exporter_prometheus::PrometheusHandle>,
}

impl AppState {
    /// What every page needs while it is rendered.
    pub(super) fn provide_to_pages(&self) {
        provide_context(self.console.clone());
    }
}

/// The address people use, and the hosts a request may name.
#[derive(Debug, Clone)]
pub struct PublicAddress {
    /// Such as `http://127.0.0.1:3000`, without a slash at the end.
    pub origin: String,
    /// Host headers that are answered.
    pub hosts: Vec<String>,
    /// Whether people come over https.
    pub secure: bool,
}
