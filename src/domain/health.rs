//! What the scheduled health checks found: the last run, and what changed between runs.

use super::CheckId;
use super::verdict::{Checked, Verdict};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

/// A check that did not pass in a run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OpenCheck {
    /// The check's word.
    #[serde(deserialize_with = "CheckId::read")]
    pub check: CheckId,
    /// What it is about.
    pub subject: Option<String>,
    /// The id of that, where names may be shared.
    #[serde(default)]
    pub of: String,
    /// The question.
    pub title: String,
    /// The answer.
    pub verdict: Verdict,
    /// The answer in a sentence.
    pub said: String,
}

/// Evidence that says which one of the same name is meant.
const IDS: [&str; 5] = ["subscription", "resource group", "target", "resource", "assignment"];
/// Open checks that are kept of a run; the figures count all.
const MOST_OPEN: usize = 300;

impl OpenCheck {
    fn of(one: &Checked) -> Self {
        let ids = one.evidence.iter().filter(|seen| IDS.contains(&seen.name.as_str())).map(|seen| seen.value.as_str());
        Self {
            check: one.check,
            subject: one.subject.clone(),
            of: ids.collect::<Vec<_>>().join(" "),
            title: one.title.clone(),
            verdict: one.verdict,
            said: one.said.clone(),
        }
    }

    fn key(&self) -> (CheckId, Option<&str>, &str) {
        (self.check, self.subject.as_deref(), &self.of)
    }
}

/// A run of all checks that need no item.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HealthRun {
    /// When it was made.
    pub at: Timestamp,
    /// How many checks had each verdict.
    pub counts: BTreeMap<String, usize>,
    /// Those that did not pass, the most harmful first.
    pub open: Vec<OpenCheck>,
    /// Those of an earlier run that this one could not ask about.
    pub unasked: Vec<OpenCheck>,
    /// The checks that gave an answer.
    #[serde(deserialize_with = "CheckId::read_all")]
    pub asked: BTreeSet<CheckId>,
}

impl HealthRun {
    /// What a run found, after an earlier one.
    pub fn of(at: Timestamp, all: &[Checked], before: Option<&Self>) -> Self {
        let mut counts: BTreeMap<String, usize> = BTreeMap::new();
        for one in all {
            *counts.entry(one.verdict.as_str().to_owned()).or_default() += 1;
        }
        let tells = all.iter().filter(|one| one.verdict != Verdict::CannotTell);
        let asked: BTreeSet<CheckId> = tells.map(|one| one.check).collect();
        let open = all.iter().filter(|one| one.verdict != Verdict::Pass).take(MOST_OPEN).map(OpenCheck::of);
        let unasked = before.into_iter().flat_map(|before| before.open.iter().chain(&before.unasked));
        let unasked = unasked.filter(|one| one.verdict != Verdict::CannotTell && !asked.contains(&one.check));
        Self { at, counts, open: open.collect(), unasked: unasked.take(MOST_OPEN).cloned().collect(), asked }
    }

    /// How many checks have this verdict.
    pub fn count(&self, verdict: Verdict) -> usize {
        self.counts.get(verdict.as_str()).copied().unwrap_or_default()
    }
}

/// A check whose verdict is another one than in the run before.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HealthChange {
    /// When that was seen.
    pub at: Timestamp,
    /// The check's word.
    #[serde(deserialize_with = "CheckId::read")]
    pub check: CheckId,
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
/// to that verdict nothing is noted, and what a run could not ask about is as it was.
pub fn changes(before: &HealthRun, after: &HealthRun) -> Vec<HealthChange> {
    let change = |one: &OpenCheck, was: Verdict, now: Verdict| HealthChange {
        at: after.at,
        check: one.check,
        subject: one.subject.clone(),
        title: one.title.clone(),
        was,
        now,
        said: one.said.clone(),
    };
    let earlier: HashMap<_, &OpenCheck> =
        before.open.iter().chain(&before.unasked).map(|one| (one.key(), one)).collect();
    let open: HashSet<_> = after.open.iter().map(OpenCheck::key).collect();
    let worse = after.open.iter().map(|one| {
        let was = earlier.get(&one.key()).map_or(Verdict::Pass, |earlier| earlier.verdict);
        change(one, was, one.verdict)
    });
    let mended = earlier.values().filter(|one| !open.contains(&one.key()) && after.asked.contains(&one.check));
    let mended = mended.map(|one| change(one, one.verdict, Verdict::Pass));
    let mut all: Vec<HealthChange> = worse
        .chain(mended)
        .filter(|one| one.was != one.now && one.was != Verdict::CannotTell && one.now != Verdict::CannotTell)
        .collect();
    all.sort_by(|a, b| (a.now, &a.check, &a.subject).cmp(&(b.now, &b.check, &b.subject)));
    all.truncate(MOST_OPEN);
    all
}

