//! Who asks, for which thing, and which version of it they have seen.

use super::problem::Problem;
use crate::state::AppState;
use axum::{
    extract::{FromRequestParts, Path},
    http::{HeaderMap, HeaderValue, StatusCode, header, request::Parts},
};
use console::{Actor, Console};
use std::{fmt::Display, str::FromStr};

/// The console, and who asks it.
pub(super) struct Caller {
    pub(super) console: Console,
    pub(super) actor: Actor,
}

impl FromRequestParts<AppState> for Caller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, Problem> {
        match parts.extensions.get::<Actor>() {
            Some(actor) => Ok(Self { console: state.console.clone(), actor: actor.clone() }),
            None => Err(Problem::new(StatusCode::UNAUTHORIZED, "Not signed in", "Sign in first.")),
        }
    }
}

/// The id at the place of `{id}` in the path. What is no id is not there.
pub(super) struct Id<T>(pub(super) T);

impl<T, S> FromRequestParts<S> for Id<T>
where
    T: FromStr<Err: Display>,
    S: Send + Sync,
{
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let missing = |detail: String| Problem::new(StatusCode::NOT_FOUND, "Not found", detail);
        let Path(text) =
            Path::<String>::from_request_parts(parts, state).await.map_err(|error| missing(error.body_text()))?;
        text.parse().map(Self).map_err(|error: T::Err| missing(error.to_string()))
    }
}

/// The version that a write is meant for: a number, or any with `*`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum IfMatch {
    /// Whichever is there.
    Any,
    /// One of these.
    Versions(Vec<i64>),
}

impl<S: Send + Sync> FromRequestParts<S> for IfMatch {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        Self::of(&parts.headers)
    }
}

impl IfMatch {
    fn of(headers: &HeaderMap) -> Result<Self, Problem> {
        let text = headers.get(header::IF_MATCH).and_then(|value| value.to_str().ok()).unwrap_or_default().trim();
        if text.is_empty() {
            let detail = "Send If-Match with the ETag of the version you have seen, so that nobody's change is lost.";
            return Err(Problem::new(StatusCode::PRECONDITION_REQUIRED, "Version missing", detail));
        }
        if text == "*" {
            return Ok(Self::Any);
        }
        // Proxies that compress weaken tags; the version is the same. What is no version of ours matches none.
        let version = |tag: &str| tag.trim().trim_start_matches("W/").trim_matches('"').parse().ok();
        Ok(Self::Versions(text.split(',').filter_map(version).collect()))
    }

    /// The version to replace, given the current one; 412 when that is another.
    pub(super) fn check(&self, current: i64) -> Result<i64, Problem> {
        match self {
            Self::Versions(seen) if !seen.contains(&current) => Err(console::ConsoleError::Stale { current }.into()),
            Self::Any | Self::Versions(_) => Ok(current),
        }
    }
}

/// The `ETag` of a version.
pub(super) fn etag(version: impl Display) -> [(header::HeaderName, HeaderValue); 1] {
    let tag = HeaderValue::from_str(&format!("\"{version}\"")).unwrap_or(HeaderValue::from_static("\"\""));
    [(header::ETAG, tag)]
}

/// The `Location` of something new.
pub(super) fn location(path: &str) -> [(header::HeaderName, HeaderValue); 1] {
    [(header::LOCATION, HeaderValue::from_str(path).unwrap_or(HeaderValue::from_static("/api/v1/")))]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn if_match(text: &str) -> Result<IfMatch, Problem> {
        let mut headers = HeaderMap::new();
        headers.insert(header::IF_MATCH, HeaderValue::from_str(text).unwrap());
        IfMatch::of(&headers)
    }

    #[test]
    fn a_write_names_the_version_it_replaces() {
        assert_eq!(IfMatch::of(&HeaderMap::new()).unwrap_err().0.status, 428);
        assert_eq!(if_match("*").unwrap().check(4).unwrap(), 4);
        assert_eq!(if_match("\"4\"").unwrap().check(4).unwrap(), 4);
        assert_eq!(if_match("W/\"4\", \"5\"").unwrap().check(5).unwrap(), 5);
        for stale in ["\"3\"", "\"abc\"", "\"\""] {
            assert_eq!(if_match(stale).unwrap().check(4).unwrap_err().0.status, 412);
        }
    }
}
