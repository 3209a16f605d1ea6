//! What the scheduled health checks found: the last run, and what changed between runs.

use super::verdict::{Checked, Verdict};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// A check that did not pass in a run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OpenCheck {
    /// The check's word.
    pub check: String,
    /// What it is about.
    pub subject: Option<String>,
    /// The question.
    pub title: String,
    /// The answer.
    pub verdict: Verdict,
    /// The answer in a sentence.
    pub said: String,
}

/// A run of all checks that need no item.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HealthRun {
    /// When it was made.
    pub at: Timestamp,
    /// Checks that passed.
    pub passed: usize,
    /// The others, the most harmful first.
    pub open: Vec<OpenCheck>,
}

impl HealthRun {
    /// What a run found.
    pub fn of(at: Timestamp, all: &[Checked]) -> Self {
        let open = all.iter().filter(|one| one.verdict != Verdict::Pass).map(|one| OpenCheck {
            check: one.check.clone(),
            subject: one.subject.clone(),
            title: one.title.clone(),
            verdict: one.verdict,
            said: one.said.clone(),
        });
        Self { at, passed: all.iter().filter(|one| one.verdict == Verdict::Pass).count(), open: open.collect() }
    }

    /// How many checks have this verdict.
    pub fn count(&self, verdict: Verdict) -> usize {
        match verdict {
            Verdict::Pass => self.passed,
            _ => self.open.iter().filter(|one| one.verdict == verdict).count(),
        }
    }
}

/// A check whose verdict is another one than in the run before.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HealthChange {
    /// When that was seen.
    pub at: Timestamp,
    /// The check's word.
    pub check: String,
    /// What it is about.
    pub subject: Option<String>,
    /// The question.
    pub title: String,
    /// The verdict before.
    pub was: Verdict,
    /// The verdict since.
    pub now: Verdict,
    /// The answer in a sentence; when it passes again, what was said before.
    pub said: String,
}

/// What changed from one run to the next, the most harmful first. What could not be told says nothing of what is so: from and
/// to that verdict nothing is noted.
pub fn changes(before: &HealthRun, after: &HealthRun) -> Vec<HealthChange> {
    let same = |a: &OpenCheck, b: &OpenCheck| a.check == b.check && a.subject == b.subject;
    let change = |one: &OpenCheck, was: Verdict, now: Verdict| HealthChange {
        at: after.at,
        check: one.check.clone(),
        subject: one.subject.clone(),
        title: one.title.clone(),
        was,
        now,
        said: one.said.clone(),
    };
    let worse = after.open.iter().map(|one| {
        let was =
            before.open.iter().find(|earlier| same(earlier, one)).map_or(Verdict::Pass, |earlier| earlier.verdict);
        change(one, was, one.verdict)
    });
    let mended = before.open.iter().filter(|earlier| !after.open.iter().any(|one| same(earlier, one)));
    let mended = mended.map(|earlier| change(earlier, earlier.verdict, Verdict::Pass));
    let mut all: Vec<HealthChange> = worse
        .chain(mended)
        .filter(|one| one.was != one.now && one.was != Verdict::CannotTell && one.now != Verdict::CannotTell)
        .collect();
    all.sort_by_key(|one| one.now);
    all
}

#[cfg(test)]
mod tests {
    use super::*;
    use Verdict::{CannotTell, Fail, Pass, Warning};

    fn run(open: &[(&str, Verdict)]) -> HealthRun {
        let open = open.iter().map(|(check, verdict)| OpenCheck {
            check: (*check).into(),
            subject: None,
            title: String::new(),
            verdict: *verdict,
            said: String::new(),
        });
        HealthRun { at: Timestamp::UNIX_EPOCH, passed: 1, open: open.collect() }
    }

    #[test]
    fn what_breaks_gets_worse_or_is_mended_is_noted_and_what_nobody_knows_is_not() {
        let before =
            run(&[("mended", Fail), ("worse", Warning), ("same", Fail), ("unknown", CannotTell), ("lost", Fail)]);
        let after = run(&[("new", Fail), ("worse", Fail), ("same", Fail), ("unknown", Fail), ("lost", CannotTell)]);
        let found: Vec<(String, Verdict, Verdict)> =
            changes(&before, &after).into_iter().map(|one| (one.check, one.was, one.now)).collect();
        let of = |check: &str, was, now| (check.to_owned(), was, now);
        assert_eq!(found, [of("new", Pass, Fail), of("worse", Warning, Fail), of("mended", Fail, Pass)]);
        assert_eq!(changes(&after, &after), []);
    }
}
