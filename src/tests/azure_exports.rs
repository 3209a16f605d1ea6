//! Exports that Azure delivers, written, watched for drift, taken over and removed at the practice Azure.

use super::{
    harness::{Harness, small_practice},
    tenants::at,
};
use automation::Wanted;
use axum::http::Method;
use console::Actor;
use domain::{ResourceId, Role};
use secrecy::ExposeSecret;
use serde_json::{Value, json};
use store::Visible;

impl Harness {
    async fn allow_writes(&self, on: &str) {
        let answer = self.submit("/fn/switch_azure_writes", &format!("on={on}")).await;
        assert!(answer.status.is_redirection() || answer.status.is_success(), "{}", answer.text);
    }

    async fn hub(&self) -> (String, String) {
        let starter = self.practice(Method::GET, "starter", Value::Null).await;
        let hub = starter["hubs"]["high"].clone();
        (hub["resource_id"].as_str().unwrap().to_owned(), hub["hub"].as_str().unwrap().to_owned())
    }

    async fn plan(&self, id: &str) -> Value {
        self.get(&format!("/api/v1/exports/{id}/roll-out")).await.json()
    }

    async fn steps(&self, id: &str) -> Vec<String> {
        let plan = self.plan(id).await;
        plan["items"].as_array().unwrap().iter().map(|item| item["step"].as_str().unwrap().to_owned()).collect()
    }

    async fn roll_out(&self, id: &str, body: Value) -> Value {
        let begun = self.post(&format!("/api/v1/exports/{id}/roll-out"), body).await;
        assert_eq!(begun.status, 202, "{}", begun.text);
        self.until("the roll-out is over", async |h| h.plan(id).await["under_way"] == false).await;
        self.plan(id).await
    }

    async fn automation(&self, id: &str) -> Option<Value> {
        self.arm.automation(&ResourceId::new(id)).await.unwrap().map(|found| serde_json::to_value(found).unwrap())
    }
}

fn administrator() -> Actor {
    Actor { id: "x".into(), name: "x".into(), role: Role::Administrator, visible: Visible::Everything }
}

fn body(name: &str, hub: &str, extra: &Value) -> Value {
    let mut azure = json!({
        "destination": hub, "resource_group": "rg-continuous-export", "location": "westeurope",
        "automation": "ExportToEventHub",
    });
    azure.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
    json!({
        "name": name, "delivered_by": "azure", "scope": {"all": true},
        "sources": [{"event_source": "Alerts", "rule_sets": [{"rules": [
            {"propertyJPath": "Severity", "propertyType": "String", "operator": "Equals", "expectedValue": "High"},
        ]}]}],
        "azure": azure,
    })
}

