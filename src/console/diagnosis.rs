//! "Why was this not exported?": the facts are gathered here, side by side, and judged in `diagnosis`.

use super::{Actor, Console, ConsoleError, coverage, exports::new_id, search::whole_id};
use azure::{Security, witness::known};
use diagnosis::{
    fill_docs,
    item::{EventFacts, ItemFacts, Metadata, OurExport, TheirExport, item, ours, theirs},
};
use domain::{
    Change, ExportId, Kind, ResourceId, Role, SubscriptionId,
    diagnosis::{Diagnosis, DiagnosisId, ExportDiagnosis},
    verdict::Known,
    view::{EventDetail, SubscriptionRow},
};
use std::time::Duration;
use store::EventFilter;

/// The longest text that is taken as one item, in characters.
const LONGEST: usize = 4000;
/// An answer of Azure's that takes longer is one that cannot be had.
const PATIENCE: Duration = Duration::from_millis(1500);

/// What stands in the place of what Azure has not been asked for yet.
const UNASKED: &str = "Azure has not been asked yet.";

/// A question, and what the store knows of the item.
struct Inquiry {
    id: DiagnosisId,
    made_at: jiff::Timestamp,
    actor: Actor,
    asked: String,
    only: Option<ExportId>,
    item: String,
    event: Option<EventDetail>,
    row: Option<SubscriptionRow>,
}

/// What Azure says of the item.
struct Azure {
    at_source: Known<bool>,
    suppressions: Known<Vec<(String, String)>>,
    metadata: Option<Known<Option<Metadata>>>,
}

impl Inquiry {
    /// What the facts come to.
    fn diagnosis(&self, facts: &ItemFacts, mut exports: Vec<ExportDiagnosis>) -> Diagnosis {
        // What is broken comes first, and of that where the item came farthest: it is probably the one that is meant.
        exports.sort_by(|a, b| (a.verdict(), b.came(), &a.name).cmp(&(b.verdict(), a.came(), &b.name)));
        let mut whole = Diagnosis {
            id: self.id.clone(),
            asked: self.asked.clone(),
            made_at: self.made_at,
            made_by: self.actor.name.clone(),
            subject: facts.event.as_ref().map(|event| event.subject.clone()),
            // What is not visible is as if it were not there.
            subscription: self.row.as_ref().map(|row| row.id.clone()),
            checks: item(facts),
            exports,
            only: self.only.clone(),
            complete: true,
        };
        fill_docs(whole.checks.iter_mut().chain(whole.exports.iter_mut().flat_map(|one| &mut one.checks)));
        whole
    }
}

/// Characters of an item that its audit entry names.
const IN_AUDIT: usize = 200;

/// Whether something may be an id: resource ids may hold spaces, others never do, and all have digits.
fn is_id(item: &str) -> bool {
    let is_resource = item.get(..15).is_some_and(|start| start.eq_ignore_ascii_case("/subscriptions/"));
    is_resource || (!item.contains(char::is_whitespace) && item.chars().any(|c| c.is_ascii_digit()))
}

impl Console {
    /// Finds out why an item did, or did not, arrive, for one export or for all; the answer is kept.
    pub async fn diagnose(
        &self,
        actor: &Actor,
        asked: &str,
        only: Option<&ExportId>,
    ) -> Result<Diagnosis, ConsoleError> {
        let inquiry = self.inquire(actor, asked, only).await?;
        let begun = self.begin(&inquiry).await?;
        let done = Box::pin(self.finish(&inquiry)).await?;
        Ok(done.unwrap_or(begun))
    }

    /// The same, answered with what the store knows at once: what Azure says follows as it comes.
    pub async fn diagnose_bit_by_bit(
        &self,
        actor: &Actor,
        asked: &str,
        only: Option<&ExportId>,
    ) -> Result<Diagnosis, ConsoleError> {
        let inquiry = self.inquire(actor, asked, only).await?;
        let begun = self.begin(&inquiry).await?;
        let console = self.clone();
        self.background.spawn(async move {
            if let Err(error) = Box::pin(console.finish(&inquiry)).await {
                tracing::warn!(diagnosis = %inquiry.id, "a diagnosis could not be finished: {}", domain::text::chain(&error));
            }
        });
        Ok(begun)
    }

