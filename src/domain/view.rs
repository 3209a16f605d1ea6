//! What people read: rows and details as the console answers them to pages and REST alike. No secrets, ever.

use super::{
    AttemptId, Change, Condition, DeliveryId, EventId, Export, ExportId, JobId, Kind, Outcome, Place, ResourceId,
    Severity, SubscriptionHealth, SubscriptionId, TargetConfig, TargetId,
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// How many events had each outcome. They add up to what was seen.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tally {
    /// Accepted by their target.
    pub delivered: i64,
    /// Waiting.
    pub pending: i64,
    /// Let not through by a rule.
    pub filtered: i64,
    /// Kept with their reason.
    pub parked: i64,
    /// Cancelled by a person.
    pub cancelled: i64,
}

impl Tally {
    /// The count of one outcome.
    pub fn of(&self, outcome: Outcome) -> i64 {
        match outcome {
            Outcome::Delivered => self.delivered,
            Outcome::Pending => self.pending,
            Outcome::Filtered => self.filtered,
            Outcome::Parked => self.parked,
            Outcome::Cancelled => self.cancelled,
        }
    }

    /// The count of one outcome, to be changed.
    pub fn of_mut(&mut self, outcome: Outcome) -> &mut i64 {
        match outcome {
            Outcome::Delivered => &mut self.delivered,
            Outcome::Pending => &mut self.pending,
            Outcome::Filtered => &mut self.filtered,
            Outcome::Parked => &mut self.parked,
            Outcome::Cancelled => &mut self.cancelled,
        }
    }

    /// All of them.
    pub fn sum(&self) -> i64 {
        Outcome::ALL.iter().map(|outcome| self.of(*outcome)).sum()
    }
}

/// What an event is about, as lists show it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Subject {
    /// The kind of data.
    pub kind: Kind,
    /// What happened.
    pub change: Change,
    /// What people call it. Alert texts are an attacker's: show as text.
    pub title: String,
    /// How bad it is.
    pub severity: Option<Severity>,
    /// Its status word.
    pub status: String,
    /// The resource.
    pub resource: ResourceId,
    /// The subscription.
    pub subscription: SubscriptionId,
    /// The subscription's name.
    pub subscription_name: String,
    /// The source's time.
    pub occurred_at: Timestamp,
    /// When the console saw it.
    pub observed_at: Timestamp,
}

impl Subject {
    /// What the resource is called; a subscription itself goes by its name.
    pub fn resource_name(&self) -> &str {
        let name = self.resource.name();
        if name.eq_ignore_ascii_case(self.subscription.as_str()) { &self.subscription_name } else { name }
    }
}

/// One line of the delivery log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeliveryRow {
    /// Its id.
    pub id: DeliveryId,
    /// Its place in the log.
    pub seq: i64,
    /// What the event is about.
    pub subject: Subject,
    /// The export's name.
    pub export_name: String,
    /// The version of the export that decided.
    pub export_version: u32,
    /// Where it goes.
    pub target: TargetId,
    /// The target's name.
    pub target_name: String,
    /// What became of it.
    pub outcome: Outcome,
    /// The decision in one sentence.
    pub reason: String,
    /// When it was decided.
    pub decided_at: Timestamp,
    /// When its outcome became final.
    pub settled_at: Option<Timestamp>,
    /// Requests that carried it.
    pub attempts: u32,
    /// The status of the last answer.
    pub last_status: Option<u16>,
    /// Why the last attempt did not succeed, or why it is parked or cancelled.
    pub last_error: Option<String>,
    /// The condition of its target.
    pub condition: Condition,
}

/// One request, as far as this event is concerned.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AttemptRow {
    /// Its id.
    pub id: AttemptId,
    /// When it was sent.
    pub started_at: Timestamp,
    /// When its answer came.
    pub settled_at: Option<Timestamp>,
    /// `accepted`, `waits`, `refused`, `parked`, `unknown`.
    pub result: Option<String>,
    /// HTTP status.
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

