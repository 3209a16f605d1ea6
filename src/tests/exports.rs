//! Exports through the front door: every kind of data, scopes, previews that agree with the ledger, lints.

use super::harness::Harness;
use reqwest::Method;
use serde_json::{Value, json};

async fn id(h: &Harness, list: &str, name: &str) -> Value {
    let all = h.get(&format!("/api/v1/{list}")).await.json();
    all["items"].as_array().unwrap().iter().find(|one| one["name"] == name).unwrap()["id"].clone()
}

fn rule(path: &str, operator: &str, value: &str) -> Value {
    json!({"propertyJPath": path, "propertyType": "String", "operator": operator, "expectedValue": value})
}

fn alerts(sets: &[Vec<Value>]) -> Value {
    let sets: Vec<Value> = sets.iter().map(|rules| json!({"rules": rules})).collect();
    json!([{"event_source": "Alerts", "changes": "created", "rule_sets": sets}])
}

async fn export(h: &Harness, name: &str, sources: Value, target: &str) -> Value {
    let body = json!({"name": name, "delivered_by": "console", "scope": {"all": true, "future": true},
        "sources": sources, "target": id(h, "targets", target).await});
    let made = h.post("/api/v1/exports", body).await;
    assert_eq!(made.status, 201, "{}", made.text);
    made.json()
}

/// A finding as Azure lists it.
fn finding(subscription: &str) -> Value {
    let parent = format!(
        "/subscriptions/{subscription}/resourceGroups/rg/providers/Microsoft.Compute/virtualMachines/vm-1/providers/Microsoft.Security/assessments/1195afff-c881-495e-9bc5-1486211ae03f"
    );
    json!({"id": format!("{parent}/subAssessments/f1"), "name": "f1", "type": "Microsoft.Security/assessments/subAssessments",
        "properties": {"id": "1", "displayName": "A known hole", "timeGenerated": "2030-01-01T00:00:00Z",
            "status": {"code": "Unhealthy", "severity": "High"}, "resourceDetails": {"source": "Azure"}}})
}

#[tokio::test]
async fn every_kind_is_observed_decided_and_lands_in_its_table() {
    let h = Harness::new().await;
    let sources: Vec<Value> = [
        "Alerts",
        "Assessments",
        "SubAssessments",
        "SecureScores",
        "SecureScoreControls",
        "RegulatoryComplianceAssessment",
        "AttackPaths",
    ]
    .iter()
    .map(|source| json!({"event_source": source}))
    .collect();
    export(&h, "everything", json!(sources), "soc workspace").await;
    let subscriptions = h.get("/api/v1/subscriptions").await.json();
    let subscription = subscriptions["items"][0]["id"].as_str().unwrap().to_owned();
    h.alerts(1, "Low").await;
    h.practice(Method::POST, "import", json!([{"value": [finding(&subscription)]}])).await;
    h.practice(Method::POST, "recommendations", json!({"count": 1000, "change": "unhealthy"})).await;
    for table in [
        "Alert",
        "Recommendation",
        "Finding",
        "SecureScore",
        "SecureScoreControl",
        "RegulatoryCompliance",
        "AttackPath",
    ] {
        h.until(&format!("{table} has rows"), async |h| {
            !h.rows(&format!("ContinuousExport{table}_CL")).await.is_empty()
        })
        .await;
    }
    let score = h.rows("ContinuousExportSecureScore_CL").await[0]["row"].clone();
    assert!(score["CurrentScore"].is_number() && score["IsSnapshot"] == false, "{score}");
    assert_eq!(h.rows("ContinuousExportFinding_CL").await[0]["row"]["RecommendationName"], "A known hole");
    h.books_balance().await;
    h.stop().await;
}

