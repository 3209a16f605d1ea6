//! What may be wrong with an export, and what the editor offers: both from what was observed.

use super::{Actor, Console, ConsoleError, adopt::body_of};
use diagnosis::rules_health::RuleFacts;
use domain::{
    AzureExport, ExportBody, ExportId, Kind, Role,
    choices::{Offer, Offers},
};
use rules::{
    Path, extract,
    lint::{Facts, KnownRecommendation, Lint, TargetFacts, lint},
    survey::{Survey, Surveys},
};
use std::{
    collections::BTreeMap,
    sync::Arc,
    time::{Duration, Instant},
};
use store::{Store, StoreError, Visible};
use tokio::sync::Mutex;

/// Events of each kind that are surveyed.
const SURVEYED: usize = 300;
/// Of Azure's own exports this many are judged: in one subscription, and with those of the console in all.
const MOST_OF_AZURE: usize = 10;
const MOST_LINTED: usize = 300;
/// What was gathered is used this long: it changes slowly, and people type fast.
const FRESH: Duration = Duration::from_secs(20);

/// What was observed, gathered for lints and the editor.
#[derive(Debug, Clone, Default)]
struct Gathered {
    surveys: Surveys,
    recommendations: BTreeMap<String, KnownRecommendation>,
    standards: Vec<String>,
    controls: BTreeMap<String, String>,
    largest: u64,
}

/// When something was gathered, and what.
type Last = Option<(Instant, Arc<Gathered>)>;

/// The last gathering.
#[derive(Debug, Clone, Default)]
pub(super) struct Gathering(Arc<Mutex<Last>>);

impl Gathering {
    async fn get(&self, store: &Store) -> Result<Arc<Gathered>, StoreError> {
        let mut last = self.0.lock().await;
        if let Some((_, gathered)) = last.as_ref().filter(|(at, _)| at.elapsed() < FRESH) {
            return Ok(gathered.clone());
        }
        let gathered = Arc::new(gather(store).await?);
        *last = Some((Instant::now(), gathered.clone()));
        Ok(gathered)
    }
}

async fn gather(store: &Store) -> Result<Gathered, StoreError> {
    let mut surveys = Surveys::new();
    let mut largest = 0;
    for kind in Kind::ALL.iter().copied() {
        largest = largest.max(store.largest_event(kind).await?);
        let mut survey = Survey::default();
        for body in store.newest_bodies(kind, SURVEYED).await? {
            if let Ok(body) = serde_json::from_str(&body) {
                survey.take(&body);
            }
        }
        if survey.events > 0 {
            surveys.insert(kind, survey);
        }
    }
    let seen = store.seen_recommendations().await?;
    let samples: Vec<i64> = seen.iter().filter_map(|one| one.sample).collect();
    let planned = Path::parse("properties.metadata.plannedDeprecationDate").ok();
    let mut deprecated: BTreeMap<i64, String> = BTreeMap::new();
    for (seq, packed) in store.sample_bodies(&samples).await? {
        let found = planned.as_ref().and_then(|path| extract(&Store::unpack(&packed).ok()?, &[path]).ok());
        let date = found.and_then(|values| values.first()?.first()?.as_str().map(str::to_owned));
        deprecated.extend(date.map(|date| (seq, date)));
    }
    let recommendations = seen.into_iter().map(|one| {
        let known = KnownRecommendation {
            deprecated: one.sample.and_then(|sample| deprecated.get(&sample).cloned()),
            severity: one.severity.unwrap_or_default(),
            name: one.name,
            items: one.items,
            off: one.off,
        };
        (one.key, known)
    });
    let recommendations = recommendations.collect();
    let (standards, controls) = store.seen_standards_and_controls().await?;
    let largest = u64::try_from(largest).unwrap_or_default();
    Ok(Gathered { surveys, recommendations, standards, controls, largest })
}

impl Console {
    /// Everything worth saying about an export, the worst first. `id` is its own, so that it is not held against itself.
    pub async fn lint(
        &self,
        actor: &Actor,
        body: &ExportBody,
        id: Option<&ExportId>,
    ) -> Result<Vec<Lint>, ConsoleError> {
        actor.require(Role::Viewer)?;
        let gathered = self.gathering.get(&self.store).await?;
        let exports = self.store.list_exports().await?;
        let target = self.target_facts_of(body).await?;
        let (places, automations) = (self.store.places(&actor.visible).await?, self.automations().await?);
        let facts = Facts {
            surveys: gathered.surveys.clone(),
            recommendations: gathered.recommendations.clone(),
            standards: gathered.standards.clone(),
            largest: gathered.largest,
            others: exports.iter().filter(|other| Some(&other.id) != id).map(|other| &other.body).collect(),
            azure: automations.values().flatten().filter(|one| one.enabled).collect(),
            target,
            places: &places,
        };
        Ok(lint(body, &facts))
    }

