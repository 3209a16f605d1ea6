//! What a page of observations means, decided without I/O.

use super::{
    Observation,
    identity::{event_id, spread},
    shape::COMPARED_VERSION,
};
use crate::{
    domain::{Change, EventId, ExportBody, ItemKey, Kind, Outcome, SubscriptionId, TenantId},
    rules,
    store::{DecidingExport, NewEvent, NewOutcome, Seen, SeenRow},
};
use jiff::Timestamp;
use std::collections::{BTreeMap, HashMap, HashSet};

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
    /// When each subscription was first listed, and whether its baseline is still being read.
    pub watches: &'a HashMap<SubscriptionId, (Timestamp, bool)>,
    /// The exports that exist.
    pub exports: &'a [DecidingExport],
    /// When the request that answered the page began.
    pub read_at: Timestamp,
}

/// Compares a page with what was last seen and lets the exports decide.
pub fn plan(page: Vec<Observation>, known: &Known<'_>) -> Plan {
    let mut plan = Plan::default();
    let mut once = HashSet::new();
    for observation in page {
        // A page that names an item twice is taken at its first word.
        if once.insert(observation.key.clone()) {
            add(&mut plan, observation, known);
        }
    }
    plan
}

fn add(plan: &mut Plan, now: Observation, known: &Known<'_>) {
    let before = known.seen.get(&now.key);
    let Some(before) = before else {
        let change = first_change(&now, known);
        return add_event(plan, now, change, None, known);
    };
    let is_older = known.read_at < before.read_at
        || matches!((now.source_date, before.source_date), (Some(now), Some(before)) if now < before);
    if is_older {
        return;
    }
    if before.compared != now.compared && before.compared_version == COMPARED_VERSION {
        return add_event(plan, now, Change::Changed, Some(before.event.clone()), known);
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

/// What an item met for the first time is: part of the baseline, or new.
fn first_change(now: &Observation, known: &Known<'_>) -> Change {
    let Some((listed, in_baseline)) = known.watches.get(&now.subscription) else { return Change::Baseline };
    if !in_baseline {
        return Change::Created;
    }
    let is_new = now.source_date.is_some_and(|date| {
        known
            .exports
            .iter()
            .filter_map(|export| covered_since(&export.history, &now.subscription, known.kind))
            .any(|saved| date > saved.max(*listed))
    });
    if is_new { Change::Created } else { Change::Baseline }
}

/// When an export's first version that covers the subscription and kind was saved.
fn covered_since(history: &[(Timestamp, ExportBody)], subscription: &SubscriptionId, kind: Kind) -> Option<Timestamp> {
    history.iter().find(|(_, body)| body.sees(subscription, kind)).map(|(saved, _)| *saved)
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

fn add_event(plan: &mut Plan, now: Observation, change: Change, previous: Option<EventId>, known: &Known<'_>) {
    let id = event_id(known.tenant, known.kind, &now.key, &now.compared, previous.as_ref());
    plan.seen.push(seen_row(&now, id.clone(), previous, known));
    let outcomes = if change == Change::Baseline { Vec::new() } else { decide(&now, change, known) };
    let is_quiet = known.kind == Kind::Recommendation && !now.status.eq_ignore_ascii_case("unhealthy");
    let keeps_payload = change != Change::Baseline || !is_quiet;
    plan.events.push(NewEvent {
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
        payload: keeps_payload.then_some((now.body, now.row)),
        outcomes,
    });
}

fn decide(now: &Observation, change: Change, known: &Known<'_>) -> Vec<NewOutcome> {
    known
        .exports
        .iter()
        .filter(|export| export.body.scope.covers(&now.subscription))
        .filter_map(|export| {
            let source = export.body.streaming_source(known.kind)?;
            let decision = rules::decide(source, change, &now.body);
            Some(NewOutcome {
                export: export.id.clone(),
                version: export.version,
                state: if decision.matches { Outcome::Pending } else { Outcome::Filtered },
                rule_set: decision.rule_set,
                reason: decision.reason,
                target: export.body.target.clone(),
            })
        })
        .collect()
}
