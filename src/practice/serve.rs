//! HTTP: one listener, requests told apart by `Host` first and by path on loopback hosts.

mod answers;
mod arm;
mod bearer;
pub(super) mod changed;
mod control;
mod event_hubs;
mod graph;
mod identity;
mod ingestion;
mod query;
pub(super) mod request;
mod starter;
mod token;
mod traced;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::{ConnectInfo, Request, State};
use axum::http::header::HeaderValue;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use tokio_util::sync::CancellationToken;

use super::faults::Fault;
use super::state::Azure;
use answers::{fault_answer, problem};
use request::{Asked, Service};
use traced::Traced;

/// Largest body that is read; larger ones are refused unread.
const LARGEST_BODY: usize = 16 * 1024 * 1024;
/// The same for `/_practice`, where whole recordings arrive.
const LARGEST_IMPORT: usize = 512 * 1024 * 1024;

/// Serves until told to stop.
pub(super) async fn run(
    listener: tokio::net::TcpListener,
    azure: Arc<Azure>,
    stop: CancellationToken,
) -> Result<(), std::io::Error> {
    let router = Router::new().fallback(answer).with_state(azure);
    axum::serve(listener, router.into_make_service_with_connect_info::<SocketAddr>())
        .with_graceful_shutdown(stop.cancelled_owned())
        .await
}

async fn answer(
    State(azure): State<Arc<Azure>>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    request: Request,
) -> Response {
    let (parts, body) = request.into_parts();
    let Some(mut asked) = Asked::new(&parts, &azure.origin) else {
        return problem(StatusCode::NOT_FOUND, "UnknownHost", "No service of the practice Azure has this host name.");
    };
    if asked.service == Service::Control
        && let Err(refusal) = control::admit(&asked, peer)
    {
        return refusal.into_response();
    }
    let limit = if asked.service == Service::Control { LARGEST_IMPORT } else { LARGEST_BODY };
    let Ok(body) = axum::body::to_bytes(body, limit).await else {
        return problem(StatusCode::PAYLOAD_TOO_LARGE, "RequestEntityTooLarge", "The request is too large.");
    };
    asked.body = body;
    if asked.service == Service::Control {
        return control::answer(&azure, &asked);
    }
    asked.faults = azure.strike(asked.service.name());
    if asked.faults.contains(&Fault::Slow) {
        tokio::time::sleep(Duration::from_secs(5)).await;
    }
    let skewed = asked.faults.contains(&Fault::ClockSkew);
    let truncated = asked.faults.contains(&Fault::Truncated);
    let traced = Traced::of(&azure, &asked);
    let mut response = match fault_answer(&azure, &asked) {
        Some(response) => response,
        None => dispatch(Arc::clone(&azure), asked).await,
    };
    response = traced.mark(&azure, response);
    if skewed && let Ok(date) = HeaderValue::from_str(&answers::skewed_date()) {
        response.headers_mut().insert(header::DATE, date);
    }
    if truncated { answers::truncate(response).await } else { response }
}

async fn dispatch(azure: Arc<Azure>, asked: Asked) -> Response {
    match asked.service {
        Service::Token => token::answer(&azure, &asked),
        Service::Identity => identity::answer(&azure, &asked),
        Service::Metadata => identity::endpoints(&azure, &asked),
        Service::Arm => arm::answer(&azure, &asked),
        // a query over many rows takes its time in a debug build: not on a thread that serves others
        Service::Graph => {
            tokio::task::spawn_blocking(move || graph::answer(&azure, &asked)).await.unwrap_or_else(|_| {
                problem(StatusCode::INTERNAL_SERVER_ERROR, "InternalServerError", "The query broke off.")
            })
        }
        Service::EventHubs => event_hubs::answer(&azure, &asked),
        Service::Ingestion => ingestion::answer(&azure, &asked),
        Service::Query => {
            tokio::task::spawn_blocking(move || query::answer(&azure, &asked)).await.unwrap_or_else(|_| {
                problem(StatusCode::INTERNAL_SERVER_ERROR, "InternalServerError", "The query broke off.")
            })
        }
        Service::Control => control::answer(&azure, &asked),
    }
}
