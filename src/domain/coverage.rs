//! Coverage: who exports what of each subscription to where, and what falls short.

use super::{DeliveredBy, ExportId, Kind, ResourceId, SubscriptionId, words::words};
use serde::{Deserialize, Serialize};

words! {
    /// What may fall short in a subscription.
    pub enum Gap {
        /// High or Medium alerts do not all leave it (CIS Microsoft Azure Foundations 8.1.5.2).
        Short = "short", "Short of CIS 8.1.5.2";
        /// Two exports send the same events to the same place.
        Doubled = "doubled", "Doubled";
        /// An export of Azure's that the portal's page does not show.
        Hidden = "hidden", "Hidden from the portal";
        /// An export that is switched off or paused.
        Disabled = "disabled", "Switched off";
    }
}

/// One export's part in what leaves a subscription.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Exporter {
    /// Its name.
    pub name: String,
    /// Who sends.
    pub by: DeliveredBy,
    /// The console's export, where it is one.
    pub export: Option<ExportId>,
    /// Azure's automation, where it is one.
    pub automation: Option<ResourceId>,
    /// What people call the place it sends to.
    pub target: String,
    /// Whether it sends: neither switched off nor paused.
    pub on: bool,
    /// Whether it is filtered by rules.
    pub filtered: bool,
    /// Whether it sends the whole state each week instead of changes.
    pub weekly: bool,
    /// The resource group it is limited to.
    pub only_group: Option<String>,
}

/// What leaves a subscription of one kind of data.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KindCoverage {
    /// The kind of data.
    pub kind: Kind,
    /// Who exports it; empty when nobody does.
    pub exporters: Vec<Exporter>,
    /// What falls short.
    pub gaps: Vec<Gap>,
}

/// What leaves a subscription.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CoverageRow {
    /// The subscription.
    pub subscription: SubscriptionId,
    /// Its name.
    pub name: String,
    /// One for each kind of data, in their order.
    pub kinds: Vec<KindCoverage>,
}

impl CoverageRow {
    /// What falls short in any kind, each once.
    pub fn gaps(&self) -> Vec<Gap> {
        Gap::ALL.iter().copied().filter(|gap| self.kinds.iter().any(|kind| kind.gaps.contains(gap))).collect()
    }
}