#[tokio::test]
async fn azure_is_brought_to_what_is_saved_and_back() {
    let h = Harness::new().await;
    let (hub, _) = h.hub().await;
    let made = h.post("/api/v1/exports", body("by Azure", &hub, &json!({"trusted_service": true}))).await;
    assert_eq!(made.status, 201, "{}", made.text);
    let id = made.json()["id"].as_str().unwrap().to_owned();
    assert_eq!(h.steps(&id).await, ["create", "create"]);

    // Nothing is written before somebody allows it; asking is allowed.
    let refused = h.post(&format!("/api/v1/exports/{id}/roll-out"), json!({"wish": "apply"})).await;
    assert_eq!(refused.status, 409, "{}", refused.text);
    let plan = h.roll_out(&id, json!({"wish": "validate"})).await;
    assert!(plan["items"].as_array().unwrap().iter().all(|item| item["last"]["state"] == "done"), "{plan}");
    assert_eq!(h.steps(&id).await, ["create", "create"], "asking stores nothing");

    h.allow_writes("on").await;
    let plan = h.roll_out(&id, json!({"wish": "apply"})).await;
    assert_eq!(h.steps(&id).await, ["keep", "keep"], "{plan}");
    let first = plan["items"][0]["automation"].as_str().unwrap().to_owned();
    let stands = h.automation(&first).await.unwrap();
    assert_eq!(stands["properties"]["actions"][0]["isTrustedServiceEnabled"], true, "{stands}");
    let listed = h.get("/api/v1/azure-exports").await.json();
    assert_eq!(listed["items"].as_array().unwrap().len(), 2, "pages show it at once: {listed}");

    // What is applied is what the code of the export says.
    let mut open = body("open \u{202e}to all", &hub, &json!({"trusted_service": true, "automation": "open"}));
    open["sources"] = json!([{"event_source": "Alerts", "rule_sets": []}]);
    open["scope"] = json!({"subscriptions": [plan["items"][0]["subscription"]]});
    let open = h.post("/api/v1/exports", open).await.json()["id"].as_str().unwrap().to_owned();
    let applied = h.roll_out(&open, json!({"wish": "apply"})).await;
    let made = applied["items"].as_array().unwrap().iter().find(|item| item["step"] == "keep");
    let made = made.unwrap_or_else(|| panic!("{applied}"))["automation"].as_str().unwrap().to_owned();
    let applied = h.automation(&made).await.unwrap();
    let code = h.get(&format!("/api/v1/exports/{open}/template?format=arm")).await.json();
    for member in ["description", "isEnabled", "scopes", "sources"] {
        assert_eq!(applied["properties"][member], code["resources"][0]["properties"][member], "{member}");
    }
    assert_eq!(applied["properties"]["sources"][0]["ruleSets"], json!([]));
    h.roll_out(&open, json!({"wish": "remove"})).await;

    // It decides on nothing here: Azure does.
    h.alerts(3, "High").await;
    h.until("the alerts are delivered by the console's own exports", async |h| {
        h.get("/api/v1/deliveries?kind=alert").await.json()["items"].as_array().unwrap().len() >= 3
    })
    .await;
    assert!(!h.get("/api/v1/deliveries?limit=1000").await.text.contains(&id));
    h.books_balance().await;

    // What somebody else changed meanwhile is not overwritten.
    let export = h.console.export(&administrator(), &id.parse().unwrap()).await.unwrap().body;
    let subscription = ResourceId::new(&first).subscription().unwrap();
    let delivery = export.azure.clone().unwrap();
    let wanted = Wanted { export: &export, delivery: &delivery, enabled: false, subscription: &subscription };
    let stale =
        h.arm.patch_automation(&ResourceId::new(&first), &wanted.changes(), Some("\"stale\"")).await.unwrap_err();
    assert_eq!(stale.fault().map(|fault| fault.status), Some(412), "{stale}");

    // Paused, it is switched off there.
    assert_eq!(h.post(&format!("/api/v1/exports/{id}/pause"), json!({})).await.status, 200);
    h.until("Azure is told", async |h| {
        h.plan(&id).await["under_way"] == false
            && h.automation(&first).await.is_some_and(|found| found["properties"]["isEnabled"] == false)
    })
    .await;
    assert_eq!(h.post(&format!("/api/v1/exports/{id}/resume"), json!({})).await.status, 200);
    h.until("Azure is told again", async |h| {
        h.plan(&id).await["under_way"] == false && h.steps(&id).await == ["keep", "keep"]
    })
    .await;

    // A narrower scope leaves one over, which goes with the next roll-out.
    let mut narrower = body("by Azure", &hub, &json!({"trusted_service": true}));
    let subscription = plan["items"][1]["subscription"].clone();
    narrower["scope"] = json!({"subscriptions": [subscription]});
    let saved = h.ask(Method::PUT, &format!("/api/v1/exports/{id}"), Some(narrower), &[("if-match", "\"1\"")]).await;
    assert_eq!(saved.status, 200, "{}", saved.text);
    assert_eq!(h.steps(&id).await, ["remove", "keep"]);
    h.roll_out(&id, json!({"wish": "apply"})).await;
    assert_eq!(h.steps(&id).await, ["keep"]);
    assert!(h.automation(&first).await.is_none());

    let plan = h.roll_out(&id, json!({"wish": "remove"})).await;
    assert_eq!(plan["items"][0]["step"], "create", "{plan}");
    let page = h.get(&format!("/exports/{id}/azure")).await;
    assert!(page.status == 200 && page.text.contains("Missing in Azure"), "{}", page.text);
    let audit = h.get("/api/v1/audit").await.text;
    assert!(audit.contains("export.roll-out") && audit.contains("azure-writes.turn"), "{audit}");
}

