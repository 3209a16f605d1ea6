//! The `OpenAPI` document: made from the routes themselves, so that it cannot say anything else than they do.

use super::caller::Caller;
use axum::{
    http::header,
    response::{IntoResponse, Response},
};
use std::sync::LazyLock;
use utoipa::{
    OpenApi,
    openapi::{
        self, ContentBuilder, Ref, RefOr, ResponseBuilder,
        path::{Operation, PathItem},
        security::{ApiKey, ApiKeyValue, SecurityRequirement, SecurityScheme},
    },
};

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Continuous Export console",
        description = "What the pages can do, the API can. Lists answer `items` and `next`; times are RFC 3339 UTC; words are read in any letter case; errors are problem details (RFC 9457).",
        version = env!("CARGO_PKG_VERSION"),
    ),
    components(schemas(api::Problem)),
    tags(
        (name = "overview", description = "What was seen and what became of it"),
        (name = "subscriptions", description = "What is watched"),
        (name = "exports", description = "What goes where"),
        (name = "events", description = "What was observed"),
        (name = "deliveries", description = "What became of each event for each export"),
        (name = "jobs", description = "What is already there, sent again or for the first time"),
        (name = "targets", description = "Where events go"),
        (name = "shares", description = "Frozen copies for people without an account"),
        (name = "people", description = "Who may do what, and who did what"),
    )
)]
struct Frame;

/// The document before the routes are in it.
pub(super) fn frame() -> openapi::OpenApi {
    Frame::openapi()
}

/// Adds what is the same everywhere: how to sign in, and what errors look like.
pub(super) fn finish(document: &mut openapi::OpenApi) {
    document.info.license = None;
    let session = "The session that a sign-in link begins; the cookie's name depends on the store.";
    let cookie = SecurityScheme::ApiKey(ApiKey::Cookie(ApiKeyValue::with_description("session", session)));
    document.components.get_or_insert_default().add_security_scheme("session", cookie);
    document.security = Some(vec![SecurityRequirement::new("session", Vec::<String>::new())]);
    let content = ContentBuilder::new().schema(Some(Ref::from_schema_name("Problem"))).build();
    let problem = ResponseBuilder::new()
        .description("What went wrong: a problem detail (RFC 9457)")
        .content("application/problem+json", content)
        .build();
    for operation in document.paths.paths.values_mut().flat_map(operations_mut) {
        operation.responses.responses.insert("default".to_owned(), RefOr::T(problem.clone()));
        for (status, response) in &mut operation.responses.responses {
            if let RefOr::T(response) = response
                && response.description.is_empty()
            {
                response.description.push_str(if status == "201" { "Saved" } else { "Done" });
            }
        }
    }
}

fn operations_mut(item: &mut PathItem) -> impl Iterator<Item = &mut Operation> {
    [&mut item.get, &mut item.put, &mut item.post, &mut item.delete].into_iter().flatten()
}

/// The document that describes every route of the API.
pub fn openapi() -> openapi::OpenApi {
    super::routes().1
}

/// This document
///
/// `OpenAPI` 3.1, made from the routes themselves.
#[utoipa::path(get, path = "/api/v1/openapi.json", tag = "overview",
    responses((status = 200, content_type = "application/json", body = serde_json::Value)))]
pub(super) async fn get_openapi(_: Caller) -> Response {
    static DOCUMENT: LazyLock<String> = LazyLock::new(|| openapi().to_json().unwrap_or_default());
    ([(header::CONTENT_TYPE, "application/json")], DOCUMENT.as_str()).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn every_path_is_full_and_documented() {
        let mut document = openapi();
        let mut ids = BTreeSet::new();
        for (path, item) in &mut document.paths.paths {
            assert!(path.starts_with("/api/v1/"), "{path}");
            for operation in operations_mut(item) {
                let id = operation.operation_id.clone().unwrap();
                assert!(operation.summary.as_ref().is_some_and(|text| !text.is_empty()), "{id} has no summary");
                assert!(operation.description.as_ref().is_some_and(|text| !text.is_empty()), "{id} has no description");
                assert!(operation.responses.responses.contains_key("default"), "{id} has no problem");
                for parameter in operation.parameters.iter().flatten() {
                    let RefOr::T(parameter) = parameter else { panic!("{id}: a parameter is described elsewhere") };
                    assert!(parameter.description.is_some(), "{id}: {} is not described", parameter.name);
                }
                assert!(ids.insert(id.clone()), "{id} is there twice");
            }
        }
    }

    #[test]
    fn the_routes_are_these() {
        let document = serde_json::to_value(openapi()).unwrap();
        let mut routes = String::new();
        for (path, item) in document["paths"].as_object().unwrap() {
            let methods: Vec<&str> = item.as_object().unwrap().keys().map(String::as_str).collect();
            routes.push_str(&format!("{path}: {}\n", methods.join(", ")));
        }
        insta::assert_snapshot!(routes, @r"
        /api/v1/arrivals: get
        /api/v1/audit: get
        /api/v1/azure-exports: get
        /api/v1/azure-exports/adopt: post
        /api/v1/backfills: post
        /api/v1/coverage: get
        /api/v1/coverage.csv: get
        /api/v1/deliveries: get
        /api/v1/deliveries.csv: get
        /api/v1/deliveries.ndjson: get
        /api/v1/deliveries/replay: post
        /api/v1/deliveries/{id}: get
        /api/v1/diagnoses: post
        /api/v1/diagnoses/{id}: get
        /api/v1/events: get
        /api/v1/events/{id}: get
        /api/v1/exports: get, post
        /api/v1/exports/import: post
        /api/v1/exports/{id}: delete, get, put
        /api/v1/exports/{id}/pause: post
        /api/v1/exports/{id}/resume: post
        /api/v1/exports/{id}/roll-out: get, post
        /api/v1/exports/{id}/template: get
        /api/v1/exports/{id}/versions: get
        /api/v1/health: get
        /api/v1/health/changes: get
        /api/v1/jobs: get
        /api/v1/jobs/{id}: delete, get
        /api/v1/lint: post
        /api/v1/openapi.json: get
        /api/v1/overview: get
        /api/v1/people: get
        /api/v1/policies: get, post
        /api/v1/policies/remediate: post
        /api/v1/preview: post
        /api/v1/samples: post
        /api/v1/samples/{id}: get
        /api/v1/shares: get, post
        /api/v1/shares/{id}: delete, get
        /api/v1/stream: get
        /api/v1/subscriptions: get
        /api/v1/subscriptions/{id}: get
        /api/v1/subscriptions/{id}/permissions: get
        /api/v1/support-bundle: get
        /api/v1/support-bundle.html: get
        /api/v1/targets: get, post
        /api/v1/targets/{id}: delete, get, put
        /api/v1/targets/{id}/attempt: post
        /api/v1/targets/{id}/pause: post
        /api/v1/targets/{id}/resume: post
        /api/v1/targets/{id}/send-test-event: post
        /api/v1/targets/{id}/test: post
        ");
    }

    #[test]
    fn every_schema_that_is_named_is_there() {
        let text = openapi().to_json().unwrap();
        let document: serde_json::Value = serde_json::from_str(&text).unwrap();
        for part in text.split("\"#/components/schemas/").skip(1) {
            let name = part.split('"').next().unwrap();
            assert!(document["components"]["schemas"].get(name).is_some(), "{name} is missing");
        }
    }
}
