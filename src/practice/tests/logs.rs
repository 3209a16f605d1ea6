//! What automations send and where it can be seen: workspace tables, metrics of hubs, sample alerts.

use std::time::Duration;

use serde_json::{Value, json};

use super::*;

const WORKSPACE: &str = "/resourceGroups/rg-siem-prod/providers/Microsoft.OperationalInsights/workspaces/soc-central";

fn export(action: Value) -> Value {
    let rule = |path: &str, operator: &str, expected: &str| json!({"rules": [{"propertyJPath": path, "propertyType": "String", "operator": operator, "expectedValue": expected}]});
    json!({
        "location": "westeurope",
        "properties": {
            "isEnabled": true, "scopes": [{"scopePath": ONE}], "actions": [action],
            "sources": [
                {"eventSource": "Alerts", "ruleSets": [rule("Severity", "Equals", "high")]},
                {"eventSource": "Assessments", "ruleSets": [rule("type", "Contains", "microsoft.security/assessments")]},
            ],
        },
    })
}

/// Asks until there are that many rows, at most five seconds.
async fn rows(client: &Client, query: &str, wanted: usize) -> Vec<Value> {
    for _ in 0..50 {
        let found = client.logs(query).await;
        if found.len() >= wanted {
            return found;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    client.logs(query).await
}

#[tokio::test]
async fn rows_follow_from_what_an_automation_sends() {
    let client = small().await;
    let action = json!({"actionType": "Workspace", "workspaceResourceId": format!("{ONE}{WORKSPACE}").to_lowercase()});
    assert_eq!(client.arm_send("PUT", &automation("ExportToWorkspace"), &[], Some(&export(action))).await.status, 201);
    assert!(client.logs("SecurityAlert | take 5").await.is_empty());
    let high = client
        .practice("POST", "alerts", Some(json!({"count": 2, "severity": "high", "subscription": &ONE[15..]})))
        .await
        .json();
    client.practice("POST", "alerts", Some(json!({"count": 2, "severity": "low", "subscription": &ONE[15..]}))).await;
    client.practice("POST", "recommendations", Some(json!({"count": 30, "change": "unhealthy"}))).await;
    let ids = high["ids"].as_array().unwrap();
    let query = format!(
        "SecurityAlert | where TimeGenerated >= datetime(2020-01-01) | where SystemAlertId in ({}, {}) | summarize arrived = min(ingestion_time()), rows = count() by SystemAlertId",
        ids[0].to_string().replace('"', "'"),
        ids[1].to_string().replace('"', "'")
    );
    let found = rows(&client, &query, 2).await;
    assert_eq!((found.len(), &found[0]["rows"]), (2, &json!(1)));
    assert!(found[0]["arrived"].as_str().unwrap() > "2026");
    let all = client.logs("SecurityAlert | count").await;
    assert_eq!(all, vec![json!({"Count": 2})]);
    let by = client
        .logs("SecurityAlert | summarize rows = count(), newest = max(TimeGenerated) by WorkspaceSubscriptionId")
        .await;
    assert_eq!((&by[0]["WorkspaceSubscriptionId"], &by[0]["rows"]), (&json!(&ONE[15..]), &json!(2)));

    let some = rows(&client, "SecurityRecommendation | where TimeGenerated > ago(1d) | take 1", 1).await;
    let id = some[0]["RecommendationId"].as_str().unwrap();
    let query = format!(
        "SecurityRecommendation | where TimeGenerated >= datetime(2020-01-01) | where RecommendationId in~ ('{}') | summarize arrived = min(ingestion_time()), rows = count() by RecommendationId, StatusChangeDate",
        id.to_uppercase()
    );
    let found = client.logs(&query).await;
    assert_eq!((found.len(), &found[0]["RecommendationId"]), (1, &json!(id)));
    let answer = client.logs_answer("SecurityAlert | project TimeGenerated, IsIncident, n = 1").await.json();
    assert_eq!(
        answer["tables"][0]["columns"],
        json!([{"name": "TimeGenerated", "type": "datetime"}, {"name": "IsIncident", "type": "bool"}, {"name": "n", "type": "real"}])
    );
    assert!(client.logs("_LogOperation | where Category == 'Ingestion'").await.is_empty());
}

#[tokio::test]
async fn queries_reach_received_rows_and_say_what_is_wrong() {
    let client = small().await;
    let token = client.token("https://monitor.azure.com").await;
    let workspace = &client.starter["workspace"];
    let path = format!(
        "/dataCollectionRules/{}/streams/Custom-ContinuousExportAlert?api-version=2023-01-01",
        workspace["dcr_immutable_id"].as_str().unwrap()
    );
    let body = json!([{"EventId": "e1"}, {"EventId": "e2"}]).to_string();
    client.ask("POST", workspace["ingestion_host"].as_str().unwrap(), &path, &[&token], body.as_bytes()).await.unwrap();
    let found = client.logs("ContinuousExportAlert_CL | where EventId in ('e2', 'e3') | project EventId, Type").await;
    assert_eq!(found, vec![json!({"EventId": "e2", "Type": "ContinuousExportAlert_CL"})]);
    for (query, part) in [
        ("Nothing | take 1", "nothing"),
        ("SecurityAlert | were", "SYN0002"),
        ("SecurityAlert | where Colour == 1", "'Colour'"),
    ] {
        let answer = client.logs_answer(query).await;
        assert_eq!((answer.status, answer.code()), (400, "BadArgumentError".to_owned()));
        assert!(answer.text().contains(part), "{}", answer.text());
    }
    let token = client.token("https://api.loganalytics.io").await;
    let post = async |path: &str| {
        client.ask("POST", "api.loganalytics.io", path, &[&token], b"{\"query\":\"SecurityAlert\"}").await.unwrap()
    };
    assert_eq!(post("/v1/workspaces/none/query").await.code(), "WorkspaceNotFoundError");
    client
        .practice(
            "POST",
            "permissions",
            Some(json!({"subscription": &ONE[15..], "entries": [{"actions": ["Microsoft.Security/*"]}]})),
        )
        .await;
    let id = workspace["customer_id"].as_str().unwrap();
    assert_eq!(post(&format!("/v1/workspaces/{id}/query")).await.code(), "InsufficientAccessError");
}

#[tokio::test]
async fn metrics_count_what_arrived_what_was_sent_and_what_was_refused() {
    let client = small().await;
    let hub = client.starter["hubs"]["high"]["resource_id"].as_str().unwrap();
    let secret = "Endpoint=sb://siem-prod.servicebus.windows.net/;SharedAccessKeyName=console-send;SharedAccessKey=x";
    let action = json!({"actionType": "EventHub", "eventHubResourceId": hub, "connectionString": secret});
    client.arm_send("PUT", &automation("ExportToEventHub"), &[], Some(&export(action))).await;
    client.practice("POST", "alerts", Some(json!({"count": 3, "severity": "high", "subscription": &ONE[15..]}))).await;
    client.send("/defender-high/messages", &[&client.sas("high")], b"one").await;
    client.send("/defender-high/messages", &[], b"two").await;
    let namespace = hub.split("/eventhubs").next().unwrap();
    let path = format!(
        "{namespace}/providers/Microsoft.Insights/metrics?api-version=2024-02-01&metricnames=IncomingMessages,UserErrors&timespan=2026-01-01T00:00:00Z/2027-01-01T00:00:00Z&interval=P1D&aggregation=Total&$filter=EntityName%20eq%20'defender-high'"
    );
    let answer = client.arm(&path).await.json();
    let total = |at: usize| -> u64 {
        let data = answer["value"][at]["timeseries"][0]["data"].as_array().unwrap();
        data.iter().map(|point| point["total"].as_u64().unwrap()).sum()
    };
    let year = super::super::state::clock().to_string();
    if year.starts_with("2026") {
        assert_eq!((total(0), total(1)), (4, 1));
    }
    assert_eq!(answer["value"][0]["timeseries"][0]["metadatavalues"][0]["value"], "defender-high");
    let definitions = client
        .arm(&format!("{namespace}/providers/Microsoft.Insights/metricDefinitions?api-version=2024-02-01"))
        .await
        .json();
    assert_eq!(definitions["value"].as_array().unwrap().len(), 6);
    assert_eq!(client.arm(&path.replace("UserErrors", "Fun")).await.status, 400);
}

#[tokio::test]
async fn sample_alerts_come_a_while_after_they_are_asked_for() {
    let client = small().await;
    let path = format!(
        "{ONE}/providers/Microsoft.Security/locations/westeurope/alerts/default/simulate?api-version=2022-01-01"
    );
    let bad = json!({"properties": {"kind": "Bundles", "bundles": ["Toasters"]}});
    assert_eq!(client.arm_send("POST", &path, &[], Some(&bad)).await.status, 400);
    let body = json!({"properties": {"kind": "Bundles", "bundles": ["VirtualMachines", "DNS"]}});
    let accepted = client.arm_send("POST", &path, &[], Some(&body)).await;
    assert!(accepted.status == 202 && accepted.head.contains("location: https://management.azure.com/"));
    let query = "securityresources | where type =~ 'microsoft.security/locations/alerts' | where properties.AlertType startswith 'SIMULATED_' | project properties.AlertDisplayName";
    assert_eq!(client.query(query, json!({})).await.json()["count"], 0);
    let found = client.query_until(query, 4).await;
    assert_eq!(found["count"], 4);
    assert!(found["data"][0]["properties_AlertDisplayName"].as_str().unwrap().starts_with("[SAMPLE ALERT] "));
}

#[tokio::test]
async fn keys_are_made_anew_and_the_log_says_so() {
    let client = small().await;
    let rule =
        format!("{}/authorizationRules/console-send", client.starter["hubs"]["high"]["resource_id"].as_str().unwrap());
    let path = format!("{rule}/regenerateKeys?api-version=2024-01-01");
    let body = json!({"keyType": "PrimaryKey"});
    assert_eq!(client.arm_send("POST", &path, &[], Some(&body)).await.status, 403);
    let entries = json!([{"actions": ["*"], "notActions": []}]);
    client.practice("POST", "permissions", Some(json!({"subscription": &ONE[15..], "entries": entries}))).await;
    let sas = client.sas("high");
    let keys = client.arm_send("POST", &path, &[], Some(&body)).await.json();
    assert_ne!(keys["primaryKey"], client.starter["hubs"]["high"]["key"]);
    assert_eq!(client.send("/defender-high/messages", &[&sas], b"x").await.status, 401);
    let log = format!(
        "{ONE}/providers/Microsoft.Insights/eventtypes/management/values?api-version=2015-04-01&$filter=eventTimestamp%20ge%20'2020-01-01T00:00:00Z'"
    );
    let log = client.arm(&log).await.json();
    assert!(log["value"][0]["operationName"]["value"].as_str().unwrap().ends_with("regenerateKeys/action"));
}
