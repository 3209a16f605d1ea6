//! An export, the same in answers, in bodies of writes and in previews.

use super::{
    about::Outcomes,
    export_sources::{AzureDelivery, Scope, Source},
    read_only::ReadOnly,
    words::{ConditionWord, DeliveredByWord},
};
use domain::{Condition, DeliveredBy, ExportBody, FieldError, NO_TARGET, TargetId, view::ExportRow};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// An export. Fields marked read-only are answered; writes take them without looking at them.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
#[schema(as = Export)]
pub struct ExportAnswer {
    /// Its id, the same in all versions.
    #[schema(value_type = String, format = Uuid, read_only)]
    pub id: ReadOnly<String>,
    /// The name shown in lists, unique among exports.
    pub name: String,
    /// Who sends.
    #[schema(value_type = DeliveredByWord)]
    pub delivered_by: DeliveredBy,
    /// Whether a person holds back what it sends.
    #[schema(value_type = bool, read_only)]
    pub paused: ReadOnly<bool>,
    /// Counts the saved versions from 1.
    #[schema(value_type = u32, read_only)]
    pub version: ReadOnly<u32>,
    /// Which subscriptions.
    pub scope: Scope,
    /// Which data, filtered how.
    pub sources: Vec<Source>,
    /// The id of the target it sends to.
    #[schema(value_type = String, format = Uuid)]
    pub target: Option<String>,
    /// What Azure needs, where it is the one who sends; there is no target then.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub azure: Option<AzureDelivery>,
    /// The target's name.
    #[schema(value_type = String, read_only)]
    pub target_name: ReadOnly<String>,
    /// What keeps the target from taking events.
    #[schema(value_type = ConditionWord, read_only)]
    pub condition: ReadOnly<Condition>,
    /// Outcomes since the store began.
    #[schema(value_type = Outcomes, read_only)]
    pub outcomes: ReadOnly<Outcomes>,
    /// Subscriptions it covers now.
    #[schema(value_type = u64, read_only)]
    pub covered: ReadOnly<usize>,
    /// When this version was saved.
    #[schema(value_type = Timestamp, read_only)]
    pub saved_at: ReadOnly<Timestamp>,
    /// By whom.
    #[schema(value_type = String, read_only)]
    pub saved_by: ReadOnly<String>,
}

impl Default for ExportAnswer {
    fn default() -> Self {
        Self {
            id: ReadOnly::default(),
            name: String::new(),
            delivered_by: DeliveredBy::Console,
            paused: ReadOnly::default(),
            version: ReadOnly::default(),
            scope: Scope::default(),
            sources: Vec::new(),
            target: None,
            azure: None,
            target_name: ReadOnly::default(),
            condition: ReadOnly::default(),
            outcomes: ReadOnly::default(),
            covered: ReadOnly::default(),
            saved_at: ReadOnly::default(),
            saved_by: ReadOnly::default(),
        }
    }
}

impl ExportAnswer {
    /// The body to save or to preview. A target that is missing becomes one that cannot exist, so that the console names it
    /// together with whatever else is wrong.
    pub fn body(self) -> Result<ExportBody, FieldError> {
        let target = TargetId::parse(self.target.as_deref().unwrap_or(NO_TARGET));
        Ok(ExportBody {
            name: self.name,
            delivered_by: self.delivered_by,
            scope: self.scope.into(),
            sources: self.sources.into_iter().map(Into::into).collect(),
            target: target.map_err(|error| FieldError::new("target", error.to_string()))?,
            azure: self.azure.map(Into::into),
        })
    }
}

impl From<ExportRow> for ExportAnswer {
    fn from(row: ExportRow) -> Self {
        let body = VersionBody::from(row.export.body);
        Self {
            id: ReadOnly::of(row.export.id.into()),
            name: body.name,
            delivered_by: body.delivered_by,
            paused: ReadOnly::of(row.export.paused),
            version: ReadOnly::of(row.export.version),
            scope: body.scope,
            sources: body.sources,
            target: Some(body.target).filter(|target| target != NO_TARGET),
            azure: body.azure,
            target_name: ReadOnly::of(row.target_name),
            condition: ReadOnly::of(row.condition),
            outcomes: ReadOnly::of(row.outcomes.into()),
            covered: ReadOnly::of(row.covered),
            saved_at: ReadOnly::of(row.saved_at),
            saved_by: ReadOnly::of(row.saved_by),
        }
    }
}

/// What a saved version says; can be sent as the body of an export.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct VersionBody {
    /// The name.
    pub name: String,
    /// Who sends.
    #[schema(value_type = DeliveredByWord)]
    pub delivered_by: DeliveredBy,
    /// Which subscriptions.
    pub scope: Scope,
    /// Which data, filtered how.
    pub sources: Vec<Source>,
    /// The id of the target.
    #[schema(format = Uuid)]
    pub target: String,
    /// What Azure needs, where it is the one who sends.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub azure: Option<AzureDelivery>,
}

impl From<ExportBody> for VersionBody {
    fn from(body: ExportBody) -> Self {
        Self {
            name: body.name,
            delivered_by: body.delivered_by,
            scope: body.scope.into(),
            sources: body.sources.into_iter().map(Into::into).collect(),
            target: body.target.into(),
            azure: body.azure.map(Into::into),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::{Export, ExportId, view::Tally};

    #[test]
    fn what_is_answered_can_be_sent_back() {
        let body: ExportBody = serde_json::from_value(serde_json::json!({
            "name": "high alerts",
            "delivered_by": "console",
            "scope": {"all": true, "except": ["0ab1c2d3-0000-4000-8000-000000000002"], "future": true},
            "sources": [{"event_source": "alerts", "changes": "all", "rule_sets": [{"rules": [
                {"propertyJPath": "Severity", "propertyType": "string", "operator": "equals", "expectedValue": "High"},
            ]}]}],
            "target": "0ab1c2d3-0000-4000-8000-000000000003",
        }))
        .unwrap();
        let id = ExportId::parse("0ab1c2d3-0000-4000-8000-000000000001").unwrap();
        let answer = ExportAnswer::from(ExportRow {
            export: Export { id, version: 2, paused: true, body: body.clone() },
            target_name: "siem".to_owned(),
            condition: Condition::Ok,
            outcomes: Tally::default(),
            covered: 3,
            saved_at: Timestamp::UNIX_EPOCH,
            saved_by: "anna".to_owned(),
        });
        let json = serde_json::to_value(&answer).unwrap();
        assert_eq!((json["version"].as_u64(), json["sources"][0]["event_source"].as_str()), (Some(2), Some("Alerts")));
        assert_eq!(serde_json::from_value::<ExportAnswer>(json).unwrap().body().unwrap(), body);
        let version = serde_json::to_string(&VersionBody::from(body.clone())).unwrap();
        assert_eq!(serde_json::from_str::<ExportAnswer>(&version).unwrap().body().unwrap(), body);
    }

    #[test]
    fn a_missing_target_is_left_to_the_console_and_another_text_is_refused() {
        assert!(ExportAnswer::default().body().unwrap().target.as_str().starts_with("00000000-"));
        let named = ExportAnswer { target: Some("siem".to_owned()), ..ExportAnswer::default() };
        assert_eq!(named.body().unwrap_err().path, "target");
    }
}
