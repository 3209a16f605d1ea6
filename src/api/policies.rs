//! Exports that Azure Policy deploys.

use super::azure_exports::DriftAnswer;
use domain::{
    ExportId,
    policy::{Compliance, PolicyView, Remediation},
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// One subscription under an assignment.
#[derive(Debug, Serialize, ToSchema)]
pub struct ComplianceAnswer {
    /// The subscription.
    #[schema(format = Uuid)]
    pub subscription: String,
    /// What Azure Policy says; it looks at the kinds of data only.
    pub compliant: bool,
    /// In what the automation differs from the parameters; null when there is none.
    pub drift: Option<Vec<DriftAnswer>>,
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
pub struct RemediationAnswer {
    /// Its name.
    pub name: String,
    /// `Evaluating`, `Succeeded`, `Failed`, …
    pub state: String,
    /// Deployments it set out to make.
    pub total: i64,
    /// Those that are done.
    pub succeeded: i64,
    /// Those that failed.
    pub failed: i64,
    /// When it was touched last.
    pub at: Option<Timestamp>,
    /// What Azure says of it.
    pub message: Option<String>,
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
pub struct PolicyAnswer {
    /// Its resource id.
    pub assignment: String,
    /// Its name.
    pub name: String,
    /// The management group or subscription it holds for.
    pub scope: String,
    /// The policy's definition, a GUID.
    pub definition: &'static str,
    /// The resource id of the event hub or workspace.
    pub destination: Option<String>,
    /// What to know before it is believed.
    pub traps: Vec<&'static str>,
    /// The subscriptions that were evaluated.
    pub subscriptions: Vec<ComplianceAnswer>,
    /// Its remediations, newest first.
    pub remediations: Vec<RemediationAnswer>,
    /// What could not be read of it.
    pub trouble: Option<String>,
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
    pub items: Vec<PolicyAnswer>,
    /// What could not be read.
    pub troubles: Vec<String>,
}

/// Which assignment is remediated.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RemediateBody {
    /// Its resource id.
    pub assignment: String,
}

/// What was begun.
#[derive(Debug, Serialize, ToSchema)]
pub struct RemediationBegun {
    /// The remediation's name.
    pub remediation: String,
}

/// What is assigned where.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AssignBody {
    /// An export that Azure delivers.
    #[schema(value_type = String, format = Uuid)]
    pub export: ExportId,
    /// The management group's id.
    pub management_group: String,
}
