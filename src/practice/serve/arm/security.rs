//! `Microsoft.Security`: alerts, assessments, their metadata, plans, and what was imported.

use axum::response::Response;
use serde_json::{Value, json};

use super::super::answers::ok;
use super::super::request::Asked;
use super::{list, list_page, no_route, one, skipped};
use crate::import::{group_of, subscription_of};
use crate::world::World;
use crate::world::alert::Alert;
use crate::world::resources::Subscription;
use crate::world::rows::{alert_item, assessment_item};

/// Alerts per page.
const ALERTS: usize = 100;
/// Assessments per page.
const ASSESSMENTS: usize = 500;

/// Answers below `…/providers/Microsoft.Security` of a subscription, resource group or resource.
pub(super) fn answer(
    world: &World,
    asked: &Asked,
    subscription: &Subscription,
    group: Option<&str>,
    what: &[&str],
) -> Response {
    let location = match what {
        ["locations", location, ..] => Some(*location),
        _ => None,
    };
    match what {
        ["alerts"] | ["locations", _, "alerts"] => {
            let visible = |id: &str| {
                in_scope(id, subscription, group) && location.is_none_or(|location| in_location(id, location))
            };
            // newest first, as the names sort
            let mut found: Vec<(&String, &Alert)> = world.alerts.iter().filter(|(id, _)| visible(id)).collect();
            found.sort_by_key(|(id, _)| id.rsplit('/').next().unwrap_or_default());
            let (skip, total) = (skipped(asked), found.len());
            let page = found.into_iter().skip(skip).take(ALERTS).map(|(id, alert)| alert_item(world, id, alert));
            list_page(asked, page.collect(), skip, ALERTS, total)
        }
        ["locations", location, "alerts", name] => {
            let fits = |id: &str| {
                in_scope(id, subscription, group)
                    && in_location(id, location)
                    && id.rsplit('/').next().is_some_and(|of| of.eq_ignore_ascii_case(name))
            };
            let found = world.alerts.iter().find(|(id, _)| fits(id));
            one(asked, found.map(|(id, alert)| alert_item(world, id, alert)))
        }
        ["assessments"] => {
            let scope = format!("/{}/", asked.path.join("/")).to_lowercase();
            let scope = scope.trim_end_matches("providers/microsoft.security/assessments/").to_owned();
            let found = || world.assessments.iter().filter(|(id, _)| id.to_lowercase().starts_with(&scope));
            let (skip, total) = (skipped(asked), found().count());
            let page = found().skip(skip).take(ASSESSMENTS);
            let items = page.map(|(id, assessment)| assessment_item(world, id, assessment, false));
            list_page(asked, items.collect(), skip, ASSESSMENTS, total)
        }
        ["assessments", _] => {
            let expand = asked.parameter("$expand").is_some_and(|wanted| wanted.to_lowercase().contains("metadata"));
            let found = world.assessment(&format!("/{}", asked.path.join("/")));
            one(asked, found.map(|(id, assessment)| assessment_item(world, id, assessment, expand)))
        }
        ["assessmentmetadata", rest @ ..] => metadata(world, asked, rest),
        ["pricings"] => list(asked, world.pricings(subscription), 100),
        ["pricings", plan] => {
            let named = |item: &Value| item["name"].as_str().is_some_and(|name| name.eq_ignore_ascii_case(plan));
            one(asked, world.pricings(subscription).into_iter().find(named))
        }
        ["locations"] => {
            let name = subscription.location;
            let id = format!("/subscriptions/{}/providers/Microsoft.Security/locations/{name}", subscription.id);
            let item = json!({"id": id, "name": name, "type": "Microsoft.Security/locations", "properties": {"homeRegionName": name}});
            list(asked, vec![item], 100)
        }
        ["securescores", ..]
        | ["securescorecontrols" | "subassessments"]
        | ["regulatorycompliancestandards", _, "regulatorycompliancecontrols", _, ..]
        | ["assessments", _, "subassessments", ..] => worked_out(world, asked, subscription, what),
        [kind @ ("settings" | "workspacesettings" | "alertssuppressionrules")] => {
            list(asked, others(world, kind, subscription, group), 100)
        }
        ["alertssuppressionrules", name] => {
            let named = |item: &Value| item["name"].as_str().is_some_and(|of| of.eq_ignore_ascii_case(name));
            one(asked, others(world, "alertssuppressionrules", subscription, group).into_iter().find(named))
        }
        ["locations", _, "alerts", "default", "simulatestatus"] => ok(&json!({"status": "Succeeded"})),
        _ => no_route(asked),
    }
}

