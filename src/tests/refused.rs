//! What a form or a program sends that was never meant is refused, and changes nothing.

use super::harness::Harness;
use axum::http::Method;
use console::Actor;
use continuous_export::cli::{control, socket};
use domain::Role;
use engine::task::{Failure, Next, Schedule, Task};
use serde_json::{Value, json};
use std::{
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};
use store::Visible;
use tokio_util::sync::CancellationToken;

async fn find(h: &Harness, list: &str, name: &str) -> Value {
    let all = h.get(&format!("/api/v1/{list}")).await.json();
    all["items"].as_array().unwrap().iter().find(|one| one["name"] == name).unwrap().clone()
}

#[tokio::test]
async fn a_button_that_no_form_has_changes_nothing() {
    let h = Harness::new().await;
    let export = find(&h, "exports", "siem-high-alerts").await["id"].as_str().unwrap().to_owned();
    let target = find(&h, "targets", "siem / alerts").await["id"].as_str().unwrap().to_owned();
    for (path, id) in [("exports", &export), ("targets", &target)] {
        assert_eq!(h.post(&format!("/api/v1/{path}/{id}/pause"), json!({})).await.status, 200);
    }
    let stands = async |h: &Harness| {
        let (export, target) =
            (find(h, "exports", "siem-high-alerts").await, find(h, "targets", "siem / alerts").await);
        (export["paused"].clone(), target["condition"].clone())
    };
    assert_eq!(stands(&h).await, (json!(true), json!("paused")));
    for intent in ["", "Pause", "resume ", "go", "%00"] {
        h.submit("/fn/change_export", &format!("id={export}&intent={intent}")).await;
        h.submit("/fn/change_target", &format!("id={target}&intent={intent}")).await;
        assert_eq!(stands(&h).await, (json!(true), json!("paused")), "{intent:?}");
    }
    h.submit("/fn/change_export", &format!("id={export}&intent=resume")).await;
    h.submit("/fn/change_target", &format!("id={target}&intent=resume")).await;
    assert_eq!(stands(&h).await, (json!(false), json!("ok")));

    // A form with an id or version that is none would be saved as something new, or over what nobody saw.
    let names = async |h: &Harness, list: &str| {
        h.get(&format!("/api/v1/{list}")).await.json()["items"].as_array().unwrap().len()
    };
    let before = (names(&h, "exports").await, names(&h, "targets").await);
    let hub = "form[kind]=event_hub&form[name]=new&form[namespace]=siem-prod.servicebus.windows.net&form[hub]=defender-high&form[sign_in]=key&form[key_name]=console-send&form[secret]=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";
    let new = "form[name]=new&form[scope]=all&form[future]=yes&form[sources]=Alerts&form[delivered_by]=console";
    for wrong in ["form[id]=x", "form[version]=first", "form[intent]=sav"] {
        h.submit("/fn/save_target", &format!("{hub}&{wrong}")).await;
        h.submit("/fn/save_export", &format!("{new}&form[target]={target}&{wrong}")).await;
    }
    assert_eq!((names(&h, "exports").await, names(&h, "targets").await), before);
    h.stop().await;
}

#[tokio::test]
async fn an_export_that_is_no_id_does_not_mean_all_of_them() {
    let h = Harness::new().await;
    let actor = Actor { id: "x".into(), name: "x".into(), role: Role::Administrator, visible: Visible::Everything };
    let id = h.alerts(1, "High").await["ids"][0].as_str().unwrap().to_owned();
    h.until_outcome("siem-high-alerts", "delivered", 1).await;
    let made = async |h: &Harness| h.console.diagnoses(&actor).await.unwrap().len();
    h.submit("/fn/diagnose", &format!("item={id}&export=siem-high-alerts")).await;
    assert_eq!(made(&h).await, 0);
    h.submit("/fn/diagnose", &format!("item={id}&export=")).await;
    assert_eq!(made(&h).await, 1);
    let rest = h.post("/api/v1/diagnoses", json!({"item": id, "export": "siem-high-alerts"})).await;
    assert!(rest.status == 422 && rest.text.contains("export"), "{}", rest.text);
    let body = json!({"name": "x", "scope": {"all": true}, "sources": [{"event_source": "Alerts"}], "target": "siem"});
    let answer = h.post("/api/v1/exports", body).await;
    assert!(answer.status == 422 && answer.json()["errors"][0]["path"] == "target", "{}", answer.text);
    h.stop().await;
}

