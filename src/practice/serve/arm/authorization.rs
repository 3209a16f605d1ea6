//! `Microsoft.Authorization`: permissions, role assignments, policy definitions and assignments.

use axum::http::{Method, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use super::super::answers::{Refused, json_answer, ok, problem};
use super::super::request::Asked;
use super::change::{Change, conclude, document, empty, read_body};
use super::{access, list, list_of, no_route, one};
use crate::dice::{azure_time, guid};
use crate::import::subscription_of;
use crate::journal::Entry;
use crate::state::Azure;
use crate::world::World;
use crate::world::policy::{ASSIGNMENTS, DEFINITIONS, Definition, ROLES};

/// Answers what is read below `{scope}/providers/Microsoft.Authorization`.
pub(super) fn read(world: &World, asked: &Asked, scope: &str, path: &[&str]) -> Response {
    let at =
        |kind: &str, name: &str| world.control.get(&format!("{scope}/providers/Microsoft.Authorization/{kind}/{name}"));
    match path {
        ["permissions"] => list(asked, access::entries(world, subscription_of(scope)), 100),
        ["roleassignments"] => {
            let principal = quoted(asked, "principalid");
            let fits = |item: &&Value| {
                principal.as_deref().is_none_or(|wanted| {
                    item["properties"]["principalId"].as_str().is_some_and(|of| of.eq_ignore_ascii_case(wanted))
                })
            };
            list_of(asked, reaching(world, ROLES, scope).filter(fits), 100, Value::clone)
        }
        ["roleassignments", name] => one(asked, at("roleAssignments", name).cloned()),
        ["locks"] => list(asked, Vec::new(), 100),
        ["policyassignments"] => {
            let definition = quoted(asked, "policydefinitionid");
            let fits = |item: &&Value| {
                definition.as_deref().is_none_or(|wanted| {
                    item["properties"]["policyDefinitionId"].as_str().is_some_and(|of| of.eq_ignore_ascii_case(wanted))
                })
            };
            list_of(asked, reaching(world, ASSIGNMENTS, scope).filter(fits), 100, Value::clone)
        }
        ["policyassignments", name] => one(asked, at("policyAssignments", name).cloned()),
        ["policydefinitions"] if scope.is_empty() || subscription_of(scope).is_some() => {
            list_of(asked, DEFINITIONS.iter(), 100, Definition::item)
        }
        ["policydefinitions", name] => {
            let found = DEFINITIONS.iter().find(|known| known.name.eq_ignore_ascii_case(name));
            found.map_or_else(
                || {
                    let message = format!("The policy definition '{name}' could not be found.");
                    problem(StatusCode::NOT_FOUND, "PolicyDefinitionNotFound", &message)
                },
                |found| ok(&found.item()),
            )
        }
        _ => no_route(asked),
    }
}

/// What `$filter` wants a member to equal.
fn quoted(asked: &Asked, member: &str) -> Option<String> {
    let filter = asked.parameter("$filter")?;
    let at = filter.to_lowercase().find(member)?;
    filter.get(at..)?.split('\'').nth(1).map(str::to_owned)
}

/// Assignments that hold at a scope or are made below it.
fn reaching<'w>(world: &'w World, of_type: &'w str, scope: &str) -> impl Iterator<Item = &'w Value> + Clone + use<'w> {
    let lower = scope.to_lowercase();
    let subscription = subscription_of(scope).and_then(|id| world.subscription(id));
    world.control.of_type(of_type, "").filter(move |item| {
        let own = item["properties"]["scope"].as_str().unwrap_or_default().to_lowercase();
        let within = |a: &str, b: &str| a == b || a.starts_with(&format!("{b}/"));
        within(&own, &lower)
            || within(&lower, &own)
            || subscription.is_some_and(|subscription| world.holds(&own, subscription))
    })
}

/// PUT and DELETE of an assignment.
pub(super) fn write(
    azure: &Azure,
    asked: &Asked,
    change: &Change<'_>,
    scope: &str,
    kind: &str,
    name: &str,
) -> Response {
    let outcome = match (kind, &asked.method) {
        ("roleassignments", &Method::PUT) => put_role(azure, asked, change, scope, name),
        ("policyassignments", &Method::PUT) => put_policy(azure, asked, change, scope, name),
        ("policyassignments", &Method::DELETE) => delete_policy(azure, change, scope, name),
        _ => {
            let message = "The practice Azure does not do this with assignments.";
            Err(problem(StatusCode::METHOD_NOT_ALLOWED, "HttpMethodNotAllowed", message).into())
        }
    };
    outcome.unwrap_or_else(IntoResponse::into_response)
}

fn bad(code: &str, message: &str) -> Refused {
    problem(StatusCode::BAD_REQUEST, code, message).into()
}

