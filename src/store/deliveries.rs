//! Reading the delivery log.

use super::{Store, StoreError, Visible, error::Doing, lanes::WINDOW, pack::unpack_text, watch::parse};
use domain::{
    Cursor, DeliveryId, EventId, ExportId, Kind, Outcome, Page, ResourceId, Severity, SubscriptionId, TargetId, time,
    view::{AttemptRow, DeliveryDetail, DeliveryRow, Subject},
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sqlx::{QueryBuilder, Row, Sqlite, sqlite::SqliteRow};

/// Which lines of the delivery log are wanted; empty means all.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeliveryFilter {
    /// Of this export.
    pub export: Option<ExportId>,
    /// To this target.
    pub target: Option<TargetId>,
    /// With one of these outcomes.
    pub outcomes: Vec<Outcome>,
    /// Of this kind.
    pub kind: Option<Kind>,
    /// In this subscription.
    pub subscription: Option<SubscriptionId>,
    /// With this severity.
    pub severity: Option<Severity>,
    /// Decided in or after this hour.
    pub since: Option<Timestamp>,
    /// Decided before this hour.
    pub until: Option<Timestamp>,
    /// Event id, alert id, resource id or item id, whole.
    pub search: Option<String>,
}

pub(super) const SUBJECT: &str = "e.kind, e.change, e.title, e.severity, e.status, e.resource_id, e.subscription_id,
    coalesce(s.name, e.subscription_id), e.occurred_at, e.observed_at";

const SELECT: &str =
    "o.seq, o.event_id, o.export_id, x.name, o.export_version, o.target_id, coalesce(t.name, ''), o.state, o.reason,
    o.decided_at, o.settled_at, o.attempts, o.last_status, o.last_error,
    case when t.paused_at is not null then 'paused' else coalesce(t.condition, 'ok') end";

pub(super) const FROM: &str = " from outcomes o join events e on e.id = o.event_id join exports x on x.id = o.export_id
    left join targets t on t.id = o.target_id left join subscriptions s on s.id = o.subscription_id where 1 = 1";

/// Reads the ten columns of [`SUBJECT`] that begin at `from`.
pub(super) fn subject(row: &SqliteRow, from: usize) -> Result<Subject, StoreError> {
    let severity: Option<String> = row.get(from + 3);
    Ok(Subject {
        kind: parse("kind", &row.get::<String, _>(from))?,
        change: parse("change", &row.get::<String, _>(from + 1))?,
        title: row.get(from + 2),
        severity: severity.as_deref().and_then(Severity::parse),
        status: row.get(from + 4),
        resource: ResourceId::new(&row.get::<String, _>(from + 5)),
        subscription: parse("subscription id", &row.get::<String, _>(from + 6))?,
        subscription_name: row.get(from + 7),
        occurred_at: time::from_micros(row.get(from + 8)),
        observed_at: time::from_micros(row.get(from + 9)),
    })
}

fn status(row: &SqliteRow, at: usize) -> Option<u16> {
    row.get::<Option<i64>, _>(at).and_then(|status| u16::try_from(status).ok())
}

fn delivery(row: &SqliteRow) -> Result<DeliveryRow, StoreError> {
    let subject = subject(row, 15)?;
    Ok(DeliveryRow {
        seq: row.get(0),
        id: DeliveryId {
            event: parse("event id", &row.get::<String, _>(1))?,
            export: parse("export id", &row.get::<String, _>(2))?,
        },
        subject,
        export_name: row.get(3),
        export_version: row.get(4),
        target: parse("target id", &row.get::<String, _>(5))?,
        target_name: row.get(6),
        outcome: parse("outcome", &row.get::<String, _>(7))?,
        reason: row.get(8),
        decided_at: time::from_micros(row.get(9)),
        settled_at: row.get::<Option<i64>, _>(10).map(time::from_micros),
        attempts: row.get(11),
        last_status: status(row, 12),
        last_error: row.get(13),
        condition: parse("condition", &row.get::<String, _>(14))?,
    })
}

