//! The one codec of `Microsoft.Security/automations`, the resource that Azure knows for an export (API 2023-12-01-preview, the first
//! with PATCH, trusted services and attack paths).
//!
//! What is applied, what is written as code and what is compared are one [`Automation`]. Members that nobody knows are kept in
//! `rest`, so that writing what was read loses nothing. Texts that code leaves open until it runs are of the type `T`. It must not
//! know HTTP, templates or the store.

mod export;
mod read;

#[cfg(test)]
mod tests;
mod write;

pub use export::read_export;
pub use read::{ReadError, below, is_automation, member};
pub use write::{Connection, Wanted, properties};

use serde::Serialize;
use serde_json::{Map, Value};
use std::fmt;

/// The API version.
pub const API_VERSION: &str = "2023-12-01-preview";
/// The resource type.
pub const TYPE: &str = "Microsoft.Security/automations";

/// Members that nobody knows.
pub type Rest = Map<String, Value>;

/// An automation, or what is written of one.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Automation<T = String> {
    /// Its resource id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// Its name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The region it is kept in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub location: Option<T>,
    /// Names this state of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub etag: Option<String>,
    /// Tags, by name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tags: Option<Map<String, Value>>,
    /// What it does.
    pub properties: Properties<T>,
    #[expect(missing_docs, reason = "see `Rest`")]
    #[serde(flatten)]
    pub rest: Rest,
}

/// What an automation does. Azure leaves alone what a PATCH does not name.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Properties<T = String> {
    /// For people.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Whether it is switched on; Azure takes an absent one as on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub is_enabled: Option<bool>,
    /// What it is limited to; empty means its own subscription.
    pub scopes: Vec<Scope<T>>,
    /// Which data, filtered how.
    pub sources: Vec<Source>,
    /// Where it sends.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub actions: Vec<Action<T>>,
    #[expect(missing_docs, reason = "see `Rest`")]
    #[serde(flatten)]
    pub rest: Rest,
}

/// A subscription or resource group.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Scope<T = String> {
    /// For people.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Its path, such as `/subscriptions/{id}`.
    pub scope_path: T,
    #[expect(missing_docs, reason = "see `Rest`")]
    #[serde(flatten)]
    pub rest: Rest,
}

/// One kind of data.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Source {
    /// Which kind, in Azure's word.
    pub event_source: String,
    /// One of them has to hold; none at all means everything.
    pub rule_sets: Vec<RuleSet>,
    #[expect(missing_docs, reason = "see `Rest`")]
    #[serde(flatten)]
    pub rest: Rest,
}

/// Rules that all have to hold.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct RuleSet {
    /// The rules.
    pub rules: Vec<Rule>,
    #[expect(missing_docs, reason = "see `Rest`")]
    #[serde(flatten)]
    pub rest: Rest,
}

/// One comparison.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Rule {
    /// Where in the event the value is.
    #[serde(rename = "propertyJPath")]
    pub property_j_path: String,
    /// What both sides are read as; Azure takes an absent one as text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub property_type: Option<String>,
    /// What the value is compared with. Always text in Azure; numbers, true and false are read as text.
    pub expected_value: String,
    /// How.
    pub operator: String,
    #[expect(missing_docs, reason = "see `Rest`")]
    #[serde(flatten)]
    pub rest: Rest,
}

/// Where an automation sends.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Action<T = String> {
    /// The place.
    #[serde(flatten)]
    pub to: Destination<T>,
    #[expect(missing_docs, reason = "see `Rest`")]
    #[serde(flatten)]
    pub rest: Rest,
}

/// The kinds of places.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "actionType", rename_all_fields = "camelCase")]
pub enum Destination<T = String> {
    /// An event hub.
    EventHub {
        /// The hub.
        #[serde(skip_serializing_if = "Option::is_none")]
        event_hub_resource_id: Option<T>,
        /// Write-only: Azure never returns it.
        #[serde(skip_serializing_if = "Option::is_none")]
        connection_string: Option<Hidden<T>>,
        /// The authorization rule of the connection string, where Azure says so.
        #[serde(skip_serializing_if = "Option::is_none")]
        sas_policy_name: Option<String>,
        /// Whether Azure signs in as a trusted service.
        #[serde(skip_serializing_if = "Option::is_none")]
        is_trusted_service_enabled: Option<bool>,
    },
    /// A Log Analytics workspace.
    Workspace {
        /// The workspace.
        #[serde(skip_serializing_if = "Option::is_none")]
        workspace_resource_id: Option<T>,
    },
    /// A logic app, which makes it a workflow automation.
    LogicApp {
        /// The logic app.
        #[serde(skip_serializing_if = "Option::is_none")]
        logic_app_resource_id: Option<T>,
        /// Its trigger, with a signature.
        #[serde(skip_serializing_if = "Option::is_none")]
        uri: Option<Hidden<String>>,
    },
    /// What nobody knows.
    #[serde(untagged)]
    Other {
        /// Its word.
        action_type: String,
    },
}

/// A secret that is written and never shown.
#[derive(Clone, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Hidden<T>(pub T);

impl<T> fmt::Debug for Hidden<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Hidden")
    }
}

impl<T> Automation<T> {
    /// Without connection strings and signed addresses, for the store and for logs.
    #[must_use]
    pub fn without_secrets(mut self) -> Self {
        for action in &mut self.properties.actions {
            match &mut action.to {
                Destination::EventHub { connection_string, .. } => *connection_string = None,
                Destination::LogicApp { uri, .. } => *uri = None,
                Destination::Workspace { .. } | Destination::Other { .. } => {}
            }
        }
        self
    }
}
