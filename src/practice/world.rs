//! The world: a pure function of seed, first start, clock and journal.
//!
//! It knows nothing of HTTP. Everything that needs a roll takes it from [`super::dice`], so replaying the journal
//! against the same clock makes the same world again.

pub(super) mod alert;
pub(super) mod alert_types;
pub(super) mod assessment;
pub(super) mod automations;
pub(super) mod changes;
pub(super) mod company;
pub(super) mod control;
pub(super) mod derived;
pub(super) mod event_hubs;
pub(super) mod history;
pub(super) mod logs;
pub(super) mod policy;
pub(super) mod recommendation_types;
pub(super) mod resources;
pub(super) mod rows;
pub(super) mod samples;
pub(super) mod stream;
pub(super) mod workspaces;

use std::collections::{BTreeMap, HashMap};

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::dice::{dice, guid, word};
use super::{Scale, Table, import};
use alert::Alert;
use assessment::Assessment;
use control::Control;
use event_hubs::Namespace;
use resources::{Resource, Subscription};
use stream::{Happening, Stream};
use workspaces::{CollectionRule, Workspace};

/// Alerts are kept this long, as in Defender.
const ALERT_AGE: SignedDuration = SignedDuration::from_hours(90 * 24);

/// Everything there is in the practice Azure, what it received aside.
#[derive(Debug)]
pub(super) struct World {
    pub seed: u64,
    pub first_start: Timestamp,
    pub tenant_id: String,
    /// The console's application.
    pub client_id: String,
    pub client_secret: String,
    /// The same application as a service principal.
    pub object_id: String,
    /// Defender's own service principal, which sends as a trusted service.
    pub defender_id: String,
    pub control: Control,
    pub subscriptions: Vec<Subscription>,
    pub resources: Vec<Resource>,
    pub namespaces: Vec<Namespace>,
    pub workspaces: Vec<Workspace>,
    pub collection_rules: Vec<CollectionRule>,
    /// By ARM id.
    pub alerts: BTreeMap<String, Alert>,
    /// By ARM id.
    pub assessments: BTreeMap<String, Assessment>,
    /// Assessments that were deleted, by ARM id: they can come back.
    pub deleted: BTreeMap<String, Assessment>,
    /// Earlier states of assessments that flipped since.
    pub past: Vec<(String, Assessment)>,
    /// Imported metadata by lower-case key; `None` while the seeded metadata is in force.
    pub metadata: Option<BTreeMap<String, Value>>,
    /// Imported pricings by lower-case id.
    pub pricings: BTreeMap<String, Value>,
    /// Imported items of other types.
    pub others: Vec<Value>,
    /// Imported items that could not be used.
    pub skipped: usize,
    stream: Stream,
    /// How many alerts were made so far; numbers their rolls.
    made: u64,
    /// Ids of the last alerts that were made, for status changes.
    recent: Vec<String>,
    /// Keys of `assessments` for picks; rebuilt when it is empty.
    assessment_ids: Vec<String>,
    /// Position in `alert_types` to positions of the resources it can be about; rebuilt when empty.
    candidates: Vec<Vec<usize>>,
    /// ids in lower case to ids as they are, for lookups in any letter case.
    spelling: HashMap<String, String>,
    /// Positions in `subscriptions` by lower-case id.
    numbers: HashMap<String, usize>,
    /// What will happen at a time because someone asked for it.
    pending: Vec<(Timestamp, Pending)>,
    scale: Scale,
    aged: Timestamp,
}

/// Something that takes its time.
#[derive(Debug, Clone)]
enum Pending {
    /// Sample alerts for a subscription, by bundle.
    Samples { subscription: String, bundles: Vec<String> },
    /// The end of a remediation.
    Remediation(String),
}

