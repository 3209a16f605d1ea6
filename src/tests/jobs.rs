//! Replay and backfill: what is already there is sent once more, stopped, refused, and gone on with after a crash.

use super::harness::{Harness, small_practice};
use crate::store::{OpenOptions, Store};
use reqwest::Method;
use serde_json::{Value, json};
use std::collections::HashSet;

async fn named(h: &Harness, list: &str, name: &str) -> Value {
    let all = h.get(&format!("/api/v1/{list}")).await.json();
    all["items"].as_array().unwrap().iter().find(|one| one["name"] == name).unwrap().clone()
}

async fn id(h: &Harness, list: &str, name: &str) -> String {
    named(h, list, name).await["id"].as_str().unwrap().to_owned()
}

async fn deliveries(h: &Harness, query: &str) -> Vec<Value> {
    h.get(&format!("/api/v1/deliveries?limit=1000&{query}")).await.json()["items"].as_array().unwrap().clone()
}

/// Starts a job that has something to do; answers its id.
async fn start(h: &Harness, path: &str, body: Value) -> String {
    let answer = h.post(&format!("/api/v1/{path}"), body).await;
    assert_eq!(answer.status, 202, "{}", answer.text);
    let id = answer.json()["job"].as_str().unwrap().to_owned();
    assert_eq!(answer.headers["location"].to_str().unwrap(), format!("/api/v1/jobs/{id}"));
    id
}

async fn job(h: &Harness, id: &str) -> Value {
    h.get(&format!("/api/v1/jobs/{id}")).await.json()
}

/// Waits until a job has ended, and answers it.
async fn ended(h: &Harness, id: &str) -> Value {
    h.until("the job has ended", async |h| !job(h, id).await["ended_at"].is_null()).await;
    job(h, id).await
}

async fn pause(h: &Harness, target: &str, word: &str) {
    let answer = h.post(&format!("/api/v1/targets/{target}/{word}"), json!({})).await;
    assert!(answer.status.is_success(), "{}", answer.text);
}

async fn new_export(h: &Harness, name: &str, source: Value, target: &str) -> String {
    let body = json!({"name": name, "delivered_by": "console", "scope": {"all": true, "future": true},
        "sources": [source], "target": id(h, "targets", target).await});
    let answer = h.post("/api/v1/exports", body).await;
    assert_eq!(answer.status, 201, "{}", answer.text);
    answer.json()["id"].as_str().unwrap().to_owned()
}

fn alerts_of(severity: &str) -> Value {
    json!({"event_source": "Alerts", "changes": "created", "rule_sets": [{"rules": [
        {"propertyJPath": "Severity", "propertyType": "String", "operator": "Equals", "expectedValue": severity}]}]})
}

async fn change_target(h: &Harness, export: &str, target: &str) {
    let found = h.get(&format!("/api/v1/exports/{export}")).await;
    let etag = found.headers["etag"].to_str().unwrap().to_owned();
    let mut body = found.json();
    body["target"] = json!(id(h, "targets", target).await);
    let saved = h.ask(Method::PUT, &format!("/api/v1/exports/{export}"), Some(body), &[("if-match", &etag)]).await;
    assert_eq!(saved.status, 200, "{}", saved.text);
}

/// The books balance: in all, for each export, and for each hour.
async fn balanced(h: &Harness) {
    h.books_balance().await;
    assert_eq!(h.store.wrong_hours().await, 0);
}

async fn detail(h: &Harness, id: &str) -> Value {
    h.get(&format!("/api/v1/deliveries/{id}")).await.json()
}

