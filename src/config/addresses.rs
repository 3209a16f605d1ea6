//! Addresses in the settings: where people come from, and where a practice Azure may be.

use axum::http::Uri;
use std::net::IpAddr;

/// An address with a host and nothing behind it.
fn origin(text: &str) -> Option<Uri> {
    let uri: Uri = text.parse().ok()?;
    let is_origin = uri.host().is_some_and(|host| !host.is_empty())
        && !uri.authority()?.as_str().contains('@')
        && uri.path_and_query().is_none_or(|rest| rest == "/");
    is_origin.then_some(uri)
}

/// Whether the host is this machine under a name or address that never leaves it.
fn is_loopback(uri: &Uri) -> bool {
    let host = uri.host().unwrap_or_default().trim_matches(['[', ']']);
    host == "localhost"
        || host.ends_with(".localhost")
        || host.parse::<IpAddr>().is_ok_and(|address| address.to_canonical().is_loopback())
}

/// Checks the address that people use. Only one-time links sign in, and behind a proxy they work from everywhere.
pub(super) fn public(text: &str, links: bool) -> Result<(), String> {
    let refused = |why: &str| Err(format!("--public-url {text}: {why}"));
    let Some(uri) = origin(text).filter(|uri| matches!(uri.scheme_str(), Some("http" | "https"))) else {
        return refused("an address such as https://export.example.com, without a path");
    };
    if is_loopback(&uri) {
        return Ok(());
    }
    if uri.scheme_str() == Some("http") {
        return refused("use https: over http the session is readable on its way");
    }
    if !links {
        return refused(
            "only one-time links sign in, and there they work for whoever reads one; add --allow-sign-in-links to accept that",
        );
    }
    Ok(())
}

/// Checks where a practice Azure runs: on this machine. It is asked over http, with no check of who answers.
pub(super) fn practice(text: &str) -> Result<(), String> {
    match origin(text).filter(|uri| uri.scheme_str() == Some("http") && is_loopback(uri)) {
        Some(_) => Ok(()),
        None => {
            Err(format!("--practice-url {text}: a practice Azure runs on this machine, such as http://127.0.0.1:4000"))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_public_address_is_https_and_says_that_links_work_there() {
        for loopback in
            ["http://127.0.0.1:3000", "http://localhost:3000/", "https://[::1]", "http://ce-1.localhost:3000"]
        {
            assert_eq!(public(loopback, false), Ok(()), "{loopback}");
        }
        assert_eq!(public("https://export.example.com", true), Ok(()));
        assert!(public("https://export.example.com", false).unwrap_err().contains("--allow-sign-in-links"));
        for wrong in [
            "http://export.example.com",
            "https://export.example.com/path",
            "ftp://x",
            "export.example.com",
            "",
            "https://a@export.example.com",
            "http://127.0.0.1.example.com",
        ] {
            assert!(public(wrong, true).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_practice_azure_is_on_this_machine() {
        for fine in ["http://127.0.0.1:4000", "http://localhost:1", "http://[::1]:9", "http://127.0.0.1:4000/"] {
            assert_eq!(practice(fine), Ok(()), "{fine}");
        }
        for wrong in ["http://192.0.2.7", "https://127.0.0.1", "http://localhost.example.com", "127.0.0.1:4000", ""] {
            assert!(practice(wrong).is_err(), "{wrong}");
        }
    }
}
