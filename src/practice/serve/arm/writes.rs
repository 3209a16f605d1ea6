//! Writes to Resource Manager: which there are, and the short ones.

use axum::http::{Method, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::Value;

use super::super::answers::{Refused, json_answer, ok, problem, with_header};
use super::super::request::Asked;
use super::change::{Change, conclude, empty, read_body};
use super::{authorization, automations, no_route, not_found, policy};
use crate::journal::Entry;
use crate::state::Azure;
use crate::world::resources::group_item;
use crate::world::samples;

/// Answers a request that changes something, once it is known to be allowed.
pub(super) fn answer(azure: &Azure, asked: &Asked, change: &Change<'_>) -> Response {
    let lower = asked.lower();
    let path: Vec<&str> = lower.iter().map(String::as_str).collect();
    let as_typed = |at: usize| asked.path.get(at).map(String::as_str).unwrap_or_default();
    let post = asked.method == Method::POST;
    let tail = path.iter().rposition(|piece| *piece == "providers").and_then(|at| Some((at, path.get(at + 1..)?)));
    if let Some((at, rest)) = tail {
        let scope = format!("/{}", asked.path.get(..at).unwrap_or_default().join("/"));
        match rest {
            ["microsoft.authorization", kind @ ("policyassignments" | "roleassignments"), _] => {
                return authorization::write(azure, asked, change, &scope, kind, as_typed(asked.path.len() - 1));
            }
            ["microsoft.policyinsights", "remediations", _] => {
                return policy::write(azure, asked, change, &scope, as_typed(asked.path.len() - 1));
            }
            _ => {}
        }
    }
    match path.as_slice() {
        ["subscriptions", _, "resourcegroups", _] if asked.method == Method::PUT => {
            put_group(azure, asked, change, as_typed(3))
        }
        ["subscriptions", _, "resourcegroups", _, "providers", "microsoft.security", "automations", _] => {
            automations::write(azure, asked, change, as_typed(3), as_typed(7))
        }
        ["subscriptions", _, "providers", _, "register"] if post => register(azure, change, as_typed(3)),
        ["subscriptions", .., "microsoft.security", "locations", location, "alerts", "default", "simulate"] if post => {
            simulate(azure, asked, change, location)
        }
        ["subscriptions", .., "microsoft.security", "locations", _, "alerts", name, verb] if post => {
            alert_status(azure, asked, name, verb)
        }
        [.., "authorizationrules", _, "regeneratekeys"] if post => regenerate(azure, asked, change),
        _ if post => no_route(asked),
        _ => problem(
            StatusCode::METHOD_NOT_ALLOWED,
            "HttpMethodNotAllowed",
            "The practice Azure does not write resources of this type.",
        ),
    }
}

fn put_group(azure: &Azure, asked: &Asked, change: &Change<'_>, name: &str) -> Response {
    let write = || {
        let body = read_body(asked)?;
        let Some(location) = body.get("location").and_then(Value::as_str).filter(|location| !location.is_empty())
        else {
            let message = "The 'location' property is required for the resource group.";
            return Err(problem(StatusCode::BAD_REQUEST, "LocationRequired", message).into());
        };
        conclude(azure.decide(|world, at| {
            let mut item = group_item(change.subscription, name, location);
            if let Some(tags) = body.get("tags").filter(|tags| tags.is_object()) {
                item["tags"] = tags.clone();
            }
            let known = world.control.get(&format!("/subscriptions/{}/resourceGroups/{name}", change.subscription));
            let moved = known.and_then(|known| known["location"].as_str()).is_some_and(|of| !of.eq_ignore_ascii_case(location));
            if moved {
                let message = format!("Invalid resource group location '{location}'. The Resource group already exists in another location.");
                return Err(problem(StatusCode::CONFLICT, "InvalidResourceGroupLocation", &message).into());
            }
            let answer = json_answer(if known.is_some() { StatusCode::OK } else { StatusCode::CREATED }, &item);
            Ok((vec![Entry::Put { at, item, caller: change.caller.to_owned() }], answer))
        }))
    };
    write().unwrap_or_else(IntoResponse::into_response)
}

fn register(azure: &Azure, change: &Change<'_>, namespace: &str) -> Response {
    let done = conclude(azure.decide(|world, at| {
        let entry =
            Entry::Register { at, subscription: change.subscription.to_owned(), namespace: namespace.to_owned() };
        let before = world.control.registration(change.subscription, namespace, at, super::registering(world));
        let state = if before == "NotRegistered" { "Registering" } else { before };
        Ok((vec![entry], ok(&super::provider_item(change.subscription, namespace, state))))
    }));
    done.unwrap_or_else(IntoResponse::into_response)
}

fn simulate(azure: &Azure, asked: &Asked, change: &Change<'_>, location: &str) -> Response {
    let write = || {
        let body = read_body(asked)?;
        let refuse = |message: &str| Refused::from(problem(StatusCode::BAD_REQUEST, "InvalidInputJson", message));
        if body.pointer("/properties/kind").and_then(Value::as_str) != Some("Bundles") {
            return Err(refuse("The property 'kind' must be 'Bundles'."));
        }
        let given =
            body.pointer("/properties/bundles").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        let bundles: Option<Vec<String>> =
            given.iter().map(|name| Some(samples::bundle(name.as_str()?)?.to_owned())).collect();
        let Some(bundles) = bundles.filter(|bundles| !bundles.is_empty()) else {
            return Err(refuse("The property 'bundles' must name at least one known bundle and no unknown one."));
        };
        let done = conclude(azure.decide(|_, at| {
            let (subscription, caller) = (change.subscription.to_owned(), change.caller.to_owned());
            let entry = Entry::Simulate { at, subscription, bundles: bundles.clone(), caller };
            Ok((vec![entry], empty(StatusCode::ACCEPTED)))
        }))?;
        let link = format!(
            "{}/subscriptions/{}/providers/Microsoft.Security/locations/{location}/alerts/default/simulateStatus?api-version=2022-01-01",
            asked.link_base, change.subscription
        );
        Ok(with_header(with_header(done, "location", &link), "retry-after", "2"))
    };
    write().unwrap_or_else(|refused: Refused| refused.into_response())
}

fn alert_status(azure: &Azure, asked: &Asked, name: &str, verb: &str) -> Response {
    let status = match verb {
        "dismiss" => "Dismissed",
        "resolve" => "Resolved",
        "activate" => "Active",
        "inprogress" => "InProgress",
        _ => return no_route(asked),
    };
    let done = conclude(azure.decide(|world, at| {
        let own = |id: &&String| id.rsplit('/').next().is_some_and(|of| of.eq_ignore_ascii_case(name));
        match world.alerts.keys().find(own) {
            Some(id) => {
                let entry = Entry::Status { at, id: id.clone(), status: status.to_owned() };
                Ok((vec![entry], empty(StatusCode::NO_CONTENT)))
            }
            None => Err(not_found(asked).into()),
        }
    }));
    done.unwrap_or_else(IntoResponse::into_response)
}

fn regenerate(azure: &Azure, asked: &Asked, change: &Change<'_>) -> Response {
    let write = || {
        let body = read_body(asked)?;
        let second = match body.get("keyType").and_then(Value::as_str) {
            Some("PrimaryKey") => false,
            Some("SecondaryKey") => true,
            _ => {
                return Err(problem(
                    StatusCode::BAD_REQUEST,
                    "BadRequest",
                    "keyType must be PrimaryKey or SecondaryKey.",
                )
                .into());
            }
        };
        let rule = format!("/{}", asked.path.get(..asked.path.len() - 1).unwrap_or_default().join("/"));
        conclude(azure.decide(|_, at| {
            let entry = Entry::Regenerate { at, rule: rule.clone(), second, caller: change.caller.to_owned() };
            Ok((vec![entry], empty(StatusCode::OK)))
        }))?;
        let world = azure.world();
        Ok(super::event_hubs::keys_at(&world, &rule).map_or_else(|| not_found(asked), |keys| ok(&keys)))
    };
    write().unwrap_or_else(|refused: Refused| refused.into_response())
}
