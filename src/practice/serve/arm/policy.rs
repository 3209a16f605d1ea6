//! `Microsoft.PolicyInsights`: compliance and remediations.

use axum::http::{Method, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use super::super::answers::{Refused, json_answer, ok, problem};
use super::super::request::Asked;
use super::change::{Change, conclude, document, read_body};
use super::{list_of, no_route, one};
use crate::dice::{azure_time, guid};
use crate::journal::Entry;
use crate::state::{Azure, clock};
use crate::world::World;
use crate::world::policy::{REMEDIATIONS, Verdict};

/// Answers what is read below `{scope}/providers/Microsoft.PolicyInsights`.
pub(super) fn read(world: &World, asked: &Asked, scope: &str, path: &[&str]) -> Response {
    match path {
        ["policystates", "latest", "queryresults"] if asked.method == Method::POST => ok(&states(world, asked, scope)),
        ["policystates", "latest", "summarize"] if asked.method == Method::POST => ok(&summary(world, asked, scope)),
        ["remediations"] => list_of(asked, world.control.of_type(REMEDIATIONS, scope), 100, Value::clone),
        ["remediations", name] => {
            let id = format!("{scope}/providers/Microsoft.PolicyInsights/remediations/{name}");
            one(asked, world.control.get(&id).cloned())
        }
        _ => no_route(asked),
    }
}

fn text<'a>(of: &'a Value, name: &str) -> &'a str {
    of.get(name).and_then(Value::as_str).unwrap_or_default()
}

fn verdicts<'w>(world: &'w World, asked: &Asked, scope: &str) -> Vec<Verdict<'w>> {
    let filter = asked.parameter("$filter").unwrap_or_default().to_lowercase();
    let after = |name: &str| filter.find(name).and_then(|at| filter.get(at..)?.split('\'').nth(1).map(str::to_owned));
    let assignment = after("policyassignmentid");
    let definition = after("policydefinitionid");
    let state = after("compliancestate").or_else(|| {
        let at = filter.find("iscompliant eq ")?;
        Some(if filter.get(at..)?.contains("true") { "compliant" } else { "noncompliant" }.to_owned())
    });
    let fits = |verdict: &Verdict<'_>| {
        assignment.as_deref().is_none_or(|wanted| text(verdict.assignment, "id").eq_ignore_ascii_case(wanted))
            && definition.as_deref().is_none_or(|wanted| verdict.definition.id().eq_ignore_ascii_case(wanted))
            && state.as_deref().is_none_or(|wanted| word(verdict).eq_ignore_ascii_case(wanted))
    };
    world.verdicts(scope).into_iter().filter(fits).collect()
}

fn word(verdict: &Verdict<'_>) -> &'static str {
    if verdict.compliant { "Compliant" } else { "NonCompliant" }
}

fn states(world: &World, asked: &Asked, scope: &str) -> Value {
    let context =
        format!("{}{scope}/providers/Microsoft.PolicyInsights/policyStates/$metadata#latest", asked.link_base);
    let rows: Vec<Value> = verdicts(world, asked, scope)
        .iter()
        .map(|verdict| {
            let assignment = verdict.assignment;
            let id = format!("/subscriptions/{}", verdict.subscription.id);
            let groups: Vec<&str> =
                verdict.subscription.group.into_iter().chain([world.tenant_id.as_str()]).collect();
            json!({
                "@odata.id": null, "@odata.context": format!("{context}/$entity"), "timestamp": azure_time(clock()),
                "resourceId": id, "subscriptionId": verdict.subscription.id, "resourceType": "Microsoft.Resources/subscriptions",
                "resourceLocation": "", "resourceGroup": "", "resourceTags": "tbd",
                "policyAssignmentId": text(assignment, "id").to_lowercase(), "policyAssignmentName": text(assignment, "name"),
                "policyAssignmentOwner": "tbd", "policyAssignmentParameters": assignment["properties"]["parameters"].to_string(),
                "policyAssignmentScope": assignment["properties"]["scope"], "policyAssignmentVersion": "",
                "policyDefinitionId": verdict.definition.id().to_lowercase(), "policyDefinitionName": verdict.definition.name,
                "policyDefinitionAction": "deployifnotexists", "policyDefinitionCategory": "tbd",
                "policyDefinitionReferenceId": "", "policyDefinitionVersion": "",
                "policySetDefinitionId": "", "policySetDefinitionName": "", "policySetDefinitionOwner": "",
                "policySetDefinitionCategory": "", "policySetDefinitionParameters": "", "policySetDefinitionVersion": "",
                "managementGroupIds": groups.join(","), "effectiveParameters": "", "policyDefinitionGroupNames": [],
                "isCompliant": verdict.compliant, "complianceState": word(verdict), "complianceReasonCode": "",
            })
        })
        .collect();
    json!({"@odata.nextLink": null, "@odata.context": context, "@odata.count": rows.len(), "value": rows})
}

/// Counts as the service writes them: of resources and of assignments.
fn results<'v>(uri: &str, verdicts: impl Iterator<Item = &'v Verdict<'v>> + Clone) -> Value {
    let bad = verdicts.clone().filter(|verdict| !verdict.compliant).count();
    let good = verdicts.count() - bad;
    let details = json!([
        {"complianceState": "compliant", "count": good}, {"complianceState": "noncompliant", "count": bad},
    ]);
    json!({
        "queryResultsUri": uri, "nonCompliantResources": bad, "nonCompliantPolicies": usize::from(bad > 0),
        "resourceDetails": details, "policyDetails": [], "policyGroupDetails": [],
    })
}

