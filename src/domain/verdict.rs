//! Checks and their verdicts.

use super::CheckId;
use super::words::words;
use jiff::Timestamp;
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

words! {
    /// What a command is typed into.
    pub enum Tool {
        /// Azure's command line.
        Az = "az", "Azure CLI";
        /// The Az modules of PowerShell.
        PowerShell = "powershell", "PowerShell";
        /// A query of Resource Graph, for its explorer in the portal.
        ResourceGraph = "resource_graph", "Resource Graph";
        /// A query of a Log Analytics workspace.
        Kql = "kql", "Log Analytics (KQL)";
    }
}

/// A command to copy, with this tenant's ids filled in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "KeptCommand")]
pub struct Command {
    /// What it is typed into.
    pub tool: Tool,
    /// The command.
    pub text: String,
}

/// Commands as stores keep them: the first ones were texts for the Azure CLI.
#[derive(Deserialize)]
#[serde(untagged)]
enum KeptCommand {
    Text(String),
    Whole { tool: Tool, text: String },
}

impl From<KeptCommand> for Command {
    fn from(kept: KeptCommand) -> Self {
        match kept {
            KeptCommand::Text(text) => Self { tool: Tool::Az, text },
            KeptCommand::Whole { tool, text } => Self { tool, text },
        }
    }
}

/// Where a fact comes from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Origin {
    /// The host that answered.
    pub source: String,
    /// When it answered, by its own clock.
    pub at: Option<Timestamp>,
    /// The id by which the service's support finds the request.
    pub request: Option<String>,
}

impl std::fmt::Display for Origin {
    /// In a line for support: the host, its time, and the id of the request.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.source)?;
        if let Some(at) = self.at {
            write!(f, " at {}", super::time::exact(at))?;
        }
        match &self.request {
            Some(id) => write!(f, ", request {id}"),
            None => Ok(()),
        }
    }
}

/// Something a check rests on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Kept")]
pub struct Evidence {
    /// What it is.
    pub name: String,
    /// Its value.
    pub value: String,
    /// Where it comes from; none where it is from the console's own records, as they were when the check was made.
    pub origin: Option<Origin>,
}

/// Evidence as stores keep it: the first ones kept name and value alone.
#[derive(Deserialize)]
#[serde(untagged)]
enum Kept {
    Pair(String, String),
    Whole { name: String, value: String, origin: Option<Origin> },
}

impl From<Kept> for Evidence {
    fn from(kept: Kept) -> Self {
        match kept {
            Kept::Pair(name, value) => Self { name, value, origin: None },
            Kept::Whole { name, value, origin } => Self { name, value, origin },
        }
    }
}

/// A fact that was asked for: its value, or the sentence that says why it could not be had, and who answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Known<T> {
    /// The value.
    pub found: Result<T, String>,
    /// Who answered, where somebody did.
    pub origin: Option<Origin>,
}

impl<T> Known<T> {
    /// The same with another value.
    pub fn map<U>(self, change: impl FnOnce(T) -> U) -> Known<U> {
        Known { found: self.found.map(change), origin: self.origin }
    }

    /// The value, where it could be had.
    pub fn value(&self) -> Option<&T> {
        self.found.as_ref().ok()
    }
}

impl<T> From<Result<T, String>> for Known<T> {
    fn from(found: Result<T, String>) -> Self {
        Self { found, origin: None }
    }
}

/// A check with its answer: what was looked at, what was found, why it matters, and the one thing to do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Checked {
    /// Which check it is.
    #[serde(deserialize_with = "CheckId::read")]
    pub check: CheckId,
    /// What it is about, when it is about one thing: a target's or a subscription's name.
    pub subject: Option<String>,
    /// The question, in words.
    pub title: String,
    /// The answer.
    pub verdict: Verdict,
    /// The answer in a sentence.
    pub said: String,
    /// What it rests on.
    pub evidence: Vec<Evidence>,
    /// Why it matters; empty when it passes.
    pub why: String,
    /// What to do, step by step; empty when it passes.
    pub fix: Vec<String>,
    /// Commands to copy, with the ids filled in.
    #[serde(default)]
    pub commands: Vec<Command>,
    /// The page of Microsoft's documentation that the check rests on; empty where it rests on none.
    #[serde(default)]
    pub docs: String,
}

impl Checked {
    /// A check that passes.
    pub fn pass(check: CheckId, said: impl Into<String>) -> Self {
        Self::asking(check, check.label(), said)
    }

    /// A check that passes, with its question in other words.
    pub fn asking(check: CheckId, title: &str, said: impl Into<String>) -> Self {
        Self {
            check,
            subject: None,
            title: title.to_owned(),
            verdict: Verdict::Pass,
            said: said.into(),
            evidence: Vec::new(),
            why: String::new(),
            fix: Vec::new(),
            commands: Vec::new(),
            docs: String::new(),
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
        self.evidence.push(Evidence { name: name.to_owned(), value: value.into(), origin: None });
        self
    }

    /// What it rests on comes from there, as far as it does not say otherwise.
    #[must_use]
    pub fn from(mut self, origin: Option<&Origin>) -> Self {
        if let Some(origin) = origin {
            if self.evidence.is_empty() {
                // The answer itself is all there is to see.
                self = self.seen("answer", "");
            }
            for one in self.evidence.iter_mut().filter(|one| one.origin.is_none()) {
                one.origin = Some(origin.clone());
            }
        }
        self
    }

    /// With commands to copy.
    #[must_use]
    pub fn commands(mut self, commands: impl IntoIterator<Item = Command>) -> Self {
        self.commands.extend(commands);
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn checks_of_older_stores_are_still_read() {
        let old = r#"{"check":"a.b","subject":null,"title":"?","verdict":"fail","said":"no","evidence":[["id","x"]],"why":"","fix":[],"commands":["az account show"]}"#;
        let read: Checked = serde_json::from_str(old).unwrap();
        assert_eq!((read.check, read.title.as_str()), (CheckId::Retired, "?"), "a check of another release");
        assert_eq!(read.evidence, [Evidence { name: "id".into(), value: "x".into(), origin: None }]);
        assert_eq!(read.commands, [Command { tool: Tool::Az, text: "az account show".into() }]);
        let again: Checked = serde_json::from_str(&serde_json::to_string(&read).unwrap()).unwrap();
        assert_eq!(again, read);
    }

    #[test]
    fn evidence_says_who_answered_unless_it_knows_better() {
        let origin = |source: &str| Origin { source: source.into(), at: None, request: Some("1".into()) };
        let check = Checked::pass(CheckId::Clock, "yes").seen("x", "1").from(Some(&origin("arm")));
        let check = check.seen("y", "2").from(Some(&origin("graph"))).seen("z", "3").from(None);
        let sources: Vec<_> =
            check.evidence.iter().map(|one| one.origin.as_ref().map(|origin| origin.source.as_str())).collect();
        assert_eq!(sources, [Some("arm"), Some("graph"), None]);
    }
}
