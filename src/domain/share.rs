//! Shares: frozen copies of one diagnosis, event, delivery or export, for somebody without an account.

use super::time::read_length;
use super::{DeliveryId, EventId, ExportId, diagnosis::DiagnosisId, ids::BadId, verdict::Verdict, words::words};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};

words! {
    /// What can be shared.
    pub enum ShareKind {
        /// Why one alert or recommendation did, or did not, arrive.
        Diagnosis = "diagnosis", "Diagnosis";
        /// One observed event.
        Event = "event", "Event";
        /// One event's way to one target.
        Delivery = "delivery", "Delivery";
        /// The settings of an export.
        Export = "export", "Export";
        /// How the console does; only as a file, never as a link.
        Support = "support", "Support bundle";
    }
}

words! {
    /// How a share stands.
    pub enum ShareState {
        /// Its link shows it.
        Open = "open", "Open";
        /// Its time is over.
        Expired = "expired", "Expired";
        /// A person took it back.
        Revoked = "revoked", "Revoked";
    }
}

words! {
    /// How something said is meant.
    pub enum Tone {
        /// Neither good nor bad.
        Plain = "plain", "Note";
        /// As it should be.
        Good = "good", "Good";
        /// Not as it should be.
        Warn = "warn", "Warning";
        /// Broken.
        Bad = "bad", "Broken";
    }
}

impl From<Verdict> for Tone {
    fn from(verdict: Verdict) -> Self {
        match verdict {
            Verdict::Fail => Self::Bad,
            Verdict::Warning => Self::Warn,
            Verdict::CannotTell => Self::Plain,
            Verdict::Pass => Self::Good,
        }
    }
}

/// The thing that is shared.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ShareOf {
    /// A diagnosis.
    Diagnosis(DiagnosisId),
    /// An event.
    Event(EventId),
    /// A delivery.
    Delivery(DeliveryId),
    /// An export.
    Export(ExportId),
}

impl ShareOf {
    /// Reads kind and id; nothing when the id is none of that kind.
    pub fn parse(kind: ShareKind, id: &str) -> Option<Self> {
        match kind {
            ShareKind::Diagnosis => id.parse().ok().map(Self::Diagnosis),
            ShareKind::Event => id.parse().ok().map(Self::Event),
            ShareKind::Delivery => id.parse().ok().map(Self::Delivery),
            ShareKind::Export => id.parse().ok().map(Self::Export),
            ShareKind::Support => None,
        }
    }

    /// What it is.
    pub const fn kind(&self) -> ShareKind {
        match self {
            Self::Diagnosis(_) => ShareKind::Diagnosis,
            Self::Event(_) => ShareKind::Event,
            Self::Delivery(_) => ShareKind::Delivery,
            Self::Export(_) => ShareKind::Export,
        }
    }

    /// Its id.
    pub fn id(&self) -> String {
        match self {
            Self::Diagnosis(id) => id.to_string(),
            Self::Event(id) => id.to_string(),
            Self::Delivery(id) => id.to_string(),
            Self::Export(id) => id.to_string(),
        }
    }
}

/// The id of a share. It is no secret: the token in its link is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ShareId(String);

impl ShareId {
    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ShareId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for ShareId {
    type Err = BadId;

    fn from_str(text: &str) -> Result<Self, BadId> {
        super::JobId::parse(text).map(|id| Self(id.to_string()))
    }
}

/// How long a link lives when nothing else is said, in hours.
pub const USUAL_LIFE: i64 = 7 * 24;
/// The longest it may live, in hours.
pub const LONGEST_LIFE: i64 = 30 * 24;

/// When a link expires that is to live as long as `text` says: `1h` to `30d`, or a time; empty is seven days.
///
/// # Errors
/// A sentence, when it is neither, or out of those bounds.
pub fn expires_at(text: &str, now: Timestamp) -> Result<Timestamp, String> {
    let text = text.trim();
    let hours = |hours: i64| now.saturating_add(SignedDuration::from_hours(hours)).unwrap_or(Timestamp::MAX);
    let at = match text {
        "" => Some(hours(USUAL_LIFE)),
        text => match read_length(text) {
            Some(length) => Some(now.saturating_add(length).unwrap_or(Timestamp::MAX)),
            None => text.parse::<Timestamp>().ok(),
        },
    };
    match at {
        None => Err("say how long, such as `12h` or `7d`, or until when (RFC 3339)".to_owned()),
        Some(at) if at < hours(1) || at > hours(LONGEST_LIFE) => Err("between 1 hour and 30 days".to_owned()),
        Some(at) => Ok(at),
    }
}

/// A share as its list shows it; never its token.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShareRow {
    /// Its id.
    pub id: ShareId,
    /// What was shared.
    pub of: ShareOf,
    /// What people call that.
    pub title: String,
    /// When it was made.
    pub made_at: Timestamp,
    /// By whom.
    pub made_by: String,
    /// Until when its link shows it.
    pub expires_at: Timestamp,
    /// When it was taken back.
    pub revoked_at: Option<Timestamp>,
    /// Whether ids and names are replaced in it.
    pub redacted: bool,
    /// Whether its link asks for a passphrase.
    pub has_passphrase: bool,
    /// How often it was looked at.
    pub views: i64,
    /// When last.
    pub last_view_at: Option<Timestamp>,
}

impl ShareRow {
    /// How it stands at a moment.
    pub fn state(&self, now: Timestamp) -> ShareState {
        match self.revoked_at {
            Some(_) => ShareState::Revoked,
            None if self.expires_at <= now => ShareState::Expired,
            None => ShareState::Open,
        }
    }
}