/// Ends a keyset query: rows on one side of the cursor, the wanted order, one row more than asked for.
pub(super) fn keyset(query: &mut QueryBuilder<Sqlite>, column: &str, cursor: Option<Cursor>, limit: usize) {
    match cursor {
        None => query.push(format!(" order by {column} desc")),
        Some(Cursor::Before(seq)) => {
            query.push(format!(" and {column} < ")).push_bind(seq).push(format!(" order by {column} desc"))
        }
        Some(Cursor::After(seq)) => {
            query.push(format!(" and {column} > ")).push_bind(seq).push(format!(" order by {column}"))
        }
    };
    query.push(" limit ").push_bind(i64::try_from(limit).unwrap_or(1000) + 1);
}

/// Makes a page, newest first, of the rows a keyset query answered.
pub(super) fn page<T>(mut rows: Vec<T>, cursor: Option<Cursor>, limit: usize, seq: impl Fn(&T) -> i64) -> Page<T> {
    let more = rows.len() > limit;
    rows.truncate(limit);
    let backwards = matches!(cursor, Some(Cursor::After(_)));
    if backwards {
        rows.reverse();
    }
    let (newest, oldest) = (rows.first().map(&seq), rows.last().map(&seq));
    let has_older = if backwards { true } else { more };
    let has_newer = if backwards { more } else { cursor.is_some() };
    Page {
        next: oldest.filter(|_| has_older).map(Cursor::Before),
        previous: newest.filter(|_| has_newer).map(Cursor::After),
        items: rows,
    }
}

impl Store {
    /// A page of the delivery log, newest first.
    pub async fn list_deliveries(
        &self,
        visible: &Visible,
        filter: &DeliveryFilter,
        cursor: Option<Cursor>,
        limit: usize,
    ) -> Result<Page<DeliveryRow>, StoreError> {
        let mut query = QueryBuilder::<Sqlite>::new("select ");
        query.push(SELECT).push(", ").push(SUBJECT).push(FROM);
        visible.restrict(&mut query, "o.subscription_id");
        narrow(&mut query, filter);
        keyset(&mut query, "o.seq", cursor, limit);
        let rows = query.build().fetch_all(self.readers()).await.doing("read the delivery log")?;
        let rows = rows.iter().map(delivery).collect::<Result<Vec<_>, _>>()?;
        Ok(page(rows, cursor, limit, |row| row.seq))
    }

    /// The outcomes of one event.
    pub async fn deliveries_of_event(
        &self,
        visible: &Visible,
        event: &EventId,
    ) -> Result<Vec<DeliveryRow>, StoreError> {
        let mut query = QueryBuilder::<Sqlite>::new("select ");
        query
            .push(SELECT)
            .push(", ")
            .push(SUBJECT)
            .push(FROM)
            .push(" and o.event_id = ")
            .push_bind(event.as_str().to_owned());
        visible.restrict(&mut query, "o.subscription_id");
        query.push(" order by x.name");
        let rows = query.build().fetch_all(self.readers()).await.doing("read an event's outcomes")?;
        rows.iter().map(delivery).collect()
    }

    /// Everything about one delivery; `None` when it is not there or not visible.
    pub async fn find_delivery(
        &self,
        visible: &Visible,
        id: &DeliveryId,
    ) -> Result<Option<DeliveryDetail>, StoreError> {
        const DOING: &str = "read a delivery";
        let mut query = QueryBuilder::<Sqlite>::new("select ");
        query.push(SELECT).push(", ").push(SUBJECT);
        query.push(", e.alert_id, e.item_id, o.lane, t.lanes, t.addressing, o.receipt, e.body, t.next_attempt_at, x.resumed_at, t.resumed_at, t.partitions, o.first_delivered_at, o.replayed_at, o.job_id");
        query.push(FROM);
        query.push(" and o.event_id = ").push_bind(id.event.as_str().to_owned());
        query.push(" and o.export_id = ").push_bind(id.export.as_str().to_owned());
        visible.restrict(&mut query, "o.subscription_id");
        let Some(found) = query.build().fetch_optional(self.readers()).await.doing(DOING)? else { return Ok(None) };
        let row = delivery(&found)?;
        let at = |index: usize| found.get::<Option<i64>, _>(index).filter(|at| *at > 0).map(time::from_micros);
        let pending = row.outcome == Outcome::Pending;
        let from = [Some(row.decided_at), at(33), at(34), at(37)].into_iter().flatten().max();
        let attempts = self.attempts_of(row.seq).await?;
        Ok(Some(DeliveryDetail {
            alert_id: found.get(25),
            item_id: found.get(26),
            lane: found.get(27),
            lanes: found.get::<Option<i64>, _>(28).unwrap_or(1),
            order_promised: found.get::<Option<i64>, _>(35).is_none()
                || found.get::<Option<String>, _>(29).as_deref() != Some("whole"),
            receipt: found.get(30),
            body: found.get::<Option<Vec<u8>>, _>(31).map(|blob| unpack_text(&blob)).transpose()?,
            next_attempt_at: at(32).filter(|_| pending),
            gives_up_at: from.and_then(|from| from.checked_add(WINDOW).ok()).filter(|_| pending),
            attempts,
            first_delivered_at: at(36),
            replayed_at: at(37),
            job: found.get::<Option<String>, _>(38).map(|id| parse("job id", &id)).transpose()?,
            row,
        }))
    }

