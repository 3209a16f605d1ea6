//! A diagnosis: why one alert or recommendation did, or did not, arrive.

use super::{
    CheckId, DeliveredBy, ExportId, ResourceId, SubscriptionId, TargetId,
    ids::BadId,
    verdict::{Checked, Verdict},
    view::Subject,
    words::words,
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// The evidence that says how the rules of now would decide.
pub const BY_RULES_OF_NOW: &str = "by the rules of now";

words! {
    /// The places of an item's way, in their order.
    pub enum Station {
        /// Defender for Cloud has it.
        Source = "source", "At the source";
        /// This console has seen it.
        Observed = "observed", "Observed";
        /// The export covers it.
        Covered = "covered", "Covered by the export";
        /// The export's rules let it through.
        Rules = "rules", "Let through by its rules";
        /// It was sent to the target.
        Sent = "sent", "Sent to the target";
        /// The target took it.
        Arrived = "arrived", "Arrived";
    }
}

/// The id of a diagnosis.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct DiagnosisId(String);

impl DiagnosisId {
    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Display for DiagnosisId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::str::FromStr for DiagnosisId {
    type Err = BadId;

    fn from_str(text: &str) -> Result<Self, BadId> {
        // The shape is that of every other id made here.
        super::JobId::parse(text).map(|id| Self(id.to_string()))
    }
}

/// One place of an item's way.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stop {
    /// Which.
    pub station: Station,
    /// How it stands there; none when the item did not come that far.
    pub verdict: Option<Verdict>,
    /// That in a few words.
    pub said: String,
}

/// One export's part.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExportDiagnosis {
    /// Its name.
    pub name: String,
    /// Who delivers.
    pub by: DeliveredBy,
    /// The export of this console.
    pub export: Option<ExportId>,
    /// Azure's automation.
    pub automation: Option<ResourceId>,
    /// The target of this console that it sends to.
    #[serde(default)]
    pub target: Option<TargetId>,
    /// The way of the item, station by station.
    pub way: Vec<Stop>,
    /// The checks, in the order of the way.
    pub checks: Vec<Checked>,
}

impl ExportDiagnosis {
    /// The first check that does not pass.
    pub fn broken(&self) -> Option<&Checked> {
        let worse = |verdict: Verdict| self.checks.iter().find(|one| one.verdict == verdict);
        worse(Verdict::Fail).or_else(|| worse(Verdict::Warning)).or_else(|| worse(Verdict::CannotTell))
    }

    /// How many stations the item passed.
    pub fn came(&self) -> usize {
        self.way.iter().filter(|stop| stop.verdict == Some(Verdict::Pass)).count()
    }

    /// Whether the item arrived, as far as anybody can tell.
    pub fn arrived(&self) -> bool {
        self.way.last().is_some_and(|stop| stop.verdict == Some(Verdict::Pass))
    }

    /// Where the item's own way ended before any export: what was not there, or not observed, went nowhere.
    pub fn not_there(&self) -> Option<&Stop> {
        self.way.iter().find(|stop| stop.verdict == Some(Verdict::Fail) && stop.station <= Station::Observed)
    }

    /// Whether its rules leave the item out: that is what they are for.
    pub fn filters(&self) -> bool {
        const RULES: [CheckId; 2] = [CheckId::ExportRules, CheckId::AzureRules];
        self.broken().is_some_and(|one| one.verdict == Verdict::Fail && RULES.contains(&one.check))
    }

    /// The answer in one word: the worst verdict.
    pub fn verdict(&self) -> Verdict {
        self.broken().map_or(Verdict::Pass, |one| one.verdict)
    }

    /// Whether the export is not about such items at all: of another subscription, or of other kinds of data.
    pub fn leaves_out(&self) -> bool {
        const ABOUT: [CheckId; 4] =
            [CheckId::ExportScope, CheckId::ExportSource, CheckId::AzureScope, CheckId::AzureSource];
        self.broken().is_some_and(|one| one.verdict == Verdict::Fail && ABOUT.contains(&one.check))
    }
}

/// Everything a diagnosis says, frozen when it was made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Diagnosis {
    /// Its id.
    pub id: DiagnosisId,
    /// What was asked about, as it was pasted.
    pub asked: String,
    /// When.
    pub made_at: Timestamp,
    /// By whom.
    pub made_by: String,
    /// The item, where it was found.
    pub subject: Option<Subject>,
    /// The subscription it is, or would be, in.
    pub subscription: Option<SubscriptionId>,
    /// Checks of the item itself.
    pub checks: Vec<Checked>,
    /// Export by export.
    pub exports: Vec<ExportDiagnosis>,
    /// The export that was asked about; none where all were.
    #[serde(default)]
    pub only: Option<ExportId>,
    /// Whether all of it is known; until then Azure is being asked.
    #[serde(default = "complete")]
    pub complete: bool,
}

/// Diagnoses of older stores were kept whole.
const fn complete() -> bool {
    true
}

impl Diagnosis {
    /// The exports that are about such items; all of them where none is.
    fn about(&self) -> Vec<&ExportDiagnosis> {
        let about: Vec<&ExportDiagnosis> = self.exports.iter().filter(|one| !one.leaves_out()).collect();
        if about.is_empty() { self.exports.iter().collect() } else { about }
    }

