//! The site's files: from a folder while developing, embedded in the release binary.

use super::state::AppState;
use axum::{
    body::Body,
    extract::State,
    http::{HeaderMap, HeaderValue, StatusCode, Uri, header},
    response::{IntoResponse, Response},
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use rust_embed::RustEmbed;
use sha2::{Digest, Sha256};
use std::{borrow::Cow, path::Path};

#[derive(RustEmbed)]
#[folder = "../../target/site"] // from this crate
#[allow_missing = true]
struct Embedded;

/// Answers a file of the site, packed where the browser takes it and a packed one is there.
pub(super) async fn file(State(state): State<AppState>, uri: Uri, headers: HeaderMap) -> Response {
    let path = uri.path().trim_start_matches('/');
    if path.split('/').any(|part| part == ".." || part.is_empty()) {
        return StatusCode::NOT_FOUND.into_response();
    }
    let accepted = headers.get(header::ACCEPT_ENCODING).and_then(|value| value.to_str().ok()).unwrap_or_default();
    for (encoding, ending) in [("br", ".br"), ("gzip", ".gz"), ("", "")] {
        if !encoding.is_empty() && !accepted.contains(encoding) {
            continue;
        }
        if let Some((content, digest)) = read(state.site.as_deref(), &format!("{path}{ending}")).await {
            return respond(path, encoding, content, &digest, &headers);
        }
    }
    StatusCode::NOT_FOUND.into_response()
}

/// A file and its SHA-256.
async fn read(site: Option<&Path>, path: &str) -> Option<(Cow<'static, [u8]>, [u8; 32])> {
    match site {
        Some(folder) => {
            let content = tokio::fs::read(folder.join(path)).await.ok()?;
            let digest = Sha256::digest(&content).into();
            Some((Cow::Owned(content), digest))
        }
        None => Embedded::get(path).map(|file| (file.data, file.metadata.sha256_hash())),
    }
}

/// Whether pages find what they need in the browser: in this folder, or without one, in the program itself.
pub fn is_complete(site: Option<&Path>) -> bool {
    const SCRIPT: &str = "pkg/continuous-export.js";
    site.map_or_else(|| Embedded::get(SCRIPT).is_some(), |folder| folder.join(SCRIPT).is_file())
}

fn respond(
    path: &str,
    encoding: &'static str,
    content: Cow<'static, [u8]>,
    digest: &[u8; 32],
    asked: &HeaderMap,
) -> Response {
    let tag = format!("\"{}\"", URL_SAFE_NO_PAD.encode(&digest[..9]));
    let mut headers = HeaderMap::new();
    let kind = match path.rsplit('.').next() {
        Some("js") => "text/javascript; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("wasm") => "application/wasm",
        Some("svg") => "image/svg+xml",
        Some("txt") => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    };
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    headers.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
    if !encoding.is_empty() {
        headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static(encoding));
    }
    let same = asked.get(header::IF_NONE_MATCH).and_then(|value| value.to_str().ok()) == Some(tag.as_str());
    if let Ok(tag) = HeaderValue::from_str(&tag) {
        headers.insert(header::ETAG, tag);
    }
    if same {
        return (StatusCode::NOT_MODIFIED, headers).into_response();
    }
    let body = match content {
        Cow::Borrowed(bytes) => Body::from(bytes),
        Cow::Owned(bytes) => Body::from(bytes),
    };
    (headers, body).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_without_the_script_is_not_a_site() {
        let folder = tempfile::tempdir().unwrap();
        assert!(!is_complete(Some(folder.path())));
        std::fs::create_dir(folder.path().join("pkg")).unwrap();
        std::fs::write(folder.path().join("pkg/continuous-export.js"), "").unwrap();
        assert!(is_complete(Some(folder.path())));
    }
}
