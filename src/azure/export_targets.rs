//! Places that Azure's own exports send to, as Resource Manager describes them: what keeps Azure from sending there.

use super::{Arm, AzureError};
use domain::ResourceId;
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::{Map, Value};

/// An event hub and its namespace (Microsoft.EventHub 2024-01-01).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HubState {
    /// `Active`, `Disabled`, `SendDisabled`, …
    pub status: String,
    /// `Active` or what keeps the namespace from it.
    pub namespace_status: String,
    /// Whether keys are refused, so that nobody gets in with a connection string.
    pub local_auth_disabled: bool,
    /// `Basic`, `Standard`, …
    pub tier: String,
    /// How long messages are kept, in hours.
    pub hours: i64,
}

/// A namespace's pairing for geo disaster recovery (Microsoft.EventHub 2024-01-01).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HubPairing {
    /// Its alias.
    pub alias: String,
    /// The other namespace.
    pub partner: String,
    /// `Primary`, `PrimaryNotReplicating`, `Secondary`.
    pub role: String,
}

/// A Log Analytics workspace (Microsoft.OperationalInsights 2023-09-01).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WorkspaceState {
    /// `Succeeded`, …
    pub state: String,
    /// `RespectQuota`, `OverQuota`, `ForceOff`, …; empty where it is not said.
    pub ingestion: String,
    /// Whether public networks may send: `Enabled`, `Disabled`.
    pub public_ingestion: String,
    /// Days that rows are kept.
    pub retention: i64,
    /// The data collection rule that rows pass as they come in; empty where there is none.
    pub transformation: String,
}

#[derive(Deserialize)]
struct Resource {
    #[serde(default)]
    name: String,
    #[serde(default)]
    sku: Map<String, Value>,
    #[serde(default)]
    properties: Map<String, Value>,
}

impl Resource {
    /// How long a hub keeps messages, in hours; older namespaces say days.
    fn hours(&self) -> i64 {
        let days = || {
            self.properties.get("messageRetentionInDays").and_then(Value::as_i64).unwrap_or_default().saturating_mul(24)
        };
        let new = self.properties.get("retentionDescription").and_then(|one| one.get("retentionTimeInHours")?.as_i64());
        new.unwrap_or_else(days)
    }

    fn text(&self, name: &str) -> String {
        self.properties.get(name).and_then(Value::as_str).unwrap_or_default().to_owned()
    }
}