/// A name and its value.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fact {
    /// The name.
    pub name: String,
    /// The value.
    pub value: String,
}

/// A place of a way.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WayStop {
    /// What it is called.
    pub name: String,
    /// How it stands there; none when nothing came that far.
    pub verdict: Option<Verdict>,
    /// That in a few words.
    pub said: String,
}

/// Something that happened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Moment {
    /// How it is meant.
    pub tone: Tone,
    /// What happened.
    pub title: String,
    /// The particulars.
    pub said: String,
    /// When, in words.
    pub at: String,
}

/// One question with its answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SharedCheck {
    /// The check's word.
    pub check: String,
    /// The answer.
    pub verdict: Verdict,
    /// The question.
    pub title: String,
    /// What it is about.
    pub subject: Option<String>,
    /// The answer in a sentence.
    pub said: String,
    /// What it rests on.
    pub evidence: Vec<Fact>,
    /// Why it matters.
    pub why: String,
    /// What to do.
    pub fix: Vec<String>,
    /// Commands to copy.
    pub commands: Vec<String>,
}

/// A piece of a document.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "part", rename_all = "snake_case")]
pub enum Part {
    /// A paragraph.
    Text {
        /// What it says.
        text: String,
    },
    /// Something to look at first.
    Callout {
        /// How it is meant.
        tone: Tone,
        /// What happened.
        title: String,
        /// Why, or what follows.
        text: String,
    },
    /// Names and values.
    Facts {
        /// In the order they are to be read.
        facts: Vec<Fact>,
    },
    /// Rows under a head.
    Table {
        /// The names of the columns.
        head: Vec<String>,
        /// The rows, each as wide as the head.
        rows: Vec<Vec<String>>,
    },
    /// What to do, one after the other.
    Steps {
        /// The steps.
        steps: Vec<String>,
    },
    /// Text to read or copy as it is.
    Code {
        /// What it is.
        label: String,
        /// The text.
        text: String,
    },
    /// The places of an item's way.
    Way {
        /// In their order.
        stops: Vec<WayStop>,
    },
    /// What happened, oldest first.
    Timeline {
        /// One after the other.
        moments: Vec<Moment>,
    },
    /// Questions with their answers.
    Checks {
        /// In the order they are to be read.
        checks: Vec<SharedCheck>,
    },
}

/// Parts under a heading.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Section {
    /// The heading.
    pub title: String,
    /// What stands below it.
    pub parts: Vec<Part>,
}

/// A frozen document: everything a share shows, and all that is kept of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Document {
    /// What it is a copy of.
    pub kind: ShareKind,
    /// Its heading.
    pub title: String,
    /// What it is about, in a line.
    pub lead: String,
    /// When it was frozen.
    pub made_at: Timestamp,
    /// By whom.
    pub made_by: String,
    /// Whether ids and names are replaced.
    pub redacted: bool,
    /// The release that wrote it.
    pub release: String,
    /// What it says.
    pub sections: Vec<Section>,
}

impl Document {
    /// Changes every text that can hold something of a person's or of Azure's. Column names and the names of facts are the
    /// program's own and stay.
    pub fn for_each_text(&mut self, mut change: impl FnMut(&mut String)) {
        for text in [&mut self.title, &mut self.lead, &mut self.made_by] {
            change(text);
        }
        for section in &mut self.sections {
            change(&mut section.title);
            for part in &mut section.parts {
                part.for_each_text(&mut change);
            }
        }
    }
}

impl Part {
    fn for_each_text(&mut self, change: &mut impl FnMut(&mut String)) {
        match self {
            Self::Text { text } | Self::Code { text, .. } => change(text),
            Self::Callout { title, text, .. } => [title, text].into_iter().for_each(change),
            Self::Facts { facts } => facts.iter_mut().for_each(|fact| change(&mut fact.value)),
            Self::Table { rows, .. } => rows.iter_mut().flatten().for_each(change),
            Self::Steps { steps } => steps.iter_mut().for_each(change),
            Self::Way { stops } => stops.iter_mut().for_each(|stop| change(&mut stop.said)),
            Self::Timeline { moments } => {
                moments.iter_mut().flat_map(|one| [&mut one.title, &mut one.said]).for_each(change);
            }
            Self::Checks { checks } => {
                for one in checks {
                    change(&mut one.said);
                    change(&mut one.why);
                    change(&mut one.title);
                    one.subject.iter_mut().for_each(&mut *change);
                    // Some evidence is called by a name of Azure's.
                    one.evidence.iter_mut().flat_map(|fact| [&mut fact.name, &mut fact.value]).for_each(&mut *change);
                    one.fix.iter_mut().chain(&mut one.commands).for_each(&mut *change);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_lives_between_an_hour_and_thirty_days() {
        let now: Timestamp = "2026-01-01T00:00:00Z".parse().unwrap();
        let at = |text: &str| expires_at(text, now).map(|at| at.to_string());
        assert_eq!(at("").unwrap(), "2026-01-08T00:00:00Z");
        assert_eq!(at("1h").unwrap(), "2026-01-01T01:00:00Z");
        assert_eq!(at("30d").unwrap(), "2026-01-31T00:00:00Z");
        assert_eq!(at("2026-01-02T00:00:00Z").unwrap(), "2026-01-02T00:00:00Z");
        for wrong in ["0h", "31d", "721h", "7", "d", "ü", "-1d", "2025-01-01T00:00:00Z", "99999999999h"] {
            assert!(at(wrong).is_err(), "{wrong}");
        }
    }
}
