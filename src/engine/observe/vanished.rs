//! What it means that a sweep did not meet an item, decided without I/O.
//!
//! An item is gone when two complete sweeps have not met it and Resource Manager answers 404 for it. Everything else, above
//! all a reading right that was taken away, looks much the same from afar and must never become a deletion.

use super::{
    Observation,
    plan::{Known, Plan, plan_deletion},
    shape::complete,
};
use azure::AzureError;
use domain::{Kind, Severity, TenantId, time};
use serde_json::{Value, json};
use store::{DELETED, LastEvent, Met, MissedItem, Seen};

/// Complete sweeps in a row that must have missed an item before it is asked for.
pub(super) const SWEEPS: i64 = 2;
/// Items asked for after one sweep; the others wait for the next.
pub(super) const CHECKS: usize = 200;

/// Whether items of this kind are followed to their end. Others age out at the source, or follow from these.
pub(super) const fn ends(kind: Kind) -> bool {
    matches!(kind, Kind::Recommendation)
}

/// What is to be said of a subscription in which a sweep met fewer than half of the items known: then none of it counts as
/// missing.
pub(super) fn too_much_lost(kind: Kind, of: Met) -> Option<String> {
    (of.met * 2 < of.known).then(|| {
        format!(
            "The last full scan found {} of the {} {} known here. That looks like a reading right that was taken away, not like deletions: none is reported as deleted until a full scan finds at least half of them.",
            time::count(of.met),
            time::count(of.known),
            kind.plural()
        )
    })
}

/// What an answer says about an item that was asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Answer {
    /// It is not there.
    Gone,
    /// It is there, or may not be read: nothing follows from that.
    Unsure,
    /// Nothing can be asked at the moment.
    Later,
}

/// Error codes of a 404 that is not about the item: a subscription that cannot be seen answers like one that is not there.
const NOT_THE_ITEM: &[&str] =
    &["subscriptionnotfound", "invalidsubscriptionid", "tenantnotfound", "invalidresourcetype", "authorizationfailed"];

/// Reads the answer to a question for one item.
pub(super) fn read_answer(answer: Result<(), &AzureError>) -> Answer {
    let Err(error) = answer else { return Answer::Unsure };
    match error.fault() {
        // A 404 without a code is of something in between, not of Resource Manager.
        Some(fault) if fault.status == 404 => match fault.code.as_deref().map(str::to_ascii_lowercase) {
            Some(code) if !NOT_THE_ITEM.contains(&code.as_str()) => Answer::Gone,
            _ => Answer::Unsure,
        },
        Some(fault) if fault.status == 401 || fault.status == 429 || fault.status >= 500 => Answer::Later,
        Some(_) => Answer::Unsure,
        None => Answer::Later,
    }
}

/// The event of an item that is gone: its last known state, and that it is deleted. `None` when it was seen after it was
/// asked for, or is written as deleted already.
pub(super) fn deletion(item: &MissedItem, before: &Seen, last: LastEvent, known: &Known<'_>) -> Option<Plan> {
    if before.compared == DELETED || before.read_at >= known.read_at {
        return None;
    }
    let note = last.payload.is_none().then(|| {
        "nothing but its name and state was kept of it while it was there: it was healthy from the beginning".to_owned()
    });
    let (mut body, row) = last.payload.clone().unwrap_or_else(|| stand_in(&last, known.tenant));
    // The last event may be one of a release that wrote fewer keys.
    complete(known.kind, &mut body);
    let observation = Observation {
        key: item.key.clone(),
        subscription: item.subscription.clone(),
        item_id: last.item_id,
        resource: last.resource,
        alert_id: None,
        title: last.title,
        severity: last.severity,
        status: last.status,
        compared: DELETED.to_owned(),
        joined: before.joined.clone(),
        source_date: before.source_date,
        note,
        body: as_deletion(body),
        row,
    };
    Some(plan_deletion(observation, before, known))
}

/// Azure's own events say in their enrichment what happened.
fn as_deletion(mut body: Value) -> Value {
    for (name, value) in body.as_object_mut().into_iter().flatten() {
        if name.ends_with("EventDataEnrichment")
            && let Some(enrichment) = value.as_object_mut()
        {
            enrichment.insert("action".to_owned(), "Delete".into());
        }
    }
    body
}

