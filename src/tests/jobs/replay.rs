//! Replay: rows that were decided are sent once more.

use super::*;

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
