//! A scenario for each check: the practice Azure is broken in one way, and exactly the check that looks at it has to be the first
//! that does not pass. Mended, all is as it was.

mod health;
mod items;
mod policies;
mod starts;

use super::harness::Harness;
use axum::http::Method;
use serde_json::{Value, json};
use std::time::Duration;

/// What is broken is looked for again and again: what was gathered is used for up to 20 seconds, and machines are busy.
const TRIES: usize = 400;
const PAUSE: Duration = Duration::from_millis(100);

/// One way to break something.
enum Break {
    /// What Resource Manager answers at a path is merged with this; null: it is not there.
    Answer(String, Value),
    /// A fault of a service.
    Fault(&'static str, &'static str),
    /// What the identity may do in the first subscription.
    Rights(&'static [&'static str]),
    /// An export is saved.
    Export(Value),
    /// An alert of this many bytes is raised.
    Alert(usize),
    /// An export that Azure delivers is saved and rolled out.
    RollOut(Value),
}

/// What there is to break.
struct World {
    subscription: String,
    hub: String,
    namespace: String,
    other_namespace: String,
    workspace: String,
    target: String,
}

impl World {
    async fn of(h: &Harness) -> Self {
        let starter = h.practice(Method::GET, "starter", Value::Null).await;
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        let hub = text(&starter["hubs"]["high"]["resource_id"]);
        let targets = h.get("/api/v1/targets").await.json()["items"].as_array().unwrap().clone();
        let siem = targets.iter().find(|one| one["name"] == "siem / alerts").unwrap();
        Self {
            subscription: text(&h.get("/api/v1/subscriptions").await.json()["items"][0]["id"]),
            namespace: hub.split("/eventhubs/").next().unwrap().to_owned(),
            other_namespace: text(&starter["hubs"]["medium"]["resource_id"])
                .split("/eventhubs/")
                .next()
                .unwrap()
                .to_owned(),
            workspace: text(&starter["workspace"]["resource_id"]),
            target: text(&siem["id"]),
            hub,
        }
    }
}

/// An export that Azure delivers from the first subscription.
fn by_azure(world: &World, name: &str, automation: &str, to: &str, sources: &Value) -> Value {
    let mut azure = json!({
        "destination": to, "resource_group": "rg-continuous-export", "location": "westeurope", "automation": automation,
    });
    if to.contains("/eventhubs/") {
        azure["key_rule"] = json!("console-send");
    }
    json!({
        "name": name, "delivered_by": "azure", "scope": {"subscriptions": [world.subscription]}, "sources": sources, "azure": azure,
    })
}

/// An export of the console with these sources.
fn ours(world: &World, sources: &Value) -> Value {
    json!({"name": "scenario", "scope": {"all": true}, "target": world.target, "sources": sources})
}

/// Alerts with a rule on a property.
fn alerts_where(path: &str, kind: &str, operator: &str, value: &str) -> Value {
    json!([{"event_source": "Alerts", "rule_sets": [{"rules": [
        {"propertyJPath": path, "propertyType": kind, "operator": operator, "expectedValue": value},
    ]}]}])
}

async fn apply(h: &Harness, world: &World, one: &Break) {
    match one {
        Break::Answer(path, change) => {
            h.practice(Method::POST, "resources", json!({"path": path, "change": change})).await;
        }
        Break::Fault(service, fault) => h.fault(service, fault).await,
        Break::Rights(actions) => {
            let entries = json!([{"actions": actions, "notActions": [], "dataActions": [], "notDataActions": []}]);
            h.practice(Method::POST, "permissions", json!({"subscription": world.subscription, "entries": entries}))
                .await;
        }
        Break::Export(body) => {
            let made = h.post("/api/v1/exports?confirm=true", body.clone()).await;
            assert_eq!(made.status, 201, "{}", made.text);
        }
        Break::Alert(bytes) => {
            let order =
                json!({"count": 1, "severity": "Informational", "subscription": world.subscription, "bytes": bytes});
            h.practice(Method::POST, "alerts", order).await;
        }
        Break::RollOut(body) => {
            roll_out(h, body).await;
        }
    }
}

/// More than the console needs.
fn usual() -> Value {
    json!([{"actions": ["*"], "notActions": [], "dataActions": ["*"], "notDataActions": []}])
}

/// Everything that can be taken back.
async fn mend(h: &Harness, world: &World) {
    h.practice(Method::DELETE, "resources", Value::Null).await;
    h.no_faults().await;
    h.practice(Method::POST, "permissions", json!({"subscription": world.subscription, "entries": usual()})).await;
    for export in h.get("/api/v1/exports").await.json()["items"].as_array().unwrap() {
        if !export["name"].as_str().unwrap().starts_with("scenario") {
            continue;
        }
        let path = format!("/api/v1/exports/{}", export["id"].as_str().unwrap());
        if export["delivered_by"] == "azure" {
            wish(h, &path, "remove").await;
        }
        let etag = h.get(&path).await.headers["etag"].to_str().unwrap().to_owned();
        let gone = h.ask(Method::DELETE, &path, None, &[("if-match", &etag)]).await;
        assert!(gone.status.is_success(), "{}", gone.text);
    }
    h.submit("/fn/switch_azure_writes", "on=").await;
}

async fn wish(h: &Harness, export: &str, wish: &str) {
    h.submit("/fn/switch_azure_writes", "on=on").await;
    let begun = h.post(&format!("{export}/roll-out"), json!({"wish": wish})).await;
    assert!(begun.status.is_success(), "{}", begun.text);
    h.until("the roll-out is over", async |h| h.get(&format!("{export}/roll-out")).await.json()["under_way"] == false)
        .await;
    h.submit("/fn/switch_azure_writes", "on=").await;
}

/// Saves an export that Azure delivers, and makes its automation.
async fn roll_out(h: &Harness, body: &Value) {
    let made = h.post("/api/v1/exports?confirm=true", body.clone()).await;
    assert_eq!(made.status, 201, "{}", made.text);
    let id = made.json()["id"].as_str().unwrap().to_owned();
    wish(h, &format!("/api/v1/exports/{id}"), "apply").await;
    let plan = h.get(&format!("/api/v1/exports/{id}/roll-out")).await.json();
    assert!(plan["items"].as_array().unwrap().iter().all(|item| item["step"] == "keep"), "{plan}");
}

/// `azure.table` only says in which table something is: it cannot fail.
#[test]
fn every_check_that_can_fail_has_a_scenario() {
    let told = include_str!("../../../docs/checks.md");
    let played =
        [include_str!("health.rs"), include_str!("items.rs"), include_str!("policies.rs"), include_str!("starts.rs")];
    let checks: Vec<&str> = told.lines().filter_map(|line| line.strip_prefix("## ")).collect();
    let bare = |check: &&&str| !played.iter().any(|text| text.contains(&format!("\"{check}\"")));
    assert_eq!(checks.iter().filter(bare).collect::<Vec<_>>(), [&"azure.table"]);
}
