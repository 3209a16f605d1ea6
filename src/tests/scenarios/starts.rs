//! What a console meets when it starts: who it is, where it is, what it sees, what its own store holds.

use super::{
    Break, PAUSE, TRIES, World, apply,
    health::{Trouble, troubles},
    mend,
};
use crate::{
    harness::{Harness, practice_of, settings, small_practice},
    identities::certificate,
    tenants::at,
};
use axum::http::Method;
use continuous_export::config::ServeFlags;
use domain::ResourceId;
use jiff::SignedDuration;
use serde_json::{Value, json};

/// A practice Azure in which nothing is broken, and what its console finds all the same.
async fn usual_world() -> (Harness, World, Vec<Trouble>) {
    let practice = Harness::new().await;
    let w = World::of(&practice).await;
    mend(&practice, &w).await;
    let usual = troubles(&practice).await;
    (practice, w, usual)
}

/// Waits until this is the most harmful of what is not usual.
async fn finds(h: &Harness, usual: &[Trouble], check: &str, verdict: &str) {
    let mut last = None;
    for _ in 0..TRIES {
        last = troubles(h).await.into_iter().find(|one| !usual.contains(one));
        if last.as_ref().is_some_and(|(of, _, found)| of == check && found == verdict) {
            return;
        }
        tokio::time::sleep(PAUSE).await;
    }
    panic!("{check} should be found first: {last:?} of {:?}", troubles(h).await);
}

/// Waits until nothing but the usual is found any more.
async fn finds_nothing(h: &Harness, usual: &[Trouble]) {
    h.until("all is as usual", async |h| troubles(h).await.iter().all(|one| usual.contains(one))).await;
}

#[tokio::test]
async fn subscriptions_that_are_switched_off_or_out_of_sight_are_found() {
    let (practice, w, usual) = usual_world().await;
    let state = |word: &str| json!({"id": w.subscription, "state": word});
    practice.practice(Method::POST, "subscriptions/state", state("Disabled")).await;
    let folder = tempfile::tempdir().unwrap();
    let late = Harness::on(folder.path(), &practice.origin).await;
    finds(&late, &usual, "subscription.state", "warning").await;
    late.stop().await;
    practice.practice(Method::POST, "subscriptions/state", state("Enabled")).await;

    let all = practice.get("/api/v1/subscriptions").await.json()["items"].as_array().unwrap().clone();
    let may = async |entries: Value| {
        for one in &all {
            let rights = json!({"subscription": one["id"], "entries": entries});
            practice.practice(Method::POST, "permissions", rights).await;
        }
    };
    may(json!([])).await;
    let folder = tempfile::tempdir().unwrap();
    let blind = Harness::on(folder.path(), &practice.origin).await;
    finds(&blind, &usual, "sources.watched", "fail").await;
    blind.stop().await;
    may(super::usual()).await;
    let seeing = Harness::on(folder.path(), &practice.origin).await;
    finds_nothing(&seeing, &usual).await;
    seeing.stop().await;
    practice.stop().await;
}

#[tokio::test]
async fn an_identity_without_tokens_or_with_a_certificate_that_ends_is_found() {
    let (practice, _, usual) = usual_world().await;
    for (days, verdict) in [(9, "warning"), (-9, "fail")] {
        let folder = tempfile::tempdir().unwrap();
        let until = practice.store.now() + SignedDuration::from_hours(24 * days);
        let settings = ServeFlags {
            client_certificate: Some(certificate(folder.path(), Some(until))),
            ..settings(folder.path(), &[practice.origin.as_str()])
        };
        let h = Harness::started(settings).await;
        finds(&h, &usual, "identity.certificate", verdict).await;
        // The file is replaced under way.
        certificate(folder.path(), None);
        finds_nothing(&h, &usual).await;
        h.stop().await;
    }

    practice.fault("token", "outage").await;
    let folder = tempfile::tempdir().unwrap();
    let blind = Harness::on(folder.path(), &practice.origin).await;
    finds(&blind, &usual, "identity.token", "fail").await;
    practice.no_faults().await;
    finds_nothing(&blind, &usual).await;
    blind.stop().await;
    practice.stop().await;
}

