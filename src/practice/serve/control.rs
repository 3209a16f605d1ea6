//! `/_practice`: what tests and people may ask beyond Azure's own API.

mod subscriptions;

use std::net::SocketAddr;
use std::time::Instant;

use axum::http::{Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::answers::{Refused, ok, problem};
use super::request::Asked;
use super::starter::starter;
use crate::Scale;
use crate::dice::azure_time;
use crate::faults::Order;
use crate::import;
use crate::journal::{AlertOrder, Entry, Flip};
use crate::state::{Azure, clock};
use crate::world::alert::{LARGEST, Source};
use crate::world::company::TENANT_NAME;

/// Things per answer when nothing is said, and at most.
const USUAL: usize = 1000;
const MOST: usize = 10_000;
/// Most alerts that one request makes.
const MOST_ALERTS: usize = 200_000;
/// The most that the alerts of one request are together, in bytes.
const MOST_BYTES: usize = 1024 * 1024 * 1024;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Flips {
    count: usize,
    change: Flip,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Ids {
    ids: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Switch {
    enabled: bool,
}

/// Lets in programs of this machine, before a body is read. Every web page can send requests to loopback too: browsers say
/// so with `Origin` or `Sec-Fetch-Site`, and ask before they send JSON elsewhere.
pub(super) fn admit(asked: &Asked, peer: SocketAddr) -> Result<(), Refused> {
    let refused = |code, why| Err(Refused::from(problem(StatusCode::FORBIDDEN, code, why)));
    if !peer.ip().to_canonical().is_loopback() || !asked.loopback {
        return refused("LoopbackOnly", "/_practice answers this machine only.");
    }
    let from_page = asked.headers.contains_key(header::ORIGIN)
        || asked.header("sec-fetch-site").is_some_and(|site| !site.eq_ignore_ascii_case("none"));
    if from_page {
        return refused("ProgramsOnly", "/_practice answers programs, not web pages.");
    }
    let is_json = asked
        .header("content-type")
        .is_some_and(|kind| kind.split(';').next().unwrap_or_default().trim().eq_ignore_ascii_case("application/json"));
    if asked.method == Method::POST && !is_json {
        let why = "Send JSON, with Content-Type: application/json.";
        return Err(Refused::from(problem(StatusCode::UNSUPPORTED_MEDIA_TYPE, "UnsupportedMediaType", why)));
    }
    Ok(())
}

pub(super) fn answer(azure: &Azure, asked: &Asked) -> Response {
    route(azure, asked).unwrap_or_else(IntoResponse::into_response)
}

fn route(azure: &Azure, asked: &Asked) -> Result<Response, Refused> {
    let path: Vec<&str> = asked.path.iter().map(String::as_str).collect();
    let post = asked.method == Method::POST;
    let get = asked.method == Method::GET;
    match path.as_slice() {
        ["state"] if get => Ok(ok(&state(azure))),
        ["starter"] if get => Ok(ok(&starter(&azure.world()))),
        ["faults"] if post => {
            let order: Order = read(asked)?;
            azure.faults().add(&order, Instant::now()).map_err(|why| bad(&why))?;
            Ok(ok(&json!({"faults": azure.faults().describe(Instant::now())})))
        }
        ["faults"] if asked.method == Method::DELETE => {
            azure.faults().clear();
            Ok(ok(&json!({"faults": []})))
        }
        ["resources"] if post => {
            azure.changed().add(read(asked)?);
            Ok(ok(&json!({})))
        }
        ["resources"] if asked.method == Method::DELETE => {
            azure.changed().clear();
            Ok(ok(&json!({})))
        }
        ["quota"] if post => {
            let Switch { enabled } = read(asked)?;
            azure.quotas().enabled = enabled;
            Ok(ok(&json!({"quota": enabled})))
        }
        ["subscriptions"] if post => subscriptions::add(azure, read(asked)?),
        ["subscriptions", "state"] if post => subscriptions::set_state(azure, read(asked)?),
        ["permissions"] if post => subscriptions::set_permissions(azure, read(asked)?),
        ["import"] if post => take_in(azure, asked),
        ["alerts"] if post => alerts(azure, read(asked)?),
        ["recommendations"] if post => recommendations(azure, read(asked)?),
        ["assessments", "delete"] if post => assessments(azure, read(asked)?, true),
        ["assessments", "restore"] if post => assessments(azure, read(asked)?, false),
        ["event-hubs", namespace, hub, "messages"] if get => {
            let name = namespace.split('.').next().unwrap_or_default();
            let known = azure.world().namespace(name).is_some_and(|found| found.hub(hub).is_some());
            if !known {
                return Err(not_found());
            }
            let (after, limit) = window(asked)?;
            let mut inbox = azure.inbox();
            let log = inbox.hub(name, hub).map_err(|error| broken(&error))?;
            let (items, more) = log.after(after, limit);
            Ok(listed(&items, more, items.last().map(|last| last.sequence)))
        }
        ["relays"] if get => {
            let items: Vec<Value> =
                azure.relayed().iter().map(|(host, signed)| json!({"host": host, "authorization": signed})).collect();
            Ok(ok(&json!({"items": items})))
        }
        ["workspaces", id, "tables", table, "rows"] if get => {
            let world = azure.world();
            let workspace = world.workspaces.iter().find(|found| {
                found.customer_id.eq_ignore_ascii_case(id)
                    || found.name.eq_ignore_ascii_case(id)
                    || found.id.eq_ignore_ascii_case(id)
            });
            let workspace = workspace.ok_or_else(not_found)?;
            let table =
                workspace.tables.iter().find(|(name, _)| name.eq_ignore_ascii_case(table)).ok_or_else(not_found)?;
            let (after, limit) = window(asked)?;
            let mut inbox = azure.inbox();
            let log = inbox.table(&workspace.customer_id, &table.0).map_err(|error| broken(&error))?;
            let (items, more) = log.after(after, limit);
            Ok(listed(&items, more, items.last().map(|last| last.sequence)))
        }
        _ => Err(not_found()),
    }
}

fn bad(why: &str) -> Refused {
    Refused::from(problem(StatusCode::BAD_REQUEST, "BadRequest", why))
}

fn not_found() -> Refused {
    Refused::from(problem(StatusCode::NOT_FOUND, "NotFound", "The practice Azure has nothing here for this method."))
}

fn broken(error: &dyn std::error::Error) -> Refused {
    tracing::error!(error = %error, "practice data: {error}");
    Refused::from(problem(
        StatusCode::INTERNAL_SERVER_ERROR,
        "InternalServerError",
        "The practice data could not be used.",
    ))
}

fn read<T: DeserializeOwned>(asked: &Asked) -> Result<T, Refused> {
    serde_json::from_slice(&asked.body).map_err(|error| bad(&error.to_string()))
}

/// `after` and `limit` of a list of received things.
fn window(asked: &Asked) -> Result<(u64, usize), Refused> {
    let after = asked.parameter("after").map_or(Ok(0), str::parse).map_err(|_| bad("`after` is no number"))?;
    let limit: usize =
        asked.parameter("limit").map_or(Ok(USUAL), str::parse).map_err(|_| bad("`limit` is no number"))?;
    Ok((after, limit.clamp(1, MOST)))
}

fn listed<T: Serialize>(items: &[&T], more: bool, last: Option<u64>) -> Response {
    ok(&json!({"items": items, "next": last.filter(|_| more)}))
}

fn state(azure: &Azure) -> Value {
    let (messages, rows) = azure.inbox().counts();
    let faults = azure.faults().describe(Instant::now());
    let quota = azure.quotas().enabled;
    let requests = azure.requests().clone();
    let world = azure.world();
    json!({
        "clock": azure_time(clock()),
        "first_start": azure_time(world.first_start),
        "seed": world.seed,
        "rate": world.rate(),
        "scale": if azure.scale == Scale::Company { "company" } else { "small" },
        "tenant_id": world.tenant_id,
        "tenant_name": TENANT_NAME,
        "counts": {
            "subscriptions": world.subscriptions.len(),
            "resources": world.resources.iter().filter(|found| !found.group.is_empty()).count(),
            "alerts": world.alerts.len(),
            "assessments": world.assessments.len(),
            "recommendations": world.metadata_items().len(),
            "others": world.others.len(),
            "skipped": world.skipped,
            "messages": messages,
            "rows": rows,
        },
        "quota": quota,
        "faults": faults,
        "requests": requests,
    })
}

fn take_in(azure: &Azure, asked: &Asked) -> Result<Response, Refused> {
    let answers: Vec<Value> = read(asked)?;
    for (at, answer) in answers.iter().enumerate() {
        import::check(answer).map_err(|why| bad(&format!("list answer {at}: {why}")))?;
    }
    let stamp = asked.parameter("dates") != Some("keep");
    let done = azure.change(
        |at| Entry::Import { at, stamp, answers },
        |world, entry| match entry {
            Entry::Import { at, stamp, answers } => {
                let before = world.skipped;
                let taken = world.import(*at, *stamp, answers);
                (taken, world.skipped - before)
            }
            _ => (0, 0),
        },
    );
    let (imported, skipped) = done.map_err(|error| broken(&error))?;
    Ok(ok(&json!({"imported": imported, "skipped": skipped})))
}

fn alerts(azure: &Azure, mut order: AlertOrder) -> Result<Response, Refused> {
    const SEVERITIES: &[&str] = &["High", "Medium", "Low", "Informational"];
    if order.count > MOST_ALERTS {
        return Err(bad(&format!("`count` is at most {MOST_ALERTS}")));
    }
    let bytes = order.bytes.unwrap_or_default();
    if bytes > LARGEST || bytes.saturating_mul(order.count) > MOST_BYTES {
        return Err(bad(&format!("`bytes` is at most {LARGEST}, and {MOST_BYTES} for all alerts together")));
    }
    if let Some(wanted) = &order.severity {
        let known = SEVERITIES.iter().find(|known| known.eq_ignore_ascii_case(wanted));
        let known = known.ok_or_else(|| bad(&format!("`severity` is one of {}", SEVERITIES.join(", "))))?;
        order.severity = Some((*known).to_owned());
    }
    if let Some(wanted) = &order.subscription
        && azure.world().subscription(wanted).is_none()
    {
        return Err(bad("there is no subscription of that id"));
    }
    let done = azure.change(
        |at| Entry::Alerts { at, order },
        |world, entry| match entry {
            Entry::Alerts { at, order } => {
                let ids = world.order_alerts(*at, order);
                let named = ids.into_iter().filter_map(|id| match &world.alerts.get(&id)?.source {
                    Source::Made(recipe) => Some((id, recipe.name.clone())),
                    Source::Imported(_) => None,
                });
                named.collect()
            }
            _ => Vec::new(),
        },
    );
    let made: Vec<(String, String)> = done.map_err(|error| broken(&error))?;
    let ids: Vec<&String> = made.iter().map(|(_, name)| name).collect();
    let items: Vec<Value> = made.iter().map(|(id, name)| json!({"id": id, "system_alert_id": name})).collect();
    Ok(ok(&json!({"ids": ids, "items": items})))
}

fn recommendations(azure: &Azure, flips: Flips) -> Result<Response, Refused> {
    let make = |at| Entry::Recommendations { at, count: flips.count, change: flips.change };
    let done = azure.change(make, |world, entry| match entry {
        Entry::Recommendations { at, count, change } => world.flip(*at, *count, *change),
        _ => Vec::new(),
    });
    Ok(ok(&json!({"ids": done.map_err(|error| broken(&error))?})))
}

fn assessments(azure: &Azure, Ids { ids }: Ids, deleted: bool) -> Result<Response, Refused> {
    let make = |at| Entry::Assessments { at, ids, deleted };
    let done = azure.change(make, |world, entry| match entry {
        Entry::Assessments { ids, deleted: true, .. } => world.delete_assessments(ids),
        Entry::Assessments { at, ids, .. } => world.restore_assessments(*at, ids),
        _ => Vec::new(),
    });
    Ok(ok(&json!({"ids": done.map_err(|error| broken(&error))?})))
}
