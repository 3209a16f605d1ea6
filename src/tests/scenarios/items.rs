//! Checks of an item: of itself, of exports that the console delivers, and of those that Azure delivers.

use super::{Break, PAUSE, TRIES, World, alerts_where, apply, by_azure, mend, ours, roll_out};
use crate::harness::{Harness, settings};
use axum::http::Method;
use continuous_export::config::{Length, ServeFlags};
use domain::time;
use jiff::SignedDuration;
use serde_json::{Value, json};
use std::time::Duration;

async fn diagnose(h: &Harness, item: &str) -> Value {
    let made = h.post("/api/v1/diagnoses", json!({"item": item})).await;
    assert_eq!(made.status, 201, "{}", made.text);
    made.json()
}

/// An alert that is observed.
async fn alert(h: &Harness, w: &World, severity: &str, bytes: usize) -> String {
    let order = json!({"count": 1, "severity": severity, "subscription": w.subscription, "bytes": bytes});
    let raised = h.practice(Method::POST, "alerts", order).await;
    let id = raised["ids"][0].as_str().unwrap().to_owned();
    h.until("the alert is observed", async |h| {
        !h.get(&format!("/api/v1/events?q={id}")).await.json()["items"].as_array().unwrap().is_empty()
    })
    .await;
    id
}

/// Waits until an item stops at this check of this export; of the item itself where none is named.
async fn stops_at(h: &Harness, item: &str, export: &str, check: &str) {
    let mut last = Value::Null;
    for _ in 0..TRIES {
        let found = diagnose(h, item).await;
        let stop = if export.is_empty() {
            let all = found["verdicts"].as_array().unwrap().iter();
            all.clone().find(|one| one["verdict"] != "pass").map(|one| one["check"].clone()).unwrap_or_default()
        } else {
            let all = found["exports"].as_array().unwrap();
            let one = all.iter().find(|one| one["name"] == export).unwrap_or_else(|| panic!("no {export}: {found}"));
            one["broken"].clone()
        };
        if stop.as_str().unwrap_or_default() == check {
            return;
        }
        last = json!({"stop": stop, "of": found});
        tokio::time::sleep(PAUSE).await;
    }
    panic!("{export} should stop at {check}: {last}");
}

#[tokio::test]
async fn what_is_wrong_with_the_item_itself_is_found() {
    let h = Harness::new().await;
    let w = World::of(&h).await;
    mend(&h, &w).await;
    let found = diagnose(&h, "2518765996949954086_2325cf9e-42a2-4f72-ae7f-9b863cba2d22").await;
    assert_eq!(
        (&found["verdicts"][0]["check"], &found["verdicts"][0]["verdict"]),
        (&json!("item.source"), &json!("fail"))
    );

    let high = alert(&h, &w, "High", 0).await;
    h.until_outcome("siem-high-alerts", "delivered", 1).await;
    stops_at(&h, &high, "siem-high-alerts", "").await;
    let events = h.get(&format!("/api/v1/events?q={high}")).await.json();
    let event = h.get(&format!("/api/v1/events/{}", events["items"][0]["id"].as_str().unwrap())).await.json();
    let kind = event["body"]["AlertType"].as_str().unwrap_or_else(|| panic!("{event}")).to_owned();
    let rules = format!("/subscriptions/{}/providers/Microsoft.Security/alertsSuppressionRules", w.subscription);
    let rule = json!({"value": [{"name": "quiet", "properties": {"alertType": kind, "state": "Enabled"}}]});
    apply(&h, &w, &Break::Answer(rules, rule)).await;
    stops_at(&h, &high, "", "item.suppression").await;
    mend(&h, &w).await;

    h.practice(Method::POST, "recommendations", json!({"count": 1, "change": "unhealthy"})).await;
    let newest = "/api/v1/events?kind=recommendation&change=changed";
    h.until("the change is observed", async |h| !h.get(newest).await.json()["items"].as_array().unwrap().is_empty())
        .await;
    let event = h.get(newest).await.json()["items"][0]["id"].as_str().unwrap().to_owned();
    let whole = h.get(&format!("/api/v1/events/{event}")).await.json();
    let key = whole["body"]["name"].as_str().unwrap_or_else(|| panic!("{whole}")).to_owned();
    let metadata = format!("/providers/Microsoft.Security/assessmentMetadata/{key}");
    apply(&h, &w, &Break::Answer(metadata.clone(), Value::Null)).await;
    stops_at(&h, &event, "", "item.type").await;
    apply(&h, &w, &Break::Answer(metadata, json!({"properties": {"assessmentType": "CustomPolicy"}}))).await;
    stops_at(&h, &event, "", "item.interval").await;
    mend(&h, &w).await;

    h.practice(Method::POST, "recommendations", json!({"count": 1, "change": "notapplicable"})).await;
    let newest = "/api/v1/events?kind=recommendation&change=changed&limit=50";
    let exempted = async |h: &Harness| {
        let all = h.get(newest).await.json()["items"].as_array().unwrap().clone();
        all.iter().find(|one| one["status"] == "NotApplicable").map(|one| one["id"].as_str().unwrap().to_owned())
    };
    h.until("the exemption is observed", async |h| exempted(h).await.is_some()).await;
    stops_at(&h, &exempted(&h).await.unwrap(), "", "item.status").await;

    // Without any export nothing leaves the subscription.
    for export in h.get("/api/v1/exports").await.json()["items"].as_array().unwrap() {
        let path = format!("/api/v1/exports/{}", export["id"].as_str().unwrap());
        let etag = h.get(&path).await.headers["etag"].to_str().unwrap().to_owned();
        h.ask(Method::DELETE, &path, None, &[("if-match", &etag)]).await;
    }
    stops_at(&h, &high, "", "item.reached").await;
    h.stop().await;
}