#[tokio::test]
async fn an_export_that_can_never_match_is_saved_only_when_it_is_meant() {
    let h = Harness::new().await;
    let target = find(&h, "targets", "siem / alerts").await["id"].clone();
    let rule =
        json!({"propertyJPath": "Severity", "propertyType": "String", "operator": "Equals", "expectedValue": "Hgh"});
    let body = |name: &str| {
        json!({"name": name, "scope": {"all": true, "future": true}, "target": target,
            "sources": [{"event_source": "Alerts", "rule_sets": [{"rules": [rule]}]}]})
    };
    let refused = h.post("/api/v1/exports", body("never")).await;
    assert_eq!(
        (refused.status.as_u16(), &refused.json()["errors"][0]["path"]),
        (422, &json!("confirm")),
        "{}",
        refused.text
    );
    assert!(refused.text.contains("never “Hgh”"), "{}", refused.text);
    let odd = h.post("/api/v1/exports?confirm=perhaps", body("never")).await;
    assert_eq!(odd.status, 422, "{}", odd.text);
    let meant = h.post("/api/v1/exports?confirm=true", body("never")).await;
    assert_eq!(meant.status, 201, "{}", meant.text);
    let path = format!("/api/v1/exports/{}", meant.json()["id"].as_str().unwrap());
    let first = [("if-match", "\"1\"")];
    assert_eq!(h.ask(Method::PUT, &path, Some(body("still never")), &first).await.status, 422);
    let again = h.ask(Method::PUT, &format!("{path}?confirm=true"), Some(body("still never")), &first).await;
    assert_eq!(again.status, 200, "{}", again.text);
    h.stop().await;
}

#[tokio::test]
async fn a_place_is_picked_by_what_it_is() {
    let h = Harness::new().await;
    let starter = h.practice(Method::GET, "starter", Value::Null).await;
    let hub = &starter["hubs"]["high"];
    let id = hub["resource_id"].as_str().unwrap().to_lowercase();
    let page = h.get("/targets/new").await.text;
    assert!(page.contains(&format!("name=\"place\" value=\"{id}\"")), "each button names its place");
    let picked = h.submit("/fn/pick_place", &format!("kind=&place={}", id.replace('/', "%2F"))).await;
    assert!(picked.status.is_redirection(), "{} {}", picked.status, picked.text);
    let form = h.get(picked.headers["location"].to_str().unwrap()).await.text;
    assert!(form.contains(hub["namespace"].as_str().unwrap()) && form.contains(hub["hub"].as_str().unwrap()), "{form}");
    // What is listed no longer fills in nothing, least of all its neighbor.
    h.practice(Method::POST, "permissions", json!({"subscription": id.split('/').nth(2).unwrap(), "entries": []}))
        .await;
    let gone = h.submit("/fn/pick_place", &format!("kind=&place={}", id.replace('/', "%2F"))).await;
    let location = gone.headers.get("location").map(|to| to.to_str().unwrap().to_owned()).unwrap_or_default();
    assert!(!location.contains("draft="), "{} {location}", gone.status);
    h.stop().await;
}

/// Panics so often, and is well then.
struct Panics(Arc<AtomicU32>);

impl Task for Panics {
    async fn activate(&mut self) -> Result<Next, Failure> {
        let left = self.0.load(Ordering::SeqCst);
        assert!(left == 0, "a planted panic");
        Ok(Next::Later)
    }
}

