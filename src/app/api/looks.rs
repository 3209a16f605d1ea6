//! Coverage, the exports that Azure delivers, and health checks.

use super::{At, UiError};
use crate::domain::{AzureExport, coverage::CoverageRow, health::HealthChange, verdict::Checked};
use leptos::prelude::*;

/// Who exports what of each subscription to where.
#[server(prefix = "/fn", endpoint = "coverage")]
pub async fn coverage() -> Result<At<Vec<CoverageRow>>, UiError> {
    let (console, actor) = super::door::door()?;
    Ok(At { now: console.now(), value: console.coverage(&actor).await? })
}

/// The exports that Azure delivers, each with its subscription's name.
#[server(prefix = "/fn", endpoint = "azure_exports")]
pub async fn azure_exports() -> Result<At<Vec<(AzureExport, String)>>, UiError> {
    let (console, actor) = super::door::door()?;
    Ok(At { now: console.now(), value: console.azure_exports(&actor).await? })
}

/// Every check that needs no item, the most harmful first.
#[server(prefix = "/fn", endpoint = "health")]
pub async fn health() -> Result<At<Vec<Checked>>, UiError> {
    let (console, actor) = super::door::door()?;
    Ok(At { now: console.now(), value: console.health(&actor).await? })
}

/// What changed between scheduled runs of the health checks, the newest first.
#[server(prefix = "/fn", endpoint = "health_changes")]
pub async fn health_changes() -> Result<At<Vec<HealthChange>>, UiError> {
    let (console, actor) = super::door::door()?;
    Ok(At { now: console.now(), value: console.health_changes(&actor).await? })
}