impl Arm {
    /// A resource; none when it is not there.
    async fn resource(&self, path: &str, what: &'static str) -> Result<Option<Resource>, AzureError> {
        match self.get(path, what).await {
            Ok(found) => Ok(Some(found)),
            Err(error) if error.fault().is_some_and(|fault| fault.status == 404) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// An event hub; none when it, or its namespace, is not there.
    pub async fn hub_state(&self, hub: &ResourceId) -> Result<Option<HubState>, AzureError> {
        let namespace = hub.before("eventhubs");
        let hub = format!("{hub}?api-version=2024-01-01");
        let Some(found) = self.resource(&hub, "an event hub").await? else { return Ok(None) };
        let namespace = format!("{namespace}?api-version=2024-01-01");
        let Some(around) = self.resource(&namespace, "an Event Hubs namespace").await? else { return Ok(None) };
        Ok(Some(HubState {
            status: found.text("status"),
            namespace_status: around.text("status"),
            local_auth_disabled: around.properties.get("disableLocalAuth").and_then(Value::as_bool).unwrap_or_default(),
            tier: around.sku.get("name").and_then(Value::as_str).unwrap_or_default().to_owned(),
            hours: found.hours(),
        }))
    }

    /// The pairing of a hub's namespace; none when it is paired with no other.
    pub async fn hub_pairing(&self, hub: &ResourceId) -> Result<Option<HubPairing>, AzureError> {
        let path = format!("{}/disasterRecoveryConfigs?api-version=2024-01-01", hub.before("eventhubs"));
        let all: Vec<Resource> = self.list(&path, "the pairing of an Event Hubs namespace").await?;
        Ok(all.into_iter().next().map(|one| HubPairing {
            partner: ResourceId::new(&one.text("partnerNamespace")).name().to_owned(),
            role: one.text("role"),
            alias: one.name,
        }))
    }

    /// The locks on a resource group, those of its subscription included: name and level (Microsoft.Authorization 2020-05-01).
    pub async fn locks(&self, group: &ResourceId) -> Result<Vec<(String, String)>, AzureError> {
        let path = format!("{group}/providers/Microsoft.Authorization/locks?api-version=2020-05-01");
        let all: Vec<Resource> = self.list(&path, "the locks of a resource group").await?;
        Ok(all.into_iter().map(|one| (one.name.clone(), one.text("level"))).collect())
    }

    /// Whether trusted Microsoft services pass the firewall of a hub's namespace, and whether it has one that denies.
    pub async fn hub_trust(&self, hub: &ResourceId) -> Result<(bool, bool), AzureError> {
        let namespace = hub.before("eventhubs");
        let path = format!("{namespace}/networkRuleSets/default?api-version=2024-01-01");
        let found: Resource = self.get(&path, "the network of an Event Hubs namespace").await?;
        let has =
            |name: &str| found.properties.get(name).and_then(Value::as_array).is_some_and(|list| !list.is_empty());
        let closed = !found.text("publicNetworkAccess").is_empty()
            && !found.text("publicNetworkAccess").eq_ignore_ascii_case("enabled");
        let denies =
            found.text("defaultAction").eq_ignore_ascii_case("deny") && (has("ipRules") || has("virtualNetworkRules"));
        let trusted = found.properties.get("trustedServiceAccessEnabled").and_then(Value::as_bool).unwrap_or_default();
        Ok((trusted, closed || denies))
    }

    /// Who has which role on a hub, inherited ones included: object id and the id of the role's definition.
    pub async fn hub_roles(&self, hub: &ResourceId) -> Result<Vec<(String, ResourceId)>, AzureError> {
        let path = format!("{hub}/providers/Microsoft.Authorization/roleAssignments?api-version=2022-04-01");
        let all: Vec<Resource> = self.list(&path, "role assignments of an event hub").await?;
        Ok(all.iter().map(|one| (one.text("principalId"), ResourceId::new(&one.text("roleDefinitionId")))).collect())
    }

    /// What the definition of a role lets its holders do; empty where there is no such role.
    pub async fn role_permissions<T: DeserializeOwned>(&self, role: &ResourceId) -> Result<Vec<T>, AzureError> {
        let path = format!("{role}?api-version=2022-04-01");
        let found = self.resource(&path, "the definition of a role").await?;
        let permissions = found.and_then(|found| found.properties.get("permissions").cloned());
        let shape = |error: serde_json::Error| AzureError::Shape {
            what: "the definition of a role",
            detail: error.to_string(),
        };
        permissions.map_or_else(|| Ok(Vec::new()), |all| serde_json::from_value(all).map_err(shape))
    }

    /// A workspace; none when it is not there.
    pub async fn workspace_state(&self, workspace: &ResourceId) -> Result<Option<WorkspaceState>, AzureError> {
        let path = format!("{workspace}?api-version=2023-09-01");
        let Some(found) = self.resource(&path, "a workspace").await? else { return Ok(None) };
        let cap = found.properties.get("workspaceCapping").and_then(Value::as_object);
        Ok(Some(WorkspaceState {
            state: found.text("provisioningState"),
            ingestion: cap.and_then(|cap| cap.get("dataIngestionStatus")?.as_str()).unwrap_or_default().to_owned(),
            public_ingestion: found.text("publicNetworkAccessForIngestion"),
            retention: found.properties.get("retentionInDays").and_then(Value::as_i64).unwrap_or_default(),
            transformation: found.text("defaultDataCollectionRuleResourceId"),
        }))
    }

    /// Whether a workspace has one of Defender's solutions, without which its tables are not shown (2015-11-01-preview).
    pub async fn has_security_solution(&self, workspace: &ResourceId) -> Result<bool, AzureError> {
        let key = workspace.key();
        let group = &workspace.as_str()[..key.find("/providers/").unwrap_or(key.len())];
        for solution in ["SecurityCenterFree", "Security"] {
            let name = workspace.name();
            let path = format!(
                "{group}/providers/Microsoft.OperationsManagement/solutions/{solution}({name})?api-version=2015-11-01-preview"
            );
            if self.resource(&path, "a workspace's solution").await?.is_some() {
                return Ok(true);
            }
        }
        Ok(false)
    }
}
