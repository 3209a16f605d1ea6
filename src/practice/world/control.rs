//! What Resource Manager was told: documents that were put, rights, registrations, and the log of all that.

use std::collections::{BTreeMap, HashMap, HashSet};

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::automations::Version;
use crate::dice::{azure_time, guid};
use crate::import::{group_of, subscription_of};

/// How many lines the Activity Log keeps.
const LINES: usize = 5000;
/// Automations as ids and rows name them.
pub(crate) const AUTOMATIONS: &str = "microsoft.security/automations";

/// The control plane's own state.
#[derive(Debug, Default)]
pub(crate) struct Control {
    /// Documents by lower-case id: resource groups, automations, role and policy assignments, remediations.
    placed: BTreeMap<String, Value>,
    /// What each automation was over time, by lower-case id.
    versions: BTreeMap<String, Vec<Version>>,
    /// Permission entries of the console's application where they are not the usual ones, by lower-case subscription id.
    permissions: HashMap<String, Vec<Value>>,
    /// When a provider was registered, by lower-case subscription id and namespace; `None` = it is not.
    registered: HashMap<(String, String), Option<Timestamp>>,
    /// The Activity Log, oldest first.
    activity: Vec<Value>,
    lines: u64,
}

impl Control {
    /// Makes or replaces a document.
    pub(crate) fn put(&mut self, at: Timestamp, item: Value, caller: &str) {
        let Some(id) = item.get("id").and_then(Value::as_str).map(str::to_owned) else {
            return;
        };
        let of_type = item.get("type").and_then(Value::as_str).unwrap_or_default().to_owned();
        self.log(at, &id, &format!("{of_type}/write"), caller);
        self.keep(at, item);
    }

    /// The same without a line in the Activity Log, for what the world begins with.
    pub(crate) fn keep(&mut self, at: Timestamp, item: Value) {
        let Some(id) = item.get("id").and_then(Value::as_str).map(str::to_lowercase) else {
            return;
        };
        if is_a(&item, AUTOMATIONS) {
            let versions = self.versions.entry(id.clone()).or_default();
            end_last(versions, at);
            versions.push(Version::new(at, &item));
        }
        self.placed.insert(id, item);
    }

    /// Deletes a document.
    pub(crate) fn delete(&mut self, at: Timestamp, id: &str, caller: &str) {
        let lower = id.to_lowercase();
        let Some(item) = self.placed.remove(&lower) else {
            return;
        };
        if let Some(versions) = self.versions.get_mut(&lower) {
            end_last(versions, at);
        }
        let of_type = item.get("type").and_then(Value::as_str).unwrap_or_default();
        self.log(at, id, &format!("{of_type}/delete"), caller);
    }

    /// The document of that id, in any letter case.
    pub(crate) fn get(&self, id: &str) -> Option<&Value> {
        self.placed.get(&id.to_lowercase())
    }

    /// Documents of a type (lower case) whose ids begin with a scope, without a slash at its end.
    pub(crate) fn of_type<'a>(
        &'a self,
        of_type: &'a str,
        scope: &str,
    ) -> impl Iterator<Item = &'a Value> + Clone + use<'a> {
        let start = format!("{}/", scope.trim_end_matches('/').to_lowercase());
        let found = self.placed.range(start.clone()..).take_while({
            let start = start.clone();
            move |(id, _)| id.starts_with(&start)
        });
        found.map(|(_, item)| item).filter(move |item| is_a(item, of_type))
    }

    /// What the automations were over time, by lower-case id.
    pub(crate) fn versions(&self) -> impl Iterator<Item = (&String, &Version)> {
        self.versions.iter().flat_map(|(id, versions)| versions.iter().map(move |version| (id, version)))
    }

    /// Replaces the rights on a subscription.
    pub(crate) fn set_permissions(&mut self, subscription: &str, entries: Vec<Value>) {
        self.permissions.insert(subscription.to_lowercase(), entries);
    }

    /// The rights on a subscription, where they are not the usual ones.
    pub(crate) fn permissions(&self, subscription: &str) -> Option<&Vec<Value>> {
        self.permissions.get(&subscription.to_lowercase())
    }

    /// Subscriptions on which there is no right at all, in lower case; `None` when there are none.
    pub(crate) fn hidden(&self) -> Option<HashSet<&String>> {
        let found: HashSet<&String> =
            self.permissions.iter().filter(|(_, entries)| entries.is_empty()).map(|(id, _)| id).collect();
        if found.is_empty() { None } else { Some(found) }
    }

    /// Says that a provider is not registered.
    pub(crate) fn unregister(&mut self, subscription: &str, namespace: &str) {
        self.registered.insert((subscription.to_lowercase(), namespace.to_lowercase()), None);
    }

    /// Registers a provider.
    pub(crate) fn register(&mut self, at: Timestamp, subscription: &str, namespace: &str) {
        let key = (subscription.to_lowercase(), namespace.to_lowercase());
        if matches!(self.registered.get(&key), Some(None)) {
            self.registered.insert(key, Some(at));
        }
    }

    /// `Registered`, `Registering` or `NotRegistered`.
    pub(crate) fn registration(
        &self,
        subscription: &str,
        namespace: &str,
        now: Timestamp,
        takes: SignedDuration,
    ) -> &'static str {
        match self.registered.get(&(subscription.to_lowercase(), namespace.to_lowercase())) {
            Some(None) => "NotRegistered",
            Some(Some(at)) if now.duration_since(*at) < takes => "Registering",
            None | Some(Some(_)) => "Registered",
        }
    }

    /// The Activity Log, oldest first.
    pub(crate) fn activity(&self) -> &[Value] {
        &self.activity
    }

    /// Adds a line to the Activity Log.
    pub(crate) fn log(&mut self, at: Timestamp, id: &str, operation: &str, caller: &str) {
        self.lines += 1;
        if self.activity.len() >= LINES {
            self.activity.drain(..LINES / 10);
        }
        self.activity.push(line(at, id, operation, caller, self.lines));
    }
}

/// Whether an ARM item is of a type, given in lower case.
pub(crate) fn is_a(item: &Value, of_type: &str) -> bool {
    item.get("type").and_then(Value::as_str).is_some_and(|known| known.eq_ignore_ascii_case(of_type))
}

fn end_last(versions: &mut [Version], at: Timestamp) {
    if let Some(last) = versions.last_mut() {
        last.until = last.until.or(Some(at));
    }
}

fn line(at: Timestamp, id: &str, operation: &str, caller: &str, number: u64) -> Value {
    let named = |value: &str| json!({"value": value, "localizedValue": value});
    let event = guid(number, "activity", 0);
    json!({
        "caller": caller, "category": named("Administrative"), "channels": "Operation", "level": "Informational",
        "correlationId": guid(number, "activity", 1), "operationId": guid(number, "activity", 1),
        "eventDataId": event, "eventName": named("EndRequest"),
        "eventTimestamp": azure_time(at), "submissionTimestamp": azure_time(at),
        "id": format!("{id}/events/{event}/ticks/{}", at.as_microsecond() * 10),
        "operationName": named(operation),
        "resourceGroupName": group_of(id).unwrap_or_default(),
        "resourceProviderName": named(operation.split('/').next().unwrap_or_default()),
        "resourceType": named(operation.rsplit_once('/').map_or(operation, |(of_type, _)| of_type)),
        "resourceId": id, "status": named("Succeeded"), "subStatus": named(""),
        "subscriptionId": subscription_of(id).unwrap_or_default(), "properties": {"statusCode": "OK", "serviceRequestId": guid(number, "activity", 2)},
    })
}
