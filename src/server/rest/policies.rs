//! `policies`: exports that Azure Policy deploys below a management group.

use super::{body::Body, caller::Caller, problem::Problem};
use api::{AssignBody, Policies, RemediateBody, RemediationBegun};
use axum::{Json, http::StatusCode};
use domain::ResourceId;

/// Exports by policy
///
/// Azure's three built-in policies that deploy exports, asked live: assignments, compliance, drift and remediations.
#[utoipa::path(get, path = "/api/v1/policies", tag = "exports", responses((status = 200, body = Policies)))]
pub(super) async fn list_policies(caller: Caller) -> Result<Json<Policies>, Problem> {
    let (found, troubles) = caller.console.policies(&caller.actor).await?;
    Ok(Json(Policies { items: found.into_iter().map(Into::into).collect(), troubles }))
}

/// Assign a policy
///
/// The one that fits an export that Azure delivers, with an identity of its own, the role it needs, and the remediation of
/// what is there. Needs the switch `azure_writes`.
#[utoipa::path(post, path = "/api/v1/policies", tag = "exports", request_body = AssignBody,
    responses((status = 202, description = "It is assigned; the remediation runs")))]
pub(super) async fn assign_policy(caller: Caller, Body(body): Body<AssignBody>) -> Result<StatusCode, Problem> {
    caller.console.assign_policy(&caller.actor, &body.export, &body.management_group).await?;
    Ok(StatusCode::ACCEPTED)
}

/// Remediate an assignment
///
/// Deploys into the subscriptions that are not compliant. Needs the switch `azure_writes`.
#[utoipa::path(post, path = "/api/v1/policies/remediate", tag = "exports", request_body = RemediateBody,
    responses((status = 202, body = RemediationBegun)))]
pub(super) async fn remediate(
    caller: Caller,
    Body(body): Body<RemediateBody>,
) -> Result<(StatusCode, Json<RemediationBegun>), Problem> {
    let remediation = caller.console.remediate(&caller.actor, &ResourceId::new(&body.assignment)).await?;
    Ok((StatusCode::ACCEPTED, Json(RemediationBegun { remediation })))
}