#[tokio::test]
async fn a_connection_string_that_cannot_be_read_back_is_never_lost() {
    let h = Harness::new().await;
    h.allow_writes("on").await;
    let (hub, name) = h.hub().await;
    let mut keyed = body("with a key", &hub, &json!({}));
    let all = h.get("/api/v1/subscriptions").await.json();
    keyed["scope"] = json!({"subscriptions": [all["items"][0]["id"]]});
    let made = h.post("/api/v1/exports", keyed.clone()).await.json();
    let id = made["id"].as_str().unwrap().to_owned();

    // Without a string and without a rule nothing is written.
    let plan = h.roll_out(&id, json!({"wish": "apply"})).await;
    assert_eq!(
        (plan["items"][0]["last"]["state"].as_str(), h.steps(&id).await),
        (Some("failed"), vec!["create".into()])
    );
    assert!(plan["items"][0]["last"]["message"].as_str().unwrap().contains("typed again"), "{plan}");
    let wrong = json!({"wish": "apply", "connection_string": "Endpoint=sb://x/;SharedAccessKeyName=a;SharedAccessKey=secretkey"});
    let refused = h.post(&format!("/api/v1/exports/{id}/roll-out"), wrong).await;
    assert_eq!(refused.status, 422, "{}", refused.text);
    let string = format!(
        "Endpoint=sb://x.servicebus.windows.net/;SharedAccessKeyName=send;SharedAccessKey=secretkey;EntityPath={name}"
    );
    let plan = h.roll_out(&id, json!({"wish": "apply", "connection_string": string})).await;
    assert_eq!(plan["items"][0]["step"], "keep", "{plan}");
    let automation = plan["items"][0]["automation"].as_str().unwrap().to_owned();
    let before = h.automation(&automation).await.unwrap();
    assert!(before["properties"]["actions"][0]["connectionString"].is_null(), "{before}");
    let rule = before["properties"]["actions"][0]["sasPolicyName"].clone();
    assert_eq!(rule, "send", "{before}");

    // Another filter is patched beside the action: nobody has to know the string.
    keyed["sources"] = json!([{"event_source": "Alerts"}]);
    let saved =
        h.ask(Method::PUT, &format!("/api/v1/exports/{id}"), Some(keyed.clone()), &[("if-match", "\"1\"")]).await;
    assert_eq!(saved.status, 200, "{}", saved.text);
    let plan = h.plan(&id).await;
    assert_eq!(plan["items"][0]["drift"][0]["what"], "Alerts", "{plan}");
    let plan = h.roll_out(&id, json!({"wish": "apply"})).await;
    assert_eq!(plan["items"][0]["step"], "keep", "{plan}");
    let after = h.automation(&automation).await.unwrap();
    assert_eq!(after["properties"]["actions"][0]["sasPolicyName"], rule);

    // Somebody changes it in Azure: it is seen, and put right, with the rule's key where the action is rewritten.
    keyed["azure"]["key_rule"] = json!("console-send");
    let saved = h.ask(Method::PUT, &format!("/api/v1/exports/{id}"), Some(keyed), &[("if-match", "\"2\"")]).await;
    assert_eq!(saved.status, 200, "{}", saved.text);
    h.arm.delete_automation(&ResourceId::new(&automation), None).await.unwrap();
    h.roll_out(&id, json!({"wish": "validate"})).await;
    assert_eq!(h.steps(&id).await, ["create"], "asking reads what stands there");
    h.fault("arm", "conflict").await;
    let plan = h.roll_out(&id, json!({"wish": "apply"})).await;
    assert!(plan["items"][0]["last"]["message"].as_str().unwrap().contains("409"), "{plan}");
    h.no_faults().await;
    let plan = h.roll_out(&id, json!({"wish": "apply"})).await;
    assert_eq!(h.steps(&id).await, ["keep"], "{plan}");

    for text in [
        h.get("/api/v1/audit").await.text,
        h.plan(&id).await.to_string(),
        h.get(&format!("/exports/{id}/azure")).await.text,
    ] {
        assert!(!text.contains("secretkey"), "{text}");
    }
}