    /// What is asked, and what the store knows of it.
    async fn inquire(&self, actor: &Actor, asked: &str, only: Option<&ExportId>) -> Result<Inquiry, ConsoleError> {
        actor.require(Role::Viewer)?;
        let asked = asked.trim();
        if asked.is_empty() {
            return Err(ConsoleError::invalid(
                "item",
                "paste an alert id, a resource id, or the link of the portal's page",
            ));
        }
        if asked.chars().count() > LONGEST || asked.lines().count() > 1 {
            return Err(ConsoleError::invalid("item", format!("one item at a time, at most {LONGEST} characters")));
        }
        let item = whole_id(asked);
        if !is_id(&item) {
            return Err(ConsoleError::invalid(
                "item",
                "this is no id: paste an alert id, a resource id, a recommendation id, or the link of the portal's page",
            ));
        }
        if let Some(said) = self.said_of_subscription(actor, &item).await? {
            return Err(ConsoleError::invalid("item", said));
        }
        let event = self.newest_event(actor, &item).await?;
        let subscription = match &event {
            Some(event) => Some(event.row.subject.subscription.clone()),
            None => ResourceId::new(&item).subscription(),
        };
        let row = match &subscription {
            Some(of) => self.store.find_subscription(&actor.visible, of).await?,
            None => None,
        };
        let made: domain::JobId = new_id(self.store.machine());
        Ok(Inquiry {
            id: made.as_str().parse().unwrap_or_else(|_| unreachable!("a UUID has the shape of an id")),
            made_at: self.now(),
            actor: actor.clone(),
            asked: asked.to_owned(),
            only: only.cloned(),
            item,
            event,
            row,
        })
    }

    /// What to say to whoever pastes a whole subscription; one that is not visible is not told from one that is not there.
    async fn said_of_subscription(&self, actor: &Actor, item: &str) -> Result<Option<String>, ConsoleError> {
        let id = match item.strip_prefix("/subscriptions/") {
            Some(id) if !id.contains('/') => id,
            Some(_) => return Ok(None),
            None => item,
        };
        let Ok(id) = SubscriptionId::parse(id) else { return Ok(None) };
        let row = self.store.find_subscription(&actor.visible, &id).await?;
        let what = match row {
            Some(row) => format!("the whole subscription {}", row.name),
            None if item.starts_with('/') => "a whole subscription".to_owned(),
            None => return Ok(None),
        };
        Ok(Some(format!("this is {what}: paste the id of an alert, a recommendation or a resource in it")))
    }

    /// Keeps what the store knows: the ledger's answer for the exports of this console.
    async fn begin(&self, of: &Inquiry) -> Result<Diagnosis, ConsoleError> {
        let unasked = Azure {
            at_source: Err(UNASKED.to_owned()).into(),
            suppressions: Err(UNASKED.to_owned()).into(),
            metadata: None,
        };
        let facts = self.item_facts(of, unasked).await?;
        let exports = self.of_ours(&of.actor, &facts, of.event.as_ref(), of.only.as_ref()).await?;
        let mut begun = of.diagnosis(&facts, exports);
        begun.complete = false;
        begun.checks.retain(|one| one.said != UNASKED);
        let about: String = of.item.chars().take(IN_AUDIT).collect();
        let detail = format!("about {about}");
        let audit = self.entry(&of.actor, "diagnosis.make", ("diagnosis", of.id.as_str()), detail);
        self.store.keep_diagnosis(&begun, &audit).await?;
        Ok(begun)
    }

    /// Asks Azure, keeps each part as it is known, and answers the whole; nothing when the diagnosis was forgotten meanwhile.
    async fn finish(&self, of: &Inquiry) -> Result<Option<Diagnosis>, ConsoleError> {
        let (at_source, suppressions, metadata) = tokio::join!(
            self.is_at_source(&of.actor, &of.item, of.event.as_ref(), of.row.as_ref()),
            self.suppressions(of.event.as_ref()),
            self.metadata(of.event.as_ref())
        );
        let facts = self.item_facts(of, Azure { at_source, suppressions, metadata }).await?;
        let mut exports = self.of_ours(&of.actor, &facts, of.event.as_ref(), of.only.as_ref()).await?;
        let mut part = of.diagnosis(&facts, exports.clone());
        part.complete = false;
        self.store.update_diagnosis(&part).await?;
        let theirs = self.of_theirs(&of.actor, &facts, of.event.as_ref(), of.row.as_ref(), of.only.as_ref()).await?;
        exports.extend(theirs);
        let whole = of.diagnosis(&facts, exports);
        Ok(self.store.update_diagnosis(&whole).await?.then_some(whole))
    }