    /// The largest event that was seen lately, in bytes.
    pub(super) async fn largest_event(&self) -> u64 {
        self.gathering.get(&self.store).await.map(|gathered| gathered.largest).unwrap_or_default()
    }

    /// What is worth saying about every export, and about each of Azure's own.
    pub(super) async fn lint_all(&self) -> Result<Vec<RuleFacts>, ConsoleError> {
        let gathered = self.gathering.get(&self.store).await?;
        let exports = self.store.list_exports().await?;
        let automations = self.automations().await?;
        let places = self.store.places(&Visible::Everything).await?;
        let mut facts = Facts {
            surveys: gathered.surveys.clone(),
            recommendations: gathered.recommendations.clone(),
            standards: gathered.standards.clone(),
            largest: gathered.largest,
            places: &places,
            azure: automations.values().flatten().filter(|one| one.enabled).collect(),
            ..Facts::default()
        };
        let mut found = Vec::new();
        for export in exports.iter().filter(|export| export.body.is_ours()) {
            facts.others = exports.iter().filter(|other| other.id != export.id).map(|other| &other.body).collect();
            facts.target = self.target_facts_of(&export.body).await?;
            found.push(RuleFacts { name: export.body.name.clone(), lints: lint(&export.body, &facts) });
        }
        let by_id: BTreeMap<_, _> = places.iter().map(|one| (&one.0.id, one)).collect();
        for (subscription, of) in automations.iter() {
            // What doubles one of Azure's own exports stands in the same subscription.
            let Some(place) = by_id.get(subscription) else { continue };
            facts.places = std::slice::from_ref(place);
            for one in of.iter().filter(|one| one.enabled && one.why_left_alone().is_none()).take(MOST_OF_AZURE) {
                if found.len() >= MOST_LINTED {
                    return Ok(found);
                }
                facts.azure = of.iter().filter(|other| other.enabled && other.id.key() != one.id.key()).collect();
                found.push(lint_one(&mut facts, one, &exports, &place.1));
            }
        }
        Ok(found)
    }

    /// The same of the one that is asked about.
    pub(super) async fn lint_automation(&self, one: &AzureExport) -> Result<RuleFacts, ConsoleError> {
        let gathered = self.gathering.get(&self.store).await?;
        let facts = Facts {
            surveys: gathered.surveys.clone(),
            recommendations: gathered.recommendations.clone(),
            standards: gathered.standards.clone(),
            largest: gathered.largest,
            ..Facts::default()
        };
        Ok(RuleFacts { name: one.name.clone(), lints: lint(&body_of(one.clone(), one.name.clone()), &facts) })
    }

    async fn target_facts_of(&self, body: &ExportBody) -> Result<Option<TargetFacts>, ConsoleError> {
        let target = self.store.find_target(&body.target).await?;
        Ok(target.map(|target| TargetFacts {
            kind: target.config.kind(),
            max_bytes: target.max_bytes as u64,
            resource: target.config.resource_id().cloned(),
        }))
    }

    /// What the editor offers to choose from, and the paths that events of each kind have.
    pub async fn offers(&self, actor: &Actor) -> Result<(Offers, Surveys), ConsoleError> {
        actor.require(Role::Viewer)?;
        let gathered = self.gathering.get(&self.store).await?;
        let offer = |value: &str, name: &str, about: String| Offer { value: value.into(), name: name.into(), about };
        let mut recommendations: Vec<Offer> = gathered
            .recommendations
            .iter()
            .map(|(key, known)| offer(key, &known.name, known.severity.clone()))
            .collect();
        recommendations.sort_by_key(|one| one.name.to_lowercase());
        let plans = gathered.surveys.get(&Kind::Alert).and_then(|survey| survey.paths.get("ProductComponentName"));
        let offers = Offers {
            recommendations,
            controls: gathered.controls.iter().map(|(key, name)| offer(key, name, String::new())).collect(),
            standards: gathered.standards.iter().map(|name| offer(name, name, String::new())).collect(),
            plans: plans
                .into_iter()
                .flat_map(|fact| &fact.examples)
                .map(|plan| offer(plan, plan, String::new()))
                .collect(),
        };
        Ok((offers, gathered.surveys.clone()))
    }
}

/// What is worth saying about one of Azure's own exports.
fn lint_one<'a>(
    facts: &mut Facts<'a>,
    one: &AzureExport,
    exports: &'a [domain::Export],
    subscription: &str,
) -> RuleFacts {
    facts.target = None;
    facts.others = exports.iter().filter(|export| export.body.is_ours()).map(|export| &export.body).collect();
    let body = body_of(one.clone(), one.name.clone());
    RuleFacts { name: format!("{} of {subscription}", one.name), lints: lint(&body, facts) }
}
