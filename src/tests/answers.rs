//! Answers of the API in full: scripts depend on every name, and whoever changes one sees it here. Ids and times are left out.

use super::harness::Harness;
use serde_json::{Value, json};

/// What differs from run to run.
const FILTERS: [(&str, &str); 8] = [
    (r"\d{4}-\d\d-\d\dT[\d:.]+Z", "TIME"),
    (r"[0-9a-f]{32}_[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", "DELIVERY"),
    (r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", "UUID"),
    (r#""[0-9a-f]{32}""#, r#""EVENT""#),
    (r"127\.0\.0\.1:\d+", "ADDRESS"),
    (r#""(bytes|others)": \d+"#, r#""$1": NUMBER"#),
    (r"date: [^\n\\]+ GMT", "date: DATE"),
    (r"partitions/\d+", "partitions/NUMBER"),
];

fn filtered() -> impl Drop {
    let mut settings = insta::Settings::clone_current();
    for (of, with) in FILTERS {
        settings.add_filter(of, with);
    }
    settings.bind_to_scope()
}

fn text(answer: &Value) -> String {
    serde_json::to_string_pretty(answer).unwrap()
}

/// A console with one export to the event hub and one alert, delivered.
async fn delivered() -> (Harness, Value) {
    let h = Harness::new().await;
    let target = h.get("/api/v1/targets").await.json()["items"]
        .as_array()
        .unwrap()
        .iter()
        .find(|one| one["name"] == "siem / alerts")
        .unwrap()
        .clone();
    let body = json!({
        "name": "high alerts", "scope": {"all": true, "future": true}, "target": target["id"],
        "sources": [{"event_source": "Alerts", "rule_sets": [{"rules": [
            {"propertyJPath": "Severity", "propertyType": "String", "operator": "Equals", "expectedValue": "High"},
        ]}]}],
    });
    let made = h.post("/api/v1/exports", body).await;
    assert_eq!(made.status, 201, "{}", made.text);
    h.alerts(1, "High").await;
    h.until_outcome("high alerts", "delivered", 1).await;
    // One of the starter's lets it through too.
    h.until_outcome("siem-high-alerts", "delivered", 1).await;
    (h, made.json())
}

#[tokio::test]
async fn answers_are_as_they_were() {
    let (h, export) = delivered().await;
    let _filtered = filtered();
    let of = async |path: &str| h.get(&format!("/api/v1/{path}")).await.json();
    insta::assert_snapshot!(text(&export), @r#"
    {
      "condition": "ok",
      "covered": 2,
      "delivered_by": "console",
      "id": "UUID",
      "name": "high alerts",
      "outcomes": {
        "cancelled": 0,
        "delivered": 0,
        "filtered": 0,
        "parked": 0,
        "pending": 0
      },
      "paused": false,
      "saved_at": "TIME",
      "saved_by": "Local administrator",
      "scope": {
        "all": true,
        "except": [],
        "future": true,
        "management_groups": [],
        "subscriptions": []
      },
      "sources": [
        {
          "changes": "created",
          "event_source": "Alerts",
          "rule_sets": [
            {
              "rules": [
                {
                  "expectedValue": "High",
                  "operator": "Equals",
                  "propertyJPath": "Severity",
                  "propertyType": "String"
                }
              ]
            }
          ]
        }
      ],
      "target": "UUID",
      "target_name": "siem / alerts",
      "version": 1
    }
    "#);
    let query = format!("deliveries?export={}", export["id"].as_str().unwrap());
    let delivery = of(&query).await["items"][0].clone();
    insta::assert_snapshot!(text(&delivery), @r#"
    {
      "attempt_count": 1,
      "change": "created",
      "condition": "ok",
      "decided_at": "TIME",
      "event": "EVENT",
      "export": "UUID",
      "export_name": "high alerts",
      "export_version": 1,
      "id": "DELIVERY",
      "kind": "alert",
      "last_error": null,
      "last_status": 201,
      "observed_at": "TIME",
      "occurred_at": "TIME",
      "outcome": "delivered",
      "reason": "rule set 1: Severity equals High",
      "resource": "/subscriptions/UUID/resourceGroups/rg-siem-prod/providers/Microsoft.Sql/servers/sql-siem-01",
      "settled_at": "TIME",
      "severity": "high",
      "status": "Active",
      "subscription": "UUID",
      "subscription_name": "Security Operations",
      "target": "UUID",
      "target_name": "siem / alerts",
      "title": "A database login was guessed"
    }
    "#);
    let event = of(&format!("events/{}", delivery["event"].as_str().unwrap())).await;
    assert!(event["body"].is_object() && event["source_row"].is_object(), "{event}");
    let members: Vec<&String> = event.as_object().unwrap().keys().collect();
    insta::assert_debug_snapshot!(members, @r#"
    [
        "alert_id",
        "body",
        "change",
        "deliveries",
        "id",
        "item_id",
        "kind",
        "note",
        "observed_at",
        "occurred_at",
        "outcomes",
        "resource",
        "severity",
        "source_row",
        "status",
        "subscription",
        "subscription_name",
        "title",
    ]
    "#);
    let detail = of(&format!("deliveries/{}", delivery["id"].as_str().unwrap())).await;
    insta::assert_snapshot!(text(&detail["attempts"]), @r#"
    [
      {
        "address": "https://siem-prod.servicebus.windows.net/defender-high/partitions/NUMBER/messages",
        "answer": "",
        "bytes": NUMBER,
        "error": null,
        "headers": "content-length: 0\ndate: DATE",
        "id": "UUID",
        "others": NUMBER,
        "result": "accepted",
        "settled_at": "TIME",
        "started_at": "TIME",
        "status": 201
      }
    ]
    "#);
    insta::assert_snapshot!(text(&of("targets?limit=1").await), @r#"
    {
      "items": [
        {
          "condition": "ok",
          "condition_detail": null,
          "condition_since": null,
          "condition_status": null,
          "config": {
            "alert_stream": "Custom-ContinuousExportAlert",
            "dcr_immutable_id": "dcr-21d54d4a130e837891cf2b8763eb6bd8",
            "ingestion_host": "soc-823c.westeurope-1.ingest.monitor.azure.com",
            "kind": "workspace",
            "recommendation_stream": "Custom-ContinuousExportRecommendation",
            "resource_id": "/subscriptions/UUID/resourceGroups/rg-siem-prod/providers/Microsoft.OperationalInsights/workspaces/soc-central"
          },
          "delivered": 0,
          "exports": [
            {
              "id": "UUID",
              "name": "posture-to-workspace"
            }
          ],
          "id": "UUID",
          "last_success": null,
          "max_bytes": 1000000,
          "name": "soc workspace",
          "next_attempt": null,
          "order_promised": true,
          "partitions": null,
          "secret_set": false,
          "secret_set_at": null,
          "version": 1,
          "waiting": 0,
          "waiting_since": null
        }
      ],
      "next": "kUUID"
    }
    "#);
    insta::assert_snapshot!(text(&of("subscriptions?limit=1").await), @r#"
    {
      "items": [
        {
          "complete_to": "TIME",
          "condition": "ok",
          "condition_detail": null,
          "condition_since": null,
          "exports": [
            {
              "id": "UUID",
              "name": "edge-medium-alerts"
            },
            {
              "id": "UUID",
              "name": "high alerts"
            },
            {
              "id": "UUID",
              "name": "posture-to-workspace"
            },
            {
              "id": "UUID",
              "name": "siem-high-alerts"
            }
          ],
          "first_listed_at": "TIME",
          "id": "UUID",
          "name": "Wind Sites",
          "plans": [
            "Arm",
            "StorageAccounts",
            "VirtualMachines"
          ],
          "state": "Enabled",
          "watches": [
            {
              "baseline_done": true,
              "complete_to": "TIME",
              "kind": "alert",
              "last_sweep_at": "TIME",
              "unobservable": 0
            },
            {
              "baseline_done": true,
              "complete_to": "TIME",
              "kind": "attack_path",
              "last_sweep_at": "TIME",
              "unobservable": 0
            },
            {
              "baseline_done": true,
              "complete_to": "TIME",
              "kind": "finding",
              "last_sweep_at": "TIME",
              "unobservable": 0
            },
            {
              "baseline_done": true,
              "complete_to": "TIME",
              "kind": "recommendation",
              "last_sweep_at": "TIME",
              "unobservable": 0
            },
            {
              "baseline_done": true,
              "complete_to": "TIME",
              "kind": "regulatory_compliance",
              "last_sweep_at": "TIME",
              "unobservable": 0
            },
            {
              "baseline_done": true,
              "complete_to": "TIME",
              "kind": "secure_score",
              "last_sweep_at": "TIME",
              "unobservable": 0
            },
            {
              "baseline_done": true,
              "complete_to": "TIME",
              "kind": "secure_score_control",
              "last_sweep_at": "TIME",
              "unobservable": 0
            }
          ]
        }
      ],
      "next": "aUUID"
    }
    "#);
    insta::assert_snapshot!(text(&of("people").await), @r#"
    {
      "items": [
        {
          "name": "Local administrator",
          "role": "administrator"
        }
      ],
      "next": null
    }
    "#);
    insta::assert_snapshot!(text(&of("audit?limit=1").await), @r#"
    {
      "items": [
        {
          "action": "export.save",
          "actor": "Local administrator",
          "at": "TIME",
          "detail": "high alerts version 1",
          "subject": "export",
          "subject_id": "UUID"
        }
      ],
      "next": "b8"
    }
    "#);
    insta::assert_snapshot!(text(&of("jobs").await), @r#"
    {
      "items": [],
      "next": null
    }
    "#);
    let overview = of("overview").await;
    insta::assert_snapshot!(text(&overview["exports"]), @r#"
    [
      {
        "id": "UUID",
        "name": "siem-high-alerts",
        "outcomes": {
          "cancelled": 0,
          "delivered": 1,
          "filtered": 0,
          "parked": 0,
          "pending": 0
        },
        "seen": 1
      },
      {
        "id": "UUID",
        "name": "edge-medium-alerts",
        "outcomes": {
          "cancelled": 0,
          "delivered": 0,
          "filtered": 1,
          "parked": 0,
          "pending": 0
        },
        "seen": 1
      },
      {
        "id": "UUID",
        "name": "high alerts",
        "outcomes": {
          "cancelled": 0,
          "delivered": 1,
          "filtered": 0,
          "parked": 0,
          "pending": 0
        },
        "seen": 1
      }
    ]
    "#);
    insta::assert_snapshot!(text(&overview["coverage"]), @r#"
    {
      "covered": 2,
      "subscriptions": 2
    }
    "#);
    h.stop().await;
}

#[tokio::test]
async fn what_is_refused_is_said_as_before() {
    let (h, export) = delivered().await;
    let _filtered = filtered();
    insta::assert_snapshot!(h.get("/api/v1/nothing").await.text, @r#"{"type":"urn:continuous-export:problem:not-found","title":"Not found","status":404,"detail":"There is nothing at /api/v1/nothing. /api/v1/openapi.json lists what there is.","errors":[],"reference":null}"#);
    insta::assert_snapshot!(h.get("/api/v1/deliveries?limit=0").await.text, @r#"{"type":"urn:continuous-export:problem:invalid","title":"Invalid values","status":422,"detail":"limit: `0` is not a number from 1 to 1000","errors":[{"path":"limit","message":"`0` is not a number from 1 to 1000"}],"reference":null}"#);
    insta::assert_snapshot!(h.post("/api/v1/exports", json!({"name": ""})).await.text, @r#"{"type":"urn:continuous-export:problem:invalid","title":"Invalid values","status":422,"detail":"name: give it a name (and 3 more)","errors":[{"path":"name","message":"give it a name"},{"path":"scope","message":"choose a subscription or a management group, or all of them"},{"path":"sources","message":"choose at least one kind of data"},{"path":"target","message":"choose a target that exists"}],"reference":null}"#);
    insta::assert_snapshot!(h.post("/api/v1/exports", json!({"nmae": "x"})).await.text, @r#"{"type":"urn:continuous-export:problem:invalid","title":"Invalid values","status":422,"detail":"nmae: unknown field `nmae`, expected one of `id`, `name`, `delivered_by`, `paused`, `version`, `scope`, `sources`, `target`, `azure`, `target_name`, `condition`, `outcomes`, `covered`, `saved_at`, `saved_by`","errors":[{"path":"nmae","message":"unknown field `nmae`, expected one of `id`, `name`, `delivered_by`, `paused`, `version`, `scope`, `sources`, `target`, `azure`, `target_name`, `condition`, `outcomes`, `covered`, `saved_at`, `saved_by`"}],"reference":null}"#);
    let path = format!("/api/v1/exports/{}", export["id"].as_str().unwrap());
    let (put, body) = (axum::http::Method::PUT, json!({"name": "other"}));
    insta::assert_snapshot!(h.ask(put.clone(), &path, Some(body.clone()), &[]).await.text, @r#"{"type":"urn:continuous-export:problem:version-missing","title":"Version missing","status":428,"detail":"Send If-Match with the ETag of the version you have seen, so that nobody's change is lost.","errors":[],"reference":null}"#);
    insta::assert_snapshot!(h.ask(put, &path, Some(body), &[("if-match", "\"7\"")]).await.text, @r#"{"type":"urn:continuous-export:problem:stale","title":"Changed meanwhile","status":412,"detail":"Somebody saved version 1 meanwhile; look at it and save again.","errors":[],"reference":null}"#);
    let asked = json!({"export": export, "since": "24h"});
    let preview = h.post("/api/v1/preview", asked).await.json();
    insta::assert_debug_snapshot!(preview.as_object().unwrap().keys().collect::<Vec<_>>(), @r#"
    [
        "bytes",
        "cost",
        "items",
        "looked_at",
        "matched",
        "near",
        "near_by",
        "not_matched",
        "per_day",
        "rehearsal",
        "took_ms",
        "unread",
        "weekly",
    ]
    "#);
    h.stop().await;
}
