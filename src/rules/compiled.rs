//! A source's rules, read once and asked for many events.
//!
//! Sets that differ only in the value of one rule are one rule with several values: that is how people mean them, how
//! near misses are told and how reasons are worded.

use super::{
    compare::{Expected, shown},
    path::Path,
};
use domain::{Change, Changes, Kind, Nearness, Operator, PropertyType, Rule, Source};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::HashMap;

/// What the rules say about one event.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Judgement {
    /// How it stands to the filter.
    pub nearness: Nearness,
    /// The first rule set that let it pass, counted from 1; none when there are no rule sets or it does not pass.
    pub rule_set: Option<usize>,
    /// One short sentence: `rule set 1: Severity equals High`, `Severity is Low, wants High`.
    pub reason: String,
    /// Where it does not pass: what people call the value that stands in the way of the set that comes closest.
    pub failing: Option<String>,
}

#[derive(Debug, Clone)]
struct Atom {
    path: usize,
    expected: Option<Expected>,
    rule: Rule,
}

/// Rule sets that differ only in the values of their rules. Each rule holds when one of its values does.
#[derive(Debug, Clone)]
struct Merged {
    first: usize,
    rules: Vec<Vec<usize>>,
}

/// A source, ready to judge.
#[derive(Debug, Clone)]
pub struct Compiled {
    kind: Kind,
    only_new_alerts: bool,
    everything: String,
    paths: Vec<(String, Option<Path>)>,
    atoms: Vec<Atom>,
    sets: Vec<Vec<usize>>,
    merged: Vec<Merged>,
}

type Shape = (String, PropertyType, Operator);

impl Compiled {
    /// Reads a source. What does not parse holds for no event; [`super::validate`] names it.
    pub fn new(source: &Source) -> Self {
        let mut paths: Vec<(String, Option<Path>)> = Vec::new();
        let mut known_paths: HashMap<String, usize> = HashMap::new();
        let mut atoms: Vec<Atom> = Vec::new();
        let mut known: HashMap<(Shape, String), usize> = HashMap::new();
        let mut sets = Vec::with_capacity(source.rule_sets.len());
        for set in &source.rule_sets {
            let mut of_set = Vec::with_capacity(set.rules.len());
            for rule in &set.rules {
                let key = (shape(rule), rule.expected.clone());
                let at = *known.entry(key).or_insert_with(|| {
                    let path = *known_paths.entry(rule.path.clone()).or_insert_with(|| {
                        paths.push((rule.path.clone(), Path::parse(&rule.path).ok()));
                        paths.len() - 1
                    });
                    let expected = Expected::parse(&rule.expected, rule.property_type);
                    atoms.push(Atom { path, expected, rule: rule.clone() });
                    atoms.len() - 1
                });
                of_set.push(at);
            }
            sets.push(of_set);
        }
        let merged = merge(&sets, &atoms);
        Self {
            kind: source.event_source.kind(),
            only_new_alerts: source.event_source.kind() == Kind::Alert && source.changes == Changes::Created,
            everything: format!("no filter: all {} match", source.event_source.label().to_lowercase()),
            paths,
            atoms,
            sets,
            merged,
        }
    }

    /// The paths whose values decide; none where one does not parse.
    pub fn paths(&self) -> impl Iterator<Item = Option<&Path>> {
        self.paths.iter().map(|(_, path)| path.as_ref())
    }

    /// Judges an event.
    pub fn judge(&self, change: Change, body: &Value) -> Judgement {
        let values: Vec<Vec<&Value>> = self
            .paths
            .iter()
            .map(|(_, path)| path.as_ref().map(|path| path.values(body)).unwrap_or_default())
            .collect();
        self.judge_values(change, &values)
    }

    /// Judges an event by the values at [`Self::paths`].
    pub fn judge_values(&self, change: Change, values: &[Vec<&Value>]) -> Judgement {
        if self.only_new_alerts && change == Change::Changed {
            return refuse("not a new alert: only its status changed".to_owned(), Nearness::Not, None);
        }
        if self.sets.is_empty() {
            return Judgement {
                nearness: Nearness::Match,
                rule_set: None,
                reason: self.everything.clone(),
                failing: None,
            };
        }
        let mut known: Vec<Option<bool>> = vec![None; self.atoms.len()];
        let mut holds = |at: usize| *known[at].get_or_insert_with(|| self.atoms[at].holds(values));
        let passed = self.sets.iter().position(|set| set.iter().all(|at| holds(*at)));
        if let Some(at) = passed {
            let reason = format!("rule set {}: {}", at + 1, self.sentence(&self.sets[at]));
            return Judgement { nearness: Nearness::Match, rule_set: Some(at + 1), reason, failing: None };
        }
        let failures: Vec<Vec<&Vec<usize>>> = self
            .merged
            .iter()
            .map(|merged| merged.rules.iter().filter(|rule| !rule.iter().any(|at| holds(*at))).collect())
            .collect();
        let near = self.merged.iter().zip(&failures).find(|(set, failing)| failing.len() == 1 && set.rules.len() > 1);
        let closest = near.or_else(|| self.merged.iter().zip(&failures).min_by_key(|(_, failing)| failing.len()));
        let failing =
            closest.and_then(|(_, failing)| Some(spoken(self.kind, &self.atoms[*failing.first()?.first()?].rule.path)));
        let reason = self.explain(&failures, values);
        let nearness = if near.is_some() { Nearness::Near } else { Nearness::Not };
        refuse(reason, nearness, failing.map(str::to_owned))
    }

