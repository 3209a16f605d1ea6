//! Azure Resource Manager: who may ask, which resource is meant, lists and items.

pub(super) mod access;
mod authorization;
mod automations;
mod change;
mod event_hubs;
mod insights;
mod management;
mod policy;
mod security;
mod workspaces;
mod writes;

use axum::http::{Method, StatusCode};
use axum::response::Response;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::SignedDuration;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Value, json};

use super::answers::{ok, problem};
use super::request::Asked;
use super::{bearer, changed};
use crate::faults::Fault;
use crate::import::group_of;
use crate::state::{Azure, clock};
use crate::world::World;
use crate::world::resources::{GROUPS, Resource, Subscription};
use crate::world::workspaces::CollectionRule;
use change::Change;

/// Audiences whose tokens ARM takes.
pub(super) const AUDIENCES: &[&str] = &["https://management.azure.com", "https://management.core.windows.net"];

/// Where a skip token starts on the host that a foreign link names.
const FOREIGN: &str = "https://management.attacker.example";

/// Actions that only read, though they are sent with POST.
const READING: &[&str] = &["listkeys", "validate", "summarize", "queryresults"];

pub(super) fn answer(azure: &Azure, asked: &Asked) -> Response {
    let world = azure.world();
    if let Err(refusal) = bearer::check(&world, asked, AUDIENCES) {
        return bearer::refuse(&world, refusal);
    }
    if asked.parameter("api-version").is_none_or(str::is_empty) {
        return problem(
            StatusCode::BAD_REQUEST,
            "MissingApiVersionParameter",
            "The api-version query parameter (?api-version=) is required for all requests.",
        );
    }
    let first = asked.path.first().map(|piece| piece.to_lowercase());
    let subscription = match (first.as_deref(), asked.path.get(1)) {
        (Some("subscriptions"), Some(id)) => {
            let Some(found) = world.subscription(id) else {
                let message = format!("The subscription '{id}' could not be found.");
                return problem(StatusCode::NOT_FOUND, "SubscriptionNotFound", &message);
            };
            Some(found)
        }
        _ => None,
    };
    let listing = subscription.is_none() && asked.path.len() == 1;
    if !listing && let Some(denied) = access::check(&world, asked, subscription.map(|found| found.id.as_str())) {
        return denied;
    }
    let last = asked.path.last().map(|piece| piece.to_lowercase()).unwrap_or_default();
    let reads = match asked.method {
        Method::GET | Method::HEAD => !READING.contains(&last.as_str()),
        Method::POST => READING.contains(&last.as_str()),
        _ => false,
    };
    if reads {
        return changed::apply(&azure.changed(), &asked.path, route(azure, &world, asked, subscription));
    }
    if asked.method == Method::GET {
        return problem(StatusCode::METHOD_NOT_ALLOWED, "HttpMethodNotAllowed", "This action is asked for with POST.");
    }
    if let Some(refused) = subscription.and_then(|found| unwritable(&world, asked, found)) {
        return refused;
    }
    let caller = world.object_id.clone();
    let id = subscription.map(|found| found.id.clone()).unwrap_or_default();
    drop(world);
    writes::answer(azure, asked, &Change { caller: &caller, subscription: &id })
}

/// Why nothing can be written to a subscription now.
fn unwritable(world: &World, asked: &Asked, subscription: &Subscription) -> Option<Response> {
    if subscription.state == "Disabled" {
        let message = format!(
            "The subscription '{}' is disabled and therefore marked as read only. You cannot perform any write actions on this subscription until it is re-enabled.",
            subscription.id
        );
        return Some(problem(StatusCode::CONFLICT, "ReadOnlyDisabledSubscription", &message));
    }
    let provider = asked.path.iter().rposition(|piece| piece.eq_ignore_ascii_case("providers"));
    let namespace = provider.and_then(|at| asked.path.get(at + 1))?;
    let registers = asked.path.last().is_some_and(|piece| piece.eq_ignore_ascii_case("register"));
    let state = world.control.registration(&subscription.id, namespace, clock(), registering(world));
    if registers || state == "Registered" {
        return None;
    }
    let message = format!(
        "The subscription is not registered to use namespace '{namespace}'. See https://aka.ms/rps-not-found for how to register subscriptions."
    );
    Some(problem(StatusCode::CONFLICT, "MissingSubscriptionRegistration", &message))
}

/// How long a registration takes.
fn registering(world: &World) -> SignedDuration {
    SignedDuration::from_secs(if world.is_small() { 1 } else { 10 })
}

