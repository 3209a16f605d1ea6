//! Pages as the server writes them.

use super::harness::{Answer, Harness, small_practice};
use base64::{Engine, engine::general_purpose::URL_SAFE};
use domain::SubscriptionId;
use reqwest::Method;
use serde_json::{Value, json};

/// A name that ends the title where a page writes it as it is.
const HOSTILE: &str = "</title><b>x";

async fn target(h: &Harness) -> Value {
    let all = h.get("/api/v1/targets").await.json();
    all["items"].as_array().unwrap().iter().find(|one| one["name"] == "siem / alerts").unwrap().clone()
}

async fn made(h: &Harness, list: &str, body: Value) -> String {
    let made = h.post(&format!("/api/v1/{list}"), body).await;
    assert_eq!(made.status, 201, "{}", made.text);
    made.json()["id"].as_str().unwrap().to_owned()
}

/// Records an automation of that name as Azure's list answers it.
async fn list_automation(h: &Harness, subscription: &str, hub: &str) -> String {
    let id = format!("/subscriptions/{subscription}/resourceGroups/rg/providers/Microsoft.Security/automations/a");
    let listed = json!({"id": id, "name": HOSTILE, "type": "Microsoft.Security/automations",
        "location": "westeurope", "subscriptionId": subscription,
        "properties": {"isEnabled": true, "scopes": [{"scopePath": format!("/subscriptions/{subscription}")}],
            "sources": [{"eventSource": "Alerts", "ruleSets": []}],
            "actions": [{"actionType": "EventHub", "eventHubResourceId": hub}]}});
    let subscription = SubscriptionId::parse(subscription).unwrap();
    let rows = [(id.clone(), subscription.clone(), listed.to_string())];
    h.store.record_automations(std::slice::from_ref(&subscription), &rows).await.unwrap();
    id
}

#[tokio::test]
async fn names_of_other_people_stay_text_in_titles() {
    let subscription = "6f2b1f0e-1d2c-4a3b-9c4d-5e6f7a8b9c0d";
    let (folder, practice) = (tempfile::tempdir().unwrap(), small_practice(None).await);
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let listed = client.post(format!("{}/_practice/subscriptions", practice.origin()));
    let listed = listed.json(&json!({"id": subscription, "name": HOSTILE})).send().await.unwrap();
    assert_eq!(listed.status(), 201);
    let h = Harness::on(folder.path(), practice.origin()).await;
    h.until("the subscription is listed", async |h| {
        h.get(&format!("/api/v1/subscriptions/{subscription}")).await.status == 200
    })
    .await;
    let siem = target(&h).await;
    let automation = list_automation(&h, subscription, siem["config"]["resource_id"].as_str().unwrap()).await;
    let place = json!({"kind": "event_hub", "namespace": "x.servicebus.windows.net", "hub": "x", "sign_in": "key",
        "key_name": "send"});
    let key = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";
    let target = made(&h, "targets", json!({"name": HOSTILE, "config": place, "secret": key})).await;
    let export = json!({"name": HOSTILE, "delivered_by": "console", "scope": {"all": true, "future": true},
        "sources": [{"event_source": "Alerts"}], "target": siem["id"]});
    let export = made(&h, "exports", export).await;
    let title = "&lt;/title&gt;&lt;b&gt;x";
    for (page, title) in [
        (format!("/targets/{target}"), format!("<title>{title} · Continuous Export</title>")),
        (format!("/exports/{export}"), format!("<title>{title} · Continuous Export</title>")),
        (format!("/exports/{export}/history"), format!("<title>History of {title} · Continuous Export</title>")),
        (format!("/exports/{export}/code"), format!("<title>{title} as code · Continuous Export</title>")),
        (format!("/subscriptions/{subscription}"), format!("<title>{title} · Continuous Export</title>")),
        (format!("/exports/azure?id={automation}"), format!("<title>{title} of Azure · Continuous Export</title>")),
    ] {
        let answer = h.get(&page).await;
        assert_eq!(answer.status, 200, "{page}");
        assert!(!answer.text.contains(HOSTILE), "{page} holds the name as markup");
        assert!(answer.text.contains(&title), "{page} has the title {title}");
    }
    h.stop().await;
    practice.stop().await;
}

fn location(answer: &Answer) -> &str {
    assert_eq!(answer.status, 303, "{}", answer.text);
    answer.headers["location"].to_str().unwrap()
}

#[tokio::test]
async fn an_address_cannot_bring_its_own_error_text() {
    let h = Harness::new().await;
    let said = URL_SAFE.encode(r#"{"Conflict":"Call us"}"#);
    let (path, claim) = ("/exports/policy", format!("__path=/fn/remediate&__err={said}"));
    for (address, clean) in [
        (format!("{path}?{claim}"), path.to_owned()),
        (format!("{path}?range=7d&{claim}&answer=x"), format!("{path}?range=7d")),
        (format!("{path}?__path=/fn/remediate&%5F%5Ferr={said}"), path.to_owned()),
        (format!("//elsewhere.example{path}?{claim}"), format!("/elsewhere.example{path}")),
        (format!("/sign-in?{claim}"), "/sign-in".to_owned()),
    ] {
        assert_eq!(location(&h.get(&address).await), clean, "{address}");
    }

    // An answer that was given is shown, to nobody else and no other one in its place.
    let refused = h.submit_on(path, "/fn/remediate", "assignment=x").await;
    let back = location(&refused).to_owned();
    assert!(back.starts_with("/exports/policy?__path=/fn/remediate&__err="), "{back}");
    assert_eq!(h.get(&back).await.status, 200);
    let kept = back.split("&answer=").nth(1).unwrap();
    assert_eq!(location(&h.get(&format!("{path}?{claim}&answer={kept}")).await), path);
    assert_eq!(location(&h.anonymous(Method::GET, &back, None).await), "/sign-in");
    h.stop().await;
}

#[tokio::test]
async fn a_refused_form_comes_back_to_its_page_with_what_was_typed() {
    let h = Harness::new().await;
    let refused = h.submit_on("/troubleshoot", "/fn/diagnose", "item=no+such+thing&export=").await;
    let back = location(&refused).to_owned();
    assert!(back.starts_with("/troubleshoot?item=no%20such%20thing&__path="), "{back}");
    let page = h.get(&back).await;
    assert_eq!(page.status, 200);
    let input = page.text.split("<input").find(|part| part.contains(r#"id="item""#)).unwrap();
    let input = input.split('>').next().unwrap();
    for part in [r#"value="no such thing""#, r#"aria-invalid="true""#, r#"aria-describedby="item-error""#] {
        assert!(input.contains(part), "{part} in {input}");
    }
    assert!(page.text.contains(r#"id="item-error""#), "{}", page.text);

    // The same form on another page stays there, and an earlier answer makes room for the next.
    let before = "/log?tab=events&__path=/fn/diagnose&__err=x&answer=y";
    let refused = h.submit_on(before, "/fn/diagnose", "item=no+such+thing&export=").await;
    let back = location(&refused);
    assert!(back.starts_with("/log?tab=events&__path=/fn/diagnose&__err="), "{back}");
    assert_eq!(back.matches("__err").count(), 1, "{back}");
    h.stop().await;
}