/// Everything about one event's way to one export's target.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeliveryDetail {
    /// The line in the log.
    pub row: DeliveryRow,
    /// Alerts: the system alert id.
    pub alert_id: Option<String>,
    /// The item's own id at the source.
    pub item_id: String,
    /// The lane, counted from 0.
    pub lane: i64,
    /// Lanes of the target.
    pub lanes: i64,
    /// Whether the target keeps the order of one item's events.
    pub order_promised: bool,
    /// What the target gave as proof.
    pub receipt: Option<String>,
    /// Requests that carried it, oldest first.
    pub attempts: Vec<AttemptRow>,
    /// When it is tried again.
    pub next_attempt_at: Option<Timestamp>,
    /// When it parks if nothing changes.
    pub gives_up_at: Option<Timestamp>,
    /// When a target first accepted it.
    pub first_delivered_at: Option<Timestamp>,
    /// When a replay last took it up again.
    pub replayed_at: Option<Timestamp>,
    /// The job that queued it last.
    pub job: Option<JobId>,
    /// The event as it is sent, as JSON text.
    pub body: Option<String>,
}

/// One line of the list of observed events.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EventRow {
    /// Its id.
    pub id: EventId,
    /// Its place in the list.
    pub seq: i64,
    /// What it is about.
    pub subject: Subject,
    /// What became of it.
    pub outcomes: Tally,
}

/// Everything about one event.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EventDetail {
    /// The line in the list.
    pub row: EventRow,
    /// Alerts: the system alert id.
    pub alert_id: Option<String>,
    /// The item's own id at the source.
    pub item_id: String,
    /// Something worth knowing about how it was observed.
    pub note: Option<String>,
    /// The event as it is sent to event hubs, as JSON text.
    pub body: Option<String>,
    /// The row of Resource Graph it was made from, as JSON text.
    pub source_row: Option<String>,
    /// Its outcomes.
    pub deliveries: Vec<DeliveryRow>,
}

/// A target as people see it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TargetRow {
    /// Its id.
    pub id: TargetId,
    /// Its name.
    pub name: String,
    /// Counts its saved versions.
    pub version: i64,
    /// Where it is.
    pub config: TargetConfig,
    /// What people call the tenant whose identity signs in to it, where the console has several.
    pub tenant: Option<String>,
    /// What keeps it from taking events; `paused` while a person holds it back.
    pub condition: Condition,
    /// Since when.
    pub condition_since: Option<Timestamp>,
    /// The HTTP status that showed it.
    pub condition_status: Option<u16>,
    /// What it said.
    pub condition_detail: Option<String>,
    /// Events that wait for it.
    pub waiting: i64,
    /// The oldest of them.
    pub waiting_since: Option<Timestamp>,
    /// The last acceptance.
    pub last_success: Option<Timestamp>,
    /// When it is tried again.
    pub next_attempt: Option<Timestamp>,
    /// Events of its exports that were decided in the last 24 hours and delivered.
    pub delivered: i64,
    /// Bytes accepted in the last minute.
    pub bytes_last_minute: u64,
    /// Since when a secret is set.
    pub secret_set_at: Option<Timestamp>,
    /// Partitions of an event hub, where known.
    pub partitions: Option<u32>,
    /// Whether the order of one item's events is kept; `None` until learnt.
    pub order_promised: Option<bool>,
    /// Largest request, in bytes.
    pub max_bytes: u64,
    /// Exports that send to it.
    pub exports: Vec<(ExportId, String)>,
}

/// An export as lists show it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExportRow {
    /// The export.
    pub export: Export,
    /// Its target's name.
    pub target_name: String,
    /// Its target's condition.
    pub condition: Condition,
    /// Outcomes in the range.
    pub outcomes: Tally,
    /// Subscriptions it covers now.
    pub covered: usize,
    /// When this version was saved.
    pub saved_at: Timestamp,
    /// By whom.
    pub saved_by: String,
}

/// How far a kind of data is watched in a subscription.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WatchRow {
    /// Which data.
    pub kind: Kind,
    /// Whether its baseline is complete.
    pub baseline_done: bool,
    /// Everything up to here is in the ledger.
    pub complete_to: Option<Timestamp>,
    /// When the last complete sweep began.
    pub last_sweep_at: Option<Timestamp>,
    /// Items whose date moved while their state stayed.
    pub unobservable: i64,
}

