//! `policies`: exports that Azure Policy deploys below a management group.

use super::{azure_exports::DriftAnswer, body::Body, caller::Caller, problem::Problem};
use axum::{Json, http::StatusCode};
use domain::{
    ExportId, ResourceId,
    policy::{Compliance, PolicyView, Remediation},
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// One subscription under an assignment.
#[derive(Debug, Serialize, ToSchema)]
struct ComplianceAnswer {
    /// The subscription.
    #[schema(format = Uuid)]
    subscription: String,
    /// What Azure Policy says; it looks at the kinds of data only.
    compliant: bool,
    /// In what the automation differs from the parameters; null when there is none.
    drift: Option<Vec<DriftAnswer>>,
}

impl From<Compliance> for ComplianceAnswer {
    fn from(one: Compliance) -> Self {
        Self {
            subscription: one.subscription.into(),
            compliant: one.compliant,
            drift: one.drift.map(|drift| drift.into_iter().map(Into::into).collect()),
        }
    }
}

/// A remediation.
#[derive(Debug, Serialize, ToSchema)]
struct RemediationAnswer {
    /// Its name.
    name: String,
    /// `Evaluating`, `Succeeded`, `Failed`, …
    state: String,
    /// Deployments it set out to make.
    total: i64,
    /// Those that are done.
    succeeded: i64,
    /// Those that failed.
    failed: i64,
    /// When it was touched last.
    at: Option<Timestamp>,
    /// What Azure says of it.
    message: Option<String>,
}

impl From<Remediation> for RemediationAnswer {
    fn from(one: Remediation) -> Self {
        Self {
            name: one.name,
            state: one.state,
            total: one.total,
            succeeded: one.succeeded,
            failed: one.failed,
            at: one.at,
            message: one.message,
        }
    }
}

/// An assignment of a policy that exports.
#[derive(Debug, Serialize, ToSchema)]
struct PolicyAnswer {
    /// Its resource id.
    assignment: String,
    /// Its name.
    name: String,
    /// The management group or subscription it holds for.
    scope: String,
    /// The policy's definition, a GUID.
    definition: &'static str,
    /// The resource id of the event hub or workspace.
    destination: Option<String>,
    /// What to know before it is believed.
    traps: Vec<&'static str>,
    /// The subscriptions that were evaluated.
    subscriptions: Vec<ComplianceAnswer>,
    /// Its remediations, newest first.
    remediations: Vec<RemediationAnswer>,
    /// What could not be read of it.
    trouble: Option<String>,
}

impl From<PolicyView> for PolicyAnswer {
    fn from(view: PolicyView) -> Self {
        Self {
            destination: view.assignment.destination().map(|id| id.as_str().to_owned()),
            traps: view.assignment.traps(),
            assignment: view.assignment.id.as_str().to_owned(),
            name: view.assignment.name,
            scope: view.assignment.scope.as_str().to_owned(),
            definition: view.assignment.policy.id(),
            subscriptions: view.subscriptions.into_iter().map(Into::into).collect(),
            remediations: view.remediations.into_iter().map(Into::into).collect(),
            trouble: view.trouble,
        }
    }
}

/// The assignments, and what could not be read.
#[derive(Debug, Serialize, ToSchema)]
pub struct Policies {
    /// The assignments.
    items: Vec<PolicyAnswer>,
    /// What could not be read.
    troubles: Vec<String>,
}

/// Which assignment is remediated.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RemediateBody {
    /// Its resource id.
    assignment: String,
}

/// What was begun.
#[derive(Debug, Serialize, ToSchema)]
pub struct RemediationBegun {
    /// The remediation's name.
    remediation: String,
}

/// What is assigned where.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AssignBody {
    /// An export that Azure delivers.
    #[schema(value_type = String, format = Uuid)]
    export: ExportId,
    /// The management group's id.
    management_group: String,
}

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
