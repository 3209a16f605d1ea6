//! `Microsoft.Insights`: metrics of Event Hubs and the Activity Log.

use std::collections::BTreeMap;

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::super::answers::{Refused, ok, problem};
use super::super::request::Asked;
use super::{list, list_of, no_route, not_found};
use crate::dice::azure_time;
use crate::state::{Azure, clock};
use crate::world::World;
use crate::world::automations::Action;
use crate::world::event_hubs::Namespace;

/// (name, shown name, what it says).
const METRICS: &[(&str, &str, &str)] = &[
    ("IncomingMessages", "Incoming Messages", "Messages that came in."),
    ("OutgoingMessages", "Outgoing Messages", "Messages that consumers took."),
    ("ThrottledRequests", "Throttled Requests.", "Requests that were throttled."),
    ("UserErrors", "User Errors.", "Requests that failed because of who sent them or what they held."),
    ("ServerErrors", "Server Errors.", "Requests that failed because of the service."),
    ("QuotaExceededErrors", "Quota Exceeded Errors.", "Requests beyond a quota."),
];

/// Answers what is read below `{scope}/providers/Microsoft.Insights`.
pub(super) fn read(azure: &Azure, world: &World, asked: &Asked, scope: &str, path: &[&str]) -> Response {
    let namespace = world.namespaces.iter().find(|found| found.id.eq_ignore_ascii_case(scope));
    match (path, namespace) {
        (["metrics"], Some(namespace)) => {
            metrics(azure, world, asked, namespace).unwrap_or_else(IntoResponse::into_response)
        }
        (["metricdefinitions"], Some(namespace)) => {
            list(asked, METRICS.iter().map(|(name, shown, _)| definition(namespace, name, shown)).collect(), 100)
        }
        (["metrics" | "metricdefinitions"], None) => not_found(asked),
        (["eventtypes", "management", "values"], _) => activity(world, asked),
        _ => no_route(asked),
    }
}

fn definition(namespace: &Namespace, name: &str, shown: &str) -> Value {
    json!({
        "id": format!("{}/providers/microsoft.insights/metricdefinitions/{name}", namespace.id),
        "resourceId": namespace.id, "namespace": "Microsoft.EventHub/namespaces", "category": "Request",
        "name": {"value": name, "localizedValue": shown}, "isDimensionRequired": false, "unit": "Count",
        "primaryAggregationType": "Total", "supportedAggregationTypes": ["Total"],
        "metricAvailabilities": [{"timeGrain": "PT1M", "retention": "P93D"}, {"timeGrain": "PT1H", "retention": "P93D"}],
        "dimensions": [{"value": "EntityName", "localizedValue": "EntityName"}],
    })
}

fn bad(message: &str) -> Refused {
    problem(StatusCode::BAD_REQUEST, "BadRequest", message).into()
}

/// The time span that is asked for, an hour when none is.
fn span(asked: &Asked) -> Result<(Timestamp, Timestamp), Refused> {
    let Some(text) = asked.parameter("timespan") else {
        let now = clock();
        return Ok((now.checked_sub(SignedDuration::from_hours(1)).unwrap_or(now), now));
    };
    let times = text.split_once('/').and_then(|(from, to)| Some((from.parse().ok()?, to.parse().ok()?)));
    times.filter(|(from, to)| from <= to).ok_or_else(|| bad("The timespan is not two times with a slash between them."))
}

/// Seconds of an interval such as `PT5M`, `PT1H` or `P1D`.
fn grain(text: &str) -> Option<i64> {
    let (unit, digits) = match (text.strip_prefix("PT"), text.strip_prefix("P")) {
        (Some(rest), _) if rest.ends_with('M') => (60, rest.strip_suffix('M')?),
        (Some(rest), _) => (3600, rest.strip_suffix('H')?),
        (None, Some(rest)) => (86_400, rest.strip_suffix('D')?),
        (None, None) => return None,
    };
    digits.parse::<i64>().ok().filter(|count| *count > 0).map(|count| count * unit)
}

fn metrics(azure: &Azure, world: &World, asked: &Asked, namespace: &Namespace) -> Result<Response, Refused> {
    let (from, to) = span(asked)?;
    let interval = asked.parameter("interval").unwrap_or("PT1M");
    let step = grain(interval).ok_or_else(|| bad("The interval is not understood."))?;
    if (to.as_second() - from.as_second()) / step > 20_000 {
        return Err(bad("The timespan has too many intervals."));
    }
    let names = asked.parameter("metricnames").unwrap_or("IncomingMessages");
    let filter = asked.parameter("$filter").unwrap_or_default();
    let entity = filter.to_lowercase().find("entityname").and_then(|at| filter.get(at..)?.split('\'').nth(1));
    let mut value = Vec::new();
    for name in names.split(',').map(str::trim) {
        let Some((name, shown, says)) = METRICS.iter().find(|known| known.0.eq_ignore_ascii_case(name)) else {
            let valid: Vec<&str> = METRICS.iter().map(|known| known.0).collect();
            return Err(bad(&format!(
                "Failed to find metric configuration for provider: Microsoft.EventHub, resource Type: namespaces, metric: {name}, Valid metrics: {}",
                valid.join(",")
            )));
        };
        let hubs: Vec<&str> = match entity {
            Some("*") | None => namespace.hubs.iter().map(|hub| hub.name.as_str()).collect(),
            Some(one) => vec![one],
        };
        let counts = hubs.iter().map(|hub| (*hub, count(azure, world, namespace, hub, name, (from, to, step))));
        let series: Vec<Value> = match entity {
            None => {
                let mut sum = BTreeMap::new();
                for (_, of_hub) in counts {
                    for (at, number) in of_hub {
                        *sum.entry(at).or_insert(0) += number;
                    }
                }
                vec![json!({"metadatavalues": [], "data": data(&sum, from, to, step)})]
            }
            Some(_) => counts
                .map(|(hub, of_hub)| {
                    let dimension =
                        json!({"name": {"value": "entityname", "localizedValue": "entityname"}, "value": hub});
                    json!({"metadatavalues": [dimension], "data": data(&of_hub, from, to, step)})
                })
                .collect(),
        };
        value.push(json!({
            "id": format!("{}/providers/Microsoft.Insights/metrics/{name}", namespace.id), "type": "Microsoft.Insights/metrics",
            "name": {"value": name, "localizedValue": shown}, "displayDescription": says, "unit": "Count",
            "timeseries": series, "errorCode": "Success",
        }));
    }
    Ok(ok(&json!({
        "cost": 0, "timespan": format!("{from}/{to}"), "interval": interval, "namespace": "Microsoft.EventHub/namespaces",
        "resourceregion": namespace.location, "value": value,
    })))
}

