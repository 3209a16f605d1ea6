//! Azure's own exports, and saving one of them here.

use super::{
    Actor, Console, ConsoleError,
    exports::{LONGEST_NAME, check_body, new_id},
};
use domain::{
    AzureDelivery, AzureExport, DeliveredBy, Export, ExportBody, ExportId, NO_TARGET, ResourceId, Role, Scope,
    ids::BadId,
};
use store::SaveOutcome;

impl Console {
    /// One of Azure's own exports.
    pub async fn azure_export(&self, actor: &Actor, id: &ResourceId) -> Result<(AzureExport, String), ConsoleError> {
        let found = self.azure_exports(actor).await?.into_iter().find(|(export, _)| export.id.key() == id.key());
        found.ok_or(ConsoleError::NotFound("export of Azure's"))
    }

    /// Takes one of Azure's own exports over: it is saved here as it stands there, so that it can be changed, rolled out
    /// to more subscriptions, and watched for drift. Azure is not changed by it.
    pub async fn adopt(&self, actor: &Actor, id: &ResourceId) -> Result<Export, ConsoleError> {
        actor.require(Role::Operator)?;
        let (found, subscription) = self.azure_export(actor, id).await?;
        if let Some(why) = found.why_left_alone() {
            return Err(ConsoleError::Conflict(why));
        }
        let exports = self.store.list_exports().await?;
        let is_adopted = |export: &&Export| {
            export
                .body
                .azure
                .as_ref()
                .is_some_and(|azure| azure.automation_in(&found.subscription).key() == found.id.key())
                && export.body.scope.subscriptions.contains(&found.subscription)
        };
        if let Some(known) = exports.iter().find(is_adopted) {
            return Err(ConsoleError::Conflict(format!(
                "The export “{}” is this automation already.",
                known.body.name
            )));
        }
        let is_taken = |name: &str| exports.iter().any(|export| export.body.name.eq_ignore_ascii_case(name));
        let plain = format!("{} of {subscription}", found.name);
        let mut name = plain.clone();
        for n in 2..1000 {
            if !is_taken(&name) {
                break;
            }
            name = format!("{plain} ({n})");
        }
        let name = name.chars().take(LONGEST_NAME).collect();
        let refused = |why: String| ConsoleError::Conflict(format!("This automation can't be imported: {why}."));
        read_delivery(&found).map_err(|error| refused(error.to_string()))?;
        let body = body_of(found.clone(), name);
        if let Some(wrong) = check_body(&body).first() {
            return Err(refused(format!("{}: {}", wrong.path, wrong.message)));
        }
        let new: ExportId = new_id(self.store.machine());
        let audit = self.entry(actor, "export.adopt", ("export", new.as_str()), format!("{}: {}", body.name, found.id));
        match self.store.save_export(&new, &body, None, &audit).await? {
            SaveOutcome::Saved(_) => {}
            other => return Err(ConsoleError::Conflict(format!("it could not be saved here ({other:?})"))),
        }
        if !found.enabled {
            let audit =
                self.entry(actor, "export.pause", ("export", new.as_str()), "it is switched off in Azure".to_owned());
            self.store.pause_export(&new, true, &audit).await?;
        }
        let audit =
            self.entry(actor, "export.roll-out", ("export", new.as_str()), "taken over as it stands".to_owned());
        self.store.record_adoption(&new, &found.id, &found.subscription, &audit).await?;
        self.export(actor, &new).await
    }
}

/// One of Azure's own exports, as it would be saved here; without what Azure needs, where a name of it is none here.
pub(super) fn body_of(found: AzureExport, name: String) -> ExportBody {
    let target = NO_TARGET.parse().unwrap_or_else(|_| unreachable!("{NO_TARGET} has the shape of an id"));
    ExportBody {
        name,
        delivered_by: DeliveredBy::Azure,
        target,
        azure: read_delivery(&found).ok(),
        scope: Scope { subscriptions: vec![found.subscription], ..Scope::default() },
        sources: found.sources,
    }
}

/// Names that Azure answers are other people's: they are read before they become part of code and commands.
fn read_delivery(found: &AzureExport) -> Result<AzureDelivery, BadId> {
    Ok(AzureDelivery {
        destination: found.targets.first().cloned().unwrap_or_else(|| ResourceId::new("")),
        trusted_service: found.trusted_service,
        key_rule: found.key_rule.as_deref().map(str::parse).transpose()?,
        resource_group: found.id.after("resourceGroups").unwrap_or_default().parse()?,
        location: found.location.parse()?,
        automation: found.name.parse()?,
        only_group: found.only_group.as_deref().map(str::parse).transpose()?,
    })
}
