//! Azure that misbehaves: each ends as a visible condition, never as a crash, a stall or a silent skip.

use super::harness::Harness;
use reqwest::Method;
use serde_json::json;

async fn conditions(h: &Harness) -> Vec<String> {
    let overview = h.overview().await;
    overview["sources"]
        .as_array()
        .unwrap()
        .iter()
        .map(|source| source["condition"].as_str().unwrap().to_owned())
        .collect()
}

#[tokio::test]
async fn broken_answers_of_resource_graph_are_named_and_watching_goes_on_afterwards() {
    let h = Harness::new().await;
    for (fault, named) in [
        ("garbage", "malformed"),
        ("html", "unreachable"),
        ("role-revoked", "forbidden"),
        ("outage", "unreachable"),
        ("throttle", "throttled"),
    ] {
        h.fault("graph", fault).await;
        h.until(&format!("{fault} is named {named}"), async |h| conditions(h).await.iter().all(|one| one == named))
            .await;
        h.no_faults().await;
        h.until("it is over", async |h| conditions(h).await.iter().all(|one| one == "ok")).await;
    }
    h.alerts(1, "High").await;
    h.until_outcome("siem-high-alerts", "delivered", 1).await;
    h.stop().await;
}

#[tokio::test]
async fn a_row_that_is_not_a_row_is_said_and_the_rest_goes_on() {
    let h = Harness::new().await;
    h.practice(Method::POST, "alerts", json!({"count": 1, "malformed": "shape"})).await;
    h.alerts(2, "High").await;
    h.until_outcome("siem-high-alerts", "delivered", 2).await;
    h.until("it is said", async |h| conditions(h).await.iter().any(|one| one == "unreadable")).await;
    let page = h.get("/subscriptions").await.text;
    assert!(page.contains("unreadable"));
    h.stop().await;
}

#[tokio::test]
async fn a_full_disk_is_said_and_nothing_is_lost() {
    let h = Harness::new().await;
    h.store.fill_disk(true).await;
    h.practice(Method::POST, "alerts", json!({"count": 40, "severity": "High", "bytes": 20_000})).await;
    h.until("it is said", async |h| h.get("/").await.text.contains("The disk is full")).await;
    assert_eq!(h.outcome("siem-high-alerts", "delivered").await, 0);
    h.store.fill_disk(false).await;
    h.until_outcome("siem-high-alerts", "delivered", 40).await;
    h.until("it is over", async |h| !h.get("/").await.text.contains("The disk is full")).await;
    h.books_balance().await;
    h.stop().await;
}

#[tokio::test]
async fn a_clock_that_is_off_is_said() {
    let h = Harness::new().await;
    h.fault("graph", "clock-skew").await;
    h.until("it is said", async |h| h.get("/").await.text.contains("clock is")).await;
    h.stop().await;
}

#[tokio::test]
async fn an_import_of_a_broken_file_names_file_and_position() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("alerts.json"), "{\"value\": [\n  {\"id\": }\n]}").unwrap();
    let options = practice::Options {
        addr: ([127, 0, 0, 1], 0).into(),
        seed: 1,
        rate: 0.0,
        import: Some(folder.path().to_owned()),
        data: None,
        scale: practice::Scale::Small,
        tables: continuous_export::assemble::practice_tables(),
    };
    let Err(error) = practice::start(options).await else { panic!("it must be refused") };
    let text = domain::text::chain(&error);
    assert!(text.contains("alerts.json") && text.contains("line 2"), "{text}");
}

#[tokio::test]
async fn forms_and_bodies_name_the_field() {
    let h = Harness::new().await;
    let answer = h.post("/api/v1/exports", json!({"name": "", "delivered_by": "console", "scope": {"all": true, "future": true},
        "sources": [{"event_source": "Alerts", "rule_sets": [{"rules": [{"propertyJPath": "a..b", "propertyType": "String", "operator": "Equals", "expectedValue": "x"}]}]}],
        "target": "00000000-0000-4000-8000-000000000000"})).await;
    assert_eq!(answer.status, 422, "{}", answer.text);
    let paths: Vec<String> = answer.json()["errors"]
        .as_array()
        .unwrap()
        .iter()
        .map(|error| error["path"].as_str().unwrap().to_owned())
        .collect();
    assert!(paths.contains(&"name".to_owned()) && paths.contains(&"target".to_owned()), "{paths:?}");
    assert!(paths.contains(&"sources[0].rule_sets[0].rules[0].propertyJPath".to_owned()), "{paths:?}");
    h.stop().await;
}