impl World {
    /// The world at its first start.
    pub(super) fn new(
        (seed, scale): (u64, Scale),
        first_start: Timestamp,
        rate: f64,
        imported: bool,
        custom_tables: &[Table],
    ) -> Self {
        let subscriptions = resources::subscriptions(seed, scale);
        let namespaces = event_hubs::namespaces(seed, &subscriptions);
        let (workspaces, collection_rules) = workspaces::workspaces(seed, &subscriptions, custom_tables);
        let mut all: Vec<Resource> =
            subscriptions.iter().flat_map(|subscription| resources::resources(seed, scale, subscription)).collect();
        all.extend(namespaces.iter().map(event_hubs::as_resource));
        all.extend(workspaces.iter().map(workspaces::as_resource));
        all.extend(collection_rules.iter().map(workspaces::rule_as_resource));
        let mut rng = dice(seed, "console", 0);
        let mut world = Self {
            seed,
            first_start,
            tenant_id: guid(seed, "tenant", 0),
            client_id: guid(seed, "console", 1),
            client_secret: format!("prc8Q~{}", word(&mut rng, 34)),
            object_id: guid(seed, "console", 2),
            defender_id: guid(seed, "defender", 0),
            control: Control::default(),
            numbers: (0..).zip(&subscriptions).map(|(at, found)| (found.id.to_lowercase(), at)).collect(),
            pending: Vec::new(),
            past: Vec::new(),
            scale,
            subscriptions,
            resources: all,
            namespaces,
            workspaces,
            collection_rules,
            alerts: BTreeMap::new(),
            assessments: BTreeMap::new(),
            deleted: BTreeMap::new(),
            metadata: None,
            pricings: BTreeMap::new(),
            others: Vec::new(),
            skipped: 0,
            stream: Stream::new(seed, first_start, rate),
            made: 0,
            recent: Vec::new(),
            assessment_ids: Vec::new(),
            candidates: Vec::new(),
            spelling: HashMap::new(),
            aged: first_start,
        };
        world.set_up();
        if imported {
            world.metadata = Some(BTreeMap::new());
        } else {
            history::assess(&mut world, scale);
            history::alert(&mut world, scale);
        }
        world
    }

    /// Resource groups, and at the company what people and policies set up in Resource Manager.
    fn set_up(&mut self) {
        let groups: Vec<(String, String)> = self
            .resources
            .iter()
            .filter(|found| !found.group.is_empty())
            .map(|found| (found.subscription.clone(), found.group.clone()))
            .collect();
        for (subscription, group) in groups {
            self.add_group(self.first_start, &subscription, &group);
        }
        let solutions: Vec<Value> = self.workspaces.iter().filter_map(Workspace::solution_item).collect();
        for item in solutions {
            self.control.keep(self.first_start, item);
        }
        if self.is_small() {
            return;
        }
        automations::seed(self);
        company::suppress(self);
        let reader = json!({"actions": ["*/read"], "notActions": [], "dataActions": [], "notDataActions": []});
        let corporate = self.subscription_named("Corporate IT");
        self.control.set_permissions(import::subscription_of(&corporate).unwrap_or_default(), vec![reader]);
        policy::seed(self);
        if let Some(hub) = self.namespace("siem-prod").map(|found| format!("{}/eventhubs/defender-all", found.id)) {
            // Azure Event Hubs Data Sender
            let role = "2b629674-e913-4c01-ae53-ef4638d8f975";
            let item = policy::role_assignment(&hub, &guid(self.seed, "defender", 1), role, &self.defender_id);
            self.control.keep(self.first_start, item);
        }
        let sandbox = self.subscription_named("Sandbox");
        self.control.unregister(import::subscription_of(&sandbox).unwrap_or_default(), "Microsoft.Security");
    }

    /// Makes a resource group if there is none of that name.
    fn add_group(&mut self, at: Timestamp, subscription: &str, group: &str) {
        let id = format!("/subscriptions/{subscription}/resourceGroups/{group}");
        if self.control.get(&id).is_none() {
            let location = self.subscription(subscription).map_or("westeurope", |found| found.location);
            self.control.keep(at, resources::group_item(subscription, group, location));
        }
    }

    pub(super) fn is_small(&self) -> bool {
        self.scale == Scale::Small
    }

    /// The ARM id of the subscription of that name; empty when there is none.
    pub(super) fn subscription_named(&self, name: &str) -> String {
        let found = self.subscriptions.iter().find(|found| found.name == name);
        found.map(|found| format!("/subscriptions/{}", found.id)).unwrap_or_default()
    }

    /// Whether [`Self::advance`] has something to do.
    pub(super) fn is_due(&self, now: Timestamp) -> bool {
        self.stream.next().is_some_and(|next| next <= now)
            || self.pending.iter().any(|(at, _)| *at <= now)
            || self.ages(now)
    }

    fn ages(&self, now: Timestamp) -> bool {
        now.duration_since(self.aged) > SignedDuration::from_mins(10)
    }

