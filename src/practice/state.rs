//! Everything the handlers share: the world and its journal, what was received, faults, quotas.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard};
use std::time::Instant;

use jiff::Timestamp;

use super::changed::Changed;
use super::error::PracticeError;
use super::faults::{Fault, Faults};
use super::import;
use super::inbox::Inbox;
use super::journal::{Entry, Journal};
use super::quota::Quotas;
use super::replay::apply;
use super::world::World;
use super::{Options, Scale};

/// Counts per second, by hub and metric.
type Refusals = BTreeMap<(String, &'static str), BTreeMap<i64, u64>>;

/// The practice Azure behind its handlers.
#[derive(Debug)]
pub(super) struct Azure {
    /// Where it answers on loopback.
    pub origin: String,
    pub scale: Scale,
    world: RwLock<World>,
    journal: Mutex<Journal>,
    inbox: Mutex<Inbox>,
    faults: Mutex<Faults>,
    changed: Mutex<Changed>,
    quotas: Mutex<Quotas>,
    requests: Mutex<BTreeMap<&'static str, u64>>,
    /// What arrived at the relays: the host, and whether it came with an `Authorization`.
    relayed: Mutex<Vec<(String, bool)>>,
    /// Refused sends by hub (`namespace/hub`, lower case) and metric, in seconds since 1970.
    hub_errors: Mutex<Refusals>,
}

impl Azure {
    /// Builds the world from the journal, or begins both.
    pub(super) fn open(options: &Options, origin: String) -> Result<Self, PracticeError> {
        let now = clock();
        let files = options.import.as_deref().map(import::read_folder).transpose()?;
        let (mut journal, entries) = Journal::open(options.data.as_deref())?;
        let mut world = match entries.split_first() {
            None => {
                let company = options.scale == Scale::Company;
                let import = files.clone();
                journal.append(&Entry::Start { at: now, seed: options.seed, company, rate: options.rate, import })?;
                let mut world =
                    World::new((options.seed, options.scale), now, options.rate, files.is_some(), &options.tables);
                world.import(now, false, files.as_deref().unwrap_or_default());
                world
            }
            Some((first, rest)) => {
                let (mut world, imported) = begin(first, options)?;
                for entry in rest {
                    apply(&mut world, entry);
                }
                world.advance(now);
                // the same folder again changes nothing, another one is added
                if let Some(files) = files.filter(|files| *files != imported) {
                    let entry = Entry::Import { at: now, stamp: false, answers: files };
                    let known = rest.iter().any(|known| same_import(known, &entry));
                    if !known {
                        journal.append(&entry)?;
                        apply(&mut world, &entry);
                    }
                }
                if (world.rate() - options.rate).abs() > f64::EPSILON {
                    let entry = Entry::Rate { at: now, rate: options.rate };
                    journal.append(&entry)?;
                    apply(&mut world, &entry);
                }
                world
            }
        };
        world.advance(now);
        Ok(Self {
            origin,
            scale: options.scale,
            world: RwLock::new(world),
            journal: Mutex::new(journal),
            inbox: Mutex::new(Inbox::open(options.data.as_deref())?),
            faults: Mutex::default(),
            changed: Mutex::default(),
            quotas: Mutex::new(Quotas::new(options.scale == Scale::Company)),
            requests: Mutex::default(),
            relayed: Mutex::default(),
            hub_errors: Mutex::default(),
        })
    }

    /// The world as it is now.
    pub(super) fn world(&self) -> RwLockReadGuard<'_, World> {
        let now = clock();
        let world = self.world.read().unwrap_or_else(PoisonError::into_inner);
        if !world.is_due(now) {
            return world;
        }
        drop(world);
        self.world.write().unwrap_or_else(PoisonError::into_inner).advance(now);
        self.world.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// Journals and applies what someone did; `make` gets the time it happens at.
    pub(super) fn change<T>(
        &self,
        make: impl FnOnce(Timestamp) -> Entry,
        then: impl FnOnce(&mut World, &Entry) -> T,
    ) -> Result<T, PracticeError> {
        let mut world = self.world.write().unwrap_or_else(PoisonError::into_inner);
        let now = clock();
        world.advance(now);
        let entry = make(now);
        self.journal.lock().unwrap_or_else(PoisonError::into_inner).append(&entry)?;
        Ok(then(&mut world, &entry))
    }

    /// Lets `decide` look at the world and say what to journal; applies that. Nothing happens in between, so conditions
    /// that were checked still hold.
    pub(super) fn decide<T, E>(
        &self,
        decide: impl FnOnce(&World, Timestamp) -> Result<(Vec<Entry>, T), E>,
    ) -> Result<Result<T, E>, PracticeError> {
        let mut world = self.world.write().unwrap_or_else(PoisonError::into_inner);
        let now = clock();
        world.advance(now);
        let (entries, answer) = match decide(&world, now) {
            Ok(decided) => decided,
            Err(refusal) => return Ok(Err(refusal)),
        };
        for entry in &entries {
            self.journal.lock().unwrap_or_else(PoisonError::into_inner).append(entry)?;
            apply(&mut world, entry);
        }
        Ok(Ok(answer))
    }

    pub(super) fn inbox(&self) -> MutexGuard<'_, Inbox> {
        self.inbox.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What reads of Resource Manager are to look like.
    pub(super) fn changed(&self) -> MutexGuard<'_, Changed> {
        self.changed.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What arrived at the relays.
    pub(super) fn relayed(&self) -> MutexGuard<'_, Vec<(String, bool)>> {
        self.relayed.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn faults(&self) -> MutexGuard<'_, Faults> {
        self.faults.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn quotas(&self) -> MutexGuard<'_, Quotas> {
        self.quotas.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Counts a request and answers the faults that strike it.
    pub(super) fn strike(&self, service: &'static str) -> Vec<Fault> {
        *self.requests().entry(service).or_default() += 1;
        self.faults().strike(service, Instant::now())
    }

    /// Counts a send that a hub refused.
    pub(super) fn count_refusal(&self, hub: &str, metric: &'static str) {
        let mut errors = self.hub_errors.lock().unwrap_or_else(PoisonError::into_inner);
        *errors.entry((hub.to_lowercase(), metric)).or_default().entry(clock().as_second()).or_default() += 1;
    }

    /// How many sends a hub refused, and when.
    pub(super) fn hub_errors(&self, hub: &str, metric: &str) -> Vec<(Timestamp, u64)> {
        let errors = self.hub_errors.lock().unwrap_or_else(PoisonError::into_inner);
        let own = errors.iter().filter(|((of, named), _)| of.eq_ignore_ascii_case(hub) && *named == metric);
        let counts = own.flat_map(|(_, counts)| counts.iter());
        counts.filter_map(|(second, count)| Some((Timestamp::from_second(*second).ok()?, *count))).collect()
    }

    /// Requests so far by service.
    pub(super) fn requests(&self) -> MutexGuard<'_, BTreeMap<&'static str, u64>> {
        self.requests.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The clock, in whole microseconds as queries write times.
#[expect(clippy::disallowed_methods, reason = "this is the clock of Azure, not of the product")]
pub(super) fn clock() -> Timestamp {
    let now = Timestamp::now();
    Timestamp::from_microsecond(now.as_microsecond()).unwrap_or(now)
}

/// The world of the journal's first line, and what it imported.
fn begin(first: &Entry, options: &Options) -> Result<(World, Vec<serde_json::Value>), PracticeError> {
    let path = options.data.clone().unwrap_or_default();
    let Entry::Start { at, seed, company, rate, import } = first else {
        let source = serde::de::Error::custom("the first line is no start");
        return Err(PracticeError::Damaged { path, line: 1, source });
    };
    if *seed != options.seed {
        return Err(PracticeError::Seed { path, found: *seed, asked: options.seed });
    }
    let scale = if *company { Scale::Company } else { Scale::Small };
    let mut world = World::new((*seed, scale), *at, *rate, import.is_some(), &options.tables);
    let import = import.clone().unwrap_or_default();
    world.import(*at, false, &import);
    Ok((world, import))
}

fn same_import(known: &Entry, new: &Entry) -> bool {
    match (known, new) {
        (Entry::Import { answers: known, .. }, Entry::Import { answers: new, .. }) => known == new,
        _ => false,
    }
}
