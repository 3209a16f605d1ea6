//! What the two kinds of targets have in common: a batch goes out, a reply comes back.

use super::{Reply, event_hub, workspace};
use azure::{Answer, EventHubs, HubFacts, Ingestion, Tenants};
use bytes::Bytes;
use domain::{AttemptId, Change, Condition, EventId, ExportId, ItemKey, Kind, TargetConfig, time};
use jiff::Timestamp;
use secrecy::SecretString;
use serde_json::json;
use std::time::Duration;
use store::{Addressing, AttemptAnswer, Claimed, DeliveryTarget};

/// How long a request may take.
pub(super) const TIMEOUT: Duration = Duration::from_mins(1);
/// The most of an answer's body that is kept.
const MOST_KEPT: usize = 20_000;

/// A request's body and how many of the claimed events it carries.
pub struct Batch {
    /// Events taken from the head.
    pub events: usize,
    /// Size that counts against the target's limit, in bytes.
    pub size: usize,
    /// The body.
    pub body: Bytes,
    /// Something the receipt should say.
    pub note: Option<String>,
}

/// What came back, for judging and for the record.
pub struct Sent {
    /// For judging.
    pub reply: Reply,
    /// For the record.
    pub answer: AttemptAnswer,
}

impl Sent {
    /// Reads an answer; only `accepted` means that the events were taken.
    pub(super) fn read(answer: &Answer, accepted: u16) -> Self {
        let headers: Vec<String> = answer
            .headers
            .iter()
            .filter(|(name, _)| *name != "set-cookie")
            .map(|(name, value)| format!("{name}: {}", value.to_str().unwrap_or("(not text)")))
            .collect();
        let body: String = String::from_utf8_lossy(&answer.body).chars().take(MOST_KEPT).collect();
        let reply = if answer.status == accepted {
            let id =
                ["x-ms-request-id", "x-ms-client-request-id", "trackingid"].iter().find_map(|name| answer.header(name));
            let id = id.map(|id| format!(", request {id}")).unwrap_or_default();
            let date = answer.header("date").map(|date| format!(" at {date}")).unwrap_or_default();
            Reply::Accepted { receipt: format!("{accepted}{date}{id}") }
        } else {
            let fault = answer.fault();
            let said = match &fault.code {
                Some(code) if !fault.message.contains(code.as_str()) => format!("{code}: {}", fault.message),
                _ => fault.message,
            };
            Reply::Refused { status: answer.status, said, retry_after: fault.retry_after }
        };
        let error = match &reply {
            Reply::Refused { said, .. } => Some(said.clone()),
            _ => None,
        };
        Self {
            reply,
            answer: AttemptAnswer { status: Some(answer.status), headers: headers.join("\n"), answer: body, error },
        }
    }

    pub(super) fn unconfirmed(why: String) -> Self {
        let answer = AttemptAnswer { error: Some(why.clone()), ..AttemptAnswer::default() };
        Self { reply: Reply::Unconfirmed { why }, answer }
    }

    pub(super) fn no_sign_in(why: String) -> Self {
        let answer = AttemptAnswer { error: Some(why.clone()), ..AttemptAnswer::default() };
        Self { reply: Reply::NoSignIn { why }, answer }
    }
}

/// The ways out to targets.
#[derive(Debug, Clone)]
pub struct Senders {
    /// The tenants: a target is signed in to with the identity of its own.
    pub tenants: Tenants,
}

/// What a connection test found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TestResult {
    /// The target's condition.
    pub condition: Condition,
    /// The status it answered.
    pub status: Option<u16>,
    /// What happened, in a sentence.
    pub detail: String,
}

impl Senders {
    /// The address that a lane's next request goes to.
    pub fn address(target: &DeliveryTarget, lane: i64, kind: Kind) -> String {
        match &target.config {
            TargetConfig::EventHub(hub) => {
                let at_partition = target.partitions.is_some()
                    && matches!(target.addressing, Addressing::Unknown | Addressing::Partitions);
                EventHubs::address(&hub.namespace, &hub.hub, at_partition.then_some(lane))
            }
            TargetConfig::Workspace(workspace) => {
                let stream = workspace.stream(kind);
                Ingestion::address(&workspace.ingestion_host, &workspace.dcr_immutable_id, &stream)
            }
        }
    }

