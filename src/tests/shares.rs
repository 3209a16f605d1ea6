//! Shares, from making one to whoever opens its link without an account.

use super::harness::{Answer, Harness};
use axum::http::{Method, StatusCode};
use serde_json::{Value, json};

/// A High alert that was delivered: its delivery, with the event in it.
async fn delivered(h: &Harness) -> Value {
    let made = h.alerts(1, "High").await;
    let id = made["ids"][0].as_str().unwrap().to_owned();
    let path = format!("/api/v1/deliveries?q={id}&outcome=delivered");
    h.until("the alert is delivered", async |h| !h.get(&path).await.json()["items"].as_array().unwrap().is_empty())
        .await;
    h.get(&path).await.json()["items"][0].clone()
}

async fn share(h: &Harness, body: Value) -> (String, String) {
    let made = h.post("/api/v1/shares", body).await;
    assert_eq!(made.status, StatusCode::CREATED, "{}", made.text);
    let made = made.json();
    let url = made["url"].as_str().unwrap().strip_prefix("http://console.test").unwrap().to_owned();
    (made["id"].as_str().unwrap().to_owned(), url)
}

async fn open(h: &Harness, url: &str) -> Answer {
    h.anonymous(Method::GET, url, None).await
}

fn header<'a>(answer: &'a Answer, name: &str) -> &'a str {
    answer.headers.get(name).map_or("", |value| value.to_str().unwrap())
}

/// Body and headers, but for the request's own id.
fn all_of(answer: &Answer) -> (StatusCode, String, Vec<(String, String)>) {
    let headers = answer.headers.iter().filter(|(name, _)| *name != "x-request-id");
    let headers = headers.map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned())).collect();
    (answer.status, answer.text.clone(), headers)
}

async fn audit(h: &Harness, action: &str) -> Vec<Value> {
    let log = h.get("/api/v1/audit?limit=1000").await.json();
    log["items"].as_array().unwrap().iter().filter(|row| row["action"] == action).cloned().collect()
}

#[tokio::test]
async fn a_link_opens_without_an_account_and_ends_when_it_is_revoked_or_over() {
    let h = Harness::new().await;
    let delivery = delivered(&h).await;
    let event = delivery["event"]["id"]
        .as_str()
        .or(delivery["event"].as_str())
        .unwrap_or_else(|| delivery["id"].as_str().unwrap().split('_').next().unwrap())
        .to_owned();
    let (id, url) = share(&h, json!({"event": event})).await;
    assert!(url.len() >= "/s/".len() + 43, "256 bits: {url}");

    let seen = open(&h, &url).await;
    assert_eq!(seen.status, StatusCode::OK, "{}", seen.text);
    assert!(seen.text.contains("<h1>Event: Alert"), "{}", &seen.text[seen.text.len() - 4000..]);
    assert_eq!(header(&seen, "cache-control"), "no-store");
    assert_eq!(header(&seen, "referrer-policy"), "no-referrer");
    assert_eq!(header(&seen, "x-robots-tag"), "noindex, nofollow");
    assert!(header(&seen, "content-security-policy").starts_with("default-src 'none'; style-src 'sha256-"));
    assert_eq!(header(&seen, "set-cookie"), "");
    assert!(!seen.text.contains("<script") && !seen.text.contains("href="));
    // It grants nothing but itself.
    assert_eq!(
        h.anonymous(Method::GET, &format!("/api/v1/shares/{id}.html"), None).await.status,
        StatusCode::UNAUTHORIZED
    );

    let views = audit(&h, "share.viewed").await;
    assert_eq!((views.len(), &views[0]["subject_id"], &views[0]["detail"]), (1, &json!(id), &json!("from 192.0.2.7")));
    // Read again at once it is counted; a line more would say nothing.
    assert_eq!(open(&h, &url).await.status, StatusCode::OK);
    assert_eq!(audit(&h, "share.viewed").await.len(), 1);
    let token = url.trim_start_matches("/s/");
    assert!(!h.get("/api/v1/audit?limit=1000").await.text.contains(token), "the log holds no token");
    let listed = h.get("/api/v1/shares").await.json();
    assert_eq!((&listed["items"][0]["views"], &listed["items"][0]["state"]), (&json!(2), &json!("open")), "{listed}");
    assert!(!listed.to_string().contains(token));

    // The same as files.
    let file = h.get(&format!("/api/v1/shares/{id}.html")).await;
    assert_eq!(file.text, seen.text, "the file is what the link shows");
    assert!(header(&file, "content-disposition").starts_with("attachment; filename=\"event-"));
    assert!(h.get(&format!("/api/v1/shares/{id}.md")).await.text.starts_with("# Event: Alert"));
    assert_eq!(h.get(&format!("/api/v1/shares/{id}.json")).await.json()["kind"], "event");
    assert_eq!(h.get(&format!("/api/v1/shares/{id}.exe")).await.status, StatusCode::NOT_FOUND);

    // Whatever is no good answers alike, to the byte.
    let (expired, expired_url) = share(&h, json!({"event": event, "expires": "1h"})).await;
    h.store.expire_share(&expired).await;
    let gone = h.ask(Method::DELETE, &format!("/api/v1/shares/{id}"), None, &[]).await;
    assert_eq!(gone.status, StatusCode::NO_CONTENT);
    let unknown = all_of(&open(&h, &format!("/s/{}", "A".repeat(43))).await);
    assert_eq!(unknown.0, StatusCode::NOT_FOUND);
    for other in [url.as_str(), &expired_url, "/s/x", "/s/%F0%9F%A6%80", &format!("/s/{}", "b".repeat(4000))] {
        assert_eq!(all_of(&open(&h, other).await), unknown, "{other}");
        let asked = h.form(other, "passphrase=whatever").await;
        assert_eq!(all_of(&asked), unknown, "{other}");
    }
    assert_eq!(h.get(&format!("/api/v1/shares/{id}.html")).await.status, StatusCode::GONE);
    assert_eq!(audit(&h, "share.revoked").await.len(), 1);
    h.stop().await;
}

