//! What one source's rules may get wrong.

use super::{Code, Facts, Fix, Level, Lint, Mend};
use crate::{
    compare::Expected,
    options::{Dimension, path_of, values},
    spoken,
    survey::{Survey, normal},
};
use domain::{EventSource, Kind, Operator, PropertyType, Rule, RuleSet, Source};
use std::collections::HashMap;

/// Fewer events than this tell too little to say that a path does not exist.
const ENOUGH: u32 = 5;
/// A source says so much at most; the rest is counted.
const MOST: usize = 40;

pub(super) fn lint_source(at: usize, source: &Source, facts: &Facts<'_>, found: &mut Vec<Lint>) {
    let empty = Survey::default();
    let survey = facts.surveys.get(&source.event_source.kind()).unwrap_or(&empty);
    let mut mine = Vec::new();
    for (s, set) in source.rule_sets.iter().enumerate() {
        if mine.len() > MOST {
            break;
        }
        if set.rules.is_empty() {
            mine.push(empty_set(at, s, source));
        }
        for (r, rule) in set.rules.iter().enumerate() {
            // A rule that nobody has begun to write is refused on saving; until then there is nothing to say.
            if rule.path.trim().is_empty() {
                continue;
            }
            let spot = Spot { source, at, set: s, rule: r, survey };
            mine.extend(spot.types(rule));
            // What cannot match at all is said once.
            let never = spot.path(rule).or_else(|| spot.value(rule, facts));
            let is_never = never.is_some();
            mine.extend(never);
            if !is_never {
                mine.extend(spot.rare(rule));
                mine.extend(spot.wide(rule, facts));
                mine.extend(spot.recommendation(rule, facts));
            }
        }
        mine.extend(contradiction(at, s, set, source.event_source.kind()));
    }
    mine.extend(duplicates(at, source));
    mine.extend(left_out(at, source));
    // Hundreds of sets that differ in one value say the same hundreds of times: once is enough.
    let mut seen = std::collections::HashSet::new();
    mine.retain(|lint| seen.insert((lint.code, lint.message.clone())));
    found.extend(mine);
}

struct Spot<'a> {
    source: &'a Source,
    at: usize,
    set: usize,
    rule: usize,
    survey: &'a Survey,
}

