//! Checks of what exports say: rules that can never match, exports that send twice. The findings are those of the editor
//! (`rules::lint`); here they are verdicts, one for each question and export.

use domain::CheckId;
use domain::verdict::{Checked, Verdict};
use rules::lint::{Code, Lint};

/// An export, ours or Azure's, and what is worth saying about it.
#[derive(Debug, Clone)]
pub struct RuleFacts {
    /// Its name.
    pub name: String,
    /// The findings.
    pub lints: Vec<Lint>,
}

/// A question about an export, and the findings that answer it badly. Numbers are those of the list of checks that the
/// product keeps to.
struct Question {
    check: Checked,
    codes: &'static [Code],
    verdict: Verdict,
    why: &'static str,
    fix: &'static str,
}

fn questions() -> Vec<Question> {
    let ask = |check: Checked, codes, verdict, why, fix| Question { check, codes, verdict, why, fix };
    vec![
        // 16
        ask(
            Checked::pass(CheckId::RulesPath, "They do."),
            &[Code::UnknownPath, Code::OtherKindPath, Code::LegacyPath],
            Verdict::Fail,
            "A rule on a path that no event has never matches, so its whole rule set lets nothing through.",
            "Correct the path; the editor offers those that events really have.",
        ),
        // 17
        ask(
            Checked::pass(CheckId::RulesType, "Each can."),
            &[Code::OperatorType, Code::ValueType, Code::UnknownValue, Code::Contradiction],
            Verdict::Fail,
            "Such a rule never matches, so its whole rule set lets nothing through.",
            "Open the export: the editor says which rule it is, and mends most with one button.",
        ),
        // 18
        ask(
            Checked::pass(CheckId::RulesWide, "They do."),
            &[Code::WideContains],
            Verdict::Warning,
            "More is sent, and paid for, than is meant.",
            "Use Equals, or a longer text.",
        ),
        // 19
        ask(
            Checked::pass(CheckId::RulesEmpty, "It is."),
            &[Code::EmptyRuleSet, Code::DuplicateRuleSet],
            Verdict::Warning,
            "An empty rule set lets everything through, whatever the others say; two that say the same say nothing more.",
            "Remove the set, or give it rules.",
        ),
        // 9
        ask(
            Checked::pass(CheckId::RulesRecommendations, "They are."),
            &[Code::UnknownRecommendation, Code::DeprecatedRecommendation, Code::OffByPolicy],
            Verdict::Warning,
            "Nothing of them is sent once they are gone.",
            "Take them out, and name those that came in their place.",
        ),
        // 9b
        ask(
            Checked::pass(CheckId::RulesCritical, "It does not."),
            &[Code::LeavesOutCritical],
            Verdict::Warning,
            "Lists of severities that were made before Critical existed leave out the worst.",
            "Add Critical to the severities.",
        ),
        // 10
        ask(
            Checked::pass(CheckId::ExportFindings, "They do."),
            &[Code::FindingsWithoutParent, Code::FindingsOfOtherParent],
            Verdict::Warning,
            "Azure sends findings of recommendations that the export takes too, and no others.",
            "Add the recommendations that the findings belong to.",
        ),
        // 20
        ask(
            Checked::pass(CheckId::ExportName, "It does, or it need not."),
            &[Code::HiddenName],
            Verdict::Warning,
            "It works, and people who look at the portal think there is no export.",
            "A resource cannot be renamed: make one with the name that the portal looks for, ExportToEventHub or ExportToWorkspace by its target, and remove this one.",
        ),
        // 21
        ask(
            Checked::pass(CheckId::ExportDoubles, "Nobody does."),
            &[Code::DoublesExport],
            Verdict::Warning,
            "Each event arrives twice.",
            "Remove one, or let their scopes and rules exclude each other.",
        ),
        // 23
        ask(
            Checked::pass(CheckId::ExportSnapshots, "It does."),
            &[Code::StreamingAndSnapshot],
            Verdict::Warning,
            "Each week the whole state comes again beside the changes.",
            "Choose one, or let consumers look at isSnapshot.",
        ),
        // 34, 43
        ask(
            Checked::pass(CheckId::ExportSize, "They do."),
            &[Code::SmallTarget],
            Verdict::Warning,
            "An event that is too large is refused as itself.",
            "Send these kinds of data to a target that takes more.",
        ),
        ask(
            Checked::pass(CheckId::ExportCovers, "It does."),
            &[Code::EmptyScope],
            Verdict::Fail,
            "It decides on nothing.",
            "Add subscriptions to its scope.",
        ),
    ]
}

/// Every question that some export answers badly, export by export, and each of the others once.
pub fn rules_health(all: &[RuleFacts]) -> Vec<Checked> {
    let mut found = Vec::new();
    for question in questions() {
        let bad: Vec<Checked> = all.iter().filter_map(|one| answer(&question, one)).collect();
        if bad.is_empty() && !all.is_empty() {
            found.push(question.check.clone().seen("exports", all.len().to_string()));
        }
        found.extend(bad);
    }
    found
}

/// What keeps one export from matching anything, before its rules are evaluated on an item.
pub fn broken_rules(one: &RuleFacts) -> Vec<Checked> {
    questions()
        .iter()
        .filter(|question| question.verdict == Verdict::Fail)
        .filter_map(|question| answer(question, one))
        .collect()
}

fn answer(question: &Question, one: &RuleFacts) -> Option<Checked> {
    let mut of: Vec<&Lint> = one.lints.iter().filter(|lint| question.codes.contains(&lint.code)).collect();
    of.dedup_by(|a, b| a.message == b.message);
    let first = of.first()?;
    let said = match of.len() {
        1 => first.message.clone(),
        more => format!("{} And {} more.", first.message, more - 1),
    };
    let mut check = question.check.clone().about(&one.name).but(question.verdict, said, question.why, &[question.fix]);
    for lint in of.iter().take(5) {
        check = check.seen(lint.code.as_str(), lint.path.as_str());
    }
    Some(check)
}

#[cfg(test)]
mod tests {
    use super::*;
    use rules::lint::Level;

    fn lint(code: Code) -> Lint {
        Lint { path: "sources[0]".into(), code, level: Level::Warning, message: "It is so.".into(), fix: None }
    }

    #[test]
    fn every_question_is_answered_well_and_badly() {
        let well = rules_health(&[RuleFacts { name: "a".into(), lints: Vec::new() }]);
        assert_eq!(well.len(), questions().len());
        assert!(well.iter().all(|one| one.verdict == Verdict::Pass));
        for question in questions() {
            for code in question.codes {
                let facts = [RuleFacts { name: "siem".into(), lints: vec![lint(*code), lint(*code)] }];
                let found = rules_health(&facts);
                let bad: Vec<&Checked> = found.iter().filter(|one| one.verdict != Verdict::Pass).collect();
                assert_eq!((bad.len(), bad[0].check.as_str()), (1, question.check.check.as_str()), "{code}");
                assert_eq!((bad[0].verdict, bad[0].subject.as_deref()), (question.verdict, Some("siem")), "{code}");
            }
        }
        assert!(rules_health(&[]).is_empty(), "without exports there is nothing to say");
    }

    #[test]
    fn before_an_item_is_judged_only_what_lets_nothing_through_is_said() {
        let facts = RuleFacts { name: "a".into(), lints: vec![lint(Code::WideContains), lint(Code::UnknownPath)] };
        let found: Vec<String> = broken_rules(&facts).into_iter().map(|one| one.check.to_string()).collect();
        assert_eq!(found, ["rules.path"]);
    }
}
