//! The decision on one event, with the sentence that explains it.

use super::{
    compare::Expected,
    compiled::{Compiled, cut},
    path::Path,
};
use domain::{Change, FieldError, Nearness, Source};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// What the rules say about one event, as the ledger keeps it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Decision {
    /// Whether the event passes.
    pub matches: bool,
    /// The first rule set that let it pass, counted from 1; none when there are no rule sets or it does not pass.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rule_set: Option<usize>,
    /// One short sentence: `rule set 1: Severity equals High`, `Severity is Low, wants High`.
    pub reason: String,
}

/// Decides whether a source lets an event through.
///
/// `body` is the event as it would be sent. A source that says "new alerts only" refuses later changes before any rule
/// is looked at. For many events, compile the source once.
pub fn decide(source: &Source, change: Change, body: &Value) -> Decision {
    Compiled::new(source).decide(change, body)
}

impl Compiled {
    /// Decides on one event.
    pub fn decide(&self, change: Change, body: &Value) -> Decision {
        let judged = self.judge(change, body);
        Decision { matches: judged.nearness == Nearness::Match, rule_set: judged.rule_set, reason: judged.reason }
    }
}

/// What keeps rules from being evaluated: paths, operators and values that do not parse or fit. `at` is the path of the
/// source in the body, such as `sources[0]`.
pub fn validate(source: &Source, at: &str) -> Vec<FieldError> {
    let mut errors = Vec::new();
    for (s, set) in source.rule_sets.iter().enumerate() {
        for (r, rule) in set.rules.iter().enumerate() {
            let here = format!("{at}.rule_sets[{s}].rules[{r}]");
            if let Err(error) = Path::parse(&rule.path) {
                errors.push(FieldError::new(format!("{here}.propertyJPath"), error.to_string()));
            }
            if !rule.operator.fits(rule.property_type) {
                let message = format!("{} cannot compare a {}", rule.operator, rule.property_type.label());
                errors.push(FieldError::new(format!("{here}.operator"), message));
            }
            if Expected::parse(&rule.expected, rule.property_type).is_none() {
                let message = format!("`{}` is not a {}", cut(&rule.expected), rule.property_type.label());
                errors.push(FieldError::new(format!("{here}.expectedValue"), message));
            }
        }
    }
    errors
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::{Changes, EventSource, Operator, PropertyType, Rule, RuleSet};
    use proptest::prelude::*;
    use serde_json::json;

    fn rule(path: &str, property_type: PropertyType, operator: Operator, expected: &str) -> Rule {
        Rule { path: path.into(), property_type, operator, expected: expected.into() }
    }

    fn source(sets: Vec<Vec<Rule>>) -> Source {
        let rule_sets = sets.into_iter().map(|rules| RuleSet { rules }).collect();
        Source { event_source: EventSource::Alerts, changes: Changes::Created, rule_sets }
    }

    #[test]
    fn every_operator_and_type_compares_as_specified() {
        use Operator::*;
        use PropertyType::{Boolean, Integer, Number};
        const TEXT: PropertyType = PropertyType::String;
        let body = json!({"text": "Suspicious PowerShell", "count": 12, "score": 0.75, "flag": true, "asText": "12", "none": null, "list": ["a", "b"]});
        let cases = [
            ("text", TEXT, Equals, "suspicious powershell", true),
            ("text", TEXT, Equals, "suspicious", false),
            ("text", TEXT, NotEquals, "other", true),
            ("text", TEXT, NotEquals, "SUSPICIOUS POWERSHELL", false),
            ("text", TEXT, Contains, "POWER", true),
            ("text", TEXT, StartsWith, "susp", true),
            ("text", TEXT, StartsWith, "power", false),
            ("text", TEXT, EndsWith, "shell", true),
            ("text", TEXT, EndsWith, "susp", false),
            ("count", TEXT, Equals, "12", true),
            ("count", Integer, Equals, "12", true),
            ("count", Integer, NotEquals, "12", false),
            ("count", Integer, GreaterThan, "11", true),
            ("count", Integer, GreaterThan, "12", false),
            ("count", Integer, GreaterThanOrEqualTo, "12", true),
            ("count", Integer, LesserThan, "13", true),
            ("count", Integer, LesserThanOrEqualTo, "12", true),
            ("asText", Integer, LesserThan, "100", true),
            ("score", Number, GreaterThan, "0.7", true),
            ("score", Number, LesserThan, "0.7", false),
            ("score", Integer, GreaterThan, "0", false),
            ("flag", Boolean, Equals, "True", true),
            ("flag", Boolean, NotEquals, "true", false),
            ("list[*]", TEXT, Equals, "B", true),
            ("list[*]", TEXT, NotEquals, "B", false),
            ("none", TEXT, NotEquals, "x", false),
            ("missing", TEXT, NotEquals, "x", false),
            ("missing", TEXT, Contains, "", false),
        ];
        for (path, of, operator, expected, holds) in cases {
            let decision = decide(&source(vec![vec![rule(path, of, operator, expected)]]), Change::Created, &body);
            assert_eq!(decision.matches, holds, "{path} {operator} {expected}: {}", decision.reason);
        }
    }

    #[test]
    fn the_reason_names_the_value_and_what_was_wanted() {
        let severity = |wanted: &str| rule("Severity", PropertyType::String, Operator::Equals, wanted);
        let plan = |wanted: &str| rule("ProductComponentName", PropertyType::String, Operator::Contains, wanted);
        let body = json!({"Severity": "Low"});
        let reason = |sets| decide(&source(sets), Change::Created, &body).reason;
        assert_eq!(reason(vec![vec![severity("High")]]), "Severity is Low, wants High");
        assert_eq!(
            reason(vec![vec![severity("High")], vec![severity("Medium")]]),
            "Severity is Low, wants High or Medium"
        );
        assert_eq!(
            reason(vec![vec![severity("High"), plan("Servers")]]),
            "Severity is Low, wants High; 1 more rule differs"
        );
        assert_eq!(
            reason(vec![vec![severity("High")], vec![plan("Servers")]]),
            "rule set 1: Severity is Low, wants High; rule set 2: Plan is not there, wants what contains Servers"
        );
        assert_eq!(reason(vec![vec![severity("Low")]]), "rule set 1: Severity equals Low");
        assert_eq!(reason(vec![]), "no filter: all alerts match");
        assert_eq!(decide(&source(vec![]), Change::Changed, &body).reason, "not a new alert: only its status changed");
    }

    #[test]
    fn what_does_not_fit_is_named_by_field() {
        let bad = source(vec![vec![rule("a..b", PropertyType::Integer, Operator::Contains, "x")]]);
        let paths: Vec<_> = validate(&bad, "sources[0]").into_iter().map(|error| error.path).collect();
        let here = "sources[0].rule_sets[0].rules[0]";
        assert_eq!(
            paths,
            [format!("{here}.propertyJPath"), format!("{here}.operator"), format!("{here}.expectedValue")]
        );
    }

    proptest! {
        #[test]
        fn sets_are_or_and_rules_are_and(values in proptest::collection::vec(proptest::collection::vec(any::<bool>(), 0..4), 1..5)) {
            let body = json!({"yes": "1"});
            let sets = values.iter().map(|set| set.iter().map(|&holds| {
                rule(if holds { "yes" } else { "no" }, PropertyType::String, Operator::Equals, "1")
            }).collect()).collect();
            let expected = values.iter().any(|set| set.iter().all(|&holds| holds));
            prop_assert_eq!(decide(&source(sets), Change::Created, &body).matches, expected);
        }
    }
}