#[tokio::test]
async fn where_exports_of_the_console_stop_is_found() {
    let h = Harness::new().await;
    let w = World::of(&h).await;
    let low = alert(&h, &w, "Low", 0).await;
    stops_at(&h, &low, "siem-high-alerts", "export.rules").await;
    let other = json!({"name": "scenario scope", "scope": {"subscriptions": ["20000000-0000-4000-8000-000000000009"]}, "target": w.target, "sources": [{"event_source": "Alerts"}]});
    apply(&h, &w, &Break::Export(other)).await;
    stops_at(&h, &low, "scenario scope", "export.scope").await;
    apply(&h, &w, &Break::Export(ours(&w, &json!([{"event_source": "SecureScores"}])))).await;
    stops_at(&h, &low, "scenario", "export.source").await;
    mend(&h, &w).await;
    apply(&h, &w, &Break::Export(ours(&w, &json!([{"event_source": "Alerts"}])))).await;
    stops_at(&h, &low, "scenario", "export.seen").await;
    mend(&h, &w).await;
    apply(&h, &w, &Break::Fault("event-hubs", "firewall")).await;
    let high = alert(&h, &w, "High", 0).await;
    stops_at(&h, &high, "siem-high-alerts", "export.delivery").await;
    mend(&h, &w).await;
    stops_at(&h, &high, "siem-high-alerts", "").await;
    h.books_balance().await;
    h.stop().await;
}

#[tokio::test]
async fn where_exports_of_azure_stop_is_found() {
    let h = Harness::new().await;
    let w = World::of(&h).await;
    let medium = alerts_where("Severity", "String", "Equals", "Medium");
    let to_workspace =
        |name: &str, automation: &str, sources: &Value| by_azure(&w, name, automation, &w.workspace, sources);
    roll_out(&h, &to_workspace("medium", "ExportToWorkspace", &medium)).await;
    let wrong = alerts_where("properties.metadata.severity", "String", "Equals", "Medium");
    roll_out(&h, &to_workspace("wrong path", "wrong-path", &wrong)).await;
    roll_out(&h, &to_workspace("scores", "scores", &json!([{"event_source": "SecureScores"}]))).await;
    let mut elsewhere = to_workspace("elsewhere", "elsewhere", &medium);
    elsewhere["azure"]["only_group"] = json!("another-group");
    roll_out(&h, &elsewhere).await;

    let low = alert(&h, &w, "Low", 0).await;
    stops_at(&h, &low, "medium", "azure.rules").await;
    let one = alert(&h, &w, "Medium", 0).await;
    // The automation is minutes old: what arrives may still not all arrive.
    stops_at(&h, &one, "medium", "azure.time").await;
    stops_at(&h, &one, "wrong path", "rules.path").await;
    stops_at(&h, &one, "scores", "azure.source").await;
    stops_at(&h, &one, "elsewhere", "azure.scope").await;
    let large = alert(&h, &w, "Medium", 40_000).await;
    stops_at(&h, &large, "medium", "azure.size").await;

    let all = h.get("/api/v1/exports").await.json()["items"].as_array().unwrap().clone();
    let id = all.iter().find(|one| one["name"] == "medium").unwrap()["id"].as_str().unwrap().to_owned();
    h.submit("/fn/switch_azure_writes", "on=on").await;
    let paused = h.post(&format!("/api/v1/exports/{id}/pause"), json!({})).await;
    assert!(paused.status.is_success(), "{}", paused.text);
    stops_at(&h, &one, "medium", "azure.enabled").await;
    h.stop().await;
}