    /// Lets everything happen that is due.
    pub(super) fn advance(&mut self, now: Timestamp) {
        loop {
            let first = self.pending.iter().map(|(at, _)| *at).min().filter(|at| *at <= now);
            let until = first.unwrap_or(now);
            self.stream_until(until);
            let Some(first) = first else { break };
            let due = self.pending.iter().position(|(at, _)| *at == first).map(|at| self.pending.remove(at));
            match due {
                Some((at, Pending::Samples { subscription, bundles })) => {
                    self.raise_samples(at, &subscription, &bundles);
                }
                Some((at, Pending::Remediation(id))) => self.remediate(at, &id),
                None => break,
            }
        }
        if self.ages(now) {
            self.aged = now;
            if let Ok(oldest) = now.checked_sub(ALERT_AGE) {
                self.alerts.retain(|_, alert| match &alert.source {
                    alert::Source::Made(recipe) => recipe.processed >= oldest,
                    alert::Source::Imported(_) => true,
                });
            }
        }
    }

    fn stream_until(&mut self, now: Timestamp) {
        while let Some((at, happening)) = self.stream.take(now) {
            match happening {
                Happening::Alert(severity) => {
                    self.make_alert(at, Some(severity));
                }
                Happening::Recommendation => self.flip_any(at),
                Happening::Status => self.change_status(at),
            }
        }
    }

    /// Happenings per minute.
    pub(super) fn rate(&self) -> f64 {
        self.stream.rate()
    }

    /// Starts a new schedule.
    pub(super) fn set_rate(&mut self, at: Timestamp, rate: f64) {
        self.stream = Stream::new(self.seed, at, rate);
    }

    /// The subscription of that id, in any letter case.
    pub(super) fn subscription(&self, id: &str) -> Option<&Subscription> {
        self.subscriptions.get(*self.numbers.get(&id.to_lowercase())?)
    }

    /// The assessment of that ARM id, in any letter case.
    pub(super) fn assessment(&self, id: &str) -> Option<(&String, &Assessment)> {
        let known = self.spelling.get(&id.to_lowercase()).map_or(id, String::as_str);
        self.assessments.get_key_value(known)
    }

    /// The namespace of that name.
    pub(super) fn namespace(&self, name: &str) -> Option<&Namespace> {
        self.namespaces.iter().find(|namespace| namespace.name.eq_ignore_ascii_case(name))
    }

    /// Metadata of every recommendation as ARM items; the one without any is missing.
    pub(super) fn metadata_items(&self) -> Vec<Value> {
        match &self.metadata {
            Some(imported) => imported.values().cloned().collect(),
            None => recommendation_types::RECOMMENDATIONS
                .iter()
                .filter(|recommendation| recommendation.slug != recommendation_types::WITHOUT_ANY_METADATA)
                .map(metadata_item)
                .collect(),
        }
    }

    /// Metadata of one recommendation as an ARM item.
    pub(super) fn metadata_item(&self, key: &str) -> Option<Value> {
        match &self.metadata {
            Some(imported) => imported.get(&key.to_lowercase()).cloned(),
            None => assessment::with_key(key)
                .filter(|recommendation| recommendation.slug != recommendation_types::WITHOUT_ANY_METADATA)
                .map(metadata_item),
        }
    }

    /// The Defender plans of a subscription as ARM items.
    pub(super) fn pricings(&self, subscription: &Subscription) -> Vec<Value> {
        let base = format!("/subscriptions/{}/providers/Microsoft.Security/pricings/", subscription.id);
        let lower = base.to_lowercase();
        let imported: Vec<Value> =
            self.pricings.iter().filter(|(id, _)| id.starts_with(&lower)).map(|(_, item)| item.clone()).collect();
        if !imported.is_empty() {
            return imported;
        }
        company::PLANS
            .iter()
            .map(|plan| {
                let on = subscription.plans.contains(plan);
                let mut properties = json!({
                    "pricingTier": if on { "Standard" } else { "Free" }, "freeTrialRemainingTime": "PT0S",
                });
                if on && *plan == "VirtualMachines" {
                    properties["subPlan"] = "P2".into();
                }
                json!({"id": format!("{base}{plan}"), "name": plan, "type": "Microsoft.Security/pricings", "properties": properties})
            })
            .collect()
    }
}

fn metadata_item(recommendation: &recommendation_types::Recommendation) -> Value {
    let key = assessment::key_of(recommendation);
    json!({
        "id": format!("/providers/Microsoft.Security/assessmentMetadata/{key}"), "name": key,
        "type": "Microsoft.Security/assessmentMetadata", "properties": assessment::metadata(recommendation),
    })
}

/// The value at a path of object names and array positions; letter case matters.
pub(super) fn json_at<'a>(value: &'a Value, path: &[String]) -> Option<&'a Value> {
    path.iter().try_fold(value, |value, step| match value {
        Value::Array(items) => items.get(step.parse::<usize>().ok()?),
        _ => value.get(step),
    })
}
