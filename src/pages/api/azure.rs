//! Exports that Azure delivers: how they stand there, roll-outs, and taking one over.

use super::{At, UiError};
use domain::{AzureExport, ExportId, azure::RollOut};
use leptos::prelude::*;
use serde::{Deserialize, Serialize};

/// An export and how it stands in Azure.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RollOutView {
    /// The export.
    pub id: ExportId,
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: u32,
    /// Whether it is paused: switched off in Azure.
    pub paused: bool,
    /// Whether a connection string may have to be typed.
    pub asks_for_connection: bool,
    /// How it stands.
    pub roll_out: RollOut,
    /// The management groups that a policy can be assigned at: id and name.
    pub groups: Vec<(String, String)>,
    /// The event hub or workspace it sends to.
    pub destination: domain::ResourceId,
    /// What was found at a workspace of what it let through in 24 hours.
    pub tally: domain::arrival::ArrivalTally,
}

/// An export that Azure delivers, with its subscription's name and why it cannot be taken over, if so.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AzureExportView {
    /// The automation.
    pub export: AzureExport,
    /// Its subscription's name.
    pub subscription: String,
    /// Why it is left alone.
    pub left_alone: Option<String>,
    /// The export of this console that it belongs to.
    pub belongs_to: Option<(ExportId, String)>,
}

/// How an export that Azure delivers stands there.
#[server(prefix = "/fn", endpoint = "show_roll_out")]
pub async fn show_roll_out(id: String) -> Result<At<RollOutView>, UiError> {
    let (console, actor) = super::door::door()?;
    let id: ExportId = id.parse().map_err(|_| super::reads::not_found("export"))?;
    let export = console.export(&actor, &id).await?;
    let delivery = export.body.azure.as_ref().ok_or_else(|| super::reads::not_found("export that Azure delivers"))?;
    let value = RollOutView {
        asks_for_connection: delivery.needs_connection_string(),
        destination: delivery.destination.clone(),
        groups: console.management_groups(&actor).await?,
        tally: console.arrivals(&actor, Some(&id), super::reads::since("24h", console.now()), None, 1).await?.1,
        roll_out: console.roll_out(&actor, &id).await?,
        name: export.body.name.clone(),
        version: export.version,
        paused: export.paused,
        id,
    };
    Ok(At { now: console.now(), value })
}

/// Begins a roll-out: `wish` is apply, validate or remove.
#[server(prefix = "/fn", endpoint = "start_roll_out")]
pub async fn start_roll_out(id: String, wish: String, connection: String) -> Result<(), UiError> {
    use crate::paths;
    use domain::azure::Wish;
    let (console, actor) = super::door::door()?;
    let id: ExportId = id.parse().map_err(|_| super::reads::not_found("export"))?;
    let wish: Wish = wish.parse().map_err(|_| super::reads::not_found("roll-out"))?;
    let connection = Some(connection.trim().to_owned()).filter(|text| !text.is_empty());
    console.start_roll_out(&actor, &id, wish, connection.map(secrecy::SecretString::from)).await?;
    leptos_axum::redirect(&paths::roll_out(&id));
    Ok(())
}

/// One of Azure's own exports.
#[server(prefix = "/fn", endpoint = "show_azure_export")]
pub async fn show_azure_export(id: String) -> Result<At<AzureExportView>, UiError> {
    let (console, actor) = super::door::door()?;
    let (export, subscription) = console.azure_export(&actor, &domain::ResourceId::new(&id)).await?;
    let all = console.exports(&actor, console.now()).await?;
    let belongs = all.into_iter().find(|row| {
        row.export
            .body
            .azure
            .as_ref()
            .is_some_and(|azure| azure.automation_in(&export.subscription).key() == export.id.key())
    });
    let value = AzureExportView {
        left_alone: export.why_left_alone(),
        belongs_to: belongs.map(|row| (row.export.id, row.export.body.name)),
        export,
        subscription,
    };
    Ok(At { now: console.now(), value })
}

/// Takes one of Azure's own exports over and opens it.
#[server(prefix = "/fn", endpoint = "adopt")]
pub async fn adopt(automation: String) -> Result<(), UiError> {
    let (console, actor) = super::door::door()?;
    let export = console.adopt(&actor, &domain::ResourceId::new(&automation)).await?;
    leptos_axum::redirect(&crate::paths::export(&export.id));
    Ok(())
}

/// Event hubs and workspaces that Azure can be told to send to: name and resource id.
#[server(prefix = "/fn", endpoint = "azure_places")]
pub async fn azure_places() -> Result<Vec<(String, String)>, UiError> {
    let (console, actor) = super::door::door()?;
    Ok(console.azure_places(&actor).await?)
}

/// Lets the console change Azure's exports, or no longer.
#[server(prefix = "/fn", endpoint = "switch_azure_writes")]
pub async fn switch_azure_writes(on: String) -> Result<(), UiError> {
    let (console, actor) = super::door::door()?;
    console.allow_azure_writes(&actor, on == "on").await?;
    leptos_axum::redirect(crate::paths::SETTINGS);
    Ok(())
}
