//! What changes the world: alerts that are raised, recommendations that flip, things that people add.

use jiff::Timestamp;
use serde_json::Value;

use super::alert::{Alert, Recipe, Source};
use super::alert_types::ALERT_TYPES;
use super::assessment::{Assessment, Code};
use super::company::MANAGEMENT_GROUPS;
use super::resources::{Resource, Subscription, group_item};
use super::{World, automations, control, event_hubs};
use crate::dice::{azure_time, dice, guid, one_of};
use crate::import::{self, Kind, group_of, subscription_of};
use crate::journal::{AlertOrder, Flip};

/// What an alert can be.
const STATUSES: &[&str] = &["Dismissed", "Resolved", "InProgress", "Active"];
/// How many alerts can still get another status by themselves.
const RECENT: usize = 500;
/// How many earlier states of recommendations are remembered, for the workspaces that got them.
const PAST: usize = 50_000;

impl World {
    /// Raises an alert about something it can be about; `None` when there is nothing.
    pub(super) fn make_alert(&mut self, at: Timestamp, severity: Option<&'static str>) -> Option<String> {
        self.index();
        self.made += 1;
        let nonce = self.made;
        let mut rng = dice(self.seed, "pick", nonce);
        let fitting: Vec<usize> = (0..ALERT_TYPES.len())
            .filter(|at| self.candidates.get(*at).is_some_and(|found| !found.is_empty()))
            .filter(|at| {
                severity.is_none_or(|wanted| ALERT_TYPES.get(*at).is_some_and(|known| known.severity == wanted))
            })
            .collect();
        let chosen = *one_of(&mut rng, &fitting)?;
        let resource = *one_of(&mut rng, self.candidates.get(chosen)?)?;
        let recipe = Recipe::new(self.seed, nonce, at, ALERT_TYPES.get(chosen)?, resource);
        self.insert_alert(recipe)
    }

    pub(super) fn insert_alert(&mut self, recipe: Recipe) -> Option<String> {
        let id = recipe.id(self.resources.get(recipe.resource)?);
        self.alerts.insert(id.clone(), Alert { source: Source::Made(Box::new(recipe)), status: None });
        if self.recent.len() >= RECENT {
            self.recent.drain(..RECENT / 2);
        }
        self.recent.push(id.clone());
        Some(id)
    }

    /// Raises what someone asked for; answers the ids.
    pub(crate) fn order_alerts(&mut self, at: Timestamp, order: &AlertOrder) -> Vec<String> {
        self.index();
        let fits = |resource: &Resource| match &order.subscription {
            Some(wanted) => resource.subscription.eq_ignore_ascii_case(wanted),
            None => true,
        };
        let candidates: Vec<(usize, usize)> = self
            .candidates
            .iter()
            .enumerate()
            .flat_map(|(number, found)| found.iter().map(move |resource| (number, *resource)))
            .filter(|(_, resource)| self.resources.get(*resource).is_some_and(fits))
            .collect();
        let severity = order.severity.as_deref();
        let exact: Vec<(usize, usize)> = candidates
            .iter()
            .filter(|(number, _)| ALERT_TYPES.get(*number).is_some_and(|known| Some(known.severity) == severity))
            .copied()
            .collect();
        let candidates = if exact.is_empty() { candidates } else { exact };
        let mut ids = Vec::with_capacity(order.count);
        for _ in 0..order.count {
            self.made += 1;
            let mut rng = dice(self.seed, "pick", self.made);
            let Some((number, resource)) = one_of(&mut rng, &candidates).copied() else {
                break;
            };
            let Some(alert_type) = ALERT_TYPES.get(number) else {
                break;
            };
            let mut recipe = Recipe::new(self.seed, self.made, at, alert_type, resource);
            if let Some(severity) = severity {
                severity.clone_into(&mut recipe.severity);
            }
            recipe.bytes = order.bytes.unwrap_or_default();
            recipe.malformed = order.malformed;
            ids.extend(self.insert_alert(recipe));
        }
        ids
    }

    /// Which alert types can be about which resources: those of subscriptions with the plan on, else any.
    fn index(&mut self) {
        if !self.candidates.is_empty() {
            return;
        }
        let plans =
            |resource: &Resource| self.subscription(&resource.subscription).map_or(&[][..], |found| found.plans);
        let found = ALERT_TYPES.iter().map(|alert_type| {
            let fitting = |with_plan: bool| -> Vec<usize> {
                let fits = |resource: &Resource| {
                    alert_type.on.contains(&resource.kind) && (!with_plan || plans(resource).contains(&alert_type.plan))
                };
                let all = self.resources.iter().enumerate();
                all.filter(|(_, resource)| fits(resource)).map(|(at, _)| at).collect()
            };
            // subscriptions that people added have no plan, and alerts can still be ordered for them
            let mut chosen = fitting(true);
            chosen.extend(
                fitting(false)
                    .into_iter()
                    .filter(|at| self.resources.get(*at).is_some_and(|resource| plans(resource).is_empty())),
            );
            chosen
        });
        self.candidates = found.collect();
    }

