//! Stops, crashes and what must be true afterwards.

use super::harness::{Harness, small_practice};
use axum::http::Method;
use std::collections::HashSet;
use store::{OpenOptions, Stamp, Store, StoreError};

#[tokio::test]
async fn after_a_crash_in_the_middle_nothing_is_missing_and_doubles_carry_the_same_id() {
    let folder = tempfile::tempdir().unwrap();
    let practice = small_practice(None).await;
    let h = Harness::on(folder.path(), practice.origin()).await;
    h.until("the baseline is complete", async |h| h.store.baseline_is_complete().await.unwrap()).await;
    h.fault("event-hubs", "slow").await;
    h.alerts(120, "High").await;
    h.until("some are being sent", async |h| h.store.open_attempts().await > 0).await;
    h.crash().await;

    let h = Harness::reopen(folder.path(), practice.origin()).await;
    h.no_faults().await;
    h.until_outcome("siem-high-alerts", "delivered", 120).await;
    let messages = h.messages("high").await;
    let ids: HashSet<_> = messages.iter().map(|message| message["properties"]["event-id"].to_string()).collect();
    assert_eq!(ids.len(), 120, "nothing is missing among {} messages", messages.len());
    h.books_balance().await;
    h.stop().await;
    practice.stop().await;
}

#[tokio::test]
async fn what_happened_while_the_console_was_down_is_found_when_it_is_back() {
    let folder = tempfile::tempdir().unwrap();
    let practice = small_practice(None).await;
    let h = Harness::on(folder.path(), practice.origin()).await;
    h.until("the baseline is complete", async |h| h.store.baseline_is_complete().await.unwrap()).await;
    let other = reqwest::Client::builder().no_proxy().build().unwrap();
    h.stop().await;
    let body = serde_json::json!({"count": 7, "severity": "High"});
    other.post(format!("{}/_practice/alerts", practice.origin())).json(&body).send().await.unwrap();
    let h = Harness::reopen(folder.path(), practice.origin()).await;
    h.until_outcome("siem-high-alerts", "delivered", 7).await;
    h.stop().await;
    practice.stop().await;
}

#[tokio::test]
async fn a_store_is_locked_and_belongs_to_one_tenant() {
    let folder = tempfile::tempdir().unwrap();
    let options = OpenOptions::of(folder.path());
    let store = Store::open(&options).await.unwrap();
    assert!(matches!(Store::open(&options).await, Err(StoreError::InUse { .. })));
    let stamp =
        |cloud: &str| Stamp { cloud: cloud.into(), tenant: "00000000-0000-4000-8000-000000000001".parse().unwrap() };
    store.stamp(&stamp("practice")).await.unwrap();
    store.stamp(&stamp("practice")).await.unwrap();
    assert!(matches!(store.stamp(&stamp("public")).await, Err(StoreError::OtherStamp { .. })));
}

/// A start that is killed leaves what it had made so far: nothing, targets, or some of the exports.
#[tokio::test]
async fn a_practice_store_that_was_left_half_made_is_made_whole_on_the_next_start() {
    let practice = small_practice(None).await;
    for made in 0..3 {
        let folder = tempfile::tempdir().unwrap();
        let h = Harness::on(folder.path(), practice.origin()).await;
        let listed = h.get("/api/v1/exports").await.json();
        assert_eq!(listed["items"].as_array().unwrap().len(), 3);
        for export in listed["items"].as_array().unwrap().iter().take(made) {
            let path = format!("/api/v1/exports/{}", export["id"].as_str().unwrap());
            assert_eq!(h.ask(Method::DELETE, &path, None, &[("if-match", "\"1\"")]).await.status, 200);
        }
        h.store.set_meta("starter", "").await.unwrap();
        h.stop().await;
        let h = Harness::reopen(folder.path(), practice.origin()).await;
        let exports = h.get("/api/v1/exports").await.json();
        let mut names: Vec<&str> =
            exports["items"].as_array().unwrap().iter().map(|one| one["name"].as_str().unwrap()).collect();
        names.sort_unstable();
        assert_eq!(names, ["edge-medium-alerts", "posture-to-workspace", "siem-high-alerts"], "{made}");
        assert_eq!(h.get("/api/v1/targets").await.json()["items"].as_array().unwrap().len(), 3);
        h.stop().await;
    }
    practice.stop().await;
}

fn mode(path: &std::path::Path) -> u32 {
    use std::os::unix::fs::PermissionsExt;
    std::fs::metadata(path).unwrap().permissions().mode() & 0o777
}