/// Numbers per interval of what a hub received, what automations sent it, and what went wrong.
fn count(
    azure: &Azure,
    world: &World,
    namespace: &Namespace,
    hub: &str,
    metric: &str,
    (from, to, step): (Timestamp, Timestamp, i64),
) -> BTreeMap<i64, u64> {
    let mut counts = BTreeMap::new();
    let mut add = |at: Timestamp, number: u64| {
        if at >= from && at < to {
            *counts.entry((at.as_second() - from.as_second()) / step).or_insert(0) += number;
        }
    };
    for (at, number) in azure.hub_errors(&format!("{}/{hub}", namespace.name), metric) {
        add(at, number);
    }
    // Somebody reads what comes in, as soon as it is there.
    let taken = matches!(metric, "IncomingMessages" | "OutgoingMessages");
    if !taken && metric != "UserErrors" {
        return counts;
    }
    if taken && namespace.hub(hub).is_some() {
        let (start, end) = (azure_time(from), azure_time(to));
        let mut inbox = azure.inbox();
        if let Ok(log) = inbox.hub(&namespace.name, hub) {
            // times of one width sort as texts
            let within = log.items().filter(|message| message.received_at >= start && message.received_at < end);
            within.filter_map(|message| message.received_at.parse().ok()).for_each(|at| add(at, 1));
        }
    }
    let target = format!("{}/eventhubs/{hub}", namespace.id).to_lowercase();
    let here = |action: &Action| matches!(action, Action::EventHub { hub, .. } if *hub == target);
    for sent in world.sent(here) {
        for action in sent.version.actions.iter().filter(|action| here(action)) {
            if let Action::EventHub { rule, .. } = action
                && world.takes(sent.version, &target, rule.as_deref()) == taken
            {
                add(sent.at, 1);
            }
        }
    }
    counts
}

fn data(counts: &BTreeMap<i64, u64>, from: Timestamp, to: Timestamp, step: i64) -> Vec<Value> {
    let steps = (to.as_second() - from.as_second() + step - 1) / step;
    (0..steps)
        .filter_map(|number| {
            let at = from.checked_add(SignedDuration::from_secs(number * step)).ok()?;
            let total = counts.get(&number).copied().unwrap_or_default();
            Some(json!({"timeStamp": at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string(), "total": total}))
        })
        .collect()
}

/// The Activity Log of a subscription, newest first.
fn activity(world: &World, asked: &Asked) -> Response {
    let filter = asked.parameter("$filter").unwrap_or_default();
    if !filter.to_lowercase().contains("eventtimestamp ge") {
        return problem(
            StatusCode::BAD_REQUEST,
            "BadRequest",
            "The $filter must hold a start time: eventTimestamp ge '…'.",
        );
    }
    let Some(subscription) = asked.path.get(1) else {
        return no_route(asked);
    };
    let conditions: Vec<(String, String, String)> = filter
        .split(" and ")
        .filter_map(|condition| {
            let mut words = condition.trim().splitn(3, ' ');
            let (name, operator) = (words.next()?.to_lowercase(), words.next()?.to_lowercase());
            Some((name, operator, words.next()?.trim_matches('\'').to_owned()))
        })
        .collect();
    let holds = |line: &Value| {
        conditions.iter().all(|(name, operator, wanted)| {
            let text = |pointer: &str| line.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
            match name.as_str() {
                "eventtimestamp" => {
                    let (at, wanted) = (text("/eventTimestamp").parse::<Timestamp>(), wanted.parse::<Timestamp>());
                    let (Ok(at), Ok(wanted)) = (at, wanted) else { return false };
                    if operator == "ge" { at >= wanted } else { at <= wanted }
                }
                "resourceprovider" => text("/resourceProviderName/value").eq_ignore_ascii_case(wanted),
                "resourcegroupname" => text("/resourceGroupName").eq_ignore_ascii_case(wanted),
                "resourceuri" | "resourceid" => text("/resourceId").eq_ignore_ascii_case(wanted),
                "resourcetype" => text("/resourceType/value").eq_ignore_ascii_case(wanted),
                "operationname" | "operations" => text("/operationName/value").eq_ignore_ascii_case(wanted),
                "caller" => text("/caller").eq_ignore_ascii_case(wanted),
                _ => true,
            }
        })
    };
    let own = |line: &&Value| line["subscriptionId"].as_str().is_some_and(|of| of.eq_ignore_ascii_case(subscription));
    let found = world.control.activity().iter().rev().filter(|line| own(line) && holds(line));
    list_of(asked, found, 100, Value::clone)
}
