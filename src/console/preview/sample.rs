//! The newest events of each kind in memory: when, where, how large, and the values at the paths that rules look at.
//!
//! Values are interned: thousands of events share a few. A column is read backwards from the newest event, so that an
//! answer that runs out of time or room has looked at the newest ones; what is left over is read the next time.

use domain::{Kind, SubscriptionId};
use jiff::Timestamp;
use rules::{Path, extract, options::usual_paths};
use serde_json::Value;
use std::{
    collections::{BTreeMap, HashMap},
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};
use store::{SampleRow, Store, StoreError};

/// The most events of a kind that a preview looks at.
pub(super) const MOST: usize = 200_000;
/// Events read at once.
const CHUNK: usize = 2_000;
/// The most bytes that the distinct values of one kind's columns may take.
const ROOM: usize = 96_000_000;
/// Columns kept; those that nobody asked for longest go first.
const COLUMNS: usize = 24;
/// After this an answer is given with what was read so far.
const PATIENCE: Duration = Duration::from_millis(2_500);
/// A value that is not read yet.
pub(super) const UNREAD: u32 = u32::MAX;

/// The samples of all kinds.
#[derive(Debug, Clone, Default)]
pub(crate) struct Samples(Arc<Mutex<BTreeMap<Kind, Arc<tokio::sync::Mutex<Sample>>>>>);

impl Samples {
    /// The sample of a kind; one preview at a time works with it.
    pub(super) fn of(&self, kind: Kind) -> Arc<tokio::sync::Mutex<Sample>> {
        let mut samples = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        samples.entry(kind).or_default().clone()
    }
}

/// Interned values at one path.
#[derive(Debug, Default)]
pub(super) struct Column {
    /// Per row the number of its values in `values`.
    pub(super) rows: Vec<u32>,
    /// Distinct values.
    pub(super) values: Vec<Arc<[Value]>>,
    known: HashMap<Arc<[Value]>, u32>,
    bytes: usize,
    used: u64,
}

impl Column {
    fn intern(&mut self, values: Vec<Value>) -> u32 {
        if let Some(at) = self.known.get(values.as_slice()) {
            return *at;
        }
        self.bytes += 96 + values.iter().map(size_of_value).sum::<usize>();
        let values: Arc<[Value]> = values.into();
        let at = u32::try_from(self.values.len()).unwrap_or(UNREAD - 1);
        self.values.push(values.clone());
        self.known.insert(values, at);
        at
    }
}

fn size_of_value(value: &Value) -> usize {
    match value {
        Value::String(text) => 32 + text.len(),
        Value::Array(items) => 32 + items.iter().map(size_of_value).sum::<usize>(),
        Value::Object(members) => {
            64 + members.iter().map(|(name, value)| 48 + name.len() + size_of_value(value)).sum::<usize>()
        }
        _ => 32,
    }
}

/// One kind's events in the order of the ledger.
#[derive(Debug, Default)]
pub(super) struct Sample {
    /// The events.
    pub(super) rows: Vec<SampleRow>,
    /// By the key of the path: `$.severity` and `Severity` are one, `x[0]` and `x[1]` are not.
    columns: HashMap<String, Column>,
    asked: u64,
}

impl Sample {
    /// The values at a path.
    pub(super) fn column(&self, path: &Path) -> Option<&Column> {
        self.columns.get(&path.key())
    }

    /// Takes in what happened meanwhile, and reads the values at these paths that are not here yet, back to `since`.
    pub(super) async fn follow(
        &mut self,
        store: &Store,
        kind: Kind,
        paths: BTreeMap<String, Path>,
        since: Timestamp,
        started: Instant,
    ) -> Result<(), StoreError> {
        self.asked += 1;
        let usual: HashMap<&str, String> =
            usual_paths(kind).iter().filter_map(|path| Some((*path, Path::parse(path).ok()?.key()))).collect();
        for key in usual.values() {
            self.columns.entry(key.clone()).or_default();
        }
        self.take_new(store, kind, &usual).await?;
        for path in paths.keys() {
            let column = self.columns.entry(path.clone()).or_default();
            column.used = self.asked;
            column.rows.resize(self.rows.len(), UNREAD);
        }
        self.forget_unused();
        self.read(store, &paths, since, started).await
    }

    async fn take_new(&mut self, store: &Store, kind: Kind, usual: &HashMap<&str, String>) -> Result<(), StoreError> {
        if self.rows.is_empty() {
            self.rows.reserve(1024);
        }
        let mut after = match self.rows.last() {
            Some(row) => row.seq,
            None => store.sample_begins(kind, MOST).await?,
        };
        loop {
            let rows = store.sample_rows(kind, after, 20_000).await?;
            let Some(last) = rows.last() else { break };
            after = last.seq;
            for mut row in rows {
                self.take_facets(row.facets.take().as_deref(), usual);
                self.rows.push(row);
            }
        }
        if self.rows.len() > MOST + MOST / 10 {
            let surplus = self.rows.len() - MOST;
            self.rows.drain(..surplus);
            for column in self.columns.values_mut() {
                column.rows.drain(..surplus.min(column.rows.len()));
            }
        }
        Ok(())
    }

