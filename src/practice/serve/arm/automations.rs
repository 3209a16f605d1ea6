//! `Microsoft.Security/automations`: lists, items, validation and writes.

use axum::http::{Method, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use super::super::answers::{Refused, json_answer, ok, problem};
use super::super::request::Asked;
use super::change::{Change, conclude, empty, matches_etag, read_body};
use super::{list_of, no_route, one};
use crate::journal::Entry;
use crate::state::Azure;
use crate::world::World;
use crate::world::automations::check::{Flaw, flaws};
use crate::world::automations::{Write, normal, patched, stored};
use crate::world::control::AUTOMATIONS;
use crate::world::resources::Subscription;

/// Versions of the API, the newest first.
const VERSIONS: &[&str] = &["2023-12-01-preview", "2019-01-01-preview"];

/// Refuses versions of the API that do not exist.
fn version(asked: &Asked) -> Result<(), Refused> {
    let version = asked.parameter("api-version").unwrap_or_default();
    if VERSIONS.contains(&version) {
        return Ok(());
    }
    let message =
        format!("The api-version '{version}' is invalid. The supported versions are '{}'.", VERSIONS.join(","));
    Err(problem(StatusCode::BAD_REQUEST, "InvalidApiVersionParameter", &message).into())
}

/// Lists, items and `validate`.
pub(super) fn read(
    world: &World,
    asked: &Asked,
    subscription: &Subscription,
    group: Option<&str>,
    path: &[&str],
) -> Response {
    if let Err(refused) = version(asked) {
        return refused.into_response();
    }
    let base = format!("/subscriptions/{}", subscription.id);
    let scope = group.map_or_else(|| base.clone(), |group| format!("{base}/resourceGroups/{group}"));
    match (path, group) {
        ([], _) => list_of(asked, world.control.of_type(AUTOMATIONS, &scope), 100, Value::clone),
        ([name], Some(_)) => {
            let found = world.control.get(&format!("{scope}/providers/Microsoft.Security/automations/{name}"));
            one(asked, found.cloned())
        }
        ([_, "validate"], Some(_)) => match read_body(asked) {
            Ok(body) => ok(&verdict(world, &body, subscription)),
            Err(refused) => refused.into_response(),
        },
        _ => no_route(asked),
    }
}

fn verdict(world: &World, body: &Value, subscription: &Subscription) -> Value {
    let mut reasons: Vec<String> = flaws(body, &subscription.id, true).into_iter().map(|flaw| flaw.message).collect();
    let actions = body.pointer("/properties/actions").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    for action in actions {
        let text = |name: &str| action.get(name).and_then(Value::as_str).map(normal);
        let hub = text("eventHubResourceId").filter(|id| world.hub_at(id).is_none_or(|(_, hub)| hub.is_none()));
        let known = |id: &String| world.workspaces.iter().any(|found| found.id.eq_ignore_ascii_case(id));
        let workspace = text("workspaceResourceId").filter(|id| !known(id));
        if let Some(missing) = hub.or(workspace) {
            reasons.push(format!("The target '{missing}' was not found."));
        }
    }
    let valid = reasons.is_empty();
    json!({"isValid": valid, "message": if valid { "Validation Successful".to_owned() } else { reasons.join(" ") }})
}

/// PUT, PATCH and DELETE of one automation.
pub(super) fn write(azure: &Azure, asked: &Asked, change: &Change<'_>, group: &str, name: &str) -> Response {
    let outcome = version(asked).and_then(|()| match asked.method {
        Method::PUT => put(azure, asked, change, group, name),
        Method::PATCH if asked.parameter("api-version") == VERSIONS.first().copied() => {
            patch(azure, asked, change, group, name)
        }
        Method::DELETE => delete(azure, asked, change, group, name),
        _ => {
            let message = "The requested resource does not support this http method.";
            Err(problem(StatusCode::METHOD_NOT_ALLOWED, "MethodNotAllowed", message).into())
        }
    });
    outcome.unwrap_or_else(IntoResponse::into_response)
}

fn id_of(change: &Change<'_>, group: &str, name: &str) -> String {
    let subscription = change.subscription;
    format!("/subscriptions/{subscription}/resourceGroups/{group}/providers/Microsoft.Security/automations/{name}")
}

fn refuse(flaw: &Flaw) -> Refused {
    problem(StatusCode::BAD_REQUEST, flaw.code, &flaw.message).into()
}

fn put(azure: &Azure, asked: &Asked, change: &Change<'_>, group: &str, name: &str) -> Result<Response, Refused> {
    let body = read_body(asked)?;
    let plain = |letter: char| letter.is_ascii_alphanumeric() || letter == '_' || letter == '-';
    if name.len() > 260 || !name.chars().all(plain) {
        let message = format!("The resource name '{name}' is invalid: 1 to 260 letters, digits, '_' and '-'.");
        return Err(problem(StatusCode::BAD_REQUEST, "InvalidResourceName", &message).into());
    }
    let id = id_of(change, group, name);
    conclude(azure.decide(|world, at| {
        let base = format!("/subscriptions/{}/resourceGroups/{group}", change.subscription);
        if world.control.get(&base).is_none() {
            let message = format!("Resource group '{group}' could not be found.");
            return Err(problem(StatusCode::NOT_FOUND, "ResourceGroupNotFound", &message).into());
        }
        let known = world.control.get(&id);
        matches_etag(asked, known, Some(&body))?;
        if let Some(flaw) = flaws(&body, change.subscription, true).first() {
            return Err(refuse(flaw));
        }
        let item = stored(&Write { at, id: &id, caller: change.caller }, &body, known);
        let status = if known.is_some() { StatusCode::OK } else { StatusCode::CREATED };
        let answer = json_answer(status, &item);
        Ok((vec![Entry::Put { at, item, caller: change.caller.to_owned() }], answer))
    }))
}

fn patch(azure: &Azure, asked: &Asked, change: &Change<'_>, group: &str, name: &str) -> Result<Response, Refused> {
    let body = read_body(asked)?;
    let id = id_of(change, group, name);
    conclude(azure.decide(|world, at| {
        let Some(known) = world.control.get(&id) else {
            return Err(super::not_found(asked).into());
        };
        matches_etag(asked, Some(known), None)?;
        // actions that were stored came with their secrets; new ones must bring them
        let with_actions = body.pointer("/properties/actions").is_some();
        let merged = patched(known, &body);
        if let Some(flaw) = flaws(&merged, change.subscription, with_actions).first() {
            return Err(refuse(flaw));
        }
        let item = stored(&Write { at, id: &id, caller: change.caller }, &merged, Some(known));
        let answer = ok(&item);
        Ok((vec![Entry::Put { at, item, caller: change.caller.to_owned() }], answer))
    }))
}

fn delete(azure: &Azure, asked: &Asked, change: &Change<'_>, group: &str, name: &str) -> Result<Response, Refused> {
    let id = id_of(change, group, name);
    conclude(azure.decide(|world, at| {
        let Some(known) = world.control.get(&id) else {
            return Ok((Vec::new(), empty(StatusCode::NO_CONTENT)));
        };
        matches_etag(asked, Some(known), None)?;
        let id = known.get("id").and_then(Value::as_str).unwrap_or(&id).to_owned();
        // the older version answers 204 whether there was something to delete or not
        let newest = asked.parameter("api-version") == VERSIONS.first().copied();
        let status = if newest { StatusCode::OK } else { StatusCode::NO_CONTENT };
        Ok((vec![Entry::Delete { at, id, caller: change.caller.to_owned() }], empty(status)))
    }))
}
