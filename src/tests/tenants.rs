//! Two tenants in one console, each a practice Azure of its own.

use super::harness::{Harness, practice_of, small_practice};
use domain::{Kind, ResourceId, SubscriptionHealth, SubscriptionId, TenantId};
use reqwest::Method;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use store::{ListedSubscription, OpenOptions, Stamp, Store, Visible};

struct Two {
    h: Harness,
    second: practice::Running,
    /// The tenants' ids.
    ids: [TenantId; 2],
    _first: practice::Running,
    _folder: tempfile::TempDir,
}

/// Asks a practice Azure's own endpoints.
pub(super) async fn at(practice: &practice::Running, method: Method, path: &str, body: Value) -> Value {
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let mut request = client.request(method.clone(), format!("{}/_practice/{path}", practice.origin()));
    if method == Method::POST {
        request = request.json(&body);
    }
    let response = request.send().await.unwrap();
    assert!(response.status().is_success(), "{path}: {}", response.status());
    response.json().await.unwrap_or_default()
}

impl Two {
    async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let (first, second) = (small_practice(None).await, practice_of(11, None).await);
        let h = Harness::on_tenants(folder.path(), &[first.origin(), second.origin()]).await;
        let ids: Vec<TenantId> = h.console.tenants().iter().map(|one| one.id.clone()).collect();
        let ids = ids.try_into().unwrap();
        h.until("every baseline is complete", async |h| {
            h.store.watched_subscriptions(None).await.unwrap().len() == 4
                && h.store.baseline_is_complete().await.unwrap()
        })
        .await;
        Self { h, second, ids, _first: first, _folder: folder }
    }

    /// Asks the second practice Azure's own endpoints.
    async fn at_second(&self, method: Method, path: &str, body: Value) -> Value {
        at(&self.second, method, path, body).await
    }

    async fn fault_at_second(&self, service: &str, fault: &str) {
        self.at_second(Method::POST, "faults", json!({"service": service, "fault": fault, "for": "10m"})).await;
    }

    /// Subscriptions of a tenant that are watched.
    async fn watched(&self, tenant: usize) -> BTreeSet<String> {
        let all = self.h.store.watched_subscriptions(Some(&self.ids[tenant])).await.unwrap();
        all.into_iter().map(|one| one.place.id.to_string()).collect()
    }

    async fn health(&self) -> Vec<Value> {
        self.h.get("/api/v1/health").await.json()["items"].as_array().unwrap().clone()
    }
}

#[tokio::test]
async fn alerts_of_both_tenants_are_decided_by_one_export_and_delivered_to_a_target_in_one() {
    let two = Two::new().await;
    let (of_first, of_second) = (two.watched(0).await, two.watched(1).await);
    assert!(of_first.len() == 2 && of_second.len() == 2 && of_first.is_disjoint(&of_second));
    let h = &two.h;
    h.alerts(2, "High").await;
    two.at_second(Method::POST, "alerts", json!({"count": 3, "severity": "High"})).await;
    h.until_outcome("siem-high-alerts", "delivered", 5).await;
    let sent: Vec<String> = h.messages("high").await.iter().map(Value::to_string).collect();
    let about = |some: &BTreeSet<String>| sent.iter().filter(|text| some.iter().any(|id| text.contains(id))).count();
    assert_eq!((sent.len(), about(&of_first), about(&of_second)), (5, 2, 3), "{sent:?}");
    let by_tenant: BTreeMap<String, i64> = h.store.new_alerts_by_tenant().await.into_iter().collect();
    let of = |tenant: usize| by_tenant.get(two.ids[tenant].as_str()).copied();
    assert_eq!((of(0), of(1)), (Some(2), Some(3)), "every event is written with its own tenant: {by_tenant:?}");
    // Both have listed once more: neither took the other's away.
    let list = h.get("/api/v1/subscriptions").await.json();
    let rows = list["items"].as_array().unwrap();
    assert!(rows.len() == 4 && rows.iter().all(|row| row["condition"] == "ok"), "{list}");
    h.books_balance().await;
    two.h.stop().await;
}

