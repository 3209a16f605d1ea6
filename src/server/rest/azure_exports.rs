//! `azure-exports` and `exports/{id}/roll-out`: what Azure delivers, and bringing it to what is saved here.

use super::{
    asked::Asked,
    body::Body,
    caller::{Caller, Id, location},
    export_body::ExportAnswer,
    export_sources::Source,
    list::{List, Order, PageQuery},
    problem::Problem,
};
use axum::{
    Json,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use domain::{
    AzureExport, ExportId, ResourceId,
    azure::{Drift, RollOutRow, Wish},
};
use jiff::Timestamp;
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// An export that Azure delivers, as it was read last.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = AzureExport)]
pub struct AzureExportAnswer {
    /// The automation's resource id.
    automation: String,
    /// Its name.
    name: String,
    /// The subscription it stands in.
    #[schema(format = Uuid)]
    subscription: String,
    /// That subscription's name.
    subscription_name: String,
    /// Whether it is switched on.
    enabled: bool,
    /// The resource group it is limited to.
    only_group: Option<String>,
    /// Which data, filtered how.
    sources: Vec<Source>,
    /// Resource ids of event hubs and workspaces it sends to.
    targets: Vec<String>,
    /// Logic apps it starts.
    logic_apps: usize,
    /// Whether it signs in to an event hub as a trusted service.
    trusted_service: bool,
    /// Whether Azure's portal leaves it out, for its name.
    hidden_from_portal: bool,
    /// Why it cannot be taken over.
    left_alone: Option<String>,
    /// When it was changed last.
    changed_at: Option<Timestamp>,
    /// By which object id.
    changed_by: Option<String>,
}

impl From<(AzureExport, String)> for AzureExportAnswer {
    fn from((export, subscription_name): (AzureExport, String)) -> Self {
        let (changed_at, changed_by) = export.changed.clone().unzip();
        Self {
            hidden_from_portal: export.is_hidden(),
            left_alone: export.why_left_alone(),
            automation: export.id.as_str().to_owned(),
            name: export.name,
            subscription: export.subscription.into(),
            subscription_name,
            enabled: export.enabled,
            only_group: export.only_group,
            sources: export.sources.into_iter().map(Into::into).collect(),
            targets: export.targets.iter().map(|id| id.as_str().to_owned()).collect(),
            logic_apps: export.logic_apps,
            trusted_service: export.trusted_service,
            changed_at,
            changed_by,
        }
    }
}

/// Which of Azure's exports is taken over.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Adoption {
    /// Its resource id.
    automation: String,
}

/// What is asked of Azure.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RollOutBody {
    /// `apply`, `validate` (nothing is stored) or `remove`.
    #[schema(value_type = String)]
    wish: Wish,
    /// The event hub's connection string, where it is needed and no rule is named. It is passed on and not kept.
    #[serde(default)]
    #[schema(value_type = Option<String>, write_only)]
    connection_string: Option<SecretString>,
}

/// In what an automation differs.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct DriftAnswer {
    /// In which respect.
    what: String,
    /// What Azure has.
    azure: String,
    /// What is saved here.
    wanted: String,
}

impl From<Drift> for DriftAnswer {
    fn from(drift: Drift) -> Self {
        Self { what: drift.what, azure: drift.azure, wanted: drift.wanted }
    }
}

/// What was asked for an automation last.
#[derive(Debug, Serialize, ToSchema)]
struct LastAsked {
    /// `apply`, `validate` or `remove`.
    wish: &'static str,
    /// `waiting`, `done` or `failed`.
    state: &'static str,
    /// What was said.
    message: String,
    /// When.
    at: Timestamp,
}

/// One automation of the export.
#[derive(Debug, Serialize, ToSchema)]
struct RollOutItem {
    /// The subscription.
    #[schema(format = Uuid)]
    subscription: String,
    /// Its name.
    name: String,
    /// The automation's resource id.
    automation: String,
    /// `create`, `change`, `keep` or `remove`.
    step: &'static str,
    /// In what it differs.
    drift: Vec<DriftAnswer>,
    /// Whether it was made, or taken over, by this export: only such a one is removed.
    made: bool,
    /// What was asked last.
    last: Option<LastAsked>,
}