/// A subscription as lists show it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SubscriptionRow {
    /// Its id.
    pub id: SubscriptionId,
    /// Its name.
    pub name: String,
    /// What people call its tenant, where the console has several.
    pub tenant: Option<String>,
    /// Azure's state of it.
    pub state: String,
    /// What keeps it from being watched.
    pub condition: SubscriptionHealth,
    /// That in a sentence.
    pub condition_detail: Option<String>,
    /// Since when.
    pub condition_since: Option<Timestamp>,
    /// Plans that are switched on; `None` until read.
    pub plans: Option<Vec<String>>,
    /// How far it is watched.
    pub watches: Vec<WatchRow>,
    /// Exports that cover it.
    pub exports: Vec<(ExportId, String)>,
    /// What scopes look at: management groups, tags, when the console first listed it.
    pub place: Place,
}

impl SubscriptionRow {
    /// Everything dated up to here is in the ledger, whatever its kind; what carries no date is known as of its last sweep
    /// and does not count here.
    pub fn complete_to(&self) -> Option<Timestamp> {
        self.watches.iter().filter(|watch| watch.kind.is_dated()).filter_map(|watch| watch.complete_to).min()
    }
}

/// Everything about one subscription.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SubscriptionDetail {
    /// The line in the list.
    pub row: SubscriptionRow,
    /// Alerts and recommendations known.
    pub items: i64,
    /// All plans with their tier.
    pub plans: Vec<(String, String)>,
    /// Its newest events.
    pub recent: Vec<EventRow>,
}

/// Outcomes of one hour, for charts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HourRow {
    /// The beginning of the hour.
    pub hour: Timestamp,
    /// Its outcomes.
    pub outcomes: Tally,
}

/// The overview, from one snapshot of the store.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Overview {
    /// The database's time of the snapshot.
    pub now: Timestamp,
    /// Decisions made; equals the sum of the outcomes.
    pub seen: i64,
    /// What became of them.
    pub outcomes: Tally,
    /// The same per export.
    pub exports: Vec<(ExportId, String, i64, Tally)>,
    /// The same per hour, oldest first.
    pub hours: Vec<HourRow>,
    /// All targets.
    pub targets: Vec<TargetRow>,
    /// All subscriptions.
    pub subscriptions: Vec<SubscriptionRow>,
    /// Subscriptions whose High and Medium alerts are exported by some export.
    pub covered: Vec<SubscriptionId>,
}

/// Who the console is for Azure.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct IdentityView {
    /// Which identity this is, in a line.
    pub about: String,
    /// The id of the tenant it is used in.
    pub of: String,
    /// What people call that tenant.
    pub of_name: String,
    /// The tenant that gave the last token; none before the first.
    pub tenant: Option<String>,
    /// The identity's object id: what role assignments name.
    pub object_id: Option<String>,
    /// Its client id.
    pub client_id: Option<String>,
    /// The person, where one signed in.
    pub person: Option<String>,
    /// When the last token ends; it is renewed five minutes before.
    pub token_until: Option<Timestamp>,
    /// Whom the certificate is for, or why it cannot be read.
    pub certificate: Option<String>,
    /// Until when the certificate is good.
    pub certificate_until: Option<Timestamp>,
    /// The cloud's name.
    pub cloud: String,
    /// What is to be known of the cloud; empty where there is nothing.
    pub cloud_notice: String,
    /// Services whose address in this cloud is not known.
    pub unknown_addresses: Vec<String>,
}

/// One line of the audit log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditRow {
    /// Its place.
    pub seq: i64,
    /// When.
    pub at: Timestamp,
    /// Who.
    pub actor: String,
    /// What was done, such as `export.save`.
    pub action: String,
    /// To what.
    pub subject: String,
    /// Its id.
    pub subject_id: String,
    /// The particulars, in words.
    pub detail: String,
}
