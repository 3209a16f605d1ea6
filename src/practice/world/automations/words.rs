//! The words of automations' rules, as Microsoft's specification of `Microsoft.Security/automations` lists them. The console
//! has its own reading of the same pages: two readings check each other.

/// Data that an automation can be about.
const EVENT_SOURCES: [&str; 13] = [
    "Alerts",
    "Assessments",
    "AssessmentsSnapshot",
    "AttackPaths",
    "AttackPathsSnapshot",
    "RegulatoryComplianceAssessment",
    "RegulatoryComplianceAssessmentSnapshot",
    "SecureScoreControls",
    "SecureScoreControlsSnapshot",
    "SecureScores",
    "SecureScoresSnapshot",
    "SubAssessments",
    "SubAssessmentsSnapshot",
];

/// Whether automations know this source, in any letter case.
pub(super) fn is_event_source(text: &str) -> bool {
    EVENT_SOURCES.iter().any(|known| known.eq_ignore_ascii_case(text))
}

/// How the value of a property is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum PropertyType {
    Boolean,
    Integer,
    Number,
    String,
}

impl PropertyType {
    pub(super) fn parse(text: &str) -> Option<Self> {
        Some(match text.to_ascii_lowercase().as_str() {
            "boolean" => Self::Boolean,
            "integer" => Self::Integer,
            "number" => Self::Number,
            "string" => Self::String,
            _ => return None,
        })
    }
}

/// How it is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Operator {
    Contains,
    EndsWith,
    Equals,
    GreaterThan,
    GreaterThanOrEqualTo,
    LesserThan,
    LesserThanOrEqualTo,
    NotEquals,
    StartsWith,
}

impl Operator {
    pub(super) fn parse(text: &str) -> Option<Self> {
        Some(match text.to_ascii_lowercase().as_str() {
            "contains" => Self::Contains,
            "endswith" => Self::EndsWith,
            "equals" => Self::Equals,
            "greaterthan" => Self::GreaterThan,
            "greaterthanorequalto" => Self::GreaterThanOrEqualTo,
            "lesserthan" => Self::LesserThan,
            "lesserthanorequalto" => Self::LesserThanOrEqualTo,
            "notequals" => Self::NotEquals,
            "startswith" => Self::StartsWith,
            _ => return None,
        })
    }

    /// Whether a property of this type can be compared so: order is for numbers, parts are for text.
    pub(super) const fn fits(self, of: PropertyType) -> bool {
        match self {
            Self::Equals | Self::NotEquals => true,
            Self::Contains | Self::StartsWith | Self::EndsWith => matches!(of, PropertyType::String),
            Self::GreaterThan | Self::GreaterThanOrEqualTo | Self::LesserThan | Self::LesserThanOrEqualTo => {
                matches!(of, PropertyType::Integer | PropertyType::Number)
            }
        }
    }
}
