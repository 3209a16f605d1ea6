//! A token of the service identity goes to event hubs that Resource Manager confirms, and to nobody else who has the suffix.

use super::harness::{Answer, Harness};
use axum::http::Method;
use serde_json::{Value, json};

/// The id of a hub in the namespace of the starting exports' first hub, or in a namespace of another name beside it.
async fn hub(h: &Harness, namespace: Option<&str>) -> (String, String, String) {
    let starter = h.practice(Method::GET, "starter", Value::Null).await;
    let high = &starter["hubs"]["high"];
    let text = |name: &str| high[name].as_str().unwrap().to_owned();
    let (id, host, name) = (text("resource_id"), text("namespace"), text("hub"));
    let Some(other) = namespace else { return (id, host, name) };
    let own = host.split('.').next().unwrap();
    (id.replace(own, other), host.replace(own, other), name)
}

async fn save(h: &Harness, (id, host, name): &(String, String, String)) -> Answer {
    let config = json!({"kind": "event_hub", "namespace": host, "hub": name, "sign_in": "identity", "resource_id": id});
    h.post("/api/v1/targets", json!({"name": "by identity", "config": config})).await
}

async fn test(h: &Harness, saved: &Answer) -> Value {
    assert_eq!(saved.status, 201, "{}", saved.text);
    let id = saved.json()["id"].as_str().unwrap().to_owned();
    h.post(&format!("/api/v1/targets/{id}/test"), json!({})).await.json()
}

async fn relayed(h: &Harness) -> Vec<Value> {
    h.practice(Method::GET, "relays", Value::Null).await["items"].as_array().unwrap().clone()
}

#[tokio::test]
async fn a_relay_of_the_same_suffix_never_gets_a_token() {
    let h = Harness::new().await;
    let relay = hub(&h, Some("partner-relay")).await;
    let refused = save(&h, &relay).await;
    assert_eq!(refused.status, 422, "{}", refused.text);
    assert_eq!(refused.json()["errors"][0]["path"], "config.namespace", "{}", refused.text);
    assert!(refused.text.contains("does not confirm"), "{}", refused.text);
    let without = json!({"kind": "event_hub", "namespace": relay.1, "hub": "alerts", "sign_in": "identity"});
    let without = h.post("/api/v1/targets", json!({"name": "no id", "config": without})).await;
    assert_eq!(without.json()["errors"][0]["path"], "config.resource_id", "{}", without.text);

    // Saved while Resource Manager does not answer, it is still sent nothing: neither then nor afterwards.
    h.fault("arm", "outage").await;
    let saved = save(&h, &relay).await;
    let found = test(&h, &saved).await;
    assert!(
        found["condition"] == "unauthorized" && found["detail"].as_str().unwrap().contains("Resource Manager"),
        "{found}"
    );
    h.no_faults().await;
    let id = saved.json()["id"].as_str().unwrap().to_owned();
    let found = h.post(&format!("/api/v1/targets/{id}/test"), json!({})).await.json();
    assert!(found["detail"].as_str().unwrap().contains("does not confirm"), "{found}");
    let export = json!({"name": "to the relay", "delivered_by": "console", "scope": {"all": true, "future": true},
        "sources": [{"event_source": "Alerts", "rule_sets": []}], "target": id});
    assert_eq!(h.post("/api/v1/exports", export).await.status, 201);
    h.alerts(1, "Low").await;
    h.until("delivery was tried", async |h| {
        let target = h.get(&format!("/api/v1/targets/{id}")).await.json();
        target["last_attempt"].is_string() || target["condition"] == "forbidden" && target["pending"] != 0
    })
    .await;
    h.until_outcome("to the relay", "pending", 1).await;
    assert_eq!(relayed(&h).await, Vec::<Value>::new(), "not even a request without a token");
    h.stop().await;
}

#[tokio::test]
async fn a_confirmed_namespace_gets_one_and_another_host_of_it_does_not() {
    let h = Harness::new().await;
    let own = hub(&h, None).await;
    let namespace = own.0.split("/eventhubs/").next().unwrap().to_owned();
    let elsewhere = json!({"properties": {"serviceBusEndpoint": "https://elsewhere.servicebus.windows.net:443/"}});
    h.practice(Method::POST, "resources", json!({"path": namespace, "change": elsewhere})).await;
    let refused = save(&h, &own).await;
    assert!(refused.status == 422 && refused.text.contains("its host is elsewhere."), "{}", refused.text);
    let kind = json!({"type": "Microsoft.Relay/namespaces"});
    h.practice(Method::POST, "resources", json!({"path": namespace, "change": kind})).await;
    let refused = save(&h, &own).await;
    assert!(refused.status == 422 && refused.text.contains("Microsoft.Relay/namespaces"), "{}", refused.text);
    h.practice(Method::DELETE, "resources", Value::Null).await;
    let found = test(&h, &save(&h, &own).await).await;
    assert_eq!(found["condition"], "ok", "{found}");

    // What was confirmed within the hour is not asked again.
    h.fault("arm", "outage").await;
    let starter = h.get("/api/v1/targets").await.json();
    let id =
        starter["items"].as_array().unwrap().iter().find(|one| one["name"] == "by identity").unwrap()["id"].clone();
    let again = h.post(&format!("/api/v1/targets/{}/test", id.as_str().unwrap()), json!({})).await.json();
    assert_eq!(again["condition"], "ok", "{again}");
    h.stop().await;
}