fn set_mode(path: &std::path::Path, mode: u32) {
    use std::os::unix::fs::PermissionsExt;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
}

#[tokio::test]
async fn what_others_may_do_with_the_data_folder_is_taken_away_and_other_folders_are_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    set_mode(folder.path(), 0o755);
    let options = OpenOptions::of(folder.path());
    Store::open(&options).await.unwrap().close().await;
    assert_eq!(mode(folder.path()), 0o700, "an empty folder becomes the console's");
    let copy = folder.path().join("store.before-3.db");
    std::fs::write(&copy, "left by an earlier release").unwrap();
    for name in ["store.db", "key", "lock", "store.before-3.db"] {
        set_mode(&folder.path().join(name), 0o644);
    }
    set_mode(folder.path(), 0o750);
    Store::open(&options).await.unwrap().close().await;
    for name in ["store.db", "key", "lock", "store.before-3.db"] {
        assert_eq!(mode(&folder.path().join(name)), 0o600, "{name}");
    }
    assert_eq!(mode(folder.path()), 0o700);

    let shared = tempfile::tempdir().unwrap();
    std::fs::write(shared.path().join("notes.txt"), "somebody's").unwrap();
    set_mode(shared.path(), 0o755);
    let options = OpenOptions::of(shared.path());
    Store::open(&options).await.unwrap().close().await;
    assert_eq!(mode(shared.path()), 0o755, "a folder with other files keeps its mode");
    assert_eq!((mode(&shared.path().join("store.db")), mode(&shared.path().join("key"))), (0o600, 0o600));
}

#[tokio::test]
async fn a_store_with_secrets_opens_with_their_key_only_or_without_them() {
    let (folder, practice) = (tempfile::tempdir().unwrap(), small_practice(None).await);
    Harness::on(folder.path(), practice.origin()).await.stop().await;
    let options = |key: Option<&str>, forget_secrets| OpenOptions {
        folder: folder.path().to_owned(),
        key: key.map(Into::into),
        forget_secrets,
        ..OpenOptions::default()
    };
    let key = std::fs::read_to_string(folder.path().join("key")).unwrap();
    std::fs::remove_file(folder.path().join("key")).unwrap();
    assert!(matches!(Store::open(&options(None, false)).await, Err(StoreError::NoKey { .. })));
    assert!(!folder.path().join("key").exists(), "no other key is made");
    let other = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";
    assert!(matches!(Store::open(&options(Some(other), false)).await, Err(StoreError::OtherKey)));
    Store::open(&options(Some(&key), false)).await.unwrap().close().await;
    Store::open(&options(Some(other), true)).await.unwrap().close().await;
    Store::open(&options(Some(other), false)).await.unwrap().close().await;
    practice.stop().await;
}

/// An earlier release took any text for the names of what Azure needs.
#[tokio::test]
async fn an_export_with_a_name_that_is_none_is_listed_and_can_be_deleted() {
    let (folder, practice) = (tempfile::tempdir().unwrap(), small_practice(None).await);
    let h = Harness::on(folder.path(), practice.origin()).await;
    let hub = h.get("/api/v1/targets").await.json()["items"][0]["config"]["resource_id"].clone();
    let body = serde_json::json!({"name": "by Azure", "delivered_by": "azure", "scope": {"all": true, "future": true},
        "sources": [{"event_source": "Alerts"}], "azure": {"destination": hub, "resource_group": "rg",
        "location": "westeurope", "automation": "plain"}});
    let made = h.post("/api/v1/exports", body).await;
    assert_eq!(made.status, 201, "{}", made.text);
    let path = format!("/api/v1/exports/{}", made.json()["id"].as_str().unwrap());
    assert!(h.store.replace_in_exports(r#""plain""#, r#""a b""#).await > 0);
    h.stop().await;

    let h = Harness::reopen(folder.path(), practice.origin()).await;
    let listed = h.get("/api/v1/exports").await;
    assert!(listed.status == 200 && listed.text.contains("by Azure"), "{}", listed.text);
    h.until("the baseline is complete", async |h| h.store.baseline_is_complete().await.unwrap()).await;
    h.alerts(1, "High").await;
    h.until_outcome("siem-high-alerts", "delivered", 1).await;
    assert_eq!(h.get(&path.replace("/api/v1", "")).await.status, 200);
    assert_eq!(h.ask(Method::DELETE, &path, None, &[("if-match", "\"1\"")]).await.status, 200);
    h.stop().await;
    practice.stop().await;
}
