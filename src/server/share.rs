//! Shares for people without an account: `/s/{token}` shows one and nothing else. Also shares as files.
//!
//! These pages stand outside of sessions: no cookie is read or set, whatever the browser brings along. They hold no script and
//! ask for nothing else.

mod page;

pub(super) use page::{gone, html, policy};

use super::{rest::Problem, state::AppState};
use axum::{
    Extension, Form,
    extract::{ConnectInfo, FromRequest, FromRequestParts, Path, Request, State},
    http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header},
    middleware::Next,
    response::{IntoResponse, Response},
};
use console::{Actor, ConsoleError, Opened, ShareWish};
use domain::share::{Document, ShareId, ShareKind, ShareOf, expires_at};
use leptos::prelude::provide_context;
use pages::{
    api::{JustMade, UiError},
    shell,
};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use std::net::{IpAddr, SocketAddr};

/// The form that asks for a passphrase.
#[derive(Deserialize)]
pub(super) struct PassphraseForm {
    #[serde(default)]
    passphrase: SecretString,
}

/// `GET /s/{token}`: the share, or what asks for its passphrase.
pub(super) async fn show(
    State(state): State<AppState>,
    method: Method,
    Path(token): Path<String>,
    address: Address,
) -> Response {
    // Whoever only asks for headers sees nothing: that is no view.
    if method == Method::HEAD {
        return StatusCode::METHOD_NOT_ALLOWED.into_response();
    }
    answer(state.console.open_share(&token, None, &address.0).await)
}

/// `POST /s/{token}`: the share with its passphrase.
pub(super) async fn unlock(
    State(state): State<AppState>,
    Path(token): Path<String>,
    address: Address,
    Form(form): Form<PassphraseForm>,
) -> Response {
    answer(state.console.open_share(&token, Some(form.passphrase), &address.0).await)
}

fn answer(opened: Result<Opened, ConsoleError>) -> Response {
    match opened {
        Ok(Opened::Shown(document)) => page(StatusCode::OK, html(&document)),
        Ok(Opened::Asks) => page(StatusCode::OK, page::asks(None)),
        Ok(Opened::Wrong) => page(StatusCode::FORBIDDEN, page::asks(Some("That is not the passphrase."))),
        Ok(Opened::TooOften) => {
            let said = "There were too many wrong passphrases. Wait an hour, or ask for another link.";
            page(StatusCode::TOO_MANY_REQUESTS, page::asks(Some(said)))
        }
        Ok(Opened::Unknown) => page(StatusCode::NOT_FOUND, gone()),
        Err(error) => Problem::from(error).into_response(),
    }
}

fn page(status: StatusCode, text: String) -> Response {
    (status, [(header::CONTENT_TYPE, "text/html; charset=utf-8")], text).into_response()
}

/// Headers of everything below `/s/`: kept nowhere, told to nobody, found by no search.
pub(super) async fn add_headers(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    headers.insert(HeaderName::from_static("x-robots-tag"), HeaderValue::from_static("noindex, nofollow"));
    if let Ok(policy) = HeaderValue::from_str(&format!("{}; form-action 'self'; frame-ancestors 'none'", policy())) {
        headers.insert(header::CONTENT_SECURITY_POLICY, policy);
    }
    headers.remove(header::SET_COOKIE);
    response
}

/// The address a request came from: the peer's, and beside it the one a proxy says it forwards for, which anybody can say.
pub(super) struct Address(pub(super) String);

impl<S: Sync> FromRequestParts<S> for Address {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut axum::http::request::Parts, _: &S) -> Result<Self, Self::Rejection> {
        let peer = parts.extensions.get::<ConnectInfo<SocketAddr>>().map(|peer| peer.0.ip());
        Ok(Self(address(peer, &parts.headers)))
    }
}

fn address(peer: Option<IpAddr>, headers: &HeaderMap) -> String {
    let peer = peer.map_or_else(|| "an unknown address".to_owned(), |peer| peer.to_string());
    let told = headers.get_all("x-forwarded-for").iter().next_back();
    let told = told.and_then(|told| told.to_str().ok()?.rsplit(',').next()?.trim().parse::<IpAddr>().ok());
    told.map_or(peer.clone(), |told| format!("{peer}, which says it forwards for {told}"))
}

/// Which file is wanted.
#[derive(Debug, Deserialize)]
pub(super) struct FileForm {
    kind: String,
    #[serde(default)]
    id: String,
    #[serde(default)]
    redact: String,
    format: Format,
}

/// The forms a document can be read in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Format {
    Html,
    Md,
    Json,
}

impl Format {
    /// By the ending of a file's name.
    pub(super) fn of_ending(ending: &str) -> Option<Self> {
        match ending {
            "html" => Some(Self::Html),
            "md" => Some(Self::Md),
            "json" => Some(Self::Json),
            _ => None,
        }
    }
}

