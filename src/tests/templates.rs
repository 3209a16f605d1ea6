//! Exports as code through the front door, and tables that hold what is written.

use super::harness::Harness;
use reqwest::Method;
use serde_json::{Value, json};

async fn export_id(h: &Harness, name: &str) -> String {
    let exports = h.get("/api/v1/exports").await.json();
    let row = exports["items"].as_array().unwrap().iter().find(|row| row["name"] == name).unwrap().clone();
    row["id"].as_str().unwrap().to_owned()
}

/// An export over two subscriptions to the first target there is.
async fn make(h: &Harness, name: &str) -> Value {
    let targets = h.get("/api/v1/targets").await.json();
    let subscriptions = h.get("/api/v1/subscriptions").await.json();
    let ids: Vec<&Value> = subscriptions["items"].as_array().unwrap().iter().map(|row| &row["id"]).collect();
    let rule =
        json!({"propertyJPath": "Severity", "propertyType": "String", "operator": "Equals", "expectedValue": "[High]"});
    let body = json!({
        "name": name, "delivered_by": "console", "scope": {"subscriptions": ids},
        "sources": [{"event_source": "Alerts", "changes": "all", "rule_sets": [{"rules": [rule]}]}],
        "target": targets["items"][0]["id"],
    });
    let made = h.post("/api/v1/exports?confirm=true", body.clone()).await;
    assert_eq!(made.status, 201, "{}", made.text);
    body
}

#[tokio::test]
async fn an_export_goes_out_as_a_template_and_comes_back() {
    let h = Harness::new().await;
    let body = make(&h, "as \"code\"").await;
    let id = export_id(&h, "as \"code\"").await;
    for format in ["arm", "bicep", "terraform", "AzCli", "policy"] {
        let answer = h.get(&format!("/api/v1/exports/{id}/template?format={format}")).await;
        assert_eq!(answer.status, 200, "{format}: {}", answer.text);
        assert!(answer.headers["content-type"].to_str().unwrap().starts_with("text/plain"), "{format}");
    }
    let template = h.get(&format!("/api/v1/exports/{id}/template?format=arm")).await.text;
    let import = h.post("/api/v1/exports/import", json!({"text": template})).await.json();
    let found = &import["items"][0]["body"];
    for member in ["name", "delivered_by", "target"] {
        assert_eq!(found[member], body[member], "{member}");
    }
    assert_eq!(found["scope"]["subscriptions"], body["scope"]["subscriptions"]);
    assert_eq!(found["sources"], body["sources"]);
    // What comes back can be saved.
    let mut again = found.clone();
    again["name"] = json!("again");
    let made = h.post("/api/v1/exports?confirm=true", again).await;
    assert_eq!(made.status, 201, "{}", made.text);
    h.stop().await;
}

#[tokio::test]
async fn what_cannot_be_read_says_where() {
    let h = Harness::new().await;
    let answer = h.post("/api/v1/exports/import", json!({"text": "{\n oops"})).await;
    assert_eq!(answer.status, 422, "{}", answer.text);
    let problem = answer.json();
    assert_eq!(problem["errors"][0]["path"], "text");
    assert!(problem["errors"][0]["message"].as_str().unwrap().starts_with("line 2, column 2"), "{problem}");
    make(&h, "one").await;
    let id = export_id(&h, "one").await;
    for query in ["", "?format=yaml", "?form=arm"] {
        let answer = h.get(&format!("/api/v1/exports/{id}/template{query}")).await;
        assert_eq!(answer.status, 422, "{query}: {}", answer.text);
    }
    let gone = "/api/v1/exports/00000000-0000-4000-8000-000000000000/template?format=arm";
    assert_eq!(h.ask(Method::GET, gone, None, &[]).await.status, 404);
    h.stop().await;
}
