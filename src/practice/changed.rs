//! Answers of Resource Manager that somebody changed, so that a resource looks wrongly built. Nothing else of the world follows from it.

use serde::Deserialize;
use serde_json::Value;
use std::collections::BTreeMap;

/// A change of what is read at a path.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ChangeOrder {
    /// The path, without query.
    path: String,
    /// What is merged into the answer; null makes it a 404.
    change: Value,
}

/// The changes in force, by path in lower case.
#[derive(Debug, Default)]
pub(crate) struct Changed(BTreeMap<String, Value>);

impl Changed {
    /// From now on.
    pub(crate) fn add(&mut self, order: ChangeOrder) {
        self.0.insert(order.path.trim_end_matches('/').to_lowercase(), order.change);
    }

    /// As it was.
    pub(crate) fn clear(&mut self) {
        self.0.clear();
    }

    /// The change of the answer at a path.
    pub(crate) fn at(&self, path: &str) -> Option<&Value> {
        self.0.get(path)
    }
}
