//! What a filter lets through, as the console answers it to pages and REST alike.

use super::{EventId, EventSource, view::Subject, words::words};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

words! {
    /// How an event stands to a filter.
    pub enum Nearness {
        /// It passes.
        Match = "match", "Match";
        /// It does not pass, and in some rule set of two or more rules exactly one fails.
        Near = "near", "Near miss";
        /// It does not pass.
        Not = "not", "No match";
    }
}

/// An event in the preview.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PreviewRow {
    /// The event.
    pub event: EventId,
    /// What it is about.
    pub subject: Subject,
    /// How it stands to the filter.
    pub stands: Nearness,
    /// The decision in one sentence.
    pub reason: String,
}

/// What a filter would have sent in one hour or day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct PreviewBucket {
    /// When it begins.
    pub from: Timestamp,
    /// Events that match.
    pub events: i64,
    /// Their bytes.
    pub bytes: u64,
}

/// A draft against the saved version, over the same events.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rehearsal {
    /// The version it is held against.
    pub version: u32,
    /// Events that only the draft lets through.
    pub gained: i64,
    /// Events that only the saved version lets through.
    pub lost: i64,
    /// The newest that only the draft lets through.
    pub gained_rows: Vec<PreviewRow>,
    /// The newest that only the saved version lets through, with the draft's reason.
    pub lost_rows: Vec<PreviewRow>,
}

/// What a snapshot source would send each week: the state as it is now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WeeklyState {
    /// The source.
    pub source: EventSource,
    /// Items looked at.
    pub items: i64,
    /// Items that match.
    pub matched: i64,
    /// Their bytes.
    pub bytes: u64,
    /// Items whose payload is not kept, so that they could not be looked at.
    pub unread: i64,
}

/// What an export would let through. `matched`, `near` and `not_matched` are disjoint and add up to `looked_at`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Preview {
    /// Events looked at.
    pub looked_at: i64,
    /// Events of the range that could not be looked at in the time a preview has: older ones, read next time.
    pub unread: i64,
    /// Events that match.
    pub matched: i64,
    /// Events that miss by one rule.
    pub near: i64,
    /// Events that do not match otherwise.
    pub not_matched: i64,
    /// Bytes of the matching events.
    pub matched_bytes: u64,
    /// Seconds that averages are over: the range, or the part of it from which there are events at all; an hour at least.
    pub seconds: u64,
    /// Per hour or day, oldest first.
    pub buckets: Vec<PreviewBucket>,
    /// Near misses by the value that stands in the way, most frequent first.
    pub near_by: Vec<(String, i64)>,
    /// The newest of each sort: near misses, matches, the rest.
    pub rows: Vec<PreviewRow>,
    /// Against the saved version; none for a new export.
    pub rehearsal: Option<Rehearsal>,
    /// What snapshot sources would send each week.
    pub weekly: Vec<WeeklyState>,
    /// The newest matching event as the target would get it, as JSON text: the event, or a workspace's row.
    pub payload: Option<String>,
    /// Subscriptions the scope covers, of those visible.
    pub covered: (usize, usize),
    /// How long it took, in milliseconds.
    pub took_ms: u64,
    /// What keeps it from being shown, if something does.
    pub problem: Option<String>,
}