fn put_role(azure: &Azure, asked: &Asked, change: &Change<'_>, scope: &str, name: &str) -> Result<Response, Refused> {
    let body = read_body(asked)?;
    let text = |name: &str| body["properties"][name].as_str().filter(|text| !text.is_empty());
    let (Some(role), Some(principal)) = (text("roleDefinitionId"), text("principalId")) else {
        return Err(bad("InvalidRequestContent", "roleDefinitionId and principalId are required."));
    };
    conclude(azure.decide(|world, at| {
        let same = |item: &&Value| {
            let own = |name: &str| item["properties"][name].as_str().unwrap_or_default().to_lowercase();
            own("scope") == scope.to_lowercase()
                && own("principalId") == principal.to_lowercase()
                && own("roleDefinitionId").rsplit('/').next() == role.to_lowercase().rsplit('/').next()
        };
        if reaching(world, ROLES, scope).any(|item| same(&item)) {
            let message = "The role assignment already exists.";
            return Err(problem(StatusCode::CONFLICT, "RoleAssignmentExists", message).into());
        }
        let id = format!("{scope}/providers/Microsoft.Authorization/roleAssignments/{name}");
        let now = azure_time(at);
        let properties = json!({
            "roleDefinitionId": role, "principalId": principal, "scope": scope,
            "principalType": text("principalType").unwrap_or("ServicePrincipal"),
            "createdOn": now, "updatedOn": now, "createdBy": change.caller, "updatedBy": change.caller,
        });
        let item = document(&id, "Microsoft.Authorization/roleAssignments", properties);
        let answer = json_answer(StatusCode::CREATED, &item);
        Ok((vec![Entry::Put { at, item, caller: change.caller.to_owned() }], answer))
    }))
}

fn put_policy(azure: &Azure, asked: &Asked, change: &Change<'_>, scope: &str, name: &str) -> Result<Response, Refused> {
    let body = read_body(asked)?;
    let wanted = body["properties"]["policyDefinitionId"].as_str().unwrap_or_default();
    let known = wanted.rsplit('/').next().unwrap_or_default();
    if !DEFINITIONS.iter().any(|found| found.name.eq_ignore_ascii_case(known)) {
        return Err(problem(
            StatusCode::NOT_FOUND,
            "PolicyDefinitionNotFound",
            &format!("The policy definition specified in policy assignment '{name}' is out of scope or does not exist: '{wanted}'."),
        )
        .into());
    }
    let identity = body["identity"]["type"].as_str().unwrap_or("None").to_owned();
    let location = body["location"].as_str().unwrap_or_default();
    if identity != "None" && location.is_empty() {
        return Err(bad(
            "LocationRequired",
            "The location must be specified when the policy assignment has an identity.",
        ));
    }
    conclude(azure.decide(|world, at| {
        let id = format!("{scope}/providers/Microsoft.Authorization/policyAssignments/{name}");
        let mut properties = body["properties"].clone();
        if let Some(properties) = properties.as_object_mut() {
            properties.insert("scope".to_owned(), scope.into());
            properties.entry("notScopes").or_insert_with(|| json!([]));
            properties.entry("enforcementMode").or_insert_with(|| "Default".into());
            properties.entry("parameters").or_insert_with(|| json!({}));
            let metadata =
                json!({"createdBy": change.caller, "createdOn": azure_time(at), "updatedBy": null, "updatedOn": null});
            properties.insert("metadata".to_owned(), metadata);
        }
        let mut item = document(&id, "Microsoft.Authorization/policyAssignments", properties);
        if identity == "SystemAssigned" {
            let principal = guid(world.seed, &id.to_lowercase(), 0);
            item["identity"] = json!({"type": "SystemAssigned", "principalId": principal, "tenantId": world.tenant_id});
        } else if let Some(given) = body.get("identity") {
            item["identity"] = given.clone();
        }
        if !location.is_empty() {
            item["location"] = location.into();
        }
        let answer = json_answer(StatusCode::CREATED, &item);
        Ok((vec![Entry::Put { at, item, caller: change.caller.to_owned() }], answer))
    }))
}

fn delete_policy(azure: &Azure, change: &Change<'_>, scope: &str, name: &str) -> Result<Response, Refused> {
    conclude(azure.decide(|world, at| {
        let id = format!("{scope}/providers/Microsoft.Authorization/policyAssignments/{name}");
        let Some(item) = world.control.get(&id) else {
            return Ok((Vec::new(), empty(StatusCode::NO_CONTENT)));
        };
        let answer = ok(item);
        Ok((vec![Entry::Delete { at, id, caller: change.caller.to_owned() }], answer))
    }))
}