/// Findings, scores, controls and compliance: the items of a type below the scope, or one of them.
fn worked_out(world: &World, asked: &Asked, subscription: &Subscription, what: &[&str]) -> Response {
    let types: Vec<&str> = what.iter().step_by(2).copied().collect();
    let of_type = match types.as_slice() {
        ["securescorecontrols"] => "securescores/securescorecontrols".to_owned(),
        ["subassessments"] => "assessments/subassessments".to_owned(),
        _ => types.join("/"),
    };
    let id = format!("/{}", asked.path.join("/")).to_lowercase();
    let one_alone = what.len().is_multiple_of(2);
    let scope = match what {
        [_] => format!("/subscriptions/{}/", subscription.id.to_lowercase()),
        _ => format!("{}/", id.rsplit_once('/').map_or(id.as_str(), |(parent, _)| parent)),
    };
    let mut items = world.derived_items(&format!("microsoft.security/{of_type}"));
    let expands = asked.parameter("$expand").is_some_and(|wanted| wanted.to_lowercase().contains("definition"));
    for item in &mut items {
        as_listed(item, expands);
    }
    items.extend(others(world, &of_type, subscription, None));
    let own = |item: &Value| item["id"].as_str().unwrap_or_default().to_lowercase();
    if one_alone {
        return one(asked, items.into_iter().find(|item| own(item) == id));
    }
    items.retain(|item| own(item).starts_with(&scope));
    list(asked, items, 500)
}

/// Lists say less than Resource Graph: no scope of compliance, and the definition of a control only when it is asked for.
fn as_listed(item: &mut Value, expands: bool) {
    if let Some(properties) = item["properties"].as_object_mut() {
        properties.remove("scope");
        if !expands {
            properties.remove("definition");
        }
    }
}

/// Imported and kept items of a type.
fn others(world: &World, kind: &str, subscription: &Subscription, group: Option<&str>) -> Vec<Value> {
    let wanted = format!("microsoft.security/{kind}");
    let text = |item: &Value, name: &str| item.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    let fits = |item: &&Value| {
        text(item, "type").eq_ignore_ascii_case(&wanted) && in_scope(&text(item, "id"), subscription, group)
    };
    let scope = format!("/subscriptions/{}", subscription.id);
    let kept = world.control.of_type(&wanted, &scope);
    world.others.iter().filter(fits).chain(kept.clone()).cloned().collect()
}

/// Metadata of all recommendations or of one.
pub(super) fn metadata(world: &World, asked: &Asked, path: &[&str]) -> Response {
    match path {
        [] => list(asked, world.metadata_items(), 500),
        [key] => one(asked, world.metadata_item(key)),
        _ => no_route(asked),
    }
}

fn in_scope(id: &str, subscription: &Subscription, group: Option<&str>) -> bool {
    let same = |of: Option<&str>, wanted: &str| of.is_some_and(|of| of.eq_ignore_ascii_case(wanted));
    same(subscription_of(id), &subscription.id) && group.is_none_or(|group| same(group_of(id), group))
}

fn in_location(id: &str, location: &str) -> bool {
    let mut pieces = id.split('/').skip_while(|piece| !piece.eq_ignore_ascii_case("locations"));
    pieces.nth(1).is_some_and(|of| of.eq_ignore_ascii_case(location))
}
