//! How two versions of an export differ, in words.

use domain::{Changes, EventSource, ExportBody, Kind, RuleSet, Scope};
use rules::told;
use serde::{Deserialize, Serialize};

/// One thing that differs; what stands on one side only is empty on the other.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Difference {
    /// What it is about: `Name`, `Alerts`.
    pub what: String,
    /// Before.
    pub before: Vec<String>,
    /// After.
    pub after: Vec<String>,
}

/// Rule sets shown of one side.
const SHOWN: usize = 12;

/// What differs between two versions; `names` turns ids of subscriptions and targets into names.
pub fn differences(before: &ExportBody, after: &ExportBody, names: impl Fn(&str) -> Option<String>) -> Vec<Difference> {
    let name = |id: &str| names(id).unwrap_or_else(|| id.to_owned());
    let mut found = Vec::new();
    let mut add = |what: &str, before: Vec<String>, after: Vec<String>| {
        if before != after {
            // What is the same on both sides is not told.
            let only = |mine: &[String], other: &[String]| -> Vec<String> {
                let mut lines: Vec<String> = mine.iter().filter(|line| !other.contains(line)).cloned().collect();
                let more = lines.len().saturating_sub(SHOWN);
                if more > 0 {
                    lines.truncate(SHOWN);
                    lines.push(format!("and {more} more"));
                }
                lines
            };
            let (mut gone, mut new) = (only(&before, &after), only(&after, &before));
            if gone.is_empty() && new.is_empty() {
                (gone, new) = (vec!["in another order".to_owned()], Vec::new());
            }
            found.push(Difference { what: what.to_owned(), before: gone, after: new });
        }
    };
    add("Name", vec![before.name.clone()], vec![after.name.clone()]);
    add("Scope", scope(&before.scope, &name), scope(&after.scope, &name));
    for source in EventSource::ALL {
        add(source.label(), of_source(before, *source), of_source(after, *source));
    }
    add("Target", vec![name(before.target.as_str())], vec![name(after.target.as_str())]);
    found
}

fn scope(scope: &Scope, name: &impl Fn(&str) -> String) -> Vec<String> {
    let mut lines = Vec::new();
    if scope.all {
        lines.push("all subscriptions".to_owned());
    }
    lines.extend(scope.management_groups.iter().map(|id| format!("below management group {id}")));
    lines.extend(scope.subscriptions.iter().map(|id| name(id.as_str())));
    lines.extend(scope.except.iter().map(|id| format!("not {}", name(id.as_str()))));
    lines.extend(scope.except_tags.iter().map(|tag| match &tag.value {
        Some(value) => format!("not with tag {}={value}", tag.name),
        None => format!("not with tag {}", tag.name),
    }));
    if scope.is_open() {
        let later = if scope.future { "later subscriptions too" } else { "no later subscriptions" };
        lines.push(later.to_owned());
    }
    lines
}

fn of_source(body: &ExportBody, of: EventSource) -> Vec<String> {
    let Some(source) = body.sources.iter().find(|source| source.event_source == of) else { return Vec::new() };
    let mut lines = vec!["exported".to_owned()];
    if of == EventSource::Alerts && source.changes == Changes::All {
        lines.push("status changes too".to_owned());
    }
    if source.rule_sets.is_empty() {
        lines.push("everything".to_owned());
    }
    lines.extend(source.rule_sets.iter().map(|set| sentence(of.kind(), set)));
    lines
}

fn sentence(kind: Kind, set: &RuleSet) -> String {
    if set.rules.is_empty() {
        return "a rule set without rules".to_owned();
    }
    set.rules.iter().map(|rule| told(kind, rule)).collect::<Vec<_>>().join(" and ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::editor::ExportForm;

    #[test]
    fn only_what_differs_is_told_in_words() {
        let before = ExportForm::fresh().read().0;
        let mut form = ExportForm::fresh();
        form.name = "siem".into();
        form.chosen = vec!["Alerts/severity/High".into(), "Alerts/severity/Medium".into()];
        form.changes = "all".into();
        let found = differences(&before, &form.read().0, |_| None);
        let told: Vec<_> =
            found.iter().map(|one| (one.what.as_str(), one.before.join(";"), one.after.join(";"))).collect();
        assert_eq!(
            told,
            [
                ("Name", String::new(), "siem".to_owned()),
                ("Alerts", String::new(), "status changes too;Severity equals Medium".to_owned()),
            ]
        );
        assert!(differences(&before, &before, |_| None).is_empty());
    }
}
