//! Health checks from live facts: what is broken at the practice Azure is what fails here, and nothing else.

use super::harness::Harness;
use reqwest::Method;
use serde_json::{Value, json};

/// Checks that do not pass, without those of the target that is set up wrongly on purpose.
async fn troubles(h: &Harness) -> Vec<(String, String)> {
    let answer = h.get("/api/v1/health").await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    let items = answer.json()["items"].as_array().unwrap().clone();
    let word = |item: &Value, name: &str| item[name].as_str().unwrap_or_default().to_owned();
    items
        .iter()
        .filter(|item| item["verdict"] != "pass" && item["subject"] != "edge / alerts")
        .map(|item| (word(item, "check"), word(item, "verdict")))
        .collect()
}

#[tokio::test]
async fn what_is_broken_is_what_fails_and_it_passes_once_it_is_mended() {
    let h = Harness::new().await;
    assert_eq!(troubles(&h).await, [], "the small practice Azure is in order");
    let all = h.get("/api/v1/health").await.json();
    let role = |item: &&Value| item["check"] == "target.role" && item["subject"] == "edge / alerts";
    let edge = all["items"].as_array().unwrap().iter().find(role).unwrap();
    assert_eq!(edge["verdict"], "fail", "what a delivery would meet is named before: {edge}");
    let subscription = h.get("/api/v1/subscriptions").await.json()["items"][0]["id"].as_str().unwrap().to_owned();

    let only = json!({"subscription": subscription, "entries": [{"actions": ["Microsoft.Security/alerts/read", "Microsoft.Authorization/*/read", "Microsoft.Resources/*/read"], "notActions": [], "dataActions": [], "notDataActions": []}]});
    h.practice(Method::POST, "permissions", only).await;
    let broken = troubles(&h).await;
    assert!(broken.contains(&("permissions.read".into(), "fail".into())), "{broken:?}");
    let all = h.get("/api/v1/health").await.json();
    let first = all["items"].as_array().unwrap().iter().find(|item| item["check"] == "permissions.read").unwrap();
    assert!(first["said"].as_str().unwrap().contains("Microsoft.Security/assessments/read"), "{first}");
    assert!(first["commands"][0]["text"].as_str().unwrap().contains(&subscription), "{first}");
    let reader = json!({"subscription": subscription, "entries": [{"actions": ["*/read"], "notActions": [], "dataActions": [], "notDataActions": []}]});
    h.practice(Method::POST, "permissions", reader).await;
    assert_eq!(troubles(&h).await, []);

    h.fault("arm", "outage").await;
    let broken = troubles(&h).await;
    assert!(
        broken.iter().any(|(check, verdict)| check == "permissions.read" && verdict == "cannot_tell"),
        "{broken:?}"
    );
    assert!(
        !broken.iter().any(|(check, _)| check == "store.books"),
        "what fails to load hides nothing else: {broken:?}"
    );
    h.no_faults().await;
    h.until("it is over", async |h| troubles(h).await.is_empty()).await;

    let page = h.get("/troubleshoot").await;
    assert!(page.status == 200 && page.text.contains("What is as it should be"), "{}", page.text);
    assert_eq!(h.anonymous(Method::GET, "/api/v1/health", None).await.status, 401);
    h.books_balance().await;
    h.stop().await;
}

#[tokio::test]
async fn scheduled_runs_note_what_breaks_and_what_passes_again() {
    let h = Harness::new().await;
    h.console.note_health().await.unwrap();
    h.console.note_health().await.unwrap();
    let changes = async |h: &Harness| h.get("/api/v1/health/changes").await.json()["items"].as_array().unwrap().clone();
    assert_eq!(changes(&h).await, Vec::<Value>::new(), "nothing changed");
    let subscription = h.get("/api/v1/subscriptions").await.json()["items"][0]["id"].as_str().unwrap().to_owned();
    let entries = |actions: &[&str]| json!({"subscription": subscription, "entries": [{"actions": actions, "notActions": [], "dataActions": [], "notDataActions": []}]});
    h.practice(
        Method::POST,
        "permissions",
        entries(&["Microsoft.Security/alerts/read", "Microsoft.Authorization/*/read", "Microsoft.Resources/*/read"]),
    )
    .await;
    let run = h.console.note_health().await.unwrap();
    assert!(run.open.iter().any(|one| one.check == domain::CheckId::PermissionsRead), "{run:?}");
    let of = |all: &[Value]| all.iter().find(|one| one["check"] == "permissions.read").cloned();
    let found = of(&changes(&h).await).unwrap();
    assert_eq!((&found["was"], &found["now"]), (&json!("pass"), &json!("fail")), "{found}");
    let overview = h.get("/").await;
    assert!(
        overview.text.contains("It lacks Microsoft.Security/assessments/read"),
        "the overview names it: {}",
        overview.text
    );
    h.practice(Method::POST, "permissions", entries(&["*/read"])).await;
    h.until("it passes again", async |h| {
        h.console.note_health().await.unwrap();
        of(&changes(h).await).is_some_and(|found| found["now"] == "pass")
    })
    .await;
    let page = h.get("/troubleshoot").await;
    assert!(page.text.contains("Passes again. Before: It lacks"), "{}", page.text);
    h.stop().await;
}
