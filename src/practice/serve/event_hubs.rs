//! Event Hubs over HTTPS: `POST /{hub}/messages` and `/{hub}/partitions/{n}/messages`.

use std::time::Instant;

use axum::body::Body;
use axum::http::{Method, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use serde_json::{Map, Value};

use super::answers::{Refused, hub_problem, service_seconds, with_header};
use super::bearer;
use super::request::Asked;
use crate::dice::azure_time;
use crate::faults::Fault;
use crate::inbox::Message;
use crate::sas::Signature;
use crate::state::{Azure, clock};
use crate::world::World;
use crate::world::event_hubs::{Hub, Namespace};

/// The content type of a batch.
const BATCH: &str = "application/vnd.microsoft.servicebus.json";
/// Namespaces of Azure Relay, which has the suffix of Event Hubs.
const RELAYS: &[&str] = &["partner-relay"];
/// Headers of HTTP itself; the others of a single event are its properties.
const PLAIN_HEADERS: &[&str] = &[
    "host",
    "authorization",
    "content-type",
    "content-length",
    "content-encoding",
    "user-agent",
    "accept",
    "accept-encoding",
    "connection",
    "date",
    "transfer-encoding",
    "traceparent",
    "tracestate",
    "brokerproperties",
];

/// An event as it was sent.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Event {
    body: String,
    #[serde(default)]
    user_properties: Map<String, Value>,
    #[serde(default)]
    broker_properties: Map<String, Value>,
}

pub(super) fn answer(azure: &Azure, asked: &Asked) -> Response {
    send(azure, asked).unwrap_or_else(IntoResponse::into_response)
}

fn refused(status: StatusCode, detail: &str) -> Refused {
    Refused::from(hub_problem(status, detail))
}

fn send(azure: &Azure, asked: &Asked) -> Result<Response, Refused> {
    let world = azure.world();
    let name = asked.host.split('.').next().unwrap_or_default();
    let missing = || refused(StatusCode::NOT_FOUND, "40400: Endpoint not found.");
    if RELAYS.contains(&name) {
        // A hybrid connection with anonymous senders hands everything on, headers too, and its listener answers what it likes.
        azure.relayed().push((asked.host.clone(), asked.header("authorization").is_some()));
        let mut created = Response::new(Body::empty());
        *created.status_mut() = StatusCode::CREATED;
        return Ok(created);
    }
    let namespace = world.namespace(name).ok_or_else(missing)?;
    let path: Vec<&str> = asked.path.iter().map(String::as_str).collect();
    let (hub, partition) = match path.as_slice() {
        [hub, "messages"] => (*hub, None),
        [hub, "partitions", partition, "messages"] => (*hub, Some(*partition)),
        _ => return Err(missing()),
    };
    let hub = namespace.hub(hub).ok_or_else(missing)?;
    authorize(&world, asked, namespace, hub)?;
    if asked.method != Method::POST {
        return Err(refused(StatusCode::METHOD_NOT_ALLOWED, "Only POST is known here."));
    }
    match hub.status {
        "Disabled" => return Err(refused(StatusCode::FORBIDDEN, "Messaging entity is currently disabled. 40300")),
        "SendDisabled" => {
            return Err(refused(StatusCode::FORBIDDEN, "Messaging entity is currently disabled for sending. 40301"));
        }
        _ => {}
    }
    let partition = partition.map(|text| partition_number(text, hub)).transpose()?;
    if asked.body.len() > namespace.largest() {
        return Err(too_large(asked.body.len(), namespace));
    }
    let batch = asked.header("content-type").is_some_and(|kind| kind.trim().to_lowercase().starts_with(BATCH));
    if batch && partition.is_some() && asked.has(Fault::NoPartitionBatches) {
        return Err(refused(StatusCode::BAD_REQUEST, "Batches are not supported at the address of a partition."));
    }
    let events = if batch { read_batch(asked)? } else { vec![single(asked)?] };
    let bytes: usize = events.iter().map(size).sum();
    if bytes > namespace.largest() {
        return Err(too_large(bytes, namespace));
    }
    if !azure.quotas().send(&namespace.name, namespace.units, asked.body.len(), events.len(), Instant::now()) {
        let detail = "The request was terminated because the namespace is being throttled; the server is busy. Error code : 50004.";
        return Err(Refused::from(with_header(
            hub_problem(StatusCode::SERVICE_UNAVAILABLE, detail),
            "retry-after",
            "1",
        )));
    }
    store(azure, namespace, hub, partition, events)?;
    let mut created = Response::new(Body::empty());
    *created.status_mut() = StatusCode::CREATED;
    Ok(created)
}

