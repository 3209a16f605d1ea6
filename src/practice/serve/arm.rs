//! Azure Resource Manager: reads, and `listKeys`.

mod event_hubs;
mod security;

use axum::http::{Method, StatusCode};
use axum::response::Response;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use super::answers::{ok, problem, with_header};
use super::bearer;
use super::request::Asked;
use crate::practice::faults::Fault;
use crate::practice::import::{group_of, subscription_of};
use crate::practice::state::Azure;
use crate::practice::world::World;
use crate::practice::world::company::{MANAGEMENT_GROUPS, TENANT_NAME};
use crate::practice::world::resources::{Resource, Subscription};
use crate::practice::world::workspaces::{CollectionRule, Workspace};

/// Audiences whose tokens ARM takes.
pub(super) const AUDIENCES: &[&str] = &["https://management.azure.com", "https://management.core.windows.net"];

/// Where a skip token starts on the host that a foreign link names.
const FOREIGN: &str = "https://management.attacker.example";

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
    let response = route(&world, asked);
    with_header(response, "x-ms-ratelimit-remaining-subscription-reads", "249")
}

fn route(world: &World, asked: &Asked) -> Response {
    let lower = asked.lower();
    let path: Vec<&str> = lower.iter().map(String::as_str).collect();
    let keys = path.last() == Some(&"listkeys");
    if asked.method != if keys { Method::POST } else { Method::GET } {
        return problem(StatusCode::METHOD_NOT_ALLOWED, "HttpMethodNotAllowed", "The practice Azure only reads.");
    }
    match path.as_slice() {
        ["subscriptions"] => {
            list(asked, world.subscriptions.iter().map(|found| subscription_item(world, found)).collect(), 100)
        }
        ["providers", "microsoft.management", "managementgroups", rest @ ..] => management_groups(world, asked, rest),
        ["providers", "microsoft.security", "assessmentmetadata", rest @ ..] => security::metadata(world, asked, rest),
        ["subscriptions", id, rest @ ..] => match world.subscription(id) {
            Some(subscription) => in_subscription(world, asked, subscription, rest),
            None => problem(
                StatusCode::NOT_FOUND,
                "SubscriptionNotFound",
                &format!("The subscription '{id}' could not be found."),
            ),
        },
        _ => no_route(asked),
    }
}