#[tokio::test]
async fn one_of_azures_exports_is_taken_over_as_it_stands() {
    let folder = tempfile::tempdir().unwrap();
    let practice = small_practice(None).await;
    let origin = practice.origin().to_owned();
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let four = json!({"count": 4, "automations": true});
    let answer = client.post(format!("{origin}/_practice/subscriptions")).json(&four).send().await.unwrap();
    assert!(answer.status().is_success());
    // Resource Manager publishes no pattern for names: one that could end a literal in code is not taken.
    let place = "/subscriptions/10000000-0000-4000-8000-000000000001";
    let hostile = json!({
        "id": format!("{place}/resourceGroups/rg/providers/Microsoft.Security/automations/x\"$(id)"),
        "name": "x\"$(id)", "type": "Microsoft.Security/automations", "location": "westeurope",
        "properties": {
            "isEnabled": true, "scopes": [{"scopePath": place}], "sources": [{"eventSource": "Alerts", "ruleSets": []}],
            "actions": [{"actionType": "Workspace", "workspaceResourceId":
                format!("{place}/resourceGroups/rg/providers/Microsoft.OperationalInsights/workspaces/w")}],
        },
    });
    let import = json!([{"value": [hostile]}]);
    let answer = client.post(format!("{origin}/_practice/import")).json(&import).send().await.unwrap();
    assert!(answer.status().is_success());
    let h = Harness::on(folder.path(), &origin).await;
    h.until("they are read", async |h| h.get("/api/v1/azure-exports").await.text.contains("$(id)")).await;
    h.until("they are read", async |h| {
        h.get("/api/v1/azure-exports").await.json()["items"].as_array().unwrap().len() > 1
    })
    .await;
    let listed = h.get("/api/v1/azure-exports").await.json();
    let is_one = |one: &&Value| one["left_alone"].is_null() && one["automation"] != hostile["id"];
    let one = listed["items"].as_array().unwrap().iter().find(is_one).unwrap().clone();
    let page = h.get(&format!("/exports/azure?id={}", one["automation"].as_str().unwrap())).await;
    assert!(page.status == 200 && page.text.contains("Take it over"), "{}", page.text);

    let adopted = h.post("/api/v1/azure-exports/adopt", json!({"automation": one["automation"]})).await;
    assert_eq!(adopted.status, 201, "{}", adopted.text);
    let adopted = adopted.json();
    assert_eq!((&adopted["delivered_by"], &adopted["sources"]), (&json!("azure"), &one["sources"]));
    let id = adopted["id"].as_str().unwrap();
    assert_eq!(h.steps(id).await, ["keep"], "what was taken over is what stands there");
    let again = h.post("/api/v1/azure-exports/adopt", json!({"automation": one["automation"]})).await;
    assert_eq!(again.status, 409, "{}", again.text);
    let gone = h.post("/api/v1/azure-exports/adopt", json!({"automation": "/subscriptions/x/y"})).await;
    assert_eq!(gone.status, 404);

    let refused = h.post("/api/v1/azure-exports/adopt", json!({"automation": hostile["id"]})).await;
    assert!(refused.status == 409 && refused.text.contains("can't be imported"), "{}", refused.text);

    // Its filter is previewed and its code written like any other's.
    let code = h.get(&format!("/api/v1/exports/{id}/template?format=bicep")).await;
    assert!(code.status == 200 && code.text.contains("Microsoft.Security/automations"), "{}", code.text);
    let refused = h.post("/api/v1/backfills", json!({"export": id, "current_state": true})).await;
    assert_eq!(refused.status, 409, "{}", refused.text);
    let editor = h.get(&format!("/exports/{id}")).await;
    assert!(editor.text.contains("Delivered by Azure") && editor.text.contains("Target in Azure"), "{}", editor.text);
    // Deleting it here leaves it alone in Azure.
    let deleted = h.ask(Method::DELETE, &format!("/api/v1/exports/{id}"), None, &[("if-match", "\"1\"")]).await;
    assert_eq!(deleted.status, 200, "{}", deleted.text);
    assert!(h.automation(one["automation"].as_str().unwrap()).await.is_some());
    h.stop().await;
    practice.stop().await;
}