    async fn attempts_of(&self, outcome: i64) -> Result<Vec<AttemptRow>, StoreError> {
        let rows = sqlx::query(
            "select a.id, a.started_at, a.settled_at, a.result, a.status, a.error, a.address, a.headers, a.answer, a.events, a.bytes
             from attempt_events ae join attempts a on a.id = ae.attempt_id where ae.outcome_seq = $1
             order by a.started_at desc, a.id desc limit 50",
        )
        .bind(outcome)
        .fetch_all(self.readers())
        .await
        .doing("read a delivery's attempts")?;
        // The newest fifty, shown oldest first.
        rows.iter()
            .rev()
            .map(|row| {
                Ok(AttemptRow {
                    id: parse("attempt id", &row.get::<String, _>(0))?,
                    started_at: time::from_micros(row.get(1)),
                    settled_at: row.get::<Option<i64>, _>(2).map(time::from_micros),
                    result: row.get(3),
                    status: status(row, 4),
                    error: row.get(5),
                    address: row.get(6),
                    headers: row.get::<Option<String>, _>(7).unwrap_or_default(),
                    answer: row.get::<Option<String>, _>(8).unwrap_or_default(),
                    others: row.get::<i64, _>(9) - 1,
                    bytes: u64::try_from(row.get::<i64, _>(10)).unwrap_or_default(),
                })
            })
            .collect()
    }
}

/// Adds a filter's conditions.
pub(super) fn narrow(query: &mut QueryBuilder<Sqlite>, filter: &DeliveryFilter) {
    if let Some(export) = &filter.export {
        query.push(" and o.export_id = ").push_bind(export.as_str().to_owned());
    }
    if let Some(target) = &filter.target {
        query.push(" and o.target_id = ").push_bind(target.as_str().to_owned());
    }
    match filter.outcomes.as_slice() {
        [] => {}
        // One state is read in the order of its index; several are picked out of the log.
        [one] => {
            query.push(" and o.state = ").push_bind(one.as_str());
        }
        several => {
            let words: Vec<&str> = several.iter().map(|outcome| outcome.as_str()).collect();
            let words = serde_json::Value::from(words).to_string();
            query.push(" and +o.state in (select value from json_each(").push_bind(words).push("))");
        }
    }
    if let Some(kind) = filter.kind {
        query.push(" and o.kind = ").push_bind(kind.as_str());
    }
    if let Some(subscription) = &filter.subscription {
        query.push(" and o.subscription_id = ").push_bind(subscription.as_str().to_owned());
    }
    if let Some(severity) = filter.severity {
        query.push(" and e.severity = ").push_bind(severity.as_str());
    }
    if let Some(since) = filter.since {
        query.push(" and o.hour >= ").push_bind(time::hour_of(since).as_microsecond());
    }
    if let Some(until) = filter.until {
        query.push(" and o.hour < ").push_bind(time::hour_of(until).as_microsecond());
    }
    if let Some(search) = &filter.search {
        search_events(query, search);
    }
}

/// Adds the search for one whole id, each way it can be meant by an index of its own. An alert's ARM id ends in its alert
/// id.
pub(super) fn search_events(query: &mut QueryBuilder<Sqlite>, search: &str) {
    let id = search.trim().to_ascii_lowercase();
    let alert = id.rsplit_once("/alerts/").map_or(id.as_str(), |(_, name)| name).to_owned();
    query.push(" and e.id in (select id from events where id = ").push_bind(id.clone());
    query.push(" union select id from events where alert_id = ").push_bind(alert);
    query.push(" union select id from events where resource_key = ").push_bind(id.clone());
    query.push(" union select id from events where item_key = ").push_bind(id).push(")");
}
