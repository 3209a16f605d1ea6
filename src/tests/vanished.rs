//! Recommendations that vanish at the source: what is a deletion and what must never look like one.

use super::harness::Harness;
use domain::{Kind, SubscriptionId, TenantId};
use engine::observe::{Metadata, Observation, PageOf, commit_page, read_row};
use reqwest::Method;
use serde_json::{Value, json};
use store::{ListedSubscription, OpenOptions, Store, Sweep};

/// The ids of the assessments that the practice Azure lists in the first subscription that has enough of them.
async fn assessments(h: &Harness) -> Vec<String> {
    let events = h.get("/api/v1/events?kind=recommendation&change=baseline&limit=1000").await.json();
    let items: Vec<&Value> = events["items"].as_array().unwrap().iter().collect();
    let subscription = |item: &Value| item["subscription"].as_str().unwrap().to_owned();
    let most = items
        .iter()
        .map(|item| subscription(item))
        .max_by_key(|id| items.iter().filter(|item| subscription(item) == *id).count())
        .unwrap();
    let mut ids = Vec::new();
    for item in items.iter().filter(|item| subscription(item) == most) {
        let event = h.get(&format!("/api/v1/events/{}", item["id"].as_str().unwrap())).await.json();
        ids.push(event["item_id"].as_str().unwrap().to_owned());
    }
    assert!(ids.len() > 5, "{ids:?}");
    ids
}

async fn delete(h: &Harness, ids: &[String]) {
    h.practice(Method::POST, "assessments/delete", json!({"ids": ids})).await;
}

async fn with_change(h: &Harness, change: &str) -> Vec<Value> {
    let events = h.get(&format!("/api/v1/events?kind=recommendation&change={change}&limit=1000")).await.json();
    events["items"].as_array().unwrap().clone()
}

/// Lets several sweeps come to their end.
async fn sweeps_pass(h: &Harness, count: usize) {
    let of = |rows: Value| {
        let rows = rows["items"].as_array().unwrap().clone();
        let watches = rows.into_iter().flat_map(|row| row["watches"].as_array().unwrap().clone());
        let of_kind = watches.filter(|watch| watch["kind"] == "recommendation");
        of_kind.map(|watch| watch["last_sweep_at"].as_str().unwrap_or_default().to_owned()).min().unwrap()
    };
    for _ in 0..count {
        let before = of(h.get("/api/v1/subscriptions").await.json());
        h.until("a sweep is over", async |h| of(h.get("/api/v1/subscriptions").await.json()) > before).await;
    }
}

#[tokio::test]
async fn what_two_sweeps_miss_and_azure_no_longer_has_is_deleted_once_and_can_come_back() {
    let h = Harness::new().await;
    h.practice(Method::POST, "recommendations", json!({"count": 1, "change": "unhealthy"})).await;
    h.until_outcome("posture-to-workspace", "delivered", 1).await;
    let event = with_change(&h, "changed").await.remove(0);
    let event = h.get(&format!("/api/v1/events/{}", event["id"].as_str().unwrap())).await.json();
    let id = event["item_id"].as_str().unwrap().to_owned();
    delete(&h, std::slice::from_ref(&id)).await;
    h.until_outcome("posture-to-workspace", "delivered", 2).await;
    sweeps_pass(&h, 3).await;
    let deleted = with_change(&h, "deleted").await;
    assert_eq!(deleted.len(), 1, "{deleted:?}");
    let gone = h.get(&format!("/api/v1/events/{}", deleted[0]["id"].as_str().unwrap())).await.json();
    assert_eq!(gone["item_id"], id.as_str());
    assert_eq!(gone["body"]["properties"], event["body"]["properties"], "the last known state");
    assert_eq!(gone["body"]["assessmentEventDataEnrichment"]["action"], "Delete");
    let page = h.get(&format!("/log/events/{}", deleted[0]["id"].as_str().unwrap())).await.text;
    assert!(page.contains("Deleted"), "the page names it");
    assert!(h.get("/log?tab=events&change=deleted").await.text.contains(deleted[0]["id"].as_str().unwrap()));

    h.practice(Method::POST, "assessments/restore", json!({"ids": [id]})).await;
    h.until("it is back", async |h| with_change(h, "created").await.len() == 1).await;
    delete(&h, std::slice::from_ref(&id)).await;
    h.until("it is gone again", async |h| with_change(h, "deleted").await.len() == 2).await;
    h.books_balance().await;
    h.stop().await;
}

#[tokio::test]
async fn a_healthy_one_without_a_kept_payload_is_deleted_too() {
    let h = Harness::new().await;
    let mut healthy = None;
    for id in assessments(&h).await {
        let found = h.get(&format!("/api/v1/events?q={}", id.replace('/', "%2F"))).await.json();
        if found["items"][0]["status"] == "Healthy" {
            healthy = Some(id);
        }
    }
    delete(&h, &[healthy.unwrap()]).await;
    h.until("it is gone", async |h| with_change(h, "deleted").await.len() == 1).await;
    let deleted = with_change(&h, "deleted").await.remove(0);
    let event = h.get(&format!("/api/v1/events/{}", deleted["id"].as_str().unwrap())).await.json();
    assert_eq!(event["body"]["properties"]["status"]["code"], "Healthy");
    assert!(event["note"].as_str().unwrap().contains("nothing but its name"), "{event}");
    h.stop().await;
}

/// The condition of the subscription that some sweep does not believe.
async fn doubt(h: &Harness) -> Option<String> {
    let rows = h.get("/api/v1/subscriptions").await.json();
    let details = rows["items"].as_array().unwrap().iter().filter_map(|row| row["condition_detail"].as_str());
    details.map(str::to_owned).find(|detail| detail.contains("not like deletions"))
}