/// A resource provider as an ARM item.
fn provider_item(subscription: &str, namespace: &str, state: &str) -> Value {
    json!({
        "id": format!("/subscriptions/{subscription}/providers/{namespace}"), "namespace": namespace,
        "registrationState": state, "registrationPolicy": "RegistrationRequired", "resourceTypes": [],
    })
}

fn route(azure: &Azure, world: &World, asked: &Asked, subscription: Option<&Subscription>) -> Response {
    let lower = asked.lower();
    let path: Vec<&str> = lower.iter().map(String::as_str).collect();
    let tail = path.iter().rposition(|piece| *piece == "providers").and_then(|at| Some((at, path.get(at + 1..)?)));
    if let Some((at, [namespace, rest @ ..])) = tail
        && !rest.is_empty()
    {
        let scope = format!("/{}", asked.path.get(..at).unwrap_or_default().join("/"));
        let scope = if at == 0 { String::new() } else { scope };
        match *namespace {
            "microsoft.authorization" => return authorization::read(world, asked, &scope, rest),
            "microsoft.policyinsights" => return policy::read(world, asked, &scope, rest),
            "microsoft.insights" if matches!(rest.first(), Some(&("metrics" | "metricdefinitions" | "eventtypes"))) => {
                return insights::read(azure, world, asked, &scope, rest);
            }
            _ => {}
        }
    }
    match (path.as_slice(), subscription) {
        (["subscriptions"], _) => {
            let hidden = world.control.hidden().unwrap_or_default();
            let seen = world.subscriptions.iter().filter(|found| !hidden.contains(&found.id.to_lowercase()));
            list_of(asked, seen, 100, |found| subscription_item(world, found))
        }
        (["providers", "microsoft.management", "managementgroups", rest @ ..], _) => {
            management::answer(world, asked, rest)
        }
        (["providers", "microsoft.security", "assessmentmetadata", rest @ ..], _) => {
            security::metadata(world, asked, rest)
        }
        (["subscriptions", _, rest @ ..], Some(subscription)) => in_subscription(world, asked, subscription, rest),
        _ => no_route(asked),
    }
}

fn in_subscription(world: &World, asked: &Asked, subscription: &Subscription, path: &[&str]) -> Response {
    let own = |id: &str| subscription.id.eq_ignore_ascii_case(id);
    let base = format!("/subscriptions/{}", subscription.id);
    let (group, rest) = match path {
        ["resourcegroups", group, rest @ ..] => (Some(*group), rest),
        rest => (None, rest),
    };
    let in_group = |id: &str| group.is_none_or(|group| group_of(id).is_some_and(|of| of.eq_ignore_ascii_case(group)));
    // a resource can stand before `providers/Microsoft.Security`
    let security = rest.windows(2).rposition(|pair| pair == ["providers", "microsoft.security"]);
    if let Some(what) = security.and_then(|at| rest.get(at + 2..)).filter(|what| !what.is_empty()) {
        return match what {
            ["automations", path @ ..] => automations::read(world, asked, subscription, group, path),
            _ => security::answer(world, asked, subscription, group, what),
        };
    }
    match rest {
        [] => match group {
            None => ok(&subscription_item(world, subscription)),
            Some(name) => group_answer(asked, world.control.get(&format!("{base}/resourceGroups/{name}")), name),
        },
        ["resourcegroups"] => list_of(asked, world.control.of_type(GROUPS, &base), 100, Value::clone),
        ["resources"] => {
            let found = world
                .resources
                .iter()
                .filter(|found| own(&found.subscription) && !found.group.is_empty() && in_group(&found.id));
            list_of(asked, found, 100, Resource::item)
        }
        ["providers", _] if group.is_none() => {
            let namespace = asked.path.get(3).map(String::as_str).unwrap_or_default();
            let state = world.control.registration(&subscription.id, namespace, clock(), registering(world));
            ok(&provider_item(&subscription.id, namespace, state))
        }
        ["providers", "microsoft.eventhub", "namespaces", path @ ..] => {
            event_hubs::answer(world, asked, |found| own(&found.subscription) && in_group(&found.id), path)
        }
        ["providers", "microsoft.operationalinsights", "workspaces", path @ ..] => {
            workspaces::answer(world, asked, |found| own(&found.subscription) && in_group(&found.id), path)
        }
        ["providers", "microsoft.insights", "datacollectionrules", path @ ..] => {
            let found =
                || world.collection_rules.iter().filter(|found| own(&found.subscription) && in_group(&found.id));
            match path {
                [] => list(asked, found().map(CollectionRule::item).collect(), 100),
                [name] => {
                    one(asked, found().find(|found| found.name.eq_ignore_ascii_case(name)).map(CollectionRule::item))
                }
                _ => no_route(asked),
            }
        }
        ["providers", namespace, kind] => {
            let of_type = format!("{namespace}/{kind}");
            let scope = group.map_or_else(|| base.clone(), |group| format!("{base}/resourceGroups/{group}"));
            list_of(asked, world.control.of_type(&of_type, &scope), 100, Value::clone)
        }
        ["providers", ..] => {
            let id = format!("/{}", asked.path.join("/"));
            let found = world.resources.iter().find(|found| found.id.eq_ignore_ascii_case(&id));
            one(asked, found.map(Resource::item).or_else(|| world.control.get(&id).cloned()))
        }
        _ => no_route(asked),
    }
}

