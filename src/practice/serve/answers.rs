//! Answers that several services give: errors in Azure's shape, and what faults make of a request.

use axum::body::Body;
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use jiff::SignedDuration;
use serde_json::{Value, json};

use super::request::{Asked, Service};
use crate::faults::Fault;
use crate::state::{Azure, clock};
use crate::world::World;

/// How far a skewed clock is ahead.
const SKEW: SignedDuration = SignedDuration::from_mins(10);

/// An answer that ends the work early; boxed, since results carry it around.
#[derive(Debug)]
pub(super) struct Refused(Box<Response>);

impl From<Response> for Refused {
    fn from(response: Response) -> Self {
        Self(Box::new(response))
    }
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        *self.0
    }
}

/// A JSON answer.
pub(super) fn json_answer(status: StatusCode, body: &Value) -> Response {
    (status, [(header::CONTENT_TYPE, "application/json; charset=utf-8")], body.to_string()).into_response()
}

/// 200 with JSON.
pub(super) fn ok(body: &Value) -> Response {
    json_answer(StatusCode::OK, body)
}

/// An error as ARM, Resource Graph and Logs Ingestion write it.
pub(super) fn problem(status: StatusCode, code: &str, message: &str) -> Response {
    json_answer(status, &json!({"error": {"code": code, "message": message}}))
}

/// An error as Event Hubs writes it.
pub(super) fn hub_problem(status: StatusCode, detail: &str) -> Response {
    let detail = detail.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    let body = format!(
        "<Error><Code>{}</Code><Detail>{detail} TrackingId:practice, Timestamp:{}</Detail></Error>",
        status.as_u16(),
        clock()
    );
    (status, [(header::CONTENT_TYPE, "application/xml; charset=utf-8")], body).into_response()
}

/// The answer with another header.
pub(super) fn with_header(mut response: Response, name: &'static str, value: &str) -> Response {
    if let Ok(value) = HeaderValue::from_str(value) {
        response.headers_mut().insert(HeaderName::from_static(name), value);
    }
    response
}

/// The time of the service's clock in seconds since 1970; faults can make it wrong.
pub(super) fn service_seconds(asked: &Asked) -> i64 {
    let now = clock().as_second();
    if asked.has(Fault::ClockSkew) { now + SKEW.as_secs() } else { now }
}

/// The `Date` of a service whose clock is wrong.
pub(super) fn skewed_date() -> String {
    let at = clock().checked_add(SKEW).unwrap_or_else(|_| clock());
    at.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string()
}

/// What the service answers instead of its work, if a fault says so.
pub(super) fn fault_answer(azure: &Azure, asked: &Asked) -> Option<Response> {
    asked.faults.iter().find_map(|fault| one(*fault, azure, asked))
}

fn one(fault: Fault, azure: &Azure, asked: &Asked) -> Option<Response> {
    let hubs = asked.service == Service::EventHubs;
    let say = |status: StatusCode, code: &str, message: &str| {
        if hubs { hub_problem(status, message) } else { problem(status, code, message) }
    };
    Some(match fault {
        Fault::CertificateExpired if asked.service == Service::Token => json_answer(
            StatusCode::UNAUTHORIZED,
            &json!({"error": "invalid_client", "error_description": "AADSTS700027: The certificate with identifier used to sign the client assertion is expired on application. [Reason - The key used is expired.]", "error_codes": [700_027], "trace_id": "practice", "correlation_id": "practice"}),
        ),
        Fault::Slow
        | Fault::ClockSkew
        | Fault::NoPartitionBatches
        | Fault::RepeatPage
        | Fault::ForeignNextLink
        | Fault::Truncated
        | Fault::CertificateExpired => return None,
        Fault::WrongTenant => refuse_tenant(&azure.world()),
        Fault::Conflict => say(
            StatusCode::CONFLICT,
            "Conflict",
            "Another operation is in progress on the resource. Please retry later.",
        ),
        Fault::Throttle => {
            let response = match asked.service {
                Service::EventHubs => hub_problem(
                    StatusCode::SERVICE_UNAVAILABLE,
                    "The request was terminated because the namespace is being throttled; the server is busy. Error code : 50004.",
                ),
                Service::Graph => say(
                    StatusCode::TOO_MANY_REQUESTS,
                    "RateLimiting",
                    "Please provide below info when asking for support: throttled.",
                ),
                _ => say(StatusCode::TOO_MANY_REQUESTS, "TooManyRequests", "The request is being throttled."),
            };
            with_header(response, "retry-after", "2")
        }
        Fault::Outage => {
            say(StatusCode::SERVICE_UNAVAILABLE, "ServiceUnavailable", "The service is temporarily unavailable.")
        }
        Fault::Reset => reset(),
        Fault::ExpiredKey if asked.service == Service::Token => json_answer(
            StatusCode::UNAUTHORIZED,
            &json!({"error": "invalid_client", "error_description": "AADSTS7000222: The provided client secret keys for the app are expired.", "error_codes": [7_000_222]}),
        ),
        Fault::ExpiredKey => {
            say(StatusCode::UNAUTHORIZED, "ExpiredAuthenticationToken", "ExpiredToken: The token is expired.")
        }
        Fault::RoleRevoked => role_revoked(asked, say),
        Fault::Firewall if hubs => {
            hub_problem(StatusCode::FORBIDDEN, "Ip has been prevented to connect to the endpoint.")
        }
        Fault::Firewall => say(
            StatusCode::FORBIDDEN,
            "NetworkAccessNotAllowed",
            "Access from this address is not allowed by the network rules of the resource.",
        ),
        Fault::Disabled if hubs => hub_problem(StatusCode::FORBIDDEN, "Messaging entity is currently disabled. 40303"),
        Fault::Disabled => say(StatusCode::FORBIDDEN, "ReadOnlyDisabledSubscription", "The subscription is disabled."),
        Fault::Gone if hubs => hub_problem(StatusCode::NOT_FOUND, "The requested entity could not be found."),
        Fault::Gone => say(StatusCode::NOT_FOUND, "ResourceNotFound", "The resource was not found."),
        Fault::Html => (
            StatusCode::BAD_GATEWAY,
            [(header::CONTENT_TYPE, "text/html")],
            "<!doctype html><html><title>502</title><h1>Bad gateway</h1><script>document.title='run'</script></html>",
        )
            .into_response(),
        Fault::Garbage => {
            (StatusCode::OK, [(header::CONTENT_TYPE, "application/json")], "{\"value\":[{\"id\":\"/subscr")
                .into_response()
        }
    })
}