impl From<RollOutRow> for RollOutItem {
    fn from(row: RollOutRow) -> Self {
        Self {
            subscription: row.subscription.into(),
            name: row.name,
            automation: row.automation.as_str().to_owned(),
            step: row.step.as_str(),
            drift: row.drift.into_iter().map(Into::into).collect(),
            made: row.made,
            last: row.last.map(|(wish, state, message, at)| LastAsked {
                wish: wish.as_str(),
                state: state.as_str(),
                message,
                at,
            }),
        }
    }
}

/// How an export that Azure delivers stands there.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = RollOut)]
pub struct RollOutAnswer {
    /// Whether a roll-out is under way.
    under_way: bool,
    /// Whether the console may change Azure's exports.
    azure_writes: bool,
    /// One for each automation.
    items: Vec<RollOutItem>,
}

/// What was begun.
#[derive(Debug, Serialize, ToSchema)]
struct Begun {
    /// Automations it concerns; they are worked off in the background.
    automations: usize,
}

/// Exports that Azure delivers
///
/// All automations (`Microsoft.Security/automations`) of the visible subscriptions, as read last.
#[utoipa::path(get, path = "/api/v1/azure-exports", tag = "exports", params(PageQuery),
    responses((status = 200, body = List<AzureExportAnswer>)))]
pub(super) async fn list_azure_exports(
    caller: Caller,
    Asked(page): Asked<PageQuery>,
) -> Result<Json<List<AzureExportAnswer>>, Problem> {
    let rows = caller.console.azure_exports(&caller.actor).await?;
    let list = List::cut(rows, Order::ByName, &page, |(export, _)| export.id.key())?;
    Ok(Json(List { items: list.items.into_iter().map(Into::into).collect(), next: list.next }))
}

/// Take over one of Azure's exports
///
/// It is saved here as it stands there; Azure is not changed by it.
#[utoipa::path(post, path = "/api/v1/azure-exports/adopt", tag = "exports", request_body = Adoption,
    responses((status = 201, body = ExportAnswer, headers(("etag" = String), ("location" = String)))))]
pub(super) async fn adopt(caller: Caller, Body(body): Body<Adoption>) -> Result<Response, Problem> {
    let export = caller.console.adopt(&caller.actor, &ResourceId::new(&body.automation)).await?;
    let place = location(&format!("/api/v1/exports/{}", export.id));
    Ok((StatusCode::CREATED, place, caller.export_answer(&export.id).await?).into_response())
}

/// How an export stands in Azure
///
/// What has to be done there, and in what each automation differs from what is saved.
#[utoipa::path(get, path = "/api/v1/exports/{id}/roll-out", tag = "exports",
    params(("id" = String, Path, description = "The export's id", format = Uuid)),
    responses((status = 200, body = RollOutAnswer)))]
pub(super) async fn get_roll_out(caller: Caller, Id(id): Id<ExportId>) -> Result<Json<RollOutAnswer>, Problem> {
    let found = caller.console.roll_out(&caller.actor, &id).await?;
    Ok(Json(RollOutAnswer {
        under_way: found.under_way,
        azure_writes: found.writes,
        items: found.rows.into_iter().map(Into::into).collect(),
    }))
}

/// Bring Azure to what is saved
///
/// Works in the background; GET says how far it is. Writing needs the switch `azure_writes`.
#[utoipa::path(post, path = "/api/v1/exports/{id}/roll-out", tag = "exports", request_body = RollOutBody,
    params(("id" = String, Path, description = "The export's id", format = Uuid)),
    responses((status = 202, body = Begun)))]
pub(super) async fn start_roll_out(
    caller: Caller,
    Id(id): Id<ExportId>,
    Body(body): Body<RollOutBody>,
) -> Result<Response, Problem> {
    let automations = caller.console.start_roll_out(&caller.actor, &id, body.wish, body.connection_string).await?;
    Ok((StatusCode::ACCEPTED, Json(Begun { automations })).into_response())
}