#[tokio::test]
async fn a_tenant_whose_resource_graph_fails_is_named_and_disturbs_no_other() {
    let two = Two::new().await;
    let h = &two.h;
    let name = h.console.tenants().iter().nth(1).unwrap().name.clone();
    two.fault_at_second("graph", "outage").await;
    h.until("the second tenant's trouble is named", async |h| h.get("/").await.text.contains(&name)).await;
    h.alerts(2, "High").await;
    h.until_outcome("siem-high-alerts", "delivered", 2).await;
    let health = two.health().await;
    let reachable: Vec<_> = health.iter().filter(|one| one["check"] == "sources.reachable").collect();
    let verdicts: BTreeMap<_, _> =
        reachable.iter().map(|one| (one["subject"].as_str().unwrap(), one["verdict"].as_str().unwrap())).collect();
    assert_eq!((verdicts.len(), verdicts[name.as_str()]), (2, "fail"), "{reachable:?}");
    assert_eq!(verdicts.values().filter(|verdict| **verdict == "pass").count(), 1);
    let conditions = h.get("/api/v1/subscriptions").await.json();
    let troubled: BTreeSet<String> = conditions["items"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|row| row["condition"] != "ok")
        .map(|row| row["id"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(troubled, two.watched(1).await, "the first tenant's subscriptions are well");
    two.at_second(Method::DELETE, "faults", Value::Null).await;
    two.at_second(Method::POST, "alerts", json!({"count": 1, "severity": "High"})).await;
    h.until_outcome("siem-high-alerts", "delivered", 3).await;
    h.books_balance().await;
    two.h.stop().await;
}

#[tokio::test]
async fn a_tenant_that_gives_no_tokens_is_named_and_begins_when_it_does() {
    let folder = tempfile::tempdir().unwrap();
    let (first, second) = (small_practice(None).await, practice_of(11, None).await);
    at(&second, Method::POST, "faults", json!({"service": "token", "fault": "certificate-expired", "for": "10m"}))
        .await;
    let h = Harness::on_tenants(folder.path(), &[first.origin(), second.origin()]).await;
    let name = h.console.tenants().iter().nth(1).unwrap().name.clone();
    h.until("the first tenant's baseline is complete", async |h| h.store.baseline_is_complete().await.unwrap()).await;
    h.until(
        "the second tenant is named",
        async |h| matches!(h.console.problems().as_slice(), [one] if one.starts_with(&format!("{name}: Could not"))),
    )
    .await;
    h.alerts(1, "High").await;
    h.until_outcome("siem-high-alerts", "delivered", 1).await;
    let health = h.get("/api/v1/health").await.json();
    let tokens: Vec<_> =
        health["items"].as_array().unwrap().iter().filter(|one| one["check"] == "identity.token").collect();
    assert_eq!(
        (tokens.len(), tokens[0]["verdict"].as_str(), tokens[0]["subject"].as_str()),
        (2, Some("fail"), Some(name.as_str()))
    );
    assert_eq!(tokens[1]["verdict"], "pass");
    at(&second, Method::DELETE, "faults", Value::Null).await;
    h.until("the second tenant is watched", async |h| {
        h.store.watched_subscriptions(None).await.unwrap().len() == 4 && h.store.baseline_is_complete().await.unwrap()
    })
    .await;
    h.until("all is well", async |h| h.console.problems().is_empty()).await;
    h.books_balance().await;
    h.stop().await;
}

#[tokio::test]
async fn a_target_is_signed_in_to_with_the_identity_of_its_own_tenant() {
    let two = Two::new().await;
    let h = &two.h;
    let names: Vec<String> = h.console.tenants().iter().map(|one| one.name.clone()).collect();
    let workspace = two.at_second(Method::GET, "starter", Value::Null).await["workspace"].clone();
    let config = json!({"kind": "workspace", "ingestion_host": workspace["ingestion_host"],
        "dcr_immutable_id": workspace["dcr_immutable_id"], "resource_id": workspace["resource_id"]});
    let made = h.post("/api/v1/targets", json!({"name": "second soc", "config": config})).await;
    assert_eq!(made.status, 201, "{}", made.text);
    let id = made.json()["id"].as_str().unwrap().to_owned();
    let test = h.post(&format!("/api/v1/targets/{id}/test"), json!({})).await;
    assert!(test.status == 200 && test.text.contains("accepted"), "{}", test.text);
    let export = json!({"name": "all alerts there", "delivered_by": "console", "scope": {"all": true, "future": true},
        "sources": [{"event_source": "Alerts", "changes": "created", "rule_sets": []}], "target": id});
    assert_eq!(h.post("/api/v1/exports", export).await.status, 201);
    h.alerts(1, "Low").await;
    h.until_outcome("all alerts there", "delivered", 1).await;
    let customer = workspace["customer_id"].as_str().unwrap();
    let path = format!("workspaces/{customer}/tables/ContinuousExportAlert_CL/rows?limit=100");
    let rows = two.at_second(Method::GET, &path, Value::Null).await;
    // Two of the test, and one of the first tenant.
    assert_eq!(rows["items"].as_array().unwrap().len(), 3, "{rows}");
    let page = h.get(&format!("/targets/{id}")).await.text;
    assert!(page.contains(&names[1]) && !page.contains(&names[0]), "the page names the tenant");

    // Hubs of both are offered, each by the identity that sees it; one that cannot be asked is named beside the other's.
    let offered = h.get("/targets/new").await.text;
    assert_eq!(offered.matches("Use siem-prod / defender-high").count(), 2, "{offered}");
    two.fault_at_second("graph", "outage").await;
    let offered = h.get("/targets/new").await.text;
    assert_eq!(offered.matches("Use siem-prod / defender-high").count(), 1);
    assert!(offered.contains(&format!("{}: ", names[1])), "{offered}");
    h.books_balance().await;
    two.h.stop().await;
}

#[tokio::test]
async fn a_backfill_reads_again_in_every_tenant() {
    let two = Two::new().await;
    let h = &two.h;
    let posture = h.get("/api/v1/exports").await.json()["items"].as_array().unwrap().clone();
    let posture = posture.iter().find(|one| one["name"] == "posture-to-workspace").unwrap();
    let everything = json!({"name": "posture", "delivered_by": "console", "scope": {"all": true, "future": true},
        "sources": [{"event_source": "Assessments", "rule_sets": []}], "target": posture["target"]});
    let export = h.post("/api/v1/exports", everything).await.json()["id"].clone();
    let started = h.post("/api/v1/backfills", json!({"export": export, "current_state": true})).await;
    assert_eq!(started.status, 202, "{}", started.text);
    let path = format!("/api/v1/jobs/{}", started.json()["job"].as_str().unwrap());
    h.until("the backfill has ended", async |h| !h.get(&path).await.json()["ended_at"].is_null()).await;
    let done = h.get(&path).await.json();
    let skipped = &done["progress"]["skipped"];
    assert_eq!((&skipped["gone"], &skipped["unreadable"]), (&json!(0), &json!(0)), "{done}");
    let of = async |tenant: usize| {
        let mut snapshots = 0;
        for id in two.watched(tenant).await {
            let path = format!("/api/v1/events?change=snapshot&limit=1000&subscription={id}");
            snapshots += h.get(&path).await.json()["items"].as_array().unwrap().len();
        }
        snapshots
    };
    let (first, second) = (of(0).await, of(1).await);
    assert!(first > 0 && second > 0, "{first} and {second}");
    assert_eq!(done["progress"]["snapshots"], json!(first + second));
    h.books_balance().await;
    two.h.stop().await;
}

#[tokio::test]
async fn pages_and_health_name_every_tenant_with_its_own_identity() {
    let two = Two::new().await;
    let h = &two.h;
    let health = two.health().await;
    let seen = |one: &Value, name: &str| {
        let all = one["evidence"].as_array().unwrap();
        all.iter().find(|entry| entry["name"] == name).map(|entry| entry["value"].as_str().unwrap().to_owned())
    };
    let tokens: Vec<&Value> = health.iter().filter(|one| one["check"] == "identity.token").collect();
    let objects: BTreeSet<String> = tokens.iter().filter_map(|one| seen(one, "object id")).collect();
    assert_eq!((tokens.len(), objects.len()), (2, 2), "{health:?}");
    let settings = h.get("/settings").await.text;
    assert!(settings.contains("Identities") && objects.iter().all(|id| settings.contains(id.as_str())), "{settings}");
    assert!(two.ids.iter().all(|id| settings.contains(id.as_str())));
    assert!(settings.contains("2 tenants"), "the frame counts them");
    let list = h.get("/subscriptions").await.text;
    for tenant in h.console.tenants().iter() {
        assert!(list.contains(&tenant.name), "{list}");
    }

    // A role that is missing in the second tenant is given to the second tenant's identity.
    let subscription = two.watched(1).await.first().unwrap().clone();
    let none = json!({"subscription": subscription, "entries": [{"actions": [], "notActions": [], "dataActions": [], "notDataActions": []}]});
    two.at_second(Method::POST, "permissions", none).await;
    let health = two.health().await;
    let lacking: Vec<_> =
        health.iter().filter(|one| one["check"] == "permissions.read" && one["verdict"] != "pass").collect();
    let of_second = h.console.tenants().iter().nth(1).unwrap().credential.facts().unwrap().object_id.unwrap();
    assert_eq!(lacking.len(), 1, "{lacking:?}");
    assert!(lacking[0].to_string().contains(&subscription), "{lacking:?}");
    if let Some(command) = lacking[0]["commands"].as_array().and_then(|all| all.first()) {
        assert!(command.as_str().unwrap().contains(&of_second), "{command}");
    }
    two.h.stop().await;
}

#[tokio::test]
async fn what_one_tenant_lists_says_nothing_of_another() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(&OpenOptions::of(folder.path())).await.unwrap();
    let tenant = |n: u8| TenantId::parse(&format!("00000000-0000-4000-8000-00000000000{n}")).unwrap();
    let id = |n: u8| SubscriptionId::parse(&format!("20000000-0000-4000-8000-00000000000{n}")).unwrap();
    let listed = |of: u8, n: u8| ListedSubscription {
        id: id(n),
        tenant: tenant(of),
        name: format!("Shop {n}"),
        state: "Enabled".to_owned(),
        surroundings: Some(Default::default()),
    };
    let (one, two) = ((tenant(1), "Contoso".to_owned()), (tenant(2), "Fabrikam".to_owned()));
    store.record_tenants(std::slice::from_ref(&one)).await.unwrap();
    store.record_subscriptions(&[listed(1, 1)]).await.unwrap();
    let named = async || {
        let rows = store.list_subscriptions(&Visible::Everything).await.unwrap();
        rows.into_iter().map(|row| (row.tenant, row.condition)).collect::<Vec<_>>()
    };
    assert_eq!(named().await, [(None, SubscriptionHealth::Ok)], "one tenant is not named");
    store.record_tenants(&[one.clone(), two.clone()]).await.unwrap();
    store.record_subscriptions(&[listed(2, 2)]).await.unwrap();
    let watched = async |of: u8| {
        let all = store.watched_subscriptions(Some(&tenant(of))).await.unwrap();
        all.into_iter().map(|one| one.id).collect::<Vec<_>>()
    };
    store.mark_unlisted(&tenant(1), &[id(1)]).await.unwrap();
    // Seen from the first tenant too (Azure Lighthouse), it stays where it is watched.
    store.record_subscriptions(&[listed(1, 2)]).await.unwrap();
    assert_eq!((watched(1).await, watched(2).await), (vec![id(1)], vec![id(2)]));
    assert_eq!(store.due_for_sweep(&tenant(2), Kind::Alert, store.now()).await.unwrap(), [id(2)]);
    let sweep = store.begin_sweep(Kind::Alert, vec![id(2)], Vec::new()).await.unwrap();
    assert_eq!(store.open_sweeps(&tenant(1), Kind::Alert).await.unwrap().len(), 0);
    assert_eq!(store.open_sweeps(&tenant(2), Kind::Alert).await.unwrap()[0].id, sweep.id);

    // Moved to the first tenant it is watched there, once its old tenant lists it no more.
    store.mark_unlisted(&tenant(2), &[]).await.unwrap();
    assert_eq!((watched(1).await, watched(2).await), (vec![id(1)], vec![]));
    store.record_subscriptions(&[listed(1, 2)]).await.unwrap();
    assert_eq!((watched(1).await, watched(2).await), (vec![id(1), id(2)], vec![]));
    assert_eq!(store.tenant_of(&id(2)).await.unwrap(), Some(tenant(1)));

    // A tenant that the settings no longer name is marked, and comes back.
    store.record_subscriptions(&[listed(2, 3)]).await.unwrap();
    store.record_tenants(std::slice::from_ref(&one)).await.unwrap();
    let left = named().await;
    assert_eq!(left[2], (Some("Fabrikam".to_owned()), SubscriptionHealth::Unlisted), "{left:?}");
    store.record_tenants(&[one, two]).await.unwrap();
    store.record_subscriptions(&[listed(2, 3)]).await.unwrap();
    assert_eq!(named().await[2].1, SubscriptionHealth::Ok);
    // The first tenant is the store's own.
    store.stamp(&Stamp { cloud: "public".to_owned(), tenant: tenant(1) }).await.unwrap();
    assert!(store.stamp(&Stamp { cloud: "public".to_owned(), tenant: tenant(2) }).await.is_err());
    store.close().await;
}

#[tokio::test]
async fn what_is_asked_of_a_subscription_goes_to_its_own_tenant() {
    let two = Two::new().await;
    let h = &two.h;
    let second = two.watched(1).await;
    let subscription = second.first().unwrap();
    let rights = h.get(&format!("/api/v1/subscriptions/{subscription}/permissions")).await;
    assert!(rights.status == 200 && rights.text.contains("Microsoft.Security/alerts/read"), "{}", rights.text);

    // Sample alerts arise in the second tenant and are followed there.
    let asked = json!({"subscription": subscription, "bundle": "VirtualMachines"});
    let raised = h.post("/api/v1/samples", asked).await;
    assert_eq!(raised.status, 202, "{}", raised.text);
    let place = raised.headers["location"].to_str().unwrap().to_owned();
    h.until("the sample alerts were seen", async |h| {
        h.get(&place).await.json()["alerts"].as_array().is_some_and(|all| !all.is_empty())
    })
    .await;

    // An export that Azure delivers is written with the identity of the subscription's tenant.
    let on = h.submit("/fn/switch_azure_writes", "on=on").await;
    assert!(on.status.is_redirection() || on.status.is_success(), "{}", on.text);
    let hub = two.at_second(Method::GET, "starter", Value::Null).await["hubs"]["high"]["resource_id"].clone();
    let made = h
        .post(
            "/api/v1/exports",
            json!({"name": "by Azure", "delivered_by": "azure", "scope": {"subscriptions": second},
                "sources": [{"event_source": "Alerts", "rule_sets": []}],
                "azure": {"destination": hub, "resource_group": "rg-continuous-export", "location": "westeurope",
                    "automation": "ExportToEventHub", "trusted_service": true}}),
        )
        .await;
    assert_eq!(made.status, 201, "{}", made.text);
    let path = format!("/api/v1/exports/{}/roll-out", made.json()["id"].as_str().unwrap());
    let begun = h.post(&path, json!({"wish": "apply"})).await;
    assert_eq!(begun.status, 202, "{}", begun.text);
    h.until("the roll-out is over", async |h| h.get(&path).await.json()["under_way"] == false).await;
    let plan = h.get(&path).await.json();
    let rows = plan["items"].as_array().unwrap();
    assert!(rows.len() == 2 && rows.iter().all(|row| row["last"]["state"] == "done"), "{plan}");
    let arms: Vec<_> = h.console.tenants().iter().map(|tenant| tenant.arm().clone()).collect();
    for row in rows {
        let id = ResourceId::new(row["automation"].as_str().unwrap());
        let stands = async |at: usize| arms[at].automation(&id).await.is_ok_and(|found| found.is_some());
        assert!(stands(1).await && !stands(0).await, "{row}");
    }
    two.h.stop().await;
}