    /// The answer in a sentence.
    pub fn headline(&self) -> String {
        let about = self.about();
        let arrived: Vec<&str> = about.iter().filter(|one| one.arrived()).map(|one| one.name.as_str()).collect();
        match (arrived.as_slice(), about.len()) {
            ([], _) => {}
            (all, n) if all.len() == n => return "Exported, the whole way".to_owned(),
            ([one], n) => return format!("Exported by {one}, one of {n} exports that are about it"),
            (all, n) => return format!("Exported by {} of {n} exports that are about it", all.len()),
        }
        if let Some(broken) = self.checks.iter().find(|one| one.verdict == Verdict::Fail) {
            return format!("Not exported: {}", lower(&broken.said));
        }
        let failed = about.iter().filter(|one| one.verdict() == Verdict::Fail).count();
        let waits = |one: &&ExportDiagnosis| {
            one.checks.iter().any(|check| check.check == CheckId::ExportDelivery && check.verdict == Verdict::Warning)
        };
        match (about.as_slice(), failed) {
            ([], _) => "No export is in its subscription".to_owned(),
            ([one], 1) => {
                format!("Not exported: {}", lower(&one.broken().map(|one| one.said.clone()).unwrap_or_default()))
            }
            // Of what was not observed nobody knows whether it passed anywhere.
            (_, 0) if self.subject.is_none() => "Cannot tell whether it was exported".to_owned(),
            (all, 0) if all.iter().any(waits) => "Not exported yet: it waits to be sent".to_owned(),
            (_, 0) => "Exported, as far as it can be seen".to_owned(),
            (all, n) if n == all.len() => format!("Not exported by any of {n} exports"),
            (all, n) => format!("Not exported by {n} of {} exports", all.len()),
        }
    }

    /// What answers it best: the check that the headline rests on, where one does not pass.
    pub fn broken(&self) -> Option<&Checked> {
        let about = self.about();
        // Where it arrived somewhere, rules that leave it out elsewhere do what they are for.
        if about.iter().any(|one| one.arrived()) {
            let stuck = about.iter().filter(|one| !one.filters() && !one.arrived());
            return stuck.filter(|one| one.verdict() == Verdict::Fail).find_map(|one| one.broken());
        }
        let item = self.checks.iter().find(|one| one.verdict == Verdict::Fail);
        let export = about.into_iter().find(|one| one.verdict() == Verdict::Fail);
        item.or_else(|| export.and_then(ExportDiagnosis::broken))
    }

    /// How sure the answer is, or how bad: the headline's tone.
    pub fn verdict(&self) -> Verdict {
        let about = self.about();
        match self.broken() {
            Some(one) => one.verdict,
            None if about.iter().any(|one| one.arrived()) => Verdict::Pass,
            None if self.subject.is_none() => Verdict::CannotTell,
            None => about.iter().map(|one| one.verdict()).min().unwrap_or(Verdict::CannotTell),
        }
    }

    /// Every check, in the order they are to be read.
    pub fn all(&self) -> impl Iterator<Item = &Checked> {
        self.checks.iter().chain(self.exports.iter().flat_map(|one| &one.checks))
    }
}

fn lower(text: &str) -> String {
    let mut chars = text.trim_end_matches('.').chars();
    chars.next().map(|first| first.to_lowercase().chain(chars).collect()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn export(name: &str, checks: Vec<Checked>, arrived: bool) -> ExportDiagnosis {
        let stop = |station: Station| Stop {
            station,
            verdict: (arrived || station <= Station::Observed).then_some(Verdict::Pass),
            said: String::new(),
        };
        ExportDiagnosis {
            name: name.to_owned(),
            by: DeliveredBy::Console,
            export: None,
            automation: None,
            target: None,
            way: Station::ALL.iter().copied().map(stop).collect(),
            checks,
        }
    }

    fn failing(check: &str, said: &str) -> Vec<Checked> {
        vec![Checked::asking(CheckId::parse(check).unwrap(), "?", "").but(Verdict::Fail, said, "", &[])]
    }

    fn of(exports: Vec<ExportDiagnosis>) -> Diagnosis {
        Diagnosis {
            id: "01a21942-e22c-7692-bbf4-0609d2e403ee".parse().unwrap(),
            asked: "x".to_owned(),
            made_at: Timestamp::UNIX_EPOCH,
            made_by: "Ada".to_owned(),
            subject: None,
            subscription: None,
            checks: Vec::new(),
            exports,
            only: None,
            complete: true,
        }
    }

    #[test]
    fn where_it_arrived_comes_before_who_left_it_out() {
        let filtered = || export("low", failing("export.rules", "They do not."), false);
        let elsewhere = || export("other", failing("export.source", "It does not."), false);
        let stuck = || export("edge", failing("export.delivery", "It waits."), false);
        let arrived = || export("siem", Vec::new(), true);

        let one = of(vec![filtered(), arrived(), elsewhere()]);
        assert_eq!(one.headline(), "Exported by siem, one of 2 exports that are about it");
        assert_eq!(one.broken(), None, "rules that leave it out do what they are for");
        assert_eq!(
            of(vec![arrived(), arrived(), filtered()]).headline(),
            "Exported by 2 of 3 exports that are about it"
        );
        assert_eq!(of(vec![arrived(), elsewhere()]).headline(), "Exported, the whole way");
        let half = of(vec![filtered(), arrived(), stuck()]);
        assert_eq!(half.broken().unwrap().check, CheckId::ExportDelivery);
        let none = of(vec![elsewhere(), filtered()]);
        assert_eq!(none.headline(), "Not exported: they do not", "the other is not about it");
        assert_eq!(of(vec![filtered(), stuck()]).headline(), "Not exported by any of 2 exports");
        let item = || export("new", Vec::new(), false);
        assert_eq!(of(vec![item()]).headline(), "Cannot tell whether it was exported", "it was not observed");
        assert_eq!(none.broken().unwrap().check, CheckId::ExportRules);
        assert_eq!(of(vec![filtered()]).headline(), "Not exported: they do not");
    }
}
