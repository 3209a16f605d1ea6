//! What changes the world: alerts that are raised, recommendations that flip, things that people add.

use jiff::Timestamp;
use serde_json::Value;

use super::World;
use super::alert::{Alert, Recipe, Source};
use super::alert_types::ALERT_TYPES;
use super::assessment::{Assessment, Code};
use super::resources::{Resource, Subscription};
use crate::practice::dice::{azure_time, dice, one_of};
use crate::practice::import::{self, Kind, subscription_of};
use crate::practice::journal::{AlertOrder, Flip};

/// How many alerts can still get another status by themselves.
const RECENT: usize = 500;

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

    fn insert_alert(&mut self, recipe: Recipe) -> Option<String> {
        let id = recipe.id(self.resources.get(recipe.resource)?);
        self.alerts.insert(id.clone(), Alert { source: Source::Made(Box::new(recipe)), status: None });
        if self.recent.len() >= RECENT {
            self.recent.drain(..RECENT / 2);
        }
        self.recent.push(id.clone());
        Some(id)
    }

    /// Raises what someone asked for; answers the ids.
    pub(in crate::practice) fn order_alerts(&mut self, at: Timestamp, order: &AlertOrder) -> Vec<String> {
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
        let status = one_of(&mut rng, &["Dismissed", "Resolved", "InProgress", "Active"]).copied();
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
    pub(in crate::practice) fn flip(&mut self, at: Timestamp, count: usize, change: Flip) -> Vec<String> {
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
            assessment.code = code;
            assessment.cause = (code == Code::NotApplicable).then_some("Exempt");
            if change != Flip::Silent {
                assessment.changed = Some(at);
            }
            flipped.push(id.clone());
        }
        flipped
    }

    /// Adds an empty subscription; `false` when there is one of that id.
    pub(in crate::practice) fn add_subscription(&mut self, id: &str, name: &str) -> bool {
        if self.subscription(id).is_some() {
            return false;
        }
        let subscription =
            Subscription { id: id.to_owned(), name: name.to_owned(), group: None, location: "westeurope", plans: &[] };
        self.resources.push(Resource::of_subscription(&subscription));
        self.subscriptions.push(subscription);
        self.candidates.clear();
        true
    }

    /// Takes in the items of list answers; with `stamp` alerts and assessments count as having just happened. Answers how many.
    pub(in crate::practice) fn import(&mut self, at: Timestamp, stamp: bool, answers: &[Value]) -> usize {
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
