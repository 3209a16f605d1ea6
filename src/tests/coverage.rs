//! Coverage by the console's exports and by Azure's own.

use super::harness::{Harness, small_practice};
use azure::{Arm, Asker, Cloud, Credential, Graph, Http, HttpOptions, Identity, SUBSCRIPTIONS_A_REQUEST, Security};
use console::Starter;
use domain::SubscriptionId;
use secrecy::SecretString;
use serde_json::{Value, json};

#[tokio::test]
async fn azures_own_exports_count_and_what_falls_short_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let practice = small_practice(None).await;
    let origin = practice.origin().to_owned();
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    for body in [json!({"count": 3, "automations": true}), json!({"count": 1, "automations": false})] {
        let answer = client.post(format!("{origin}/_practice/subscriptions")).json(&body).send().await.unwrap();
        assert!(answer.status().is_success(), "{}", answer.text().await.unwrap());
    }
    let h = Harness::on(folder.path(), &origin).await;
    h.until("Azure's exports are read", async |h| {
        let all = h.get("/api/v1/coverage").await.json();
        all["items"].as_array().unwrap().len() == 6 && exporters(&all).iter().any(|one| one["delivered_by"] == "azure")
    })
    .await;
    let all = h.get("/api/v1/coverage").await.json();
    let azure: Vec<Value> = exporters(&all).into_iter().filter(|one| one["delivered_by"] == "azure").collect();
    let automations: std::collections::BTreeSet<&str> =
        azure.iter().map(|one| one["automation"].as_str().unwrap()).collect();
    assert_eq!(automations.len(), 3, "{azure:?}");
    let covered = all["items"].as_array().unwrap().iter().filter(|item| item["cis_8_1_5_2"] == true).count();
    assert_eq!(h.overview().await["coverage"]["covered"], covered, "the overview says the same");

    let csv = h.get("/api/v1/coverage.csv").await;
    assert_eq!(csv.status, 200);
    assert!(csv.text.starts_with("subscription,name,kind,") && csv.text.lines().count() > 6 * 7, "{}", csv.text);
    let page = h.get("/coverage").await;
    assert!(page.status == 200 && page.text.contains("by Azure"), "{}", page.text);
    let page = h.get("/exports").await;
    assert!(page.text.contains("Delivered by Azure"), "{}", page.text);
    let none = h.get("/coverage?name=nothing-has-this-name").await;
    assert!(none.text.contains("No subscription is like this"), "{}", none.text);
    h.stop().await;
    practice.stop().await;
}

fn exporters(all: &Value) -> Vec<Value> {
    let kinds = all["items"].as_array().unwrap().iter().flat_map(|item| item["kinds"].as_array().unwrap().clone());
    kinds.flat_map(|kind| kind["exported_by"].as_array().unwrap().clone()).collect()
}

/// Resource Graph lists the exports of a thousand subscriptions in a handful of requests; asking each would use up the small
/// quota that automations have.
#[tokio::test]
async fn the_exports_of_a_thousand_subscriptions_are_listed_in_four_requests() {
    let practice = small_practice(None).await;
    let origin = practice.origin().to_owned();
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let more = json!({"count": 998, "automations": true});
    let made = client.post(format!("{origin}/_practice/subscriptions")).json(&more).send().await.unwrap();
    assert!(made.status().is_success());
    client.post(format!("{origin}/_practice/quota")).json(&json!({"enabled": false})).send().await.unwrap();
    let http =
        Http::new(Cloud::public(), HttpOptions { practice: Some(origin.parse().unwrap()), ..HttpOptions::default() })
            .unwrap();
    let starter: Starter = http.practice_starter().await.unwrap();
    let identity = Identity::ClientSecret {
        tenant: starter.tenant_id,
        client_id: starter.client_id,
        secret: SecretString::from(starter.client_secret),
    };
    let credential = Credential::new(&identity, &http).unwrap();
    let arm = Arm::new(Asker::new(http.clone(), credential.clone()));
    let security = Security { graph: Graph::new(http, credential), arm };
    let of: Vec<SubscriptionId> = security
        .arm
        .subscriptions()
        .await
        .unwrap()
        .iter()
        .map(|one| SubscriptionId::parse(&one.subscription_id).unwrap())
        .collect();
    assert_eq!(of.len(), 1000);
    let requests = async || -> u64 {
        let state: Value = client.get(format!("{origin}/_practice/state")).send().await.unwrap().json().await.unwrap();
        state["requests"].as_object().unwrap().values().map(|n| n.as_u64().unwrap()).sum()
    };
    let before = requests().await;
    let mut found = 0;
    for group in of.chunks(SUBSCRIPTIONS_A_REQUEST) {
        found += security.automations(group).await.unwrap().len();
    }
    // One of them is for the token.
    let asked = requests().await - before;
    assert!(found >= 998 && (4..=5).contains(&asked), "{found} exports in {asked} requests");
    practice.stop().await;
}
