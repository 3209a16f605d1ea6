//! The world itself: restarts, imports, how much there is.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use super::*;
use crate::PracticeError;

#[tokio::test]
async fn a_restart_continues_the_same_world() {
    let folder = tempfile::tempdir().unwrap();
    let options = Options { data: Some(folder.path().to_owned()), rate: 600.0, ..options(Scale::Small) };
    let client = Client::of(start(options.clone()).await.unwrap()).await;
    client.practice("POST", "subscriptions", Some(json!({"id": "added-1", "name": "Added"}))).await;
    client.practice("POST", "alerts", Some(json!({"count": 3, "subscription": "added-1"}))).await;
    client.practice("POST", "recommendations", Some(json!({"count": 2, "change": "silent"}))).await;
    client.send("/defender-high/messages", &[&client.sas("high")], b"kept").await;
    let first_start = client.practice("GET", "state", None).await.json()["first_start"].clone();
    let before = client.query(ALERTS, json!({"$top": 1000})).await.json();
    let before: Vec<Value> = before["data"].as_array().unwrap().clone();
    client.running.stop().await;

    let other = start(Options { seed: 8, ..options.clone() }).await.unwrap_err();
    assert!(matches!(other, PracticeError::Seed { found: 7, asked: 8, .. }), "{other}");

    let client = Client::of(start(options).await.unwrap()).await;
    assert_eq!(client.practice("GET", "state", None).await.json()["first_start"], first_start);
    let after = client.query(ALERTS, json!({"$top": 1000})).await.json();
    let after = after["data"].as_array().unwrap();
    for row in &before {
        let again = after.iter().find(|again| again["id"] == row["id"]).unwrap();
        assert_eq!(again["properties"]["TimeGeneratedUtc"], row["properties"]["TimeGeneratedUtc"]);
    }
    assert!(before.iter().filter(|row| row["subscriptionId"] == "added-1").count() == 3);
    let list = client.practice("GET", "event-hubs/siem-prod/defender-high/messages", None).await.json();
    assert_eq!(list["items"][0]["body"], "kept");
}

#[tokio::test]
async fn rights_states_and_orders_under_way_survive_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let options = Options { data: Some(folder.path().to_owned()), ..options(Scale::Small) };
    let client = Client::of(start(options.clone()).await.unwrap()).await;
    let path = format!(
        "{ONE}/providers/Microsoft.Security/locations/westeurope/alerts/default/simulate?api-version=2022-01-01"
    );
    let body = json!({"properties": {"kind": "Bundles", "bundles": ["VirtualMachines"]}});
    assert_eq!(client.arm_send("POST", &path, &[], Some(&body)).await.status, 202);
    client.practice("POST", "subscriptions", Some(json!({"count": 3, "automations": true}))).await;
    let two = ONE.replace("000000000001", "000000000002");
    let rights = json!({"subscription": &two[15..], "entries": []});
    client.practice("POST", "permissions", Some(rights)).await;
    client.practice("POST", "subscriptions/state", Some(json!({"id": &ONE[15..], "state": "Warned"}))).await;
    let automations = "resources | where type =~ 'microsoft.security/automations' | project id, etag";
    let before = client.query(automations, json!({})).await.json();
    client.running.stop().await;

    let client = Client::of(start(options).await.unwrap()).await;
    assert_eq!((before["count"].as_u64(), client.query(automations, json!({})).await.json()), (Some(3), before));
    assert_eq!(client.arm(&format!("{two}?api-version=2022-12-01")).await.status, 403);
    assert_eq!(client.arm(&format!("{ONE}?api-version=2022-12-01")).await.json()["state"], "Warned");
    let samples = "securityresources | where type =~ 'microsoft.security/locations/alerts' | where properties.AlertType startswith 'SIMULATED_'";
    assert_eq!(client.query_until(samples, 2).await["count"], 2);
}

fn write_import(folder: &Path) {
    let alert = json!({
        "id": "/subscriptions/imp-1/resourceGroups/rg/providers/Microsoft.Security/locations/westeurope/alerts/a1", "name": "a1",
        "type": "Microsoft.Security/Locations/alerts",
        "properties": {"alertDisplayName": "Kept", "severity": "Low", "status": "Active", "timeGeneratedUtc": "2020-01-01T00:00:00Z", "processingEndTimeUtc": "2020-01-01T00:00:01Z"},
    });
    let assessment = json!({
        "id": "/subscriptions/imp-1/providers/Microsoft.Security/assessments/k1", "name": "k1", "type": "Microsoft.Security/assessments",
        "properties": {"displayName": "One", "status": {"code": "Healthy"}},
    });
    let metadata = json!({
        "id": "/providers/Microsoft.Security/assessmentMetadata/k1", "name": "k1", "type": "Microsoft.Security/assessmentMetadata",
        "properties": {"displayName": "One", "severity": "High"},
    });
    fs::write(
        folder.join("all.json"),
        json!({"value": [alert, assessment, metadata, {"name": "nothing"}]}).to_string(),
    )
    .unwrap();
}

