//! Sample alerts: the only real end-to-end test event that Azure offers (`alerts/default/simulate`).

use super::{
    SubscriptionId,
    arrival::ArrivalRow,
    ids::BadId,
    view::{DeliveryRow, EventRow},
    words::words,
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

words! {
    /// The groups of sample alerts (Microsoft.Security alerts 2022-01-01, `BundleType`).
    pub enum Bundle {
        /// Of virtual machines.
        VirtualMachines = "VirtualMachines", "Virtual machines";
        /// Of storage accounts.
        StorageAccounts = "StorageAccounts", "Storage accounts";
        /// Of SQL servers.
        SqlServers = "SqlServers", "SQL servers";
        /// Of App Service.
        AppServices = "AppServices", "App Service";
        /// Of key vaults.
        KeyVaults = "KeyVaults", "Key vaults";
        /// Of Kubernetes.
        KubernetesService = "KubernetesService", "Kubernetes";
        /// Of Resource Manager.
        ResourceManager = "ResourceManager", "Resource Manager";
        /// Of DNS.
        Dns = "DNS", "DNS";
        /// Of Cosmos DB.
        CosmosDbs = "CosmosDbs", "Cosmos DB";
    }
}

/// What sample alerts begin their names with.
pub const SAMPLE_PREFIX: &str = "[SAMPLE ALERT]";

/// The id under which sample alerts are followed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SampleId(String);

impl SampleId {
    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Display for SampleId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::str::FromStr for SampleId {
    type Err = BadId;

    fn from_str(text: &str) -> Result<Self, BadId> {
        // The shape is that of every other id made here.
        super::JobId::parse(text).map(|id| Self(id.to_string()))
    }
}

/// Sample alerts that somebody asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sample {
    /// Its id.
    pub id: SampleId,
    /// Where.
    pub subscription: SubscriptionId,
    /// Which group.
    pub bundle: Bundle,
    /// When.
    pub asked_at: Timestamp,
    /// By whom.
    pub asked_by: String,
    /// Where Azure says how far it is.
    pub status_url: Option<String>,
}

/// One sample alert and everything that became of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SampleAlert {
    /// The alert as it was observed.
    pub event: EventRow,
    /// What this console's exports did with it.
    pub deliveries: Vec<DeliveryRow>,
    /// Where Azure's own exports should have sent it.
    pub arrivals: Vec<ArrivalRow>,
}

/// Sample alerts and how far they came.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SampleView {
    /// What was asked for.
    pub sample: Sample,
    /// The subscription's name.
    pub subscription_name: String,
    /// What Azure says of it, while no alert was observed.
    pub said: Option<String>,
    /// The alerts.
    pub alerts: Vec<SampleAlert>,
}