    async fn item_facts(&self, of: &Inquiry, azure: Azure) -> Result<ItemFacts, ConsoleError> {
        // What an export has decided on was reached, whatever is configured since.
        let exports = self.store.list_exports().await?;
        let decided = of.event.iter().flat_map(|event| &event.deliveries);
        let is_decided = decided.clone().any(|row| exports.iter().any(|export| export.id == row.id.export));
        let reach = match (&of.row, &of.only) {
            (Some(row), None) if !is_decided => Some(self.reach(row).await?),
            _ => None,
        };
        Ok(ItemFacts {
            now: of.made_at,
            at_source: azure.at_source,
            suppressions: azure.suppressions,
            metadata: azure.metadata,
            changes: self.changes_of(&of.actor, of.event.as_ref()).await?,
            reach,
            event: of.event.as_ref().map(|event| EventFacts {
                subject: event.row.subject.clone(),
                body: event.body.as_ref().and_then(|text| serde_json::from_str(text).ok()),
            }),
            subscription: of.row.clone(),
            unseen: of.row.is_none() && of.event.is_none() && ResourceId::new(&of.item).subscription().is_some(),
        })
    }

    /// A diagnosis as it was made.
    pub async fn diagnosis(&self, actor: &Actor, id: &DiagnosisId) -> Result<Diagnosis, ConsoleError> {
        actor.require(Role::Viewer)?;
        self.store.find_diagnosis(&actor.visible, id).await?.ok_or(ConsoleError::NotFound("diagnosis"))
    }

    /// The newest diagnoses.
    pub async fn diagnoses(&self, actor: &Actor) -> Result<Vec<Diagnosis>, ConsoleError> {
        actor.require(Role::Viewer)?;
        Ok(self.store.list_diagnoses(&actor.visible, 10).await?)
    }

    async fn newest_event(&self, actor: &Actor, id: &str) -> Result<Option<EventDetail>, ConsoleError> {
        let filter = EventFilter { search: Some(id.to_owned()), ..EventFilter::default() };
        let found = self.store.list_events(&actor.visible, &filter, None, 20).await?.items;
        let Some(newest) = found.iter().find(|row| row.subject.change != Change::Test) else { return Ok(None) };
        // Exports take new alerts, and changes of status on demand: who asks about an alert means how it was raised.
        let raised = found.iter().find(|row| {
            row.subject.kind == Kind::Alert
                && row.subject.change != Change::Changed
                && row.subject.change != Change::Test
                && (&row.subject.title, &row.subject.resource) == (&newest.subject.title, &newest.subject.resource)
        });
        let meant = raised.filter(|_| newest.subject.change == Change::Changed).unwrap_or(newest);
        Ok(self.store.find_event(&actor.visible, &meant.id).await?)
    }

    /// Whether Defender for Cloud has the item now: asked of the tenant it is in, or of all.
    async fn is_at_source(
        &self,
        actor: &Actor,
        id: &str,
        event: Option<&EventDetail>,
        row: Option<&SubscriptionRow>,
    ) -> Known<bool> {
        let chain = |error: ConsoleError| domain::text::chain(&error);
        let places = match row {
            Some(row) => vec![(row.place.clone(), row.name.clone())],
            None => match self.places(actor).await {
                Ok(all) => all,
                Err(error) => return Err(chain(error)).into(),
            },
        };
        let (kind, id) = match event {
            Some(event) => (Some(event.row.subject.kind), event.item_id.as_str()),
            None => (None, id),
        };
        if places.is_empty() {
            return Err("No subscription is listed yet in which it could be looked for.".to_owned()).into();
        }
        let by_tenant = match self.by_tenant(places).await {
            Ok(all) => all,
            Err(error) => return Err(chain(error)).into(),
        };
        let mut last = Known::from(Ok(false));
        for (tenant, places) in by_tenant {
            let of: Vec<SubscriptionId> = places.into_iter().map(|(place, _)| place.id).collect();
            let security = Security { graph: tenant.graph(), arm: tenant.arm().clone() };
            last = known(PATIENCE, security.has_item(&of, kind, id)).await;
            last.found = last.found.map_err(|said| self.said_of(&tenant, &said));
            if last.found != Ok(false) {
                break;
            }
        }
        last
    }

    /// What Defender for Cloud says of the type of a recommendation.
    async fn metadata(&self, event: Option<&EventDetail>) -> Option<Known<Option<Metadata>>> {
        let event = event.filter(|event| event.row.subject.kind == Kind::Recommendation)?;
        let key = event.item_id.rsplit('/').next()?;
        let tenant = self.tenant_of(&event.row.subject.subscription).await.ok()?;
        let security = Security { graph: tenant.graph(), arm: tenant.arm().clone() };
        let found = known(PATIENCE, security.metadata(key)).await;
        Some(found.map(|found| {
            let properties = found?;
            let text = |name: &str| properties.get(name).and_then(serde_json::Value::as_str).map(str::to_owned);
            Some(Metadata {
                kind: text("assessmentType").unwrap_or_default(),
                name: text("displayName").unwrap_or_default(),
                deprecated: text("plannedDeprecationDate"),
            })
        }))
    }

