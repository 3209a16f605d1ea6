//! Coverage, the exports that Azure delivers, and health checks.

use super::{At, UiError};
use domain::{AzureExport, coverage::CoverageView, health::HealthChange, verdict::Checked};
use leptos::prelude::*;
use serde::{Deserialize, Serialize};

/// Rows of a list that a page shows at once; REST and files have all of them.
#[cfg(feature = "ssr")]
const SHOWN: usize = 200;

/// The exports that Azure delivers: some of them, and how many there are.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AzureList {
    /// Those that are shown, each with its subscription's name.
    pub rows: Vec<(AzureExport, String)>,
    /// How many were found.
    pub found: usize,
    /// How many there are.
    pub all: usize,
    /// How many of all are switched off.
    pub off: usize,
}

/// Who exports what of each subscription to where: of those with a gap, where one is named, and a text in their name or id.
#[server(prefix = "/fn", endpoint = "coverage")]
pub async fn coverage(gap: String, name: String) -> Result<At<CoverageView>, UiError> {
    let (console, actor) = super::door::door()?;
    let all = console.coverage(&actor).await?;
    let gap = domain::coverage::Gap::parse(&gap);
    Ok(At { now: console.now(), value: CoverageView::of(all, gap, &name, SHOWN) })
}

/// The exports that Azure delivers, with a text in their name or their subscription's.
#[server(prefix = "/fn", endpoint = "azure_exports")]
pub async fn azure_exports(name: String) -> Result<At<AzureList>, UiError> {
    let (console, actor) = super::door::door()?;
    let mut rows = console.azure_exports(&actor).await?;
    let (all, off) = (rows.len(), rows.iter().filter(|(export, _)| !export.enabled).count());
    let text = name.trim().to_lowercase();
    let has = |of: &str| of.to_lowercase().contains(&text);
    rows.retain(|(export, subscription)| has(&export.name) || has(subscription) || has(export.subscription.as_str()));
    let found = rows.len();
    rows.truncate(SHOWN);
    Ok(At { now: console.now(), value: AzureList { rows, found, all, off } })
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