    /// Where to send the same batch once more when a reply may be about the partition's address and not about the batch:
    /// published pages show batches for whole hubs only, so a hub is asked until it has taken a batch at a partition.
    pub fn whole_address(target: &DeliveryTarget, reply: &Reply) -> Option<String> {
        let TargetConfig::EventHub(hub) = &target.config else { return None };
        let unsure = target.partitions.is_some() && target.addressing == Addressing::Unknown;
        let refused = matches!(reply, Reply::Refused { status: 400 | 404 | 405 | 415, .. });
        (unsure && refused).then(|| EventHubs::address(&hub.namespace, &hub.hub, None))
    }

    /// Fills a batch for a target.
    pub fn encode(target: &DeliveryTarget, events: &[Claimed], now: Timestamp) -> Batch {
        match &target.config {
            TargetConfig::EventHub(_) => event_hub::encode(events, target.max_bytes),
            TargetConfig::Workspace(_) => workspace::encode(events, target.max_bytes, now),
        }
    }

    /// Sends a batch to an address of a target.
    pub async fn send(
        &self,
        target: &DeliveryTarget,
        secret: Option<SecretString>,
        address: &str,
        body: Bytes,
        now: Timestamp,
    ) -> Sent {
        let tenant = self.tenants.of(Some(&target.tenant));
        match &target.config {
            TargetConfig::EventHub(hub) => event_hub::send(&tenant.hubs(), hub, secret, address, body, now).await,
            TargetConfig::Workspace(_) => workspace::send(&tenant.ingestion(), address, body, TIMEOUT).await,
        }
    }

    /// Partitions and tier of an event hub; `None` where they cannot be read.
    pub async fn hub_facts(&self, target: &DeliveryTarget) -> Option<HubFacts> {
        let TargetConfig::EventHub(hub) = &target.config else { return None };
        match self.tenants.of(Some(&target.tenant)).arm().hub_facts(hub.resource_id.as_ref()?).await {
            Ok(facts) => Some(facts),
            Err(error) => {
                tracing::info!(target.id = %target.id, "partitions and tier of target {} could not be read: {}", target.name, error.sentence());
                None
            }
        }
    }

    /// Sends two test events, as a batch would be sent, and says what came back.
    pub async fn test(&self, target: &DeliveryTarget, secret: Option<SecretString>, now: Timestamp) -> TestResult {
        let events: Vec<Claimed> = (1..=2).filter_map(|number| test_event(number, now)).collect();
        let batch = Self::encode(target, &events, now);
        let address = Self::address(target, 0, Kind::Alert);
        let mut sent = self.send(target, secret.clone(), &address, batch.body.clone(), now).await;
        if let Some(whole) = Self::whole_address(target, &sent.reply) {
            sent = self.send(target, secret, &whole, batch.body, now).await;
        }
        let at = super::Situation {
            now,
            events: 2,
            faults: 0,
            failures: 0,
            failing_since: None,
            batch_limit: None,
            jitter: 0.0,
        };
        let judged = super::judge(&sent.reply, at);
        let status = sent.answer.status;
        match sent.reply {
            Reply::Accepted { receipt } => TestResult {
                condition: Condition::Ok,
                status,
                detail: format!("Two test events were accepted ({receipt})."),
            },
            Reply::Refused { status: 400..=499, said, .. } if judged.update.condition == Condition::Ok => {
                TestResult { condition: Condition::Misconfigured, status, detail: said }
            }
            _ => TestResult {
                condition: judged.update.condition,
                status,
                detail: judged.update.detail.unwrap_or_default(),
            },
        }
    }
}

fn test_event(number: u8, now: Timestamp) -> Option<Claimed> {
    let body = json!({
        "SystemAlertId": format!("continuous-export-test-{number}"),
        "AlertDisplayName": "Test event of the Continuous Export console",
        "AlertType": "ContinuousExport_Test",
        "Severity": "Informational",
        "Status": "New",
        "Description": "Sent by a person to test the connection. Nothing happened.",
        "TimeGenerated": time::rfc3339(now),
    });
    let id = AttemptId::parse("00000000-0000-4000-8000-000000000000").ok()?;
    Some(Claimed {
        seq: 0,
        event: EventId::parse(&format!("{:032x}", now.as_microsecond() + i64::from(number))).ok()?,
        export: ExportId::parse(id.as_str()).ok()?,
        export_name: "test".to_owned(),
        kind: Kind::Alert,
        change: Change::Test,
        key: ItemKey::parse("test").ok()?,
        occurred_at: now,
        body: body.to_string(),
        refused_at: None,
        replay: false,
    })
}
