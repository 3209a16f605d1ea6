//! What is legal in an export and still not what its author means: rules that never match, filters that drop more than
//! meant, exports that send twice. Each finding has a code with a page in `docs/lint.md`, stands at a field, and where it
//! can carries the change that mends it.
//!
//! Pure: facts in, findings out. It must not know where facts come from.

mod filters;
mod whole;

pub(super) use whole::overlap;

use super::survey::Surveys;
use domain::{AzureExport, EventSource, ExportBody, Place, ResourceId, TargetKind, words::words};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

words! {
    /// What a finding is about; the codes people look up.
    pub enum Code {
        /// No event of this kind has the path.
        UnknownPath = "unknown-path", "No event has this path";
        /// The path belongs to events of another kind.
        OtherKindPath = "other-kind-path", "This path belongs to another kind of event";
        /// A path of the oldest examples, which no event has.
        LegacyPath = "legacy-path", "This path is of an old format";
        /// Rules of one set that cannot hold together.
        Contradiction = "contradiction", "These rules cannot hold together";
        /// A value that this property never has.
        UnknownValue = "unknown-value", "This value does not exist";
        /// An operator that does not fit the type.
        OperatorType = "operator-type", "The operator does not fit the type";
        /// An expected value that is not of its type.
        ValueType = "value-type", "The value is not of this type";
        /// Most events do not have the path.
        RarePath = "rare-path", "Many events do not have this path";
        /// `Contains` catches other values too.
        WideContains = "wide-contains", "Catches more than it says";
        /// A rule set without rules lets everything through.
        EmptyRuleSet = "empty-rule-set", "An empty rule set lets everything through";
        /// Two rule sets say the same.
        DuplicateRuleSet = "duplicate-rule-set", "Two rule sets say the same";
        /// Critical recommendations are left out.
        LeavesOutCritical = "leaves-out-critical", "Critical recommendations are left out";
        /// Informational alerts are left out.
        LeavesOutInformational = "leaves-out-informational", "Informational alerts are left out";
        /// Findings without the recommendation they belong to.
        FindingsWithoutParent = "findings-without-parent", "Findings without their recommendation";
        /// Findings of recommendations that are not exported.
        FindingsOfOtherParent = "findings-of-other-parent", "Findings of other recommendations";
        /// A recommendation that Azure does not know (any more).
        UnknownRecommendation = "unknown-recommendation", "This recommendation is not known";
        /// A recommendation that goes away.
        DeprecatedRecommendation = "deprecated-recommendation", "This recommendation goes away";
        /// A recommendation that a policy switched off.
        OffByPolicy = "off-by-policy", "This recommendation is switched off";
        /// Changes and weekly state go to the same place.
        StreamingAndSnapshot = "streaming-and-snapshot", "Changes and weekly state together";
        /// Another export sends the same to the same target.
        DoublesExport = "doubles-export", "Sends what another export sends";
        /// Other tables than Sentinel reads, or the same rows as its connector.
        SentinelTables = "sentinel-tables", "Sentinel reads other tables";
        /// Events may be larger than the target takes.
        SmallTarget = "small-target", "Some events are too large for the target";
        /// The name hides the export from Azure's portal.
        HiddenName = "hidden-name", "The portal does not show this name";
        /// The scope covers no subscription.
        EmptyScope = "empty-scope", "No subscription is covered";
    }
}

words! {
    /// How much a finding matters.
    pub enum Level {
        /// Something can never match: to be confirmed before saving.
        Error = "error", "Never matches";
        /// Probably not what is meant.
        Warning = "warning", "Warning";
        /// Worth knowing.
        Note = "note", "Note";
    }
}

/// A change that mends what was found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Mend {
    /// Another path in a rule: source, rule set, rule, path.
    SetPath(usize, usize, usize, String),
    /// Another operator in a rule.
    SetOperator(usize, usize, usize, domain::Operator),
    /// Another expected value in a rule.
    SetValue(usize, usize, usize, String),
    /// A rule goes; a set without rules goes with it.
    RemoveRule(usize, usize, usize),
    /// A rule set goes.
    RemoveSet(usize, usize),
    /// Each rule set with a severity gets a sister with this one: source, path, value.
    AddValue(usize, String, String),
    /// Another source, without filter.
    AddSource(EventSource),
    /// A source goes.
    RemoveSource(usize),
}

/// A button: what it says and what it does.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fix {
    /// What it says.
    pub label: String,
    /// What it does.
    pub mend: Mend,
}

/// One finding.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lint {
    /// Where, as a path into the body: `sources[0].rule_sets[1].rules[0].propertyJPath`.
    pub path: String,
    /// What it is about.
    pub code: Code,
    /// How much it matters.
    pub level: Level,
    /// What is so, and what to do.
    pub message: String,
    /// What mends it, where something can.
    pub fix: Option<Fix>,
}

