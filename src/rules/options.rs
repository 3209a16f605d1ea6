//! The choices an operator knows from Azure's portal, and the rule sets they compile to: the product of what is chosen,
//! one rule set a combination, as the portal and Azure's own policies write them.
//!
//! Lossless both ways: only rule sets that compile back to exactly the same text are shown as choices; whatever else an
//! automation says stays rules.

use super::path::Path;
use domain::{Changes, EventSource, Kind, Operator, PropertyType, Rule, RuleSet, Severity, Source};
use serde_json::Value;
use std::collections::BTreeMap;

/// Severities an alert can have.
pub const ALERT_SEVERITIES: [Severity; 4] = [Severity::High, Severity::Medium, Severity::Low, Severity::Informational];
/// Severities a recommendation can have.
pub const RECOMMENDATION_SEVERITIES: [Severity; 4] =
    [Severity::Critical, Severity::High, Severity::Medium, Severity::Low];
/// Severities a finding can have (`SubAssessmentStatus`).
const FINDING_SEVERITIES: [Severity; 3] = [Severity::High, Severity::Medium, Severity::Low];

/// One question the editor asks about a source.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Dimension {
    /// Specific recommendations, by their assessment key.
    Recommendation,
    /// Secure score controls, by their key.
    Control,
    /// Regulatory compliance standards, by name.
    Standard,
    /// How bad.
    Severity,
    /// Status or state.
    Status,
    /// The Defender plan that raised an alert.
    Plan,
}

impl Dimension {
    /// Every one, in the order of the editor.
    pub const ALL: [Self; 6] =
        [Self::Recommendation, Self::Control, Self::Standard, Self::Severity, Self::Status, Self::Plan];

    /// Its name in forms.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Recommendation => "recommendation",
            Self::Control => "control",
            Self::Standard => "standard",
            Self::Severity => "severity",
            Self::Status => "status",
            Self::Plan => "plan",
        }
    }

    /// Its name for people.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Recommendation => "Recommendation",
            Self::Control => "Control",
            Self::Standard => "Standard",
            Self::Severity => "Severity",
            Self::Status => "Status",
            Self::Plan => "Defender plan",
        }
    }

    /// Reads the name of forms.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|one| one.as_str() == text)
    }
}

/// How one dimension becomes a rule.
struct Template {
    dimension: Dimension,
    path: &'static str,
    operator: Operator,
    around: (&'static str, &'static str),
}

const fn template(dimension: Dimension, path: &'static str, operator: Operator) -> Template {
    Template { dimension, path, operator, around: ("", "") }
}

const ALERTS: &[Template] = &[
    template(Dimension::Severity, "Severity", Operator::Equals),
    template(Dimension::Plan, "ProductComponentName", Operator::Equals),
];
const RECOMMENDATIONS: &[Template] = &[
    template(Dimension::Recommendation, "name", Operator::Contains),
    template(Dimension::Severity, "properties.metadata.severity", Operator::Equals),
    template(Dimension::Status, "properties.status.code", Operator::Equals),
];
const FINDINGS: &[Template] = &[
    Template {
        dimension: Dimension::Recommendation,
        path: "id",
        operator: Operator::Contains,
        around: ("/assessments/", "/"),
    },
    template(Dimension::Severity, "properties.status.severity", Operator::Equals),
    template(Dimension::Status, "properties.status.code", Operator::Equals),
];
const CONTROLS: &[Template] = &[template(Dimension::Control, "name", Operator::Equals)];
const COMPLIANCE: &[Template] = &[
    template(Dimension::Standard, "id", Operator::Contains),
    template(Dimension::Status, "properties.state", Operator::Equals),
];

const fn templates(source: EventSource) -> &'static [Template] {
    match source.kind() {
        Kind::Alert => ALERTS,
        Kind::Recommendation => RECOMMENDATIONS,
        Kind::Finding => FINDINGS,
        Kind::SecureScoreControl => CONTROLS,
        Kind::RegulatoryCompliance => COMPLIANCE,
        Kind::SecureScore | Kind::AttackPath => &[],
    }
}

/// What can be chosen for a source, in the order its rules are written.
pub fn dimensions(source: EventSource) -> impl Iterator<Item = Dimension> {
    templates(source).iter().map(|one| one.dimension)
}

/// Where the value of a dimension stands in the event of a source.
pub fn path_of(source: EventSource, dimension: Dimension) -> Option<&'static str> {
    templates(source).iter().find(|one| one.dimension == dimension).map(|one| one.path)
}