/// `POST /shares/file`: what a share would show, as a file to attach to a ticket.
pub(super) async fn file(
    State(state): State<AppState>,
    Extension(actor): Extension<Actor>,
    Form(form): Form<FileForm>,
) -> Response {
    let kind = ShareKind::parse(&form.kind);
    let redact = form.redact != "no";
    let document = match kind {
        Some(ShareKind::Support) => state.console.support_bundle(&actor, redact).await,
        Some(kind) => match ShareOf::parse(kind, &form.id) {
            Some(of) => state.console.share_file(&actor, &of, redact).await,
            None => Err(ConsoleError::NotFound(kind.as_str())),
        },
        None => Err(ConsoleError::NotFound("share")),
    };
    match document {
        Ok(document) => as_file(&document, form.format),
        Err(error) => Problem::from(error).into_response(),
    }
}

/// The form that makes a link.
#[derive(Debug, Deserialize)]
pub(super) struct LinkForm {
    kind: String,
    #[serde(default)]
    id: String,
    #[serde(default)]
    redact: String,
    #[serde(default)]
    expires: String,
    #[serde(default)]
    passphrase: SecretString,
}

/// `POST /shares/made`: makes a link and answers the page that tells it, once: it is in no address and kept nowhere.
pub(super) async fn make(
    State(state): State<AppState>,
    Extension(actor): Extension<Actor>,
    request: Request,
) -> Response {
    let (parts, body) = request.into_parts();
    let form = Request::from_parts(parts.clone(), body);
    let made = match Form::<LinkForm>::from_request(form, &state).await {
        Ok(Form(form)) => link(&state, &actor, form).await.map_err(UiError::from),
        Err(rejection) => return rejection.into_response(),
    };
    let options = state.leptos.clone();
    let context = move || {
        state.provide_to_pages();
        provide_context(JustMade(made.clone()));
    };
    let page = leptos_axum::render_app_async_with_context(context, move || shell(options.clone()));
    page(Request::from_parts(parts, axum::body::Body::empty())).await.into_response()
}

async fn link(state: &AppState, actor: &Actor, form: LinkForm) -> Result<(String, ShareId), ConsoleError> {
    let of = ShareKind::parse(&form.kind).and_then(|kind| ShareOf::parse(kind, &form.id));
    let of = of.ok_or(ConsoleError::NotFound("thing to share"))?;
    let expires_at =
        expires_at(&form.expires, state.console.now()).map_err(|said| ConsoleError::invalid("expires", said))?;
    let wish = ShareWish { of, expires_at, redact: form.redact != "no", passphrase: Some(form.passphrase) };
    let made = state.console.make_share(actor, wish).await?;
    Ok((format!("{}/s/{}", state.public.origin, made.token.expose_secret()), made.row.id))
}

/// A document as a file.
pub(super) fn as_file(document: &Document, format: Format) -> Response {
    let (kind, ending, text) = match format {
        Format::Html => ("text/html; charset=utf-8", "html", html(document)),
        Format::Md => ("text/markdown; charset=utf-8", "md", redact::markdown(document)),
        Format::Json => {
            let text = serde_json::to_string_pretty(document).unwrap_or_default();
            ("application/json", "json", text)
        }
    };
    let name = format!("{}-{}.{ending}", document.kind.as_str(), document.made_at.strftime("%Y%m%d-%H%M%S"));
    let mut response = ([(header::CONTENT_TYPE, kind)], text).into_response();
    if let Ok(value) = HeaderValue::from_str(&format!("attachment; filename=\"{name}\"")) {
        response.headers_mut().insert(header::CONTENT_DISPOSITION, value);
    }
    if let Ok(value) = HeaderValue::from_str(&policy()) {
        response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, value);
    }
    response
}

/// A request's address as logs may hold it: what grants something is cut off.
pub(super) fn loggable(path: &str) -> &str {
    ["/s/", "/sign-in/"].into_iter().find(|start| path.starts_with(start)).map_or(path, |start| match start {
        "/s/" => "/s/…",
        _ => "/sign-in/…",
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn logs_hold_no_token() {
        assert_eq!(loggable("/s/abc?x=1"), "/s/…");
        assert_eq!(loggable("/sign-in/abc"), "/sign-in/…");
        assert_eq!(loggable("/shares"), "/shares");
        assert_eq!(loggable("/sign-in"), "/sign-in");
    }

    #[test]
    fn an_address_that_is_only_told_is_told_apart() {
        let mut headers = HeaderMap::new();
        let peer = Some(IpAddr::from([10, 0, 0, 1]));
        assert_eq!(address(peer, &headers), "10.0.0.1");
        headers.insert("x-forwarded-for", HeaderValue::from_static("<b>, 203.0.113.7"));
        assert_eq!(address(peer, &headers), "10.0.0.1, which says it forwards for 203.0.113.7");
        headers.insert("x-forwarded-for", HeaderValue::from_static("<script>"));
        assert_eq!(address(peer, &headers), "10.0.0.1");
    }
}
