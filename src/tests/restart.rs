//! Stops, crashes and what must be true afterwards.

use super::harness::{Harness, small_practice};
use crate::store::{OpenOptions, Stamp, Store, StoreError};
use axum::http::Method;
use std::collections::HashSet;

#[tokio::test]
async fn after_a_crash_in_the_middle_nothing_is_missing_and_doubles_carry_the_same_id() {
    let folder = tempfile::tempdir().unwrap();
    let practice = small_practice(None).await;
    let h = Harness::on(folder.path(), practice.origin()).await;
    h.until("the baseline is complete", async |h| h.store.baseline_is_complete().await.unwrap()).await;
    h.fault("event-hubs", "slow").await;
    h.alerts(120, "High").await;
    h.until("some are being sent", async |h| h.outcome("siem-high-alerts", "pending").await > 0).await;
    tokio::time::sleep(std::time::Duration::from_millis(700)).await;
    h.crash().await;

    let h = Harness::reopen(folder.path(), practice.origin()).await;
    h.no_faults().await;
    h.until_outcome("siem-high-alerts", "delivered", 120).await;
    let messages = h.messages("high").await;
    let ids: HashSet<_> = messages.iter().map(|message| message["properties"]["event-id"].to_string()).collect();
    assert_eq!(ids.len(), 120, "nothing is missing among {} messages", messages.len());
    h.books_balance().await;
    h.stop().await;
    practice.stop().await;
}

#[tokio::test]
async fn what_happened_while_the_console_was_down_is_found_when_it_is_back() {
    let folder = tempfile::tempdir().unwrap();
    let practice = small_practice(None).await;
    let h = Harness::on(folder.path(), practice.origin()).await;
    h.until("the baseline is complete", async |h| h.store.baseline_is_complete().await.unwrap()).await;
    let other = reqwest::Client::builder().no_proxy().build().unwrap();
    h.stop().await;
    let body = serde_json::json!({"count": 7, "severity": "High"});
    other.post(format!("{}/_practice/alerts", practice.origin())).json(&body).send().await.unwrap();
    let h = Harness::reopen(folder.path(), practice.origin()).await;
    h.until_outcome("siem-high-alerts", "delivered", 7).await;
    h.stop().await;
    practice.stop().await;
}

#[tokio::test]
async fn a_store_is_locked_and_belongs_to_one_tenant() {
    let folder = tempfile::tempdir().unwrap();
    let options = OpenOptions { folder: folder.path().to_owned(), key: None };
    let store = Store::open(&options).await.unwrap();
    assert!(matches!(Store::open(&options).await, Err(StoreError::InUse { .. })));
    let stamp =
        |cloud: &str| Stamp { cloud: cloud.into(), tenant: "00000000-0000-4000-8000-000000000001".parse().unwrap() };
    store.stamp(&stamp("practice")).await.unwrap();
    store.stamp(&stamp("practice")).await.unwrap();
    assert!(matches!(store.stamp(&stamp("public")).await, Err(StoreError::OtherStamp { .. })));
}

/// A start that is killed leaves what it had made so far: nothing, targets, or some of the exports.
#[tokio::test]
async fn a_practice_store_that_was_left_half_made_is_made_whole_on_the_next_start() {
    let practice = small_practice(None).await;
    for made in 0..3 {
        let folder = tempfile::tempdir().unwrap();
        let h = Harness::on(folder.path(), practice.origin()).await;
        let listed = h.get("/api/v1/exports").await.json();
        assert_eq!(listed["items"].as_array().unwrap().len(), 3);
        for export in listed["items"].as_array().unwrap().iter().take(made) {
            let path = format!("/api/v1/exports/{}", export["id"].as_str().unwrap());
            assert_eq!(h.ask(Method::DELETE, &path, None, &[("if-match", "\"1\"")]).await.status, 200);
        }
        h.store.set_meta("starter", "").await.unwrap();
        h.stop().await;
        let h = Harness::reopen(folder.path(), practice.origin()).await;
        let exports = h.get("/api/v1/exports").await.json();
        let mut names: Vec<&str> =
            exports["items"].as_array().unwrap().iter().map(|one| one["name"].as_str().unwrap()).collect();
        names.sort_unstable();
        assert_eq!(names, ["edge-medium-alerts", "posture-to-workspace", "siem-high-alerts"], "{made}");
        assert_eq!(h.get("/api/v1/targets").await.json()["items"].as_array().unwrap().len(), 3);
        h.stop().await;
    }
    practice.stop().await;
}
