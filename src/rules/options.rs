//! The choices an operator knows from Azure's portal, and the rule sets they compile to (one set a severity, as the
//! portal and Azure's own policies write them).

use crate::domain::{Changes, EventSource, Operator, PropertyType, Rule, RuleSet, Severity, Source};

/// Severities an alert can have.
pub const ALERT_SEVERITIES: [Severity; 4] = [Severity::High, Severity::Medium, Severity::Low, Severity::Informational];
/// Severities a recommendation can have.
pub const RECOMMENDATION_SEVERITIES: [Severity; 4] =
    [Severity::Critical, Severity::High, Severity::Medium, Severity::Low];

/// What can be chosen for one source without writing rules.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Choices {
    /// These severities; none or all means any.
    pub severities: Vec<Severity>,
    /// Recommendations only: those that are Unhealthy.
    pub unhealthy_only: bool,
}

fn equals(path: &str, expected: &str) -> Rule {
    Rule {
        path: path.to_owned(),
        property_type: PropertyType::String,
        operator: Operator::Equals,
        expected: expected.to_owned(),
    }
}

/// Where the severity of this source stands in the event.
pub fn severity_path(source: EventSource) -> &'static str {
    if source == EventSource::Alerts { "Severity" } else { "properties.metadata.severity" }
}

const STATUS_PATH: &str = "properties.status.code";

/// The source that these choices mean.
pub fn compile(event_source: EventSource, changes: Changes, choices: &Choices) -> Source {
    let all = all_severities(event_source);
    let any = choices.severities.is_empty() || all.iter().all(|severity| choices.severities.contains(severity));
    let status = choices.unhealthy_only.then(|| equals(STATUS_PATH, "Unhealthy"));
    let rule_sets = if any {
        status.into_iter().map(|rule| RuleSet { rules: vec![rule] }).collect()
    } else {
        all.iter()
            .filter(|severity| choices.severities.contains(severity))
            .map(|severity| RuleSet {
                rules: [equals(severity_path(event_source), severity.label())]
                    .into_iter()
                    .chain(status.clone())
                    .collect(),
            })
            .collect()
    };
    Source { event_source, changes, rule_sets }
}

/// The choices a source stands for, where choices can express it.
pub fn recognise(source: &Source) -> Option<Choices> {
    let mut severities = Vec::new();
    let mut unhealthy = Vec::new();
    for set in &source.rule_sets {
        let mut of_set = (None, false);
        for rule in &set.rules {
            if *rule == equals(STATUS_PATH, "Unhealthy") && !of_set.1 {
                of_set.1 = true;
            } else if rule.operator == Operator::Equals
                && rule.property_type == PropertyType::String
                && rule.path == severity_path(source.event_source)
                && of_set.0.is_none()
            {
                of_set.0 = Some(Severity::parse(&rule.expected).filter(|found| rule.expected == found.label())?);
            } else {
                return None;
            }
        }
        severities.push(of_set.0);
        unhealthy.push(of_set.1);
    }
    let choices = Choices {
        severities: severities.into_iter().flatten().collect(),
        unhealthy_only: unhealthy.first().copied().unwrap_or_default(),
    };
    // Only what compiles back to the same rules is a choice; everything else stays rules.
    (compile(source.event_source, source.changes, &choices) == *source).then_some(choices)
}

/// The severities that this source knows.
pub fn all_severities(source: EventSource) -> &'static [Severity] {
    if source == EventSource::Alerts { &ALERT_SEVERITIES } else { &RECOMMENDATION_SEVERITIES }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::{prelude::*, sample::subsequence};

    proptest! {
        #[test]
        fn choices_survive_the_way_through_rules(
            severities in subsequence(ALERT_SEVERITIES.to_vec(), 0..4),
            unhealthy_only in any::<bool>(),
            alerts in any::<bool>(),
        ) {
            let source = if alerts { EventSource::Alerts } else { EventSource::Assessments };
            let severities = severities.into_iter().filter(|severity| all_severities(source).contains(severity)).collect();
            let choices = Choices { severities, unhealthy_only };
            prop_assert_eq!(recognise(&compile(source, Changes::Created, &choices)), Some(choices));
        }
    }

    #[test]
    fn other_rules_are_not_taken_for_choices() {
        let mut source = compile(
            EventSource::Alerts,
            Changes::All,
            &Choices { severities: vec![Severity::High], ..Choices::default() },
        );
        assert!(recognise(&source).is_some());
        source.rule_sets[0].rules[0].operator = Operator::Contains;
        assert!(recognise(&source).is_none());
    }
}
