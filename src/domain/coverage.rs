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

/// An export that Azure delivers (`Microsoft.Security/automations`), as it was read last.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AzureExport {
    /// Its resource id.
    pub id: ResourceId,
    /// The subscription it stands in.
    pub subscription: SubscriptionId,
    /// Its name.
    pub name: String,
    /// Whether it is switched on.
    pub enabled: bool,
    /// The resource group it is limited to; none when it takes the whole subscription.
    pub only_group: Option<String>,
    /// Which data, filtered how.
    pub sources: Vec<super::Source>,
    /// Event hubs and workspaces it sends to.
    pub targets: Vec<ResourceId>,
    /// Logic apps it starts: those make it a workflow automation, which is left alone.
    pub logic_apps: usize,
}

impl AzureExport {
    /// Whether the portal's page of continuous export shows it: it knows two names only.
    pub fn is_hidden(&self) -> bool {
        is_hidden(&self.name)
    }

    /// Whether it does nothing but start logic apps.
    pub fn is_workflow(&self) -> bool {
        self.targets.is_empty() && self.logic_apps > 0
    }
}

/// Whether the portal's page of continuous export leaves out an automation of this name: it knows two.
pub fn is_hidden(name: &str) -> bool {
    !["ExportToEventHub", "ExportToWorkspace"].iter().any(|shown| shown.eq_ignore_ascii_case(name))
}

/// What people call a resource that is sent to: `namespace / hub`, or the workspace's name.
pub fn place_name(id: &ResourceId) -> String {
    match (id.after("namespaces"), id.after("eventhubs")) {
        (Some(namespace), Some(hub)) => format!("{namespace} / {hub}"),
        _ => id.name().to_owned(),
    }
}
