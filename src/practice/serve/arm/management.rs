//! `Microsoft.Management`: management groups and what is below them.

use axum::http::StatusCode;
use axum::response::Response;
use serde_json::{Value, json};

use super::super::answers::{ok, problem};
use super::super::request::Asked;
use super::{list, list_of, no_route};
use crate::dice::azure_time;
use crate::world::World;
use crate::world::company::{MANAGEMENT_GROUPS, TENANT_NAME};
use crate::world::resources::Subscription;

/// A descendant.
#[derive(Clone)]
enum Below<'w> {
    Group(&'w str, &'w str),
    Subscription(&'w Subscription),
}

pub(super) fn answer(world: &World, asked: &Asked, path: &[&str]) -> Response {
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
                [] => ok(&with_details(
                    known.map_or_else(|| item(root, TENANT_NAME), |(name, shown)| item(name, shown)),
                    if at_root { None } else { Some(root) },
                )),
                ["descendants"] => {
                    let groups: Vec<Below<'_>> = if at_root {
                        MANAGEMENT_GROUPS.iter().map(|(name, shown)| Below::Group(name, shown)).collect()
                    } else {
                        Vec::new()
                    };
                    let below = world
                        .subscriptions
                        .iter()
                        .filter(|found| at_root || found.group.is_some_and(|name| name.eq_ignore_ascii_case(group)));
                    list_of(asked, groups.into_iter().chain(below.map(Below::Subscription)), 100, |found| match found {
                        Below::Group(name, shown) => json!({
                            "id": format!("/providers/Microsoft.Management/managementGroups/{name}"), "name": name,
                            "type": "Microsoft.Management/managementGroups", "properties": {"displayName": shown, "parent": parent(root)},
                        }),
                        Below::Subscription(found) => json!({
                            "id": format!("/subscriptions/{}", found.id), "name": found.id, "type": "/subscriptions",
                            "properties": {"displayName": found.name, "parent": parent(found.group.unwrap_or(root))},
                        }),
                    })
                }
                _ => no_route(asked),
            }
        }
    }
}

/// One group alone is answered with its details.
fn with_details(mut item: Value, parent: Option<&str>) -> Value {
    let mut details =
        json!({"version": 1, "updatedTime": azure_time(jiff::Timestamp::UNIX_EPOCH), "updatedBy": "system"});
    if let Some(parent) = parent {
        let id = format!("/providers/Microsoft.Management/managementGroups/{parent}");
        details["parent"] = json!({"id": id, "name": parent, "displayName": TENANT_NAME});
    }
    item["properties"]["details"] = details;
    item
}
