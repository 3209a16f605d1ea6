//! Replay and backfill: what is already there is sent once more, stopped, refused, and gone on with after a crash.

mod backfill;
mod replay;

use super::harness::{Harness, small_practice};
use reqwest::Method;
use serde_json::{Value, json};
use std::collections::HashSet;

async fn named(h: &Harness, list: &str, name: &str) -> Value {
    let all = h.get(&format!("/api/v1/{list}")).await.json();
    all["items"].as_array().unwrap().iter().find(|one| one["name"] == name).unwrap().clone()
}

async fn id(h: &Harness, list: &str, name: &str) -> String {
    named(h, list, name).await["id"].as_str().unwrap().to_owned()
}

async fn deliveries(h: &Harness, query: &str) -> Vec<Value> {
    h.get(&format!("/api/v1/deliveries?limit=1000&{query}")).await.json()["items"].as_array().unwrap().clone()
}

/// Starts a job that has something to do; answers its id.
async fn start(h: &Harness, path: &str, body: Value) -> String {
    let answer = h.post(&format!("/api/v1/{path}"), body).await;
    assert_eq!(answer.status, 202, "{}", answer.text);
    let id = answer.json()["job"].as_str().unwrap().to_owned();
    assert_eq!(answer.headers["location"].to_str().unwrap(), format!("/api/v1/jobs/{id}"));
    id
}

async fn job(h: &Harness, id: &str) -> Value {
    h.get(&format!("/api/v1/jobs/{id}")).await.json()
}

/// Waits until a job has ended, and answers it.
async fn ended(h: &Harness, id: &str) -> Value {
    h.until("the job has ended", async |h| !job(h, id).await["ended_at"].is_null()).await;
    job(h, id).await
}

async fn pause(h: &Harness, target: &str, word: &str) {
    let answer = h.post(&format!("/api/v1/targets/{target}/{word}"), json!({})).await;
    assert!(answer.status.is_success(), "{}", answer.text);
}

async fn new_export(h: &Harness, name: &str, source: Value, target: &str) -> String {
    let body = json!({"name": name, "delivered_by": "console", "scope": {"all": true, "future": true},
        "sources": [source], "target": id(h, "targets", target).await});
    let answer = h.post("/api/v1/exports", body).await;
    assert_eq!(answer.status, 201, "{}", answer.text);
    answer.json()["id"].as_str().unwrap().to_owned()
}

fn alerts_of(severity: &str) -> Value {
    json!({"event_source": "Alerts", "changes": "created", "rule_sets": [{"rules": [
        {"propertyJPath": "Severity", "propertyType": "String", "operator": "Equals", "expectedValue": severity}]}]})
}

async fn change_target(h: &Harness, export: &str, target: &str) {
    let found = h.get(&format!("/api/v1/exports/{export}")).await;
    let etag = found.headers["etag"].to_str().unwrap().to_owned();
    let mut body = found.json();
    body["target"] = json!(id(h, "targets", target).await);
    let saved = h.ask(Method::PUT, &format!("/api/v1/exports/{export}"), Some(body), &[("if-match", &etag)]).await;
    assert_eq!(saved.status, 200, "{}", saved.text);
}

/// The books balance: in all, for each export, and for each hour.
async fn balanced(h: &Harness) {
    h.books_balance().await;
    assert_eq!(h.store.wrong_hours().await, 0);
}

async fn detail(h: &Harness, id: &str) -> Value {
    h.get(&format!("/api/v1/deliveries/{id}")).await.json()
}