#[tokio::test]
async fn what_azure_sends_to_a_workspace_is_found_there_and_never_called_a_delivery() {
    let h = Harness::new().await;
    h.allow_writes("on").await;
    let starter = h.practice(Method::GET, "starter", Value::Null).await;
    let workspace = starter["workspace"]["resource_id"].as_str().unwrap();
    let made = h
        .post("/api/v1/exports", body("to the workspace", workspace, &json!({"automation": "ExportToWorkspace"})))
        .await;
    assert_eq!(made.status, 201, "{}", made.text);
    let id = made.json()["id"].as_str().unwrap().to_owned();
    h.roll_out(&id, json!({"wish": "apply"})).await;
    assert_eq!(h.steps(&id).await, ["keep", "keep"]);

    h.fault("query", "outage").await;
    let raised = h.alerts(2, "High").await;
    h.alerts(1, "Low").await;
    let arrivals = async |h: &Harness| h.get(&format!("/api/v1/arrivals?export={id}")).await.json()["items"].clone();
    h.until("both are looked for", async |h| arrivals(h).await.as_array().unwrap().len() == 2).await;
    h.until("the trouble is named", async |h| arrivals(h).await[0]["trouble"].is_string()).await;
    assert_eq!(arrivals(&h).await[0]["arrival"], "waiting", "what cannot be asked is not missing");
    h.no_faults().await;
    h.until("both have arrived", async |h| {
        arrivals(h).await.as_array().unwrap().iter().all(|one| one["arrival"] == "arrived")
    })
    .await;
    let found = arrivals(&h).await;
    assert!(found[0]["delay_seconds"].as_i64().unwrap() >= 0 && found[0]["trouble"].is_null(), "{found}");
    assert_eq!(raised["ids"].as_array().unwrap().len(), 2);

    let log = h.get("/log?tab=arrivals").await;
    assert!(
        log.status == 200 && log.text.contains("Verified arrival") && log.text.contains("2 verified"),
        "{}",
        log.text
    );
    let event = h.get(&format!("/log/events/{}", found[0]["event"].as_str().unwrap())).await;
    assert!(event.text.contains("Sent by Azure"), "{}", event.text);
    assert!(!h.get("/api/v1/deliveries?limit=1000").await.text.contains(&id));
    let page = h.get(&format!("/exports/{id}/azure")).await;
    assert!(page.text.contains("2 verified"), "{}", page.text);
    h.books_balance().await;
}

#[tokio::test]
async fn sample_alerts_are_followed_until_they_arrive() {
    let h = Harness::new().await;
    let all = h.get("/api/v1/subscriptions").await.json();
    let subscription = all["items"][0]["id"].clone();
    let refused = h.post("/api/v1/samples", json!({"subscription": subscription, "bundle": "Toasters"})).await;
    assert_eq!(refused.status, 422, "{}", refused.text);
    let raised = h.post("/api/v1/samples", json!({"subscription": subscription, "bundle": "VirtualMachines"})).await;
    assert_eq!(raised.status, 202, "{}", raised.text);
    let id = raised.json()["id"].as_str().unwrap().to_owned();
    assert!(raised.json()["said"].is_string(), "{}", raised.text);
    let form = h.get(&format!("/samples?export={}", "x")).await;
    assert!(form.status == 200 && form.text.contains("They reach every target"), "{}", form.text);
    h.until("the alerts are observed and decided", async |h| {
        let alerts = h.get(&format!("/api/v1/samples/{id}")).await.json()["alerts"].clone();
        alerts.as_array().unwrap().iter().filter(|one| !one["deliveries"].as_array().unwrap().is_empty()).count() >= 2
    })
    .await;
    let page = h.get(&format!("/samples/{id}")).await;
    assert!(page.status == 200 && page.text.contains("[SAMPLE ALERT]"), "{}", page.text);
    assert!(h.get("/api/v1/audit").await.text.contains("sample.raise"));
}