#[cfg(test)]
mod tests {
    use super::*;
    use Verdict::{CannotTell, Fail, Pass, Warning};

    fn run(all: &[(&str, Verdict)], before: Option<&HealthRun>) -> HealthRun {
        let all: Vec<Checked> = all
            .iter()
            .map(|(check, verdict)| Checked { verdict: *verdict, ..Checked::pass(CheckId::parse(check).unwrap(), "") })
            .collect();
        HealthRun::of(Timestamp::UNIX_EPOCH, &all, before)
    }

    fn noted(before: &HealthRun, after: &HealthRun) -> Vec<(CheckId, Verdict, Verdict)> {
        changes(before, after).into_iter().map(|one| (one.check, one.was, one.now)).collect()
    }

    fn of(check: &str, was: Verdict, now: Verdict) -> (CheckId, Verdict, Verdict) {
        (CheckId::parse(check).unwrap(), was, now)
    }

    #[test]
    fn what_breaks_gets_worse_or_is_mended_is_noted_and_what_nobody_knows_is_not() {
        let before = run(
            &[
                ("item.type", Fail),
                ("item.plans", Warning),
                ("hub.size", Fail),
                ("hub.read", CannotTell),
                ("clock", Fail),
            ],
            None,
        );
        let after = [
            ("store.books", Fail),
            ("item.plans", Fail),
            ("hub.size", Fail),
            ("hub.read", Fail),
            ("clock", CannotTell),
            ("item.type", Pass),
        ];
        let after = run(&after, Some(&before));
        let found = noted(&before, &after);
        assert_eq!(
            found,
            [of("store.books", Pass, Fail), of("item.plans", Warning, Fail), of("item.type", Fail, Pass)]
        );
        assert_eq!(noted(&after, &after), []);
        assert_eq!((after.count(Fail), after.count(Pass)), (4, 1));
    }

    #[test]
    fn what_could_not_be_asked_about_is_as_it_was() {
        let before = run(&[("identity.token", Pass), ("target.condition", Fail)], None);
        let blind = run(&[("identity.token", Fail)], Some(&before));
        assert_eq!(noted(&before, &blind), [of("identity.token", Pass, Fail)], "nobody looked at the target");
        let again = run(&[("identity.token", Pass), ("target.condition", Fail)], Some(&blind));
        assert_eq!(noted(&blind, &again), [of("identity.token", Fail, Pass)], "the target fails as it did");
        let mended = run(&[("identity.token", Pass), ("target.condition", Pass)], Some(&blind));
        assert_eq!(noted(&blind, &mended), [of("identity.token", Fail, Pass), of("target.condition", Fail, Pass)]);
    }

    #[test]
    fn two_of_the_same_name_are_told_apart() {
        let one = |id: &str, verdict| Checked {
            verdict,
            ..Checked::pass(CheckId::AzureLocked, "").about("rg").seen("resource group", id)
        };
        let at = Timestamp::UNIX_EPOCH;
        let before = HealthRun::of(at, &[one("/a/rg", Fail), one("/b/rg", Warning)], None);
        assert_eq!(changes(&before, &HealthRun::of(at, &[one("/a/rg", Fail), one("/b/rg", Warning)], None)), []);
        let after = HealthRun::of(at, &[one("/a/rg", Pass), one("/b/rg", Warning)], Some(&before));
        assert_eq!(noted(&before, &after), [of("azure.locked", Fail, Pass)]);
    }
}