    /// When the item changed, as far as its events are kept.
    async fn changes_of(
        &self,
        actor: &Actor,
        event: Option<&EventDetail>,
    ) -> Result<Vec<jiff::Timestamp>, ConsoleError> {
        let Some(event) = event else { return Ok(Vec::new()) };
        let filter = EventFilter { search: Some(event.item_id.clone()), ..EventFilter::default() };
        let found = self.store.list_events(&actor.visible, &filter, None, 20).await?.items;
        let mut all: Vec<_> = found.into_iter().map(|row| row.subject.occurred_at).collect();
        all.sort();
        Ok(all)
    }

    /// How many exports reach a subscription: of this console, of Azure.
    async fn reach(&self, row: &SubscriptionRow) -> Result<(usize, usize), ConsoleError> {
        let exports = self.store.list_exports().await?;
        let ours =
            exports.iter().filter(|export| export.body.is_ours() && export.body.scope.covers(&row.place)).count();
        let all = self.automations().await?;
        Ok((ours, coverage::of(&all, &row.id).iter().filter(|one| one.enabled && !one.is_workflow()).count()))
    }

    /// The suppression rules that are on in the subscription of an alert.
    async fn suppressions(&self, event: Option<&EventDetail>) -> Known<Vec<(String, String)>> {
        let Some(event) = event.filter(|event| event.row.subject.kind == Kind::Alert) else {
            return Ok(Vec::new()).into();
        };
        let subscription = &event.row.subject.subscription;
        match self.tenant_of(subscription).await {
            Ok(tenant) => known(PATIENCE, tenant.arm().suppression_rules(subscription)).await,
            Err(error) => Err(domain::text::chain(&error)).into(),
        }
    }

    async fn of_ours(
        &self,
        actor: &Actor,
        facts: &ItemFacts,
        event: Option<&EventDetail>,
        only: Option<&ExportId>,
    ) -> Result<Vec<ExportDiagnosis>, ConsoleError> {
        let targets = self.targets(actor).await?;
        let exports = self.store.list_exports().await?;
        let meant =
            exports.into_iter().filter(|export| export.body.is_ours() && only.is_none_or(|id| *id == export.id));
        Ok(meant
            .map(|export| {
                let one = OurExport {
                    target: targets.iter().find(|target| target.id == export.body.target).cloned(),
                    delivery: event
                        .and_then(|event| event.deliveries.iter().find(|row| row.id.export == export.id).cloned()),
                    export,
                };
                ours(facts, &one)
            })
            .collect())
    }

    async fn of_theirs(
        &self,
        actor: &Actor,
        facts: &ItemFacts,
        event: Option<&EventDetail>,
        row: Option<&SubscriptionRow>,
        only: Option<&ExportId>,
    ) -> Result<Vec<ExportDiagnosis>, ConsoleError> {
        let Some(row) = row else { return Ok(Vec::new()) };
        let arrivals = match event {
            Some(event) => self.arrivals_of(actor, &event.row.id).await?,
            None => Vec::new(),
        };
        let all = self.automations().await?;
        let exports = self.store.list_exports().await?;
        let mut meant = Vec::new();
        for automation in coverage::of(&all, &row.id).iter().filter(|one| !one.is_workflow()) {
            let owner = exports.iter().find(|export| {
                export
                    .body
                    .azure
                    .as_ref()
                    .is_some_and(|azure| azure.automation_in(&row.id).key() == automation.id.key())
            });
            if only.is_some_and(|id| owner.is_none_or(|owner| owner.id != *id)) {
                continue;
            }
            meant.push((automation.clone(), owner.map(|owner| (owner.id.clone(), owner.body.name.clone()))));
        }
        let automations: Vec<_> = meant.iter().map(|(automation, _)| automation.clone()).collect();
        let places = self.azure_place_facts(&automations).await;
        let mut found = Vec::new();
        for (automation, owner) in meant {
            let arrival = arrivals.iter().find(|row| row.automation.key() == automation.id.key()).cloned();
            // A place that another automation signs in to otherwise was asked about for that one.
            let is_of = |(known, place, _): &&super::azure_places::Place| {
                automation.targets.iter().any(|target| target.key() == place.key())
                    && known.trusted_service == automation.trusted_service
                    && known.key_rule == automation.key_rule
            };
            let places = places.iter().filter(is_of).map(|(_, place, facts)| (place.clone(), facts.clone()));
            let rules = self.lint_automation(&automation).await?;
            let one = TheirExport { places: places.collect(), automation, arrival, rules };
            found.push(theirs(facts, &one, owner));
        }
        Ok(found)
    }
}
