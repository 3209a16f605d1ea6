//! Backfill: what was there before an export is sent after all.

use super::*;

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

    let h = Harness::reopen(folder.path(), practice.origin()).await;
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
    let h = Harness::reopen(folder.path(), practice.origin()).await;
    h.until_outcome("low", "pending", all).await;
    balanced(&h).await;
    h.ask(Method::DELETE, &format!("/api/v1/jobs/{replay}"), None, &[]).await;
    assert_eq!(ended(&h, &replay).await["progress"]["returned"], json!(all));
    assert_eq!(h.outcome("low", "delivered").await, all);
    balanced(&h).await;
    h.stop().await;
    practice.stop().await;
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
