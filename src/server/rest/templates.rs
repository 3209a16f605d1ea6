//! Exports as code, and code as exports.

use super::{
    asked::Asked,
    body::Body,
    caller::{Caller, Id},
    export_sources::{AzureDelivery, Scope, Source},
    problem::Problem,
    words::{CodeFormatWord, DeliveredByWord, TargetKindWord},
};
use axum::{
    Json,
    http::header,
    response::{IntoResponse, Response},
};
use domain::{CodeFormat, DeliveredBy, ExportId, FoundExport, Import, TargetHint, TargetKind};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// Which code is wanted.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct TemplateQuery {
    /// In which form.
    #[param(value_type = CodeFormatWord, inline)]
    format: CodeFormat,
}

/// An export as code
///
/// Text to deploy: an ARM template, Bicep, Terraform, a script, or a policy assignment. What Azure's resource cannot express is
/// said in it.
#[utoipa::path(get, path = "/api/v1/exports/{id}/template", tag = "exports",
    params(("id" = String, Path, description = "The export's id", format = Uuid), TemplateQuery),
    responses((status = 200, content_type = "text/plain", body = String)))]
pub(super) async fn get_export_template(
    caller: Caller,
    Id(id): Id<ExportId>,
    Asked(query): Asked<TemplateQuery>,
) -> Result<Response, Problem> {
    let code = caller.console.template(&caller.actor, &id, query.format).await?;
    Ok(([(header::CONTENT_TYPE, "text/plain; charset=utf-8")], code.text).into_response())
}

/// What to read.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ImportBody {
    /// A deployment template, an automation, or a list answer of automations, as JSON text of at most 1 MB.
    text: String,
}

/// What was found; nothing of it is saved.
#[derive(Debug, Serialize, ToSchema)]
pub struct ImportAnswer {
    /// The exports, in the order of the text.
    items: Vec<ImportItem>,
    /// What was left out of the text as a whole.
    notes: Vec<String>,
}

/// One export that was found.
#[derive(Debug, Serialize, ToSchema)]
struct ImportItem {
    /// Where in the text it stands.
    place: String,
    /// The automation's own name.
    automation: String,
    /// Whether it is switched on there.
    enabled: bool,
    /// A body to save, once it has a target.
    body: ImportedExport,
    /// Where the automation sends.
    target_hints: Vec<ImportTarget>,
    /// What could not be taken over, and what is to be known.
    notes: Vec<String>,
}

/// The body of an export that was found.
#[derive(Debug, Serialize, ToSchema)]
struct ImportedExport {
    /// The name.
    name: String,
    /// Who sends.
    #[schema(value_type = DeliveredByWord)]
    delivered_by: DeliveredBy,
    /// Which subscriptions.
    scope: Scope,
    /// Which data, filtered how.
    sources: Vec<Source>,
    /// The id of the target that is meant, where this console has it.
    #[schema(value_type = Option<String>, format = Uuid)]
    target: Option<String>,
    /// What Azure needs, where it is the one who sends.
    #[serde(skip_serializing_if = "Option::is_none")]
    azure: Option<AzureDelivery>,
}

/// Where an automation sends.
#[derive(Debug, Serialize, ToSchema)]
struct ImportTarget {
    /// The kind.
    #[schema(value_type = TargetKindWord)]
    kind: TargetKind,
    /// The resource id of the event hub or workspace; empty when only a deployment knows it.
    resource_id: String,
    /// Event hub: whether Azure signs in as a trusted service, without a key.
    trusted_service: Option<bool>,
    /// Event hub: the authorization rule whose key is used, where it is known.
    key_name: Option<String>,
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

/// Read exports from code
///
/// Finds the automations of a deployment template, an automation or a list answer, and answers each as the body of an
/// export. Nothing is saved.
#[utoipa::path(post, path = "/api/v1/exports/import", tag = "exports", request_body = ImportBody,
    responses((status = 200, body = ImportAnswer)))]
pub(super) async fn import_exports(
    caller: Caller,
    Body(asked): Body<ImportBody>,
) -> Result<Json<ImportAnswer>, Problem> {
    let import = caller.console.import(&caller.actor, &asked.text).await?;
    Ok(Json(import.into()))
}
