//! Why a filter decided as it did, as far as a redacted share may tell: words of the program's own and of closed lists stay.
//! What a rule wants and what an event has is anything else, and may be the name of a machine or a sentence of an attacker's.

use super::payload::is_closed;

/// Words that reasons are built of; see `rules::compiled`.
const OWN: &[&str] = &[
    "a",
    "attack",
    "paths",
    "snapshot",
    "all",
    "and",
    "at",
    "alert",
    "alerts",
    "changed",
    "comparable",
    "contains",
    "control",
    "controls",
    "differ",
    "differs",
    "do",
    "does",
    "ends",
    "equal",
    "equals",
    "everything",
    "filter",
    "findings",
    "greater",
    "is",
    "least",
    "less",
    "match",
    "matches",
    "more",
    "most",
    "new",
    "no",
    "not",
    "only",
    "or",
    "recommendations",
    "regulatory",
    "compliance",
    "rule",
    "rules",
    "score",
    "secure",
    "set",
    "sets",
    "severity",
    "starts",
    "state",
    "status",
    "plan",
    "than",
    "the",
    "there",
    "they",
    "wants",
    "what",
    "with",
    "its",
];
/// Words that stand before the first path.
const LEAD: &[&str] = &["they", "do", "not", "rule", "set"];
/// Words that stand behind a path.
const AFTER_PATH: &[&str] = &["is", "equals", "does", "contains", "starts", "ends"];

/// The words without the marks around them, each with where it begins.
fn placed(reason: &str) -> Vec<(usize, &str)> {
    const MARKS: [char; 5] = [',', ';', ':', '.', '`'];
    let mut at = 0;
    let mut found = Vec::new();
    for piece in reason.split(char::is_whitespace) {
        let tail = piece.trim_start_matches(MARKS);
        found.push((at + piece.len() - tail.len(), tail.trim_end_matches(MARKS)));
        at +=
            piece.len() + reason.get(at + piece.len()..).and_then(|rest| rest.chars().next()).map_or(0, char::len_utf8);
    }
    found.retain(|(_, word)| !word.is_empty());
    found
}

fn is_own(word: &str) -> bool {
    (is_number(word) && word.len() <= 3) || OWN.contains(&word.to_lowercase().as_str()) || is_closed(word)
}

fn is_path(word: &str) -> bool {
    word.len() <= 120 && word.chars().all(|c| c.is_ascii_alphanumeric() || "._$[]'*".contains(c))
}

/// The parts of a reason that may tell of somebody, each a piece of it.
pub(super) fn untold(reason: &str) -> Vec<&str> {
    let words = placed(reason);
    let is_lead = |word: &str| LEAD.contains(&word.to_lowercase().as_str()) || is_number(word);
    let lead = words.iter().take_while(|(_, word)| is_lead(word)).count();
    let path = Some(lead).filter(|at| {
        words.get(*at).is_some_and(|(_, word)| is_path(word))
            && words.get(at + 1).is_some_and(|(_, next)| AFTER_PATH.contains(next))
    });
    let mut found: Vec<&str> = Vec::new();
    let mut run: Option<(usize, usize)> = None;
    for (at, (start, word)) in words.iter().enumerate() {
        if is_own(word) || Some(at) == path {
            found.extend(run.take().and_then(|(from, to)| reason.get(from..to)));
        } else {
            run = Some((run.map_or(*start, |(from, _)| from), start + word.len()));
        }
    }
    found.extend(run.and_then(|(from, to)| reason.get(from..to)));
    found
}

fn is_number(word: &str) -> bool {
    !word.is_empty() && word.chars().all(|c| c.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_of_closed_lists_stay_and_values_go() {
        for (reason, gone) in [
            ("Severity is Low, wants High or Medium", vec![]),
            ("They do: rule set 1: Severity equals High and Status does not equal Dismissed.", vec![]),
            ("no filter: all alerts match", vec![]),
            ("not a new alert: only its status changed", vec![]),
            ("properties.status.code is Healthy, wants Unhealthy; 1 more rule differs", vec![]),
            ("CompromisedEntity is db-7, wants fin-payroll-vm", vec!["db-7", "fin-payroll-vm"]),
            (
                "rule set 2: Description is Somebody at desk 7; the end…, wants what contains ransom note",
                vec!["Somebody", "desk", "end…", "ransom note"],
            ),
            ("Severity is High and jsmith is evil", vec!["jsmith", "evil"]),
        ] {
            assert_eq!(untold(reason), gone, "{reason}");
        }
    }
}