#[tokio::test]
async fn a_replayed_delivery_goes_once_more_under_the_same_id_and_says_so() {
    let h = Harness::new().await;
    h.alerts(2, "High").await;
    h.until_outcome("siem-high-alerts", "delivered", 2).await;
    let one = deliveries(&h, "outcome=delivered").await[0]["id"].as_str().unwrap().to_owned();
    let before = detail(&h, &one).await;

    let asked = h.post("/api/v1/deliveries/replay", json!({"ids": [one], "dry_run": true})).await;
    assert_eq!((asked.status.as_u16(), &asked.json()["count"], &asked.json()["job"]), (200, &json!(1), &Value::Null));
    assert!(asked.json()["bytes"].as_u64().unwrap() > 1000);
    assert!(h.get("/api/v1/jobs").await.json()["items"].as_array().unwrap().is_empty(), "counting starts nothing");

    let started = start(&h, "deliveries/replay", json!({"ids": [one]})).await;
    let done = ended(&h, &started).await;
    assert_eq!(
        (done["state"].as_str(), &done["total"], &done["progress"]["delivered"]),
        (Some("done"), &json!(1), &json!(1))
    );
    let event = one.split('_').next().unwrap();
    let messages = h.messages("high").await;
    let of_one: Vec<&Value> = messages.iter().filter(|message| message["properties"]["event-id"] == event).collect();
    let replays: Vec<&Value> = of_one.iter().map(|message| &message["properties"]["replay"]).collect();
    assert_eq!((messages.len(), replays), (3, vec![&Value::Null, &json!("true")]));
    assert_eq!(of_one[0]["body"], of_one[1]["body"]);
    let after = detail(&h, &one).await;
    assert_eq!(after["outcome"], "delivered");
    assert_eq!(after["first_delivered_at"], before["first_delivered_at"]);
    assert_eq!((after["attempt_count"].as_i64(), after["job"].as_str()), (Some(2), Some(started.as_str())));
    balanced(&h).await;
    let audit = h.get("/api/v1/audit").await.text;
    assert!(audit.contains("job.replay") && audit.contains(&started), "{audit}");
    h.stop().await;
}

#[tokio::test]
async fn a_replay_by_filter_leaves_what_waits_and_what_was_filtered_and_goes_to_the_present_target() {
    let h = Harness::new().await;
    h.alerts(3, "High").await;
    h.alerts(2, "Medium").await;
    h.until_outcome("siem-high-alerts", "delivered", 3).await;
    h.until_outcome("edge-medium-alerts", "pending", 2).await;
    let all = h.post("/api/v1/deliveries/replay", json!({"filter": {}, "dry_run": true})).await.json();
    assert_eq!((&all["count"], &all["pending"], &all["filtered"]), (&json!(3), &json!(2), &json!(5)), "{all}");
    let none = h.post("/api/v1/deliveries/replay", json!({"filter": {"severity": "medium"}})).await;
    assert_eq!((none.status.as_u16(), &none.json()["job"]), (200, &Value::Null), "nothing to send is no job");

    let export = id(&h, "exports", "siem-high-alerts").await;
    change_target(&h, &export, "soc workspace").await;
    let started = start(&h, "deliveries/replay", json!({"filter": {"outcome": "delivered", "since": "24h"}})).await;
    let done = ended(&h, &started).await;
    assert_eq!(done["progress"]["added"], 3, "{done}");
    assert_eq!(h.rows("ContinuousExportAlert_CL").await.len(), 3);
    assert_eq!(h.messages("high").await.len(), 3);
    assert_eq!(h.outcome("siem-high-alerts", "delivered").await, 3);
    let moved = deliveries(&h, &format!("export={export}&outcome=delivered")).await;
    assert!(moved.iter().all(|row| row["target_name"] == "soc workspace"));
    balanced(&h).await;
    h.stop().await;
}