#[tokio::test]
async fn only_what_is_this_exports_doing_is_removed_and_only_hubs_are_asked_about() {
    let h = Harness::new().await;
    h.allow_writes("on").await;
    let (hub, _) = h.hub().await;
    let trusted = json!({"trusted_service": true});
    let mine = h.post("/api/v1/exports", body("mine", &hub, &trusted)).await.json();
    let id = mine["id"].as_str().unwrap();

    // Somebody else's automation has the same name: asking about it, and removing, leave it alone.
    let first = h.plan(id).await["items"][0]["automation"].as_str().unwrap().to_owned();
    let export = h.console.export(&administrator(), &id.parse().unwrap()).await.unwrap().body;
    let (delivery, subscription) = (export.azure.clone().unwrap(), ResourceId::new(&first).subscription().unwrap());
    let wanted = Wanted { export: &export, delivery: &delivery, enabled: true, subscription: &subscription };
    h.arm.need_resource_group(&subscription, "rg-continuous-export", "westeurope").await.unwrap();
    h.arm.put_automation(&ResourceId::new(&first), wanted.whole(None), None).await.unwrap();
    h.roll_out(id, json!({"wish": "validate"})).await;
    let begun = h.post(&format!("/api/v1/exports/{id}/roll-out"), json!({"wish": "remove"})).await;
    assert_eq!(begun.json()["automations"], 0, "{}", begun.text);
    assert!(h.automation(&first).await.is_some());

    // What is made is removed, also after it was asked about.
    h.roll_out(id, json!({"wish": "apply"})).await;
    h.roll_out(id, json!({"wish": "validate"})).await;
    let plan = h.roll_out(id, json!({"wish": "remove"})).await;
    assert_eq!(plan["items"].as_array().unwrap().iter().filter(|item| item["step"] == "create").count(), 1, "{plan}");
    assert!(h.automation(&first).await.is_some(), "it was in place before, and is not ours");

    // Another export with the same automations would overwrite these.
    let twin = h.post("/api/v1/exports", body("twin", &hub, &trusted)).await;
    assert!(twin.status == 422 && twin.text.contains("azure.automation"), "{}", twin.text);
    let other =
        h.post("/api/v1/exports", body("other", &hub, &json!({"trusted_service": true, "automation": "other"}))).await;
    assert_eq!(other.status, 201, "{}", other.text);

    // Ids become parts of addresses: nothing but a hub or a workspace is taken.
    for wrong in [
        "/subscriptions/0ab1c2d3-0000-4000-8000-000000000001/resourceGroups/rg/providers/Microsoft.Compute/virtualMachines/vm/deallocate?x=/Microsoft.OperationalInsights/workspaces/w/eventhubs/h",
        "/subscriptions/0ab1c2d3-0000-4000-8000-000000000001/resourceGroups/rg/providers/Microsoft.OperationalInsights/workspaces/w/tables/t",
    ] {
        let refused = h.post("/api/v1/exports", body("wrong", wrong, &json!({"automation": "wrong"}))).await;
        assert!(refused.status == 422 && refused.text.contains("azure.destination"), "{}", refused.text);
        let asked = h.submit("/fn/show_hub_use", &format!("hub={wrong}")).await;
        assert!(!asked.status.is_success(), "{}", asked.text);
    }
}

#[tokio::test]
async fn a_key_that_was_made_anew_is_given_to_azure_though_all_else_is_in_place() {
    let h = Harness::new().await;
    h.allow_writes("on").await;
    let (hub, name) = h.hub().await;
    let made = h.post("/api/v1/exports", body("keyed", &hub, &json!({"key_rule": "console-send"}))).await.json();
    let id = made["id"].as_str().unwrap();
    h.roll_out(id, json!({"wish": "apply"})).await;
    assert_eq!(h.steps(id).await, ["keep", "keep"]);
    let string = format!(
        "Endpoint=sb://siem-prod.servicebus.windows.net/;SharedAccessKeyName=console-send;SharedAccessKey=new;EntityPath={name}"
    );
    let plan = h.roll_out(id, json!({"wish": "apply", "connection_string": string})).await;
    let said: Vec<&str> =
        plan["items"].as_array().unwrap().iter().map(|item| item["last"]["message"].as_str().unwrap()).collect();
    assert_eq!(said, ["written anew", "written anew"], "{plan}");
}

#[tokio::test]
async fn a_roll_out_goes_on_after_a_stop_and_after_a_crash() {
    const MORE: usize = 200;
    let practice = small_practice(None).await;
    at(&practice, Method::POST, "subscriptions", json!({"count": MORE})).await;
    let folder = tempfile::tempdir().unwrap();
    let h = Harness::on(folder.path(), practice.origin()).await;
    h.until("all are listed", async |h| h.store.watched_subscriptions(None).await.unwrap().len() == MORE + 2).await;
    let (hub, _) = h.hub().await;
    let made = h.post("/api/v1/exports", body("by Azure", &hub, &json!({"trusted_service": true}))).await;
    let id = made.json()["id"].as_str().unwrap().to_owned();
    h.allow_writes("on").await;
    let begun = h.post(&format!("/api/v1/exports/{id}/roll-out"), json!({"wish": "apply"})).await;
    assert_eq!(begun.status, 202, "{}", begun.text);
    let in_state = |plan: &Value, state: &str| -> Vec<String> {
        let rows = plan["items"].as_array().unwrap().iter().filter(|item| item["last"]["state"] == state);
        rows.map(|item| item["automation"].as_str().unwrap().to_owned()).collect()
    };
    let some_are_done = async |h: &Harness, more_than: usize| {
        h.until("some of them are done", async |h| in_state(&h.plan(&id).await, "done").len() > more_than).await;
    };
    some_are_done(&h, 0).await;
    h.stop().await;
    let h = Harness::reopen(folder.path(), practice.origin()).await;
    let plan = h.plan(&id).await;
    let before = in_state(&plan, "done").len();
    assert!(before < MORE + 2 && plan["under_way"] == true, "it was stopped in the middle: {plan}");
    let again = h.post(&format!("/api/v1/exports/{id}/roll-out"), json!({"wish": "apply"})).await;
    assert_eq!(again.status, 409, "{}", again.text);
    some_are_done(&h, before).await;
    h.crash().await;
    let h = Harness::reopen(folder.path(), practice.origin()).await;
    h.until("it is over", async |h| h.plan(&id).await["under_way"] == false).await;
    let plan = h.plan(&id).await;
    let done = in_state(&plan, "done");
    assert_eq!(done.len(), MORE + 2, "{plan}");
    for automation in done {
        assert!(h.automation(&automation).await.is_some(), "{automation}");
    }
    h.stop().await;
}

