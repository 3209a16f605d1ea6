//! The token endpoint, and the two documents that sign-in libraries may read before.

use axum::http::{Method, StatusCode};
use axum::response::Response;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use super::answers::{json_answer, ok, service_seconds};
use super::bearer::{Claims, issue};
use super::request::{Asked, read_form};
use crate::state::Azure;
use crate::world::company::TENANT_DOMAIN;

/// Seconds a token is good for.
const LIFETIME: i64 = 3600;

pub(super) fn answer(azure: &Azure, asked: &Asked) -> Response {
    let path: Vec<&str> = asked.path.iter().map(String::as_str).collect();
    match path.as_slice() {
        [tenant, "oauth2", "v2.0", "token"] if asked.method == Method::POST => token(azure, asked, tenant),
        [tenant, "v2.0", ".well-known", "openid-configuration"] => configuration(azure, asked, tenant),
        [_, "discovery", "instance"] => ok(&json!({
            "tenant_discovery_endpoint": format!("{}/{}/v2.0/.well-known/openid-configuration", asked.link_base, azure.world().tenant_id),
            "api-version": "1.1",
            "metadata": [{"preferred_network": "login.microsoftonline.com", "preferred_cache": "login.windows.net", "aliases": ["login.microsoftonline.com"]}],
        })),
        _ => refuse(StatusCode::NOT_FOUND, "invalid_request", 900_561, "There is no such endpoint."),
    }
}

fn refuse(status: StatusCode, error: &str, number: u32, text: &str) -> Response {
    let body = json!({"error": error, "error_description": format!("AADSTS{number}: {text}"), "error_codes": [number]});
    json_answer(status, &body)
}

fn knows(azure: &Azure, tenant: &str) -> bool {
    tenant.eq_ignore_ascii_case(&azure.world().tenant_id) || tenant.eq_ignore_ascii_case(TENANT_DOMAIN)
}

fn no_tenant(tenant: &str) -> Response {
    let text = format!("Tenant '{tenant}' not found. Check to make sure you have the correct tenant ID.");
    refuse(StatusCode::BAD_REQUEST, "invalid_request", 90_002, &text)
}

fn token(azure: &Azure, asked: &Asked, tenant: &str) -> Response {
    if !knows(azure, tenant) {
        return no_tenant(tenant);
    }
    let form = read_form(&asked.body);
    let field =
        |name: &str| form.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str()).unwrap_or_default();
    if field("grant_type") != "client_credentials" {
        return refuse(
            StatusCode::BAD_REQUEST,
            "unsupported_grant_type",
            70_003,
            "The app requested an unsupported grant type.",
        );
    }
    let world = azure.world();
    if !field("client_id").eq_ignore_ascii_case(&world.client_id) {
        let text = format!("Application with identifier '{}' was not found in the directory.", field("client_id"));
        return refuse(StatusCode::BAD_REQUEST, "unauthorized_client", 700_016, &text);
    }
    let assertion = field("client_assertion");
    if assertion.is_empty() {
        if field("client_secret") != world.client_secret {
            return refuse(StatusCode::UNAUTHORIZED, "invalid_client", 7_000_215, "Invalid client secret provided.");
        }
    } else if let Err(why) = check_assertion(asked, &field, &world.client_id) {
        return refuse(StatusCode::UNAUTHORIZED, "invalid_client", 700_027, &why);
    }
    let Some(audience) = field("scope").split(' ').find_map(|scope| scope.strip_suffix("/.default")) else {
        return refuse(
            StatusCode::BAD_REQUEST,
            "invalid_scope",
            1_002_012,
            "The provided value for scope is not valid; it must end with '/.default'.",
        );
    };
    let claims = Claims::new(&world, audience, service_seconds(asked), LIFETIME);
    ok(
        &json!({"token_type": "Bearer", "expires_in": LIFETIME, "ext_expires_in": LIFETIME, "access_token": issue(&world, &claims)}),
    )
}

/// Checks what a client says about itself: the shape of the JWT; for one signed with a certificate also whose it is, for
/// whom, until when, and that it names the certificate. Signatures are not checked: the practice Azure knows no keys.
fn check_assertion<'f>(asked: &Asked, field: &impl Fn(&str) -> &'f str, client_id: &str) -> Result<(), String> {
    if field("client_assertion_type") != "urn:ietf:params:oauth:client-assertion-type:jwt-bearer" {
        return Err("The client_assertion_type is not supported.".to_owned());
    }
    let pieces: Vec<&str> = field("client_assertion").split('.').collect();
    let read = |at: usize| -> Option<Value> {
        serde_json::from_slice(&URL_SAFE_NO_PAD.decode(pieces.get(at)?.trim_end_matches('=')).ok()?).ok()
    };
    let (Some(header), Some(claims), 3) = (read(0), read(1), pieces.len()) else {
        return Err("The client assertion is not a JSON Web Token.".to_owned());
    };
    let text = |name: &str| claims.get(name).and_then(Value::as_str).unwrap_or_default();
    if !text("iss").eq_ignore_ascii_case(client_id) {
        // of another issuer: a federated token, whose keys nobody here knows
        return if text("iss").is_empty() { Err("The client assertion has no issuer.".to_owned()) } else { Ok(()) };
    }
    if !["x5t", "x5t#S256", "x5c"].iter().any(|name| header.get(*name).is_some()) {
        return Err("The client assertion does not name its certificate: x5t or x5c is required.".to_owned());
    }
    if !text("aud").contains("/oauth2/") && !text("aud").contains("/v2.0") {
        return Err("The client assertion is for another audience.".to_owned());
    }
    // some libraries write fractions of a second
    let until = claims.get("exp").and_then(Value::as_f64);
    #[expect(clippy::cast_precision_loss, reason = "seconds since 1970 are far below 2^52")]
    let now = service_seconds(asked) as f64;
    match until {
        Some(until) if until > now => Ok(()),
        _ => Err("The client assertion is expired.".to_owned()),
    }
}

fn configuration(azure: &Azure, asked: &Asked, tenant: &str) -> Response {
    if !knows(azure, tenant) && !matches!(tenant, "common" | "organizations") {
        return no_tenant(tenant);
    }
    let base = format!("{}/{}", asked.link_base, azure.world().tenant_id);
    let body: Value = json!({
        "token_endpoint": format!("{base}/oauth2/v2.0/token"),
        "authorization_endpoint": format!("{base}/oauth2/v2.0/authorize"),
        "issuer": format!("{base}/v2.0"),
        "token_endpoint_auth_methods_supported": ["client_secret_post", "private_key_jwt"],
        "response_types_supported": ["code"],
        "subject_types_supported": ["pairwise"],
        "id_token_signing_alg_values_supported": ["RS256"],
        "jwks_uri": format!("{base}/discovery/v2.0/keys"),
    });
    ok(&body)
}