#[tokio::test]
async fn a_stopped_replay_returns_every_row_to_what_it_was() {
    let h = Harness::new().await;
    h.alerts(3, "High").await;
    h.practice(Method::POST, "alerts", json!({"count": 1, "severity": "High", "bytes": 2_000_000})).await;
    h.until_outcome("siem-high-alerts", "delivered", 3).await;
    h.until_outcome("siem-high-alerts", "parked", 1).await;
    let (target, export) = (id(&h, "targets", "siem / alerts").await, id(&h, "exports", "siem-high-alerts").await);
    pause(&h, &target, "pause").await;
    let before = deliveries(&h, &format!("export={export}")).await;
    // It would go elsewhere now: what returns was still delivered where it was.
    change_target(&h, &export, "soc workspace").await;
    let elsewhere = id(&h, "targets", "soc workspace").await;
    pause(&h, &elsewhere, "pause").await;
    let started = start(&h, "deliveries/replay", json!({"filter": {"export": export}})).await;
    h.until_outcome("siem-high-alerts", "pending", 4).await;
    assert_eq!(job(&h, &started).await["state"], "running", "it runs while its rows wait");
    assert_eq!(job(&h, &started).await["progress"]["waiting"], 4);
    let again = h.post("/api/v1/deliveries/replay", json!({"filter": {"export": export}})).await.json();
    assert_eq!((&again["count"], &again["pending"]), (&json!(0), &json!(4)));
    balanced(&h).await;

    let stopped = h.ask(Method::DELETE, &format!("/api/v1/jobs/{started}"), None, &[]).await;
    assert_eq!((stopped.status.as_u16(), stopped.json()["state"].as_str()), (200, Some("stopped")));
    let done = ended(&h, &started).await;
    assert_eq!((done["state"].as_str(), &done["progress"]["returned"]), (Some("stopped"), &json!(4)));
    assert_eq!(
        deliveries(&h, &format!("export={export}")).await,
        before,
        "outcome, reason and times are what they were"
    );
    balanced(&h).await;
    pause(&h, &elsewhere, "resume").await;
    h.alerts(1, "High").await;
    h.until_outcome("siem-high-alerts", "delivered", 4).await;
    let received = (h.messages("high").await.len(), h.rows("ContinuousExportAlert_CL").await.len());
    assert_eq!(received, (3, 1), "nothing of it was sent");
    let twice = h.ask(Method::DELETE, &format!("/api/v1/jobs/{started}"), None, &[]).await;
    assert_eq!((twice.status.as_u16(), &twice.json()["ended_at"]), (200, &done["ended_at"]));
    h.stop().await;
}

#[tokio::test]
async fn refused_again_a_delivered_one_stays_delivered_and_a_parked_one_parks() {
    let h = Harness::new().await;
    // A workspace takes it with its description cut; an event hub takes nothing of that size.
    let export = new_export(&h, "large-to-workspace", alerts_of("High"), "soc workspace").await;
    h.practice(Method::POST, "alerts", json!({"count": 1, "severity": "High", "bytes": 2_000_000})).await;
    h.until_outcome("large-to-workspace", "delivered", 1).await;
    h.until_outcome("siem-high-alerts", "parked", 1).await;
    let receipt = async |h: &Harness| {
        let one = deliveries(h, &format!("export={export}")).await[0]["id"].as_str().unwrap().to_owned();
        detail(h, &one).await
    };
    let before = receipt(&h).await;
    change_target(&h, &export, "siem / alerts").await;
    let started = start(&h, "deliveries/replay", json!({"filter": {"severity": "high"}})).await;
    let done = ended(&h, &started).await;
    assert_eq!((&done["progress"]["added"], &done["progress"]["parked"]), (&json!(2), &json!(1)), "{done}");
    assert_eq!(h.outcome("large-to-workspace", "delivered").await, 1);
    assert_eq!(h.outcome("siem-high-alerts", "parked").await, 1);
    let after = receipt(&h).await;
    for kept in ["receipt", "first_delivered_at", "settled_at", "target_name"] {
        assert_eq!(after[kept], before[kept], "{kept}");
    }
    assert!(after["last_error"].as_str().unwrap().contains("too large"), "it says why: {after}");
    balanced(&h).await;
    h.stop().await;
}

#[tokio::test]
async fn live_events_go_before_those_of_a_job() {
    let h = Harness::new().await;
    h.alerts(40, "High").await;
    h.until_outcome("siem-high-alerts", "delivered", 40).await;
    let target = id(&h, "targets", "siem / alerts").await;
    pause(&h, &target, "pause").await;
    start(&h, "deliveries/replay", json!({"filter": {"outcome": "delivered"}})).await;
    h.until_outcome("siem-high-alerts", "pending", 40).await;
    h.alerts(40, "High").await;
    h.until_outcome("siem-high-alerts", "pending", 80).await;
    pause(&h, &target, "resume").await;
    h.until_outcome("siem-high-alerts", "delivered", 80).await;
    let messages = h.messages("high").await;
    assert_eq!(messages.len(), 120);
    let (mut both, mut last_live) = (0, std::collections::HashMap::new());
    for message in &messages[40..] {
        let partition = message["partition"].as_i64().unwrap();
        let sequence = message["sequence"].as_i64().unwrap();
        if message["properties"]["replay"].is_null() {
            last_live.insert(partition, sequence);
        }
    }
    for message in messages.iter().filter(|message| message["properties"]["replay"] == "true") {
        if let Some(live) = last_live.get(&message["partition"].as_i64().unwrap()) {
            both += 1;
            assert!(message["sequence"].as_i64().unwrap() > *live, "{message}");
        }
    }
    assert!(both > 0, "some partition had both");
    h.stop().await;
}

