//! All routes in one place.

use super::{answers, assets, guard, ops, rest, session::StoredSessions, share, sign_in, state::AppState};
use axum::{
    Router,
    body::Body,
    extract::{DefaultBodyLimit, State},
    http::{HeaderName, Request, StatusCode},
    middleware,
    response::IntoResponse,
    routing::{get, post},
};
use leptos_axum::{LeptosRoutes, generate_route_list, handle_server_fns_with_context};
use pages::{App, shell};
use std::time::Duration;
use store::Store;
use tower_http::{
    catch_panic::CatchPanicLayer,
    compression::{
        CompressionLayer, Predicate,
        predicate::{DefaultPredicate, NotForContentType},
    },
    csrf::CsrfLayer,
    limit::RequestBodyLimitLayer,
    request_id::{MakeRequestUuid, PropagateRequestIdLayer, SetRequestIdLayer},
    trace::TraceLayer,
};
use tower_sessions::{
    Expiry, SessionManagerLayer,
    cookie::{SameSite, time},
};

/// The largest request body, in bytes: forms and export bodies, never data.
const MOST_BODY: usize = 4 * 1024 * 1024;
/// The largest form of a share, in bytes.
const MOST_PASSPHRASE: usize = 8 * 1024;
/// A session ends this long after signing in.
const SESSION_LIVES: Duration = Duration::from_hours(12);

/// Every route with everything that stands before it.
pub fn router(state: AppState, store: Store, cookie: String) -> Router {
    let (api, _) = rest::routes();
    let context = {
        let state = state.clone();
        move || state.provide_to_pages()
    };
    let server_functions = {
        let context = context.clone();
        move |request: Request<Body>| handle_server_fns_with_context(context.clone(), request)
    };
    let options = state.leptos.clone();
    let pages = Router::new().route("/fn/{*name}", post(server_functions)).leptos_routes_with_context(
        &state,
        generate_route_list(App),
        context.clone(),
        move || shell(options.clone()),
    );
    let sessions = SessionManagerLayer::new(StoredSessions(store))
        .with_name(cookie)
        .with_secure(state.public.secure)
        .with_http_only(true)
        .with_same_site(SameSite::Lax)
        .with_expiry(Expiry::OnInactivity(time::Duration::try_from(SESSION_LIVES).unwrap_or(time::Duration::HOUR)));
    let request_id = HeaderName::from_static("x-request-id");
    Router::new()
        .merge(api)
        .merge(pages)
        .route("/sign-in/{token}", get(sign_in::use_link).head(sign_in::look_at_link))
        .route("/sign-out", post(sign_in::sign_out))
        .route("/shares/file", post(share::file))
        .route("/shares/made", post(share::make))
        .route("/pkg/{*path}", get(assets::file))
        .route("/favicon.svg", get(assets::file))
        .route("/robots.txt", get(assets::file))
        .fallback(move |State(state): State<AppState>, request: Request<Body>| async move {
            let options = state.leptos.clone();
            let context = {
                let state = state.clone();
                move || state.provide_to_pages()
            };
            let page = leptos_axum::render_app_async_with_context(context, move || shell(options.clone()));
            let mut response = page(request).await.into_response();
            *response.status_mut() = StatusCode::NOT_FOUND;
            response
        })
        .layer(middleware::from_fn_with_state(state.clone(), answers::lead_back))
        .layer(middleware::from_fn_with_state(state.clone(), guard::check_actor))
        .layer(sessions)
        .layer(CsrfLayer::new())
        // Outside of sessions and of what guards them: a share grants nothing but itself, to whoever has its link. Its form is
        // sent without a referrer, which a browser tells as an origin of nobody.
        .merge(
            Router::new()
                .route("/s/{token}", get(share::show).post(share::unlock))
                .layer(DefaultBodyLimit::max(MOST_PASSPHRASE))
                .layer(middleware::from_fn(share::add_headers)),
        )
        .layer(middleware::from_fn(guard::add_headers))
        .layer(middleware::from_fn_with_state(state.clone(), guard::check_host))
        // Probes ask by address, whatever the console is called.
        .route("/healthz", get(ops::healthz))
        .route("/readyz", get(ops::readyz))
        .route("/metrics", get(ops::metrics))
        .layer(
            CompressionLayer::new()
                .compress_when(DefaultPredicate::new().and(NotForContentType::const_new("application/wasm"))),
        )
        .layer(RequestBodyLimitLayer::new(MOST_BODY))
        .layer(CatchPanicLayer::new())
        .layer(TraceLayer::new_for_http().make_span_with(|request: &Request<Body>| {
            let path = share::loggable(request.uri().path());
            let id = request.headers().get("x-request-id").and_then(|id| id.to_str().ok()).unwrap_or_default();
            tracing::info_span!("request", method = %request.method(), path, request_id = id)
        }))
        .layer(PropagateRequestIdLayer::new(request_id.clone()))
        .layer(SetRequestIdLayer::new(request_id, MakeRequestUuid))
        .with_state(state)
}