#[tokio::test]
async fn a_snapshot_source_sends_the_whole_state_once_and_says_so() {
    let h = Harness::new().await;
    export(
        &h,
        "weekly",
        json!([{"event_source": "SecureScoreControlsSnapshot"}, {"event_source": "SecureScoresSnapshot"}]),
        "siem / alerts",
    )
    .await;
    let mut sent = 0;
    for kind in ["secure_score", "secure_score_control"] {
        let events = h.get(&format!("/api/v1/events?limit=1000&change=baseline&kind={kind}")).await.json();
        sent += i64::try_from(events["items"].as_array().unwrap().len()).unwrap();
    }
    assert!(sent > 2);
    h.until_outcome("weekly", "delivered", sent).await;
    // More sweeps find the same state and do not send it again within the week.
    let swept = async |h: &Harness| {
        let all = h.get("/api/v1/subscriptions").await.json();
        all["items"][0]["watches"].to_string()
    };
    for _ in 0..3 {
        let before = swept(&h).await;
        h.until("another sweep is complete", async |h| swept(h).await != before).await;
    }
    assert_eq!(h.outcome("weekly", "delivered").await, sent);
    let messages = h.messages("high").await;
    let bodies: Vec<Value> = messages
        .iter()
        .filter(|message| message["properties"]["export"] == "weekly")
        .map(|message| serde_json::from_str(message["body"].as_str().unwrap()).unwrap())
        .collect();
    assert!(!bodies.is_empty());
    for body in bodies {
        assert_eq!(body["securityEventDataEnrichment"]["isSnapshot"], true, "{body}");
    }
    assert_eq!(h.outcome("siem-high-alerts", "delivered").await, 0, "no other export sees snapshots");
    h.books_balance().await;
    h.stop().await;
}

#[tokio::test]
async fn a_scope_is_a_management_group_without_a_tag_and_without_later_subscriptions() {
    let h = Harness::new().await;
    let place = h.store.places(&store::Visible::Everything).await.unwrap();
    let group = place[0].0.groups[0].id.clone();
    let inside = place.iter().filter(|(place, _)| place.groups.iter().any(|one| one.id == group)).count();
    let body = json!({"name": "group", "delivered_by": "console", "sources": [{"event_source": "Alerts"}],
        "scope": {"management_groups": [group.to_uppercase()], "future": false}, "target": id(&h, "targets", "siem / alerts").await});
    let made = h.post("/api/v1/exports", body.clone()).await;
    assert_eq!(made.status, 201, "{}", made.text);
    let made = made.json();
    assert_eq!(made["covered"], inside);
    assert!(made["scope"]["as_of"].is_string(), "{made}");
    let mut tagged = body;
    tagged["name"] = "tagged".into();
    let tag = place[0].0.tags.iter().next().unwrap();
    tagged["scope"]["except_tags"] = json!([{"name": tag.0.to_uppercase(), "value": tag.1}]);
    let tagged = h.post("/api/v1/exports", tagged).await.json();
    assert!(tagged["covered"].as_u64().unwrap() < inside as u64, "{tagged}");
    h.stop().await;
}

#[tokio::test]
async fn a_preview_agrees_with_what_the_ledger_decided_and_its_three_answers_add_up() {
    let h = Harness::new().await;
    let sets = [
        vec![rule("Severity", "Equals", "High"), rule("AlertDisplayName", "NotEquals", "nobody")],
        vec![rule("Severity", "Equals", "Medium"), rule("AlertDisplayName", "NotEquals", "nobody")],
    ];
    let made = export(&h, "decides", alerts(&sets), "siem / alerts").await;
    h.alerts(5, "High").await;
    h.alerts(4, "Medium").await;
    h.alerts(3, "Low").await;
    h.until_outcome("decides", "filtered", 3).await;
    h.until_outcome("decides", "delivered", 9).await;
    let ask = async |export: &Value| {
        let answer = h.post("/api/v1/preview", json!({"export": export, "since": "1h"})).await;
        assert_eq!(answer.status, 200, "{}", answer.text);
        answer.json()
    };
    let answer = ask(&made).await;
    // Two alerts of the small world are older than an hour: everything in the range was decided by the ledger.
    assert_eq!(
        (answer["matched"].as_u64(), answer["near"].as_u64(), answer["not_matched"].as_u64()),
        (Some(9), Some(3), Some(0)),
        "{answer}"
    );
    assert_eq!(answer["looked_at"], 12);
    assert_eq!(answer["near_by"], json!([{"value": "Severity", "events": 3}]));
    let near: Vec<&Value> =
        answer["items"].as_array().unwrap().iter().filter(|item| item["stands"] == "near").collect();
    assert_eq!(near.len(), 3);
    assert_eq!(near[0]["reason"], "Severity is Low, wants High or Medium");
    // A draft without Medium, held against the saved version.
    let mut draft = made.clone();
    draft["sources"] = alerts(&sets[..1]);
    let answer = ask(&draft).await;
    assert_eq!(answer["rehearsal"], Value::Null, "without its id an export is a new one");
    let body = json!({"export": draft, "id": made["id"], "since": "1h"});
    let answer = h.post("/api/v1/preview", body).await.json();
    let rehearsal = &answer["rehearsal"];
    assert_eq!(
        (&rehearsal["version"], &rehearsal["gained"], &rehearsal["lost"]),
        (&json!(1), &json!(0), &json!(4)),
        "{answer}"
    );
    assert_eq!((rehearsal["lost_items"].as_array().unwrap().len(), &answer["matched"]), (4, &json!(5)));
    h.stop().await;
}

