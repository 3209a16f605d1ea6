//! Browsing subscriptions: what is looked for, one page of them, and the management groups they hang in.

use super::{Ancestor, SubscriptionId, view::SubscriptionRow, words::words};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

crate::words! {
    /// What keeps a subscription from being watched.
    pub enum SubscriptionHealth {
        /// Nothing does.
        Ok = "ok", "Watched";
        /// Resource Graph asks for a pause.
        Throttled = "throttled", "Throttled";
        /// Azure does not answer.
        Unreachable = "unreachable", "Unreachable";
        /// Azure does not take the identity's token.
        Unauthorized = "unauthorized", "Authentication failed";
        /// The identity may not read it.
        Forbidden = "forbidden", "Access denied";
        /// Azure's answer cannot be read.
        Malformed = "malformed", "Answer not understood";
        /// The last full scan did not come to its end, or met rows that cannot be read.
        Unreadable = "unreadable", "Not read as a whole";
        /// The disk of the data folder is full.
        DiskFull = "disk_full", "Disk full";
        /// The store cannot be written.
        Store = "store", "Store not writable";
        /// The identity sees it no more.
        Unlisted = "unlisted", "Not listed any more";
    }
}

words! {
    /// How a subscription is watched, to look for.
    pub enum Watching {
        /// Something keeps it from being watched as it should, or Azure no longer lists it.
        Trouble = "trouble", "In trouble";
        /// Some kind of data is still being read for the first time.
        FirstRead = "first_read", "First read under way";
        /// Neither.
        Fine = "fine", "As it should be";
    }
}

/// The word for a subscription that Azure no longer lists, beside Azure's own words for states.
pub const UNLISTED: &str = "unlisted";
/// States a subscription can be looked for by: Azure's, and that it is no longer listed.
pub const STATES: &[&str] = &["Enabled", "Warned", "PastDue", "Disabled", UNLISTED];
/// The word for subscriptions in which no plan is on.
pub const NO_PLAN: &str = "none";

/// Which subscriptions are wanted; what is empty asks for all.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SubscriptionFilter {
    /// A part of the name or id.
    pub search: String,
    /// Azure's word for the state, or [`UNLISTED`].
    pub state: String,
    /// A plan that is on, or [`NO_PLAN`].
    pub plan: String,
    /// How it is watched.
    pub watching: Option<Watching>,
    /// The id of a management group above it.
    pub group: String,
}

impl SubscriptionFilter {
    /// Whether it asks for all.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// A place in the list: before or after a subscription.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Turn {
    /// The rows after it.
    After(SubscriptionId),
    /// The rows before it.
    Before(SubscriptionId),
}

impl Turn {
    /// Reads a place as it stands in a URL.
    pub fn parse(text: &str) -> Option<Self> {
        let (side, id) = text.split_at_checked(1)?;
        let id = SubscriptionId::parse(id).ok()?;
        match side {
            "a" => Some(Self::After(id)),
            "b" => Some(Self::Before(id)),
            _ => None,
        }
    }
}

impl std::fmt::Display for Turn {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::After(id) => write!(f, "a{id}"),
            Self::Before(id) => write!(f, "b{id}"),
        }
    }
}

/// How far the lists of subscriptions and plans have come.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListProgress {
    /// Subscriptions known.
    pub all: i64,
    /// Those of them whose plans were read.
    pub plans_read: i64,
    /// Those of them with a kind of data that is still being read for the first time.
    pub first_reads: i64,
    /// Those of them that are in trouble, or no longer listed.
    pub troubled: i64,
}

/// A management group, what is above it and what is below.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct GroupLevel {
    /// From the topmost group down to this one; empty where no group is chosen and there are several topmost ones.
    pub path: Vec<Ancestor>,
    /// The groups right below, by name, with how many subscriptions they hold at any depth.
    pub children: Vec<(Ancestor, i64)>,
    /// Subscriptions that hang right here.
    pub direct: i64,
    /// Subscriptions at any depth.
    pub all: i64,
}

