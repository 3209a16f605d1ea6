//! Exports that Azure delivers: what their automations need besides filters, and how they stand against what is wanted.

use super::{
    AutomationName, EventHubConfig, HubRuleName, HubSignIn, Region, ResourceGroupName, ResourceId, Source,
    SubscriptionId, TargetConfig, WorkspaceConfig, target, words::words,
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// What Azure needs to deliver an export, the same in every subscription: where it sends and where its automations stand.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AzureDelivery {
    /// The event hub or Log Analytics workspace.
    pub destination: ResourceId,
    /// Event hubs: whether Azure signs in as a trusted service instead of with a connection string.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub trusted_service: bool,
    /// Event hubs: the authorization rule of the hub whose connection string is read when it is needed; without one it is
    /// asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key_rule: Option<HubRuleName>,
    /// The resource group of this name in each subscription.
    pub resource_group: ResourceGroupName,
    /// The region the automations, and resource groups that are made for them, are kept in.
    pub location: Region,
    /// The automations' name. Azure's portal shows `ExportToEventHub` and `ExportToWorkspace` only.
    pub automation: AutomationName,
    /// The resource group whose data alone is exported; none for whole subscriptions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub only_group: Option<ResourceGroupName>,
}

impl AzureDelivery {
    /// The id its automation has in a subscription.
    pub fn automation_in(&self, subscription: &SubscriptionId) -> ResourceId {
        let (group, name) = (&self.resource_group, &self.automation);
        ResourceId::new(&format!(
            "/subscriptions/{subscription}/resourceGroups/{group}/providers/Microsoft.Security/automations/{name}"
        ))
    }

    /// What limits its automation in a subscription.
    pub fn scope_path(&self, subscription: &SubscriptionId) -> String {
        match &self.only_group {
            Some(group) => format!("/subscriptions/{subscription}/resourceGroups/{group}"),
            None => format!("/subscriptions/{subscription}"),
        }
    }

    /// Whether it sends to an event hub; otherwise to a workspace.
    pub fn is_event_hub(&self) -> bool {
        self.destination.after("eventhubs").is_some()
    }

    /// The place it sends to in the shape of a target of the console's, as templates are written from.
    pub fn as_target(&self) -> TargetConfig {
        let resource_id = Some(self.destination.clone());
        match self.destination.after("eventhubs") {
            Some(hub) => TargetConfig::EventHub(EventHubConfig {
                namespace: self.destination.after("namespaces").unwrap_or_default().to_owned(),
                hub: hub.to_owned(),
                resource_id,
                sign_in: if self.trusted_service { HubSignIn::Identity } else { HubSignIn::Key },
                key_name: self.key_rule.as_ref().map(ToString::to_string),
            }),
            None => TargetConfig::Workspace(WorkspaceConfig {
                ingestion_host: String::new(),
                dcr_immutable_id: String::new(),
                alert_stream: target::alert_stream(),
                recommendation_stream: target::recommendation_stream(),
                resource_id,
            }),
        }
    }

