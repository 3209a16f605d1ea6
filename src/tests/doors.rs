//! Who gets in where.

use super::harness::Harness;
use reqwest::Method;
use server::rest;

#[tokio::test]
async fn without_a_session_only_signing_in_and_health_answer() {
    let h = Harness::new().await;
    let document = serde_json::to_value(rest::openapi()).unwrap();
    let paths = document["paths"].as_object().unwrap();
    assert!(paths.len() > 10);
    for (path, operations) in paths {
        for method in operations.as_object().unwrap().keys() {
            let method: Method = method.to_uppercase().parse().unwrap();
            let path = path.replace("{id}", "00000000-0000-4000-8000-000000000000");
            let answer = h.anonymous(method.clone(), &path, None).await;
            assert_eq!(answer.status, 401, "{method} {path}");
            assert!(answer.headers["content-type"].to_str().unwrap().starts_with("application/problem+json"));
        }
    }
    for path in ["/api/v1/nothing/here", "/api/v1"] {
        assert_eq!(h.anonymous(Method::GET, path, None).await.status, 401, "{path}");
    }
    let functions: Vec<&str> = leptos::server_fn::axum::server_fn_paths().map(|(path, _)| path).collect();
    assert!(functions.len() > 60, "{functions:?}");
    for function in functions {
        assert_eq!(h.anonymous(Method::POST, function, None).await.status, 401, "{function}");
    }
    let ended = h.anonymous(Method::POST, "/fn/frame", None).await;
    assert_eq!(ended.json(), "SignedOut", "a page can read it");
    let form = h.form_of_nobody("/fn/change_target").await;
    assert_eq!((form.status.as_u16(), form.headers["location"].to_str().unwrap()), (303, "/sign-in"));
    let pages = [
        "/",
        "/subscriptions",
        "/exports",
        "/exports/new",
        "/log",
        "/log?tab=events",
        "/log?tab=jobs",
        "/log/replay",
        "/exports/00000000-0000-4000-8000-000000000000/backfill",
        "/targets",
        "/targets/new",
        "/settings",
        "/no/such/page",
        "/log/deliveries/x",
    ];
    for page in pages {
        let answer = h.anonymous(Method::GET, page, None).await;
        assert_eq!((answer.status.as_u16(), answer.headers["location"].to_str().unwrap()), (303, "/sign-in"), "{page}");
    }
    for (path, status) in [("/sign-in", 200), ("/healthz", 200), ("/readyz", 200)] {
        assert_eq!(h.anonymous(Method::GET, path, None).await.status, status, "{path}");
    }
    h.stop().await;
}

#[tokio::test]
async fn a_link_works_once_and_signing_out_ends_the_session() {
    let h = Harness::new().await;
    let token = h.console.make_sign_in_token().await.unwrap();
    let looked_at = h.anonymous(Method::HEAD, &format!("/sign-in/{token}"), None).await;
    assert!(looked_at.status == 204 && !looked_at.headers.contains_key("set-cookie"), "{}", looked_at.status);
    let first = h.anonymous(Method::GET, &format!("/sign-in/{token}"), None).await;
    assert_eq!(first.headers["location"], "/");
    let second = h.anonymous(Method::GET, &format!("/sign-in/{token}"), None).await;
    assert_eq!(second.headers["location"], "/sign-in?link=used");
    assert_eq!(h.get("/api/v1/exports").await.status, 200);
    let audit = h.get("/api/v1/audit").await.text;
    assert!(audit.contains("with a one-time link, from 192.0.2.7"), "{audit}");
    h.ask(Method::POST, "/sign-out", None, &[]).await;
    assert_eq!(h.get("/api/v1/exports").await.status, 401);
    h.stop().await;
}

#[tokio::test]
async fn another_host_and_another_site_are_refused() {
    let h = Harness::new().await;
    for (path, host) in
        [("/", "evil.example"), ("/api/v1/exports", "console.test.evil.example"), ("/s/x", "127.0.0.1:1")]
    {
        assert_eq!(h.get_at(host, path).await.status, 421, "{host}{path}");
    }
    assert_eq!(h.get_at("CONSOLE.test", "/api/v1/exports").await.status, 200, "letter case is no other host");
    let cross = h
        .ask(Method::POST, "/sign-out", None, &[("sec-fetch-site", "cross-site"), ("origin", "https://evil.example")])
        .await;
    assert_eq!(cross.status, 403);
    let page = h.get("/").await;
    let policy = page.headers["content-security-policy"].to_str().unwrap();
    assert!(policy.contains("script-src 'nonce-") && !policy.contains("unsafe-inline"), "{policy}");
    assert_eq!(page.headers["x-frame-options"], "DENY");
    h.stop().await;
}

#[tokio::test]
async fn pages_are_whole_without_javascript_and_name_what_is_missing() {
    let h = Harness::new().await;
    for (page, text) in [
        ("/", "Coverage"),
        ("/subscriptions", "Plans on"),
        ("/exports", "siem-high-alerts"),
        ("/exports/new", "Where the events go"),
        ("/exports/import", "Import exports"),
        ("/log", "Nothing was decided in this range"),
        ("/log?tab=events", "Baseline"),
        ("/log?tab=jobs", "Nothing was sent again yet"),
        ("/log/replay", "There is nothing to send"),
        ("/targets", "siem / alerts"),
        ("/settings", "Audit log"),
    ] {
        let answer = h.get(page).await;
        assert_eq!(answer.status, 200, "{page}");
        assert!(answer.text.contains(text), "{page} says {text}");
    }
    for page in [
        "/log/deliveries/nothing",
        "/exports/00000000-0000-4000-8000-000000000000",
        "/targets/x",
        "/no/such/page",
        "/exports/x/backfill",
    ] {
        assert_eq!(h.get(page).await.status, 404, "{page}");
    }
    h.stop().await;
}
