//! What of the stored events an export would have sent: decided with its current version, without writing anything.

use super::{
    Observation,
    identity::{event_id, spread},
};
use crate::{
    domain::{BackfillCount, BackfillRange, Change, EventId, ExportBody, ExportId, JobId, Kind, TenantId},
    rules,
    store::{Backfilled, Candidate, NewEvent, Payload, Store, StoreError, Visible, Wanted},
};
use jiff::Timestamp;
use serde_json::Value;

/// Events read at a time, so that memory stays bounded.
const CHUNK: usize = 500;

/// The kinds of data an export takes as they happen.
pub(super) fn kinds(body: &ExportBody) -> Vec<Kind> {
    let streaming = body.sources.iter().filter(|source| source.event_source.is_streaming());
    streaming.map(|source| source.event_source.kind()).collect()
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

/// Weighs one event with an export's version. An alert's current state is not a change of it: the source's choice of
/// changes does not apply there.
pub(super) fn weigh(body: &ExportBody, range: BackfillRange, one: &Candidate) -> Verdict {
    if one.decided {
        return Verdict::Already;
    }
    if !body.sees(&one.subscription, one.kind) {
        return Verdict::NotMatching;
    }
    let change = if range == BackfillRange::CurrentState { Change::Snapshot } else { one.change };
    match &one.payload {
        Payload::Broken => Verdict::Unreadable,
        Payload::NotKept => Verdict::NoPayload,
        Payload::Kept(payload) => decide(body, one.kind, change, payload, one.event.clone(), spread(&one.key)),
    }
}

fn decide(body: &ExportBody, kind: Kind, change: Change, payload: &Value, event: EventId, hash: i64) -> Verdict {
    let Some(source) = body.streaming_source(kind) else { return Verdict::NotMatching };
    let decision = rules::decide(source, change, payload);
    if !decision.matches {
        return Verdict::NotMatching;
    }
    Verdict::Add(Backfilled { event, hash, rule_set: decision.rule_set, reason: decision.reason })
}

/// An item read again as the snapshot event of a run, with the decision on it. The run's id stands in the place of the
/// previous event's.
pub(super) fn snapshot(
    tenant: &TenantId,
    job: &JobId,
    kind: Kind,
    body: &ExportBody,
    now: Observation,
    read_at: Timestamp,
) -> Option<(NewEvent, Verdict)> {
    let run = EventId::parse(&job.as_str().replace('-', "")).ok()?;
    let id = event_id(tenant, kind, &now.key, &now.compared, Some(&run));
    let mut payload = now.body;
    for enrichment in ["assessmentEventDataEnrichment", "securityEventDataEnrichment"] {
        if let Some(members) = payload.get_mut(enrichment).and_then(Value::as_object_mut) {
            members.insert("isSnapshot".to_owned(), Value::Bool(true));
        }
    }
    let hash = spread(&now.key);
    let verdict = decide(body, kind, Change::Snapshot, &payload, id.clone(), hash);
    let event = NewEvent {
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
    Some((event, verdict))
}

/// Counts what a backfill would do.
pub async fn count_backfill(
    store: &Store,
    visible: &Visible,
    export: (&ExportId, &ExportBody),
    range: BackfillRange,
) -> Result<BackfillCount, StoreError> {
    let kinds = kinds(export.1);
    let wanted = Wanted { export: export.0, kinds: &kinds, range, visible, bound: store.newest_event().await? };
    let mut count = BackfillCount::default();
    let mut cursor = String::new();
    loop {
        let events = store.backfill_candidates(&wanted, &cursor, CHUNK).await?;
        let Some(last) = events.last() else { return Ok(count) };
        cursor.clone_from(&last.cursor);
        for one in &events {
            count.looked_at += 1;
            match weigh(export.1, range, one) {
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