fn role_revoked(asked: &Asked, say: impl Fn(StatusCode, &str, &str) -> Response) -> Response {
    match asked.service {
        Service::Token => json_answer(
            StatusCode::BAD_REQUEST,
            &json!({"error": "unauthorized_client", "error_description": "AADSTS700016: The application was not found in the directory.", "error_codes": [700_016]}),
        ),
        Service::EventHubs => say(
            StatusCode::FORBIDDEN,
            "",
            "Unauthorized access. 'Send' claim(s) are required to perform this operation.",
        ),
        Service::Ingestion => {
            let rule = asked.path.get(1).map(String::as_str).unwrap_or_default();
            problem(StatusCode::FORBIDDEN, "OperationFailed", &no_access(rule))
        }
        _ => say(
            StatusCode::FORBIDDEN,
            "AuthorizationFailed",
            "The client does not have authorization to perform the action or the scope is invalid.",
        ),
    }
}

/// What Logs Ingestion says to someone without the role.
pub(super) fn no_access(rule: &str) -> String {
    format!(
        "The authentication token provided does not have access to ingest data for the data collection rule with immutable Id '{rule}'."
    )
}

/// The answer with the second half of its body missing; its length still says that there is more.
pub(super) async fn truncate(response: Response) -> Response {
    let (mut parts, body) = response.into_parts();
    let Ok(whole) = axum::body::to_bytes(body, usize::MAX).await else {
        return reset();
    };
    if whole.is_empty() {
        return Response::from_parts(parts, Body::empty());
    }
    parts.headers.insert(header::CONTENT_LENGTH, HeaderValue::from(whole.len()));
    let half = whole.slice(..whole.len() / 2);
    // the first half is on its way before the connection breaks
    let rest = futures::stream::once(async {
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        Err(std::io::Error::from(std::io::ErrorKind::ConnectionReset))
    });
    let first = futures::stream::once(async move { Ok(half) });
    Response::from_parts(parts, Body::from_stream(futures::StreamExt::chain(first, rest)))
}

/// An answer whose body breaks before its first byte: the server closes the connection without a word.
fn reset() -> Response {
    let broken = futures::stream::once(async {
        Err::<bytes::Bytes, _>(std::io::Error::from(std::io::ErrorKind::ConnectionReset))
    });
    Response::new(Body::from_stream(broken))
}

/// The 401 for a token of another tenant, which names the right one.
pub(super) fn refuse_tenant(world: &World) -> Response {
    let own = &world.tenant_id;
    let message = format!(
        "The access token is from the wrong issuer 'https://sts.windows.net/00000000-0000-0000-0000-00000000dead/'. It must match the tenant 'https://sts.windows.net/{own}/' associated with this subscription. Please use the authority (URL) 'https://login.microsoftonline.com/{own}' to get the token."
    );
    let challenge = format!(
        "Bearer authorization_uri=\"https://login.microsoftonline.com/{own}\", error=\"invalid_token\", error_description=\"The access token is from the wrong issuer.\""
    );
    let refused = problem(StatusCode::UNAUTHORIZED, "InvalidAuthenticationTokenTenant", &message);
    with_header(refused, "www-authenticate", &challenge)
}
