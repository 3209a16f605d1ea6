//! The answers to the questions that people ask.

use super::{At, UiError};
use domain::article::{Article, ArticleQuery};
use leptos::prelude::*;

/// One article with its facts of this moment.
#[server(prefix = "/fn", endpoint = "read_article")]
pub async fn read_article(slug: String, query: ArticleQuery) -> Result<At<Article>, UiError> {
    let (console, actor) = super::door::door()?;
    let slug = slug.parse().map_err(|_| super::reads::not_found("article"))?;
    Ok(At { now: console.now(), value: console.article(&actor, slug, &query).await? })
}
