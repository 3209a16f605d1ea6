//! What the editor offers to choose from.

use super::{ResourceId, TargetConfig};
use serde::{Deserialize, Serialize};

/// Something that can be ticked: the value of the rule, what people call it, and a word more about it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Offer {
    /// The value.
    pub value: String,
    /// Its name.
    pub name: String,
    /// A word more: a severity, a count.
    pub about: String,
}

/// What was observed and can be chosen.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Offers {
    /// Recommendations by name.
    pub recommendations: Vec<Offer>,
    /// Secure score controls by name.
    pub controls: Vec<Offer>,
    /// Compliance standards.
    pub standards: Vec<Offer>,
    /// Defender plans that alerts name.
    pub plans: Vec<Offer>,
}

/// A place to send to that the console's identity can see.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FoundPlace {
    /// What people call it.
    pub name: String,
    /// A word more about it.
    pub about: String,
    /// The target it would be.
    pub config: TargetConfig,
}

impl FoundPlace {
    /// What tells it apart from every other place: the hub's resource id, or the rule's immutable id.
    pub fn id(&self) -> String {
        match &self.config {
            TargetConfig::EventHub(hub) => {
                hub.resource_id.as_ref().map_or_else(|| format!("{}/{}", hub.namespace, hub.hub), ResourceId::key)
            }
            TargetConfig::Workspace(workspace) => workspace.dcr_immutable_id.clone(),
        }
    }
}