#[tokio::test]
async fn a_backfill_of_a_range_adds_what_matches_and_counts_the_rest() {
    let h = Harness::new().await;
    h.alerts(5, "Low").await;
    h.alerts(3, "High").await;
    h.until_outcome("siem-high-alerts", "delivered", 3).await;
    h.until_outcome("siem-high-alerts", "filtered", 5).await;
    let export = new_export(&h, "low", alerts_of("Low"), "siem / alerts").await;
    let asked = json!({"export": export, "since": "24h", "dry_run": true});
    let count = h.post("/api/v1/backfills", asked.clone()).await.json();
    let before = h.get("/api/v1/events?kind=alert&change=baseline&since=24h").await.json();
    let before = before["items"].as_array().unwrap().len();
    let rest = json!(3 + before);
    assert_eq!((&count["count"], &count["not_matching"], &count["already"]), (&json!(5), &rest, &json!(0)), "{count}");
    let preview = json!({"export": h.get(&format!("/api/v1/exports/{export}")).await.json(), "since": "24h"});
    let preview = h.post("/api/v1/preview", preview).await.json();
    assert_eq!((&preview["matched"], &preview["bytes"]), (&count["count"], &count["bytes"]), "as the preview says");

    let started = start(&h, "backfills", json!({"export": export, "since": "24h"})).await;
    let done = ended(&h, &started).await;
    assert_eq!((&done["progress"]["added"], &done["progress"]["delivered"]), (&json!(5), &json!(5)), "{done}");
    assert_eq!(done["export"], json!(export));
    assert_eq!(h.outcome("low", "delivered").await, 5);
    let replays = h.messages("high").await.iter().filter(|one| one["properties"]["replay"] == "true").count();
    assert_eq!(replays, 5);
    let again = h.post("/api/v1/backfills", json!({"export": export, "since": "24h"})).await;
    assert_eq!((again.status.as_u16(), &again.json()["already"], &again.json()["job"]), (200, &json!(5), &Value::Null));
    balanced(&h).await;

    // What was filtered is decided once: a backfill of the export that filtered it leaves it so.
    let siem = id(&h, "exports", "siem-high-alerts").await;
    let seen = h.post("/api/v1/backfills", json!({"export": siem, "since": "24h", "dry_run": true})).await.json();
    let undecided = seen["count"].as_u64().unwrap() + seen["not_matching"].as_u64().unwrap();
    assert_eq!((&seen["already"], undecided), (&json!(8), before as u64), "{seen}");
    h.stop().await;
}

