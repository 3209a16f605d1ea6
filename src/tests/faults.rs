//! What goes wrong at Azure is named for what it is while it lasts, and over by itself when its cause is: watched through the
//! console's own pages.

use super::harness::Harness;
use axum::http::Method;
use serde_json::{Value, json};

/// Everything that the health checks and the subscriptions say is wrong.
async fn said(h: &Harness) -> String {
    let health = h.get("/api/v1/health").await.json();
    let wrong = health["items"].as_array().unwrap().iter().filter(|item| item["verdict"] != "pass");
    let subscriptions = h.get("/api/v1/subscriptions").await.json();
    let conditions = subscriptions["items"].as_array().unwrap().iter().map(|item| item["condition_detail"].to_string());
    wrong.map(|item| format!("{}: {}", item["check"], item["said"])).chain(conditions).collect::<Vec<_>>().join("\n")
}

/// Whether every subscription is watched and the watching as a whole suffers from nothing.
async fn is_well(h: &Harness) -> bool {
    let health = h.get("/api/v1/health").await.json();
    let of_azure = |item: &&Value| {
        let check = item["check"].as_str().unwrap_or_default();
        check.starts_with("sources.") || check == "clock" || check.starts_with("permissions.")
    };
    health["items"].as_array().unwrap().iter().filter(of_azure).all(|item| item["verdict"] == "pass")
}

async fn walk(faults: &[(&str, &str, &[&str])]) {
    let h = Harness::new().await;
    for (service, fault, words) in faults {
        h.fault(service, fault).await;
        let what = format!("{service} {fault} is named by one of {words:?}");
        h.until(&what, async |h| {
            let said = said(h).await.to_lowercase();
            words.iter().any(|word| said.contains(word))
        })
        .await;
        let text = said(&h).await;
        assert!(!text.contains("<html") && !text.contains("</"), "no markup of a proxy is shown: {text}");
        h.no_faults().await;
        h.until(&format!("{service} {fault} is over"), async |h| is_well(h).await).await;
    }
    // And what happens afterwards goes the whole way.
    let before = h.messages("high").await.len();
    h.alerts(1, "High").await;
    h.until("a new alert arrives", async |h| h.messages("high").await.len() > before).await;
    h.books_balance().await;
    h.stop().await;
}

#[tokio::test]
async fn faults_of_resource_graph_are_named_and_over_when_their_cause_is() {
    Box::pin(walk(&[
        ("graph", "outage", &["503", "does not answer", "unavailable"]),
        ("graph", "throttle", &["429", "throttl", "too many"]),
        ("graph", "truncated", &["not as it should be", "does not answer"]),
        ("graph", "html", &["502", "instead of json", "bad gateway"]),
        ("graph", "wrong-tenant", &["tenant"]),
        ("graph", "clock-skew", &["clock"]),
    ]))
    .await;
}

#[tokio::test]
async fn faults_of_resource_manager_are_named_and_over_when_their_cause_is() {
    Box::pin(walk(&[
        ("arm", "wrong-tenant", &["tenant"]),
        ("arm", "conflict", &["409"]),
        ("arm", "truncated", &["not as it should be", "does not answer"]),
        ("arm", "html", &["502", "instead of json", "bad gateway"]),
    ]))
    .await;
}

#[tokio::test]
async fn a_role_that_is_taken_away_in_one_subscription_disturbs_no_other() {
    let h = Harness::new().await;
    let all = h.get("/api/v1/subscriptions").await.json();
    let ids: Vec<&str> = all["items"].as_array().unwrap().iter().map(|item| item["id"].as_str().unwrap()).collect();
    // Partial results: one subscription answers, the other is as if it had moved to another tenant.
    h.practice(Method::POST, "permissions", json!({"subscription": ids[0], "entries": []})).await;
    h.until("it is said at the subscription", async |h| {
        h.get(&format!("/api/v1/subscriptions/{}", ids[0])).await.json()["condition"] != "ok"
    })
    .await;
    assert_eq!(h.get(&format!("/api/v1/subscriptions/{}", ids[1])).await.json()["condition"], "ok");
    let before = h.messages("high").await.len();
    h.practice(Method::POST, "alerts", json!({"count": 1, "severity": "High", "subscription": ids[1]})).await;
    h.until("alerts of the other one arrive", async |h| h.messages("high").await.len() > before).await;
    let deleted = h.get("/api/v1/events?change=deleted").await.json();
    assert_eq!(deleted["items"], json!([]), "nothing is called deleted because nobody may read it");
    let reader = json!([{"actions": ["*/read"], "notActions": [], "dataActions": [], "notDataActions": []}]);
    h.practice(Method::POST, "permissions", json!({"subscription": ids[0], "entries": reader})).await;
    h.until("it is well again", async |h| {
        h.get(&format!("/api/v1/subscriptions/{}", ids[0])).await.json()["condition"] == "ok"
    })
    .await;
    h.stop().await;
}