fn in_subscription(world: &World, asked: &Asked, subscription: &Subscription, path: &[&str]) -> Response {
    let own = |id: &str| subscription.id.eq_ignore_ascii_case(id);
    let (group, rest) = match path {
        ["resourcegroups", group, rest @ ..] => (Some(*group), rest),
        rest => (None, rest),
    };
    let in_group = |id: &str| group.is_none_or(|group| group_of(id).is_some_and(|of| of.eq_ignore_ascii_case(group)));
    // a resource can stand before `providers/Microsoft.Security`
    let security = rest.windows(2).rposition(|pair| pair == ["providers", "microsoft.security"]);
    if let Some(what) = security.and_then(|at| rest.get(at + 2..)) {
        return security::answer(world, asked, subscription, group, what);
    }
    match rest {
        [] if group.is_none() => ok(&subscription_item(world, subscription)),
        ["resources"] => {
            let found = world
                .resources
                .iter()
                .filter(|found| own(&found.subscription) && !found.group.is_empty() && in_group(&found.id));
            list(asked, found.map(Resource::item).collect(), 100)
        }
        [.., "providers", "microsoft.authorization", "permissions"] => list(asked, vec![permissions()], 100),
        ["providers", "microsoft.eventhub", "namespaces", path @ ..] => {
            event_hubs::answer(world, asked, |found| own(&found.subscription) && in_group(&found.id), path)
        }
        ["providers", "microsoft.operationalinsights", "workspaces", path @ ..] => {
            workspaces(world, asked, |id| own(subscription_of(id).unwrap_or_default()) && in_group(id), path)
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
        ["providers", ..] => {
            let id = format!("/{}", asked.path.join("/"));
            let found = world.resources.iter().find(|found| found.id.eq_ignore_ascii_case(&id));
            one(asked, found.map(Resource::item))
        }
        _ => no_route(asked),
    }
}

fn workspaces(world: &World, asked: &Asked, own: impl Fn(&str) -> bool, path: &[&str]) -> Response {
    let mut found = world.workspaces.iter().filter(|found| own(&found.id));
    match path {
        [] => list(asked, found.map(Workspace::item).collect(), 100),
        [name, rest @ ..] => {
            let Some(workspace) = found.find(|found| found.name.eq_ignore_ascii_case(name)) else {
                return one(asked, None);
            };
            let tables =
                || workspace.tables.iter().map(|(name, columns)| (name.as_str(), workspace.table_item(name, columns)));
            match rest {
                [] => ok(&workspace.item()),
                ["tables"] => list(asked, tables().map(|(_, item)| item).collect(), 1000),
                ["tables", table] => {
                    one(asked, tables().find(|(name, _)| name.eq_ignore_ascii_case(table)).map(|(_, item)| item))
                }
                _ => no_route(asked),
            }
        }
    }
}

fn management_groups(world: &World, asked: &Asked, path: &[&str]) -> Response {
    let item = |name: &str, shown: &str| {
        json!({
            "id": format!("/providers/Microsoft.Management/managementGroups/{name}"), "name": name,
            "type": "Microsoft.Management/managementGroups", "properties": {"tenantId": world.tenant_id, "displayName": shown},
        })
    };
    let parent = |name: &str| json!({"id": format!("/providers/Microsoft.Management/managementGroups/{name}")});
    let root = world.tenant_id.as_str();
    match path {
        [] => {
            let mut groups = vec![item(root, TENANT_NAME)];
            groups.extend(MANAGEMENT_GROUPS.iter().map(|(name, shown)| item(name, shown)));
            list(asked, groups, 100)
        }
        [group, rest @ ..] => {
            let at_root = group.eq_ignore_ascii_case(root);
            let known = MANAGEMENT_GROUPS.iter().find(|(name, _)| name.eq_ignore_ascii_case(group));
            if !at_root && known.is_none() {
                return problem(
                    StatusCode::NOT_FOUND,
                    "NotFound",
                    &format!("The management group '{group}' cannot be found."),
                );
            }
            match rest {
                [] => ok(&known.map_or_else(|| item(root, TENANT_NAME), |(name, shown)| item(name, shown))),
                ["descendants"] => {
                    let mut found = Vec::new();
                    if at_root {
                        found.extend(MANAGEMENT_GROUPS.iter().map(|(name, shown)| {
                            json!({
                                "id": format!("/providers/Microsoft.Management/managementGroups/{name}"), "name": name,
                                "type": "Microsoft.Management/managementGroups", "properties": {"displayName": shown, "parent": parent(root)},
                            })
                        }));
                    }
                    let below = world
                        .subscriptions
                        .iter()
                        .filter(|found| at_root || found.group.is_some_and(|name| name.eq_ignore_ascii_case(group)));
                    found.extend(below.map(|found| {
                        json!({
                            "id": format!("/subscriptions/{}", found.id), "name": found.id, "type": "/subscriptions",
                            "properties": {"displayName": found.name, "parent": parent(found.group.unwrap_or(root))},
                        })
                    }));
                    list(asked, found, 100)
                }
                _ => no_route(asked),
            }
        }
    }
}

fn subscription_item(world: &World, subscription: &Subscription) -> Value {
    json!({
        "id": format!("/subscriptions/{}", subscription.id), "authorizationSource": "RoleBased", "managedByTenants": [],
        "subscriptionId": subscription.id, "tenantId": world.tenant_id, "displayName": subscription.name, "state": "Enabled",
        "subscriptionPolicies": {"locationPlacementId": "Public_2014-09-01", "quotaId": "EnterpriseAgreement_2014-09-01", "spendingLimit": "Off"},
    })
}

/// The console's application is Reader everywhere and may list keys of event hubs.
fn permissions() -> Value {
    json!({
        "actions": ["*/read", "Microsoft.EventHub/namespaces/authorizationRules/listKeys/action", "Microsoft.EventHub/namespaces/eventhubs/authorizationRules/listKeys/action"],
        "notActions": [], "dataActions": [], "notDataActions": [],
    })
}

/// A list answer: a page of the items, and a link to the next.
fn list(asked: &Asked, items: Vec<Value>, page: usize) -> Response {
    let total = items.len();
    let skip = skipped(asked);
    list_page(asked, items.into_iter().skip(skip).take(page).collect(), skip, page, total)
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
        let version = asked.parameter("api-version").unwrap_or_default();
        let link =
            format!("{base}/{}?api-version={version}&%24skiptoken={token}", asked.path.join("/").replace(' ', "%20"));
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
