//! The tables of a workspace target: one a kind, with columns named like those of Microsoft's own tables, so that queries
//! move over with little change. Microsoft's tables themselves take no rows from others (Logs Ingestion).
//!
//! Rules for names (Azure Monitor): a custom table ends in `_CL`; a stream of a data collection rule begins with `Custom-`;
//! a column has at most [`LONGEST_COLUMN`] characters, begins with a letter, and is none of [`RESERVED_COLUMNS`].

use super::Kind;

/// The longest name of a column, in characters.
pub const LONGEST_COLUMN: usize = 45;

/// Names that a column of a custom table cannot have.
pub const RESERVED_COLUMNS: [&str; 7] =
    ["_ResourceId", "id", "_SubscriptionId", "TenantId", "Type", "UniqueId", "Title"];

/// The type of a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ColumnType {
    /// Text.
    String,
    /// A time.
    DateTime,
    /// true or false.
    Boolean,
    /// A whole number.
    Int,
    /// A number.
    Real,
    /// JSON.
    Dynamic,
}

impl ColumnType {
    /// As streams of data collection rules spell it.
    pub const fn in_stream(self) -> &'static str {
        match self {
            Self::String => "string",
            Self::DateTime => "datetime",
            Self::Boolean => "boolean",
            Self::Int => "int",
            Self::Real => "real",
            Self::Dynamic => "dynamic",
        }
    }

    /// As tables spell it: times differ.
    pub const fn in_table(self) -> &'static str {
        match self {
            Self::DateTime => "dateTime",
            other => other.in_stream(),
        }
    }
}

/// Name and type of a column.
pub type Column = (&'static str, ColumnType);

/// The table of one kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Table {
    /// The kind.
    pub kind: Kind,
    /// The table's name, without what Azure puts around it.
    stem: &'static str,
    /// The columns of this kind alone.
    own: &'static [Column],
}

impl Table {
    /// The table, such as `ContinuousExportAlert_CL`.
    pub fn name(&self) -> String {
        format!("{}_CL", self.stem)
    }

    /// The stream that writes into it, such as `Custom-ContinuousExportAlert`.
    pub fn stream(&self) -> String {
        format!("Custom-{}", self.stem)
    }

    /// The name without what Azure puts around it, such as `ContinuousExportAlert`.
    pub const fn stem(&self) -> &'static str {
        self.stem
    }

    /// Every column: those of all tables first.
    pub fn columns(&self) -> impl Iterator<Item = Column> + use<> {
        COMMON.iter().chain(self.own).copied()
    }
}

/// The table of a kind.
pub fn table_of(kind: Kind) -> &'static Table {
    match kind {
        Kind::Alert => &TABLES[0],
        Kind::Recommendation => &TABLES[1],
        Kind::Finding => &TABLES[2],
        Kind::SecureScore => &TABLES[3],
        Kind::SecureScoreControl => &TABLES[4],
        Kind::RegulatoryCompliance => &TABLES[5],
        Kind::AttackPath => &TABLES[6],
    }
}

/// Columns of every table. `EventId` is the same in every copy of an event: doubles can be dropped by it.
const COMMON: &[Column] = &[
    ("TimeGenerated", ColumnType::DateTime),
    ("EventId", ColumnType::String),
    ("EventTime", ColumnType::DateTime),
    ("Change", ColumnType::String),
    ("AssessedSubscriptionId", ColumnType::String),
];

/// Every table.
pub static TABLES: [Table; 7] = [
    Table { kind: Kind::Alert, stem: "ContinuousExportAlert", own: ALERT },
    Table { kind: Kind::Recommendation, stem: "ContinuousExportRecommendation", own: RECOMMENDATION },
    Table { kind: Kind::Finding, stem: "ContinuousExportFinding", own: FINDING },
    Table { kind: Kind::SecureScore, stem: "ContinuousExportSecureScore", own: SECURE_SCORE },
    Table { kind: Kind::SecureScoreControl, stem: "ContinuousExportSecureScoreControl", own: SECURE_SCORE_CONTROL },
    Table {
        kind: Kind::RegulatoryCompliance,
        stem: "ContinuousExportRegulatoryCompliance",
        own: REGULATORY_COMPLIANCE,
    },
    Table { kind: Kind::AttackPath, stem: "ContinuousExportAttackPath", own: ATTACK_PATH },
];

/// Alerts, after `SecurityAlert`: what are lists and objects is JSON in text there, and here too.
const ALERT: &[Column] = &[
    ("AlertName", ColumnType::String),
    ("AlertSeverity", ColumnType::String),
    ("AlertType", ColumnType::String),
    ("CompromisedEntity", ColumnType::String),
    ("Description", ColumnType::String),
    ("DisplayName", ColumnType::String),
    ("StartTime", ColumnType::DateTime),
    ("EndTime", ColumnType::DateTime),
    ("ProcessingEndTime", ColumnType::DateTime),
    ("Entities", ColumnType::String),
    ("ExtendedLinks", ColumnType::String),
    ("ExtendedProperties", ColumnType::String),
    ("RemediationSteps", ColumnType::String),
    ("IsIncident", ColumnType::Boolean),
    ("ProductComponentName", ColumnType::String),
    ("ProductName", ColumnType::String),
    ("ProviderName", ColumnType::String),
    ("ResourceId", ColumnType::String),
    ("Status", ColumnType::String),
    ("SystemAlertId", ColumnType::String),
    ("Tactics", ColumnType::String),
    ("Techniques", ColumnType::String),
    ("SubTechniques", ColumnType::String),
    ("VendorName", ColumnType::String),
    ("AlertLink", ColumnType::String),
];

