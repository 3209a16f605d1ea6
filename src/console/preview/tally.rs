//! Counting: how events stand to a draft, and to the version saved before it.

use super::{
    buckets,
    sample::{Column, Sample, UNREAD, is_in},
};
use domain::{Change, Nearness, Preview, PreviewBucket, Source, SubscriptionId, time};
use jiff::Timestamp;
use rules::{Compiled, Judgement, Path};
use serde_json::Value;
use std::{
    collections::{BTreeMap, HashMap, HashSet},
    sync::Arc,
};
use store::SampleRow;

/// Rows shown of each sort.
const SHOWN: usize = 20;

/// A source with the subscriptions its export covers.
#[derive(Clone)]
pub(super) struct Judge {
    pub(super) filter: Arc<Compiled>,
    covered: Arc<HashSet<SubscriptionId>>,
}

impl Judge {
    pub(super) fn new(source: &Source, covered: &HashSet<SubscriptionId>) -> Self {
        Self { filter: Arc::new(Compiled::new(source)), covered: Arc::new(covered.clone()) }
    }
}

/// The paths that judges look at, by their keys.
pub(super) fn paths_of<'a>(judges: impl IntoIterator<Item = &'a Judge>) -> BTreeMap<String, Path> {
    let paths = judges.into_iter().flat_map(|judge| judge.filter.paths().flatten());
    paths.map(|path| (path.key(), path.clone())).collect()
}

/// A judge over a sample: events with the same values are judged once.
struct Bench<'a> {
    judge: &'a Judge,
    columns: Vec<Option<&'a Column>>,
    known: HashMap<(bool, Vec<u32>), Arc<Judgement>>,
}

impl<'a> Bench<'a> {
    fn new(judge: &'a Judge, sample: &'a Sample) -> Self {
        let columns = judge.filter.paths().map(|path| sample.column(path?)).collect();
        Self { judge, columns, known: HashMap::new() }
    }

    /// How the event at a row stands; `Err` when its values are not read yet, `None` when the scope leaves it out.
    fn judge(&mut self, at: usize, row: &SampleRow) -> Result<Option<Arc<Judgement>>, NotRead> {
        if !is_in(&self.judge.covered, row) {
            return Ok(None);
        }
        let key: Vec<u32> = self
            .columns
            .iter()
            .map(|column| column.map_or(0, |column| column.rows.get(at).copied().unwrap_or(UNREAD)))
            .collect();
        if key.contains(&UNREAD) {
            return Err(NotRead);
        }
        let key = (row.is_change, key);
        if let Some(known) = self.known.get(&key) {
            return Ok(Some(known.clone()));
        }
        let values: Vec<Vec<&Value>> = self
            .columns
            .iter()
            .zip(&key.1)
            .map(|(column, at)| column.map(|column| column.values[*at as usize].iter().collect()).unwrap_or_default())
            .collect();
        let change = if row.is_change { Change::Changed } else { Change::Created };
        let judged = Arc::new(self.judge.filter.judge_values(change, &values));
        self.known.insert(key, judged.clone());
        Ok(Some(judged))
    }
}

struct NotRead;

/// An event that is shown.
pub(super) struct Picked {
    pub(super) at: i64,
    pub(super) seq: i64,
    pub(super) stands: Nearness,
    pub(super) reason: Arc<str>,
}

/// The figures of a preview while they are counted.
pub(super) struct Tallies {
    since: i64,
    now: i64,
    oldest: i64,
    step: i64,
    buckets: Vec<PreviewBucket>,
    unread: i64,
    counts: HashMap<Nearness, i64>,
    bytes: u64,
    near_by: HashMap<String, i64>,
    picked: HashMap<Nearness, Vec<Picked>>,
    pub(super) gained: i64,
    pub(super) lost: i64,
    pub(super) gained_rows: Vec<Picked>,
    pub(super) lost_rows: Vec<Picked>,
}

impl Tallies {
    pub(super) fn new(since: Timestamp, now: Timestamp) -> Self {
        let (step, from) = buckets(since, now);
        Self {
            since: since.as_microsecond(),
            now: now.as_microsecond(),
            oldest: now.as_microsecond(),
            step,
            buckets: from.into_iter().map(|from| PreviewBucket { from, events: 0, bytes: 0 }).collect(),
            unread: 0,
            counts: HashMap::new(),
            bytes: 0,
            near_by: HashMap::new(),
            picked: HashMap::new(),
            gained: 0,
            lost: 0,
            gained_rows: Vec::new(),
            lost_rows: Vec::new(),
        }
    }

