//! "Why was this not exported?" from live facts, through the front door.

use super::harness::Harness;
use axum::http::Method;
use serde_json::{Value, json};

async fn alert(h: &Harness, severity: &str) -> String {
    let raised = h.alerts(1, severity).await;
    let id = raised["ids"][0].as_str().unwrap().to_owned();
    h.until("the alert is observed", async |h| {
        !h.get(&format!("/api/v1/events?q={id}")).await.json()["items"].as_array().unwrap().is_empty()
    })
    .await;
    id
}

async fn ask(h: &Harness, item: &str) -> Value {
    let made = h.post("/api/v1/diagnoses", json!({"item": item})).await;
    assert_eq!(made.status, 201, "{}", made.text);
    made.json()
}

fn part<'a>(of: &'a Value, name: &str) -> &'a Value {
    of["exports"].as_array().unwrap().iter().find(|one| one["name"] == name).unwrap_or_else(|| panic!("{of}"))
}

#[tokio::test]
async fn the_ledger_says_why_and_the_answer_is_kept() {
    let h = Harness::new().await;
    let high = alert(&h, "High").await;
    // The hub has it a moment before its receipt is written.
    h.until_outcome("siem-high-alerts", "delivered", 1).await;
    let found = ask(&h, &high).await;
    let high_export = part(&found, "siem-high-alerts");
    assert_eq!((&high_export["verdict"], &high_export["broken"]), (&json!("pass"), &json!(null)), "{high_export}");
    assert!(high_export["way"].as_array().unwrap().iter().all(|stop| stop["verdict"] == "pass"), "{high_export}");
    // The same in other letter case, and as a link of the portal with what people paste along.
    for item in [
        high.to_uppercase(),
        format!(
            "https://portal.azure.com/?utm_source=mail#blade/Microsoft_Azure_Security_AzureDefenderForData/AlertBlade/alertId/{high}/x/y"
        ),
    ] {
        assert_eq!(part(&ask(&h, &item).await, "siem-high-alerts")["verdict"], "pass", "{item}");
    }

    let low = alert(&h, "Low").await;
    let found = ask(&h, &low).await;
    let filtered = part(&found, "siem-high-alerts");
    assert_eq!((&filtered["verdict"], &filtered["broken"]), (&json!("fail"), &json!("export.rules")), "{filtered}");
    let rules = filtered["verdicts"].as_array().unwrap().iter().find(|one| one["check"] == "export.rules").unwrap();
    assert!(rules["said"].as_str().unwrap().contains("Severity"), "{rules}");

    // A target that refuses is named, with the way that leads out of it.
    let medium = alert(&h, "Medium").await;
    h.until("it waits at the target", async |h| {
        let found = ask(h, &medium).await;
        part(&found, "edge-medium-alerts")["broken"] == "export.delivery"
    })
    .await;

    // Frozen, and shown to whoever follows the link.
    let id = found["id"].as_str().unwrap();
    assert_eq!(h.get(&format!("/api/v1/diagnoses/{id}")).await.json(), found);
    let page = h.get(&format!("/diagnoses/{id}")).await;
    assert!(
        page.status == 200 && page.text.contains("What was checked") && page.text.contains("Filtered"),
        "{}",
        page.text
    );
    assert_eq!(h.anonymous(Method::GET, &format!("/api/v1/diagnoses/{id}"), None).await.status, 401);
    let box_ = h.get("/troubleshoot").await;
    assert!(box_.text.contains("Why was this not exported?"), "{}", box_.text);
    assert!(h.get("/api/v1/audit").await.text.contains("diagnosis.make"));
    h.stop().await;
}

#[tokio::test]
async fn what_azure_delivers_is_judged_by_its_checks() {
    let h = Harness::new().await;
    h.submit("/fn/switch_azure_writes", "on=on").await;
    let starter = h.practice(Method::GET, "starter", Value::Null).await;
    let body = json!({
        "name": "by Azure", "delivered_by": "azure", "scope": {"all": true},
        "sources": [{"event_source": "Alerts", "rule_sets": [{"rules": [
            {"propertyJPath": "Severity", "propertyType": "String", "operator": "Equals", "expectedValue": "High"},
        ]}]}],
        "azure": {"destination": starter["workspace"]["resource_id"], "resource_group": "rg", "location": "westeurope", "automation": "ExportToWorkspace"},
    });
    let made = h.post("/api/v1/exports", body).await.json();
    let id = made["id"].as_str().unwrap().to_owned();
    h.post(&format!("/api/v1/exports/{id}/roll-out"), json!({"wish": "apply"})).await;
    h.until("it stands in Azure", async |h| {
        let plan = h.get(&format!("/api/v1/exports/{id}/roll-out")).await.json();
        plan["under_way"] == false && plan["items"].as_array().unwrap().iter().all(|item| item["step"] == "keep")
    })
    .await;
    let low = alert(&h, "Low").await;
    let found = ask(&h, &low).await;
    assert_eq!(part(&found, "by Azure")["broken"], "azure.rules", "{found}");
    let high = alert(&h, "High").await;
    h.until("its arrival is verified", async |h| {
        let found = ask(h, &high).await;
        let one = part(&found, "by Azure");
        let arrival = one["verdicts"].as_array().unwrap().iter().find(|check| check["check"] == "azure.arrival");
        arrival.is_some_and(|check| check["verdict"] == "pass")
    })
    .await;
    // For one export only.
    let only = h.post("/api/v1/diagnoses", json!({"item": low, "export": id})).await.json();
    assert_eq!(only["exports"].as_array().unwrap().len(), 1, "{only}");
    h.stop().await;
}

