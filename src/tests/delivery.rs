//! Targets that refuse, wait, come back, and events that are refused as themselves.

use super::harness::Harness;
use reqwest::Method;
use serde_json::{Value, json};

async fn target(h: &Harness, name: &str) -> Value {
    let targets = h.get("/api/v1/targets").await.json();
    targets["items"].as_array().unwrap().iter().find(|target| target["name"] == name).unwrap().clone()
}

async fn condition(h: &Harness, name: &str) -> String {
    target(h, name).await["condition"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_key_that_may_not_send_waits_and_the_working_key_lets_everything_go() {
    let h = Harness::new().await;
    h.alerts(4, "Medium").await;
    h.until_outcome("edge-medium-alerts", "pending", 4).await;
    h.until("the target says why", async |h| condition(h, "edge / alerts").await == "unauthorized").await;
    // Another target is not delayed.
    h.alerts(1, "High").await;
    h.until_outcome("siem-high-alerts", "delivered", 1).await;
    let edge = target(&h, "edge / alerts").await;
    let id = edge["id"].as_str().unwrap();
    let full = h.get(&format!("/api/v1/targets/{id}")).await;
    let etag = full.headers.get("etag").unwrap().to_str().unwrap().to_owned();
    let mut body = full.json();
    body["config"]["key_name"] = json!("send");
    body["secret"] = json!(working_key(&h).await);
    let saved = h.ask(Method::PUT, &format!("/api/v1/targets/{id}"), Some(body), &[("if-match", &etag)]).await;
    assert_eq!(saved.status, 200, "{}", saved.text);
    assert!(!saved.text.contains(&working_key(&h).await), "the key is never answered");
    h.until_outcome("edge-medium-alerts", "delivered", 4).await;
    assert_eq!(condition(&h, "edge / alerts").await, "ok");
    assert_eq!(h.messages("medium").await.len(), 4);
    h.books_balance().await;
    h.stop().await;
}

#[tokio::test]
async fn the_key_can_be_taken_from_azure_in_the_form() {
    let h = Harness::new().await;
    h.alerts(2, "Medium").await;
    h.until_outcome("edge-medium-alerts", "pending", 2).await;
    let edge = target(&h, "edge / alerts").await;
    let id = edge["id"].as_str().unwrap();
    let config = h.get(&format!("/api/v1/targets/{id}")).await.json()["config"].clone();
    let form = |rule: &str| {
        [
            ("id", id),
            ("version", "1"),
            ("kind", "event_hub"),
            ("name", "edge / alerts"),
            ("sign_in", "key"),
            ("intent", "take_key"),
        ]
        .into_iter()
        .chain([("namespace", config["namespace"].as_str().unwrap()), ("hub", config["hub"].as_str().unwrap())])
        .chain([("resource_id", config["resource_id"].as_str().unwrap()), ("key_name", rule)])
        .map(|(name, value)| format!("form[{name}]={}", value.replace('/', "%2F").replace(' ', "+")))
        .collect::<Vec<_>>()
        .join("&")
    };
    let refused = h.submit("/fn/save_target", &form("no-such-rule")).await;
    let draft = refused.headers["location"].to_str().unwrap().to_owned();
    let page = h.get(&draft).await.text;
    assert!(
        page.contains("did not hand the key out") && page.contains("no-such-rule"),
        "the form is kept and says why"
    );
    h.submit("/fn/save_target", &form("send")).await;
    h.until_outcome("edge-medium-alerts", "delivered", 2).await;
    h.stop().await;
}

/// What the practice Azure's listKeys hands out for the rule `send`, asked as a person would.
async fn working_key(h: &Harness) -> String {
    let starter = h.practice(Method::GET, "starter", Value::Null).await;
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let form = [
        ("grant_type", "client_credentials"),
        ("client_id", starter["client_id"].as_str().unwrap()),
        ("client_secret", starter["client_secret"].as_str().unwrap()),
        ("scope", "https://management.azure.com/.default"),
    ];
    let body: Vec<String> =
        form.iter().map(|(name, value)| format!("{name}={}", value.replace('+', "%2B").replace('/', "%2F"))).collect();
    let token: Value = client
        .post(format!("{}/{}/oauth2/v2.0/token", h.origin, starter["tenant_id"].as_str().unwrap()))
        .header("content-type", "application/x-www-form-urlencoded")
        .body(body.join("&"))
        .send()
        .await
        .unwrap()
        .json()
        .await
        .unwrap();
    let hub = starter["hubs"]["medium"]["resource_id"].as_str().unwrap();
    let keys: Value = client
        .post(format!("{}{hub}/authorizationRules/send/listKeys?api-version=2024-01-01", h.origin))
        .bearer_auth(token["access_token"].as_str().unwrap())
        .send()
        .await
        .unwrap()
        .json()
        .await
        .unwrap();
    keys["primaryKey"].as_str().unwrap().to_owned()
}

async fn attempt(h: &Harness, name: &str) {
    let id = target(h, name).await["id"].as_str().unwrap().to_owned();
    let answer = h.post(&format!("/api/v1/targets/{id}/attempt"), json!({})).await;
    assert!(answer.status.is_success(), "{}", answer.text);
}

#[tokio::test]
async fn each_fault_of_the_target_is_named_and_nothing_is_lost() {
    let h = Harness::new().await;
    let cases = [
        ("throttle", "throttled"),
        ("outage", "unreachable"),
        ("reset", "unreachable"),
        ("expired-key", "unauthorized"),
        ("role-revoked", "forbidden"),
        ("firewall", "firewall"),
        ("disabled", "disabled"),
        ("html", "unreachable"),
    ];
    for (n, (fault, named)) in cases.iter().enumerate() {
        h.fault("event-hubs", fault).await;
        h.alerts(1, "High").await;
        h.until(&format!("{fault} is named {named}"), async |h| condition(h, "siem / alerts").await == *named).await;
        assert_eq!(h.outcome("siem-high-alerts", "delivered").await, i64::try_from(n).unwrap(), "{fault}");
        h.no_faults().await;
        attempt(&h, "siem / alerts").await;
        h.until_outcome("siem-high-alerts", "delivered", i64::try_from(n).unwrap() + 1).await;
    }
    let mut ids: Vec<_> =
        h.messages("high").await.iter().map(|message| message["properties"]["event-id"].clone()).collect();
    let all = ids.len();
    ids.dedup();
    assert_eq!((all, ids.len()), (cases.len(), cases.len()), "each arrived once");
    h.books_balance().await;
    h.stop().await;
}

#[tokio::test]
async fn a_hub_that_takes_no_batches_at_its_partitions_is_addressed_as_a_whole() {
    let h = Harness::new().await;
    h.fault("event-hubs", "no-partition-batches").await;
    h.alerts(6, "High").await;
    h.until_outcome("siem-high-alerts", "delivered", 6).await;
    assert_eq!(h.messages("high").await.len(), 6);
    let page = h.get(&format!("/targets/{}", target(&h, "siem / alerts").await["id"].as_str().unwrap())).await.text;
    assert!(page.contains("not promised"), "the target says that order is not promised");
    h.stop().await;
}

#[tokio::test]
async fn what_waited_for_a_target_that_refused_everything_goes_when_it_is_mended() {
    let h = Harness::new().await;
    // A hub whose namespace is right and whose name is not: every event is refused, and none of them is to blame.
    h.fault("event-hubs", "gone").await;
    h.alerts(5, "High").await;
    h.until("it is said", async |h| condition(h, "siem / alerts").await == "not_found").await;
    h.no_faults().await;
    attempt(&h, "siem / alerts").await;
    h.until_outcome("siem-high-alerts", "delivered", 5).await;
    assert_eq!(h.outcome("siem-high-alerts", "parked").await, 0);
    h.stop().await;
}

#[tokio::test]
async fn a_workspace_that_refuses_every_row_parks_none_of_them() {
    let h = Harness::new().await;
    let soc = target(&h, "soc workspace").await;
    let id = soc["id"].as_str().unwrap();
    let with_stream = async |name: &str| {
        let full = h.get(&format!("/api/v1/targets/{id}")).await;
        let etag = full.headers.get("etag").unwrap().to_str().unwrap().to_owned();
        let mut body = full.json();
        body["config"]["recommendation_stream"] = json!(name);
        let saved = h.ask(Method::PUT, &format!("/api/v1/targets/{id}"), Some(body), &[("if-match", &etag)]).await;
        assert_eq!(saved.status, 200, "{}", saved.text);
    };
    with_stream("Custom-NoSuchStream").await;
    h.practice(Method::POST, "recommendations", json!({"count": 3, "change": "unhealthy"})).await;
    h.until("it is said", async |h| condition(h, "soc workspace").await != "ok").await;
    with_stream("Custom-ContinuousExportRecommendation").await;
    h.until_outcome("posture-to-workspace", "delivered", 3).await;
    assert_eq!(h.outcome("posture-to-workspace", "parked").await, 0);
    h.books_balance().await;
    h.stop().await;
}

#[tokio::test]
async fn an_alert_larger_than_any_request_parks_and_delays_nothing() {
    let h = Harness::new().await;
    h.practice(Method::POST, "alerts", json!({"count": 1, "severity": "High", "bytes": 2_000_000})).await;
    h.alerts(3, "High").await;
    h.practice(Method::POST, "alerts", json!({"count": 1, "severity": "High", "bytes": 26_000})).await;
    h.until_outcome("siem-high-alerts", "delivered", 4).await;
    h.until_outcome("siem-high-alerts", "parked", 1).await;
    let parked = h.get("/api/v1/deliveries?outcome=parked").await.json();
    assert!(parked["items"][0]["last_error"].as_str().unwrap().contains("too large"), "{parked}");
    h.books_balance().await;
    h.stop().await;
}

#[tokio::test]
async fn batches_are_full_and_never_larger_than_the_target_takes() {
    let h = Harness::new().await;
    let id = target(&h, "siem / alerts").await["id"].as_str().unwrap().to_owned();
    h.post(&format!("/api/v1/targets/{id}/pause"), json!({})).await;
    h.practice(Method::POST, "alerts", json!({"count": 400, "severity": "High", "bytes": 20_000})).await;
    h.until_outcome("siem-high-alerts", "pending", 400).await;
    h.post(&format!("/api/v1/targets/{id}/resume"), json!({})).await;
    h.until_outcome("siem-high-alerts", "delivered", 400).await;
    let delivered = h.get("/api/v1/deliveries?outcome=delivered&limit=1000").await.json();
    let mut attempts = std::collections::BTreeMap::new();
    for row in delivered["items"].as_array().unwrap().iter().take(60) {
        let one = h.get(&format!("/api/v1/deliveries/{}", row["id"].as_str().unwrap())).await.json();
        for attempt in one["attempts"].as_array().unwrap() {
            attempts.insert(attempt["id"].to_string(), attempt["bytes"].as_u64().unwrap());
        }
    }
    assert!(attempts.values().all(|bytes| *bytes <= 1_000_000), "{attempts:?}");
    assert!(attempts.values().any(|bytes| *bytes > 500_000), "they are filled: {attempts:?}");
    h.books_balance().await;
    h.stop().await;
}

#[tokio::test]
async fn events_of_one_item_arrive_in_their_order() {
    let h = Harness::new().await;
    let rule = json!({"name": "all of it", "scope": {"all": true, "future": true},
        "sources": [{"event_source": "Assessments", "rule_sets": []}],
        "target": target(&h, "soc workspace").await["id"]});
    assert_eq!(h.post("/api/v1/exports", rule).await.status, 201);
    // Rows do not say which export they are of: the other one of this table is held back.
    let exports = h.get("/api/v1/exports").await.json();
    let other = exports["items"].as_array().unwrap().iter().find(|one| one["name"] == "posture-to-workspace").unwrap();
    h.post(&format!("/api/v1/exports/{}/pause", other["id"].as_str().unwrap()), json!({})).await;
    let mut changes = 0;
    for change in ["unhealthy", "healthy", "unhealthy", "notapplicable", "unhealthy"] {
        let flipped = h.practice(Method::POST, "recommendations", json!({"count": 2, "change": change})).await;
        changes += flipped["ids"].as_array().unwrap().len();
        h.until("the change is observed", async |h| {
            let events = h.get("/api/v1/events?kind=recommendation&change=changed&limit=1000").await.json();
            events["items"].as_array().unwrap().len() == changes
        })
        .await;
    }
    assert!(changes >= 6, "{changes}");
    h.until_outcome("all of it", "delivered", i64::try_from(changes).unwrap()).await;
    let mut times = std::collections::BTreeMap::<String, Vec<String>>::new();
    for row in h.rows("ContinuousExportRecommendation_CL").await {
        let item = row["row"]["RecommendationId"].to_string();
        times.entry(item).or_default().push(row["row"]["EventTime"].as_str().unwrap().to_owned());
    }
    assert_eq!(times.values().map(Vec::len).sum::<usize>(), changes, "{times:?}");
    assert!(times.values().any(|all| all.len() > 1), "an item changed more than once: {times:?}");
    assert!(times.values().all(|all| all.is_sorted()), "{times:?}");
    h.stop().await;
}

#[tokio::test]
async fn deleting_an_export_cancels_what_waits_and_keeps_its_log() {
    let h = Harness::new().await;
    h.alerts(3, "Medium").await;
    h.until_outcome("edge-medium-alerts", "pending", 3).await;
    let exports = h.get("/api/v1/exports").await.json();
    let export =
        exports["items"].as_array().unwrap().iter().find(|row| row["name"] == "edge-medium-alerts").unwrap().clone();
    let id = export["id"].as_str().unwrap();
    let target_id = export["target"].as_str().unwrap();
    let refused = h.ask(Method::DELETE, &format!("/api/v1/targets/{target_id}"), None, &[("if-match", "\"1\"")]).await;
    assert_eq!(refused.status, 409, "{}", refused.text);
    let version = format!("\"{}\"", export["version"]);
    let gone = h.ask(Method::DELETE, &format!("/api/v1/exports/{id}"), None, &[("if-match", &version)]).await;
    assert!(gone.status.is_success(), "{}", gone.text);
    h.until("all are cancelled", async |h| h.overview().await["outcomes"]["cancelled"] == 3).await;
    assert_eq!(h.overview().await["outcomes"]["pending"], 0);
    h.books_balance().await;
    h.stop().await;
}