#[tokio::test]
async fn a_passphrase_is_asked_for_and_not_for_ever() {
    let h = Harness::new().await;
    let export = h.get("/api/v1/exports").await.json()["items"][0].clone();
    let short = h.post("/api/v1/shares", json!({"export": export["id"], "passphrase": "short"})).await;
    assert_eq!(short.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", short.text);
    let (id, url) = share(&h, json!({"export": export["id"], "passphrase": "correct horse"})).await;
    let asks = open(&h, &url).await;
    assert!(asks.status == StatusCode::OK && asks.text.contains("type=\"password\""), "{}", asks.text);
    assert!(!asks.text.contains("Settings"));
    let right = h.form(&url, "passphrase=correct+horse").await;
    assert!(right.status == StatusCode::OK && right.text.contains("<h1>Export: "), "{}", right.status);
    for _ in 0..console::MOST_TRIES {
        assert_eq!(h.form(&url, "passphrase=wrong").await.status, StatusCode::FORBIDDEN);
    }
    // Not even the right one now.
    assert_eq!(h.form(&url, "passphrase=correct+horse").await.status, StatusCode::TOO_MANY_REQUESTS);
    let refused = audit(&h, "share.refused").await;
    assert_eq!(refused.len(), usize::try_from(console::MOST_TRIES).unwrap() + 1);
    assert!(refused.iter().all(|row| row["subject_id"] == json!(id)));
    assert!(!h.get("/api/v1/audit?limit=1000").await.text.contains("correct horse"));
    h.stop().await;
}

#[tokio::test]
async fn a_share_never_shows_live_data() {
    let h = Harness::new().await;
    let listed = h.get("/api/v1/exports").await.json();
    let id = listed["items"][0]["id"].as_str().unwrap().to_owned();
    let (share_id, url) = share(&h, json!({"export": id, "redact": false})).await;
    let before = open(&h, &url).await.text;
    let full = h.get(&format!("/api/v1/exports/{id}")).await;
    let mut body = full.json();
    body["name"] = json!("renamed-after-sharing");
    let etag = header(&full, "etag").to_owned();
    let saved = h.ask(Method::PUT, &format!("/api/v1/exports/{id}"), Some(body), &[("if-match", &etag)]).await;
    assert_eq!(saved.status, StatusCode::OK, "{}", saved.text);
    assert_eq!(open(&h, &url).await.text, before);
    assert!(before.contains(listed["items"][0]["name"].as_str().unwrap()), "not redacted: {share_id}");
    h.stop().await;
}

#[tokio::test]
async fn shares_are_their_makers_and_names_leave_by_operators_only() {
    let h = Harness::new().await;
    let event = delivered(&h).await["id"].as_str().unwrap().split('_').next().unwrap().to_owned();
    let (id, _) = share(&h, json!({"event": event})).await;
    let viewer = console::Actor {
        id: "viewer".into(),
        name: "Vera Viewer".into(),
        role: domain::Role::Viewer,
        visible: store::Visible::Everything,
    };
    assert!(h.console.shares(&viewer).await.unwrap().is_empty());
    assert!(h.console.share(&viewer, &id.parse().unwrap()).await.is_err());
    assert!(h.console.revoke_share(&viewer, &id.parse().unwrap()).await.is_err());
    let wish = |redact| console::ShareWish {
        of: domain::share::ShareOf::Event(event.parse().unwrap()),
        expires_at: domain::share::expires_at("", h.console.now()).unwrap(),
        redact,
        passphrase: None,
    };
    assert!(h.console.make_share(&viewer, wish(false)).await.is_err());
    assert!(h.console.make_share(&viewer, wish(true)).await.is_ok());
    let elsewhere = console::Actor { visible: store::Visible::Only(Vec::new()), ..viewer.clone() };
    assert!(h.console.make_share(&elsewhere, wish(true)).await.is_err(), "what is not visible cannot be shared");
    assert!(h.console.shares(&elsewhere).await.unwrap().is_empty());
    h.stop().await;
}

#[tokio::test]
async fn what_is_shared_is_named_and_exists() {
    let h = Harness::new().await;
    for wrong in [
        json!({}),
        json!({"event": "0".repeat(32), "export": "0ab1c2d3-0000-4000-8000-000000000001"}),
        json!({"event": "x"}),
        json!({"event": "0".repeat(32), "expires": "31d"}),
        json!({"event": "0".repeat(32), "expires": "never"}),
        json!({"event": "0".repeat(32), "nonsense": 1}),
    ] {
        let refused = h.post("/api/v1/shares", wrong.clone()).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{wrong}: {}", refused.text);
    }
    let missing = h.post("/api/v1/shares", json!({"event": "0".repeat(32)})).await;
    assert_eq!(missing.status, StatusCode::NOT_FOUND, "{}", missing.text);
    h.stop().await;
}

/// Sorts the texts of a value into secrets and names.
fn walk(name: &str, value: &Value, secrets: &mut Vec<String>, names: &mut Vec<String>) {
    match value {
        Value::String(text) if name.contains("secret") || name.ends_with("key") => secrets.push(text.clone()),
        Value::String(text) => names.push(text.clone()),
        Value::Array(all) => all.iter().for_each(|one| walk(name, one, secrets, names)),
        Value::Object(all) => all.iter().for_each(|(name, one)| walk(name, one, secrets, names)),
        _ => {}
    }
}

/// Everything the practice company is called by.
async fn secrets_and_names(h: &Harness) -> (Vec<String>, Vec<String>) {
    let starter = h.practice(Method::GET, "starter", Value::Null).await;
    let mut secrets = Vec::new();
    let mut names = Vec::new();
    walk("", &starter, &mut secrets, &mut names);
    for row in h.get("/api/v1/subscriptions").await.json()["items"].as_array().unwrap() {
        names.extend(["id", "name"].map(|field| row[field].as_str().unwrap().to_owned()));
    }
    for list in ["targets", "exports"] {
        for row in h.get(&format!("/api/v1/{list}")).await.json()["items"].as_array().unwrap() {
            names.extend(["id", "name"].map(|field| row[field].as_str().unwrap().to_owned()));
            for field in ["namespace", "resource_id", "ingestion_host", "dcr_immutable_id"] {
                names.extend(row[field].as_str().or(row["config"][field].as_str()).map(str::to_owned));
            }
        }
    }
    names.push("Local administrator".into());
    // A word of the product names nobody, and hosts of practice on this machine are no company's.
    names.retain(|name| {
        name.len() > 3
            && !["alerts", "posture", "send", "westeurope", "practice"].contains(&name.as_str())
            && !name.starts_with("http")
    });
    secrets.retain(|secret| secret.len() > 6);
    (secrets, names)
}

fn nothing_of(all: &[String], text: &str, what: &str) {
    let lower = text.to_lowercase();
    for one in all {
        assert!(!lower.contains(&one.to_lowercase()), "{what} holds {one}");
    }
}

#[tokio::test]
async fn nothing_redacted_holds_a_name_or_an_id_and_nothing_at_all_a_secret() {
    let h = Harness::new().await;
    let delivery = delivered(&h).await;
    let event = delivery["id"].as_str().unwrap().split('_').next().unwrap().to_owned();
    let diagnosis = h.post("/api/v1/diagnoses", json!({"item": event})).await.json()["id"].as_str().unwrap().to_owned();
    let (secrets, mut names) = secrets_and_names(&h).await;
    assert!(!secrets.is_empty() && names.len() > 12, "{names:?}");
    let full = h.get(&format!("/api/v1/events/{event}")).await.json();
    for field in ["alert_id", "item_id", "id"] {
        names.extend(full[field].as_str().map(str::to_owned));
    }
    names.push(full["resource"].as_str().unwrap_or_default().rsplit('/').next().unwrap().to_owned());
    names.retain(|name| !name.is_empty());
    let exports = h.get("/api/v1/exports").await.json();
    let things = [
        json!({"event": event}),
        json!({"delivery": delivery["id"]}),
        json!({"diagnosis": diagnosis}),
        json!({"export": exports["items"][0]["id"]}),
        json!({"export": exports["items"][2]["id"]}),
    ];
    for thing in things {
        for redact in [true, false] {
            let mut body = thing.clone();
            body["redact"] = json!(redact);
            let (id, url) = share(&h, body).await;
            let seen = open(&h, &url).await;
            let mut texts = vec![seen.text.clone(), format!("{:?}", seen.headers)];
            for ending in ["html", "md", "json"] {
                texts.push(h.get(&format!("/api/v1/shares/{id}.{ending}")).await.text);
            }
            if thing["diagnosis"].is_string() {
                assert!(
                    texts.iter().any(|text| text.contains("## The answer")),
                    "it says its verdict first: {texts:?}"
                );
            }
            for text in &texts {
                nothing_of(&secrets, text, &thing.to_string());
                if redact {
                    nothing_of(&names, text, &thing.to_string());
                }
            }
            assert!(redact || names.iter().any(|name| texts[0].contains(name)), "{thing} as it is has names");
        }
    }
    for (path, is_redacted) in
        [("support-bundle", true), ("support-bundle.html", true), ("support-bundle?redact=false", false)]
    {
        let bundle = h.get(&format!("/api/v1/{path}")).await;
        assert_eq!(bundle.status, StatusCode::OK, "{}", bundle.text);
        nothing_of(&secrets, &bundle.text, path);
        if is_redacted {
            nothing_of(&names, &bundle.text, path);
        }
    }
    h.stop().await;
}

#[tokio::test]
async fn a_link_is_told_once_on_the_page_that_its_form_leads_to() {
    let h = Harness::new().await;
    h.alerts(1, "High").await;
    h.until_outcome("siem-high-alerts", "delivered", 1).await;
    let events = h.get("/api/v1/events?kind=alert&limit=1").await.json();
    let id = events["items"][0]["id"].as_str().unwrap().to_owned();
    let page = h.submit("/shares/made", &format!("kind=event&id={id}&expires=1d&redact=yes&passphrase=")).await;
    assert_eq!(page.status, 200, "{}", page.text);
    assert!(page.text.contains("The link is made. Copy it now"), "{}", page.text);
    assert!(page.text.contains("http://console.test/s/"), "the link itself");
    h.stop().await;
}
