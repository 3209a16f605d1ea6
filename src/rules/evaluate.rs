//! The decision on one event, with the sentence that explains it.

use super::{
    compare::{Expected, shown},
    path::Path,
};
use crate::domain::{Change, Changes, FieldError, Kind, Operator, Rule, RuleSet, Source};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// What the rules say about one event.
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

struct Failure {
    set: usize,
    subject: String,
    actual: String,
    wanted: String,
    others: usize,
}

/// Decides whether a source lets an event through.
///
/// `body` is the event as it would be sent. A source that says "new alerts only" refuses later changes before any rule
/// is looked at.
pub fn decide(source: &Source, change: Change, body: &Value) -> Decision {
    if source.event_source.kind() == Kind::Alert && source.changes == Changes::Created && change == Change::Changed {
        return refuse("not a new alert: only its status changed");
    }
    if source.rule_sets.is_empty() {
        let all = source.event_source.label().to_lowercase();
        return Decision { matches: true, rule_set: None, reason: format!("no filter: all {all} match") };
    }
    let mut failures = Vec::new();
    for (at, set) in source.rule_sets.iter().enumerate() {
        match first_failure(set, body) {
            None => {
                let reason = format!("rule set {}: {}", at + 1, sentence(set));
                return Decision { matches: true, rule_set: Some(at + 1), reason };
            }
            Some(failure) => failures.push(Failure { set: at + 1, ..failure }),
        }
    }
    refuse(&explain(&failures))
}

/// What people call the values that most rules look at; other paths go by themselves.
fn spoken(path: &str) -> &str {
    match path.strip_prefix("$.").unwrap_or(path) {
        "properties.metadata.severity" => "Severity",
        "properties.status.code" => "Status",
        "ProductComponentName" => "Plan",
        other => other,
    }
}

fn refuse(reason: &str) -> Decision {
    Decision { matches: false, rule_set: None, reason: reason.to_owned() }
}

fn first_failure(set: &RuleSet, body: &Value) -> Option<Failure> {
    let mut failing = set.rules.iter().filter_map(|rule| Some((rule, failing_value(rule, body)?)));
    let (rule, actual) = failing.next()?;
    let wanted = match rule.operator {
        Operator::Equals => cut(&rule.expected),
        operator => format!("what {} {}", operator.label(), cut(&rule.expected)),
    };
    Some(Failure { set: 0, subject: spoken(&rule.path).to_owned(), actual, wanted, others: failing.count() })
}

/// The value that does not satisfy the rule, as text; `None` when the rule holds.
fn failing_value(rule: &Rule, body: &Value) -> Option<String> {
    let Ok(path) = Path::parse(&rule.path) else { return Some("no path".to_owned()) };
    let Some(expected) = Expected::parse(&rule.expected, rule.property_type) else {
        return Some(format!("not comparable with `{}`", cut(&rule.expected)));
    };
    let values = path.values(body);
    // A "not equals" over several values means that none of them is the one refused.
    let holds = match rule.operator {
        Operator::NotEquals => !values.is_empty() && values.iter().all(|value| expected.holds(rule.operator, value)),
        operator => values.iter().any(|value| expected.holds(operator, value)),
    };
    if holds {
        return None;
    }
    Some(match values.as_slice() {
        [] => "not there".to_owned(),
        [one] => cut(&shown(one)),
        [first, rest @ ..] => format!("{} and {} more", cut(&shown(first)), rest.len()),
    })
}

fn explain(failures: &[Failure]) -> String {
    let Some(first) = failures.first() else { return "no rule set matches".to_owned() };
    let alike = failures.iter().all(|failure| {
        failure.subject == first.subject && failure.actual == first.actual && failure.others == first.others
    });
    if alike {
        let mut wanted: Vec<&str> = failures.iter().map(|failure| failure.wanted.as_str()).collect();
        wanted.dedup();
        let more = match first.others {
            0 => String::new(),
            1 => "; 1 more rule differs".to_owned(),
            n => format!("; {n} more rules differ"),
        };
        return format!("{} is {}, wants {}{more}", first.subject, first.actual, or(&wanted));
    }
    let parts: Vec<String> = failures
        .iter()
        .take(3)
        .map(|failure| {
            format!("rule set {}: {} is {}, wants {}", failure.set, failure.subject, failure.actual, failure.wanted)
        })
        .collect();
    let more = failures.len().saturating_sub(3);
    if more == 0 { parts.join("; ") } else { format!("{}; {more} more rule sets", parts.join("; ")) }
}

fn or(words: &[&str]) -> String {
    match words {
        [] => String::new(),
        [one] => (*one).to_owned(),
        [first @ .., last] => format!("{} or {last}", first.join(", ")),
    }
}

fn sentence(set: &RuleSet) -> String {
    if set.rules.is_empty() {
        return "no rules, everything matches".to_owned();
    }
    let rules: Vec<String> = set
        .rules
        .iter()
        .map(|rule| format!("{} {} {}", spoken(&rule.path), rule.operator.label(), cut(&rule.expected)))
        .collect();
    rules.join(" and ")
}

fn cut(text: &str) -> String {
    const MOST: usize = 80;
    if text.chars().count() <= MOST { text.to_owned() } else { text.chars().take(MOST).chain(['…']).collect() }
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
    use crate::domain::{EventSource, PropertyType};
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
