//! Checks and their verdicts.

use super::words::words;
use serde::{Deserialize, Serialize};

words! {
    /// The answer of a check, the most harmful first.
    pub enum Verdict {
        /// It is broken.
        Fail = "fail", "Fails";
        /// It works, but not as it should.
        Warning = "warning", "Warning";
        /// What is needed to tell is missing; the check names it.
        CannotTell = "cannot_tell", "Cannot tell";
        /// It is as it should be.
        Pass = "pass", "Passes";
    }
}

/// A check with its answer: what was looked at, what was found, why it matters, and the one thing to do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Checked {
    /// The check's word, such as `identity.token`; the same for every run.
    pub check: String,
    /// What it is about, when it is about one thing: a target's or a subscription's name.
    pub subject: Option<String>,
    /// The question, in words.
    pub title: String,
    /// The answer.
    pub verdict: Verdict,
    /// The answer in a sentence.
    pub said: String,
    /// What it rests on: name and value.
    pub evidence: Vec<(String, String)>,
    /// Why it matters; empty when it passes.
    pub why: String,
    /// What to do, step by step; empty when it passes.
    pub fix: Vec<String>,
    /// Commands to copy, with the ids filled in.
    pub commands: Vec<String>,
}

impl Checked {
    /// A check that passes.
    pub fn pass(check: &str, title: &str, said: impl Into<String>) -> Self {
        Self {
            check: check.to_owned(),
            subject: None,
            title: title.to_owned(),
            verdict: Verdict::Pass,
            said: said.into(),
            evidence: Vec::new(),
            why: String::new(),
            fix: Vec::new(),
            commands: Vec::new(),
        }
    }

    /// The same check with another answer, why that matters and what to do.
    #[must_use]
    pub fn but(mut self, verdict: Verdict, said: impl Into<String>, why: &str, fix: &[&str]) -> Self {
        self.verdict = verdict;
        self.said = said.into();
        why.clone_into(&mut self.why);
        self.fix = fix.iter().map(|step| (*step).to_owned()).collect();
        self
    }

    /// With what it is about.
    #[must_use]
    pub fn about(mut self, subject: &str) -> Self {
        self.subject = Some(subject.to_owned());
        self
    }

    /// With something it rests on.
    #[must_use]
    pub fn seen(mut self, name: &str, value: impl Into<String>) -> Self {
        self.evidence.push((name.to_owned(), value.into()));
        self
    }

    /// With a command to copy.
    #[must_use]
    pub fn command(mut self, command: String) -> Self {
        self.commands.push(command);
        self
    }
}