fn authorize(world: &World, asked: &Asked, namespace: &Namespace, hub: &Hub) -> Result<(), Refused> {
    const NO_CLAIM: &str = "Unauthorized access. 'Send' claim(s) are required to perform this operation.";
    let denied = |detail: &str| refused(StatusCode::UNAUTHORIZED, detail);
    let header =
        asked.header("authorization").ok_or_else(|| denied("MissingToken: The authorization header was not found."))?;
    let Some(signature) = header.strip_prefix("SharedAccessSignature ") else {
        bearer::check(world, asked, &["https://eventhubs.azure.net"]).map_err(|refusal| {
            denied(match refusal {
                bearer::Refusal::Expired => "ExpiredToken: The token is expired.",
                bearer::Refusal::Audience => "InvalidAudience: The token is for another audience.",
                bearer::Refusal::Missing | bearer::Refusal::Invalid => "InvalidToken: The token is not valid.",
            })
        })?;
        return if hub.sender { Ok(()) } else { Err(denied(NO_CLAIM)) };
    };
    let signature = Signature::parse(signature).map_err(|refusal| denied(&refusal.to_string()))?;
    let rule = hub.rules.iter().chain(&namespace.rules).find(|rule| rule.name == signature.rule);
    let rule = rule.ok_or_else(|| denied("InvalidSignature: The token has an invalid signature."))?;
    let own = format!("{}/{}", namespace.host(), hub.name);
    let local = asked.link_base.trim_start_matches("http://");
    let addresses = [
        own,
        format!("{local}/event-hubs/{}/{}", namespace.name, hub.name),
        format!("{local}/event-hubs/{}/{}", namespace.host(), hub.name),
    ];
    signature.check(rule, &addresses, service_seconds(asked)).map_err(|refusal| denied(&refusal.to_string()))?;
    if rule.rights.contains(&"Send") { Ok(()) } else { Err(denied(NO_CLAIM)) }
}

fn partition_number(text: &str, hub: &Hub) -> Result<u32, Refused> {
    let number = text.parse().ok().filter(|number| *number < hub.partitions);
    number.ok_or_else(|| {
        let detail = format!("The specified partition is invalid for an EventHub partition sender or receiver. It should be between 0 and {}.", hub.partitions - 1);
        refused(StatusCode::BAD_REQUEST, &detail)
    })
}

fn too_large(bytes: usize, namespace: &Namespace) -> Refused {
    let detail = format!(
        "The received message (size {bytes}) exceeds the limit ({}) currently allowed on the link.",
        namespace.largest()
    );
    refused(StatusCode::PAYLOAD_TOO_LARGE, &detail)
}

fn read_batch(asked: &Asked) -> Result<Vec<Event>, Refused> {
    let events: Result<Vec<Event>, _> = serde_json::from_slice(&asked.body);
    match events {
        Ok(events) if events.is_empty() => Err(refused(StatusCode::BAD_REQUEST, "The batch is empty.")),
        Ok(events) => Ok(events),
        Err(error) => Err(refused(StatusCode::BAD_REQUEST, &format!("The batch is not understood: {error}"))),
    }
}

fn single(asked: &Asked) -> Result<Event, Refused> {
    let properties = asked
        .headers
        .iter()
        .filter(|(name, _)| !PLAIN_HEADERS.contains(&name.as_str()) && !name.as_str().starts_with("x-ms-"));
    let user_properties =
        properties.filter_map(|(name, value)| Some((name.to_string(), value.to_str().ok()?.into()))).collect();
    let broker_properties = match asked.header("brokerproperties").map(serde_json::from_str) {
        None => Map::new(),
        Some(Ok(properties)) => properties,
        Some(Err(_)) => return Err(refused(StatusCode::BAD_REQUEST, "BrokerProperties is no JSON object.")),
    };
    Ok(Event { body: String::from_utf8_lossy(&asked.body).into_owned(), user_properties, broker_properties })
}

fn size(event: &Event) -> usize {
    let properties =
        |map: &Map<String, Value>| if map.is_empty() { 0 } else { Value::Object(map.clone()).to_string().len() };
    event.body.len() + properties(&event.user_properties) + properties(&event.broker_properties)
}

fn store(
    azure: &Azure,
    namespace: &Namespace,
    hub: &Hub,
    partition: Option<u32>,
    events: Vec<Event>,
) -> Result<(), Refused> {
    let received_at = azure_time(clock());
    let mut inbox = azure.inbox();
    let failed = |error: std::io::Error| {
        tracing::error!(error = %error, "a received event could not be written: {error}");
        refused(StatusCode::INTERNAL_SERVER_ERROR, "The event could not be stored.")
    };
    let log = inbox.hub(&namespace.name, &hub.name).map_err(failed)?;
    let mut messages = Vec::with_capacity(events.len());
    for (sequence, event) in (log.next()..).zip(events) {
        let keyed = event.broker_properties.get("PartitionKey").and_then(Value::as_str);
        let partition = partition.or_else(|| keyed.map(|key| of_key(key, hub.partitions))).unwrap_or_else(|| {
            log.turn = (log.turn + 1) % hub.partitions;
            log.turn
        });
        messages.push(Message {
            sequence,
            partition,
            body: event.body,
            properties: event.user_properties,
            received_at: received_at.clone(),
        });
    }
    log.append(messages).map_err(failed)
}

/// The same key always has the same partition.
fn of_key(key: &str, partitions: u32) -> u32 {
    let sum = key.bytes().fold(17_u32, |sum, byte| sum.wrapping_mul(31).wrapping_add(u32::from(byte)));
    sum % partitions
}