/// Recommendations, after `SecurityRecommendation`.
const RECOMMENDATION: &[Column] = &[
    ("AssessedResourceId", ColumnType::String),
    ("Description", ColumnType::String),
    ("Environment", ColumnType::String),
    ("FirstEvaluationDate", ColumnType::DateTime),
    ("IsSnapshot", ColumnType::Boolean),
    ("PolicyDefinitionId", ColumnType::String),
    ("Properties", ColumnType::Dynamic),
    ("ProviderName", ColumnType::String),
    ("RecommendationAdditionalData", ColumnType::Dynamic),
    ("RecommendationDisplayName", ColumnType::String),
    ("RecommendationId", ColumnType::String),
    ("RecommendationName", ColumnType::String),
    ("RecommendationSeverity", ColumnType::String),
    ("RecommendationState", ColumnType::String),
    ("ResourceRegion", ColumnType::String),
    ("StatusChangeDate", ColumnType::DateTime),
];

/// Findings, after `SecurityNestedRecommendation`; its `Id` is `NestedRecommendationId` here, for `id` is reserved.
const FINDING: &[Column] = &[
    ("AdditionalData", ColumnType::Dynamic),
    ("AssessedResourceId", ColumnType::String),
    ("Category", ColumnType::String),
    ("Cause", ColumnType::String),
    ("Description", ColumnType::String),
    ("Impact", ColumnType::String),
    ("IsSnapshot", ColumnType::Boolean),
    ("NestedRecommendationId", ColumnType::String),
    ("ParentRecommendationId", ColumnType::String),
    ("RecommendationLink", ColumnType::String),
    ("RecommendationName", ColumnType::String),
    ("RecommendationSeverity", ColumnType::String),
    ("RecommendationState", ColumnType::String),
    ("RemediationDescription", ColumnType::String),
    ("ResourceDetails", ColumnType::Dynamic),
    ("ResourceGroup", ColumnType::String),
    ("ResourceProviderType", ColumnType::String),
];

/// Secure scores, after `SecureScores`.
const SECURE_SCORE: &[Column] = &[
    ("AssessedResourceId", ColumnType::String),
    ("CurrentScore", ColumnType::Real),
    ("DisplayName", ColumnType::String),
    ("Environment", ColumnType::String),
    ("IsSnapshot", ColumnType::Boolean),
    ("MaxScore", ColumnType::Int),
    ("PercentageScore", ColumnType::Real),
    ("Properties", ColumnType::Dynamic),
    ("ResourceProviderType", ColumnType::String),
];

/// Secure score controls, after `SecureScoreControls`.
const SECURE_SCORE_CONTROL: &[Column] = &[
    ("AssessedResourceId", ColumnType::String),
    ("ControlId", ColumnType::String),
    ("ControlName", ColumnType::String),
    ("ControlType", ColumnType::String),
    ("CurrentScore", ColumnType::Real),
    ("Description", ColumnType::String),
    ("DisplayName", ColumnType::String),
    ("Environment", ColumnType::String),
    ("HealthyResources", ColumnType::Int),
    ("UnhealthyResources", ColumnType::Int),
    ("NotApplicableResources", ColumnType::Int),
    ("IsSnapshot", ColumnType::Boolean),
    ("MaxScore", ColumnType::Int),
    ("PercentageScore", ColumnType::Real),
    ("Properties", ColumnType::Dynamic),
    ("RecommendationResourceIds", ColumnType::Dynamic),
    ("ResourceProviderType", ColumnType::String),
];

/// Regulatory compliance, after `SecurityRegulatoryCompliance`.
const REGULATORY_COMPLIANCE: &[Column] = &[
    ("ComplianceStandard", ColumnType::String),
    ("ComplianceControl", ColumnType::String),
    ("RecommendationId", ColumnType::String),
    ("RecommendationName", ColumnType::String),
    ("State", ColumnType::String),
    ("PassedResources", ColumnType::Int),
    ("FailedResources", ColumnType::Int),
    ("SkippedResources", ColumnType::Int),
    ("IsSnapshot", ColumnType::Boolean),
    ("Properties", ColumnType::Dynamic),
];

/// Attack paths. Microsoft has no table of them; what has no column stays in `Properties`.
const ATTACK_PATH: &[Column] = &[
    ("AttackPathId", ColumnType::String),
    ("AttackPathName", ColumnType::String),
    ("AttackPathType", ColumnType::String),
    ("Description", ColumnType::String),
    ("DisplayName", ColumnType::String),
    ("RiskLevel", ColumnType::String),
    ("EntryPointId", ColumnType::String),
    ("TargetResourceId", ColumnType::String),
    ("IsSnapshot", ColumnType::Boolean),
    ("Properties", ColumnType::Dynamic),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::target::{alert_stream, recommendation_stream};
    use std::collections::BTreeSet;

    #[test]
    fn every_kind_has_its_table() {
        for kind in Kind::ALL {
            assert_eq!(table_of(*kind).kind, *kind);
        }
        assert_eq!(table_of(Kind::Alert).name(), "ContinuousExportAlert_CL");
        assert_eq!(table_of(Kind::Alert).stream(), alert_stream());
        assert_eq!(table_of(Kind::Recommendation).stream(), recommendation_stream());
    }

    #[test]
    fn names_keep_to_the_rules() {
        for table in &TABLES {
            let mut seen = BTreeSet::new();
            for (name, _) in table.columns() {
                assert!(name.len() <= LONGEST_COLUMN && name.starts_with(|c: char| c.is_ascii_alphabetic()), "{name}");
                assert!(name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_'), "{name}");
                assert!(!RESERVED_COLUMNS.iter().any(|reserved| reserved.eq_ignore_ascii_case(name)), "{name}");
                assert!(seen.insert(name.to_lowercase()), "{name} is in {} twice", table.name());
            }
            assert!(table.name().len() <= 63);
        }
    }
}