impl Spot<'_> {
    fn field(&self, member: &str) -> String {
        format!("sources[{}].rule_sets[{}].rules[{}].{member}", self.at, self.set, self.rule)
    }

    fn lint(&self, member: &str, code: Code, level: Level, message: String, fix: Option<(String, Mend)>) -> Lint {
        let fix = fix.map(|(label, mend)| Fix { label, mend });
        Lint { path: self.field(member), code, level, message, fix }
    }

    fn set_path(&self, path: &str) -> (String, Mend) {
        (format!("Use {path}"), Mend::SetPath(self.at, self.set, self.rule, path.to_owned()))
    }

    fn kind(&self) -> Kind {
        self.source.event_source.kind()
    }

    /// Operators and values that do not fit the type. Azure refuses the first and lets nothing through with the second.
    fn types(&self, rule: &Rule) -> Vec<Lint> {
        let mut found = Vec::new();
        if !rule.operator.fits(rule.property_type) {
            let message = format!("“{}” cannot compare a {}.", rule.operator.label(), rule.property_type.label());
            let mend = Mend::SetOperator(self.at, self.set, self.rule, Operator::Equals);
            let fix = Some(("Use equals".to_owned(), mend));
            found.push(self.lint("operator", Code::OperatorType, Level::Error, message, fix));
        }
        if Expected::parse(&rule.expected, rule.property_type).is_none() {
            let message = format!("“{}” is not a {}: the rule never holds.", rule.expected, rule.property_type.label());
            found.push(self.lint("expectedValue", Code::ValueType, Level::Error, message, None));
        }
        found
    }

    /// Paths that no event of this kind has.
    fn path(&self, rule: &Rule) -> Option<Lint> {
        let plain = normal(&rule.path);
        let kind = self.kind();
        if plain.starts_with("entity.") {
            let fix = self.survey.like(&plain).map(|path| self.set_path(path));
            let message = format!(
                "“{}” is written in the way of the first examples of this service; no event has it. Rules look at the event itself.",
                rule.path
            );
            return Some(self.lint("propertyJPath", Code::LegacyPath, Level::Error, message, fix));
        }
        if self.survey.knows(&plain) {
            return None;
        }
        // The same value has another place in the events of another kind; documentation mixes them up.
        let swapped = match (kind, plain.as_str()) {
            (Kind::Alert, "properties.metadata.severity" | "properties.severity" | "alertseverity") => Some("Severity"),
            (Kind::Alert, "properties.status" | "properties.status.code") => Some("Status"),
            (Kind::Alert, "properties.productcomponentname") => Some("ProductComponentName"),
            (Kind::Alert, "properties.alerttype") => Some("AlertType"),
            (Kind::Recommendation, "severity" | "alertseverity" | "properties.severity") => {
                Some("properties.metadata.severity")
            }
            (Kind::Recommendation, "status" | "properties.status") => Some("properties.status.code"),
            (Kind::Finding, "severity" | "properties.severity" | "properties.metadata.severity") => {
                Some("properties.status.severity")
            }
            _ => None,
        };
        if let Some(right) = swapped {
            let message = format!(
                "“{}” is not in {}: there the value is “{right}”. As it stands, this rule matches nothing.",
                rule.path,
                kind.plural()
            );
            return Some(self.lint(
                "propertyJPath",
                Code::OtherKindPath,
                Level::Error,
                message,
                Some(self.set_path(right)),
            ));
        }
        if self.survey.events < ENOUGH {
            return None;
        }
        let fix = self.survey.like(&plain).map(|path| self.set_path(path));
        let message = format!(
            "None of the last {} {} has “{}”. A rule on a path that is not there never holds.",
            self.survey.events,
            kind.plural(),
            rule.path
        );
        Some(self.lint("propertyJPath", Code::UnknownPath, Level::Error, message, fix))
    }

    /// Values of closed lists that are not on the list.
    fn value(&self, rule: &Rule, _facts: &Facts<'_>) -> Option<Lint> {
        if rule.property_type != PropertyType::String || rule.operator != Operator::Equals {
            return None;
        }
        let plain = normal(&rule.path);
        let dimension = [Dimension::Severity, Dimension::Status]
            .into_iter()
            .find(|one| path_of(self.source.event_source, *one).is_some_and(|path| normal(path) == plain))?;
        let known = values(self.source.event_source, dimension);
        if known.is_empty() || known.iter().any(|value| value.eq_ignore_ascii_case(&rule.expected)) {
            return None;
        }
        let message = format!(
            "{} of {} is never “{}”: it is {}.",
            dimension.label(),
            self.kind().plural(),
            rule.expected,
            known.join(", ")
        );
        let close = known.iter().find(|value| {
            let start = rule.expected.chars().next().map(|c| c.to_ascii_lowercase());
            start == value.chars().next().map(|c| c.to_ascii_lowercase())
        });
        let fix = close
            .map(|value| (format!("Use {value}"), Mend::SetValue(self.at, self.set, self.rule, (*value).to_owned())));
        Some(self.lint("expectedValue", Code::UnknownValue, Level::Error, message, fix))
    }

    /// Paths that many events lack: the plan of alerts, above all.
    fn rare(&self, rule: &Rule) -> Option<Lint> {
        let (with, all) = (self.survey.with(&rule.path), self.survey.events);
        if all < ENOUGH || with == 0 || with * 10 >= all * 9 {
            return None;
        }
        let message = format!(
            "{} of the last {all} {} carry no {}. They would never match.",
            all - with,
            self.kind().plural(),
            match spoken(self.kind(), &rule.path) {
                "Plan" => "plan name (ProductComponentName)".to_owned(),
                path => format!("“{path}”"),
            }
        );
        let fix = ("Remove the rule".to_owned(), Mend::RemoveRule(self.at, self.set, self.rule));
        Some(self.lint("propertyJPath", Code::RarePath, Level::Warning, message, Some(fix)))
    }

    /// `Contains` that takes in more than it names.
    fn wide(&self, rule: &Rule, facts: &Facts<'_>) -> Option<Lint> {
        if rule.operator != Operator::Contains {
            return None;
        }
        let wanted = rule.expected.to_lowercase();
        if wanted.trim().is_empty() {
            let message = "Everything contains an empty text: the rule always holds.".to_owned();
            let fix = ("Remove the rule".to_owned(), Mend::RemoveRule(self.at, self.set, self.rule));
            return Some(self.lint("expectedValue", Code::WideContains, Level::Warning, message, Some(fix)));
        }
        let names: Vec<&str> = match (self.kind(), normal(&rule.path).as_str()) {
            (Kind::RegulatoryCompliance, "id") => facts.standards.iter().map(String::as_str).collect(),
            (Kind::Recommendation, "name") => facts.recommendations.keys().map(String::as_str).collect(),
            _ => return None,
        };
        let caught: Vec<&str> = names.into_iter().filter(|name| name.to_lowercase().contains(&wanted)).collect();
        let is_exact = caught.iter().any(|name| name.eq_ignore_ascii_case(&wanted));
        if caught.len() < 2 && (is_exact || caught.is_empty()) {
            return None;
        }
        let others: Vec<&str> =
            caught.iter().filter(|name| !name.eq_ignore_ascii_case(&wanted)).take(3).copied().collect();
        if others.is_empty() {
            return None;
        }
        let message =
            format!("“{}” is also contained in {}, which it lets through too.", rule.expected, others.join(", "));
        // In ids a standard's name stands between two slashes.
        let fix = (self.kind() == Kind::RegulatoryCompliance && is_exact).then(|| {
            let value = format!("/regulatoryComplianceStandards/{}/", rule.expected);
            ("Only this standard".to_owned(), Mend::SetValue(self.at, self.set, self.rule, value))
        });
        Some(self.lint("expectedValue", Code::WideContains, Level::Warning, message, fix))
    }

    /// Recommendations that are unknown, go away, or are switched off.
    fn recommendation(&self, rule: &Rule, facts: &Facts<'_>) -> Option<Lint> {
        let is_key = match self.source.event_source.kind() {
            Kind::Recommendation => normal(&rule.path) == "name",
            Kind::Finding => normal(&rule.path) == "id",
            _ => false,
        };
        if !is_key || facts.recommendations.is_empty() {
            return None;
        }
        let key = rule.expected.trim_start_matches("/assessments/").trim_matches('/').to_lowercase();
        if key.len() != 36 {
            return None;
        }
        let remove = Some(("Remove it".to_owned(), Mend::RemoveSet(self.at, self.set)));
        let Some(known) = facts.recommendations.get(&key) else {
            let message = format!(
                "No recommendation {key} was seen in any subscription: it was renamed, replaced or never applied. Nothing of it can be sent."
            );
            return Some(self.lint("expectedValue", Code::UnknownRecommendation, Level::Warning, message, remove));
        };
        if let Some(date) = &known.deprecated {
            let message = format!("“{}” goes away ({date}). Look for the recommendation that replaces it.", known.name);
            return Some(self.lint("expectedValue", Code::DeprecatedRecommendation, Level::Warning, message, None));
        }
        if known.items > 0 && known.items == known.off {
            let message = format!(
                "A policy switched “{}” off everywhere (cause OffByPolicy): its state never changes, so nothing of it is sent.",
                known.name
            );
            return Some(self.lint("expectedValue", Code::OffByPolicy, Level::Warning, message, remove));
        }
        None
    }
}

