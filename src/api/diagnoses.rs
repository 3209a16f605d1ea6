//! Why an alert or recommendation did, or did not, arrive.

use super::{about::About, health::CheckAnswer};
use domain::{
    ExportId,
    diagnosis::{Diagnosis, ExportDiagnosis, Stop},
    verdict::Verdict,
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What is asked about.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DiagnosisBody {
    /// An event id, alert id, resource id or recommendation id, or a link of the portal.
    pub item: String,
    /// For this export only.
    #[serde(default)]
    #[schema(value_type = Option<String>, format = Uuid)]
    pub export: Option<ExportId>,
}

/// One place of the item's way.
#[derive(Debug, Serialize, ToSchema)]
pub struct StopAnswer {
    /// `source`, `observed`, `covered`, `rules`, `sent`, `arrived`.
    pub station: &'static str,
    /// How it stands there; null when the item did not come that far.
    pub verdict: Option<&'static str>,
    /// That in a few words.
    pub said: String,
}

impl From<Stop> for StopAnswer {
    fn from(stop: Stop) -> Self {
        Self { station: stop.station.as_str(), verdict: stop.verdict.map(Verdict::as_str), said: stop.said }
    }
}

/// One export's part.
#[derive(Debug, Serialize, ToSchema)]
pub struct ExportPart {
    /// Its name.
    pub name: String,
    /// Who delivers.
    pub delivered_by: &'static str,
    /// The export of this console.
    #[schema(format = Uuid)]
    pub export: Option<String>,
    /// Azure's automation.
    pub automation: Option<String>,
    /// The worst verdict.
    pub verdict: &'static str,
    /// The first check that does not pass.
    pub broken: Option<String>,
    /// The way of the item.
    pub way: Vec<StopAnswer>,
    /// The checks.
    pub verdicts: Vec<CheckAnswer>,
}

impl From<ExportDiagnosis> for ExportPart {
    fn from(one: ExportDiagnosis) -> Self {
        Self {
            verdict: one.verdict().as_str(),
            broken: one.broken().map(|check| check.check.to_string()),
            name: one.name,
            delivered_by: one.by.as_str(),
            export: one.export.map(Into::into),
            automation: one.automation.map(|id| id.as_str().to_owned()),
            way: one.way.into_iter().map(Into::into).collect(),
            verdicts: one.checks.into_iter().map(Into::into).collect(),
        }
    }
}

/// A diagnosis, frozen when it was made.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Diagnosis)]
pub struct DiagnosisAnswer {
    /// Its id.
    #[schema(format = Uuid)]
    pub id: String,
    /// What was asked about.
    pub asked: String,
    /// When.
    pub made_at: Timestamp,
    /// By whom.
    pub made_by: String,
    /// The item, where it was found.
    pub item: Option<About>,
    /// Checks of the item itself, then of every export, in the order they are to be read.
    pub verdicts: Vec<CheckAnswer>,
    /// Export by export.
    pub exports: Vec<ExportPart>,
    /// Whether all of it is known; until then Azure is being asked.
    pub complete: bool,
}

impl From<Diagnosis> for DiagnosisAnswer {
    fn from(one: Diagnosis) -> Self {
        Self {
            verdicts: one.all().cloned().map(Into::into).collect(),
            id: one.id.to_string(),
            asked: one.asked,
            made_at: one.made_at,
            made_by: one.made_by,
            item: one.subject.map(Into::into),
            exports: one.exports.into_iter().map(Into::into).collect(),
            complete: one.complete,
        }
    }
}
