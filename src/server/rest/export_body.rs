//! The shape of an export, the same in answers, in bodies of writes and in previews.

use super::{
    about::Outcomes,
    body::ReadOnly,
    problem::Problem,
    words::{ChangesWord, ConditionWord, DeliveredByWord, EventSourceWord, OperatorWord, PropertyTypeWord},
};
use crate::domain::{
    self, Changes, Condition, DeliveredBy, EventSource, ExportBody, FieldError, Operator, PropertyType, SubscriptionId,
    TargetId, view::ExportRow,
};
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

/// The subscriptions an export covers.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Scope {
    /// Every subscription the console can see.
    pub all: bool,
    /// Or these.
    #[schema(value_type = Vec<String>)]
    pub subscriptions: Vec<SubscriptionId>,
    /// Or all below these management groups; refused in this release.
    pub management_groups: Vec<String>,
    /// But not these.
    #[schema(value_type = Vec<String>)]
    pub except: Vec<SubscriptionId>,
    /// Whether subscriptions that appear later are covered too.
    pub future: bool,
}

/// One kind of data an export takes, and its filter.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Source {
    /// Which data.
    #[schema(value_type = EventSourceWord)]
    pub event_source: EventSource,
    /// Which changes; means something for alerts only.
    #[serde(default = "created")]
    #[schema(value_type = ChangesWord)]
    pub changes: Changes,
    /// One of these must hold; none means everything.
    #[serde(default)]
    pub rule_sets: Vec<RuleSet>,
}

fn created() -> Changes {
    Changes::Created
}

/// Rules that must all hold.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RuleSet {
    /// The rules.
    pub rules: Vec<Rule>,
}

/// One condition on the event, spelt as in `Microsoft.Security/automations`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// Where to look, such as `Severity` or `properties.metadata.severity`.
    #[serde(rename = "propertyJPath")]
    pub path: String,
    /// How the value is read.
    #[serde(rename = "propertyType")]
    #[schema(value_type = PropertyTypeWord)]
    pub property_type: PropertyType,
    /// How it is compared.
    #[schema(value_type = OperatorWord)]
    pub operator: Operator,
    /// What it is compared with; always text.
    #[serde(rename = "expectedValue")]
    pub expected: String,
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
    /// The body to save.
    pub(super) fn body(self) -> Result<ExportBody, Problem> {
        match self.target.as_deref().map(TargetId::parse) {
            Some(Ok(target)) => Ok(self.with_target(target)),
            Some(Err(error)) => Err(Problem::field("target", error.to_string())),
            None => Err(Problem::invalid([FieldError::new("target", "the id of the target it sends to")])),
        }
    }

    /// The body with another target: for previews, which need none.
    pub(super) fn with_target(self, target: TargetId) -> ExportBody {
        let Scope { all, subscriptions, management_groups, except, future } = self.scope;
        ExportBody {
            name: self.name,
            delivered_by: self.delivered_by,
            scope: domain::Scope { all, subscriptions, management_groups, except, future },
            sources: self.sources.into_iter().map(Into::into).collect(),
            target,
        }
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
            target: Some(body.target),
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
    name: String,
    /// Who sends.
    #[schema(value_type = DeliveredByWord)]
    delivered_by: DeliveredBy,
    /// Which subscriptions.
    scope: Scope,
    /// Which data, filtered how.
    sources: Vec<Source>,
    /// The id of the target.
    #[schema(format = Uuid)]
    target: String,
}

impl From<ExportBody> for VersionBody {
    fn from(body: ExportBody) -> Self {
        let domain::Scope { all, subscriptions, management_groups, except, future } = body.scope;
        Self {
            name: body.name,
            delivered_by: body.delivered_by,
            scope: Scope { all, subscriptions, management_groups, except, future },
            sources: body.sources.into_iter().map(Into::into).collect(),
            target: body.target.into(),
        }
    }
}

impl From<Source> for domain::Source {
    fn from(source: Source) -> Self {
        let sets = source.rule_sets.into_iter().map(|set| domain::RuleSet {
            rules: set
                .rules
                .into_iter()
                .map(|Rule { path, property_type, operator, expected }| domain::Rule {
                    path,
                    property_type,
                    operator,
                    expected,
                })
                .collect(),
        });
        Self { event_source: source.event_source, changes: source.changes, rule_sets: sets.collect() }
    }
}

impl From<domain::Source> for Source {
    fn from(source: domain::Source) -> Self {
        let sets = source.rule_sets.into_iter().map(|set| RuleSet {
            rules: set
                .rules
                .into_iter()
                .map(|domain::Rule { path, property_type, operator, expected }| Rule {
                    path,
                    property_type,
                    operator,
                    expected,
                })
                .collect(),
        });
        Self { event_source: source.event_source, changes: source.changes, rule_sets: sets.collect() }
    }
}