/// The closed list of values, where there is one: the word of the rule.
pub fn values(source: EventSource, dimension: Dimension) -> Vec<&'static str> {
    match (source.kind(), dimension) {
        (_, Dimension::Severity) => all_severities(source).iter().map(|severity| severity.label()).collect(),
        (Kind::RegulatoryCompliance, Dimension::Status) => vec!["Passed", "Failed", "Skipped", "Unsupported"],
        (_, Dimension::Status) => vec!["Unhealthy", "Healthy", "NotApplicable"],
        _ => Vec::new(),
    }
}

/// The severities that this source knows.
pub fn all_severities(source: EventSource) -> &'static [Severity] {
    match source.kind() {
        Kind::Alert => &ALERT_SEVERITIES,
        Kind::Finding => &FINDING_SEVERITIES,
        Kind::Recommendation => &RECOMMENDATION_SEVERITIES,
        Kind::SecureScore | Kind::SecureScoreControl | Kind::RegulatoryCompliance | Kind::AttackPath => &[],
    }
}

/// The paths that filters of a kind usually look at. Their values are kept beside each event, so that a preview over many
/// events opens no payload for them.
pub const fn usual_paths(kind: Kind) -> &'static [&'static str] {
    match kind {
        Kind::Alert => {
            &["Severity", "Status", "ProductComponentName", "AlertType", "AlertDisplayName", "CompromisedEntity"]
        }
        Kind::Recommendation => &[
            "name",
            "type",
            "properties.displayName",
            "properties.metadata.severity",
            "properties.status.code",
            "properties.status.cause",
        ],
        Kind::Finding => &["properties.status.severity", "properties.status.code"],
        Kind::SecureScore => &["properties.score.current"],
        Kind::SecureScoreControl => &["name", "properties.score.current"],
        Kind::RegulatoryCompliance => &["properties.state"],
        Kind::AttackPath => &["properties.riskLevel", "properties.attackPathType"],
    }
}

/// The values of an event at the usual paths, as JSON text `{path: [value, …]}`.
pub fn facets(kind: Kind, body: &Value) -> String {
    let values = |path: &&str| {
        let found = Path::parse(path).map(|path| path.values(body).into_iter().cloned().collect()).unwrap_or_default();
        ((*path).to_owned(), Value::Array(found))
    };
    Value::Object(usual_paths(kind).iter().map(values).collect()).to_string()
}

/// What is chosen for one source, without rules. Values are kept as they were written (Azure compares without regard to
/// letter case, and the portal writes `high`).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Choices {
    /// Per dimension what is chosen; nothing chosen means any.
    pub chosen: BTreeMap<Dimension, Vec<String>>,
    /// The portal's way to say "all recommendations": `type` contains `Microsoft.Security/assessments`.
    pub all_by_type: bool,
}

impl Choices {
    /// One dimension.
    pub fn of(dimension: Dimension, values: impl IntoIterator<Item = impl Into<String>>) -> Self {
        Self::default().and(dimension, values)
    }

    /// And another one.
    #[must_use]
    pub fn and(mut self, dimension: Dimension, values: impl IntoIterator<Item = impl Into<String>>) -> Self {
        let values: Vec<String> = values.into_iter().map(Into::into).collect();
        if !values.is_empty() {
            self.chosen.insert(dimension, values);
        }
        self
    }

    /// What is chosen of a dimension.
    pub fn get(&self, dimension: Dimension) -> &[String] {
        self.chosen.get(&dimension).map_or(&[], Vec::as_slice)
    }
}

fn text_rule(path: &str, operator: Operator, expected: String) -> Rule {
    Rule { path: path.to_owned(), property_type: PropertyType::String, operator, expected }
}

fn all_by_type() -> RuleSet {
    let rule = text_rule("type", Operator::Contains, "Microsoft.Security/assessments".to_owned());
    RuleSet { rules: vec![rule] }
}

/// The source that these choices mean.
pub fn compile(event_source: EventSource, changes: Changes, choices: &Choices) -> Source {
    let mut sets: Vec<Vec<Rule>> = Vec::new();
    for template in templates(event_source) {
        let chosen = choices.get(template.dimension);
        if chosen.is_empty() {
            continue;
        }
        let rules: Vec<Rule> = chosen
            .iter()
            .map(|value| {
                let (before, after) = template.around;
                text_rule(template.path, template.operator, format!("{before}{value}{after}"))
            })
            .collect();
        sets = if sets.is_empty() {
            rules.into_iter().map(|rule| vec![rule]).collect()
        } else {
            sets.iter().flat_map(|set| rules.iter().map(|rule| set.iter().chain([rule]).cloned().collect())).collect()
        };
    }
    let mut rule_sets: Vec<RuleSet> = sets.into_iter().map(|rules| RuleSet { rules }).collect();
    if rule_sets.is_empty() && choices.all_by_type && event_source.kind() == Kind::Recommendation {
        rule_sets.push(all_by_type());
    }
    Source { event_source, changes, rule_sets }
}