/// A recommendation as it is known from what was observed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct KnownRecommendation {
    /// Its name.
    pub name: String,
    /// Its severity's word.
    pub severity: String,
    /// Items of it that were seen, and how many of them a policy switched off.
    pub items: i64,
    /// Items that a policy switched off.
    pub off: i64,
    /// When it goes away, as its metadata says.
    pub deprecated: Option<String>,
}

/// What the export's target is, as far as lints ask.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TargetFacts {
    /// Its kind.
    pub kind: TargetKind,
    /// Its ARM id, where known.
    pub resource: Option<ResourceId>,
    /// The largest request it takes, in bytes.
    pub max_bytes: u64,
}

/// What lints measure an export against.
#[derive(Debug, Default)]
pub struct Facts<'a> {
    /// The paths of real events.
    pub surveys: Surveys,
    /// Recommendations by key, lower case.
    pub recommendations: BTreeMap<String, KnownRecommendation>,
    /// Names of compliance standards.
    pub standards: Vec<String>,
    /// The largest event of each source's kind that was seen lately, in bytes.
    pub largest: u64,
    /// The other exports of this console: name and body.
    pub others: Vec<&'a ExportBody>,
    /// Exports that Azure delivers.
    pub azure: Vec<&'a AzureExport>,
    /// The target, once it is chosen.
    pub target: Option<TargetFacts>,
    /// The subscriptions with their names.
    pub places: &'a [(Place, String)],
}

/// Everything worth saying about an export, the worst first.
pub fn lint(body: &ExportBody, facts: &Facts<'_>) -> Vec<Lint> {
    let mut found = Vec::new();
    for (at, source) in body.sources.iter().enumerate() {
        filters::lint_source(at, source, facts, &mut found);
    }
    whole::lint_whole(body, facts, &mut found);
    found.sort_by_key(|lint| lint.level);
    found
}

/// Mends an export.
pub fn mend(body: &mut ExportBody, mend: &Mend) {
    match mend {
        Mend::SetPath(source, set, rule, path) => {
            if let Some(rule) = rule_mut(body, *source, *set, *rule) {
                path.clone_into(&mut rule.path);
            }
        }
        Mend::SetOperator(source, set, rule, operator) => {
            if let Some(rule) = rule_mut(body, *source, *set, *rule) {
                rule.operator = *operator;
            }
        }
        Mend::SetValue(source, set, rule, value) => {
            if let Some(rule) = rule_mut(body, *source, *set, *rule) {
                value.clone_into(&mut rule.expected);
            }
        }
        Mend::RemoveRule(source, set, rule) => {
            if let Some(source) = body.sources.get_mut(*source)
                && let Some(rules) = source.rule_sets.get_mut(*set).map(|set| &mut set.rules)
                && *rule < rules.len()
            {
                rules.remove(*rule);
                source.rule_sets.retain(|set| !set.rules.is_empty());
            }
        }
        Mend::RemoveSet(source, set) => {
            if let Some(source) = body.sources.get_mut(*source)
                && *set < source.rule_sets.len()
            {
                source.rule_sets.remove(*set);
            }
        }
        Mend::AddValue(source, path, value) => {
            if let Some(source) = body.sources.get_mut(*source) {
                add_value(source, path, value);
            }
        }
        Mend::AddSource(event_source) => body.sources.push(domain::Source {
            event_source: *event_source,
            changes: domain::Changes::Created,
            rule_sets: Vec::new(),
        }),
        Mend::RemoveSource(source) => {
            if *source < body.sources.len() {
                body.sources.remove(*source);
            }
        }
    }
}

fn rule_mut(body: &mut ExportBody, source: usize, set: usize, rule: usize) -> Option<&mut domain::Rule> {
    body.sources.get_mut(source)?.rule_sets.get_mut(set)?.rules.get_mut(rule)
}

/// Sets that differ only in the value at the path are sisters: each family gets one with the new value, after its last.
fn add_value(source: &mut domain::Source, path: &str, value: &str) {
    let mut families: Vec<(domain::RuleSet, usize)> = Vec::new();
    for (at, set) in source.rule_sets.iter().enumerate() {
        let mut sister = set.clone();
        let Some(rule) = sister.rules.iter_mut().find(|rule| rule.path == path) else { continue };
        value.clone_into(&mut rule.expected);
        match families.iter_mut().find(|(known, _)| *known == sister) {
            Some((_, last)) => *last = at,
            None => families.push((sister, at)),
        }
    }
    for (sister, after) in families.into_iter().rev() {
        source.rule_sets.insert(after + 1, sister);
    }
}

#[cfg(test)]
mod tests;