    /// Gives a recent alert another status; no date changes with it.
    pub(super) fn change_status(&mut self, at: Timestamp) {
        let mut rng = dice(self.seed, "status", number(at));
        let status = one_of(&mut rng, STATUSES).copied();
        if let Some(id) = one_of(&mut rng, &self.recent)
            && let Some(alert) = self.alerts.get_mut(id)
        {
            alert.status = status;
        }
    }

    /// Flips one recommendation to the other state.
    pub(super) fn flip_any(&mut self, at: Timestamp) {
        let change = if dice(self.seed, "flip", number(at)).bool() { Flip::Unhealthy } else { Flip::Healthy };
        self.flip(at, 1, change);
    }

    /// Flips that many recommendations; answers their ids.
    pub(crate) fn flip(&mut self, at: Timestamp, count: usize, change: Flip) -> Vec<String> {
        if self.assessment_ids.len() != self.assessments.len() {
            self.assessment_ids = self.assessments.keys().cloned().collect();
        }
        let mut rng = dice(self.seed, "assessment", number(at));
        let all = self.assessment_ids.len();
        let start = if all == 0 { 0 } else { rng.usize(..all) };
        let mut order: Vec<usize> = if count > 1 { (0..all).collect() } else { Vec::new() };
        rng.shuffle(&mut order);
        // one alone starts anywhere and takes the first that fits, without shuffling thousands
        let positions = (0..all).map(|step| order.get(step).copied().unwrap_or((start + step) % all));
        let mut flipped = Vec::new();
        for id in positions.filter_map(|position| self.assessment_ids.get(position)) {
            if flipped.len() >= count {
                break;
            }
            let Some(assessment) = self.assessments.get_mut(id) else {
                continue;
            };
            let code = match change {
                Flip::Healthy => Code::Healthy,
                Flip::NotApplicable => Code::NotApplicable,
                Flip::Silent if assessment.code == Code::Unhealthy => Code::Healthy,
                Flip::Unhealthy | Flip::Silent => Code::Unhealthy,
            };
            if assessment.code == code {
                continue;
            }
            if change != Flip::Silent && self.past.len() < PAST {
                self.past.push((id.clone(), assessment.clone()));
            }
            assessment.code = code;
            assessment.cause = (code == Code::NotApplicable).then_some("Exempt");
            if change != Flip::Silent {
                assessment.changed = Some(at);
            }
            flipped.push(id.clone());
        }
        flipped
    }

    /// Deletes assessments; answers the ids of those that were there.
    pub(crate) fn delete_assessments(&mut self, ids: &[String]) -> Vec<String> {
        let mut done = Vec::new();
        self.assessment_ids.clear();
        for wanted in ids {
            let Some(id) = self.assessment(wanted).map(|(id, _)| id.clone()) else { continue };
            if let Some(assessment) = self.assessments.remove(&id) {
                self.deleted.insert(id.clone(), assessment);
                done.push(id);
            }
        }
        done
    }

    /// Lets deleted assessments come back with a new date; answers the ids of those that did.
    pub(crate) fn restore_assessments(&mut self, at: Timestamp, ids: &[String]) -> Vec<String> {
        let mut done = Vec::new();
        self.assessment_ids.clear();
        for id in ids {
            if let Some(mut assessment) = self.deleted.remove(id) {
                assessment.changed = Some(at);
                self.assessments.insert(id.clone(), assessment);
                done.push(id.clone());
            }
        }
        done
    }

    /// Adds an empty subscription; `false` when there is one of that id.
    pub(crate) fn add_subscription(&mut self, id: &str, name: &str) -> bool {
        self.add_in_group(id, name, None)
    }

    /// Adds an empty subscription to a management group.
    fn add_in_group(&mut self, id: &str, name: &str, group: Option<&'static str>) -> bool {
        if self.subscription(id).is_some() {
            return false;
        }
        let subscription = Subscription {
            id: id.to_owned(),
            name: name.to_owned(),
            group,
            location: "westeurope",
            plans: &[],
            state: "Enabled".to_owned(),
        };
        self.resources.push(Resource::of_subscription(&subscription));
        self.numbers.insert(id.to_lowercase(), self.subscriptions.len());
        self.subscriptions.push(subscription);
        self.candidates.clear();
        true
    }