#[tokio::test]
async fn the_current_state_includes_the_baseline_and_reads_again_what_has_no_payload() {
    let h = Harness::new().await;
    let everything = json!({"event_source": "Assessments", "rule_sets": []});
    let export = new_export(&h, "posture", everything, "soc workspace").await;
    let range = h.post("/api/v1/backfills", json!({"export": export, "since": "90d", "dry_run": true})).await.json();
    let state =
        h.post("/api/v1/backfills", json!({"export": export, "current_state": true, "dry_run": true})).await.json();
    let (with, without) = (state["count"].as_i64().unwrap(), state["no_payload"].as_i64().unwrap());
    assert!(with > 0 && without > 0, "{state}");
    assert!(range["no_payload"].as_i64().unwrap() <= without);
    let baseline = h.get("/api/v1/events?kind=recommendation&limit=1000").await.json();
    assert_eq!(baseline["items"].as_array().unwrap().len(), usize::try_from(with + without).unwrap());

    let started = start(&h, "backfills", json!({"export": export, "current_state": true})).await;
    let done = ended(&h, &started).await;
    let progress = &done["progress"];
    assert_eq!((&progress["added"], &progress["snapshots"]), (&json!(with + without), &json!(without)), "{done}");
    assert_eq!(progress["delivered"], json!(with + without));
    let rows = h.rows("ContinuousExportRecommendation_CL").await;
    let items: HashSet<_> = rows.iter().map(|row| row["row"]["RecommendationId"].to_string()).collect();
    assert_eq!((rows.len(), items.len()), (items.len(), usize::try_from(with + without).unwrap()), "each item once");
    let snapshots = h.get("/api/v1/events?change=snapshot&limit=1000").await.json();
    assert_eq!(snapshots["items"].as_array().unwrap().len(), usize::try_from(without).unwrap());
    assert_eq!(rows.iter().filter(|row| row["row"]["IsSnapshot"] == true).count(), usize::try_from(without).unwrap());

    // What was last seen is left alone: the next real change follows the baseline, not the snapshot.
    h.practice(Method::POST, "recommendations", json!({"count": 1, "change": "unhealthy"})).await;
    h.until_outcome("posture", "delivered", with + without + 1).await;
    let changed = h.get("/api/v1/events?change=changed").await.json();
    assert_eq!(changed["items"].as_array().unwrap().len(), 1);
    balanced(&h).await;
    h.stop().await;
}

#[tokio::test]
async fn while_azure_does_not_answer_a_backfill_says_so_and_goes_on_afterwards() {
    let h = Harness::new().await;
    let everything = json!({"event_source": "Assessments", "rule_sets": []});
    let export = new_export(&h, "posture", everything, "soc workspace").await;
    h.fault("graph", "outage").await;
    let started = start(&h, "backfills", json!({"export": export, "current_state": true})).await;
    h.until("it says so", async |h| {
        job(h, &started).await["error"].as_str().is_some_and(|text| text.contains("Azure"))
    })
    .await;
    assert_eq!(job(&h, &started).await["state"], "running");
    assert_eq!(h.outcome("posture", "pending").await, 0, "no half of a chunk");
    h.no_faults().await;
    let done = ended(&h, &started).await;
    assert_eq!((done["state"].as_str(), &done["error"]), (Some("done"), &Value::Null));
    balanced(&h).await;
    h.stop().await;
}

#[tokio::test]
async fn a_stopped_backfill_cancels_what_waits_and_keeps_what_went() {
    let h = Harness::new().await;
    h.alerts(6, "Low").await;
    h.until_outcome("siem-high-alerts", "filtered", 6).await;
    let export = new_export(&h, "low", alerts_of("Low"), "siem / alerts").await;
    let target = id(&h, "targets", "siem / alerts").await;
    pause(&h, &target, "pause").await;
    let started = start(&h, "backfills", json!({"export": export, "since": "1h"})).await;
    h.until_outcome("low", "pending", 6).await;
    h.ask(Method::DELETE, &format!("/api/v1/jobs/{started}"), None, &[]).await;
    let done = ended(&h, &started).await;
    assert_eq!((done["state"].as_str(), &done["progress"]["returned"]), (Some("stopped"), &json!(6)));
    assert_eq!(h.outcome("low", "cancelled").await, 6);
    let reason = deliveries(&h, "outcome=cancelled").await[0]["last_error"].as_str().unwrap().to_owned();
    assert_eq!(reason, "its job was stopped");
    balanced(&h).await;
    // Cancelled ones can be replayed; stopped once more, they are cancelled as before.
    let replay = start(&h, "deliveries/replay", json!({"filter": {"outcome": "cancelled"}})).await;
    h.until_outcome("low", "pending", 6).await;
    pause(&h, &target, "resume").await;
    assert_eq!(ended(&h, &replay).await["progress"]["delivered"], 6);
    balanced(&h).await;
    h.stop().await;
}

