//! Shares: what one would show, making it, those that were made.

use super::{At, UiError};
use domain::share::{Document, ShareId, ShareKind, ShareRow};
use leptos::prelude::*;
use serde::{Deserialize, Serialize};

/// What a share would show, before anything leaves.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SharePreview {
    /// What is to be shared.
    pub kind: ShareKind,
    /// Its id.
    pub id: String,
    /// The document.
    pub document: Document,
    /// Whether the person may share it with names and ids.
    pub may_lift: bool,
}

/// A link just made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FreshLink {
    /// The whole address, told once.
    pub url: String,
    /// The line of the list.
    pub row: ShareRow,
}

/// A list of shares, and a fresh link where one was just made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SharesView {
    /// The shares, newest first.
    pub shares: Vec<ShareRow>,
    /// Whether they are everybody's.
    pub everybodys: bool,
}

#[cfg(feature = "ssr")]
fn share_of(kind: &str, id: &str) -> Result<domain::share::ShareOf, UiError> {
    let of = ShareKind::parse(kind).and_then(|kind| domain::share::ShareOf::parse(kind, id));
    of.ok_or_else(|| super::reads::not_found("thing to share"))
}

/// What a share would show.
#[server(prefix = "/fn", endpoint = "preview_share")]
pub async fn preview_share(kind: String, id: String, redact: bool) -> Result<SharePreview, UiError> {
    let (console, actor) = super::door::door()?;
    let of = share_of(&kind, &id)?;
    let document = console.preview_share(&actor, &of, redact).await?;
    let may_lift = actor.require(domain::Role::Operator).is_ok();
    Ok(SharePreview { kind: of.kind(), id: of.id(), document, may_lift })
}

/// What became of the form that makes a link: the server puts it beside the page that answers the form.
#[derive(Debug, Clone)]
pub struct JustMade(pub Result<(String, ShareId), UiError>);

/// The link that was just made. It is told in the answer to the form and never again: nothing can find it once more.
#[server(prefix = "/fn", endpoint = "made_link")]
pub async fn made_link() -> Result<Option<FreshLink>, UiError> {
    let (console, actor) = super::door::door()?;
    let Some(JustMade(made)) = use_context::<JustMade>() else { return Ok(None) };
    let (url, id) = made?;
    let (row, _) = console.share(&actor, &id).await?;
    Ok(Some(FreshLink { url, row }))
}

/// The shares a person made.
#[server(prefix = "/fn", endpoint = "shares")]
pub async fn shares() -> Result<At<SharesView>, UiError> {
    let (console, actor) = super::door::door()?;
    let everybodys = actor.require(domain::Role::Administrator).is_ok();
    Ok(At { now: console.now(), value: SharesView { shares: console.shares(&actor).await?, everybodys } })
}

/// Takes a share back.
#[server(prefix = "/fn", endpoint = "revoke_share")]
pub async fn revoke_share(id: String) -> Result<(), UiError> {
    let (console, actor) = super::door::door()?;
    let id = id.parse().map_err(|_| super::reads::not_found("share"))?;
    console.revoke_share(&actor, &id).await?;
    leptos_axum::redirect(crate::paths::SHARES);
    Ok(())
}