fn empty_set(at: usize, set: usize, source: &Source) -> Lint {
    let others = source.rule_sets.len() - 1;
    let message = if others == 0 {
        "A rule set without rules lets everything through, like no filter at all.".to_owned()
    } else {
        format!("A rule set without rules lets everything through: the {others} others have no effect.")
    };
    Lint {
        path: format!("sources[{at}].rule_sets[{set}]"),
        code: Code::EmptyRuleSet,
        level: Level::Warning,
        message,
        fix: Some(Fix { label: "Remove the empty set".to_owned(), mend: Mend::RemoveSet(at, set) }),
    }
}

/// Two rules of one set that one value cannot satisfy.
fn contradiction(at: usize, set: usize, of: &RuleSet, kind: Kind) -> Option<Lint> {
    let mut equal: HashMap<String, &Rule> = HashMap::new();
    for (r, rule) in of.rules.iter().enumerate() {
        // A path over several values can hold two of them.
        if rule.path.contains('*') {
            continue;
        }
        let key = normal(&rule.path);
        let clash = equal.get(&key).filter(|first| match rule.operator {
            Operator::Equals => !first.expected.eq_ignore_ascii_case(&rule.expected),
            Operator::NotEquals => first.expected.eq_ignore_ascii_case(&rule.expected),
            Operator::Contains => !first.expected.to_lowercase().contains(&rule.expected.to_lowercase()),
            _ => false,
        });
        if let Some(first) = clash {
            let message = format!(
                "All rules of a set must hold, and {} cannot equal {} while it {} {}. Alternatives belong into sets of their own.",
                spoken(kind, &rule.path),
                first.expected,
                rule.operator.label(),
                rule.expected
            );
            return Some(Lint {
                path: format!("sources[{at}].rule_sets[{set}].rules[{r}].expectedValue"),
                code: Code::Contradiction,
                level: Level::Error,
                message,
                fix: Some(Fix { label: "Remove the second rule".to_owned(), mend: Mend::RemoveRule(at, set, r) }),
            });
        }
        if rule.operator == Operator::Equals {
            equal.entry(key).or_insert(rule);
        }
    }
    None
}

