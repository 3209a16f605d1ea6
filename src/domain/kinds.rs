//! The closed lists of the product: kinds of security data, changes, severities, outcomes, conditions, roles.

use super::words::words;

words! {
    /// A kind of security data.
    pub enum Kind {
        /// A security alert.
        Alert = "alert", "Alert";
        /// A recommendation (assessment).
        Recommendation = "recommendation", "Recommendation";
        /// A finding (sub-assessment).
        Finding = "finding", "Finding";
        /// The secure score of a subscription.
        SecureScore = "secure_score", "Secure score";
        /// One control of the secure score.
        SecureScoreControl = "secure_score_control", "Secure score control";
        /// An assessment of a regulatory compliance control.
        RegulatoryCompliance = "regulatory_compliance", "Regulatory compliance";
        /// An attack path.
        AttackPath = "attack_path", "Attack path";
    }
}

words! {
    /// What an event says happened.
    pub enum Change {
        /// It was there when the subscription was first seen.
        Baseline = "baseline", "Baseline";
        /// It is new.
        Created = "created", "Created";
        /// Its compared state is another.
        Changed = "changed", "Changed";
        /// It is gone.
        Deleted = "deleted", "Deleted";
        /// Its state, read again on request.
        Snapshot = "snapshot", "Snapshot";
        /// Made by a person to try an export.
        Test = "test", "Test";
    }
}

words! {
    /// How bad it is, worst first. Alerts know four; recommendations may also be critical.
    pub enum Severity {
        /// Critical (recommendations of newer API versions only).
        Critical = "critical", "Critical";
        /// High.
        High = "high", "High";
        /// Medium.
        Medium = "medium", "Medium";
        /// Low.
        Low = "low", "Low";
        /// Informational.
        Informational = "informational", "Informational";
    }
}

words! {
    /// What became of one event for one export: exactly one of these.
    pub enum Outcome {
        /// The target accepted it.
        Delivered = "delivered", "Delivered";
        /// It waits for its turn or for the target.
        Pending = "pending", "Pending";
        /// A rule let it not through.
        Filtered = "filtered", "Filtered";
        /// Refused as itself, or older than the retry window: kept with its reason.
        Parked = "parked", "Parked";
        /// A person deleted the export or target, or stopped the job.
        Cancelled = "cancelled", "Cancelled";
    }
}

words! {
    /// What keeps a target from taking events.
    pub enum Condition {
        /// Nothing does.
        Ok = "ok", "Delivering";
        /// It asked for a pause (429, 503).
        Throttled = "throttled", "Throttled, backing off";
        /// It does not answer.
        Unreachable = "unreachable", "Does not answer";
        /// It refuses the key or token (401).
        Unauthorized = "unauthorized", "Refuses the key";
        /// The identity may not send (403).
        Forbidden = "forbidden", "Sending is not allowed";
        /// It is not there (404).
        NotFound = "not_found", "Not found";
        /// The event hub is switched off.
        Disabled = "disabled", "Switched off";
        /// Its firewall refuses this address.
        Firewall = "firewall", "Closed by its firewall";
        /// It refuses what others accept: its own settings are wrong.
        Misconfigured = "misconfigured", "Misconfigured";
        /// A person paused it.
        Paused = "paused", "Paused";
    }
}

impl Condition {
    /// Whether waiting (with backoff) is all that is needed; other conditions are probed with a single event.
    pub const fn mends_by_waiting(self) -> bool {
        matches!(self, Self::Throttled | Self::Unreachable)
    }
}

words! {
    /// Who sends.
    pub enum DeliveredBy {
        /// This program.
        Console = "console", "This console";
        /// A `Microsoft.Security/automations` resource.
        Azure = "azure", "Azure";
    }
}

words! {
    /// What a signed-in person may do; each role may do all that the ones before it may.
    pub enum Role {
        /// Look.
        Viewer = "viewer", "Viewer";
        /// Change exports and targets.
        Operator = "operator", "Operator";
        /// Manage people and settings.
        Administrator = "administrator", "Administrator";
    }
}

