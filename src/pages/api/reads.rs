//! What the frame, Overview, Subscriptions and Settings show.

use super::UiError;
use domain::{
    Page, SubscriptionFilter, SubscriptionList,
    health::HealthRun,
    subscriptions::Right,
    summary::Watched,
    task::TaskStatus,
    view::{AuditRow, Overview, SubscriptionDetail},
};
use jiff::Timestamp;
use leptos::prelude::*;
use serde::{Deserialize, Serialize};

/// What stands around every page.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FrameView {
    /// Whether it stands on the practice Azure.
    pub practice: bool,
    /// The cloud.
    pub cloud: String,
    /// The tenant's name.
    pub tenant: String,
    /// The person.
    pub person: String,
    /// Their role.
    pub role: String,
    /// Subscriptions visible.
    pub subscriptions: usize,
    /// Exports.
    pub exports: usize,
    /// Targets.
    pub targets: usize,
    /// Events that wait on a target with a condition.
    pub stuck: i64,
    /// What watching as a whole suffers from.
    pub problems: Vec<String>,
    /// Health checks that failed in the last run.
    pub failing: usize,
}

/// A page's answer with the server's time, so that both halves say "3 min ago" alike.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct At<T> {
    /// The server's time.
    pub now: Timestamp,
    /// The answer.
    pub value: T,
}

/// The beginning of a range such as `24h`, in whole hours; a day when the word is not known.
#[cfg(feature = "ssr")]
pub(super) fn since(range: &str, now: Timestamp) -> Timestamp {
    domain::time::hour_of(exactly_since(range, now))
}

/// The beginning of a range to the moment, for what is not counted by hours.
#[cfg(feature = "ssr")]
pub(super) fn exactly_since(range: &str, now: Timestamp) -> Timestamp {
    let known = crate::frame::RANGES.iter().find(|(word, _)| *word == range);
    let hours = known.map_or(24, |(_, hours)| *hours);
    now.saturating_sub(jiff::SignedDuration::from_hours(hours)).unwrap_or(now)
}

/// The beginning of what somebody put into an address.
#[cfg(feature = "ssr")]
pub(super) fn cut(text: &str) -> String {
    text.chars().take(40).collect()
}

/// What stands around every page.
#[server(prefix = "/fn", endpoint = "frame")]
pub async fn frame() -> Result<FrameView, UiError> {
    let (console, actor) = super::door::door()?;
    let surroundings = console.surroundings().clone();
    let targets = console.targets(&actor).await?;
    let exports = console.export_names(&actor).await?.len();
    Ok(FrameView {
        practice: surroundings.practice,
        cloud: surroundings.cloud,
        tenant: match console.tenants().count() {
            1 => surroundings.tenant_name,
            n => format!("{n} tenants"),
        },
        person: actor.name.clone(),
        role: actor.role.label().to_owned(),
        subscriptions: usize::try_from(console.count_subscriptions(&actor).await?).unwrap_or_default(),
        exports,
        stuck: targets
            .iter()
            .filter(|target| target.condition != domain::Condition::Ok)
            .map(|target| target.waiting)
            .sum(),
        targets: targets.len(),
        problems: console.problems(),
        failing: console.last_health(&actor).await?.map_or(0, |run| run.count(domain::verdict::Verdict::Fail)),
    })
}

/// The overview as its page shows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OverviewView {
    /// Figures, exports and targets; without the subscriptions.
    pub overview: Overview,
    /// What is shown of the subscriptions.
    pub watched: Watched,
    /// What the last health checks found; none before the first.
    pub health: Option<HealthRun>,
}

/// The overview over a range.
#[server(prefix = "/fn", endpoint = "overview")]
pub async fn read_overview(range: String) -> Result<OverviewView, UiError> {
    let (console, actor) = super::door::door()?;
    let since = since(&range, console.now());
    let overview = console.overview(&actor, Some(since), None).await?;
    let watched = Watched::of(&overview);
    let overview = Overview { subscriptions: Vec::new(), covered: Vec::new(), ..overview };
    Ok(OverviewView { overview, watched, health: console.last_health(&actor).await? })
}

