//! What a person can do, one file per subject. The one door: every function takes the [`Actor`], checks the role, acts and
//! writes the audit entry. Pages, REST and the command line are thin callers of this room; it knows nothing of HTTP.

mod adopt;
mod arrivals;
mod articles;
mod azure_places;
mod background;
mod coverage;
mod deliveries;
mod diagnosis;
mod discover;
mod error;
mod exports;
mod find;
mod health;
mod health_watch;
mod hub_usage;
mod identity;
mod jobs;
mod known_names;
mod lint;
mod measures;
mod overview;
mod people;
mod policies;
mod preview;
mod roll_out;
mod samples;
pub mod search;
mod shares;
mod starter;
mod subscriptions;
mod target_facts;
mod targets;
mod templates;
mod tenants;

pub use error::ConsoleError;
pub use exports::check_body;
pub use jobs::LONGEST_RANGE;
pub use measures::describe_metrics;
pub use people::{Facts, LINK_LIVES};
pub use shares::{MOST_TRIES, MadeShare, Opened, ShareWish};
pub use starter::Starter;
pub use targets::TargetInput;

use domain::{Role, TenantId, task::TaskStatus};
use engine::deliver::Senders;
use engine::observe::Status;
use engine::task::Driver;
use std::sync::{Arc, Mutex};
use store::{AuditEntry, Store, Visible};
use tokio::sync::watch;

/// Who acts.
#[derive(Debug, Clone)]
pub struct Actor {
    /// Their id.
    pub id: String,
    /// The name shown and written into the audit log.
    pub name: String,
    /// What they may do.
    pub role: Role,
    /// What they may see.
    pub visible: Visible,
}

impl Actor {
    /// Refuses whoever may do less than `role`.
    pub fn require(&self, role: Role) -> Result<(), ConsoleError> {
        if self.role >= role { Ok(()) } else { Err(ConsoleError::Forbidden(role)) }
    }
}

/// What the console knows of its surroundings, shown in Settings and in the frame of every page.
#[derive(Debug, Clone)]
pub struct Surroundings {
    /// Whether it stands on the practice Azure.
    pub practice: bool,
    /// The cloud.
    pub cloud: String,
    /// The first tenant, which the store belongs to.
    pub tenant: TenantId,
    /// Its name, where it is known.
    pub tenant_name: String,
    /// Whether the settings let the console change Azure's exports; none leaves it to the switch.
    pub azure_writes: Option<bool>,
    /// The practice Azure's origin.
    pub practice_origin: Option<String>,
}

/// The console: the store, the ways out to targets, and what surrounds them.
#[derive(Clone)]
pub struct Console {
    store: Store,
    senders: Senders,
    watching: Vec<(TenantId, watch::Receiver<Status>)>,
    surroundings: Surroundings,
    samples: preview::Samples,
    gathering: lint::Gathering,
    judged: health::Judged,
    automations: coverage::Automations,
    background: background::Background,
    hub_uses: arrivals::HubUses,
    driver: Driver,
    measured: Arc<Mutex<measures::Measured>>,
}

impl Console {
    /// Opens the door; every tenant has its own watching.
    pub fn new(
        store: Store,
        senders: Senders,
        watching: Vec<(TenantId, watch::Receiver<Status>)>,
        surroundings: Surroundings,
        driver: Driver,
    ) -> Self {
        Self {
            store,
            senders,
            watching,
            surroundings,
            samples: preview::Samples::default(),
            gathering: lint::Gathering::default(),
            judged: health::Judged::default(),
            automations: coverage::Automations::default(),
            background: background::Background::default(),
            hub_uses: arrivals::HubUses::default(),
            driver,
            measured: Arc::default(),
        }
    }

    /// What surrounds the console.
    pub fn surroundings(&self) -> &Surroundings {
        &self.surroundings
    }

    /// The store's clock.
    pub fn now(&self) -> jiff::Timestamp {
        self.store.now()
    }

    /// Counts up whenever something people see has changed.
    pub fn changes(&self) -> watch::Receiver<u64> {
        self.store.changes()
    }

    /// How everything does that runs in the background.
    pub fn tasks(&self) -> Vec<TaskStatus> {
        self.driver.statuses()
    }

    /// Whether the store answers.
    pub async fn store_answers(&self) -> Result<(), ConsoleError> {
        Ok(self.store.answers().await?)
    }

    /// The audit entry of something a person does; logged here, written by the store with the change itself.
    fn entry<'a>(
        &'a self,
        actor: &'a Actor,
        action: &'static str,
        subject: (&'static str, &'a str),
        detail: String,
    ) -> AuditEntry<'a> {
        tracing::info!(actor = %actor.name, action, subject = subject.1, "{} {action}: {detail}", actor.name);
        AuditEntry {
            tenant: &self.surroundings.tenant,
            actor: &actor.name,
            action,
            subject: subject.0,
            subject_id: subject.1,
            detail,
        }
    }
}
