//! Checks of exports that Azure Policy deploys.

use super::{
    Break, World, alerts_where, apply, by_azure,
    health::{Trouble, troubles},
    mend, roll_out,
};
use crate::harness::Harness;
use serde_json::{Value, json};

/// An assignment of the policy with a connection string at a subscription, in order but for what is changed.
fn assignment(w: &World, change: &Value) -> Value {
    let value = |value: Value| json!({ "value": value });
    let mut one = json!({
        "id": id(w), "name": "export", "identity": {"type": "SystemAssigned", "principalId": "00000000-0000-4000-8000-00000000000a"},
        "properties": {
            "displayName": "Export to the hub", "policyDefinitionId": "/providers/Microsoft.Authorization/policyDefinitions/cdfcce10-4578-4ecd-9703-530938e4abcb",
            "scope": format!("/subscriptions/{}", w.subscription),
            "parameters": {
                "eventHubDetails": value(json!(format!("{}/authorizationRules/console-send", w.hub))), "resourceGroupName": value(json!("exports")),
                "createResourceGroup": value(json!(false)),
            },
        },
    });
    for (pointer, change) in change.as_object().unwrap() {
        *one.pointer_mut(pointer).unwrap() = change.clone();
    }
    json!({ "value": [one] })
}

fn id(w: &World) -> String {
    format!("/subscriptions/{}/providers/Microsoft.Authorization/policyAssignments/export", w.subscription)
}

/// What is found beyond the usual, the most harmful first: checks with their verdicts.
async fn open(h: &Harness, usual: &[Trouble]) -> Vec<(String, String)> {
    let new = troubles(h).await.into_iter().filter(|one| !usual.contains(one));
    new.map(|(check, _, verdict)| (check, verdict)).collect()
}

#[tokio::test]
async fn what_keeps_a_policy_from_deploying_is_found() {
    let h = Harness::new().await;
    let w = World::of(&h).await;
    mend(&h, &w).await;
    let usual = troubles(&h).await;
    let below = |what: &str| format!("/subscriptions/{}/providers/{what}", w.subscription);
    let states = |compliant: bool| {
        let state = json!({"subscriptionId": w.subscription, "isCompliant": compliant});
        Break::Answer(below("Microsoft.PolicyInsights/policyStates/latest/queryResults"), json!({ "value": [state] }))
    };
    let assigned =
        |change: Value| Break::Answer(below("Microsoft.Authorization/policyAssignments"), assignment(&w, &change));
    let task = |state: &str, failed: i64| {
        let task = json!({"id": below("Microsoft.PolicyInsights/remediations/r1"), "name": "r1", "properties": {
            "policyAssignmentId": id(&w), "provisioningState": state, "lastUpdatedOn": "2026-01-01T00:00:00Z",
            "deploymentStatus": {"totalDeployments": 1, "successfulDeployments": 1 - failed, "failedDeployments": failed},
        }});
        Break::Answer(below("Microsoft.PolicyInsights/remediations"), json!({ "value": [task] }))
    };
    let deleted = Break::Answer(
        below("Microsoft.Insights/eventtypes/management/values"),
        json!({"value": [{
            "eventTimestamp": "2099-01-01T00:00:00Z", "caller": "alice", "operationName": {"value": "Microsoft.Security/automations/delete"},
            "resourceId": format!("/subscriptions/{}/resourceGroups/exports/providers/Microsoft.Security/automations/exportToEventHub", w.subscription),
        }]}),
    );
    let hub = json!(w.hub);
    let scenarios: Vec<(&[&str], Vec<Break>)> = vec![
        (&[], vec![assigned(json!({})), states(true)]),
        (
            &["policy.target"],
            vec![assigned(json!({"/properties/parameters/eventHubDetails/value": hub})), states(true)],
        ),
        (&["policy.identity"], vec![assigned(json!({"/identity": null})), states(true)]),
        (
            &["policy.group"],
            vec![assigned(json!({"/properties/parameters/createResourceGroup/value": true})), states(true)],
        ),
        (&["policy.compliance"], vec![assigned(json!({})), states(false)]),
        (&["policy.remediation", "policy.compliance"], vec![assigned(json!({})), states(false), task("Failed", 1)]),
        (&["policy.race", "policy.compliance"], vec![assigned(json!({})), states(false), task("Succeeded", 0)]),
        (
            &["policy.returns", "policy.compliance"],
            vec![assigned(json!({})), states(false), task("Succeeded", 0), deleted],
        ),
    ];
    for (checks, breaks) in scenarios {
        for one in &breaks {
            apply(&h, &w, one).await;
        }
        let found: Vec<String> = open(&h, &usual).await.into_iter().map(|(check, _)| check).collect();
        assert_eq!(found, checks);
        mend(&h, &w).await;
        assert_eq!(open(&h, &usual).await, []);
    }
    // An automation that says something else than its assignment, and is compliant all the same.
    let low = alerts_where("Severity", "String", "Equals", "Low");
    let mut deployed = by_azure(&w, "deployed", "exportToEventHub", &w.hub, &low);
    deployed["azure"]["resource_group"] = json!("exports");
    roll_out(&h, &deployed).await;
    for one in [assigned(json!({})), states(true)] {
        apply(&h, &w, &one).await;
    }
    let finds = async |h: &Harness, check: &str, verdict: &str| {
        open(h, &usual).await.first() == Some(&(check.to_owned(), verdict.to_owned()))
    };
    h.until("it differs", async |h| finds(h, "policy.drift", "warning").await).await;
    mend(&h, &w).await;
    let unread = Break::Answer(below("Microsoft.Authorization/policyAssignments"), Value::Null);
    apply(&h, &w, &unread).await;
    h.until("what cannot be read says so", async |h| finds(h, "policy.read", "cannot_tell").await).await;
    mend(&h, &w).await;
    h.until("all is as usual", async |h| open(h, &usual).await.is_empty()).await;
    h.stop().await;
}
