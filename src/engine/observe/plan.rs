//! What a page of observations means, decided without I/O.

use super::{
    Observation,
    identity::{event_id, snapshot_id, spread},
    shape::{COMPARED_VERSION, as_snapshot},
};
use domain::{Change, EventId, ExportBody, ItemKey, Kind, Outcome, Place, SubscriptionId, TenantId};
use jiff::{SignedDuration, Timestamp};
use rules::{Compiled, options::facets};
use serde_json::Value;
use std::collections::{BTreeMap, HashMap, HashSet};
use store::{DELETED, DecidingExport, NewEvent, NewOutcome, Seen, SeenRow, Watched};

/// What is to be written for a page.
#[derive(Debug, Default)]
pub struct Plan {
    /// New events with their outcomes.
    pub events: Vec<NewEvent>,
    /// What was last seen.
    pub seen: Vec<SeenRow>,
    /// Per subscription: items whose date moved while their state stayed, and items rewritten without an event.
    pub uncounted: BTreeMap<SubscriptionId, (i64, i64)>,
}

/// What a page is compared with.
pub struct Known<'a> {
    /// The tenant.
    pub tenant: &'a TenantId,
    /// The kind of data.
    pub kind: Kind,
    /// What was last seen of these items.
    pub seen: &'a HashMap<ItemKey, Seen>,
    /// Each subscription and how it is watched.
    pub watches: &'a HashMap<SubscriptionId, Watched>,
    /// The exports that exist.
    pub exports: &'a [DecidingExport],
    /// When the request that answered the page began.
    pub read_at: Timestamp,
    /// The run that writes whole states as snapshot events.
    pub snapshots: Option<SnapshotRun<'a>>,
}

/// A sweep that writes whole states as snapshot events.
#[derive(Debug, Clone, Copy)]
pub struct SnapshotRun<'a> {
    /// Its id.
    pub id: &'a str,
    /// The subscriptions it does that for.
    pub of: &'a [SubscriptionId],
    /// When it began: exports that were saved later wait for the next one, so that they get the whole of it.
    pub started_at: Timestamp,
}

/// Snapshot sources send the whole state once a week, as Azure's do.
const SNAPSHOT_EVERY: SignedDuration = SignedDuration::from_hours(7 * 24);

/// Whether an export is to get the whole state of a kind in a subscription: none was written since its first version that
/// wants it, or a week has passed.
pub(super) fn is_due(
    history: &[(Timestamp, ExportBody)],
    place: &Place,
    kind: Kind,
    last: Option<Timestamp>,
    run: Timestamp,
) -> bool {
    let saved = history.iter().find(|(_, body)| body.wants_snapshots(place, kind)).map(|(saved, _)| *saved);
    saved.is_some_and(|saved| {
        saved <= run && last.is_none_or(|last| saved > last || run.duration_since(last) >= SNAPSHOT_EVERY)
    })
}

impl Known<'_> {
    fn place(&self, subscription: &SubscriptionId) -> Option<&Place> {
        self.watches.get(subscription).map(|watched| &watched.place)
    }
}

/// The exports' sources for one kind and change, read once for the page.
struct Filters<'a>(Vec<(&'a DecidingExport, Compiled)>);

impl<'a> Filters<'a> {
    fn new(exports: &'a [DecidingExport], kind: Kind, change: Change) -> Self {
        let of = |export: &'a DecidingExport| Some((export, Compiled::new(export.body.source_for(kind, change)?)));
        Self(exports.iter().filter_map(of).collect())
    }
}

/// Compares a page with what was last seen and lets the exports decide.
pub fn plan(page: Vec<Observation>, known: &Known<'_>) -> Plan {
    let mut plan = Plan::default();
    let mut once = HashSet::new();
    let streams = Filters::new(known.exports, known.kind, Change::Created);
    let snapshots = Filters::new(known.exports, known.kind, Change::Snapshot);
    for observation in page {
        // A page that names an item twice is taken at its first word.
        if once.insert(observation.key.clone()) {
            if let Some(run) = known.snapshots
                && run.of.contains(&observation.subscription)
            {
                add_snapshot(&mut plan, &observation, run, &snapshots, known);
            }
            add(&mut plan, observation, &streams, known);
        }
    }
    plan
}

fn add(plan: &mut Plan, now: Observation, filters: &Filters<'_>, known: &Known<'_>) {
    let before = known.seen.get(&now.key);
    let Some(before) = before else {
        let change = first_change(&now, known);
        return add_event(plan, now, change, None, filters, known);
    };
    let is_older = known.read_at < before.read_at
        || matches!((now.source_date, before.source_date), (Some(now), Some(before)) if now < before);
    if is_older {
        return;
    }
    if before.compared == DELETED {
        // It is back: to whoever was told that it is gone it is new.
        return add_event(plan, now, Change::Created, Some(before.event.clone()), filters, known);
    }
    if before.compared != now.compared && before.compared_version == COMPARED_VERSION {
        return add_event(plan, now, Change::Changed, Some(before.event.clone()), filters, known);
    }
    let counted = plan.uncounted.entry(now.subscription.clone()).or_default();
    let rewritten = before.joined != now.joined || before.compared_version != COMPARED_VERSION;
    let moved = now.source_date != before.source_date;
    counted.0 += i64::from(moved);
    counted.1 += i64::from(rewritten);
    if rewritten || moved {
        let event = before.event.clone();
        plan.seen.push(seen_row(&now, event.clone(), Some(event), known));
    }
}

