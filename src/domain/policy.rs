//! The built-in policies that deploy exports below a management group, their assignments, and what became of them.

use super::{EventSource, ResourceId, SubscriptionId, azure::Drift};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// A built-in policy of the category Security Center with the effect `DeployIfNotExists`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BuiltIn {
    /// To an event hub, with a connection string.
    EventHub,
    /// To an event hub, as a trusted service.
    TrustedService,
    /// To a workspace.
    Workspace,
}

impl BuiltIn {
    /// All three.
    pub const ALL: [Self; 3] = [Self::EventHub, Self::TrustedService, Self::Workspace];

    /// The name of its definition, a GUID.
    pub const fn id(self) -> &'static str {
        match self {
            Self::EventHub => "cdfcce10-4578-4ecd-9703-530938e4abcb",
            Self::TrustedService => "af9f6c70-eb74-4189-8d15-e4f11a7ebfd4",
            Self::Workspace => "ffb6f416-7bd2-4488-8828-56585fef2be9",
        }
    }

    /// Its display name.
    pub const fn label(self) -> &'static str {
        match self {
            Self::EventHub => "Deploy export to Event Hub for Microsoft Defender for Cloud data",
            Self::TrustedService => {
                "Deploy export to Event Hub as a trusted service for Microsoft Defender for Cloud data"
            }
            Self::Workspace => "Deploy export to Log Analytics workspace for Microsoft Defender for Cloud data",
        }
    }

    /// The parameter that names the target: of the first one an authorization rule, of the others the resource itself.
    pub const fn target(self) -> &'static str {
        match self {
            Self::EventHub | Self::TrustedService => "eventHubDetails",
            Self::Workspace => "workspaceResourceId",
        }
    }

    /// The name of the automation that it deploys.
    pub const fn automation(self) -> &'static str {
        match self {
            Self::EventHub | Self::TrustedService => "exportToEventHub",
            Self::Workspace => "ExportToWorkspace",
        }
    }

    /// The policy with this definition id.
    pub fn of(id: &str) -> Option<Self> {
        let name = id.rsplit('/').next().unwrap_or_default();
        Self::ALL.into_iter().find(|one| one.id().eq_ignore_ascii_case(name))
    }
}

/// What the policies call kinds of data; findings are a switch, attack paths are not known to them.
pub const DATA_TYPES: [(&str, EventSource); 10] = [
    ("Security recommendations", EventSource::Assessments),
    ("Security alerts", EventSource::Alerts),
    ("Overall secure score", EventSource::SecureScores),
    ("Secure score controls", EventSource::SecureScoreControls),
    ("Regulatory compliance", EventSource::RegulatoryComplianceAssessment),
    ("Security recommendations - snapshot", EventSource::AssessmentsSnapshot),
    ("Overall secure score - snapshot", EventSource::SecureScoresSnapshot),
    ("Secure score controls - snapshot", EventSource::SecureScoreControlsSnapshot),
    ("Regulatory compliance - snapshot", EventSource::RegulatoryComplianceAssessmentSnapshot),
    ("Security findings - snapshot", EventSource::SubAssessmentsSnapshot),
];

/// An assignment of one of these policies.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Assignment {
    /// Its resource id.
    pub id: ResourceId,
    /// Its display name.
    pub name: String,
    /// The management group or subscription it holds for.
    pub scope: ResourceId,
    /// Which policy.
    pub policy: BuiltIn,
    /// The target it deploys: of connection strings the authorization rule.
    pub target: Option<ResourceId>,
    /// The resource group of its automations.
    pub resource_group: String,
    /// Whether the resource group is deployed again and again, which resets its tags.
    pub makes_group: bool,
    /// The data it exports; all of the types it knows where the parameter is not given.
    pub sources: Vec<EventSource>,
    /// The severities of alerts it lets through, in lower case.
    pub alert_severities: Vec<String>,
    /// The severities of recommendations it lets through, in lower case.
    pub recommendation_severities: Vec<String>,
    /// The object id of the identity it deploys with.
    pub principal: Option<String>,
}

impl Assignment {
    /// The event hub or workspace it sends to.
    pub fn destination(&self) -> Option<ResourceId> {
        let target = self.target.as_ref()?;
        let at = target.key().find("/authorizationrules/").unwrap_or(target.as_str().len());
        Some(ResourceId::new(&target.as_str()[..at]))
    }

    /// The automation it deploys into a subscription.
    pub fn automation_in(&self, subscription: &SubscriptionId) -> ResourceId {
        let (group, name) = (&self.resource_group, self.policy.automation());
        ResourceId::new(&format!(
            "/subscriptions/{subscription}/resourceGroups/{group}/providers/Microsoft.Security/automations/{name}"
        ))
    }

    /// What to know of it before it is believed.
    pub fn traps(&self) -> Vec<&'static str> {
        let alerts = self.sources.contains(&EventSource::Alerts);
        let recommendations =
            self.sources.iter().any(|one| matches!(one, EventSource::Assessments | EventSource::AssessmentsSnapshot));
        [
            (true, "Compliant means: an enabled automation with these kinds of data is there. Target, filters and severities are not looked at by the policy; the column Drift does."),
            (true, "Subscriptions that were there before the assignment are set up by a remediation only."),
            (self.makes_group, "createResourceGroup is on: the resource group is deployed again each time, and its tags are reset."),
            (alerts, "The policy has no Informational: such alerts are not exported by it."),
            (recommendations, "The policy has no Critical: recommendations of that severity are not exported by it."),
            (self.principal.is_none(), "The assignment has no identity: it can deploy nothing."),
        ]
        .into_iter()
        .filter_map(|(holds, text)| holds.then_some(text))
        .collect()
    }
}

/// One subscription under an assignment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Compliance {
    /// The subscription.
    pub subscription: SubscriptionId,
    /// Its name.
    pub name: String,
    /// What Azure Policy says.
    pub compliant: bool,
    /// In what the automation there differs from the parameters; none when there is none to compare.
    pub drift: Option<Vec<Drift>>,
}

/// A remediation task.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Remediation {
    /// Its name.
    pub name: String,
    /// `Evaluating`, `Accepted`, `Succeeded`, `Failed`, …
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

/// An assignment with what became of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PolicyView {
    /// The assignment.
    pub assignment: Assignment,
    /// The subscriptions under it that Azure Policy has evaluated.
    pub subscriptions: Vec<Compliance>,
    /// Its remediations, newest first.
    pub remediations: Vec<Remediation>,
    /// What could not be read of it.
    pub trouble: Option<String>,
}
