//! What is asked without a token: the machine's own identity, and the description of the cloud.

use axum::http::{Method, StatusCode};
use axum::response::Response;
use serde_json::json;

use super::answers::{json_answer, ok, problem, service_seconds};
use super::bearer::{Claims, issue};
use super::request::Asked;
use crate::state::Azure;

/// Seconds a token is good for.
const LIFETIME: i64 = 86_400;

/// The instance metadata service: `GET /metadata/identity/oauth2/token`.
pub(super) fn answer(azure: &Azure, asked: &Asked) -> Response {
    let refuse = |status: StatusCode, error: &str, text: &str| {
        json_answer(status, &json!({"error": error, "error_description": text}))
    };
    if asked.method != Method::GET {
        return refuse(StatusCode::METHOD_NOT_ALLOWED, "bad_request_102", "Only GET is known here.");
    }
    if !asked.header("metadata").is_some_and(|value| value.eq_ignore_ascii_case("true")) {
        return refuse(StatusCode::BAD_REQUEST, "bad_request_102", "Required metadata header not specified");
    }
    if asked.parameter("api-version").is_none_or(str::is_empty) {
        return refuse(StatusCode::BAD_REQUEST, "bad_request", "The api-version is required");
    }
    let Some(resource) = asked.parameter("resource").filter(|resource| !resource.is_empty()) else {
        return refuse(StatusCode::BAD_REQUEST, "invalid_resource", "The resource is required");
    };
    let world = azure.world();
    let other = asked.parameter("client_id").is_some_and(|id| !id.eq_ignore_ascii_case(&world.client_id));
    if other {
        return refuse(StatusCode::BAD_REQUEST, "invalid_request", "Identity not found");
    }
    let now = service_seconds(asked);
    let claims = Claims::new(&world, resource, now, LIFETIME);
    // numbers are texts here, as the service answers them
    ok(&json!({
        "access_token": issue(&world, &claims), "client_id": world.client_id, "token_type": "Bearer", "resource": resource,
        "expires_in": LIFETIME.to_string(), "ext_expires_in": LIFETIME.to_string(),
        "expires_on": (now + LIFETIME).to_string(), "not_before": now.to_string(),
    }))
}

/// The cloud in its own words: `GET /metadata/endpoints`.
pub(super) fn endpoints(azure: &Azure, asked: &Asked) -> Response {
    let Some(version) = asked.parameter("api-version").filter(|version| !version.is_empty()) else {
        let message = "The api-version query parameter (?api-version=) is required for all requests.";
        return problem(StatusCode::BAD_REQUEST, "MissingApiVersionParameter", message);
    };
    let (login, manager) = if asked.loopback {
        (azure.origin.clone(), azure.origin.clone())
    } else {
        ("https://login.microsoftonline.com".to_owned(), "https://management.azure.com/".to_owned())
    };
    let cloud = json!({
        "name": "AzureCloud", "portal": "https://portal.azure.com",
        "authentication": {
            "loginEndpoint": login, "audiences": ["https://management.core.windows.net/", "https://management.azure.com/"],
            "tenant": "common", "identityProvider": "AAD",
        },
        "resourceManager": manager, "media": "https://rest.media.azure.net",
        "graphAudience": "https://graph.windows.net/", "graph": "https://graph.windows.net/",
        "microsoftGraphResourceId": "https://graph.microsoft.com/", "gallery": "https://gallery.azure.com/",
        "logAnalyticsResourceId": "https://api.loganalytics.io",
        "suffixes": {
            "storage": "core.windows.net", "keyVaultDns": "vault.azure.net", "sqlServerHostname": "database.windows.net",
            "eventHubs": "servicebus.windows.net", "serviceBus": "servicebus.windows.net", "acrLoginServer": "azurecr.io",
        },
    });
    // versions before 2019-05-01 describe one cloud without a list
    if version < "2019-05-01" {
        return ok(&json!({
            "galleryEndpoint": cloud["gallery"], "graphEndpoint": cloud["graph"], "portalEndpoint": cloud["portal"],
            "authentication": {"loginEndpoint": login, "audiences": cloud["authentication"]["audiences"]},
        }));
    }
    if version < "2022-09-01" { ok(&json!([cloud])) } else { ok(&cloud) }
}