fn duplicates(at: usize, source: &Source) -> Option<Lint> {
    let key = |set: &RuleSet| {
        let mut rules: Vec<String> = set
            .rules
            .iter()
            .map(|rule| {
                format!(
                    "{}\n{}\n{}\n{}",
                    normal(&rule.path),
                    rule.operator,
                    rule.property_type,
                    rule.expected.to_lowercase()
                )
            })
            .collect();
        rules.sort();
        rules
    };
    let mut seen = HashMap::new();
    source.rule_sets.iter().enumerate().find_map(|(s, set)| {
        let first = *seen.entry(key(set)).or_insert(s);
        (first != s && !set.rules.is_empty()).then(|| Lint {
            path: format!("sources[{at}].rule_sets[{s}]"),
            code: Code::DuplicateRuleSet,
            level: Level::Note,
            message: format!("Rule sets {} and {} say the same.", first + 1, s + 1),
            fix: Some(Fix { label: "Remove the second".to_owned(), mend: Mend::RemoveSet(at, s) }),
        })
    })
}

/// Severities that a filter by severity leaves out without saying so.
fn left_out(at: usize, source: &Source) -> Option<Lint> {
    let path = path_of(source.event_source, Dimension::Severity)?;
    let severities: Vec<String> = source
        .rule_sets
        .iter()
        .filter_map(|set| {
            set.rules.iter().find(|rule| normal(&rule.path) == normal(path) && rule.operator == Operator::Equals)
        })
        .map(|rule| rule.expected.to_lowercase())
        .collect();
    // A set without a severity lets all of them through.
    if severities.is_empty() || severities.len() < source.rule_sets.len() {
        return None;
    }
    let has = |word: &str| severities.iter().any(|one| one == word);
    let (missing, code, why) = match source.event_source {
        EventSource::Assessments | EventSource::AssessmentsSnapshot if has("high") && !has("critical") => (
            "Critical",
            Code::LeavesOutCritical,
            "Newer recommendations can be Critical; a filter made before that leaves them out",
        ),
        EventSource::Alerts if has("high") && has("medium") && has("low") && !has("informational") => (
            "Informational",
            Code::LeavesOutInformational,
            "Azure's built-in policies know no Informational; alerts of that severity are left out",
        ),
        _ => return None,
    };
    let written = source.rule_sets.iter().flat_map(|set| &set.rules).find(|rule| normal(&rule.path) == normal(path))?;
    Some(Lint {
        path: format!("sources[{at}]"),
        code,
        level: Level::Warning,
        message: format!("{why}."),
        fix: Some(Fix {
            label: format!("Add {missing}"),
            mend: Mend::AddValue(at, written.path.clone(), missing.to_owned()),
        }),
    })
}