/// What is to be written for an item that is gone: it was deleted at the latest when it was asked for, and keeps its date,
/// so that no older observation of it counts later.
pub(super) fn plan_deletion(last: Observation, before: &Seen, known: &Known<'_>) -> Plan {
    let mut plan = Plan::default();
    let filters = Filters::new(known.exports, known.kind, Change::Deleted);
    add_event(&mut plan, last, Change::Deleted, Some(before.event.clone()), &filters, known);
    for event in &mut plan.events {
        event.occurred_at = known.read_at;
    }
    plan
}

/// What an item met for the first time is: part of the baseline, or new.
fn first_change(now: &Observation, known: &Known<'_>) -> Change {
    let Some(Watched { place, in_baseline, .. }) = known.watches.get(&now.subscription) else {
        return Change::Baseline;
    };
    if !in_baseline {
        return Change::Created;
    }
    let is_new = now.source_date.is_some_and(|date| {
        known
            .exports
            .iter()
            .filter_map(|export| covered_since(&export.history, place, known.kind))
            .any(|saved| date > saved.max(place.first_listed_at))
    });
    if is_new { Change::Created } else { Change::Baseline }
}

/// When an export's first version that covers the subscription and kind was saved.
fn covered_since(history: &[(Timestamp, ExportBody)], place: &Place, kind: Kind) -> Option<Timestamp> {
    history.iter().find(|(_, body)| body.sees(place, kind)).map(|(saved, _)| *saved)
}

fn seen_row(now: &Observation, event: EventId, previous: Option<EventId>, known: &Known<'_>) -> SeenRow {
    SeenRow {
        key: now.key.clone(),
        subscription: now.subscription.clone(),
        seen: Seen {
            compared: now.compared.clone(),
            compared_version: COMPARED_VERSION,
            joined: now.joined.clone(),
            source_date: now.source_date,
            read_at: known.read_at,
            event,
        },
        previous,
    }
}

fn add_event(
    plan: &mut Plan,
    now: Observation,
    change: Change,
    previous: Option<EventId>,
    filters: &Filters<'_>,
    known: &Known<'_>,
) {
    let id = event_id(known.tenant, known.kind, &now.key, &now.compared, previous.as_ref());
    plan.seen.push(seen_row(&now, id.clone(), previous, known));
    let outcomes =
        if change == Change::Baseline { Vec::new() } else { decide(filters, &now, &now.body, change, known) };
    let is_quiet = known.kind == Kind::Recommendation && !now.status.eq_ignore_ascii_case("unhealthy");
    let keeps_payload = change != Change::Baseline || !is_quiet;
    let payload = keeps_payload.then(|| (now.body.clone(), now.row.clone()));
    plan.events.push(new_event(id, change, &now, payload, outcomes, known));
}

/// The whole state of an item for the exports with a snapshot source; what was last seen of it is left alone.
fn add_snapshot(plan: &mut Plan, now: &Observation, run: SnapshotRun<'_>, filters: &Filters<'_>, known: &Known<'_>) {
    let Some(watched) = known.watches.get(&now.subscription) else { return };
    let due = |export: &DecidingExport| {
        is_due(&export.history, &watched.place, known.kind, watched.last_snapshot, run.started_at)
    };
    let due = Filters(filters.0.iter().filter(|(export, _)| due(export)).cloned().collect());
    let body = as_snapshot(&now.body);
    let outcomes = decide(&due, now, &body, Change::Snapshot, known);
    if outcomes.is_empty() {
        return;
    }
    let id = snapshot_id(known.tenant, known.kind, &now.key, &now.compared, run.id);
    let is_wanted = outcomes.iter().any(|outcome| outcome.state == Outcome::Pending);
    let payload = is_wanted.then(|| (body, now.row.clone()));
    plan.events.push(new_event(id, Change::Snapshot, now, payload, outcomes, known));
}

fn new_event(
    id: EventId,
    change: Change,
    now: &Observation,
    payload: Option<(Value, Value)>,
    outcomes: Vec<NewOutcome>,
    known: &Known<'_>,
) -> NewEvent {
    let now = now.clone();
    NewEvent {
        facets: payload.as_ref().map(|(body, _)| facets(known.kind, body)),
        id,
        change,
        hash: spread(&now.key),
        subscription: now.subscription,
        key: now.key,
        item_id: now.item_id,
        resource: now.resource,
        alert_id: now.alert_id,
        title: now.title,
        severity: now.severity,
        status: now.status,
        compared: now.compared,
        note: now.note,
        occurred_at: now.source_date.unwrap_or(known.read_at),
        observed_at: known.read_at,
        payload,
        outcomes,
    }
}

fn decide(
    filters: &Filters<'_>,
    now: &Observation,
    body: &Value,
    change: Change,
    known: &Known<'_>,
) -> Vec<NewOutcome> {
    let Some(place) = known.place(&now.subscription) else { return Vec::new() };
    filters
        .0
        .iter()
        .filter(|(export, _)| export.body.scope.covers(place))
        .map(|(export, filter)| {
            let decision = filter.decide(change, body);
            NewOutcome {
                export: export.id.clone(),
                version: export.version,
                state: if decision.matches { Outcome::Pending } else { Outcome::Filtered },
                rule_set: decision.rule_set,
                reason: decision.reason,
                target: export.body.target.clone(),
            }
        })
        .collect()
}
