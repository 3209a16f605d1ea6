//! Exports as code, and code as exports.

use super::{
    export_sources::{AzureDelivery, Scope, Source},
    words::{CodeFormatWord, DeliveredByWord, TargetKindWord},
};
use domain::{CodeFormat, DeliveredBy, FoundExport, Import, TargetHint, TargetKind};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// Which code is wanted.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct TemplateQuery {
    /// In which form.
    #[param(value_type = CodeFormatWord, inline)]
    pub format: CodeFormat,
}

/// What to read.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ImportBody {
    /// A deployment template, an automation, or a list answer of automations, as JSON text of at most 1 MB.
    pub text: String,
}

/// What was found; nothing of it is saved.
#[derive(Debug, Serialize, ToSchema)]
pub struct ImportAnswer {
    /// The exports, in the order of the text.
    pub items: Vec<ImportItem>,
    /// What was left out of the text as a whole.
    pub notes: Vec<String>,
}

/// One export that was found.
#[derive(Debug, Serialize, ToSchema)]
pub struct ImportItem {
    /// Where in the text it stands.
    pub place: String,
    /// The automation's own name.
    pub automation: String,
    /// Whether it is switched on there.
    pub enabled: bool,
    /// A body to save, once it has a target.
    pub body: ImportedExport,
    /// Where the automation sends.
    pub target_hints: Vec<ImportTarget>,
    /// What could not be taken over, and what is to be known.
    pub notes: Vec<String>,
}

/// The body of an export that was found.
#[derive(Debug, Serialize, ToSchema)]
pub struct ImportedExport {
    /// The name.
    pub name: String,
    /// Who sends.
    #[schema(value_type = DeliveredByWord)]
    pub delivered_by: DeliveredBy,
    /// Which subscriptions.
    pub scope: Scope,
    /// Which data, filtered how.
    pub sources: Vec<Source>,
    /// The id of the target that is meant, where this console has it.
    #[schema(value_type = Option<String>, format = Uuid)]
    pub target: Option<String>,
    /// What Azure needs, where it is the one who sends.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub azure: Option<AzureDelivery>,
}

/// Where an automation sends.
#[derive(Debug, Serialize, ToSchema)]
pub struct ImportTarget {
    /// The kind.
    #[schema(value_type = TargetKindWord)]
    pub kind: TargetKind,
    /// The resource id of the event hub or workspace; empty when only a deployment knows it.
    pub resource_id: String,
    /// Event hub: whether Azure signs in as a trusted service, without a key.
    pub trusted_service: Option<bool>,
    /// Event hub: the authorization rule whose key is used, where it is known.
    pub key_name: Option<String>,
}

impl From<TargetHint> for ImportTarget {
    fn from(hint: TargetHint) -> Self {
        match hint {
            TargetHint::EventHub { resource_id, trusted_service, key_name } => Self {
                kind: TargetKind::EventHub,
                resource_id: resource_id.as_str().to_owned(),
                trusted_service: Some(trusted_service),
                key_name,
            },
            TargetHint::Workspace { resource_id } => Self {
                kind: TargetKind::Workspace,
                resource_id: resource_id.as_str().to_owned(),
                trusted_service: None,
                key_name: None,
            },
        }
    }
}

impl From<FoundExport> for ImportItem {
    fn from(found: FoundExport) -> Self {
        Self {
            place: found.place,
            automation: found.automation,
            enabled: found.enabled,
            body: ImportedExport {
                name: found.name,
                delivered_by: found.delivered_by,
                scope: found.scope.into(),
                sources: found.sources.into_iter().map(Into::into).collect(),
                target: found.target.map(Into::into),
                azure: found.azure.map(Into::into),
            },
            target_hints: found.actions.into_iter().map(Into::into).collect(),
            notes: found.notes,
        }
    }
}

impl From<Import> for ImportAnswer {
    fn from(import: Import) -> Self {
        Self { items: import.found.into_iter().map(Into::into).collect(), notes: import.notes }
    }
}