    /// Adds that many empty subscriptions, spread over the management groups.
    pub(crate) fn add_subscriptions(&mut self, at: Timestamp, count: usize, automations: bool) {
        let from = self.subscriptions.len();
        for number in (0_u64..).zip(from..from + count).map(|(step, known)| step + known as u64) {
            let id = guid(self.seed, "bulk", number);
            let group = usize::try_from(number).ok().map(|number| number % MANAGEMENT_GROUPS.len());
            let group = group.and_then(|at| MANAGEMENT_GROUPS.get(at)).map(|(name, _)| *name);
            if self.add_in_group(&id, &format!("Branch {number:05}"), group) && automations {
                self.control.keep(at, group_item(&id, "rg-defender-export", "westeurope"));
                let item = automations::bulk(self, at, &id);
                self.control.keep(at, item);
            }
        }
    }

    /// Gives a subscription another state.
    pub(crate) fn set_state(&mut self, id: &str, state: &str) {
        let number = self.numbers.get(&id.to_lowercase()).copied();
        if let Some(subscription) = number.and_then(|number| self.subscriptions.get_mut(number)) {
            state.clone_into(&mut subscription.state);
        }
    }

    /// Gives an alert another status; no date changes with it.
    pub(crate) fn set_alert_status(&mut self, id: &str, status: &str) {
        let known = STATUSES.iter().find(|known| **known == status).copied();
        if let Some(alert) = self.alerts.get_mut(id) {
            alert.status = known;
        }
    }

    /// Makes a key of an authorization rule anew.
    pub(crate) fn regenerate(&mut self, at: Timestamp, rule: &str, second: bool, caller: &str) {
        let wanted = rule.to_lowercase();
        let new = event_hubs::key(self.seed, &wanted, number(at));
        for namespace in &mut self.namespaces {
            let base = namespace.id.to_lowercase();
            let of_hubs = namespace.hubs.iter_mut().flat_map(|hub| {
                let base = format!("{base}/eventhubs/{}", hub.name.to_lowercase());
                hub.rules.iter_mut().map(move |rule| (base.clone(), rule))
            });
            for (base, rule) in namespace.rules.iter_mut().map(|rule| (base.clone(), rule)).chain(of_hubs) {
                if format!("{base}/authorizationrules/{}", rule.name.to_lowercase()) == wanted {
                    let key = if second { &mut rule.secondary } else { &mut rule.primary };
                    new.clone_into(key);
                    rule.regenerated = Some(at);
                }
            }
        }
        let level = if wanted.contains("/eventhubs/") { "/eventhubs" } else { "" };
        let operation = format!("Microsoft.EventHub/namespaces{level}/authorizationRules/regenerateKeys/action");
        self.control.log(at, rule, &operation, caller);
    }

    /// Takes in the items of list answers; with `stamp` alerts and assessments count as having just happened. Answers how many.
    pub(crate) fn import(&mut self, at: Timestamp, stamp: bool, answers: &[Value]) -> usize {
        let mut taken = 0;
        for item in import::items(answers) {
            let mut item = item.clone();
            let (Some(kind), Some(id)) =
                (import::kind(&item), item.get("id").and_then(Value::as_str).map(str::to_owned))
            else {
                self.skipped += 1;
                continue;
            };
            taken += 1;
            if let Some(subscription) = subscription_of(&id) {
                let name = format!(
                    "Imported {}",
                    subscription.chars().rev().take(4).collect::<Vec<_>>().iter().rev().collect::<String>()
                );
                self.add_subscription(subscription, &name);
            }
            match kind {
                Kind::Alert => {
                    if stamp && let Some(time) = item.pointer_mut("/properties/processingEndTimeUtc") {
                        *time = azure_time(at).into();
                    }
                    self.alerts.insert(id, Alert { source: Source::Imported(Box::new(item)), status: None });
                }
                Kind::Assessment => {
                    let mut assessment = Assessment::imported(item);
                    if stamp {
                        assessment.changed = Some(at);
                    }
                    self.spelling.insert(id.to_lowercase(), id.clone());
                    self.assessments.insert(id, assessment);
                }
                Kind::Metadata => {
                    let key = id.rsplit('/').next().unwrap_or_default().to_lowercase();
                    // added at run time, imported metadata stands beside the seeded
                    if self.metadata.is_none() {
                        let seeded = self
                            .metadata_items()
                            .into_iter()
                            .filter_map(|item| Some((item.get("name")?.as_str()?.to_owned(), item)));
                        self.metadata = Some(seeded.collect());
                    }
                    if let Some(metadata) = &mut self.metadata {
                        metadata.insert(key, item);
                    }
                }
                Kind::Pricing => {
                    self.pricings.insert(id.to_lowercase(), item);
                }
                Kind::Other if control::is_a(&item, control::AUTOMATIONS) => {
                    if let (Some(subscription), Some(group)) = (subscription_of(&id), group_of(&id)) {
                        self.add_group(at, subscription, group);
                    }
                    self.control.keep(at, item);
                }
                Kind::Other => {
                    self.others.retain(|known| known.get("id") != item.get("id"));
                    self.others.push(item);
                }
            }
        }
        taken
    }
}

fn number(at: Timestamp) -> u64 {
    u64::try_from(at.as_microsecond()).unwrap_or_default()
}
