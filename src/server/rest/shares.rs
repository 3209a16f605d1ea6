//! `shares`: frozen copies for people without an account, and the support bundle.

use super::{
    asked::Asked,
    body::Body,
    caller::{Caller, Id, location},
    list::{Order, cut},
    problem::Problem,
};
use crate::{
    share::{Format, as_file},
    state::AppState,
};
use api::{BundleQuery, List, MadeShareAnswer, PageQuery, ShareAnswer, ShareBody};
use axum::{
    Json,
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use console::ShareWish;
use domain::share::{Document, ShareId, expires_at};
use secrecy::ExposeSecret;
use std::str::FromStr;

/// Share something
///
/// Makes a frozen copy and a link that shows it without an account. Only the digest of the link's token is kept.
#[utoipa::path(post, path = "/api/v1/shares", tag = "shares", request_body = ShareBody,
    responses((status = 201, body = MadeShareAnswer, headers(("location" = String)))))]
pub(super) async fn make_share(
    State(state): State<AppState>,
    caller: Caller,
    Body(body): Body<ShareBody>,
) -> Result<Response, Problem> {
    let of = body.of()?;
    let until = body.expires.as_deref().unwrap_or_default();
    let expires_at = expires_at(until, caller.console.now()).map_err(|said| Problem::field("expires", said))?;
    let wish = ShareWish { of, expires_at, redact: body.redact.unwrap_or(true), passphrase: body.passphrase };
    let made = caller.console.make_share(&caller.actor, wish).await?;
    let place = location(&format!("/api/v1/shares/{}", made.row.id));
    let answer = MadeShareAnswer {
        url: format!("{}/s/{}", state.public.origin, made.token.expose_secret()),
        id: made.row.id.to_string(),
        expires: made.row.expires_at,
    };
    Ok((StatusCode::CREATED, place, Json(answer)).into_response())
}

/// Shares
///
/// Those the caller made; an administrator sees everybody's. Newest first.
#[utoipa::path(get, path = "/api/v1/shares", tag = "shares", params(PageQuery),
    responses((status = 200, body = List<ShareAnswer>)))]
pub(super) async fn list_shares(
    caller: Caller,
    Asked(asked): Asked<PageQuery>,
) -> Result<Json<List<ShareAnswer>>, Problem> {
    let now = caller.console.now();
    let items = caller.console.shares(&caller.actor).await?.into_iter().map(|row| ShareAnswer::of(row, now)).collect();
    Ok(Json(cut(items, Order::NewestFirst, &asked, |row| row.id.clone())?))
}

/// A share's id, and the form its document is wanted in.
pub(super) struct ShareFile(ShareId, Option<Format>);

impl FromStr for ShareFile {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (id, format) = match text.split_once('.') {
            Some((id, ending)) => (id, Some(Format::of_ending(ending).ok_or("as .html, .md or .json")?)),
            None => (text, None),
        };
        Ok(Self(id.parse().map_err(|error: domain::ids::BadId| error.to_string())?, format))
    }
}

/// One share, or its document
///
/// The id alone answers the share; with `.html`, `.md` or `.json` behind it, the frozen document as a file. A revoked one has none.
#[utoipa::path(get, path = "/api/v1/shares/{id}", tag = "shares",
    params(("id" = String, Path, description = "The share's id; with `.html`, `.md` or `.json` for its document")),
    responses((status = 200, content((ShareAnswer = "application/json"), (String = "text/html"), (String = "text/markdown")))))]
pub(super) async fn get_share(caller: Caller, Id(file): Id<ShareFile>) -> Result<Response, Problem> {
    let Some(format) = file.1 else {
        let (row, _) = caller.console.share(&caller.actor, &file.0).await?;
        return Ok(Json(ShareAnswer::of(row, caller.console.now())).into_response());
    };
    match caller.console.file_of_share(&caller.actor, &file.0).await? {
        Some(document) => Ok(as_file(&document, format)),
        None => Err(Problem::new(StatusCode::GONE, "Revoked", "The share was taken back; its document is gone.")),
    }
}

/// Revoke a share
///
/// Its link is dead from now on, and the document is gone.
#[utoipa::path(delete, path = "/api/v1/shares/{id}", tag = "shares",
    params(("id" = String, Path, description = "The share's id", format = Uuid)), responses((status = 204)))]
pub(super) async fn revoke_share(caller: Caller, Id(id): Id<ShareId>) -> Result<StatusCode, Problem> {
    caller.console.revoke_share(&caller.actor, &id).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn bundle(caller: &Caller, asked: &BundleQuery) -> Result<Document, Problem> {
    Ok(caller.console.support_bundle(&caller.actor, asked.redact).await?)
}

/// Support bundle
///
/// Versions, settings without secrets, conditions, last errors and health checks in one redacted document.
#[utoipa::path(get, path = "/api/v1/support-bundle", tag = "shares", params(BundleQuery),
    responses((status = 200, content_type = "application/json", body = serde_json::Value)))]
pub(super) async fn support_bundle(caller: Caller, Asked(asked): Asked<BundleQuery>) -> Result<Response, Problem> {
    Ok(as_file(&bundle(&caller, &asked).await?, Format::Json))
}

/// Support bundle as a page
///
/// The same in one HTML file that needs nothing else.
#[utoipa::path(get, path = "/api/v1/support-bundle.html", tag = "shares", params(BundleQuery),
    responses((status = 200, content_type = "text/html", body = String)))]
pub(super) async fn support_bundle_file(caller: Caller, Asked(asked): Asked<BundleQuery>) -> Result<Response, Problem> {
    Ok(as_file(&bundle(&caller, &asked).await?, Format::Html))
}
