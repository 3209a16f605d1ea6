//! An export: scope, sources with rule sets, one target, who delivers it.

use super::{DeliveredBy, EventSource, ExportId, Kind, RuleSet, SubscriptionId, TargetId, words::words};
use serde::{Deserialize, Serialize};

words! {
    /// Which changes of alerts a source lets through.
    pub enum Changes {
        /// New alerts only; later status changes are filtered.
        Created = "created", "New alerts only";
        /// New alerts and their later status changes.
        All = "all", "New alerts and their status changes";
    }
}

/// The subscriptions an export covers.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Scope {
    /// Every subscription the console can see.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub all: bool,
    /// Or these.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub subscriptions: Vec<SubscriptionId>,
    /// Or all below these management groups (not yet: refused on saving).
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub management_groups: Vec<String>,
    /// But not these.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub except: Vec<SubscriptionId>,
    /// Whether subscriptions that appear later are covered too.
    pub future: bool,
}

impl Scope {
    /// Everything, now and later.
    pub fn everything() -> Self {
        Self { all: true, future: true, ..Self::default() }
    }

    /// Whether events of this subscription are seen by the export.
    pub fn covers(&self, subscription: &SubscriptionId) -> bool {
        (self.all || self.subscriptions.contains(subscription)) && !self.except.contains(subscription)
    }
}

/// One kind of data an export takes, and its filter.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Source {
    /// Which data.
    pub event_source: EventSource,
    /// Which changes; means something for alerts only.
    #[serde(default = "created")]
    pub changes: Changes,
    /// Any of these must hold; none means everything.
    #[serde(default)]
    pub rule_sets: Vec<RuleSet>,
}

fn created() -> Changes {
    Changes::Created
}

/// What a person decides about an export; every saved one is a version.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExportBody {
    /// The name shown in lists; unique among exports that exist.
    pub name: String,
    /// Who sends.
    pub delivered_by: DeliveredBy,
    /// Which subscriptions.
    pub scope: Scope,
    /// Which data, filtered how.
    pub sources: Vec<Source>,
    /// Where to.
    pub target: TargetId,
}

impl ExportBody {
    /// The streaming source for this kind, if the export takes it.
    pub fn streaming_source(&self, kind: Kind) -> Option<&Source> {
        self.sources.iter().find(|source| source.event_source.is_streaming() && source.event_source.kind() == kind)
    }

    /// Whether the export sees observed changes of this kind in this subscription.
    pub fn sees(&self, subscription: &SubscriptionId, kind: Kind) -> bool {
        self.scope.covers(subscription) && self.streaming_source(kind).is_some()
    }
}

/// An export as it stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Export {
    /// Its id, the same in all versions.
    pub id: ExportId,
    /// Counts the saved versions from 1.
    pub version: u32,
    /// Whether its pending events are held back.
    pub paused: bool,
    /// The current version.
    #[serde(flatten)]
    pub body: ExportBody,
}
