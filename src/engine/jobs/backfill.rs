//! What of the stored events an export would have sent: decided with its current version, without writing anything.

use crate::observe::{Observation, as_snapshot, snapshot_id, spread};
use domain::{
    BackfillCount, BackfillRange, Change, EventId, ExportBody, ExportId, JobId, Kind, Source, SubscriptionId, TenantId,
};
use jiff::Timestamp;
use rules::Compiled;
use serde_json::Value;
use std::collections::{BTreeMap, HashSet};
use store::{Backfilled, Candidate, NewEvent, Payload, Store, StoreError, Visible, Wanted};

/// Events read at a time, so that memory stays bounded.
const CHUNK: usize = 500;

/// The kinds of data a backfill of an export looks at.
pub(super) fn kinds(body: &ExportBody, range: BackfillRange) -> Vec<Kind> {
    Kind::ALL.iter().copied().filter(|kind| source(body, *kind, range).is_some()).collect()
}

/// The source that decides: the streaming one. An export that takes only the weekly state of a kind sees none of its
/// changes, so only its current state can be sent.
fn source(body: &ExportBody, kind: Kind, range: BackfillRange) -> Option<&Source> {
    let weekly = || body.source_for(kind, Change::Snapshot).filter(|_| range == BackfillRange::CurrentState);
    body.source_for(kind, Change::Created).or_else(weekly)
}

/// An export's version, read once to weigh many events.
pub(super) struct Measure {
    range: BackfillRange,
    covered: HashSet<SubscriptionId>,
    filters: BTreeMap<Kind, Compiled>,
}

impl Measure {
    /// With the subscriptions as they are now.
    pub(super) async fn new(store: &Store, body: &ExportBody, range: BackfillRange) -> Result<Self, StoreError> {
        let places = store.places(&Visible::Everything).await?;
        let covered = places.into_iter().map(|(place, _)| place).filter(|place| body.scope.covers(place));
        let filters = Kind::ALL.iter().filter_map(|kind| Some((*kind, Compiled::new(source(body, *kind, range)?))));
        Ok(Self { range, covered: covered.map(|place| place.id).collect(), filters: filters.collect() })
    }
}

/// What a backfill does with one event.
#[derive(Debug)]
pub(super) enum Verdict {
    /// It is sent.
    Add(Backfilled),
    /// The export has decided on it before.
    Already,
    /// A rule, or the scope, lets it not through.
    NotMatching,
    /// It cannot be judged from what is kept.
    NoPayload,
    /// What is kept of it cannot be read.
    Unreadable,
}

impl Measure {
    /// Weighs one event. An alert's current state is not a change of it: the source's choice of changes does not apply
    /// there.
    pub(super) fn weigh(&self, one: &Candidate) -> Verdict {
        if one.decided {
            return Verdict::Already;
        }
        if !self.covered.contains(&one.subscription) {
            return Verdict::NotMatching;
        }
        let change = if self.range == BackfillRange::CurrentState { Change::Snapshot } else { one.change };
        match &one.payload {
            Payload::Broken => Verdict::Unreadable,
            Payload::NotKept => Verdict::NoPayload,
            Payload::Kept(payload) => self.decide(one.kind, change, payload, one.event.clone(), spread(&one.key)),
        }
    }

    fn decide(&self, kind: Kind, change: Change, payload: &Value, event: EventId, hash: i64) -> Verdict {
        let Some(filter) = self.filters.get(&kind) else { return Verdict::NotMatching };
        let decision = filter.decide(change, payload);
        if !decision.matches {
            return Verdict::NotMatching;
        }
        Verdict::Add(Backfilled { event, hash, rule_set: decision.rule_set, reason: decision.reason })
    }
}

/// An item read again as the snapshot event of a run, with the decision on it. The run's id stands in the place of the
/// previous event's.
pub(super) fn snapshot(
    tenant: &TenantId,
    job: &JobId,
    kind: Kind,
    measure: &Measure,
    now: Observation,
    read_at: Timestamp,
) -> (NewEvent, Verdict) {
    let id = snapshot_id(tenant, kind, &now.key, &now.compared, job.as_str());
    let payload = as_snapshot(&now.body);
    let hash = spread(&now.key);
    let verdict = measure.decide(kind, Change::Snapshot, &payload, id.clone(), hash);
    let event = NewEvent {
        facets: None,
        id,
        change: Change::Snapshot,
        subscription: now.subscription,
        key: now.key,
        hash,
        item_id: now.item_id,
        resource: now.resource,
        alert_id: now.alert_id,
        title: now.title,
        severity: now.severity,
        status: now.status,
        compared: now.compared,
        note: now.note,
        occurred_at: now.source_date.unwrap_or(read_at),
        observed_at: read_at,
        payload: Some((payload, now.row)),
        outcomes: Vec::new(),
    };
    (event, verdict)
}

/// Counts what a backfill would do.
pub async fn count_backfill(
    store: &Store,
    visible: &Visible,
    export: (&ExportId, &ExportBody),
    range: BackfillRange,
) -> Result<BackfillCount, StoreError> {
    let kinds = kinds(export.1, range);
    let wanted = Wanted { export: export.0, kinds: &kinds, range, visible, bound: store.newest_event().await? };
    let measure = Measure::new(store, export.1, range).await?;
    let mut count = BackfillCount::default();
    let mut cursor = String::new();
    loop {
        let events = store.backfill_candidates(&wanted, &cursor, CHUNK).await?;
        let Some(last) = events.last() else { return Ok(count) };
        cursor.clone_from(&last.cursor);
        for one in &events {
            count.looked_at += 1;
            match measure.weigh(one) {
                Verdict::Add(_) => {
                    count.count += 1;
                    count.bytes += u64::try_from(one.bytes).unwrap_or_default();
                }
                Verdict::Already => count.already += 1,
                Verdict::NotMatching => count.not_matching += 1,
                Verdict::NoPayload => count.no_payload += 1,
                Verdict::Unreadable => count.unreadable += 1,
            }
        }
    }
}
