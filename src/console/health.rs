//! Health: the facts are gathered here, and judged in `diagnosis`.

use super::{Actor, Console, ConsoleError, identity::identity_view};
use azure::{Tenant, witness::known};
use diagnosis::{
    health::{Facts, LockFacts, PlaceFacts, TenantFacts, health},
    policy_health::{Deletion, PolicyFacts},
};
use domain::{AzureExport, ResourceId, Role, SubscriptionId, verdict::Checked};
use futures::{StreamExt, stream};
use jiff::SignedDuration;
use std::{
    sync::Arc,
    time::{Duration, Instant},
};
use store::Visible;
use tokio::sync::Mutex;

/// The most subscriptions of a tenant that are asked at once.
const MOST: usize = 100;
/// Questions under way at the same time.
const AT_ONCE: usize = 8;
/// Resource groups that are asked for locks, and subscriptions for what was deleted.
const MOST_GROUPS: usize = 50;
/// An export that was deleted longer ago is no news.
const DELETED_SINCE: SignedDuration = SignedDuration::from_hours(14 * 24);
/// Answers that take longer cannot be had: no one waits for health longer than for a few of these.
const PATIENCE: Duration = Duration::from_secs(5);
/// The same of all subscriptions together.
const PLACES: Duration = Duration::from_secs(20);
/// The same of all that is asked about policies.
const POLICIES: Duration = Duration::from_secs(20);

/// Pages that show some checks beside other things use what was judged at most this long ago.
const FRESH: Duration = Duration::from_secs(15);

/// What was judged last, since when, and for whom.
type Last = Option<(Instant, Visible, Vec<Checked>)>;

/// The last judgement; who asks for one while another is made waits for that.
#[derive(Debug, Clone, Default)]
pub(super) struct Judged(Arc<Mutex<Last>>);

impl Console {
    /// The same as [`Self::health`], at most some seconds old: readers of articles ask Azure once.
    pub(super) async fn recent_health(&self, actor: &Actor) -> Result<Vec<Checked>, ConsoleError> {
        actor.require(Role::Viewer)?;
        self.judged_since(actor, Instant::now().checked_sub(FRESH)).await
    }

    /// A judgement that was begun at this time or later: whoever asks while another is made waits for that one, and many who
    /// ask at once share the next.
    async fn judged_since(&self, actor: &Actor, since: Option<Instant>) -> Result<Vec<Checked>, ConsoleError> {
        let mut last = self.judged.0.lock().await;
        let is_fresh = |begun: &Instant| since.is_some_and(|since| *begun >= since);
        if let Some((_, _, known)) = last.as_ref().filter(|(begun, of, _)| is_fresh(begun) && *of == actor.visible) {
            return Ok(known.clone());
        }
        let begun = Instant::now();
        let found = self.judge(actor).await?;
        *last = Some((begun, actor.visible.clone(), found.clone()));
        Ok(found)
    }

    /// Every check that needs no item, the most harmful first.
    pub async fn health(&self, actor: &Actor) -> Result<Vec<Checked>, ConsoleError> {
        actor.require(Role::Viewer)?;
        self.judged_since(actor, Some(Instant::now())).await
    }

    async fn judge(&self, actor: &Actor) -> Result<Vec<Checked>, ConsoleError> {
        let tenants = self.tenant_health().await;
        let subscriptions = self.subscriptions(actor).await?;
        let watched = subscriptions.iter().map(|row| (row.place.clone(), row.name.clone())).collect();
        let mut asked = Vec::new();
        for (tenant, places) in self.by_tenant(watched).await? {
            let gets_tokens = tenants.iter().any(|one| one.id == tenant.id.as_str() && one.identity.is_ok());
            let some = places.into_iter().filter(|_| gets_tokens).map(|(place, name)| (tenant.clone(), place.id, name));
            asked.extend(some.take(MOST));
        }
        let targets = self.targets(actor).await?;
        let signs_in = tenants.iter().any(|one| one.identity.is_ok());
        let all = if signs_in { self.azure_exports(actor).await? } else { Vec::new() };
        let on: Vec<AzureExport> = all.into_iter().map(|(export, _)| export).filter(|one| one.enabled).collect();
        // One does not wait for another: the slowest of them is what a page waits for.
        let (places, sending, azure, locks, policies) = if signs_in {
            // Those that are not asked by then are counted as such.
            let places = stream::iter(asked)
                .map(|(tenant, id, name)| place_facts(tenant, id, name))
                .buffered(AT_ONCE)
                .take_until(tokio::time::sleep(PLACES))
                .collect::<Vec<_>>();
            tokio::join!(
                places,
                self.target_facts(actor, &targets),
                self.azure_place_facts(&on),
                self.locks_of(&on),
                self.policy_facts(actor)
            )
        } else {
            (Vec::new(), Ok(Vec::new()), Vec::new(), Vec::new(), Ok(PolicyFacts::default()))
        };
        let facts = Facts {
            now: self.now(),
            tenants,
            clock: self.clock(),
            subscriptions,
            places,
            targets,
            sending: sending?,
            azure,
            locks,
            rules: self.lint_all().await?,
            policies: policies?,
            writes: self.azure_writes().await?,
            coverage: self.coverage(actor).await?,
            books: self.store.books().await.map_err(|error| domain::text::chain(&error)),
        };
        Ok(health(&facts))
    }