/// A page of subscriptions; `cursor` as the list's own links have it.
#[server(prefix = "/fn", endpoint = "subscriptions")]
pub async fn subscriptions(filter: SubscriptionFilter, cursor: String) -> Result<At<SubscriptionList>, UiError> {
    let (console, actor) = super::door::door()?;
    // A place that does not parse is the beginning, as for a list that has changed.
    let turn = domain::Turn::parse(&cursor);
    let value = console.browse_subscriptions(&actor, &filter, turn.as_ref()).await?;
    Ok(At { now: console.now(), value })
}

/// What the console's identity may do in a subscription, or why that cannot be told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RightsView {
    /// The actions that matter.
    pub rights: Vec<Right>,
    /// Why they could not be read.
    pub failed: Option<String>,
}

/// What the console's identity may do in a subscription. That Azure does not say is an answer: everything else on the page
/// stands.
#[server(prefix = "/fn", endpoint = "rights")]
pub async fn rights(id: String) -> Result<RightsView, UiError> {
    let (console, actor) = super::door::door()?;
    let id = id.parse().map_err(|_| not_found("subscription"))?;
    match console.rights(&actor, &id).await {
        Ok(rights) => Ok(RightsView { rights, failed: None }),
        Err(console::ConsoleError::Conflict(said)) => Ok(RightsView { rights: Vec::new(), failed: Some(said) }),
        Err(error) => Err(error.into()),
    }
}

/// One subscription.
#[server(prefix = "/fn", endpoint = "subscription")]
pub async fn subscription(id: String) -> Result<At<SubscriptionDetail>, UiError> {
    let (console, actor) = super::door::door()?;
    let id = id.parse().map_err(|_| not_found("subscription"))?;
    Ok(At { now: console.now(), value: console.subscription(&actor, &id).await? })
}

/// What Settings shows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SettingsView {
    /// The identity in use in each tenant.
    pub identities: Vec<domain::view::IdentityView>,
    /// The cloud.
    pub cloud: String,
    /// Where the practice Azure answers.
    pub practice_origin: Option<String>,
    /// The data folder.
    pub folder: String,
    /// The store's id.
    pub store: String,
    /// Whether the console may change Azure's exports.
    pub azure_writes: bool,
    /// Whether the settings say so, and not the switch.
    pub azure_writes_fixed: bool,
    /// People and roles.
    pub people: Vec<(String, String)>,
    /// The audit log.
    pub audit: Page<AuditRow>,
    /// What runs in the background.
    pub tasks: Vec<TaskStatus>,
    /// The release.
    pub release: String,
}

/// Identity, people, and a page of the audit log.
#[server(prefix = "/fn", endpoint = "settings")]
pub async fn settings(cursor: String) -> Result<At<SettingsView>, UiError> {
    let (console, actor) = super::door::door()?;
    let (surroundings, facts) = (console.surroundings().clone(), console.facts(&actor).await?);
    let audit = console.audit_log(&actor, domain::Cursor::parse(&cursor), 50).await?;
    let value = SettingsView {
        identities: console.identities(&actor)?,
        cloud: surroundings.cloud,
        practice_origin: surroundings.practice_origin,
        azure_writes: console.azure_writes().await?,
        azure_writes_fixed: surroundings.azure_writes.is_some(),
        folder: facts.folder,
        store: facts.store,
        people: facts.people.into_iter().map(|(name, role)| (name, role.label().to_owned())).collect(),
        audit,
        tasks: console.tasks(),
        release: env!("CARGO_PKG_VERSION").to_owned(),
    };
    Ok(At { now: console.now(), value })
}

/// An error that also sets the response's status.
#[cfg(feature = "ssr")]
pub(super) fn not_found(what: &'static str) -> UiError {
    console::ConsoleError::NotFound(what).into()
}