words! {
    /// `eventSource` of `Microsoft.Security/automations`, spelt as there (API 2023-12-01-preview).
    pub enum EventSource {
        /// Security alerts.
        Alerts = "Alerts", "Alerts";
        /// Recommendations.
        Assessments = "Assessments", "Recommendations";
        /// Weekly state of recommendations.
        AssessmentsSnapshot = "AssessmentsSnapshot", "Recommendations, snapshot";
        /// Findings.
        SubAssessments = "SubAssessments", "Findings";
        /// Weekly state of findings.
        SubAssessmentsSnapshot = "SubAssessmentsSnapshot", "Findings, snapshot";
        /// Secure score.
        SecureScores = "SecureScores", "Secure score";
        /// Weekly secure score.
        SecureScoresSnapshot = "SecureScoresSnapshot", "Secure score, snapshot";
        /// Secure score controls.
        SecureScoreControls = "SecureScoreControls", "Secure score controls";
        /// Weekly secure score controls.
        SecureScoreControlsSnapshot = "SecureScoreControlsSnapshot", "Secure score controls, snapshot";
        /// Regulatory compliance.
        RegulatoryComplianceAssessment = "RegulatoryComplianceAssessment", "Regulatory compliance";
        /// Weekly regulatory compliance.
        RegulatoryComplianceAssessmentSnapshot = "RegulatoryComplianceAssessmentSnapshot", "Regulatory compliance, snapshot";
        /// Attack paths.
        AttackPaths = "AttackPaths", "Attack paths";
        /// Weekly attack paths.
        AttackPathsSnapshot = "AttackPathsSnapshot", "Attack paths, snapshot";
    }
}

impl EventSource {
    /// The kind of data this source carries.
    pub const fn kind(self) -> Kind {
        match self {
            Self::Alerts => Kind::Alert,
            Self::Assessments | Self::AssessmentsSnapshot => Kind::Recommendation,
            Self::SubAssessments | Self::SubAssessmentsSnapshot => Kind::Finding,
            Self::SecureScores | Self::SecureScoresSnapshot => Kind::SecureScore,
            Self::SecureScoreControls | Self::SecureScoreControlsSnapshot => Kind::SecureScoreControl,
            Self::RegulatoryComplianceAssessment | Self::RegulatoryComplianceAssessmentSnapshot => {
                Kind::RegulatoryCompliance
            }
            Self::AttackPaths | Self::AttackPathsSnapshot => Kind::AttackPath,
        }
    }

    /// Whether it sends changes as they happen; the others send the whole state once a week.
    pub const fn is_streaming(self) -> bool {
        matches!(
            self,
            Self::Alerts
                | Self::Assessments
                | Self::SubAssessments
                | Self::SecureScores
                | Self::SecureScoreControls
                | Self::RegulatoryComplianceAssessment
                | Self::AttackPaths
        )
    }

    /// The snapshot form of a streaming source, and the streaming form of a snapshot; alerts have no snapshots.
    pub fn sibling(self) -> Option<Self> {
        Self::ALL.iter().copied().find(|other| *other != self && other.kind() == self.kind())
    }
}

impl Kind {
    /// Whether its items carry a date of their own at the source, by which what is new can be asked for. The others are
    /// found by reading everything.
    pub const fn is_dated(self) -> bool {
        matches!(self, Self::Alert | Self::Recommendation | Self::Finding)
    }

    /// Several of them, in a sentence.
    pub const fn plural(self) -> &'static str {
        match self {
            Self::Alert => "alerts",
            Self::Recommendation => "recommendations",
            Self::Finding => "findings",
            Self::SecureScore => "secure scores",
            Self::SecureScoreControl => "secure score controls",
            Self::RegulatoryCompliance => "regulatory compliance assessments",
            Self::AttackPath => "attack paths",
        }
    }
}
