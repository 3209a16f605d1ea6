//! Exports as code: the forms they can be written in, and what is found when code is read back.

use super::{AzureDelivery, DeliveredBy, ExportBody, ResourceId, Scope, Source, TargetId, words::words};
use serde::{Deserialize, Serialize};

words! {
    /// The forms an export can be written in.
    pub enum CodeFormat {
        /// A deployment template, JSON.
        Arm = "arm", "ARM template";
        /// The same in Bicep.
        Bicep = "bicep", "Bicep";
        /// Terraform, with azurerm where it can and azapi where it cannot.
        Terraform = "terraform", "Terraform";
        /// A shell script that calls `az rest`.
        AzureCli = "azcli", "Azure CLI";
        /// An assignment of the built-in policy for a management group.
        Policy = "policy", "Azure Policy";
    }
}

impl CodeFormat {
    /// The name a file of this form usually has.
    pub const fn file_name(self) -> &'static str {
        match self {
            Self::Arm => "export.json",
            Self::Bicep => "export.bicep",
            Self::Terraform => "export.tf",
            Self::AzureCli => "export.sh",
            Self::Policy => "policy.bicep",
        }
    }
}

words! {
    /// What has to be there in Azure before the console can work.
    pub enum Preparation {
        /// The roles that the console's identity needs.
        ConsoleIdentity = "console-identity", "Roles of the console's identity";
        /// The tables and the data collection rule that a workspace target needs.
        WorkspaceTables = "workspace-tables", "Tables of a workspace";
    }
}

/// Text to deploy, and what it does not say.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Code {
    /// The text.
    pub text: String,
    /// What Azure's resource cannot express, and what is to be known before it is deployed; the text says it too.
    pub notes: Vec<String>,
}

/// Where an automation sends: a hint at the target an export needs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum TargetHint {
    /// An event hub.
    EventHub {
        /// Its resource id.
        resource_id: ResourceId,
        /// Whether Azure signs in as a trusted service, without a key.
        trusted_service: bool,
        /// The authorization rule whose key is used, where it is known.
        key_name: Option<String>,
    },
    /// A Log Analytics workspace.
    Workspace {
        /// Its resource id.
        resource_id: ResourceId,
    },
}

impl TargetHint {
    /// The resource it points to.
    pub const fn resource_id(&self) -> &ResourceId {
        match self {
            Self::EventHub { resource_id, .. } | Self::Workspace { resource_id } => resource_id,
        }
    }
}

/// One export found in code.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FoundExport {
    /// Where in the text it stands, such as `resources[0]`.
    pub place: String,
    /// The automation's own name.
    pub automation: String,
    /// Whether it is switched on there.
    pub enabled: bool,
    /// The name for the export.
    pub name: String,
    /// Who sends.
    pub delivered_by: DeliveredBy,
    /// Which subscriptions.
    pub scope: Scope,
    /// Which data, filtered how.
    pub sources: Vec<Source>,
    /// The target of this console, where one is known.
    pub target: Option<TargetId>,
    /// What Azure needs, where it is the one who sends.
    pub azure: Option<AzureDelivery>,
    /// Where it sends.
    pub actions: Vec<TargetHint>,
    /// What could not be taken over, and what is to be known.
    pub notes: Vec<String>,
}

impl FoundExport {
    /// The export with the target that is known, or else with this one.
    pub fn body(&self, otherwise: &TargetId) -> ExportBody {
        ExportBody {
            name: self.name.clone(),
            delivered_by: self.delivered_by,
            scope: self.scope.clone(),
            sources: self.sources.clone(),
            target: self.target.clone().unwrap_or_else(|| otherwise.clone()),
            azure: self.azure.clone(),
        }
    }
}

/// What was found in a text.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Import {
    /// The exports, in the order of the text.
    pub found: Vec<FoundExport>,
    /// What was left out of the text as a whole.
    pub notes: Vec<String>,
}
