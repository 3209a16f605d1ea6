//! What becomes of alerts and recommendations, from the source to the ledger.

use super::harness::{Harness, small_practice};
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
    let (folder, practice) = (tempfile::tempdir().unwrap(), small_practice(None).await);
    let h = Harness::on(folder.path(), practice.origin()).await;
    h.until("the baseline is complete", async |h| h.store.baseline_is_complete().await.unwrap()).await;
    let id = "20000000-0000-4000-8000-00000000000a";
    h.practice(Method::POST, "subscriptions", json!({"id": id, "name": "Late arrival"})).await;
    let raised = async |h: &Harness| {
        let order = json!({"count": 1, "severity": "High", "subscription": id});
        h.practice(Method::POST, "alerts", order).await["ids"][0].as_str().unwrap().to_owned()
    };
    let before = raised(&h).await;
    // The list of subscriptions is read every five minutes; a restart reads it at once.
    h.stop().await;
    let h = Harness::reopen(folder.path(), practice.origin()).await;
    h.until("its own baseline is complete", async |h| {
        let one = h.get(&format!("/api/v1/subscriptions/{id}")).await;
        one.status == 200
            && one.json()["watches"]
                .as_array()
                .is_some_and(|all| all.iter().any(|watch| watch["kind"] == "alert" && watch["baseline_done"] == true))
    })
    .await;
    let after = raised(&h).await;
    h.until_outcome("siem-high-alerts", "delivered", 1).await;
    let changes_of = async |h: &Harness, alert: &str| {
        let events = h.get(&format!("/api/v1/events?q={alert}")).await.json();
        events["items"].as_array().unwrap().iter().map(|one| one["change"].clone()).collect::<Vec<_>>()
    };
    assert_eq!(changes_of(&h, &before).await, [json!("baseline")], "it was there before the console listed it");
    assert_eq!(changes_of(&h, &after).await, [json!("created")]);
    assert_eq!(
        h.get("/api/v1/deliveries?kind=alert").await.json()["items"].as_array().unwrap().len(),
        2,
        "one an export of alerts"
    );
    h.books_balance().await;
    h.stop().await;
    practice.stop().await;
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