#[tokio::test]
async fn what_is_not_there_is_not_hinted_at_and_what_is_no_item_is_refused() {
    let h = Harness::new().await;
    let nowhere = ask(&h, "2518765996949954086_2325cf9e-42a2-4f72-ae7f-9b863cba2d22").await;
    assert_eq!(
        (&nowhere["verdicts"][0]["check"], &nowhere["verdicts"][0]["verdict"]),
        (&json!("item.source"), &json!("fail"))
    );
    let foreign = "/subscriptions/99999999-0000-4000-8000-000000000001/resourceGroups/r/providers/Microsoft.Compute/virtualMachines/vm";
    let other = ask(&h, foreign).await;
    assert_eq!(other["exports"].as_array().unwrap().iter().filter(|one| one["delivered_by"] == "azure").count(), 0);
    assert_eq!(other["item"], Value::Null);
    let visible = h.get("/api/v1/subscriptions").await.json()["items"][0].clone();
    let (id, name) = (visible["id"].as_str().unwrap(), visible["name"].as_str().unwrap());
    for (wrong, said) in [
        (String::new(), "paste an alert id"),
        ("x".repeat(100_000), "at most"),
        ("one\ntwo".to_owned(), "one item at a time"),
        ("why is my alert gone???".to_owned(), "this is no id"),
        (format!("/subscriptions/{id}"), name),
        (id.to_owned(), name),
        ("/subscriptions/99999999-0000-4000-8000-000000000001/".to_owned(), "a whole subscription:"),
    ] {
        let refused = h.post("/api/v1/diagnoses", json!({"item": wrong})).await;
        assert_eq!(refused.status, 422, "{}", refused.text);
        assert!(refused.text.contains(said), "{said}: {}", refused.text);
    }
    // A type of recommendation is not one resource's: nothing was observed under it, and nothing is claimed of it.
    let newest = h.get("/api/v1/events?kind=recommendation").await.json()["items"][0]["id"].clone();
    let event = h.get(&format!("/api/v1/events/{}", newest.as_str().unwrap())).await.json();
    let key = event["body"]["name"].as_str().unwrap_or("c3ef1261-0373-4543-b3b4-00027abc659d").to_owned();
    let found = ask(&h, &key).await;
    let page = h.get(&format!("/diagnoses/{}", found["id"].as_str().unwrap())).await.text;
    assert!(!page.contains("<h1>Exported"), "{found}");
    // What fails to load hides no other verdict.
    let high = alert(&h, "High").await;
    h.fault("graph", "outage").await;
    let found = ask(&h, &high).await;
    let source = found["verdicts"].as_array().unwrap().iter().find(|one| one["check"] == "item.source").unwrap();
    assert_eq!(source["verdict"], "cannot_tell", "{source}");
    assert!(!found["exports"].as_array().unwrap().is_empty());
    h.no_faults().await;
    h.stop().await;
}

#[tokio::test]
async fn what_the_ledger_knows_is_there_before_azure_answers() {
    let h = Harness::new().await;
    let high = alert(&h, "High").await;
    h.until_outcome("siem-high-alerts", "delivered", 1).await;
    // Azure does not answer at all: what waits for it is given up, what does not is there.
    h.fault("graph", "slow").await;
    h.fault("arm", "slow").await;
    let actor = console::Actor {
        id: "x".into(),
        name: "x".into(),
        role: domain::Role::Viewer,
        visible: store::Visible::Everything,
    };
    let begun = h.console.diagnose_bit_by_bit(&actor, &high, None).await.unwrap();
    assert!(!begun.complete && begun.checks.iter().all(|one| one.check != domain::CheckId::ItemSource), "{begun:?}");
    let ledger = begun.exports.iter().find(|one| one.name == "siem-high-alerts").unwrap();
    assert_eq!(ledger.verdict(), domain::verdict::Verdict::Pass, "{ledger:?}");
    let path = format!("/api/v1/diagnoses/{}", begun.id);
    assert_eq!(h.get(&path).await.json()["complete"], false);
    assert!(h.get(&format!("/diagnoses/{}", begun.id)).await.text.contains("Azure is being asked"));
    h.until("the rest follows", async |h| h.get(&path).await.json()["complete"] == true).await;
    let whole = h.get(&path).await.json();
    assert!(whole["verdicts"].as_array().unwrap().iter().any(|one| one["check"] == "item.source"), "{whole}");
    h.stop().await;
}