#[tokio::test]
async fn a_deleted_export_ends_its_jobs_and_keeps_its_rows() {
    let h = Harness::new().await;
    h.alerts(3, "High").await;
    h.until_outcome("siem-high-alerts", "delivered", 3).await;
    let (target, export) = (id(&h, "targets", "siem / alerts").await, id(&h, "exports", "siem-high-alerts").await);
    pause(&h, &target, "pause").await;
    let started = start(&h, "deliveries/replay", json!({"filter": {"export": export}})).await;
    h.until_outcome("siem-high-alerts", "pending", 3).await;
    h.ask(Method::DELETE, &format!("/api/v1/exports/{export}"), None, &[("if-match", "*")]).await;
    assert_eq!(ended(&h, &started).await["state"], "done");
    assert_eq!(h.overview().await["outcomes"]["delivered"], 3, "they were delivered and stay so");
    let left = h.post("/api/v1/deliveries/replay", json!({"filter": {}, "dry_run": true})).await.json();
    assert_eq!((&left["count"], &left["deleted_export"]), (&json!(0), &json!(3)), "{left}");
    let gone = h.post("/api/v1/backfills", json!({"export": export, "since": "24h"})).await;
    assert_eq!(gone.status, 404);
    balanced(&h).await;
    h.stop().await;
}

#[tokio::test]
async fn a_backfill_that_is_cut_off_in_the_middle_goes_on_and_doubles_nothing() {
    const EVENTS: usize = 4000;
    let folder = tempfile::tempdir().unwrap();
    let practice = small_practice(None).await;
    let h = Harness::on(folder.path(), practice.origin()).await;
    h.until("the baseline is complete", async |h| h.store.baseline_is_complete().await.unwrap()).await;
    h.practice(Method::POST, "alerts", json!({"count": EVENTS, "severity": "Low"})).await;
    let all = i64::try_from(EVENTS).unwrap();
    h.until_outcome("siem-high-alerts", "filtered", all).await;
    let export = new_export(&h, "low", alerts_of("Low"), "siem / alerts").await;
    pause(&h, &id(&h, "targets", "siem / alerts").await, "pause").await;
    let started = start(&h, "backfills", json!({"export": export, "since": "24h"})).await;
    let looked_at =
        async |h: &Harness| h.store.find_job(&started.parse().unwrap()).await.unwrap().unwrap().0.progress.looked_at;
    while looked_at(&h).await == 0 {
        assert_eq!(h.store.wrong_hours().await, 0);
    }
    let middle = looked_at(&h).await;
    h.crash().await;
    assert!(middle < all, "it was cut off in the middle: {middle}");

    let h = reopen(folder.path(), practice.origin()).await;
    h.until_outcome("low", "pending", all).await;
    balanced(&h).await;
    pause(&h, &id(&h, "targets", "siem / alerts").await, "resume").await;
    let done = ended(&h, &started).await;
    assert_eq!(
        (&done["progress"]["added"], &done["progress"]["looked_at"]),
        (&json!(all), &done["progress"]["of"]),
        "{done}"
    );
    let messages = h.messages("high").await;
    let ids: HashSet<_> = messages.iter().map(|message| message["properties"]["event-id"].to_string()).collect();
    assert_eq!((messages.len(), ids.len()), (EVENTS, EVENTS));
    assert_eq!(h.overview().await["outcomes"]["delivered"], all);
    balanced(&h).await;

    // The same of a replay: cut off, it goes on at its cursor.
    let target = id(&h, "targets", "siem / alerts").await;
    pause(&h, &target, "pause").await;
    let replay = start(&h, "deliveries/replay", json!({"filter": {"export": export}})).await;
    let moved = async |h: &Harness| h.store.find_job(&replay.parse().unwrap()).await.unwrap().unwrap().0.progress.added;
    while moved(&h).await == 0 {
        assert_eq!(h.store.wrong_hours().await, 0);
    }
    h.crash().await;
    let h = reopen(folder.path(), practice.origin()).await;
    h.until_outcome("low", "pending", all).await;
    balanced(&h).await;
    h.ask(Method::DELETE, &format!("/api/v1/jobs/{replay}"), None, &[]).await;
    assert_eq!(ended(&h, &replay).await["progress"]["returned"], json!(all));
    assert_eq!(h.outcome("low", "delivered").await, all);
    balanced(&h).await;
    h.stop().await;
    practice.stop().await;
}