#[tokio::test]
async fn lints_are_answered_with_the_sources_that_mend_them() {
    let h = Harness::new().await;
    h.alerts(6, "High").await;
    h.until_outcome("siem-high-alerts", "delivered", 6).await;
    let body = json!({"export": {"name": "x", "delivered_by": "console", "scope": {"all": true, "future": true},
        "sources": alerts(&[vec![rule("properties.metadata.severity", "Equals", "High")]]), "target": id(&h, "targets", "siem / alerts").await}});
    let found = h.post("/api/v1/lint", body).await.json();
    let never = &found[0];
    assert_eq!((never["code"].as_str(), never["level"].as_str()), (Some("other-kind-path"), Some("error")), "{found}");
    assert_eq!(never["path"], "sources[0].rule_sets[0].rules[0].propertyJPath");
    assert_eq!(never["fix"]["sources"], alerts(&[vec![rule("Severity", "Equals", "High")]]));
    assert!(found.as_array().unwrap().iter().any(|lint| lint["code"] == "doubles-export"), "{found}");
    h.stop().await;
}

#[tokio::test]
async fn an_export_of_azures_own_to_the_same_hub_is_a_double() {
    let h = Harness::new().await;
    let targets = h.get("/api/v1/targets").await.json();
    let target =
        targets["items"].as_array().unwrap().iter().find(|one| one["name"] == "siem / alerts").unwrap().clone();
    let hub = target["config"]["resource_id"].as_str().unwrap().trim_start_matches('/').to_owned();
    let subscription = h.get("/api/v1/subscriptions").await.json()["items"][0]["id"].as_str().unwrap().to_owned();
    let automation = json!({"id": format!("/subscriptions/{subscription}/resourceGroups/rg/providers/Microsoft.Security/automations/ExportToEventHub"),
        "name": "ExportToEventHub", "type": "Microsoft.Security/automations", "location": "westeurope", "subscriptionId": subscription,
        "properties": {"isEnabled": true, "scopes": [{"scopePath": format!("/subscriptions/{subscription}")}],
            "sources": [{"eventSource": "Alerts", "ruleSets": []}], "actions": [{"actionType": "EventHub", "eventHubResourceId": hub}]}});
    let id = domain::SubscriptionId::parse(&subscription).unwrap();
    h.store
        .record_automations(
            std::slice::from_ref(&id),
            &[(automation["id"].as_str().unwrap().to_owned(), id.clone(), automation.to_string())],
        )
        .await
        .unwrap();
    let low = alerts(&[vec![rule("Severity", "Equals", "Low")]]);
    let body = json!({"export": {"name": "x", "delivered_by": "console", "scope": {"all": true, "future": true}, "sources": low, "target": target["id"]}});
    let found = h.post("/api/v1/lint", body).await.json();
    let double = found.as_array().unwrap().iter().find(|lint| lint["code"] == "doubles-export").unwrap();
    assert!(double["message"].as_str().unwrap().contains("Azure's own export “ExportToEventHub”"), "{double}");
    h.stop().await;
}