#[tokio::test]
async fn a_task_that_panics_is_named_where_readiness_is_asked_until_it_works_again() {
    let h = Harness::new().await;
    assert_eq!(h.anonymous(Method::GET, "/readyz", None).await.status, 200);
    let ill = Arc::new(AtomicU32::new(1));
    let schedule = Schedule { retry: Duration::from_millis(50), ..Schedule::every("planted", Duration::from_secs(1)) };
    let task = Arc::clone(&ill);
    h.app.driver.start(schedule, move || Panics(Arc::clone(&task)));
    h.until("it is named", async |h| {
        let answer = h.anonymous(Method::GET, "/readyz", None).await;
        answer.status == 503
            && answer.text.starts_with("planted is panicked since ")
            && answer.text.contains(": a planted panic")
    })
    .await;
    let settings = h.get("/settings").await.text;
    assert!(settings.contains("planted") && settings.contains("Panicked"), "{settings}");
    ill.store(0, Ordering::SeqCst);
    h.until("it is well again", async |h| h.anonymous(Method::GET, "/readyz", None).await.status == 200).await;
    let planted = h.console.tasks().into_iter().find(|task| task.kind == "planted").unwrap();
    assert!(planted.panics > 0 && planted.message.is_none() && planted.last_success.is_some(), "{planted:?}");
    h.app.stop().await;
}

#[tokio::test]
async fn a_client_of_the_socket_that_says_nothing_holds_up_no_other() {
    let h = Harness::new().await;
    let folder = tempfile::tempdir().unwrap();
    let cancel = CancellationToken::new();
    control::listen(folder.path(), h.console.clone(), "http://console.test".to_owned(), cancel.clone()).unwrap();
    let mut silent = Vec::new();
    for _ in 0..20 {
        silent.push(tokio::net::UnixStream::connect(folder.path().join("control.sock")).await.unwrap());
    }
    let asked = tokio::time::timeout(std::time::Duration::from_secs(8), socket::ask(folder.path(), "sign-in")).await;
    let link = asked.expect("it is answered before the silent ones are given up").unwrap();
    assert!(link.starts_with("http://console.test/sign-in/"), "{link}");
    let unknown = socket::ask(folder.path(), "fly").await.unwrap_err().to_string();
    assert!(unknown.contains("`fly` is not known here"), "{unknown}");
    cancel.cancel();
    drop(silent);
    h.stop().await;
}

#[tokio::test]
async fn a_page_names_what_it_leaves_out_of_its_address() {
    let h = Harness::new().await;
    for (query, said) in [
        ("range=5y", "The range “5y” is unknown"),
        ("cursor=garbage", "“garbage” is not a place in this list"),
        ("tab=events&cursor=b", "“b” is not a place in this list"),
        ("severity=bogus", "The filter severity is left out"),
    ] {
        let page = h.get(&format!("/log?{query}")).await;
        assert!(page.status == 200 && page.text.contains(said), "{query}");
    }
    let fine = h.get("/log?range=7d&cursor=b99").await.text;
    assert!(!fine.contains("is unknown") && !fine.contains("not a place"));
    h.stop().await;
}

#[tokio::test]
async fn what_is_no_key_is_not_taken_for_one() {
    let h = Harness::new().await;
    let hub = json!({"kind": "event_hub", "namespace": "siem-prod.servicebus.windows.net", "hub": "h", "sign_in": "key",
        "key_name": "send"});
    let save =
        async |key: &str| h.post("/api/v1/targets", json!({"name": "by key", "config": hub, "secret": key})).await;
    for wrong in ["this is not a key", "c2hvcnQ=", "Endpoint=sb://x/;SharedAccessKeyName=a;SharedAccessKey=b", " "] {
        let refused = save(wrong).await;
        assert_eq!((refused.status.as_u16(), &refused.json()["errors"][0]["path"]), (422, &json!("secret")), "{wrong}");
        assert!(wrong.trim().is_empty() || !refused.text.contains(wrong), "what was typed is not repeated");
    }
    assert_eq!(save("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=").await.status, 201);
    h.stop().await;
}