    fn explain(&self, failures: &[Vec<&Vec<usize>>], values: &[Vec<&Value>]) -> String {
        const SHOWN: usize = 3;
        let parts: Vec<String> = self
            .merged
            .iter()
            .zip(failures)
            .filter_map(|(merged, failing)| {
                let (first, others) = failing.split_first()?;
                let atom = &self.atoms[*first.first()?];
                let wanted: Vec<String> = first.iter().map(|at| self.atoms[*at].wanted()).collect();
                let more = match others.len() {
                    0 => String::new(),
                    1 => "; 1 more rule differs".to_owned(),
                    n => format!("; {n} more rules differ"),
                };
                let actual = atom.actual(values);
                let set =
                    if self.merged.len() > 1 { format!("rule set {}: ", merged.first + 1) } else { String::new() };
                Some(format!("{set}{} is {actual}, wants {}{more}", spoken(self.kind, &atom.rule.path), or(&wanted)))
            })
            .take(SHOWN)
            .collect();
        match self.merged.len().saturating_sub(SHOWN) {
            0 => parts.join("; "),
            1 => format!("{}; 1 more rule set", parts.join("; ")),
            more => format!("{}; {more} more rule sets", parts.join("; ")),
        }
    }

    fn sentence(&self, set: &[usize]) -> String {
        if set.is_empty() {
            return "no rules, everything matches".to_owned();
        }
        let rules: Vec<String> = set.iter().map(|at| told(self.kind, &self.atoms[*at].rule)).collect();
        rules.join(" and ")
    }
}

/// A rule in words: `Severity equals High`.
pub fn told(kind: Kind, rule: &Rule) -> String {
    format!("{} {} {}", spoken(kind, &rule.path), rule.operator.label(), cut(&rule.expected))
}

fn refuse(reason: String, nearness: Nearness, failing: Option<String>) -> Judgement {
    Judgement { nearness, rule_set: None, reason, failing }
}

fn shape(rule: &Rule) -> Shape {
    (rule.path.clone(), rule.property_type, rule.operator)
}

/// Puts sets together that differ only in the values of one rule, again and again, until nothing more fits.
fn merge(sets: &[Vec<usize>], atoms: &[Atom]) -> Vec<Merged> {
    let mut merged: Vec<Merged> = sets
        .iter()
        .enumerate()
        .map(|(first, set)| {
            let mut rules: Vec<Vec<usize>> = set.iter().map(|at| vec![*at]).collect();
            rules.sort_by_cached_key(|rule| shape(&atoms[rule[0]].rule));
            Merged { first, rules }
        })
        .collect();
    let most = sets.iter().map(Vec::len).max().unwrap_or_default();
    loop {
        let before = merged.len();
        for position in 0..most {
            let mut places: HashMap<(Vec<Vec<usize>>, Shape), usize> = HashMap::new();
            let mut kept: Vec<Merged> = Vec::with_capacity(merged.len());
            for mut one in merged {
                let Some(values) = one.rules.get_mut(position).map(std::mem::take) else {
                    kept.push(one);
                    continue;
                };
                let key = (one.rules.clone(), shape(&atoms[values[0]].rule));
                if let Some(place) = places.get(&key) {
                    kept[*place].rules[position].extend(values);
                } else {
                    places.insert(key, kept.len());
                    one.rules[position] = values;
                    kept.push(one);
                }
            }
            merged = kept;
        }
        if merged.len() == before {
            break;
        }
    }
    for one in &mut merged {
        // Told in the order in which the first of the sets was written.
        one.rules.sort_by_key(|rule| sets[one.first].iter().position(|at| rule.contains(at)));
        for rule in &mut one.rules {
            let mut seen = std::collections::HashSet::new();
            rule.retain(|at| seen.insert(*at));
        }
    }
    merged
}

impl Atom {
    fn holds(&self, values: &[Vec<&Value>]) -> bool {
        let Some(expected) = &self.expected else { return false };
        let values = &values[self.path];
        match self.rule.operator {
            // A "not equals" over several values means that none of them is the one refused.
            Operator::NotEquals => {
                !values.is_empty() && values.iter().all(|value| expected.holds(Operator::NotEquals, value))
            }
            operator => values.iter().any(|value| expected.holds(operator, value)),
        }
    }

    fn wanted(&self) -> String {
        match self.rule.operator {
            Operator::Equals => cut(&self.rule.expected),
            operator => format!("what {} {}", operator.label(), cut(&self.rule.expected)),
        }
    }