fn summary(world: &World, asked: &Asked, scope: &str) -> Value {
    let found = verdicts(world, asked, scope);
    let base = format!("{}{scope}/providers/Microsoft.PolicyInsights/policyStates", asked.link_base);
    let uri = format!("{base}/latest/queryResults?api-version=2019-10-01");
    let mut assignments: Vec<&Value> = Vec::new();
    for verdict in &found {
        if !assignments.iter().any(|known| text(known, "id") == text(verdict.assignment, "id")) {
            assignments.push(verdict.assignment);
        }
    }
    let each: Vec<Value> = assignments
        .iter()
        .map(|assignment| {
            let own = found.iter().filter(|verdict| text(verdict.assignment, "id") == text(assignment, "id"));
            let definition = own.clone().next().map(|verdict| verdict.definition.id().to_lowercase());
            json!({
                "policyAssignmentId": text(assignment, "id").to_lowercase(), "policySetDefinitionId": "",
                "results": results(&uri, own.clone()), "policyGroups": [],
                "policyDefinitions": [{
                    "policyDefinitionId": definition, "policyDefinitionReferenceId": "", "effect": "deployifnotexists",
                    "policyDefinitionGroupNames": [""], "results": results(&uri, own),
                }],
            })
        })
        .collect();
    let context = format!("{base}/$metadata#summary");
    json!({
        "@odata.context": context, "@odata.count": 1,
        "value": [{
            "@odata.id": null, "@odata.context": format!("{context}/$entity"),
            "results": results(&uri, found.iter()), "policyAssignments": each,
        }],
    })
}

/// PUT of a remediation: it ends by itself a while later.
pub(super) fn write(azure: &Azure, asked: &Asked, change: &Change<'_>, scope: &str, name: &str) -> Response {
    let put = || {
        if asked.method != Method::PUT {
            let message = "The practice Azure only starts remediations.";
            return Err(Refused::from(problem(StatusCode::METHOD_NOT_ALLOWED, "HttpMethodNotAllowed", message)));
        }
        let body = read_body(asked)?;
        let wanted = text(&body["properties"], "policyAssignmentId");
        conclude(azure.decide(|world, at| {
            let assignment = world.control.get(wanted).ok_or_else(|| {
                let message = format!("The policy assignment '{wanted}' could not be found.");
                Refused::from(problem(StatusCode::BAD_REQUEST, "InvalidPolicyAssignmentId", &message))
            })?;
            let id = format!("{scope}/providers/Microsoft.PolicyInsights/remediations/{name}");
            let known = world.control.get(&id).is_some();
            let ours = |verdict: &&Verdict<'_>| !verdict.compliant && std::ptr::eq(verdict.assignment, assignment);
            let total = world.verdicts(scope).iter().filter(ours).count();
            let now = azure_time(at);
            let properties = json!({
                "policyAssignmentId": wanted, "provisioningState": "Evaluating", "createdOn": now, "lastUpdatedOn": now,
                "resourceDiscoveryMode": body["properties"]["resourceDiscoveryMode"].as_str().unwrap_or("ExistingNonCompliant"),
                "deploymentStatus": {"totalDeployments": total, "successfulDeployments": 0, "failedDeployments": 0},
                "resourceCount": 500, "parallelDeployments": 10, "failureThreshold": {"percentage": 1.0},
                "correlationId": guid(world.seed, &id.to_lowercase(), 0),
            });
            let item = document(&id, "Microsoft.PolicyInsights/remediations", properties);
            let answer = json_answer(if known { StatusCode::OK } else { StatusCode::CREATED }, &item);
            Ok((vec![Entry::Put { at, item, caller: change.caller.to_owned() }], answer))
        }))
    };
    put().unwrap_or_else(IntoResponse::into_response)
}
