//! Targets: where events go.

use super::{Kind, ResourceId, tables::table_of, words::words};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;

words! {
    /// The kinds of targets.
    pub enum TargetKind {
        /// An Azure event hub.
        EventHub = "event_hub", "Event hub";
        /// A Log Analytics workspace, written to through a data collection rule.
        Workspace = "workspace", "Workspace";
    }
}

words! {
    /// How an event hub is told who sends.
    pub enum HubSignIn {
        /// With a token of the console's identity (role Azure Event Hubs Data Sender).
        Identity = "identity", "The console's identity";
        /// With a shared access key that has the Send right.
        Key = "key", "A shared access key";
    }
}

/// Where an event hub is. The key itself is kept sealed, apart from this.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EventHubConfig {
    /// Host name of the namespace, such as `siem.servicebus.windows.net`.
    pub namespace: String,
    /// Name of the event hub.
    pub hub: String,
    /// ARM id of the hub; with it partitions and tier can be read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resource_id: Option<ResourceId>,
    /// How to sign in.
    pub sign_in: HubSignIn,
    /// Name of the authorization rule the key belongs to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key_name: Option<String>,
}

/// Where a workspace is reached: the data collection rule that writes into it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WorkspaceConfig {
    /// Host of the logs ingestion endpoint, such as `soc-x1.westeurope-1.ingest.monitor.azure.com`.
    pub ingestion_host: String,
    /// Immutable id of the data collection rule (`dcr-…`).
    pub dcr_immutable_id: String,
    /// Stream for alerts.
    #[serde(default = "alert_stream")]
    pub alert_stream: String,
    /// Stream for recommendations.
    #[serde(default = "recommendation_stream")]
    pub recommendation_stream: String,
    /// ARM id of the workspace.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resource_id: Option<ResourceId>,
}

impl WorkspaceConfig {
    /// The stream for a kind. Those of alerts and recommendations can be named; the others go by the names that the
    /// console's own template declares.
    pub fn stream(&self, kind: Kind) -> Cow<'_, str> {
        match kind {
            Kind::Alert => Cow::Borrowed(&self.alert_stream),
            Kind::Recommendation => Cow::Borrowed(&self.recommendation_stream),
            Kind::Finding
            | Kind::SecureScore
            | Kind::SecureScoreControl
            | Kind::RegulatoryCompliance
            | Kind::AttackPath => Cow::Owned(table_of(kind).stream()),
        }
    }
}

/// The stream the console's own template declares for alerts.
pub fn alert_stream() -> String {
    "Custom-ContinuousExportAlert".to_owned()
}

/// The stream the console's own template declares for recommendations.
pub fn recommendation_stream() -> String {
    "Custom-ContinuousExportRecommendation".to_owned()
}

/// Where a target is and how to sign in there, without secrets.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum TargetConfig {
    /// An event hub.
    EventHub(EventHubConfig),
    /// A workspace.
    Workspace(WorkspaceConfig),
}

impl TargetConfig {
    /// Which kind it is.
    pub const fn kind(&self) -> TargetKind {
        match self {
            Self::EventHub(_) => TargetKind::EventHub,
            Self::Workspace(_) => TargetKind::Workspace,
        }
    }

    /// The resource in Azure, where it is known.
    pub const fn resource_id(&self) -> Option<&ResourceId> {
        match self {
            Self::EventHub(hub) => hub.resource_id.as_ref(),
            Self::Workspace(workspace) => workspace.resource_id.as_ref(),
        }
    }

    /// The address in one line, as people tell targets apart.
    pub fn address(&self) -> String {
        match self {
            Self::EventHub(hub) => {
                format!("{} / {}", hub.namespace.split('.').next().unwrap_or(&hub.namespace), hub.hub)
            }
            Self::Workspace(workspace) => match &workspace.resource_id {
                Some(id) => id.name().to_owned(),
                None => workspace.dcr_immutable_id.clone(),
            },
        }
    }
}
