//! For whoever runs the console: is it alive, is it ready, how does it do.

use super::state::AppState;
use axum::{
    extract::State,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use domain::task::TaskStatus;

/// `GET /healthz`: the program answers.
pub(super) async fn healthz() -> &'static str {
    "alive\n"
}

/// `GET /readyz`: the store answers, and everything runs that has to.
pub(super) async fn readyz(State(state): State<AppState>) -> Response {
    if let Err(error) = state.console.store_answers().await {
        return (StatusCode::SERVICE_UNAVAILABLE, format!("{}\n", domain::text::chain(&error))).into_response();
    }
    let ill: String = state.console.tasks().iter().filter(|task| !task.is_alive()).map(line).collect();
    if ill.is_empty() { "ready\n".into_response() } else { (StatusCode::SERVICE_UNAVAILABLE, ill).into_response() }
}

fn line(task: &TaskStatus) -> String {
    let message = task.message.as_ref().map(|message| format!(": {message}")).unwrap_or_default();
    format!("{} is {} since {}{message}\n", task.name(), task.state, domain::time::rfc3339(task.since))
}

/// `GET /metrics`: Prometheus text.
pub(super) async fn metrics(State(state): State<AppState>) -> Response {
    match &state.metrics {
        Some(handle) => {
            state.console.measure_tasks();
            ([(header::CONTENT_TYPE, "text/plain; version=0.0.4")], handle.render()).into_response()
        }
        None => StatusCode::NOT_FOUND.into_response(),
    }
}