async fn reopen(folder: &std::path::Path, origin: &str) -> Harness {
    for _ in 0..100 {
        if Store::open(&OpenOptions { folder: folder.to_owned(), key: None }).await.is_ok() {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    Harness::on(folder, origin).await
}

#[tokio::test]
async fn the_retry_window_of_a_replayed_delivery_begins_with_the_replay() {
    let h = Harness::new().await;
    h.alerts(1, "High").await;
    h.alerts(1, "Medium").await;
    h.until_outcome("siem-high-alerts", "delivered", 1).await;
    h.until_outcome("edge-medium-alerts", "pending", 1).await;
    h.store.age_decisions(jiff::SignedDuration::from_hours(8 * 24)).await;
    // The target refuses the key: what goes there waits.
    let (export, edge) = (id(&h, "exports", "siem-high-alerts").await, id(&h, "targets", "edge / alerts").await);
    change_target(&h, &export, "edge / alerts").await;
    start(&h, "deliveries/replay", json!({"filter": {"export": export}})).await;
    h.until_outcome("siem-high-alerts", "pending", 1).await;
    h.store.park_expired(&edge.parse().unwrap()).await.unwrap();
    h.until_outcome("edge-medium-alerts", "parked", 1).await;
    assert_eq!(h.outcome("siem-high-alerts", "pending").await, 1);
    let row = deliveries(&h, "outcome=pending").await[0]["id"].as_str().unwrap().to_owned();
    let gives_up: jiff::Timestamp = detail(&h, &row).await["gives_up_at"].as_str().unwrap().parse().unwrap();
    assert!(gives_up > h.store.now());
    balanced(&h).await;
    h.stop().await;
}

#[tokio::test]
async fn a_backfill_that_is_stopped_while_it_queues_adds_no_more() {
    let h = Harness::new().await;
    h.practice(Method::POST, "alerts", json!({"count": 3000, "severity": "Low"})).await;
    h.until_outcome("siem-high-alerts", "filtered", 3000).await;
    let export = new_export(&h, "low", alerts_of("Low"), "siem / alerts").await;
    pause(&h, &id(&h, "targets", "siem / alerts").await, "pause").await;
    let started = start(&h, "backfills", json!({"export": export, "since": "24h"})).await;
    h.ask(Method::DELETE, &format!("/api/v1/jobs/{started}"), None, &[]).await;
    let done = ended(&h, &started).await;
    let added = done["progress"]["added"].as_i64().unwrap();
    assert!(added < 3000, "it was stopped in the middle: {done}");
    assert_eq!((&done["progress"]["returned"], h.outcome("low", "cancelled").await), (&json!(added), added));
    let again = h.post("/api/v1/backfills", json!({"export": export, "since": "24h", "dry_run": true})).await.json();
    assert_eq!((&again["count"], &again["already"]), (&json!(3000 - added), &json!(added)));
    balanced(&h).await;
    h.stop().await;
}

#[tokio::test]
async fn what_is_being_sent_when_a_job_is_stopped_ends_as_its_answer_says() {
    for (refusal, received) in [(None, 2), (Some("outage"), 1)] {
        let h = Harness::new().await;
        h.alerts(1, "High").await;
        h.until_outcome("siem-high-alerts", "delivered", 1).await;
        h.fault("event-hubs", "slow").await;
        if let Some(refusal) = refusal {
            h.fault("event-hubs", refusal).await;
        }
        let started = start(&h, "deliveries/replay", json!({"filter": {"outcome": "delivered"}})).await;
        h.until("it is being sent", async |h| {
            let rows = deliveries(h, "outcome=pending").await;
            rows.first().is_some_and(|row| row["attempt_count"] == 2)
        })
        .await;
        h.ask(Method::DELETE, &format!("/api/v1/jobs/{started}"), None, &[]).await;
        let done = ended(&h, &started).await;
        assert_eq!((done["state"].as_str(), &done["progress"]["waiting"]), (Some("stopped"), &json!(0)), "{done}");
        assert_eq!(done["progress"]["returned"], 0, "its answer decided");
        assert_eq!(h.outcome("siem-high-alerts", "delivered").await, 1);
        assert_eq!(h.messages("high").await.len(), received);
        balanced(&h).await;
        h.stop().await;
    }
}

#[tokio::test]
async fn what_a_person_may_not_do_or_see_is_neither_started_nor_counted_nor_sent() {
    use crate::{
        console::{Actor, ConsoleError},
        domain::{BackfillRange, Role},
        store::{DeliveryFilter, ReplayWhat, Visible},
    };
    let h = Harness::new().await;
    let subscriptions = h.get("/api/v1/subscriptions").await.json();
    let mine = subscriptions["items"][0]["id"].as_str().unwrap().to_owned();
    let other = subscriptions["items"][1]["id"].as_str().unwrap().to_owned();
    for (count, of) in [(2, &mine), (3, &other)] {
        let order = json!({"count": count, "severity": "High", "subscription": of});
        h.practice(Method::POST, "alerts", order).await;
    }
    h.until_outcome("siem-high-alerts", "delivered", 5).await;
    let actor = |role, of: &str| Actor {
        id: "one".into(),
        name: "One".into(),
        role,
        visible: Visible::Only(vec![of.parse().unwrap()]),
    };
    let everything = || ReplayWhat::Filter(DeliveryFilter::default());
    let viewer = h.console.replay(&actor(Role::Viewer, &mine), everything(), true).await;
    assert!(matches!(viewer, Err(ConsoleError::Forbidden(Role::Operator))));
    let operator = actor(Role::Operator, &mine);
    let (count, job) = h.console.replay(&operator, everything(), false).await.unwrap();
    assert_eq!(count.count, 2);
    let job = job.unwrap();
    ended(&h, job.as_str()).await;
    assert_eq!(h.messages("high").await.len(), 7, "only theirs were sent again");
    let export = id(&h, "exports", "edge-medium-alerts").await.parse().unwrap();
    let (count, _) = h.console.backfill(&operator, &export, BackfillRange::CurrentState, true).await.unwrap();
    let (all, _) = {
        let every = Actor { visible: Visible::Everything, ..operator.clone() };
        h.console.backfill(&every, &export, BackfillRange::CurrentState, true).await.unwrap()
    };
    assert!(count.looked_at < all.looked_at);
    let stranger = actor(Role::Operator, &other);
    assert!(matches!(h.console.job(&stranger, &job).await, Err(ConsoleError::NotFound("job"))));
    assert!(matches!(h.console.stop_job(&stranger, &job).await, Err(ConsoleError::NotFound("job"))));
    assert!(h.console.jobs(&stranger).await.unwrap().is_empty());
    assert_eq!(h.console.jobs(&operator).await.unwrap().len(), 1);
    balanced(&h).await;
    h.stop().await;
}

#[tokio::test]
async fn what_is_asked_wrongly_is_named() {
    let h = Harness::new().await;
    let export = id(&h, "exports", "siem-high-alerts").await;
    for (path, body, field) in [
        ("deliveries/replay", json!({}), "ids"),
        ("deliveries/replay", json!({"ids": [], "filter": {}}), "ids"),
        ("deliveries/replay", json!({"ids": []}), "ids"),
        ("deliveries/replay", json!({"ids": ["x"]}), "ids[0]"),
        ("deliveries/replay", json!({"filter": {"outcome": ["lost"]}}), "filter.outcome"),
        ("deliveries/replay", json!({"filter": {"sevrity": "high"}}), "filter.sevrity"),
        ("backfills", json!({"export": export}), "since"),
        ("backfills", json!({"export": export, "since": "1h", "current_state": true}), "since"),
        ("backfills", json!({"export": export, "since": "91d"}), "since"),
        ("backfills", json!({"export": export, "since": "2999-01-01T00:00:00Z"}), "since"),
    ] {
        let answer = h.post(&format!("/api/v1/{path}"), body.clone()).await;
        assert_eq!(answer.status, 422, "{body}: {}", answer.text);
        assert_eq!(answer.json()["errors"][0]["path"], field, "{body}: {}", answer.text);
    }
    let unknown = format!("{}_{export}", "0".repeat(32));
    let missing = h.post("/api/v1/deliveries/replay", json!({"ids": [unknown]})).await.json();
    assert_eq!((&missing["count"], &missing["missing"]), (&json!(0), &json!(1)));
    assert_eq!(h.get("/api/v1/jobs/00000000-0000-4000-8000-000000000000").await.status, 404);
    h.stop().await;
}
