//! Checks that need no item.

use super::{Break, PAUSE, TRIES, World, alerts_where, apply, by_azure, mend, ours, roll_out};
use crate::harness::Harness;
use axum::http::Method;
use serde_json::{Value, json};

pub(super) type Trouble = (String, String, String);

/// What does not pass, the most harmful first: check, subject, verdict.
pub(super) async fn troubles(h: &Harness) -> Vec<Trouble> {
    let answer = h.get("/api/v1/health").await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let items = answer.json()["items"].as_array().unwrap().clone();
    let open = items.iter().filter(|one| one["verdict"] != "pass");
    open.map(|one| (text(&one["check"]), text(&one["subject"]), text(&one["verdict"]))).collect()
}

/// Metrics of a hub in the last hour.
fn metrics(of: &[(&str, f64)]) -> Value {
    let one = |(name, total): &(&str, f64)| json!({"name": {"value": name}, "timeseries": [{"data": [{"timeStamp": "2026-01-01T00:00:00Z", "total": total}]}]});
    json!({"value": of.iter().map(one).collect::<Vec<_>>()})
}

fn scenarios(w: &World) -> Vec<(&'static str, &'static str, Break)> {
    use Break::{Alert, Answer, Export, Fault, Rights, RollOut};
    let at = |of: &str, rest: &str, change: Value| Answer(format!("{of}{rest}"), change);
    let subscription = format!("/subscriptions/{}", w.subscription);
    let group = w.workspace.split("/providers/").next().unwrap();
    let name = w.workspace.rsplit('/').next().unwrap();
    let insights = "/providers/Microsoft.Insights";
    let sets = |sets: Value| json!([{"event_source": "Alerts", "rule_sets": sets}]);
    let high = |path: &str| json!({"propertyJPath": path, "propertyType": "String", "operator": "Equals", "expectedValue": "High"});
    let by_azure =
        |automation: &str, sources: &Value| RollOut(by_azure(w, "scenario", automation, &w.workspace, sources));
    let low = alerts_where("Severity", "String", "Equals", "Low");
    let keys = json!({"value": [{
        "eventTimestamp": "2099-01-01T00:00:00Z", "caller": "alice",
        "operationName": {"value": "Microsoft.EventHub/namespaces/authorizationRules/regenerateKeys/action"},
        "resourceId": format!("{}/authorizationRules/console-send", w.namespace),
    }]});
    vec![
        ("clock", "fail", Fault("graph", "clock-skew")),
        ("sources.reachable", "fail", Fault("graph", "outage")),
        (
            "permissions.read",
            "fail",
            Rights(&["Microsoft.Security/alerts/read", "Microsoft.Authorization/*/read", "Microsoft.Resources/*/read"]),
        ),
        (
            "provider.security",
            "warning",
            at(&subscription, "/providers/Microsoft.Security", json!({"registrationState": "NotRegistered"})),
        ),
        (
            "azure.locked",
            "warning",
            at(
                &subscription,
                "/resourceGroups/rg-continuous-export/providers/Microsoft.Authorization/locks",
                json!({"value": [{"name": "keep", "properties": {"level": "ReadOnly"}}]}),
            ),
        ),
        (
            "target.network",
            "warning",
            at(
                &w.other_namespace,
                "/networkRuleSets/default",
                json!({"properties": {"defaultAction": "Deny", "ipRules": [{"ipMask": "10.0.0.1"}]}}),
            ),
        ),
        (
            "azure.network",
            "fail",
            at(&w.namespace, "/networkRuleSets/default", json!({"properties": {"publicNetworkAccess": "Disabled"}})),
        ),
        ("azure.target", "fail", at(&w.hub, "", json!({"properties": {"status": "SendDisabled"}}))),
        ("azure.target", "fail", at(&w.hub, "", Value::Null)),
        (
            "azure.target",
            "fail",
            at(&w.workspace, "", json!({"properties": {"workspaceCapping": {"dataIngestionStatus": "OverQuota"}}})),
        ),
        (
            "azure.target",
            "warning",
            at(&w.workspace, "", json!({"properties": {"publicNetworkAccessForIngestion": "Disabled"}})),
        ),
        ("azure.sign_in", "fail", at(&w.namespace, "", json!({"properties": {"disableLocalAuth": true}}))),
        (
            "azure.keys",
            "fail",
            at(
                w.namespace.split("/resourceGroups/").next().unwrap(),
                &format!("{insights}/eventtypes/management/values"),
                keys,
            ),
        ),
        (
            "azure.solution",
            "fail",
            at(
                group,
                &format!("/providers/Microsoft.OperationsManagement/solutions/SecurityCenterFree({name})"),
                Value::Null,
            ),
        ),
        (
            "hub.throughput",
            "warning",
            at(&w.namespace, &format!("{insights}/metrics"), metrics(&[("ThrottledRequests", 5.0)])),
        ),
        (
            "hub.read",
            "warning",
            at(
                &w.namespace,
                &format!("{insights}/metrics"),
                metrics(&[("IncomingMessages", 9.0), ("OutgoingMessages", 0.0)]),
            ),
        ),
        ("hub.consumers", "warning", at(&w.namespace, "", json!({"sku": {"name": "Basic"}}))),
        (
            "hub.failover",
            "fail",
            at(
                &w.namespace,
                "/disasterRecoveryConfigs",
                json!({"value": [{"name": "alias", "properties": {"partnerNamespace": "/x/other", "role": "Secondary"}}]}),
            ),
        ),
        ("workspace.retention", "warning", at(&w.workspace, "", json!({"properties": {"retentionInDays": 7}}))),
        (
            "workspace.transformation",
            "warning",
            at(&w.workspace, "", json!({"properties": {"defaultDataCollectionRuleResourceId": "/x/dcr"}})),
        ),
        (
            "rules.path",
            "fail",
            Export(ours(w, &alerts_where("properties.metadata.severity", "String", "Equals", "High"))),
        ),
        ("rules.type", "fail", Export(ours(w, &alerts_where("Severity", "String", "Equals", "Hihg")))),
        (
            "rules.wide",
            "warning",
            Export(ours(
                w,
                &json!([{"event_source": "Assessments", "rule_sets": [{"rules": [{"propertyJPath": "name", "propertyType": "String", "operator": "Contains", "expectedValue": "1"}]}]}]),
            )),
        ),
        (
            "rules.empty",
            "warning",
            Export(ours(w, &sets(json!([{"rules": [high("Severity")]}, {"rules": [high("Severity")]}])))),
        ),
        (
            "rules.recommendations",
            "warning",
            Export(ours(
                w,
                &json!([{"event_source": "Assessments", "rule_sets": [{"rules": [{"propertyJPath": "name", "propertyType": "String", "operator": "Equals", "expectedValue": "00000000-0000-4000-8000-0000000000ff"}]}]}]),
            )),
        ),
        (
            "rules.critical",
            "warning",
            Export(ours(
                w,
                &json!([{"event_source": "Assessments", "rule_sets": [{"rules": [high("properties.metadata.severity")]}, {"rules": [{"propertyJPath": "properties.metadata.severity", "propertyType": "String", "operator": "Equals", "expectedValue": "Medium"}]}]}]),
            )),
        ),
        ("export.findings", "warning", Export(ours(w, &json!([{"event_source": "SubAssessments"}])))),
        (
            "export.snapshots",
            "warning",
            Export(ours(w, &json!([{"event_source": "SecureScores"}, {"event_source": "SecureScoresSnapshot"}]))),
        ),
        (
            "export.covers",
            "fail",
            Export(
                json!({"name": "scenario", "scope": {"subscriptions": ["20000000-0000-4000-8000-000000000009"]}, "target": w.target, "sources": low}),
            ),
        ),
        ("export.doubles", "warning", Export(ours(w, &alerts_where("Severity", "String", "Equals", "High")))),
        ("export.name", "warning", by_azure("HiddenFromThePortal", &low)),
        ("target.condition", "fail", Fault("event-hubs", "disabled")),
        (
            "target.role",
            "fail",
            at(&w.hub, "/authorizationRules/console-send", json!({"properties": {"rights": ["Listen"]}})),
        ),
        // What was raised stays: these come last, the smaller one first.
        ("workspace.size", "warning", Alert(40_000)),
    ]
}

