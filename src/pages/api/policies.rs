//! Roll-out by Azure Policy.

use super::{At, UiError};
use domain::policy::PolicyView;
use leptos::prelude::*;
use serde::{Deserialize, Serialize};

/// The assignments of the policies that export.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PoliciesView {
    /// The assignments.
    pub policies: Vec<PolicyView>,
    /// What could not be read.
    pub troubles: Vec<String>,
    /// Whether the console may change anything there.
    pub writes: bool,
}

/// The assignments of the policies that export, with what became of them.
#[server(prefix = "/fn", endpoint = "policies")]
pub async fn policies() -> Result<At<PoliciesView>, UiError> {
    let (console, actor) = super::door::door()?;
    let (policies, troubles) = console.policies(&actor).await?;
    let value = PoliciesView { policies, troubles, writes: console.azure_writes().await? };
    Ok(At { now: console.now(), value })
}

/// Starts a remediation.
#[server(prefix = "/fn", endpoint = "remediate")]
pub async fn remediate(assignment: String) -> Result<(), UiError> {
    let (console, actor) = super::door::door()?;
    console.remediate(&actor, &domain::ResourceId::new(&assignment)).await?;
    leptos_axum::redirect(crate::paths::POLICIES);
    Ok(())
}

/// Assigns the policy that fits an export at a management group.
#[server(prefix = "/fn", endpoint = "assign_policy")]
pub async fn assign_policy(export: String, group: String) -> Result<(), UiError> {
    let (console, actor) = super::door::door()?;
    let export = export.parse().map_err(|_| super::reads::not_found("export"))?;
    console.assign_policy(&actor, &export, &group).await?;
    leptos_axum::redirect(crate::paths::POLICIES);
    Ok(())
}