    /// Takes the values that are kept beside the next event; what is not kept is read from payloads when it is asked for.
    fn take_facets(&mut self, facets: Option<&str>, usual: &HashMap<&str, String>) {
        let at = self.rows.len();
        let kept: BTreeMap<String, Vec<Value>> =
            facets.and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default();
        for (path, values) in kept {
            if let Some(column) = usual.get(path.as_str()).and_then(|key| self.columns.get_mut(key)) {
                column.rows.resize(at, UNREAD);
                let number = column.intern(values);
                column.rows.push(number);
            }
        }
    }

    fn forget_unused(&mut self) {
        while self.columns.len() > COLUMNS || self.bytes() > ROOM {
            let asked = self.asked;
            let unused =
                self.columns.iter().filter(|(_, column)| column.used < asked).min_by_key(|(_, column)| column.used);
            let Some(path) = unused.map(|(path, _)| path.clone()) else { break };
            self.columns.remove(&path);
        }
    }

    fn bytes(&self) -> usize {
        self.columns.values().map(|column| column.bytes).sum()
    }

    async fn read(
        &mut self,
        store: &Store,
        wanted: &BTreeMap<String, Path>,
        since: Timestamp,
        started: Instant,
    ) -> Result<(), StoreError> {
        if wanted.is_empty() {
            return Ok(());
        }
        let since = since.as_microsecond();
        let missing: Vec<usize> = (0..self.rows.len())
            .rev()
            .filter(|at| self.rows[*at].at >= since)
            .filter(|at| {
                wanted.keys().any(|path| self.columns.get(path).is_some_and(|column| column.rows[*at] == UNREAD))
            })
            .collect();
        let paths: Arc<Vec<Path>> = Arc::new(wanted.values().cloned().collect());
        let mut chunks = missing.chunks(CHUNK);
        let seqs = |rows: &[SampleRow], chunk: &[usize]| -> Vec<i64> { chunk.iter().map(|at| rows[*at].seq).collect() };
        let Some(mut chunk) = chunks.next() else { return Ok(()) };
        let mut bodies = store.sample_bodies(&seqs(&self.rows, chunk)).await?;
        loop {
            // While one chunk is opened on the threads for work, the next one is read.
            let opening = open(std::mem::take(&mut bodies), paths.clone());
            let next = chunks.next();
            let coming = async {
                match next {
                    Some(next) => store.sample_bodies(&seqs(&self.rows, next)).await,
                    None => Ok(Vec::new()),
                }
            };
            let (opened, coming) = tokio::join!(opening, coming);
            self.take(chunk, wanted, opened?);
            bodies = coming?;
            match next {
                Some(next) if started.elapsed() < PATIENCE && self.bytes() < ROOM => chunk = next,
                _ => return Ok(()),
            }
        }
    }

    fn take(&mut self, chunk: &[usize], wanted: &BTreeMap<String, Path>, opened: HashMap<i64, Vec<Vec<Value>>>) {
        let mut opened = opened;
        for at in chunk {
            // A payload that is gone or cannot be read has no values: no rule holds for it.
            let values = opened.remove(&self.rows[*at].seq).unwrap_or_else(|| vec![Vec::new(); wanted.len()]);
            for (path, values) in wanted.keys().zip(values) {
                if let Some(column) = self.columns.get_mut(path) {
                    column.rows[*at] = column.intern(values);
                }
            }
        }
    }
}

/// Unpacks payloads and takes the values out of them, on two threads.
async fn open(
    mut bodies: Vec<(i64, Vec<u8>)>,
    paths: Arc<Vec<Path>>,
) -> Result<HashMap<i64, Vec<Vec<Value>>>, StoreError> {
    let half = bodies.split_off(bodies.len() / 2);
    let work = |bodies: Vec<(i64, Vec<u8>)>, paths: Arc<Vec<Path>>| {
        tokio::task::spawn_blocking(move || {
            let paths: Vec<&Path> = paths.iter().collect();
            let values = |packed: &[u8]| extract(&Store::unpack(packed).ok()?, &paths).ok();
            bodies.into_iter().filter_map(|(seq, packed)| Some((seq, values(&packed)?))).collect::<Vec<_>>()
        })
    };
    let (first, second) = tokio::join!(work(bodies, paths.clone()), work(half, paths));
    Ok(first.into_iter().chain(second).flatten().collect::<HashMap<i64, Vec<Vec<Value>>>>())
}

/// Whether a subscription is among some; a word for what judges ask of every event.
pub(super) fn is_in(of: &std::collections::HashSet<SubscriptionId>, row: &SampleRow) -> bool {
    of.contains(&row.subscription)
}
