//! Access tokens: shaped as the real ones, signed by this world with a key of its own.

use axum::http::StatusCode;
use axum::response::Response;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit, Mac};
use serde::{Deserialize, Serialize};
use sha2::Sha256;

use super::answers::{problem, service_seconds, with_header};
use super::request::Asked;
use crate::world::World;

/// What a token says.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Claims {
    pub aud: String,
    pub iss: String,
    /// Unix seconds, as the next.
    pub exp: i64,
    pub iat: i64,
    pub nbf: i64,
    pub appid: String,
    /// Object id of the application's service principal.
    pub oid: String,
    pub sub: String,
    pub tid: String,
    pub ver: String,
}

impl Claims {
    /// A token of the console's application for an audience, from `now` on.
    pub(super) fn new(world: &World, audience: &str, now: i64, lifetime: i64) -> Self {
        Self {
            aud: audience.trim_end_matches('/').to_owned(),
            iss: format!("https://sts.windows.net/{}/", world.tenant_id),
            exp: now + lifetime,
            iat: now,
            nbf: now,
            appid: world.client_id.clone(),
            oid: world.object_id.clone(),
            sub: world.object_id.clone(),
            tid: world.tenant_id.clone(),
            ver: "1.0".to_owned(),
        }
    }
}

/// The first piece of every token: `{"alg":"HS256","kid":"practice","typ":"JWT"}`.
const HEADER: &str = "eyJhbGciOiJIUzI1NiIsImtpZCI6InByYWN0aWNlIiwidHlwIjoiSldUIn0";

/// Why a token is no good.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Refusal {
    Missing,
    Invalid,
    Expired,
    Audience,
}

/// Makes a token.
pub(super) fn issue(world: &World, claims: &Claims) -> String {
    let content = URL_SAFE_NO_PAD.encode(serde_json::to_vec(claims).unwrap_or_default());
    let signature = sign(world, &content).map(|mac| URL_SAFE_NO_PAD.encode(mac.finalize().into_bytes()));
    format!("{HEADER}.{content}.{}", signature.unwrap_or_default())
}

fn sign(world: &World, content: &str) -> Option<Hmac<Sha256>> {
    let mac = Hmac::<Sha256>::new_from_slice(format!("{}{}", world.seed, world.client_secret).as_bytes()).ok()?;
    Some(mac.chain_update(content))
}

/// The text after `Bearer`.
pub(super) fn bearer(asked: &Asked) -> Option<&str> {
    let value = asked.header("authorization")?;
    let (scheme, token) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then_some(token.trim())
}

/// Checks the request's token for one of the audiences.
pub(super) fn check(world: &World, asked: &Asked, audiences: &[&str]) -> Result<Claims, Refusal> {
    let token = bearer(asked).ok_or(Refusal::Missing)?;
    let (content, signature) = token
        .strip_prefix(HEADER)
        .and_then(|rest| rest.strip_prefix('.'))
        .and_then(|rest| rest.split_once('.'))
        .ok_or(Refusal::Invalid)?;
    let signature = URL_SAFE_NO_PAD.decode(signature).map_err(|_| Refusal::Invalid)?;
    let mac = sign(world, content).ok_or(Refusal::Invalid)?;
    mac.verify_slice(&signature).map_err(|_| Refusal::Invalid)?;
    let content = URL_SAFE_NO_PAD.decode(content).map_err(|_| Refusal::Invalid)?;
    let claims: Claims = serde_json::from_slice(&content).map_err(|_| Refusal::Invalid)?;
    if claims.exp <= service_seconds(asked) {
        return Err(Refusal::Expired);
    }
    let audience = claims.aud.trim_end_matches('/');
    if audiences.contains(&audience) { Ok(claims) } else { Err(Refusal::Audience) }
}

/// The 401 of ARM, Resource Graph and Logs Ingestion.
pub(super) fn refuse(world: &World, refusal: Refusal) -> Response {
    let (code, message) = match refusal {
        Refusal::Missing => ("AuthenticationFailed", "Authentication failed. The 'Authorization' header is missing."),
        Refusal::Invalid => ("InvalidAuthenticationToken", "The access token is invalid."),
        Refusal::Expired => {
            ("ExpiredAuthenticationToken", "The access token expiry UTC time is earlier than current UTC time.")
        }
        Refusal::Audience => (
            "InvalidAuthenticationTokenAudience",
            "The access token has been obtained for the wrong audience or resource.",
        ),
    };
    let challenge = format!(
        "Bearer authorization_uri=\"https://login.microsoftonline.com/{}\", error=\"invalid_token\", error_description=\"{message}\"",
        world.tenant_id
    );
    with_header(problem(StatusCode::UNAUTHORIZED, code, message), "www-authenticate", &challenge)
}