#[tokio::test]
async fn an_import_replaces_the_seeded_security_data() {
    let folder = tempfile::tempdir().unwrap();
    write_import(folder.path());
    let options = Options { import: Some(folder.path().to_owned()), ..options(Scale::Company) };
    let client = Client::of(start(options).await.unwrap()).await;
    let state = client.practice("GET", "state", None).await.json();
    assert_eq!(state["counts"]["alerts"], 1);
    assert_eq!(state["counts"]["skipped"], 1);
    assert_eq!(client.arm("/subscriptions/imp-1?api-version=1").await.status, 200);
    let rows =
        client.query("securityresources | where type =~ 'microsoft.security/assessments'", json!({})).await.json();
    assert_eq!(rows["data"][0]["properties"]["metadata"]["severity"], "High");
    let row = client.query(ALERTS, json!({})).await.json();
    assert_eq!(row["data"][0]["properties"]["TimeGeneratedUtc"], "2020-01-01T00:00:00Z");
    client.practice("POST", "recommendations", Some(json!({"count": 1, "change": "unhealthy"}))).await;
    let item =
        client.arm("/subscriptions/imp-1/providers/Microsoft.Security/assessments/k1?api-version=1").await.json();
    assert_eq!(item["properties"]["status"]["code"], "Unhealthy");

    let more = json!([{"value": [{"id": "/subscriptions/imp-2/providers/Microsoft.Security/locations/x/alerts/a2", "type": "microsoft.security/locations/alerts", "properties": {"processingEndTimeUtc": "2020-01-01T00:00:01Z"}}]}]);
    let taken = client.practice("POST", "import", Some(more)).await.json();
    assert_eq!(taken, json!({"imported": 1, "skipped": 0}));
    assert_eq!(client.practice("POST", "import", Some(json!([1]))).await.status, 400);
}

#[tokio::test]
async fn the_company_is_large_enough_and_consistent() {
    let client = Client::of(start(options(Scale::Company)).await.unwrap()).await;
    let state = client.practice("GET", "state", None).await.json();
    let count = |name: &str| state["counts"][name].as_u64().unwrap();
    assert!(count("subscriptions") >= 12 && count("resources") >= 400, "{state}");
    assert!(count("recommendations") >= 60 && (2000..4500).contains(&count("assessments")), "{state}");
    assert!((200..=260).contains(&count("alerts")), "{state}");
    let without = "securityresources | where type =~ 'microsoft.security/assessments' | where isnull(properties.metadata) | project id, name, properties";
    let rows = client.query(without, json!({"$top": 1000})).await.json();
    let keys: std::collections::BTreeSet<&str> =
        rows["data"].as_array().unwrap().iter().map(|row| row["name"].as_str().unwrap()).collect();
    assert_eq!(keys.len(), 2);
    let mut found = Vec::new();
    for key in keys {
        found.push(
            client.arm(&format!("/providers/Microsoft.Security/assessmentMetadata/{key}?api-version=1")).await.status,
        );
    }
    found.sort_unstable();
    assert_eq!(found, [200, 404]);
}

#[tokio::test]
async fn a_deleted_assessment_is_gone_everywhere_and_can_come_back() {
    let folder = tempfile::tempdir().unwrap();
    let options = Options { data: Some(folder.path().to_owned()), ..options(Scale::Small) };
    let client = Client::of(start(options.clone()).await.unwrap()).await;
    let query = "securityresources | where type =~ 'microsoft.security/assessments' | order by id asc | project id";
    let before = client.query(query, json!({"$top": 1000})).await.json();
    let id = before["data"][3]["id"].as_str().unwrap().to_owned();
    let read = format!("{id}?api-version=2021-06-01");
    assert_eq!(client.arm(&read).await.status, 200);
    let done = client.practice("POST", "assessments/delete", Some(json!({"ids": [id, "/nothing"]}))).await.json();
    assert_eq!(done["ids"], json!([id]));
    client.running.stop().await;

    let client = Client::of(start(options).await.unwrap()).await;
    let gone = client.arm(&read).await;
    assert_eq!((gone.status, gone.json()["error"]["code"].clone()), (404, json!("ResourceNotFound")));
    let after = client.query(query, json!({"$top": 1000})).await.json();
    assert_eq!(after["data"].as_array().unwrap().len() + 1, before["data"].as_array().unwrap().len());
    client.practice("POST", "assessments/restore", Some(json!({"ids": [id]}))).await;
    assert_eq!(client.arm(&read).await.status, 200);
}