/// A console that asks seldom: where no plan is on, and what was raised since it asked last.
#[tokio::test]
async fn what_was_never_raised_or_is_not_observed_yet_is_found() {
    let practice = Harness::new().await;
    let w = World::of(&practice).await;
    let bare = "20000000-0000-4000-8000-0000000000aa";
    practice.practice(Method::POST, "subscriptions", json!({"id": bare, "name": "bare"})).await;
    let folder = tempfile::tempdir().unwrap();
    let hours = Some(Length(Duration::from_hours(2)));
    let usual = settings(folder.path(), &[practice.origin.as_str()]);
    let slow = Harness::started(ServeFlags { poll_interval: hours, sweep_interval: hours, ..usual }).await;
    slow.until("the baseline is complete", async |h| h.store.baseline_is_complete().await.unwrap()).await;
    let never = format!(
        "/subscriptions/{bare}/providers/Microsoft.Security/locations/westeurope/alerts/2518765996949954086_2325cf9e-42a2-4f72-ae7f-9b863cba2d22"
    );
    stops_at(&slow, &never, "", "item.plans").await;

    let order = json!({"count": 1, "severity": "High", "subscription": w.subscription});
    let raised = slow.practice(Method::POST, "alerts", order).await;
    stops_at(&slow, raised["items"][0]["id"].as_str().unwrap(), "", "item.observed").await;
    slow.stop().await;
    practice.stop().await;
}

/// An automation of two hours ago lets an alert of one hour ago through, and the workspace never got it.
#[tokio::test]
async fn what_azure_let_through_and_the_workspace_never_got_is_found() {
    let practice = Harness::new().await;
    let w = World::of(&practice).await;
    let ago = |minutes: i64| time::rfc3339(practice.store.now() - SignedDuration::from_mins(minutes));
    let security = "providers/Microsoft.Security";
    let subscription = format!("/subscriptions/{}", w.subscription);
    let automation = json!({
        "id": format!("{subscription}/resourceGroups/rg-continuous-export/{security}/automations/late"),
        "name": "late", "type": "Microsoft.Security/automations", "location": "westeurope",
        "properties": {
            "metadata": {"createdDateTimeUtc": ago(120), "lastUpdatedDateTimeUtc": ago(120)},
            "isEnabled": true,
            "scopes": [{"scopePath": subscription}],
            "sources": [{"eventSource": "Alerts", "ruleSets": []}],
            "actions": [{"actionType": "LogAnalytics", "workspaceResourceId": w.workspace}],
        },
    });
    practice.practice(Method::POST, "import?dates=keep", json!([automation])).await;
    let folder = tempfile::tempdir().unwrap();
    let h = Harness::on(folder.path(), &practice.origin).await;
    h.until("the baseline is complete", async |h| h.store.baseline_is_complete().await.unwrap()).await;
    h.until("the automation is read", async |h| h.get("/api/v1/azure-exports").await.text.contains("/late")).await;

    let name = "2518765996949954086_2325cf9e-42a2-4f72-ae7f-9b863cba2d23";
    let item = json!({
        "id": format!("{subscription}/{security}/locations/westeurope/alerts/{name}"),
        "name": name, "type": "Microsoft.Security/Locations/alerts",
        "properties": {
            "status": "Active", "severity": "Medium", "systemAlertId": name, "alertType": "VM_Late", "intent": "Unknown",
            "alertDisplayName": "Late", "productName": "Microsoft Defender for Cloud", "vendorName": "Microsoft",
            "timeGeneratedUtc": ago(60), "processingEndTimeUtc": ago(60), "startTimeUtc": ago(61), "endTimeUtc": ago(61),
            "compromisedEntity": "vm", "isIncident": false, "description": "It happened an hour ago.",
            "resourceIdentifiers": [{"type": "AzureResource", "azureResourceId": format!("{subscription}/resourceGroups/rg")}],
        },
    });
    h.practice(Method::POST, "import?dates=keep", json!([item])).await;
    h.until("the sweep has found it", async |h| {
        !h.get(&format!("/api/v1/events?q={name}")).await.json()["items"].as_array().unwrap().is_empty()
    })
    .await;
    stops_at(&h, name, "late", "azure.arrival").await;
    h.stop().await;
    practice.stop().await;
}
