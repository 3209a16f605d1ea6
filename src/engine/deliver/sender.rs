//! What the two kinds of targets have in common: a batch goes out, a reply comes back.

use super::{
    Reply,
    batch::{Batch, Sent, TIMEOUT},
    event_hub, workspace,
};
use azure::{EventHubs, HubFacts, Ingestion, Tenants};
use bytes::Bytes;
use domain::{AttemptId, Change, Condition, EventId, ExportId, ItemKey, Kind, TargetConfig, time};
use jiff::Timestamp;
use secrecy::SecretString;
use serde_json::json;
use store::{Addressing, Claimed, DeliveryTarget};

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