#[tokio::test]
async fn a_typed_connection_string_survives_a_stop_sealed_and_is_forgotten_at_the_end() {
    const STRING: &str = "Endpoint=sb://siem-prod.servicebus.windows.net/;SharedAccessKeyName=send;SharedAccessKey=aHVzaGh1c2g=;EntityPath=";
    let practice = small_practice(None).await;
    let folder = tempfile::tempdir().unwrap();
    let h = Harness::on(folder.path(), practice.origin()).await;
    h.until("both are listed", async |h| h.store.watched_subscriptions(None).await.unwrap().len() == 2).await;
    let (hub, _) = h.hub().await;
    let id =
        h.post("/api/v1/exports", body("by Azure", &hub, &json!({}))).await.json()["id"].as_str().unwrap().to_owned();
    h.allow_writes("on").await;
    let export = domain::ExportId::parse(&id).unwrap();
    let text = format!("{STRING}{}", hub.rsplit('/').next().unwrap());
    // Resource Manager does not answer: nothing is settled before the stop.
    h.fault("arm", "outage").await;
    let begun =
        h.post(&format!("/api/v1/exports/{id}/roll-out"), json!({"wish": "apply", "connection_string": text})).await;
    assert_eq!(begun.status, 202, "{}", begun.text);
    let kept = h.store.roll_out_connection(&export).await.unwrap().map(|kept| kept.expose_secret().to_owned());
    assert_eq!(kept.as_deref(), Some(text.as_str()));
    h.crash().await;
    for file in std::fs::read_dir(folder.path()).unwrap() {
        let path = file.unwrap().path();
        let bytes = if path.is_file() { std::fs::read(&path).unwrap() } else { Vec::new() };
        assert!(!String::from_utf8_lossy(&bytes).contains("aHVzaGh1c2g"), "{}", path.display());
    }
    let h = Harness::reopen(folder.path(), practice.origin()).await;
    assert!(h.store.is_rolling_out(&export).await.unwrap(), "it goes on");
    h.no_faults().await;
    h.until("it is over", async |h| h.plan(&id).await["under_way"] == false).await;
    let plan = h.plan(&id).await;
    assert!(plan["items"].as_array().unwrap().iter().all(|item| item["last"]["state"] == "done"), "{plan}");
    assert!(h.store.roll_out_connection(&export).await.unwrap().is_none());
    h.stop().await;
}

#[tokio::test]
async fn roll_outs_of_several_exports_go_by_turns() {
    let h = Harness::new().await;
    let (hub, _) = h.hub().await;
    h.allow_writes("on").await;
    h.fault("arm", "outage").await;
    for name in ["first", "second"] {
        let mut body = body(name, &hub, &json!({"trusted_service": true}));
        body["azure"]["automation"] = json!(name);
        let id = h.post("/api/v1/exports", body).await.json()["id"].as_str().unwrap().to_owned();
        let begun = h.post(&format!("/api/v1/exports/{id}/roll-out"), json!({"wish": "apply"})).await;
        assert_eq!(begun.json()["automations"], 2, "{}", begun.text);
    }
    let waiting = h.store.waiting_roll_outs(3).await.unwrap();
    assert!(waiting[0].export != waiting[1].export && waiting[0].export == waiting[2].export, "{waiting:?}");
    h.crash().await;
}
