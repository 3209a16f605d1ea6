//! What a person may see.

use domain::SubscriptionId;
use serde::{Deserialize, Serialize};
use sqlx::{QueryBuilder, Sqlite};

/// The part of the store that a reader may see. There is no default: whoever reads says for whom.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Visible {
    /// Every subscription.
    Everything,
    /// These subscriptions only.
    Only(Vec<SubscriptionId>),
}

impl Visible {
    /// Adds ` and {column} in (…)` to a query that already has a `where`.
    pub(super) fn restrict(&self, query: &mut QueryBuilder<Sqlite>, column: &str) {
        if let Self::Only(those) = self {
            query.push(" and ").push(column).push(" in (select value from json_each(");
            let ids: Vec<&str> = those.iter().map(SubscriptionId::as_str).collect();
            query.push_bind(serde_json::Value::from(ids).to_string()).push("))");
        }
    }
}