    /// Whether a connection string is part of its automations. Azure takes it and never answers it.
    pub fn needs_connection_string(&self) -> bool {
        self.is_event_hub() && !self.trusted_service
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
    /// The region it is kept in.
    pub location: String,
    /// Whether it is switched on.
    pub enabled: bool,
    /// The resource group it is limited to; none when it takes the whole subscription.
    pub only_group: Option<String>,
    /// Which data, filtered how.
    pub sources: Vec<Source>,
    /// Event hubs and workspaces it sends to.
    pub targets: Vec<ResourceId>,
    /// Whether it signs in to an event hub as a trusted service.
    pub trusted_service: bool,
    /// The authorization rule its connection string belongs to, where Azure says so.
    pub key_rule: Option<String>,
    /// Logic apps it starts: those make it a workflow automation, which is left alone.
    pub logic_apps: usize,
    /// What it says that an export here cannot: to write it from here would lose that.
    pub beyond: Option<String>,
    /// When it was made (an undocumented member of real answers).
    #[serde(default)]
    pub created: Option<Timestamp>,
    /// When it was changed last, and by which object id (undocumented members of real answers).
    pub changed: Option<(Timestamp, String)>,
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

    /// Why the console cannot take it over as an export, which has one target and nothing else.
    pub fn why_left_alone(&self) -> Option<String> {
        if let Some(beyond) = &self.beyond {
            return Some(beyond.clone());
        }
        match (self.targets.as_slice(), self.logic_apps) {
            (_, 1..) => Some("It starts logic apps, which an export here cannot: it is left as it is.".to_owned()),
            ([], _) => Some("It sends to no event hub and no workspace.".to_owned()),
            ([_], _) => None,
            (many, _) => Some(format!(
                "It sends to {} places and an export has one target: taking it over would lose the others.",
                many.len()
            )),
        }
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

words! {
    /// What a roll-out has to do in a subscription.
    pub enum Step {
        /// The automation is not there.
        Create = "create", "Missing in Azure";
        /// It says something else.
        Change = "change", "Differs in Azure";
        /// It says what is wanted.
        Keep = "keep", "In place";
        /// It was made for this export, which covers the subscription no longer.
        Remove = "remove", "No longer covered";
    }
}

words! {
    /// What is asked of a roll-out.
    pub enum Wish {
        /// Bring Azure to what is saved here.
        Apply = "apply", "Apply";
        /// Ask Azure whether it would take the automations; nothing is stored there.
        Validate = "validate", "Validate";
        /// Delete the automations.
        Remove = "remove", "Remove from Azure";
    }
}

words! {
    /// How far a roll-out came in a subscription.
    pub enum RollOutState {
        /// Not tried yet.
        Waiting = "waiting", "Waiting";
        /// Azure took it.
        Done = "done", "Done";
        /// Azure, or something before it, did not.
        Failed = "failed", "Failed";
    }
}

/// One respect in which an automation is not what is wanted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Drift {
    /// Which respect.
    pub what: String,
    /// What Azure has.
    pub azure: String,
    /// What is saved here.
    pub wanted: String,
}

/// One automation of an export that Azure delivers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RollOutRow {
    /// The subscription.
    pub subscription: SubscriptionId,
    /// Its name.
    pub name: String,
    /// The automation's id.
    pub automation: ResourceId,
    /// What is to be done.
    pub step: Step,
    /// In what it differs.
    pub drift: Vec<Drift>,
    /// Whether the automation was made, or taken over, by this export: only such a one is removed.
    pub made: bool,
    /// What was asked last, how far it came, what was said, and when.
    pub last: Option<(Wish, RollOutState, String, Timestamp)>,
}

/// How an export that Azure delivers stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RollOut {
    /// One for each subscription.
    pub rows: Vec<RollOutRow>,
    /// Whether a roll-out is under way.
    pub under_way: bool,
    /// Whether the console may change Azure's exports.
    pub writes: bool,
}

impl RollOut {
    /// How many have this step to take.
    pub fn count(&self, step: Step) -> usize {
        self.rows.iter().filter(|row| row.step == step).count()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_automation_stands_in_each_subscription_under_the_same_name() {
        let delivery = AzureDelivery {
            destination: ResourceId::new(
                "subscriptions/x/resourceGroups/siem/providers/Microsoft.EventHub/namespaces/n/eventhubs/alerts",
            ),
            trusted_service: false,
            key_rule: None,
            resource_group: "rg-export".parse().unwrap(),
            location: "westeurope".parse().unwrap(),
            automation: "ExportToEventHub".parse().unwrap(),
            only_group: None,
        };
        let id = SubscriptionId::parse("0ab1c2d3-0000-4000-8000-000000000001").unwrap();
        assert_eq!(delivery.automation_in(&id).name(), "ExportToEventHub");
        assert_eq!(delivery.scope_path(&id), "/subscriptions/0ab1c2d3-0000-4000-8000-000000000001");
        assert!(delivery.needs_connection_string());
        assert!(!AzureDelivery { trusted_service: true, ..delivery.clone() }.needs_connection_string());
        let workspace =
            ResourceId::new("/subscriptions/x/resourceGroups/r/providers/Microsoft.OperationalInsights/workspaces/w");
        assert!(!AzureDelivery { destination: workspace, ..delivery }.needs_connection_string());
    }
}