    /// Counts the events of a sample: the first judge is the draft's, the second that of the saved version.
    pub(super) fn take(&mut self, sample: &Sample, judges: &[Option<Judge>; 2], visible: &HashSet<SubscriptionId>) {
        let mut draft = judges[0].as_ref().map(|judge| Bench::new(judge, sample));
        let mut saved = judges[1].as_ref().map(|judge| Bench::new(judge, sample));
        for (at, row) in sample.rows.iter().enumerate().rev() {
            if !is_in(visible, row) {
                continue;
            }
            self.oldest = self.oldest.min(row.at);
            if row.at < self.since {
                continue;
            }
            let ask = |bench: &mut Option<Bench<'_>>| bench.as_mut().map_or(Ok(None), |bench| bench.judge(at, row));
            let (Ok(now), Ok(before)) = (ask(&mut draft), ask(&mut saved)) else {
                self.unread += 1;
                continue;
            };
            let passes = |judged: &Option<Arc<Judgement>>| {
                judged.as_ref().is_some_and(|judged| judged.nearness == Nearness::Match)
            };
            if let Some(judged) = &now {
                self.count(row, judged);
            }
            if judges[1].is_none() && saved.is_none() && draft.is_none() {
                continue;
            }
            match (passes(&now), passes(&before)) {
                (true, false) => {
                    self.gained += 1;
                    pick(&mut self.gained_rows, row, Nearness::Match, now.as_ref());
                }
                (false, true) => {
                    self.lost += 1;
                    let stands = now.as_ref().map_or(Nearness::Not, |judged| judged.nearness);
                    pick(&mut self.lost_rows, row, stands, now.as_ref());
                }
                _ => {}
            }
        }
    }

    fn count(&mut self, row: &SampleRow, judged: &Arc<Judgement>) {
        *self.counts.entry(judged.nearness).or_default() += 1;
        match (judged.nearness, &judged.failing) {
            (Nearness::Match, _) => {
                self.bytes += u64::from(row.bytes);
                let first = self.buckets.first().map_or(0, |bucket| time::to_micros(bucket.from));
                let place = usize::try_from((row.at - first).div_euclid(self.step)).unwrap_or(0);
                if let Some(bucket) = self.buckets.get_mut(place) {
                    bucket.events += 1;
                    bucket.bytes += u64::from(row.bytes);
                }
            }
            (Nearness::Near, Some(subject)) => match self.near_by.get_mut(subject) {
                Some(count) => *count += 1,
                None => drop(self.near_by.insert(subject.clone(), 1)),
            },
            _ => {}
        }
        pick(self.picked.entry(judged.nearness).or_default(), row, judged.nearness, Some(judged));
    }

    /// The newest of one sort.
    pub(super) fn picked(&self, stands: Nearness) -> &[Picked] {
        self.picked.get(&stands).map_or(&[], Vec::as_slice)
    }

    /// Every event that is shown somewhere.
    pub(super) fn shown(&self) -> impl Iterator<Item = &Picked> {
        self.picked.values().flatten().chain(&self.gained_rows).chain(&self.lost_rows)
    }

    /// Writes the figures.
    pub(super) fn write(self, preview: &mut Preview) {
        let count = |stands| self.counts.get(&stands).copied().unwrap_or_default();
        preview.matched = count(Nearness::Match);
        preview.near = count(Nearness::Near);
        preview.not_matched = count(Nearness::Not);
        preview.looked_at = preview.matched + preview.near + preview.not_matched;
        // Averages are over the time from which there are events at all.
        let from = self.since.max(self.oldest);
        preview.seconds = u64::try_from((self.now - from) / 1_000_000).unwrap_or_default().max(3_600);
        preview.unread = self.unread;
        preview.matched_bytes = self.bytes;
        preview.buckets = self.buckets;
        preview.near_by = self.near_by.into_iter().collect();
        preview.near_by.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    }
}

/// Keeps the newest by the time they happened; rows come in the order of the ledger, newest first.
fn pick(into: &mut Vec<Picked>, row: &SampleRow, stands: Nearness, judged: Option<&Arc<Judgement>>) {
    if into.len() >= SHOWN {
        let oldest = into.iter().enumerate().min_by_key(|(_, one)| one.at).map(|(place, one)| (place, one.at));
        match oldest {
            Some((place, at)) if at < row.at => into.swap_remove(place),
            _ => return,
        };
    }
    let reason = judged.map_or("the scope leaves its subscription out, or its source is gone", |judged| &judged.reason);
    into.push(Picked { at: row.at, seq: row.seq, stands, reason: reason.into() });
}

/// What is known of the newest event of an item.
pub(super) struct Newest {
    pub(super) seq: i64,
    pub(super) subscription: SubscriptionId,
    pub(super) is_kept: bool,
}

/// The state as it is now, for a snapshot source: items looked at, those that match, their bytes, and items that could not
/// be looked at.
pub(super) fn state(
    sample: &Sample,
    judge: &Judge,
    newest: &[Newest],
    visible: &HashSet<SubscriptionId>,
) -> (i64, i64, u64, i64) {
    let mut bench = Bench::new(judge, sample);
    let (mut items, mut matched, mut bytes, mut unread) = (0, 0, 0, 0);
    for one in newest {
        if !visible.contains(&one.subscription) || !judge.covered.contains(&one.subscription) {
            continue;
        }
        let at = sample.rows.binary_search_by_key(&one.seq, |row| row.seq).ok().filter(|_| one.is_kept);
        let judged = at.and_then(|at| Some((at, bench.judge(at, &sample.rows[at]).ok()??)));
        let Some((at, judged)) = judged else {
            unread += 1;
            continue;
        };
        items += 1;
        if judged.nearness == Nearness::Match {
            matched += 1;
            bytes += u64::from(sample.rows[at].bytes);
        }
    }
    (items, matched, bytes, unread)
}