/// The choices a source stands for, where choices can express it.
pub fn recognise(source: &Source) -> Option<Choices> {
    let mut choices = Choices {
        all_by_type: source.event_source.kind() == Kind::Recommendation && source.rule_sets == [all_by_type()],
        ..Choices::default()
    };
    if !choices.all_by_type {
        let templates = templates(source.event_source);
        let mut seen = std::collections::HashSet::new();
        for rule in source.rule_sets.iter().flat_map(|set| &set.rules) {
            let template = templates.iter().find(|one| one.path == rule.path && one.operator == rule.operator)?;
            let (before, after) = template.around;
            let value = rule.expected.strip_prefix(before)?.strip_suffix(after)?;
            if !value.is_empty() && seen.insert((template.dimension, value)) {
                choices.chosen.entry(template.dimension).or_default().push(value.to_owned());
            }
        }
        // A product of this size is compiled only when it can be what is there.
        let sets: usize = choices.chosen.values().map(Vec::len).product();
        if sets != source.rule_sets.len() && !choices.chosen.is_empty() {
            return None;
        }
    }
    // Only what compiles back to the same rules is a choice; everything else stays rules.
    (compile(source.event_source, source.changes, &choices) == *source).then_some(choices)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::{prelude::*, sample::subsequence};

    proptest! {
        #[test]
        fn choices_survive_the_way_through_rules(
            source in proptest::sample::select(EventSource::ALL.to_vec()),
            picks in proptest::collection::vec(subsequence(vec!["High", "low", "a-1", "b 2"], 0..4), 6),
        ) {
            let choices = Dimension::ALL.into_iter().zip(picks).fold(Choices::default(), |choices, (dimension, values)| {
                if dimensions(source).any(|one| one == dimension) { choices.and(dimension, values) } else { choices }
            });
            prop_assert_eq!(recognise(&compile(source, Changes::Created, &choices)), Some(choices));
        }

        /// Whatever rules there are, either they are exactly what their choices compile to or they stay rules.
        #[test]
        fn rules_survive_the_way_through_choices(
            sets in proptest::collection::vec(proptest::collection::vec((0_usize..3, "[a-c]{0,2}"), 0..3), 0..6),
        ) {
            let paths = ["name", "properties.metadata.severity", "other"];
            let rule_sets = sets.into_iter().map(|set| RuleSet { rules: set.into_iter().map(|(path, value)| {
                let operator = if path == 0 { Operator::Contains } else { Operator::Equals };
                text_rule(paths[path], operator, value)
            }).collect() }).collect();
            let source = Source { event_source: EventSource::Assessments, changes: Changes::Created, rule_sets };
            if let Some(choices) = recognise(&source) {
                prop_assert_eq!(compile(EventSource::Assessments, Changes::Created, &choices), source);
            }
        }
    }

    #[test]
    fn five_thousand_recommendations_times_severities_are_recognised() {
        let keys: Vec<String> = (0..5_000).map(|n| format!("{n:08x}-0000-4000-8000-000000000000")).collect();
        let choices = Choices::of(Dimension::Recommendation, keys).and(Dimension::Severity, ["High", "Medium", "Low"]);
        let source = compile(EventSource::Assessments, Changes::Created, &choices);
        assert_eq!(source.rule_sets.len(), 15_000);
        assert_eq!(recognise(&source), Some(choices));
    }

    #[test]
    fn every_choice_but_an_id_is_answered_without_opening_payloads() {
        for source in EventSource::ALL {
            for dimension in dimensions(*source) {
                let path = path_of(*source, dimension).unwrap();
                assert!(path == "id" || usual_paths(source.kind()).contains(&path), "{source} {path}");
            }
        }
        let body = serde_json::json!({"properties": {"state": "Failed"}});
        assert_eq!(facets(Kind::RegulatoryCompliance, &body), r#"{"properties.state":["Failed"]}"#);
    }

    #[test]
    fn the_portals_own_ways_are_choices_and_other_rules_are_not() {
        let low = Source {
            event_source: EventSource::Alerts,
            changes: Changes::All,
            rule_sets: vec![RuleSet { rules: vec![text_rule("Severity", Operator::Equals, "low".into())] }],
        };
        assert_eq!(recognise(&low), Some(Choices::of(Dimension::Severity, ["low"])));
        let all = Source {
            event_source: EventSource::Assessments,
            changes: Changes::Created,
            rule_sets: vec![all_by_type()],
        };
        assert!(recognise(&all).is_some_and(|choices| choices.all_by_type));
        let mut other = low;
        other.rule_sets[0].rules[0].operator = Operator::Contains;
        assert!(recognise(&other).is_none());
    }
}
