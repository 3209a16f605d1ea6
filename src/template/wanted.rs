//! What a template is made of: an export, where it sends, and the subscriptions that it means now.

use domain::{EventHubConfig, ExportBody, HubSignIn, ResourceId, SubscriptionId, TargetConfig, TargetKind};

/// What a template is made of.
#[derive(Debug, Clone)]
pub struct Wanted {
    /// The export.
    pub body: ExportBody,
    /// Whether the automation is switched on.
    pub enabled: bool,
    /// Where it sends; what is not known is asked for when the code runs.
    pub target: Option<TargetConfig>,
    /// The subscriptions that the scope covers now, where it does not name them; empty when nobody knows.
    pub known: Vec<SubscriptionId>,
}

/// How Azure signs in to the target.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum SignIn<'a> {
    /// To an event hub as a trusted service, without a key.
    TrustedService,
    /// With a connection string; it can be read from this authorization rule, where one is named.
    Key(Option<&'a str>),
    /// To a workspace: nothing is needed.
    Workspace,
}

impl Wanted {
    /// The kind of the target; an event hub unless it is known to be another.
    pub(super) fn kind(&self) -> TargetKind {
        self.target.as_ref().map_or(TargetKind::EventHub, TargetConfig::kind)
    }

    /// The name of the automation: the export's own, or the only one that Azure's portal shows for this kind of target.
    pub(super) fn automation_name(&self) -> &str {
        if let Some(azure) = &self.body.azure {
            return azure.automation.as_str();
        }
        match self.kind() {
            TargetKind::EventHub => "ExportToEventHub",
            TargetKind::Workspace => "ExportToWorkspace",
        }
    }

    /// The resource id of the event hub or workspace, where it is known. A text that is no such id is as good as none: it
    /// would stand in JSON and in commands as it is.
    pub(super) fn resource_id(&self) -> Option<&ResourceId> {
        let id = match self.target.as_ref()? {
            TargetConfig::EventHub(EventHubConfig { resource_id, .. }) => resource_id.as_ref(),
            TargetConfig::Workspace(workspace) => workspace.resource_id.as_ref(),
        };
        id.filter(|id| id.event_hub().is_some() || id.workspace().is_some())
    }

    /// How Azure signs in.
    pub(super) fn sign_in(&self) -> SignIn<'_> {
        match &self.target {
            Some(TargetConfig::EventHub(hub)) if hub.sign_in == HubSignIn::Identity => SignIn::TrustedService,
            // Without the hub's id there is no rule to ask for its key.
            Some(TargetConfig::EventHub(hub)) => {
                SignIn::Key(hub.key_name.as_deref().filter(|_| self.resource_id().is_some()))
            }
            Some(TargetConfig::Workspace(_)) => SignIn::Workspace,
            None => SignIn::Key(None),
        }
    }

    /// The subscriptions that get an automation; empty when it is whichever one is deployed to.
    pub(super) fn subscriptions(&self) -> Vec<&SubscriptionId> {
        let scope = &self.body.scope;
        let chosen = if scope.is_open() { &self.known } else { &scope.subscriptions };
        let mut found: Vec<&SubscriptionId> = Vec::new();
        for one in chosen {
            if !scope.except.contains(one) && !found.contains(&one) {
                found.push(one);
            }
        }
        found
    }
}