#[tokio::test]
async fn each_check_finds_what_it_looks_for_first() {
    walk(0).await;
}

#[tokio::test]
async fn each_check_finds_what_it_looks_for_second() {
    walk(1).await;
}

#[tokio::test]
async fn each_check_finds_what_it_looks_for_third() {
    walk(2).await;
}

/// Walks through a third of the scenarios: nothing else may come first, and mended all has to be as it was.
async fn walk(third: usize) {
    let h = Harness::new().await;
    let w = World::of(&h).await;
    h.alerts(1, "High").await;
    h.until_outcome("siem-high-alerts", "delivered", 1).await;
    mend(&h, &w).await;
    roll_out(
        &h,
        &by_azure(
            &w,
            "to the hub by Azure",
            "ExportToEventHub",
            &w.hub,
            &alerts_where("Severity", "String", "Equals", "Informational"),
        ),
    )
    .await;
    roll_out(
        &h,
        &by_azure(
            &w,
            "to the workspace by Azure",
            "ExportToWorkspace",
            &w.workspace,
            &alerts_where("Severity", "String", "Equals", "Medium"),
        ),
    )
    .await;
    h.until("what Azure delivers is listed", async |h| {
        h.get("/api/v1/azure-exports").await.json()["items"].as_array().is_some_and(|all| all.len() >= 2)
    })
    .await;
    let before = troubles(&h).await;
    let mut wrong = Vec::new();
    for (check, verdict, how) in scenarios(&w).into_iter().skip(third).step_by(3) {
        apply(&h, &w, &how).await;
        if check == "target.condition" {
            h.alerts(1, "High").await;
        }
        let new = |all: Vec<Trouble>| all.into_iter().find(|one| !before.contains(one));
        let mut first = None;
        for _ in 0..TRIES {
            first = new(troubles(&h).await);
            if first.as_ref().is_some_and(|(of, _, found)| of == check && found == verdict) {
                break;
            }
            tokio::time::sleep(PAUSE).await;
        }
        if first.as_ref().is_none_or(|(of, _, found)| of != check || found != verdict) {
            wrong.push(format!("{check}: {first:?} of {:?}", troubles(&h).await));
        }
        if !matches!(how, Break::Alert(_)) {
            mend(&h, &w).await;
            for _ in 0..TRIES {
                if troubles(&h).await == before {
                    break;
                }
                tokio::time::sleep(PAUSE).await;
            }
            let after = troubles(&h).await;
            if after != before {
                wrong.push(format!(
                    "after {check} stays {:?}",
                    after.iter().filter(|one| !before.contains(one)).collect::<Vec<_>>()
                ));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    h.stop().await;
}

/// These take several steps.
#[tokio::test]
async fn checks_that_look_at_what_was_sent_and_at_what_may_be_written_find_it() {
    let h = Harness::new().await;
    let w = World::of(&h).await;
    mend(&h, &w).await;
    let first = async |h: &Harness, before: &[Trouble]| {
        troubles(h).await.into_iter().find(|one| !before.contains(one)).map(|(check, _, verdict)| (check, verdict))
    };
    let is = |found: Option<(String, String)>, check: &str, verdict: &str| {
        found == Some((check.to_owned(), verdict.to_owned()))
    };
    let before = troubles(&h).await;
    h.submit("/fn/switch_azure_writes", "on=on").await;
    apply(&h, &w, &Break::Rights(&["*/read"])).await;
    h.until("it may not write", async |h| is(first(h, &before).await, "permissions.change", "warning")).await;
    mend(&h, &w).await;
    h.until("it need not", async |h| troubles(h).await == before).await;

    // Two exports of Azure's write the same alerts into the same table.
    let low = alerts_where("Severity", "String", "Equals", "Low");
    for automation in ["ExportToWorkspace", "exportToWorkspace2"] {
        let name = format!("scenario {automation}");
        roll_out(&h, &by_azure(&w, &name, automation, &w.workspace, &low)).await;
    }
    h.practice(Method::POST, "alerts", json!({"count": 6, "severity": "Low", "subscription": w.subscription})).await;
    h.until("their rows are doubled", async |h| is(first(h, &before).await, "workspace.repeats", "warning")).await;
    mend(&h, &w).await;

    apply(&h, &w, &Break::Alert(150_000)).await;
    let basic = Break::Answer(w.namespace.clone(), json!({"sku": {"name": "Basic"}}));
    apply(&h, &w, &basic).await;
    let half = "it is more than half of what Basic takes";
    h.until(half, async |h| is(first(h, &before).await, "hub.size", "warning")).await;
    mend(&h, &w).await;
    for export in h.get("/api/v1/exports").await.json()["items"].as_array().unwrap() {
        let path = format!("/api/v1/exports/{}", export["id"].as_str().unwrap());
        let etag = h.get(&path).await.headers["etag"].to_str().unwrap().to_owned();
        h.ask(Method::DELETE, &path, None, &[("if-match", &etag)]).await;
    }
    h.until("no alert leaves any more", async |h| is(first(h, &before).await, "coverage.cis", "warning")).await;
    h.stop().await;
}

/// Whoever has a role of the company's own may send, if that role says so.
#[tokio::test]
async fn a_role_of_ones_own_that_lets_its_holders_send_counts() {
    let h = Harness::new().await;
    let w = World::of(&h).await;
    mend(&h, &w).await;
    let low = alerts_where("Severity", "String", "Equals", "Low");
    let mut trusted = by_azure(&w, "trusted", "trusted", &w.hub, &low);
    trusted["azure"]["trusted_service"] = json!(true);
    trusted["azure"]["key_rule"] = Value::Null;
    roll_out(&h, &trusted).await;
    let role = format!("/subscriptions/{}/providers/Microsoft.Authorization/roleDefinitions/courier", w.subscription);
    let holder = json!({"value": [{"name": "one", "properties": {"principalId": "00000000-0000-4000-8000-0000000000cc", "roleDefinitionId": role}}]});
    let held = format!("{}/providers/Microsoft.Authorization/roleAssignments", w.hub);
    apply(&h, &w, &Break::Answer(held, holder)).await;
    let sign_in = async |h: &Harness| {
        let all = h.get("/api/v1/health").await.json()["items"].as_array().unwrap().clone();
        let one = all.into_iter().find(|one| {
            one["check"] == "azure.sign_in" && one["said"].as_str().is_some_and(|said| said.contains("role"))
        });
        one.map(|one| one["verdict"].as_str().unwrap().to_owned()).unwrap_or_default()
    };
    h.until("nobody may send", async |h| sign_in(h).await == "fail").await;
    let may = |not: &str| json!({"properties": {"permissions": [{"actions": [], "dataActions": ["Microsoft.EventHub/namespaces/messages/*"], "notDataActions": [not]}]}});
    apply(&h, &w, &Break::Answer(role.clone(), may("Microsoft.EventHub/*/send/action"))).await;
    assert_eq!(sign_in(&h).await, "fail", "what is taken back does not count");
    apply(&h, &w, &Break::Answer(role, may("Microsoft.EventHub/*/receive/action"))).await;
    assert_eq!(sign_in(&h).await, "cannot_tell", "who it is only Entra can say");
    h.stop().await;
}
