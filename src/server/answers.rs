//! Forms that are sent without JavaScript: when one is refused, the answer is the page it stands on, with what is wrong.
//!
//! Leptos carries such an answer in the page's address (`__path`, `__err`) and believes whatever an address says. So an
//! answer is kept with the person it was given to, and an address is believed only while it repeats one that is kept.

use super::state::AppState;
use axum::{
    body::{Body, to_bytes},
    extract::{Request, State},
    http::{HeaderMap, Method, Uri, header},
    middleware::Next,
    response::{IntoResponse, Redirect, Response},
};
use base64::{Engine, engine::general_purpose::URL_SAFE};
use console::Actor;
use leptos::server_fn::error::SERVER_FN_ERROR_HEADER;
use pages::api::{COMES_BACK, UiError, is_for_page};
use percent_encoding::percent_decode_str;

/// The form under which answers are kept, and the parameter that names one.
const ANSWER: &str = "answer";
/// The largest answer that fits an address, in bytes.
const MOST_ANSWER: usize = 4 * 1024;

/// Leads a refused form back to its page, and an address that claims an answer nobody gave to the one without it.
pub(super) async fn lead_back(State(state): State<AppState>, request: Request, next: Next) -> Response {
    let actor = request.extensions().get::<Actor>().cloned();
    match *request.method() {
        Method::POST if request.uri().path().starts_with("/fn/") && is_for_page(request.headers()) => {
            let function = request.uri().path().to_owned();
            let page = page_before(request.headers());
            let mut response = next.run(request).await;
            let back = response.headers_mut().remove(COMES_BACK);
            match actor {
                Some(actor) if response.headers().contains_key(SERVER_FN_ERROR_HEADER) => {
                    let page = back.as_ref().and_then(|back| back.to_str().ok()).unwrap_or(&page);
                    refused(&state, &actor, &function, page, response).await
                }
                _ => response,
            }
        }
        Method::GET | Method::HEAD => {
            let (claimed, rest) = split(request.uri());
            if claimed.is_empty() || is_kept(&state, actor.as_ref(), request.uri(), &claimed).await {
                return next.run(request).await;
            }
            Redirect::to(&rest).into_response()
        }
        _ => next.run(request).await,
    }
}

async fn refused(state: &AppState, actor: &Actor, function: &str, page: &str, response: Response) -> Response {
    let (parts, body) = response.into_parts();
    let bytes = to_bytes(body, MOST_ANSWER).await.unwrap_or_else(|_| {
        let error =
            UiError::Conflict("The form was refused for more reasons than fit here. Check its fields.".to_owned());
        serde_json::to_vec(&error).unwrap_or_default().into()
    });
    let answer = format!("__path={function}&__err={}", URL_SAFE.encode(&bytes));
    match state.console.save_draft(actor, ANSWER, answer.clone(), Vec::new()).await {
        Ok(kept) => {
            let sign = if page.contains('?') { '&' } else { '?' };
            Redirect::to(&format!("{page}{sign}{answer}&{ANSWER}={kept}")).into_response()
        }
        Err(error) => {
            tracing::error!("the answer to a form could not be kept: {}", domain::text::chain(&error));
            Response::from_parts(parts, Body::from(bytes))
        }
    }
}

/// The page that a form was sent from, without an earlier answer.
fn page_before(headers: &HeaderMap) -> String {
    let referrer = headers.get(header::REFERER).and_then(|page| page.to_str().ok());
    referrer.and_then(|page| page.parse().ok()).map_or_else(|| "/".to_owned(), |page| split(&page).1)
}

/// What an address claims as an answer, and the path and query without it.
fn split(uri: &Uri) -> (String, String) {
    let parts: Vec<&str> = uri.query().into_iter().flat_map(|query| query.split('&')).collect();
    let (claimed, rest): (Vec<&str>, Vec<&str>) =
        parts.into_iter().partition(|part| ["__path", "__err"].contains(&name(part).as_str()));
    let rest: Vec<&str> = rest.into_iter().filter(|part| name(part) != ANSWER).collect();
    // An address that begins with two slashes would name another host.
    let path = format!("/{}", uri.path().trim_start_matches(['/', '\\']));
    let rest = if rest.is_empty() { path } else { format!("{path}?{}", rest.join("&")) };
    (claimed.join("&"), rest)
}

fn name(part: &str) -> String {
    let name = part.split('=').next().unwrap_or_default().replace('+', " ");
    percent_decode_str(&name).decode_utf8_lossy().into_owned()
}

async fn is_kept(state: &AppState, actor: Option<&Actor>, uri: &Uri, claimed: &str) -> bool {
    let id = uri.query().into_iter().flat_map(|query| query.split('&')).find_map(|part| {
        let (name, id) = part.split_once('=')?;
        (name == ANSWER).then_some(id)
    });
    let (Some(actor), Some(id)) = (actor, id) else { return false };
    matches!(state.console.draft(actor, ANSWER, id).await, Ok(Some(kept)) if kept.body == claimed)
}