#[tokio::test]
async fn a_role_that_is_taken_away_is_a_warning_and_no_deletion() {
    let h = Harness::new().await;
    let id = assessments(&h).await.remove(0);
    let subscription = id.split('/').nth(2).unwrap();
    h.practice(Method::POST, "permissions", json!({"subscription": subscription, "entries": []})).await;
    h.until("it is doubted", async |h| doubt(h).await.is_some()).await;
    sweeps_pass(&h, 3).await;
    assert_eq!(with_change(&h, "deleted").await, Vec::<Value>::new());
    assert!(doubt(&h).await.unwrap().starts_with("The last full scan found 0 of the "));
    h.stop().await;
}

#[tokio::test]
async fn a_subscription_that_loses_more_than_half_is_a_warning_until_a_sweep_meets_them_again() {
    let h = Harness::new().await;
    let mut ids = assessments(&h).await;
    ids.truncate(ids.len() / 2 + 1);
    delete(&h, &ids).await;
    h.until("it is doubted", async |h| doubt(h).await.is_some()).await;
    sweeps_pass(&h, 3).await;
    assert_eq!(with_change(&h, "deleted").await, Vec::<Value>::new());
    let rest = ids.split_off(2);
    h.practice(Method::POST, "assessments/restore", json!({"ids": rest})).await;
    h.until("all but two are back", async |h| with_change(h, "deleted").await.len() == 2).await;
    assert_eq!(doubt(&h).await, None);
    assert_eq!(with_change(&h, "created").await, Vec::<Value>::new(), "what was never reported as gone is not new");
    h.stop().await;
}

const SUBSCRIPTION: &str = "0ab1c2d3-0000-4000-8000-000000000001";
const TENANT: &str = "00000000-0000-4000-8000-000000000001";

fn observed(name: &str) -> Observation {
    let row = json!({
        "id": format!("/subscriptions/{SUBSCRIPTION}/providers/Microsoft.Security/assessments/{name}"), "name": name,
        "properties": {
            "displayName": name, "status": {"code": "Unhealthy"}, "metadata": {"severity": "High"},
        },
    });
    read_row(Kind::Recommendation, &row, Metadata::OfRow).unwrap()
}

/// Commits a page of a sweep.
async fn page(store: &Store, sweep: &Sweep, names: &[&str]) {
    let fence = store.lease("watch", "test", 60_000_000).await.unwrap().unwrap();
    let rows: Vec<_> = names.iter().map(|name| observed(name)).collect();
    let cursor = rows.last().unwrap().item_id.clone();
    let tenant = TenantId::parse(TENANT).unwrap();
    let of = PageOf {
        tenant: &tenant,
        kind: Kind::Recommendation,
        lease: ("watch", fence),
        read_at: store.now(),
        sweep: Some((sweep, &cursor)),
    };
    commit_page(store, &of, rows).await.unwrap();
}

#[tokio::test]
async fn a_sweep_that_went_on_after_a_crash_counts_as_a_whole_and_once() {
    let folder = tempfile::tempdir().unwrap();
    let options = OpenOptions::of(folder.path());
    let store = Store::open(&options).await.unwrap();
    let id = SubscriptionId::parse(SUBSCRIPTION).unwrap();
    let listed = ListedSubscription {
        id: id.clone(),
        tenant: TenantId::parse(TENANT).unwrap(),
        name: "One".to_owned(),
        state: "Enabled".to_owned(),
        surroundings: Some(Default::default()),
    };
    store.record_subscriptions(&[listed]).await.unwrap();
    let begin =
        async |store: &Store| store.begin_sweep(Kind::Recommendation, vec![id.clone()], Vec::new()).await.unwrap();
    let first = begin(&store).await;
    page(&store, &first, &["a", "b", "c", "d"]).await;
    assert_eq!(store.not_met_by(&first, std::slice::from_ref(&id)).await.unwrap(), []);
    store.complete_sweep(&first, &[]).await.unwrap();

    // The second sweep misses c. In its middle the program crashes: what its first page met still counts.
    let second = begin(&store).await;
    page(&store, &second, &["a", "b"]).await;
    store.close().await;
    drop(store);
    let store = Store::open(&options).await.unwrap();
    let tenant = TenantId::parse(TENANT).unwrap();
    let second = store.open_sweeps(&tenant, Kind::Recommendation).await.unwrap().remove(0);
    assert!(second.cursor.ends_with("/b"));
    page(&store, &second, &["d"]).await;
    let missed = store.not_met_by(&second, std::slice::from_ref(&id)).await.unwrap();
    assert_eq!(missed, [observed("c").key]);
    store.complete_sweep(&second, &missed).await.unwrap();
    // Completed a second time it is still one sweep.
    store.complete_sweep(&second, &missed).await.unwrap();
    let gone = async |store: &Store, sweeps| {
        store.missed(Kind::Recommendation, std::slice::from_ref(&id), sweeps, 10).await.unwrap().len()
    };
    assert_eq!((gone(&store, 1).await, gone(&store, 2).await), (1, 0), "one sweep is not enough");

    let third = begin(&store).await;
    page(&store, &third, &["a", "b", "d"]).await;
    store.complete_sweep(&third, &store.not_met_by(&third, std::slice::from_ref(&id)).await.unwrap()).await.unwrap();
    assert_eq!(gone(&store, 2).await, 1);
    store.look_again_later(Kind::Recommendation, &missed).await.unwrap();
    assert_eq!((gone(&store, 1).await, gone(&store, 2).await), (1, 0), "it is looked for after the next sweep");

    // Met again, even unchanged, it is not missing any more.
    let fourth = begin(&store).await;
    page(&store, &fourth, &["a", "b", "c", "d"]).await;
    assert_eq!(gone(&store, 1).await, 0);
}
