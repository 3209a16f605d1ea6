//! Two tenants in one console, each a practice Azure of its own.

use super::harness::{Harness, practice_of, small_practice};
use crate::{domain::TenantId, practice};
use reqwest::Method;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

struct Two {
    h: Harness,
    second: practice::Running,
    /// The tenants' ids.
    ids: [TenantId; 2],
    _first: practice::Running,
    _folder: tempfile::TempDir,
}

/// Asks a practice Azure's own endpoints.
async fn at(practice: &practice::Running, method: Method, path: &str, body: Value) -> Value {
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let mut request = client.request(method.clone(), format!("{}/_practice/{path}", practice.origin()));
    if method == Method::POST {
        request = request.json(&body);
    }
    let response = request.send().await.unwrap();
    assert!(response.status().is_success(), "{path}: {}", response.status());
    response.json().await.unwrap_or_default()
}

impl Two {
    async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let (first, second) = (small_practice(None).await, practice_of(11, None).await);
        let h = Harness::on_tenants(folder.path(), &[first.origin(), second.origin()]).await;
        let ids: Vec<TenantId> = h.console.tenants().iter().map(|one| one.id.clone()).collect();
        let ids = ids.try_into().unwrap();
        h.until("every baseline is complete", async |h| {
            h.store.watched_subscriptions(None).await.unwrap().len() == 4
                && h.store.baseline_is_complete().await.unwrap()
        })
        .await;
        Self { h, second, ids, _first: first, _folder: folder }
    }

    /// Asks the second practice Azure's own endpoints.
    async fn at_second(&self, method: Method, path: &str, body: Value) -> Value {
        at(&self.second, method, path, body).await
    }

    async fn fault_at_second(&self, service: &str, fault: &str) {
        self.at_second(Method::POST, "faults", json!({"service": service, "fault": fault, "for": "10m"})).await;
    }

    /// Subscriptions of a tenant that are watched.
    async fn watched(&self, tenant: usize) -> BTreeSet<String> {
        let all = self.h.store.watched_subscriptions(Some(&self.ids[tenant])).await.unwrap();
        all.into_iter().map(|one| one.place.id.to_string()).collect()
    }

    async fn health(&self) -> Vec<Value> {
        self.h.get("/api/v1/health").await.json()["items"].as_array().unwrap().clone()
    }
}

#[tokio::test]
async fn alerts_of_both_tenants_are_decided_by_one_export_and_delivered_to_a_target_in_one() {
    let two = Two::new().await;
    let (of_first, of_second) = (two.watched(0).await, two.watched(1).await);
    assert!(of_first.len() == 2 && of_second.len() == 2 && of_first.is_disjoint(&of_second));
    let h = &two.h;
    h.alerts(2, "High").await;
    two.at_second(Method::POST, "alerts", json!({"count": 3, "severity": "High"})).await;
    h.until_outcome("siem-high-alerts", "delivered", 5).await;
    let sent: Vec<String> = h.messages("high").await.iter().map(Value::to_string).collect();
    let about = |some: &BTreeSet<String>| sent.iter().filter(|text| some.iter().any(|id| text.contains(id))).count();
    assert_eq!((sent.len(), about(&of_first), about(&of_second)), (5, 2, 3), "{sent:?}");
    let by_tenant: BTreeMap<String, i64> = h.store.new_alerts_by_tenant().await.into_iter().collect();
    let of = |tenant: usize| by_tenant.get(two.ids[tenant].as_str()).copied();
    assert_eq!((of(0), of(1)), (Some(2), Some(3)), "every event is written with its own tenant: {by_tenant:?}");
    // Both have listed once more: neither took the other's away.
    let list = h.get("/api/v1/subscriptions").await.json();
    let rows = list["items"].as_array().unwrap();
    assert!(rows.len() == 4 && rows.iter().all(|row| row["condition"] == "ok"), "{list}");
    h.books_balance().await;
    two.h.stop().await;
}

#[tokio::test]
async fn a_tenant_whose_resource_graph_fails_is_named_and_disturbs_no_other() {
    let two = Two::new().await;
    let h = &two.h;
    let name = h.console.tenants().iter().nth(1).unwrap().name.clone();
    two.fault_at_second("graph", "outage").await;
    h.until("the second tenant's trouble is named", async |h| h.get("/").await.text.contains(&name)).await;
    h.alerts(2, "High").await;
    h.until_outcome("siem-high-alerts", "delivered", 2).await;
    let health = two.health().await;
    let reachable: Vec<_> = health.iter().filter(|one| one["check"] == "sources.reachable").collect();
    let verdicts: BTreeMap<_, _> =
        reachable.iter().map(|one| (one["subject"].as_str().unwrap(), one["verdict"].as_str().unwrap())).collect();
    assert_eq!((verdicts.len(), verdicts[name.as_str()]), (2, "fail"), "{reachable:?}");
    assert_eq!(verdicts.values().filter(|verdict| **verdict == "pass").count(), 1);
    let conditions = h.get("/api/v1/subscriptions").await.json();
    let troubled: BTreeSet<String> = conditions["items"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|row| row["condition"] != "ok")
        .map(|row| row["id"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(troubled, two.watched(1).await, "the first tenant's subscriptions are well");
    two.at_second(Method::DELETE, "faults", Value::Null).await;
    two.at_second(Method::POST, "alerts", json!({"count": 1, "severity": "High"})).await;
    h.until_outcome("siem-high-alerts", "delivered", 3).await;
    h.books_balance().await;
    two.h.stop().await;
}

#[tokio::test]
async fn a_tenant_that_gives_no_tokens_is_named_and_begins_when_it_does() {
    let folder = tempfile::tempdir().unwrap();
    let (first, second) = (small_practice(None).await, practice_of(11, None).await);
    at(&second, Method::POST, "faults", json!({"service": "token", "fault": "certificate-expired", "for": "10m"}))
        .await;
    let h = Harness::on_tenants(folder.path(), &[first.origin(), second.origin()]).await;
    let name = h.console.tenants().iter().nth(1).unwrap().name.clone();
    h.until("the first tenant's baseline is complete", async |h| h.store.baseline_is_complete().await.unwrap()).await;
    h.until("the second tenant is named", async |h| {
        h.console
            .watching()
            .problem
            .is_some_and(|said| said.starts_with(&name) && said.matches("Could not").count() == 1)
    })
    .await;
    h.alerts(1, "High").await;
    h.until_outcome("siem-high-alerts", "delivered", 1).await;
    let health = h.get("/api/v1/health").await.json();
    let tokens: Vec<_> =
        health["items"].as_array().unwrap().iter().filter(|one| one["check"] == "identity.token").collect();
    assert_eq!(
        (tokens.len(), tokens[0]["verdict"].as_str(), tokens[0]["subject"].as_str()),
        (2, Some("fail"), Some(name.as_str()))
    );
    assert_eq!(tokens[1]["verdict"], "pass");
    at(&second, Method::DELETE, "faults", Value::Null).await;
    h.until("the second tenant is watched", async |h| {
        h.store.watched_subscriptions(None).await.unwrap().len() == 4 && h.store.baseline_is_complete().await.unwrap()
    })
    .await;
    h.until("all is well", async |h| h.console.watching().problem.is_none()).await;
    h.books_balance().await;
    h.stop().await;
}
