//! Rules as `Microsoft.Security/automations` spells them.

use super::words::words;
use serde::{Deserialize, Serialize};

words! {
    /// How the value at a path is read before it is compared.
    pub enum PropertyType {
        /// Text, compared without regard to letter case.
        String = "String", "text";
        /// A whole number.
        Integer = "Integer", "whole number";
        /// A number.
        Number = "Number", "number";
        /// true or false.
        Boolean = "Boolean", "true or false";
    }
}

words! {
    /// How the value is compared with what is expected.
    pub enum Operator {
        /// The same.
        Equals = "Equals", "equals";
        /// Not the same.
        NotEquals = "NotEquals", "does not equal";
        /// Numbers only.
        GreaterThan = "GreaterThan", "is greater than";
        /// Numbers only.
        GreaterThanOrEqualTo = "GreaterThanOrEqualTo", "is at least";
        /// Numbers only.
        LesserThan = "LesserThan", "is less than";
        /// Numbers only.
        LesserThanOrEqualTo = "LesserThanOrEqualTo", "is at most";
        /// Text only.
        Contains = "Contains", "contains";
        /// Text only.
        StartsWith = "StartsWith", "starts with";
        /// Text only.
        EndsWith = "EndsWith", "ends with";
    }
}

impl Operator {
    /// Whether the operator may be used with values of this type (specification of `AutomationTriggeringRule`).
    pub const fn fits(self, of: PropertyType) -> bool {
        match self {
            Self::Equals | Self::NotEquals => true,
            Self::GreaterThan | Self::GreaterThanOrEqualTo | Self::LesserThan | Self::LesserThanOrEqualTo => {
                matches!(of, PropertyType::Integer | PropertyType::Number)
            }
            Self::Contains | Self::StartsWith | Self::EndsWith => matches!(of, PropertyType::String),
        }
    }
}

/// One condition on the JSON that would be sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// Where to look, such as `Severity` or `properties.metadata.severity`.
    #[serde(rename = "propertyJPath")]
    pub path: String,
    /// How the value is read.
    #[serde(rename = "propertyType")]
    pub property_type: PropertyType,
    /// How it is compared.
    pub operator: Operator,
    /// What it is compared with; always text on the wire.
    #[serde(rename = "expectedValue")]
    pub expected: String,
}

/// Rules that must all hold.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RuleSet {
    /// The rules; an empty set holds for everything.
    pub rules: Vec<Rule>,
}