impl GroupLevel {
    /// The level of a group, or the topmost one. `chains` are the groups above subscriptions, nearest first, each with how
    /// many subscriptions have exactly these above them.
    pub fn at(group: &str, chains: &[(Vec<Ancestor>, i64)]) -> Self {
        let tops: BTreeSet<&str> = chains.iter().filter_map(|(chain, _)| Some(chain.last()?.id.as_str())).collect();
        // A single topmost group is no choice: what is below it is shown at once.
        let group = match tops.first() {
            Some(only) if group.is_empty() && tops.len() == 1 => only,
            _ => group,
        };
        let mut level = Self::default();
        let mut children: BTreeMap<(String, String), i64> = BTreeMap::new();
        for (chain, count) in chains {
            // Above all topmost groups stands nothing: they are the children there.
            let depth = if group.is_empty() { Some(chain.len()) } else { chain.iter().position(|one| one.id == group) };
            let Some(depth) = depth else { continue };
            if level.path.is_empty() {
                level.path = chain[depth..].iter().rev().cloned().collect();
            }
            level.all += count;
            match depth.checked_sub(1).and_then(|below| chain.get(below)) {
                Some(child) => *children.entry((child.name.clone(), child.id.clone())).or_default() += count,
                None => level.direct += count,
            }
        }
        level.children = children.into_iter().map(|((name, id), count)| (Ancestor { id, name }, count)).collect();
        level.children.sort_by_key(|(group, _)| group.name.to_lowercase());
        level
    }
}

/// A page of subscriptions with all that is shown around it, from one moment.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SubscriptionList {
    /// The rows.
    pub items: Vec<SubscriptionRow>,
    /// Where the rows before them are, as [`Turn`] is written.
    pub previous: Option<String>,
    /// Where the rows after them are.
    pub next: Option<String>,
    /// How many subscriptions the filter lets through.
    pub matching: i64,
    /// How far the lists have come.
    pub progress: ListProgress,
    /// The chosen management group.
    pub level: GroupLevel,
    /// Plans that can be looked for.
    pub plans: Vec<String>,
}

/// What the console's identity may do in a subscription, one action.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Right {
    /// The action, as role definitions write it.
    pub action: String,
    /// What it is needed for.
    pub needed_for: String,
    /// The pattern that grants it; `None` where nothing does.
    pub granted_by: Option<String>,
    /// Where nothing grants it: the pattern that takes it back, if some entry would have granted it.
    pub taken_back_by: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn chain(ids: &[u8]) -> Vec<Ancestor> {
        ids.iter().map(|id| Ancestor { id: format!("g{id}"), name: format!("Group {id}") }).collect()
    }

    #[test]
    fn one_topmost_group_is_stepped_into_and_several_are_shown() {
        let chains = [(chain(&[2, 1, 0]), 3), (chain(&[1, 0]), 2), (chain(&[3, 0]), 5), (Vec::new(), 1)];
        let top = GroupLevel::at("", &chains[..3]);
        assert_eq!(top.path, chain(&[0]));
        let below: Vec<_> = top.children.iter().map(|(group, count)| (group.id.as_str(), *count)).collect();
        assert_eq!((below, top.direct, top.all), (vec![("g1", 5), ("g3", 5)], 0, 10));
        let one = GroupLevel::at("g1", &chains);
        assert_eq!(one.path, chain(&[0, 1]));
        assert_eq!((one.children.len(), one.direct, one.all), (1, 2, 5));
        let both = GroupLevel::at("", &[(chain(&[0]), 1), (chain(&[9]), 4)]);
        assert_eq!((both.path.len(), both.children.len(), both.all), (0, 2, 5));
        assert_eq!(GroupLevel::at("gone", &chains), GroupLevel::default());
    }

    proptest! {
        #[test]
        fn at_every_level_what_is_below_and_here_adds_up(shape in prop::collection::vec((0_u8..3, 0_u8..3, 0_u8..3, 1_i64..50), 1..20)) {
            // Three levels below one root; ids are unique by their place in the tree.
            let chains: Vec<_> = shape.iter().map(|(a, b, depth, count)| {
                let path = [100, 10 + a, 30 + a * 3 + b];
                let chain: Vec<u8> = path[..=usize::from(*depth)].iter().rev().copied().collect();
                (super::tests::chain(&chain), *count)
            }).collect();
            let total: i64 = chains.iter().map(|(_, count)| count).sum();
            let mut open = vec![(String::new(), total)];
            while let Some((group, expected)) = open.pop() {
                let level = GroupLevel::at(&group, &chains);
                prop_assert_eq!(level.all, expected);
                prop_assert_eq!(level.direct + level.children.iter().map(|(_, count)| count).sum::<i64>(), level.all);
                open.extend(level.children.into_iter().map(|(child, count)| (child.id, count)));
            }
        }
    }
}
