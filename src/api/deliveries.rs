//! What became of each event for each export that saw it.

use super::{
    about::{About, json},
    words::{ConditionWord, OutcomeWord},
};
use domain::{
    Condition, Outcome,
    view::{AttemptRow, DeliveryDetail, DeliveryRow},
};
use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

/// What became of one event for one export.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Delivery)]
pub struct DeliveryAnswer {
    /// Its id: `{event}_{export}`.
    pub id: String,
    /// The event's id.
    pub event: String,
    /// The export's id.
    #[schema(format = Uuid)]
    pub export: String,
    /// The export's name.
    pub export_name: String,
    /// The version of the export that decided.
    pub export_version: u32,
    /// The id of the target it goes to.
    #[schema(format = Uuid)]
    pub target: String,
    /// The target's name.
    pub target_name: String,
    /// What became of it.
    #[schema(value_type = OutcomeWord)]
    pub outcome: Outcome,
    /// The decision in one sentence.
    pub reason: String,
    /// When it was decided.
    pub decided_at: Timestamp,
    /// When its outcome became final.
    pub settled_at: Option<Timestamp>,
    /// Requests that carried it.
    pub attempt_count: u32,
    /// The HTTP status of the last answer.
    pub last_status: Option<u16>,
    /// Why the last attempt did not succeed, or why it is parked or cancelled.
    pub last_error: Option<String>,
    /// What keeps its target from taking events now.
    #[schema(value_type = ConditionWord)]
    pub condition: Condition,
    /// What the event is about.
    #[serde(flatten)]
    pub about: About,
}

impl From<DeliveryRow> for DeliveryAnswer {
    fn from(row: DeliveryRow) -> Self {
        Self {
            id: row.id.to_string(),
            event: row.id.event.into(),
            export: row.id.export.into(),
            export_name: row.export_name,
            export_version: row.export_version,
            target: row.target.into(),
            target_name: row.target_name,
            outcome: row.outcome,
            reason: row.reason,
            decided_at: row.decided_at,
            settled_at: row.settled_at,
            attempt_count: row.attempts,
            last_status: row.last_status,
            last_error: row.last_error,
            condition: row.condition,
            about: row.subject.into(),
        }
    }
}

/// One request, as far as this event is concerned.
#[derive(Debug, Serialize, ToSchema)]
pub struct Attempt {
    /// Its id.
    #[schema(format = Uuid)]
    pub id: String,
    /// When it was sent.
    pub started_at: Timestamp,
    /// When its answer came.
    pub settled_at: Option<Timestamp>,
    /// `accepted`, `waits`, `refused`, `parked` or `unknown`; null while it is on its way.
    pub result: Option<String>,
    /// The HTTP status of the answer.
    pub status: Option<u16>,
    /// What happened when it was not accepted.
    pub error: Option<String>,
    /// The address it was sent to.
    pub address: String,
    /// Headers of the answer.
    pub headers: String,
    /// The beginning of the answer.
    pub answer: String,
    /// Other events in the same request.
    pub others: i64,
    /// Size of the request in bytes.
    pub bytes: u64,
}

impl From<AttemptRow> for Attempt {
    fn from(row: AttemptRow) -> Self {
        let AttemptRow { id, started_at, settled_at, result, status, error, address, headers, answer, others, bytes } =
            row;
        let id = id.into();
        Self { id, started_at, settled_at, result, status, error, address, headers, answer, others, bytes }
    }
}

/// Everything about one event's way to one export's target.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = DeliveryDetail)]
pub struct DeliveryDetailAnswer {
    /// The line in the log.
    #[serde(flatten)]
    pub row: DeliveryAnswer,
    /// Alerts: the system alert id.
    pub alert_id: Option<String>,
    /// The item's own id at the source.
    pub item_id: String,
    /// The lane it goes by, counted from 0.
    pub lane: i64,
    /// Lanes of the target.
    pub lanes: i64,
    /// Whether the target keeps the order of one item's events.
    pub order_promised: bool,
    /// What the target gave as proof.
    pub receipt: Option<String>,
    /// Requests that carried it, oldest first.
    pub attempts: Vec<Attempt>,
    /// When it is tried again.
    pub next_attempt_at: Option<Timestamp>,
    /// When it parks if nothing changes.
    pub gives_up_at: Option<Timestamp>,
    /// When a target first accepted it.
    pub first_delivered_at: Option<Timestamp>,
    /// When a replay last took it up again.
    pub replayed_at: Option<Timestamp>,
    /// The job that queued it last.
    #[schema(format = Uuid)]
    pub job: Option<String>,
    /// The event as it is sent to event hubs.
    pub body: Option<serde_json::Value>,
}

impl From<DeliveryDetail> for DeliveryDetailAnswer {
    fn from(detail: DeliveryDetail) -> Self {
        Self {
            row: detail.row.into(),
            alert_id: detail.alert_id,
            item_id: detail.item_id,
            lane: detail.lane,
            lanes: detail.lanes,
            order_promised: detail.order_promised,
            receipt: detail.receipt,
            attempts: detail.attempts.into_iter().map(Into::into).collect(),
            next_attempt_at: detail.next_attempt_at,
            gives_up_at: detail.gives_up_at,
            first_delivered_at: detail.first_delivered_at,
            replayed_at: detail.replayed_at,
            job: detail.job.map(Into::into),
            body: detail.body.map(json),
        }
    }
}