    /// What keeps the resource groups of Azure's own exports from being changed.
    async fn locks_of(&self, all: &[AzureExport]) -> Vec<LockFacts> {
        let mut groups: Vec<ResourceId> = all.iter().map(|one| ResourceId::new(one.id.before("providers"))).collect();
        groups.sort_by_key(ResourceId::key);
        groups.dedup_by_key(|one| one.key());
        groups.truncate(MOST_GROUPS);
        let asked = stream::iter(groups).map(|group| async move {
            let tenant = self.tenant_of_resource(&group).await.unwrap_or_else(|_| self.tenants().first());
            LockFacts { locks: known(PATIENCE, tenant.arm().locks(&group)).await, group }
        });
        asked.buffered(AT_ONCE).collect().await
    }

    /// Exports that policies deploy, and those of them that somebody deleted.
    async fn policy_facts(&self, actor: &Actor) -> Result<PolicyFacts, ConsoleError> {
        let Ok(found) = tokio::time::timeout(POLICIES, self.policies(actor)).await else {
            let troubles = vec!["Azure took too long to answer for policy assignments.".to_owned()];
            return Ok(PolicyFacts { troubles, ..PolicyFacts::default() });
        };
        let (all, troubles) = found?;
        let missing = |view: &domain::policy::PolicyView| {
            let open = view.subscriptions.iter().filter(|one| !one.compliant && one.drift.is_none());
            open.map(|one| one.subscription.clone()).collect::<Vec<_>>()
        };
        let mut asked: Vec<SubscriptionId> = all.iter().flat_map(missing).collect();
        asked.sort();
        asked.dedup();
        asked.truncate(MOST_GROUPS);
        let since = self.now().checked_sub(DELETED_SINCE).unwrap_or_else(|_| self.now());
        let asked = stream::iter(asked).map(|id| async move {
            let tenant = self.tenant_of(&id).await.ok()?;
            known(PATIENCE, tenant.arm().activity_of_exports(&id, since)).await.found.ok()
        });
        let lines: Vec<_> = asked.buffered(AT_ONCE).collect().await;
        let deletes = |one: &azure::Activity| one.operation.to_ascii_lowercase().ends_with("automations/delete");
        let gone = lines.into_iter().flatten().flatten().filter(deletes);
        let gone = gone.map(|one| Deletion { automation: one.resource.key(), at: one.at, by: one.by });
        Ok(PolicyFacts { all, troubles, deleted: gone.collect() })
    }

    /// Who the console is in each tenant, and what watching it suffers from.
    pub(super) async fn tenant_health(&self) -> Vec<TenantFacts> {
        let asked = self.tenants().iter().map(|tenant| async move {
            // Entra's client retries for longer than anybody waits for a page.
            let asked = tokio::time::timeout(PATIENCE, tenant.credential.bearer(&tenant.http().cloud.arm_scope)).await;
            let token = match asked {
                Ok(answered) => answered.map_err(|error| error.told()),
                Err(_) => Err(format!("Entra took longer than {} seconds to answer.", PATIENCE.as_secs())),
            };
            TenantFacts {
                id: tenant.id.to_string(),
                name: tenant.name.clone(),
                identity: token.map(|_| identity_view(tenant)),
                problem: self.watching_of(tenant).problem,
            }
        });
        futures::future::join_all(asked).await
    }
}

async fn place_facts(tenant: Tenant, id: SubscriptionId, name: String) -> PlaceFacts {
    let arm = tenant.arm();
    let (permissions, provider) = tokio::join!(
        known(PATIENCE, arm.permissions(&id)),
        known(PATIENCE, arm.registration(&id, "Microsoft.Security"))
    );
    PlaceFacts { id: id.to_string(), name, tenant: tenant.id.to_string(), permissions, provider }
}
