//! Exports as code: an export written in one of its forms, what Azure needs before, and code read back.

use super::{Actor, Console, ConsoleError};
use domain::{
    AzureDelivery, Code, CodeFormat, ExportBody, ExportId, Import, Preparation, Role, TargetConfig, TargetHint,
    view::TargetRow,
};
use template::{IdentityNeeds, Wanted};

impl Console {
    /// A saved export as code.
    pub async fn template(&self, actor: &Actor, id: &ExportId, format: CodeFormat) -> Result<Code, ConsoleError> {
        let export = self.export(actor, id).await?;
        self.template_of(actor, export.body, !export.paused, format).await
    }

    /// An export that need not be saved, as code. A target that is not there is asked for when the code runs.
    pub async fn template_of(
        &self,
        actor: &Actor,
        body: ExportBody,
        enabled: bool,
        format: CodeFormat,
    ) -> Result<Code, ConsoleError> {
        actor.require(Role::Viewer)?;
        let targets = self.targets(actor).await?;
        let ours = targets.into_iter().find(|target| target.id == body.target).map(|target| target.config);
        let target = body.azure.as_ref().map(AzureDelivery::as_target).or(ours);
        let places = self.store.places(&actor.visible).await?.into_iter().map(|(place, _)| place);
        let known = places.filter(|place| body.scope.covers(place)).map(|place| place.id).collect();
        Ok(template::write(&Wanted { body, enabled, target, known }, format))
    }

    /// What Azure needs before the console can work, for the subscriptions and targets that are there.
    pub async fn preparation(&self, actor: &Actor, of: Preparation) -> Result<Code, ConsoleError> {
        actor.require(Role::Viewer)?;
        match of {
            Preparation::WorkspaceTables => Ok(template::workspace_tables()),
            Preparation::ConsoleIdentity => {
                let targets = self.targets(actor).await?;
                let subscriptions = self.subscriptions(actor).await?;
                Ok(template::identity(&IdentityNeeds {
                    subscriptions: subscriptions.into_iter().map(|row| row.id).collect(),
                    targets: targets.into_iter().map(|target| (target.name, target.config)).collect(),
                }))
            }
        }
    }

    /// Reads exports from a template, an automation, or a list of them. Nothing is saved; where a target of the console
    /// is the one that is meant, it is named.
    pub async fn import(&self, actor: &Actor, text: &str) -> Result<Import, ConsoleError> {
        actor.require(Role::Viewer)?;
        let mut import = template::read(text).map_err(|error| ConsoleError::invalid("text", error.to_string()))?;
        let targets = self.targets(actor).await?;
        for found in &mut import.found {
            let kept = found.target.take().filter(|kept| targets.iter().any(|target| target.id == *kept));
            found.target = kept.or_else(|| {
                let meant = |target: &&TargetRow| found.actions.iter().any(|hint| is_meant(target, hint));
                targets.iter().find(meant).map(|target| target.id.clone())
            });
        }
        Ok(import)
    }
}

/// Whether a target is the one an automation sends to.
fn is_meant(target: &TargetRow, hint: &TargetHint) -> bool {
    let id = match (&target.config, hint) {
        (TargetConfig::EventHub(hub), TargetHint::EventHub { .. }) => hub.resource_id.as_ref(),
        (TargetConfig::Workspace(workspace), TargetHint::Workspace { .. }) => workspace.resource_id.as_ref(),
        _ => None,
    };
    id.is_some_and(|id| !id.as_str().is_empty() && id.key() == hint.resource_id().key())
}
