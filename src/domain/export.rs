//! An export: scope, sources with rule sets, one target, who delivers it.

use super::{
    AzureDelivery, Change, DeliveredBy, EventSource, ExportId, Kind, RuleSet, SubscriptionId, TargetId, text::plain,
    words::words,
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

words! {
    /// Which changes of alerts a source lets through.
    pub enum Changes {
        /// New alerts only; later status changes are filtered.
        Created = "created", "New alerts only";
        /// New alerts and their later status changes.
        All = "all", "New alerts and their status changes";
    }
}

/// A tag of a subscription, as an exception of a scope.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tag {
    /// Its name; Azure compares names without regard to letter case.
    pub name: String,
    /// Its value; none means any value.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<String>,
}

/// A management group above a subscription.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ancestor {
    /// Its id.
    pub id: String,
    /// Its display name.
    pub name: String,
}

/// What scopes look at in a subscription.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    /// The subscription.
    pub id: SubscriptionId,
    /// The management groups above it, nearest first.
    pub groups: Vec<Ancestor>,
    /// Its tags.
    pub tags: BTreeMap<String, String>,
    /// When the console first listed it.
    pub first_listed_at: Timestamp,
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
    /// And all below these management groups, by id.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub management_groups: Vec<String>,
    /// But not these.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub except: Vec<SubscriptionId>,
    /// And none that carries one of these tags.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub except_tags: Vec<Tag>,
    /// Whether subscriptions that appear later are covered too.
    pub future: bool,
    /// Without future ones: subscriptions that the console listed later than this are left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub as_of: Option<Timestamp>,
}

impl Scope {
    /// Everything, now and later.
    pub fn everything() -> Self {
        Self { all: true, future: true, ..Self::default() }
    }

    /// Whether the scope names something that can grow by itself.
    pub fn is_open(&self) -> bool {
        self.all || !self.management_groups.is_empty()
    }

    /// Whether events of this subscription are seen by the export.
    pub fn covers(&self, place: &Place) -> bool {
        let by_group = |group: &Ancestor| self.management_groups.iter().any(|id| id.eq_ignore_ascii_case(&group.id));
        let is_open = self.all || place.groups.iter().any(by_group);
        let is_known = self.future || self.as_of.is_none_or(|as_of| place.first_listed_at <= as_of);
        let is_in = (is_open && is_known) || self.subscriptions.contains(&place.id);
        is_in && !self.except.contains(&place.id) && !self.except_tags.iter().any(|tag| tag.is_on(place))
    }
}

impl Tag {
    fn is_on(&self, place: &Place) -> bool {
        place.tags.iter().any(|(name, value)| {
            name.eq_ignore_ascii_case(&self.name) && self.value.as_ref().is_none_or(|wanted| wanted == value)
        })
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
    /// Where to; [`NO_TARGET`] where Azure sends.
    pub target: TargetId,
    /// What Azure needs, where it is the one who sends.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub azure: Option<AzureDelivery>,
}

/// The id of no target: of exports that Azure delivers, and of those whose target is not chosen yet.
pub const NO_TARGET: &str = "00000000-0000-0000-0000-000000000000";

impl ExportBody {
    /// Whether this console sends it.
    pub fn is_ours(&self) -> bool {
        self.delivered_by == DeliveredBy::Console
    }

    /// What its automation says of itself in Azure's portal.
    pub fn description(&self) -> String {
        format!("Continuous export: {}", plain(&self.name))
    }

    /// The source that sees events of this kind and change, if the export takes them: a snapshot source sees snapshots, a
    /// streaming source everything else.
    pub fn source_for(&self, kind: Kind, change: Change) -> Option<&Source> {
        let streams = change != Change::Snapshot;
        self.sources.iter().find(|one| one.event_source.kind() == kind && one.event_source.is_streaming() == streams)
    }

    /// Whether the export sees observed changes of this kind in this subscription.
    pub fn sees(&self, place: &Place, kind: Kind) -> bool {
        self.scope.covers(place) && self.source_for(kind, Change::Created).is_some()
    }

    /// Whether the export wants the whole state of this kind in this subscription, week by week.
    pub fn wants_snapshots(&self, place: &Place, kind: Kind) -> bool {
        self.scope.covers(place) && self.source_for(kind, Change::Snapshot).is_some()
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

#[cfg(test)]
mod tests {
    use super::*;

    fn place(number: u8, group: &str, tag: &str, listed: i64) -> Place {
        Place {
            id: SubscriptionId::parse(&format!("0ab1c2d3-0000-4000-8000-0000000000{number:02}")).unwrap(),
            groups: [group, "root"].map(|id| Ancestor { id: id.into(), name: id.to_uppercase() }).to_vec(),
            tags: BTreeMap::from([("Environment".to_owned(), tag.to_owned())]),
            first_listed_at: Timestamp::from_second(listed).unwrap(),
        }
    }

    #[test]
    fn groups_exceptions_tags_and_later_subscriptions_decide_what_is_covered() {
        let (prod, test, late) =
            (place(1, "prod", "live", 10), place(2, "prod", "test", 10), place(3, "Prod", "live", 99));
        let mut scope = Scope { management_groups: vec!["PROD".into()], future: true, ..Scope::default() };
        assert!([&prod, &test, &late].into_iter().all(|one| scope.covers(one)));
        assert!(!scope.covers(&place(4, "edge", "live", 10)));
        scope.except_tags = vec![Tag { name: "environment".into(), value: Some("test".into()) }];
        assert!(scope.covers(&prod) && !scope.covers(&test));
        scope.future = false;
        scope.as_of = Timestamp::from_second(50).ok();
        assert!(scope.covers(&prod) && !scope.covers(&late));
        scope.subscriptions = vec![late.id.clone()];
        assert!(scope.covers(&late), "what is named is covered, whenever it appeared");
        scope.except = vec![late.id.clone()];
        assert!(!scope.covers(&late));
    }
}
