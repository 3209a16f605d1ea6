//! What the service would have sent: every alert and state change, judged by the automations of its time.

use std::borrow::Cow;
use std::collections::HashMap;

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::super::World;
use super::super::alert::{Alert, Source, to_graph};
use super::super::assessment::{Assessment, Subject};
use super::super::event_hubs::{Hub, Namespace};
use super::super::rows::{arm_alert_properties, assessment_item};
use super::rules::{any_holds, text_at};
use super::{Action, Version};
use crate::dice::dice;
use crate::import::subscription_of;

/// Something the service sent because of an automation.
#[derive(Debug)]
pub(crate) struct Sent<'w> {
    pub version: &'w Version,
    /// When it happened.
    pub at: Timestamp,
    pub what: What<'w>,
}

/// What was sent.
#[derive(Debug, Clone, Copy)]
pub(crate) enum What<'w> {
    Alert(&'w str, &'w Alert),
    Assessment(&'w str, &'w Assessment),
}

impl What<'_> {
    pub(crate) fn id(&self) -> &str {
        match self {
            Self::Alert(id, _) | Self::Assessment(id, _) => id,
        }
    }
}

/// The automations that were ever in force, by the subscription they belong to.
struct Judges<'w>(HashMap<String, Vec<&'w Version>>);

impl<'w> Judges<'w> {
    fn of(&self, id: &str) -> &[&'w Version] {
        let subscription = subscription_of(id).unwrap_or_default().to_lowercase();
        self.0.get(&subscription).map(Vec::as_slice).unwrap_or_default()
    }
}

impl World {
    /// Everything that automations with an action of this sort sent, in no order.
    pub(crate) fn sent(&self, wanted: impl Fn(&Action) -> bool) -> Vec<Sent<'_>> {
        let mut judges = Judges(HashMap::new());
        for (id, version) in self.control.versions() {
            if version.enabled && version.actions.iter().any(&wanted) {
                judges.0.entry(subscription_of(id).unwrap_or_default().to_owned()).or_default().push(version);
            }
        }
        let mut sent = Vec::new();
        if judges.0.is_empty() {
            return sent;
        }
        for (id, alert) in &self.alerts {
            let judges = judges.of(id);
            if judges.is_empty() {
                continue;
            }
            let Some(at) = raised(alert) else { continue };
            for version in judges.iter().filter(|version| version.covers(at) && in_scope(version, id)) {
                if passes(version, "Alerts", |path| alert_text(self, alert, path)) {
                    sent.push(Sent { version, at, what: What::Alert(id, alert) });
                }
            }
        }
        let earlier = self.past.iter().map(|(id, assessment)| (id, assessment));
        for (id, assessment) in self.assessments.iter().chain(earlier) {
            let judges = judges.of(id);
            let Some(at) = assessment.changed.filter(|_| !judges.is_empty()) else { continue };
            for version in judges.iter().filter(|version| version.covers(at) && in_scope(version, id)) {
                if passes(version, "Assessments", |path| assessment_text(self, id, assessment, path)) {
                    sent.push(Sent { version, at, what: What::Assessment(id, assessment) });
                }
            }
        }
        sent
    }

    /// How long a row takes until a workspace shows it.
    pub(crate) fn ingestion_delay(&self, id: &str) -> SignedDuration {
        let mut rng = dice(self.seed, id, 41);
        SignedDuration::from_millis(if self.is_small() { rng.i64(1000..3000) } else { rng.i64(60_000..300_000) })
    }

    /// The namespace and, if it is there, the hub of an id in lower case.
    pub(crate) fn hub_at(&self, id: &str) -> Option<(&Namespace, Option<&Hub>)> {
        let (namespace, hub) = id.rsplit_once("/eventhubs/")?;
        let namespace = self.namespaces.iter().find(|found| found.id.eq_ignore_ascii_case(namespace))?;
        Some((namespace, namespace.hub(hub)))
    }

    /// Whether a hub takes what an action sends at that time.
    pub(crate) fn takes(&self, version: &Version, hub: &str, rule: Option<&str>) -> bool {
        let Some((namespace, Some(found))) = self.hub_at(hub) else {
            return false;
        };
        if found.status != "Active" {
            return false;
        }
        let Some(rule) = rule else {
            return self.control.of_type("microsoft.authorization/roleassignments", &namespace.id).any(|assignment| {
                let text = |name: &str| assignment["properties"][name].as_str().unwrap_or_default().to_lowercase();
                let scope = text("scope");
                (hub == scope || hub.starts_with(&format!("{scope}/"))) && text("principalId") == self.defender_id
            });
        };
        let known = found.rules.iter().chain(&namespace.rules).find(|known| known.name.eq_ignore_ascii_case(rule));
        !namespace.local_auth_disabled
            && known.is_some_and(|known| {
                known.rights.contains(&"Send") && known.regenerated.is_none_or(|at| at < version.from)
            })
    }
}

/// When an alert was raised.
pub(crate) fn raised(alert: &Alert) -> Option<Timestamp> {
    match &alert.source {
        Source::Made(recipe) => Some(recipe.processed),
        Source::Imported(item) => item.pointer("/properties/processingEndTimeUtc")?.as_str()?.parse().ok(),
    }
}

fn in_scope(version: &Version, id: &str) -> bool {
    let id = id.to_lowercase();
    version.scopes.iter().any(|scope| id.starts_with(scope))
}

fn passes<'v>(version: &Version, named: &str, find: impl Fn(&[String]) -> Option<Cow<'v, str>>) -> bool {
    version.sources.iter().any(|(source, sets)| source.eq_ignore_ascii_case(named) && any_holds(sets, &find))
}

fn alert_text<'w>(world: &World, alert: &'w Alert, path: &[String]) -> Option<Cow<'w, str>> {
    if let (Source::Made(recipe), [only]) = (&alert.source, path)
        && only.eq_ignore_ascii_case("Severity")
    {
        return Some(Cow::Borrowed(&recipe.severity));
    }
    text_at(&alert_event(world, alert), path).map(|text| Cow::Owned(text.into_owned()))
}

/// An alert as Event Hubs gets it: flat, with an upper-case first letter on each name.
pub(crate) fn alert_event(world: &World, alert: &Alert) -> Value {
    let mut event = to_graph(arm_alert_properties(world, alert));
    if let Some(event) = event.as_object_mut() {
        for (ours, theirs) in [("TimeGeneratedUtc", "TimeGenerated"), ("ProcessingEndTimeUtc", "ProcessingEndTime")] {
            if let Some(value) = event.remove(ours) {
                event.insert(theirs.to_owned(), value);
            }
        }
        event.insert("Status".to_owned(), "New".into());
    }
    event
}

fn assessment_text<'w>(world: &World, id: &str, assessment: &'w Assessment, path: &[String]) -> Option<Cow<'w, str>> {
    let joined = path.join(".").to_lowercase();
    match (&assessment.subject, joined.as_str()) {
        (_, "id") => Some(Cow::Owned(id.to_owned())),
        (_, "type") => Some(Cow::Borrowed("Microsoft.Security/assessments")),
        (_, "name") => Some(Cow::Borrowed(assessment.key())),
        (Subject::Made { recommendation, .. }, "properties.metadata.severity") => {
            Some(Cow::Borrowed(recommendation.severity))
        }
        (Subject::Made { .. }, "properties.status.code") => Some(Cow::Borrowed(assessment.code.as_str())),
        _ => {
            let mut event = assessment_item(world, id, assessment, true);
            event["tenantId"] = json!(world.tenant_id);
            text_at(&event, path).map(|text| Cow::Owned(text.into_owned()))
        }
    }
}