    fn actual(&self, values: &[Vec<&Value>]) -> String {
        if self.expected.is_none() {
            return format!("not comparable with `{}`", cut(&self.rule.expected));
        }
        match values[self.path].as_slice() {
            [] => "not there".to_owned(),
            [one] => cut(&shown(one)),
            [first, rest @ ..] => format!("{} and {} more", cut(&shown(first)), rest.len()),
        }
    }
}

/// What people call the values that most rules look at; other paths go by themselves, and so does the path of another kind
/// of event.
pub fn spoken(kind: Kind, path: &str) -> &str {
    match (kind, path.strip_prefix("$.").unwrap_or(path)) {
        (Kind::Recommendation, "properties.metadata.severity") | (Kind::Finding, "properties.status.severity") => {
            "Severity"
        }
        (Kind::Recommendation | Kind::Finding, "properties.status.code") => "Status",
        (Kind::RegulatoryCompliance, "properties.state") => "State",
        (Kind::Alert, "ProductComponentName") => "Plan",
        (_, other) => other,
    }
}

fn or(words: &[String]) -> String {
    const SHOWN: usize = 4;
    match words {
        [] => String::new(),
        [one] => one.clone(),
        [first @ .., last] if words.len() <= SHOWN => format!("{} or {last}", first.join(", ")),
        _ => format!("{} or {} more", words[..SHOWN - 1].join(", "), words.len() - (SHOWN - 1)),
    }
}

/// A value as far as a sentence has room for it.
pub(super) fn cut(text: &str) -> String {
    const MOST: usize = 80;
    if text.chars().count() <= MOST { text.to_owned() } else { text.chars().take(MOST).chain(['…']).collect() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::{EventSource, RuleSet};
    use proptest::prelude::*;
    use serde_json::json;

    fn rule(path: &str, operator: Operator, expected: &str) -> Rule {
        Rule { path: path.into(), property_type: PropertyType::String, operator, expected: expected.into() }
    }

    fn compiled(sets: Vec<Vec<Rule>>) -> Compiled {
        let rule_sets = sets.into_iter().map(|rules| RuleSet { rules }).collect();
        Compiled::new(&Source { event_source: EventSource::Alerts, changes: Changes::Created, rule_sets })
    }

    #[test]
    fn a_near_miss_fails_exactly_one_rule_of_a_set_of_two_or_more() {
        let of = |severity: &str| {
            vec![rule("Severity", Operator::Equals, severity), rule("Plan", Operator::Equals, "Servers")]
        };
        let filter = compiled(vec![of("High"), of("Medium")]);
        assert_eq!(filter.merged.len(), 1, "sets that differ in one value are one");
        let judge = |body| filter.judge(Change::Created, &body);
        let near = judge(json!({"Severity": "Low", "Plan": "Servers"}));
        assert_eq!((near.nearness, near.failing.as_deref()), (Nearness::Near, Some("Severity")));
        assert_eq!(near.reason, "Severity is Low, wants High or Medium");
        assert_eq!(judge(json!({"Severity": "Low", "Plan": "Sql"})).nearness, Nearness::Not);
        assert_eq!(judge(json!({"Severity": "medium", "Plan": "servers"})).rule_set, Some(2));
        let single = compiled(vec![vec![rule("Severity", Operator::Equals, "High")]]);
        assert_eq!(single.judge(Change::Created, &json!({"Severity": "Low"})).nearness, Nearness::Not);
    }

    #[test]
    fn a_product_of_values_is_one_set() {
        let mut sets = Vec::new();
        for key in ["a", "b", "c"] {
            for severity in ["High", "Low"] {
                sets.push(vec![rule("name", Operator::Contains, key), rule("s", Operator::Equals, severity)]);
            }
        }
        let filter = compiled(sets);
        assert_eq!(filter.merged.len(), 1);
        let judged = filter.judge(Change::Created, &json!({"name": "x", "s": "low"}));
        assert_eq!(judged.reason, "name is x, wants what contains a, what contains b or what contains c");
    }

    proptest! {
        /// Merging says the same as the sets one by one, and the three answers are disjoint.
        #[test]
        fn merging_never_changes_what_passes(
            sets in proptest::collection::vec(proptest::collection::vec((0_usize..3, 0_usize..3), 0..4), 1..12),
            values in proptest::collection::vec(0_usize..3, 3),
        ) {
            let names = ["a", "b", "c"];
            let filter = compiled(sets.iter().map(|set| set.iter().map(|(path, value)| {
                rule(names[*path], Operator::Equals, names[*value])
            }).collect()).collect());
            let body = json!({"a": names[values[0]], "b": names[values[1]], "c": names[values[2]]});
            let plain = sets.iter().any(|set| set.iter().all(|(path, value)| values[*path] == *value));
            let judged = filter.judge(Change::Created, &body);
            prop_assert_eq!(judged.nearness == Nearness::Match, plain);
            let merged = filter.merged.iter().any(|set| set.rules.iter().all(|rule| rule.iter().any(|at| {
                filter.atoms[*at].holds(&filter.paths.iter().map(|(_, path)| path.as_ref().unwrap().values(&body)).collect::<Vec<_>>())
            })));
            prop_assert_eq!(merged, plain);
            prop_assert_eq!(judged.failing.is_some(), !plain);
        }
    }
}
