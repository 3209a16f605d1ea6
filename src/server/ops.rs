//! For whoever runs the console: is it alive, is it ready, how does it do.

use super::state::AppState;
use axum::{
    extract::State,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};

/// `GET /healthz`: the program answers.
pub(super) async fn healthz() -> &'static str {
    "alive\n"
}

/// `GET /readyz`: the store answers and the engine runs.
pub(super) async fn readyz(State(state): State<AppState>) -> Response {
    let store = state.console.store_answers().await;
    let engine = state.engine.is_alive();
    match (store, engine) {
        (Ok(()), true) => "ready\n".into_response(),
        (Ok(()), false) => (StatusCode::SERVICE_UNAVAILABLE, "the delivery engine does not run\n").into_response(),
        (Err(error), _) => {
            (StatusCode::SERVICE_UNAVAILABLE, format!("{}\n", crate::observe::chain(&error))).into_response()
        }
    }
}

/// `GET /metrics`: Prometheus text.
pub(super) async fn metrics(State(state): State<AppState>) -> Response {
    match &state.metrics {
        Some(handle) => ([(header::CONTENT_TYPE, "text/plain; version=0.0.4")], handle.render()).into_response(),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}
