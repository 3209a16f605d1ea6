//! What stands before every route: the Host check, who is asking, and the security headers.

use super::{rest::Problem, sign_in::PERSON, state::AppState};
use axum::{
    Json,
    extract::{Request, State},
    http::{HeaderName, HeaderValue, Method, StatusCode, header},
    middleware::Next,
    response::{IntoResponse, Redirect, Response},
};
use pages::api::{UiError, is_for_page};
use tower_sessions::Session;

/// Refuses requests that name another host: a page elsewhere whose name was bent to this address reaches nothing.
pub(super) async fn check_host(State(state): State<AppState>, request: Request, next: Next) -> Response {
    let named = request.uri().host().map(str::to_owned).or_else(|| {
        let host = request.headers().get(header::HOST)?.to_str().ok()?;
        Some(host.to_ascii_lowercase())
    });
    let known = named.is_some_and(|host| state.public.hosts.contains(&host));
    if known {
        next.run(request).await
    } else {
        let detail = format!("This console answers at {}.", state.public.origin);
        Problem::new(StatusCode::MISDIRECTED_REQUEST, "Another host was asked for", &detail).into_response()
    }
}

/// Paths that answer without a session.
fn is_open(path: &str) -> bool {
    path == "/sign-in"
        || path.starts_with("/sign-in/")
        || path.starts_with("/pkg/")
        || matches!(path, "/healthz" | "/readyz" | "/metrics" | "/favicon.svg" | "/robots.txt")
}

/// Puts the actor of the session into the request; without one, only open paths are answered.
pub(super) async fn check_actor(
    State(state): State<AppState>,
    session: Session,
    mut request: Request,
    next: Next,
) -> Response {
    let path = request.uri().path();
    let person = session.get::<String>(PERSON).await.ok().flatten();
    let actor = match person {
        Some(person) => state.console.actor(&person).await.ok().flatten(),
        None => None,
    };
    match actor {
        Some(actor) => {
            request.extensions_mut().insert(actor);
            next.run(request).await
        }
        None if is_open(path) => next.run(request).await,
        // What a page asks for itself is answered in the words it reads.
        None if path.starts_with("/fn/") && !is_for_page(request.headers()) => {
            (StatusCode::UNAUTHORIZED, Json(UiError::SignedOut)).into_response()
        }
        None if path.starts_with("/api/") || (request.method() != Method::GET && !is_for_page(request.headers())) => {
            let detail = "Sign in first, with the link that `continuous-export sign-in --data DIR` prints.";
            Problem::new(StatusCode::UNAUTHORIZED, "Not signed in", detail).into_response()
        }
        None => Redirect::to("/sign-in").into_response(),
    }
}

/// Headers of every response. Pages bring a policy of their own, with the nonce of their scripts.
pub(super) async fn add_headers(request: Request, next: Next) -> Response {
    const FIXED: [(HeaderName, HeaderValue); 4] = [
        (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
        (header::X_FRAME_OPTIONS, HeaderValue::from_static("DENY")),
        (header::REFERRER_POLICY, HeaderValue::from_static("same-origin")),
        (HeaderName::from_static("cross-origin-opener-policy"), HeaderValue::from_static("same-origin")),
    ];
    let is_asset = request.uri().path().starts_with("/pkg/");
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    for (name, value) in FIXED {
        headers.entry(name).or_insert(value);
    }
    headers.entry(header::CONTENT_SECURITY_POLICY).or_insert(HeaderValue::from_static(
        "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'",
    ));
    if !is_asset {
        headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    }
    response
}
