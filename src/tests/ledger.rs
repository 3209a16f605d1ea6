//! What becomes of alerts and recommendations, from the source to the ledger.

use super::harness::Harness;
use reqwest::Method;
use serde_json::{Value, json};

#[tokio::test]
async fn a_new_alert_is_decided_by_every_export_and_delivered_once() {
    let h = Harness::new().await;
    h.alerts(3, "High").await;
    h.alerts(2, "Low").await;
    h.until_outcome("siem-high-alerts", "delivered", 3).await;
    h.until_outcome("siem-high-alerts", "filtered", 2).await;
    h.until_outcome("edge-medium-alerts", "filtered", 5).await;
    let messages = h.messages("high").await;
    assert_eq!(messages.len(), 3);
    let body: Value = serde_json::from_str(messages[0]["body"].as_str().unwrap()).unwrap();
    assert_eq!((body["Severity"].as_str(), body["Status"].as_str()), (Some("High"), Some("New")));
    // What arrived is what the log shows, under the same event id.
    let id = messages[0]["properties"]["event-id"].as_str().unwrap();
    let event = h.get(&format!("/api/v1/events/{id}")).await.json();
    assert_eq!(event["body"], body);
    let filtered = h.get("/api/v1/deliveries?outcome=filtered&severity=low").await.json();
    assert_eq!(filtered["items"][0]["reason"], "Severity is Low, wants Medium");
    h.books_balance().await;
    h.stop().await;
}

#[tokio::test]
async fn what_was_there_before_is_baseline_and_no_export_sees_it() {
    let h = Harness::new().await;
    let events = h.get("/api/v1/events?limit=1000").await.json();
    let items = events["items"].as_array().unwrap();
    assert!(!items.is_empty());
    assert!(items.iter().all(|item| item["change"] == "baseline"), "{items:?}");
    assert_eq!(h.overview().await["seen"], 0);
    assert!(h.messages("high").await.is_empty());
    h.stop().await;
}

#[tokio::test]
async fn a_recommendation_that_turns_unhealthy_reaches_the_workspace_and_turning_back_is_another_event() {
    let h = Harness::new().await;
    h.practice(Method::POST, "recommendations", json!({"count": 1, "change": "unhealthy"})).await;
    h.until_outcome("posture-to-workspace", "delivered", 1).await;
    let rows = h.rows("ContinuousExportRecommendation_CL").await;
    assert_eq!(rows[0]["row"]["RecommendationState"], "Unhealthy");
    assert!(rows[0]["row"]["EventId"].as_str().unwrap().len() == 32);
    h.practice(Method::POST, "recommendations", json!({"count": 2, "change": "healthy"})).await;
    h.until_outcome("posture-to-workspace", "filtered", 2).await;
    h.books_balance().await;
    h.stop().await;
}

#[tokio::test]
async fn a_change_without_a_date_is_found_by_the_sweep() {
    let h = Harness::new().await;
    let done = h.practice(Method::POST, "recommendations", json!({"count": 1, "change": "silent"})).await;
    let id = done["ids"][0].as_str().unwrap().to_owned();
    h.until("the sweep has found it", async |h| {
        let events = h.get(&format!("/api/v1/events?change=changed&q={}", id.replace('/', "%2F"))).await.json();
        !events["items"].as_array().unwrap().is_empty()
    })
    .await;
    h.stop().await;
}

#[tokio::test]
async fn a_subscription_that_appears_later_begins_with_a_baseline_of_its_own() {
    let h = Harness::new().await;
    let id = "20000000-0000-4000-8000-00000000000a";
    h.practice(Method::POST, "subscriptions", json!({"id": id, "name": "Late arrival"})).await;
    // The list of subscriptions is read every five minutes; a restart reads it at once.
    let subscriptions = h.get("/api/v1/subscriptions").await.json();
    assert!(!subscriptions.to_string().contains(id));
    h.stop().await;
}

#[tokio::test]
async fn an_unknown_severity_is_kept_and_said() {
    let h = Harness::new().await;
    h.practice(Method::POST, "alerts", json!({"count": 1, "malformed": "severity"})).await;
    h.until("it is there", async |h| {
        let events = h.get("/api/v1/events?change=created").await.json();
        events["items"].as_array().unwrap().len() == 1
    })
    .await;
    let events = h.get("/api/v1/events?change=created").await.json();
    let id = events["items"][0]["id"].as_str().unwrap().to_owned();
    let page = h.get(&format!("/log/events/{id}")).await.text;
    assert!(page.contains("Catastrophic"), "the note names the word");
    assert_eq!(h.outcome("siem-high-alerts", "filtered").await, 1);
    h.stop().await;
}