/// The event of an item whose payload was never kept, from what the ledger knows of it; there is no row.
fn stand_in(last: &LastEvent, tenant: &TenantId) -> (Value, Value) {
    let name = last.item_id.rsplit('/').next().unwrap_or_default();
    let properties = json!({
        "displayName": last.title,
        "status": {"code": last.status},
        "resourceDetails": {"source": "Azure", "id": last.resource.as_str()},
        "metadata": {"displayName": last.title, "severity": last.severity.map(Severity::label)},
    });
    let enrichment = json!({"action": "Delete", "apiVersion": "2019-01-01", "isSnapshot": false});
    let body = json!({
        "assessmentEventDataEnrichment": enrichment,
        "securityEventDataEnrichment": enrichment,
        "tenantId": tenant,
        "type": "Microsoft.Security/assessments",
        "kind": "",
        "location": "",
        "id": last.item_id,
        "name": name,
        "properties": properties,
    });
    (body, Value::Null)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::observe::shape::missing;
    use azure::Fault;
    use domain::{Change, EventId, ItemKey, Place, ResourceId};
    use jiff::{SignedDuration, Timestamp};
    use proptest::prelude::*;
    use std::collections::{BTreeMap, HashMap};
    use store::Watched;

    fn fault(status: u16, code: Option<&str>) -> AzureError {
        AzureError::Service(Fault {
            status,
            code: code.map(str::to_owned),
            message: "no".to_owned(),
            retry_after: None,
            request_id: None,
        })
    }

    #[test]
    fn only_a_404_about_the_item_itself_says_that_it_is_gone() {
        let of = |status, code| read_answer(Err(&fault(status, code)));
        assert_eq!(of(404, Some("ResourceNotFound")), Answer::Gone);
        assert_eq!(of(404, Some("ResourceGroupNotFound")), Answer::Gone);
        assert_eq!(of(404, Some("SubscriptionNotFound")), Answer::Unsure);
        assert_eq!(of(404, None), Answer::Unsure);
        assert_eq!(of(403, Some("AuthorizationFailed")), Answer::Unsure);
        assert_eq!(of(429, Some("TooManyRequests")), Answer::Later);
        assert_eq!(of(503, None), Answer::Later);
        assert_eq!(read_answer(Ok(())), Answer::Unsure);
    }

    /// An item that complete sweeps did not meet, as the ledger knows it.
    fn known_item(read_at: Timestamp) -> (MissedItem, Seen, LastEvent) {
        let item_id =
            "/subscriptions/0ab1c2d3-0000-4000-8000-000000000001/providers/Microsoft.Security/assessments/Key";
        let id = EventId::parse("0123456789abcdef0123456789abcdef").unwrap();
        let item = MissedItem {
            key: ItemKey::parse(&item_id.to_lowercase()).unwrap(),
            item_id: item_id.to_owned(),
            subscription: "0ab1c2d3-0000-4000-8000-000000000001".parse().unwrap(),
        };
        let seen = Seen {
            compared: r#"["healthy",""]"#.to_owned(),
            compared_version: 1,
            joined: String::new(),
            source_date: None,
            read_at,
            event: id.clone(),
        };
        let last = LastEvent {
            id,
            item_id: item_id.to_owned(),
            resource: ResourceId::new("/subscriptions/0ab1c2d3-0000-4000-8000-000000000001"),
            title: "Do it well".to_owned(),
            severity: None,
            status: "Healthy".to_owned(),
            observed_at: read_at,
            payload: None,
        };
        (item, seen, last)
    }

    proptest! {
        #[test]
        fn half_of_what_is_known_is_enough_and_less_is_a_warning(known in 0_i64..100_000, met in 0_i64..100_000) {
            let met = met.min(known);
            let said = too_much_lost(Kind::Recommendation, Met { known, met });
            prop_assert_eq!(said.is_some(), met < known - met);
        }

        #[test]
        fn however_often_it_is_planned_a_deletion_is_one_event_and_never_of_what_was_seen_later(ahead in -5_i64..5) {
            let now = Timestamp::from_second(1_790_000_000).unwrap();
            let (item, seen, last) = known_item(now + SignedDuration::from_secs(ahead));
            let tenant = TenantId::parse("00000000-0000-4000-8000-000000000001").unwrap();
            let place = Place { id: item.subscription.clone(), first_listed_at: now, groups: Vec::new(), tags: BTreeMap::new() };
            let watches = HashMap::from([(item.subscription.clone(), Watched { place, in_baseline: false, last_snapshot: None })]);
            let all = HashMap::new();
            let at = |read_at| Known {
                tenant: &tenant, kind: Kind::Recommendation, seen: &all, watches: &watches, exports: &[], read_at, snapshots: None,
            };
            let first = deletion(&item, &seen, last.clone(), &at(now));
            prop_assert_eq!(first.is_some(), ahead < 0);
            if let Some(first) = first {
                let again = deletion(&item, &seen, last.clone(), &at(now + SignedDuration::from_secs(60))).unwrap();
                prop_assert_eq!(&first.events[0].id, &again.events[0].id);
                prop_assert_eq!((first.events[0].change, first.events[0].occurred_at), (Change::Deleted, now));
                // Written, it is not planned again.
                prop_assert!(deletion(&item, &first.seen[0].seen, last, &at(now + SignedDuration::from_secs(60))).is_none());
                let (body, _) = first.events[0].payload.as_ref().unwrap();
                prop_assert_eq!(&body["assessmentEventDataEnrichment"]["action"], "Delete");
                prop_assert_eq!(missing(Kind::Recommendation, body), Vec::<&str>::new());
            }
        }
    }
}