fn group_answer(asked: &Asked, found: Option<&Value>, name: &str) -> Response {
    match found {
        Some(_) if asked.method == Method::HEAD => change::empty(StatusCode::NO_CONTENT),
        Some(item) => ok(item),
        None if asked.method == Method::HEAD => change::empty(StatusCode::NOT_FOUND),
        None => {
            let message = format!("Resource group '{name}' could not be found.");
            problem(StatusCode::NOT_FOUND, "ResourceGroupNotFound", &message)
        }
    }
}

fn subscription_item(world: &World, subscription: &Subscription) -> Value {
    json!({
        "id": format!("/subscriptions/{}", subscription.id), "authorizationSource": "RoleBased", "managedByTenants": [],
        "subscriptionId": subscription.id, "tenantId": world.tenant_id, "displayName": subscription.name, "state": subscription.state,
        "subscriptionPolicies": {"locationPlacementId": "Public_2014-09-01", "quotaId": "EnterpriseAgreement_2014-09-01", "spendingLimit": "Off"},
    })
}

/// A list answer: a page of the items, and a link to the next.
fn list(asked: &Asked, items: Vec<Value>, page: usize) -> Response {
    list_of(asked, items.iter(), page, Value::clone)
}

/// The same for things that become items only when they are on the page.
fn list_of<T>(
    asked: &Asked,
    found: impl Iterator<Item = T> + Clone,
    page: usize,
    item: impl Fn(T) -> Value,
) -> Response {
    let page = asked.parameter("$top").and_then(|top| top.parse().ok()).map_or(page, |top: usize| top.clamp(1, page));
    let total = found.clone().count();
    let skip = skipped(asked);
    list_page(asked, found.skip(skip).take(page).map(item).collect(), skip, page, total)
}

/// How many items earlier pages had.
fn skipped(asked: &Asked) -> usize {
    let token = asked.parameter("$skiptoken").and_then(|token| URL_SAFE_NO_PAD.decode(token).ok());
    token.and_then(|bytes| String::from_utf8(bytes).ok()).and_then(|text| text.parse().ok()).unwrap_or(0)
}

/// The same for callers that make only the page's items.
fn list_page(asked: &Asked, items: Vec<Value>, skip: usize, page: usize, total: usize) -> Response {
    let mut body = json!({"value": items});
    let foreign = asked.has(Fault::ForeignNextLink);
    if skip + page < total || foreign {
        let base = if foreign { FOREIGN } else { &asked.link_base };
        let token = URL_SAFE_NO_PAD.encode((skip + page).to_string());
        let encoded = |text: &str| utf8_percent_encode(text, NON_ALPHANUMERIC).to_string().replace("%2D", "-");
        let others = asked.query.iter().filter(|(name, _)| name != "$skiptoken");
        let others: Vec<String> = others
            .map(|(name, value)| {
                let name = if name == "api-version" { name.clone() } else { encoded(name) };
                format!("{name}={}", encoded(value))
            })
            .collect();
        let path = asked.path.join("/").replace(' ', "%20");
        let link = format!("{base}/{path}?{}&%24skiptoken={token}", others.join("&"));
        body["nextLink"] = link.into();
    }
    ok(&body)
}

fn one(asked: &Asked, item: Option<Value>) -> Response {
    item.map_or_else(|| not_found(asked), |item| ok(&item))
}

fn not_found(asked: &Asked) -> Response {
    let message = format!("The resource '/{}' was not found.", asked.path.join("/"));
    problem(StatusCode::NOT_FOUND, "ResourceNotFound", &message)
}

fn no_route(asked: &Asked) -> Response {
    let message = format!("The practice Azure has nothing at '/{}'.", asked.path.join("/"));
    problem(StatusCode::NOT_FOUND, "InvalidResourceType", &message)
}
