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

/// `GET /readyz`: the store answers, and everything runs that has to.
pub(super) async fn readyz(State(state): State<AppState>) -> Response {
    if let Err(error) = state.console.store_answers().await {
        return (StatusCode::SERVICE_UNAVAILABLE, format!("{}\n", domain::text::chain(&error))).into_response();
    }
    let ended = state.vital.ended();
    if ended.is_empty() {
        return "ready\n".into_response();
    }
    let lines = ended.join(" ended unexpectedly\n");
    (StatusCode::SERVICE_UNAVAILABLE, format!("{lines} ended unexpectedly\n")).into_response()
}

/// `GET /metrics`: Prometheus text.
pub(super) async fn metrics(State(state): State<AppState>) -> Response {
    match &state.metrics {
        Some(handle) => ([(header::CONTENT_TYPE, "text/plain; version=0.0.4")], handle.render()).into_response(),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}