#[tokio::test]
async fn what_a_person_may_not_do_or_see_is_neither_started_nor_counted_nor_sent() {
    use console::{Actor, ConsoleError};
    use domain::{BackfillRange, Role};
    use store::{DeliveryFilter, ReplayWhat, Visible};
    let h = Harness::new().await;
    let subscriptions = h.get("/api/v1/subscriptions").await.json();
    let mine = subscriptions["items"][0]["id"].as_str().unwrap().to_owned();
    let other = subscriptions["items"][1]["id"].as_str().unwrap().to_owned();
    for (count, of) in [(2, &mine), (3, &other)] {
        let order = json!({"count": count, "severity": "High", "subscription": of});
        h.practice(Method::POST, "alerts", order).await;
    }
    h.until_outcome("siem-high-alerts", "delivered", 5).await;
    let actor = |role, of: &str| Actor {
        id: "one".into(),
        name: "One".into(),
        role,
        visible: Visible::Only(vec![of.parse().unwrap()]),
    };
    let everything = || ReplayWhat::Filter(DeliveryFilter::default());
    let viewer = h.console.replay(&actor(Role::Viewer, &mine), everything(), true).await;
    assert!(matches!(viewer, Err(ConsoleError::Forbidden(Role::Operator))));
    let operator = actor(Role::Operator, &mine);
    let (count, job) = h.console.replay(&operator, everything(), false).await.unwrap();
    assert_eq!(count.count, 2);
    let job = job.unwrap();
    ended(&h, job.as_str()).await;
    assert_eq!(h.messages("high").await.len(), 7, "only theirs were sent again");
    let export = id(&h, "exports", "edge-medium-alerts").await.parse().unwrap();
    let (count, _) = h.console.backfill(&operator, &export, BackfillRange::CurrentState, true).await.unwrap();
    let (all, _) = {
        let every = Actor { visible: Visible::Everything, ..operator.clone() };
        h.console.backfill(&every, &export, BackfillRange::CurrentState, true).await.unwrap()
    };
    assert!(count.looked_at < all.looked_at);
    let stranger = actor(Role::Operator, &other);
    assert!(matches!(h.console.job(&stranger, &job).await, Err(ConsoleError::NotFound("job"))));
    assert!(matches!(h.console.stop_job(&stranger, &job).await, Err(ConsoleError::NotFound("job"))));
    assert!(h.console.jobs(&stranger).await.unwrap().is_empty());
    assert_eq!(h.console.jobs(&operator).await.unwrap().len(), 1);
    balanced(&h).await;
    h.stop().await;
}

#[tokio::test]
async fn what_is_asked_wrongly_is_named() {
    let h = Harness::new().await;
    let export = id(&h, "exports", "siem-high-alerts").await;
    for (path, body, field) in [
        ("deliveries/replay", json!({}), "ids"),
        ("deliveries/replay", json!({"ids": [], "filter": {}}), "ids"),
        ("deliveries/replay", json!({"ids": []}), "ids"),
        ("deliveries/replay", json!({"ids": ["x"]}), "ids[0]"),
        ("deliveries/replay", json!({"filter": {"outcome": ["lost"]}}), "filter.outcome"),
        ("deliveries/replay", json!({"filter": {"sevrity": "high"}}), "filter.sevrity"),
        ("backfills", json!({"export": export}), "since"),
        ("backfills", json!({"export": export, "since": "1h", "current_state": true}), "since"),
        ("backfills", json!({"export": export, "since": "91d"}), "since"),
        ("backfills", json!({"export": export, "since": "2999-01-01T00:00:00Z"}), "since"),
    ] {
        let answer = h.post(&format!("/api/v1/{path}"), body.clone()).await;
        assert_eq!(answer.status, 422, "{body}: {}", answer.text);
        assert_eq!(answer.json()["errors"][0]["path"], field, "{body}: {}", answer.text);
    }
    let unknown = format!("{}_{export}", "0".repeat(32));
    let missing = h.post("/api/v1/deliveries/replay", json!({"ids": [unknown]})).await.json();
    assert_eq!((&missing["count"], &missing["missing"]), (&json!(0), &json!(1)));
    assert_eq!(h.get("/api/v1/jobs/00000000-0000-4000-8000-000000000000").await.status, 404);
    h.stop().await;
}
