//! REST `/api/v1`: what the pages can do, the API can.
//!
//! Handlers are thin: they read path, query and body into exact types, call [`Console`](console::Console) with the
//! actor of the session, and answer it in the types of [`api`]. Whatever goes wrong is a [`Problem`] (RFC 9457).
//!
//! The room must not know SQL, Azure, cookies or pages, and decides nothing: who may do what is the console's business.
//! Requests without a session never come here. Tests: pure parts beside their code; the whole through the front door.

mod again;
mod arrivals;
mod asked;
mod audit;
mod azure_exports;
mod body;
mod caller;
mod coverage;
mod csv;
mod deliveries;
mod delivery_files;
mod diagnoses;
mod document;
mod events;
mod exports;
mod filters;
mod health;
mod jobs;
mod list;
mod overview;
mod people;
mod policies;
mod preview;
mod problem;
mod samples;
mod shares;
mod stream;
mod subscriptions;
mod targets;
mod templates;

pub use coverage::csv as coverage_csv;
pub use document::openapi;
pub use problem::Problem;

use super::state::AppState;
use axum::{
    Router,
    http::{Method, StatusCode, Uri},
    routing::any,
};
use utoipa_axum::{router::OpenApiRouter, routes};

/// Every route below `/api`, and the document that describes them.
pub fn routes() -> (Router<AppState>, utoipa::openapi::OpenApi) {
    let (router, mut document) = OpenApiRouter::with_openapi(document::frame())
        .routes(routes!(overview::get_overview))
        .routes(routes!(health::get_health))
        .routes(routes!(health::get_health_changes))
        .routes(routes!(coverage::get_coverage))
        .routes(routes!(coverage::coverage_csv))
        .routes(routes!(subscriptions::list_subscriptions))
        .routes(routes!(subscriptions::get_permissions))
        .routes(routes!(subscriptions::get_subscription))
        .routes(routes!(exports::list_exports, exports::create_export))
        .routes(routes!(exports::get_export, exports::replace_export, exports::delete_export))
        .routes(routes!(exports::pause_export))
        .routes(routes!(exports::resume_export))
        .routes(routes!(exports::list_export_versions))
        .routes(routes!(azure_exports::list_azure_exports))
        .routes(routes!(azure_exports::adopt))
        .routes(routes!(azure_exports::get_roll_out, azure_exports::start_roll_out))
        .routes(routes!(templates::get_export_template))
        .routes(routes!(templates::import_exports))
        .routes(routes!(preview::preview))
        .routes(routes!(preview::lint))
        .routes(routes!(events::list_events))
        .routes(routes!(events::get_event))
        .routes(routes!(deliveries::list_deliveries))
        .routes(routes!(deliveries::get_delivery))
        .routes(routes!(delivery_files::deliveries_csv))
        .routes(routes!(delivery_files::deliveries_ndjson))
        .routes(routes!(arrivals::list_arrivals))
        .routes(routes!(diagnoses::diagnose))
        .routes(routes!(diagnoses::get_diagnosis))
        .routes(routes!(policies::list_policies, policies::assign_policy))
        .routes(routes!(policies::remediate))
        .routes(routes!(samples::raise_sample))
        .routes(routes!(samples::get_sample))
        .routes(routes!(again::replay))
        .routes(routes!(again::backfill))
        .routes(routes!(jobs::list_jobs))
        .routes(routes!(jobs::get_job, jobs::stop_job))
        .routes(routes!(targets::list_targets, targets::create_target))
        .routes(routes!(targets::get_target, targets::replace_target, targets::delete_target))
        .routes(routes!(targets::test_target))
        .routes(routes!(targets::send_test_event))
        .routes(routes!(targets::pause_target))
        .routes(routes!(targets::resume_target))
        .routes(routes!(targets::attempt_target))
        .routes(routes!(audit::list_audit))
        .routes(routes!(people::list_people))
        .routes(routes!(shares::list_shares, shares::make_share))
        .routes(routes!(shares::get_share, shares::revoke_share))
        .routes(routes!(shares::support_bundle))
        .routes(routes!(shares::support_bundle_file))
        .routes(routes!(stream::stream))
        .routes(routes!(document::get_openapi))
        .split_for_parts();
    document::finish(&mut document);
    (with_fallbacks(router), document)
}

/// Unknown paths and methods are problems too, not pages.
fn with_fallbacks<S: Clone + Send + Sync + 'static>(router: Router<S>) -> Router<S> {
    let router = router.method_not_allowed_fallback(unknown_method);
    ["/api", "/api/", "/api/{*path}", "/api/v1", "/api/v1/", "/api/v1/{*path}"]
        .into_iter()
        .fold(router, |router, path| router.route(path, any(unknown_path)))
}

async fn unknown_path(uri: Uri) -> Problem {
    let detail = format!("There is nothing at {}. /api/v1/openapi.json lists what there is.", uri.path());
    Problem::new(StatusCode::NOT_FOUND, "Not found", detail)
}

async fn unknown_method(method: Method, uri: Uri) -> Problem {
    let detail = format!("{} does not take {method}. /api/v1/openapi.json lists what it takes.", uri.path());
    Problem::new(StatusCode::METHOD_NOT_ALLOWED, "Method not allowed", detail)
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::{body::Body, http::Request, routing::get};
    use tower::util::ServiceExt;

    async fn answer(method: Method, path: &str) -> (StatusCode, String, String) {
        let known: Router<()> = Router::new()
            .route("/api/v1/exports", get(|| async { "known" }))
            .route("/api/v1/exports/{id}", get(|| async { "one" }));
        let request = Request::builder().method(method).uri(path).body(Body::empty()).unwrap();
        let response = with_fallbacks(known).oneshot(request).await.unwrap();
        let header = |name| {
            response.headers().get(name).map(|value: &axum::http::HeaderValue| value.to_str().unwrap().to_owned())
        };
        (response.status(), header("content-type").unwrap_or_default(), header("allow").unwrap_or_default())
    }

    #[tokio::test]
    async fn unknown_paths_and_methods_are_problems() {
        for path in
            ["/api", "/api/", "/api/v1", "/api/v1/", "/api/v1/nothing", "/api/v1/exports/1/nothing", "/api/v2/exports"]
        {
            let (status, kind, _) = answer(Method::GET, path).await;
            assert_eq!((status, kind.as_str()), (StatusCode::NOT_FOUND, "application/problem+json"), "{path}");
        }
        let (status, kind, allow) = answer(Method::DELETE, "/api/v1/exports").await;
        assert_eq!((status, kind.as_str()), (StatusCode::METHOD_NOT_ALLOWED, "application/problem+json"));
        assert_eq!(allow, "GET,HEAD");
        assert_eq!(answer(Method::GET, "/api/v1/exports").await.0, StatusCode::OK);
    }
}
