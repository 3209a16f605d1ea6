//! What happened to the world besides the clock: one JSON object a line, appended before it takes effect.

use std::fs::{File, OpenOptions, create_dir_all, read_to_string};
use std::io::Write;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::error::PracticeError;

/// A line of the journal.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(tag = "entry", rename_all = "snake_case")]
pub(super) enum Entry {
    /// The first start: the world before this does not exist.
    Start { at: Timestamp, seed: u64, company: bool, rate: f64, import: Option<Vec<Value>> },
    /// The stream got another rate.
    Rate { at: Timestamp, rate: f64 },
    /// Someone asked for alerts.
    Alerts { at: Timestamp, order: AlertOrder },
    /// Someone flipped recommendations.
    Recommendations { at: Timestamp, count: usize, change: Flip },
    /// Someone deleted assessments, or let deleted ones come back.
    Assessments { at: Timestamp, ids: Vec<String>, deleted: bool },
    /// Someone added a subscription.
    Subscription { at: Timestamp, id: String, name: String },
    /// Someone imported list answers; `stamp` = they count as having just happened.
    Import { at: Timestamp, stamp: bool, answers: Vec<Value> },
    /// Someone added many empty subscriptions, each with an automation or without.
    Subscriptions { at: Timestamp, count: usize, automations: bool },
    /// A subscription was disabled, is past due, or came back.
    State { at: Timestamp, id: String, state: String },
    /// The application's rights on a subscription became these.
    Permissions { at: Timestamp, subscription: String, entries: Vec<Value> },
    /// A resource provider was registered for a subscription.
    Register { at: Timestamp, subscription: String, namespace: String },
    /// A document of Resource Manager was made or replaced; `item` is what a read answers.
    Put { at: Timestamp, item: Value, caller: String },
    /// A document of Resource Manager was deleted.
    Delete { at: Timestamp, id: String, caller: String },
    /// A key of an authorization rule was made anew; `second` = the secondary one.
    Regenerate { at: Timestamp, rule: String, second: bool, caller: String },
    /// Sample alerts were asked for.
    Simulate { at: Timestamp, subscription: String, bundles: Vec<String>, caller: String },
    /// Someone gave an alert another status.
    Status { at: Timestamp, id: String, status: String },
}

/// Alerts that someone asked for.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct AlertOrder {
    /// How many.
    pub count: usize,
    /// High, Medium, Low or Informational; mixed when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub severity: Option<String>,
    /// Subscription id; any when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subscription: Option<String>,
    /// Wanted size of the alert's JSON in bytes; its description is padded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bytes: Option<usize>,
    /// What to get wrong.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub malformed: Option<Malformed>,
}

/// What is wrong with a malformed alert.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Malformed {
    /// A severity nobody knows: `Catastrophic`.
    Severity,
    /// `properties` is a text.
    Shape,
}

/// How recommendations flip.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Flip {
    /// To Unhealthy, now.
    Unhealthy,
    /// To Healthy, now.
    Healthy,
    /// To `NotApplicable`, now.
    NotApplicable,
    /// To another state without a new date: only a sweep can find it.
    Silent,
}

/// The journal file, or nothing when the world lives in memory.
#[derive(Debug)]
pub(super) struct Journal {
    file: Option<(File, PathBuf)>,
}

impl Journal {
    /// Opens (and makes) the journal of a data folder; answers what it holds.
    pub(super) fn open(data: Option<&Path>) -> Result<(Self, Vec<Entry>), PracticeError> {
        let Some(folder) = data else {
            return Ok((Self { file: None }, Vec::new()));
        };
        let path = folder.join("journal.ndjson");
        let failed = |source| PracticeError::Data { path: path.clone(), source };
        create_dir_all(folder).map_err(failed)?;
        let text = if path.exists() { read_to_string(&path).map_err(failed)? } else { String::new() };
        let mut entries = Vec::new();
        let mut kept = 0;
        for (number, line) in text.split_inclusive('\n').enumerate() {
            match serde_json::from_str(line) {
                Ok(entry) => entries.push(entry),
                // a crash may leave half a line at the very end
                Err(_) if !line.ends_with('\n') => break,
                Err(source) => return Err(PracticeError::Damaged { path: path.clone(), line: number + 1, source }),
            }
            kept += line.len();
        }
        let file = OpenOptions::new().create(true).append(true).open(&path).map_err(failed)?;
        if kept < text.len() {
            file.set_len(kept as u64).map_err(failed)?;
        }
        Ok((Self { file: Some((file, path)) }, entries))
    }

    /// Appends an entry.
    pub(super) fn append(&mut self, entry: &Entry) -> Result<(), PracticeError> {
        let Some((file, path)) = &mut self.file else {
            return Ok(());
        };
        let failed = |source: std::io::Error| PracticeError::Data { path: path.clone(), source };
        let mut line = serde_json::to_vec(entry).map_err(|error| failed(error.into()))?;
        line.push(b'\n');
        file.write_all(&line).map_err(failed)
    }
}