/// The addresses of the public cloud, but for Logs Ingestion.
const WITHOUT_INGESTION: &str = r#"
arm-host = "management.azure.com"
arm-scope = "https://management.azure.com/.default"
login-host = "login.microsoftonline.com"
portal-host = "portal.azure.com"
event-hubs-suffix = ".servicebus.windows.net"
event-hubs-scope = "https://eventhubs.azure.net/.default"
ingestion-scope = "https://monitor.azure.com/.default"
query-host = "api.loganalytics.azure.com"
query-scope = "https://api.loganalytics.io/.default"
"#;

#[tokio::test]
async fn a_cloud_whose_addresses_are_not_all_known_is_found() {
    let (practice, _, usual) = usual_world().await;
    let folder = tempfile::tempdir().unwrap();
    let profile = folder.path().join("cloud.toml");
    std::fs::write(&profile, WITHOUT_INGESTION).unwrap();
    let settings = ServeFlags {
        cloud: Some(azure::CloudName::Custom),
        cloud_profile: Some(profile),
        ..settings(folder.path(), &[practice.origin.as_str()])
    };
    let h = Harness::started(settings).await;
    finds(&h, &usual, "cloud.addresses", "warning").await;
    h.stop().await;
    practice.stop().await;
}

#[tokio::test]
async fn events_that_are_too_large_for_a_target_are_found() {
    let (practice, w, usual) = usual_world().await;
    apply(&practice, &w, &Break::Alert(300_000)).await;
    // As long as nobody says which tier they are of, no more is sent to event hubs than Basic takes.
    for namespace in [&w.namespace, &w.other_namespace] {
        apply(&practice, &w, &Break::Answer(namespace.clone(), Value::Null)).await;
    }
    let folder = tempfile::tempdir().unwrap();
    let h = Harness::on(folder.path(), &practice.origin).await;
    finds(&h, &usual, "export.size", "warning").await;
    h.stop().await;
    practice.stop().await;
}

#[tokio::test]
async fn a_hub_of_another_tenant_that_a_trusted_service_is_to_reach_is_found() {
    let (first, second) = (small_practice(None).await, practice_of(11, None).await);
    let away = at(&second, Method::GET, "starter", Value::Null).await["hubs"]["high"]["resource_id"].clone();
    let home = at(&first, Method::GET, "starter", Value::Null).await["hubs"]["high"]["resource_id"].clone();
    let home = ResourceId::new(home.as_str().unwrap()).subscription().unwrap();
    let sends_away = |trusted: bool| {
        json!([{
            "id": format!("/subscriptions/{home}/resourceGroups/rg-continuous-export/providers/Microsoft.Security/automations/away"),
            "name": "away", "type": "Microsoft.Security/automations", "location": "westeurope",
            "properties": {
                "isEnabled": true,
                "scopes": [{"scopePath": format!("/subscriptions/{home}")}],
                "sources": [{"eventSource": "Alerts", "ruleSets": []}],
                "actions": [{"actionType": "EventHub", "eventHubResourceId": away, "isTrustedServiceEnabled": trusted}],
            },
        }])
    };
    let mut usual = Vec::new();
    for trusted in [false, true] {
        at(&first, Method::POST, "import?dates=keep", sends_away(trusted)).await;
        let folder = tempfile::tempdir().unwrap();
        let h = Harness::on_tenants(folder.path(), &[first.origin(), second.origin()]).await;
        h.until("every baseline is complete", async |h| {
            h.store.watched_subscriptions(None).await.unwrap().len() == 4
                && h.store.baseline_is_complete().await.unwrap()
        })
        .await;
        h.until("the automation is read", async |h| h.get("/api/v1/azure-exports").await.text.contains("/away")).await;
        if trusted {
            finds(&h, &usual, "azure.tenant", "fail").await;
        } else {
            usual = troubles(&h).await;
            assert!(
                usual.iter().all(|(check, ..)| check != "azure.tenant"),
                "a connection string reaches it: {usual:?}"
            );
        }
        h.stop().await;
    }
}

#[tokio::test]
async fn books_that_do_not_balance_are_found() {
    let (h, _, _) = usual_world().await;
    h.alerts(1, "High").await;
    h.until_outcome("siem-high-alerts", "delivered", 1).await;
    let usual = troubles(&h).await;
    h.store.miscount().await;
    finds(&h, &usual, "store.books", "fail").await;
    h.stop().await;
}
