//! Targets: list, save, test, pause, delete.

use super::{
    Actor, Console, ConsoleError,
    exports::{check_name, new_id},
};
use azure::{AzureError, Cloud};
use base64::{Engine, engine::general_purpose::STANDARD};
use domain::{
    Condition, EventHubConfig, FieldError, HubSignIn, ResourceId, Role, TargetConfig, TargetId, view::TargetRow,
};
use engine::deliver::TestResult;
use secrecy::{ExposeSecret, SecretString};
use store::{AuditEntry, TargetSecret};

/// A target as a person typed it.
#[derive(Debug, Clone)]
pub struct TargetInput {
    /// Its name.
    pub name: String,
    /// Where it is.
    pub config: TargetConfig,
    /// A new key; none keeps the one that is set.
    pub secret: Option<SecretString>,
}

impl Console {
    /// Every target.
    pub async fn targets(&self, actor: &Actor) -> Result<Vec<TargetRow>, ConsoleError> {
        actor.require(Role::Viewer)?;
        Ok(self.store.target_rows().await?)
    }

    /// One target.
    pub async fn target(&self, actor: &Actor, id: &TargetId) -> Result<TargetRow, ConsoleError> {
        let rows = self.targets(actor).await?;
        rows.into_iter().find(|row| row.id == *id).ok_or(ConsoleError::NotFound("target"))
    }

    /// Saves a new target, or the version after `expected`.
    pub async fn save_target(
        &self,
        actor: &Actor,
        id: Option<&TargetId>,
        mut input: TargetInput,
        expected: Option<i64>,
    ) -> Result<TargetId, ConsoleError> {
        actor.require(Role::Operator)?;
        input.name = input.name.trim().to_owned();
        input.secret = input.secret.map(|secret| SecretString::from(secret.expose_secret().trim()));
        let current = match id {
            Some(id) => Some(self.target(actor, id).await?),
            None => None,
        };
        let has_secret = input.secret.is_some() || current.as_ref().is_some_and(|row| row.secret_set_at.is_some());
        let mut errors = check(&input, has_secret, &self.tenants().first().http().cloud);
        if current.as_ref().is_some_and(|row| row.config.kind() != input.config.kind()) {
            errors.push(FieldError::new("config.kind", "a target keeps its kind; make another one"));
        }
        let others = self.store.list_targets().await?;
        if others.iter().any(|other| Some(&other.id) != id && other.name.eq_ignore_ascii_case(&input.name)) {
            errors.push(FieldError::new("name", "another target has this name; choose another one"));
        }
        if !errors.is_empty() {
            return Err(ConsoleError::Invalid(errors));
        }
        self.refuse_foreign_host(&input.config).await?;
        let uses_key = matches!(&input.config, TargetConfig::EventHub(hub) if hub.sign_in == HubSignIn::Key);
        let secret = match input.secret {
            _ if !uses_key => TargetSecret::Clear,
            Some(secret) => TargetSecret::Set(secret),
            None => TargetSecret::Keep,
        };
        let key_changed = matches!(secret, TargetSecret::Set(_));
        let target = id.cloned().unwrap_or_else(|| new_id(self.store.machine()));
        let expected = current.as_ref().map(|row| expected.unwrap_or(row.version));
        let key = if key_changed { ", with a new key" } else { "" };
        let detail = format!("{} ({}){key}", input.name, input.config.address());
        let tenant = &self.tenant_of_target(&input.config).await?.id;
        let audit = AuditEntry { tenant, ..self.entry(actor, "target.save", ("target", target.as_str()), detail) };
        let saved = self.store.save_target(&target, &input.name, &input.config, &secret, expected, &audit).await?;
        if !saved {
            let current = self.target(actor, &target).await?;
            return Err(ConsoleError::Stale { current: current.version });
        }
        Ok(target)
    }

    /// An identity's token would go to whoever has the host: a host that Resource Manager denies to be an event hub's is
    /// refused. When it does not answer the target is saved, and nothing is sent there before it has.
    async fn refuse_foreign_host(&self, config: &TargetConfig) -> Result<(), ConsoleError> {
        let TargetConfig::EventHub(hub) = config else { return Ok(()) };
        let Some(id) = hub.resource_id.as_ref().filter(|_| hub.sign_in == HubSignIn::Identity) else { return Ok(()) };
        match self.tenant_of_target(config).await?.hub_identity().confirm(&hub.namespace, id).await {
            Err(error @ AzureError::Unconfirmed { .. }) => {
                let message = format!(
                    "{}. Use a shared access key, or a namespace that the service identity can read",
                    error.sentence()
                );
                Err(ConsoleError::invalid("config.namespace", message))
            }
            _ => Ok(()),
        }
    }

    /// Asks Azure for the key of an event hub's authorization rule, with the console's own identity (`listKeys`).
    pub async fn take_key(&self, actor: &Actor, config: &TargetConfig) -> Result<SecretString, ConsoleError> {
        actor.require(Role::Operator)?;
        let TargetConfig::EventHub(hub) = config else {
            return Err(ConsoleError::invalid("secret", "only event hubs have keys"));
        };
        let id = hub.resource_id.as_ref().filter(|id| is_of(id, hub));
        let id = id.ok_or_else(|| {
            ConsoleError::invalid("config.resource_id", "the hub's resource id is needed to ask Azure for a key")
        })?;
        let valid = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
        let rule = hub.key_name.as_deref().filter(|name| name.chars().all(valid));
        let rule = rule
            .ok_or_else(|| ConsoleError::invalid("config.key_name", "name the authorization rule whose key to take"))?;
        let arm = self.tenant_of_resource(id).await?.arm();
        let key = arm.hub_key(id, rule).await.map_err(|error| {
            let message = format!(
                "Azure did not hand the key out: {}. The console's identity needs Microsoft.EventHub/namespaces/eventhubs/authorizationRules/listKeys/action",
                error.told()
            );
            ConsoleError::invalid("secret", message)
        })?;
        let detail = format!("rule {rule} of {}", config.address());
        self.store.audit(&self.entry(actor, "target.take_key", ("target", id.as_str()), detail)).await?;
        Ok(key)
    }

    /// Sends two test events and records what came back as the target's condition.
    pub async fn test_target(&self, actor: &Actor, id: &TargetId) -> Result<TestResult, ConsoleError> {
        actor.require(Role::Operator)?;
        let target = self.store.find_target(id).await?.ok_or(ConsoleError::NotFound("target"))?;
        let secret = self.store.secret_of(&target)?;
        let result = self.senders.test(&target, secret, self.store.now()).await;
        let detail = (result.condition != Condition::Ok).then_some(result.detail.as_str());
        self.store.set_condition(id, result.condition, result.status, detail).await?;
        let said = format!("{}: {}", target.name, result.detail);
        self.store.audit(&self.entry(actor, "target.test", ("target", id.as_str()), said)).await?;
        Ok(result)
    }

    /// Has the target attempted at once, whatever its backoff says.
    pub async fn attempt_now(&self, actor: &Actor, id: &TargetId) -> Result<(), ConsoleError> {
        actor.require(Role::Operator)?;
        let target = self.target(actor, id).await?;
        let audit = self.entry(actor, "target.attempt", ("target", id.as_str()), target.name);
        Ok(self.store.attempt_now(id, &audit).await?)
    }

    /// Holds a target back, or lets it go again.
    pub async fn pause_target(&self, actor: &Actor, id: &TargetId, paused: bool) -> Result<(), ConsoleError> {
        actor.require(Role::Operator)?;
        let target = self.target(actor, id).await?;
        let action = if paused { "target.pause" } else { "target.resume" };
        let audit = self.entry(actor, action, ("target", id.as_str()), target.name);
        Ok(self.store.pause_target(id, paused, &audit).await?)
    }

    /// Deletes a target that no export points to.
    pub async fn delete_target(&self, actor: &Actor, id: &TargetId) -> Result<(), ConsoleError> {
        actor.require(Role::Operator)?;
        let target = self.target(actor, id).await?;
        let audit = self.entry(actor, "target.delete", ("target", id.as_str()), target.name.clone());
        if self.store.delete_target(id, &audit).await?.is_none() {
            let names: Vec<&str> = target.exports.iter().map(|(_, name)| name.as_str()).collect();
            let message = format!("{} sends to it; give those exports another target first", names.join(", "));
            return Err(ConsoleError::Conflict(message));
        }
        Ok(())
    }
}

/// What is wrong with a target that is to be tested before it is saved: it needs no name.
pub(super) fn check_input(input: &TargetInput, cloud: &Cloud) -> Result<(), ConsoleError> {
    let mut errors = check(input, input.secret.is_some(), cloud);
    errors.retain(|error| error.path != "name");
    if errors.is_empty() { Ok(()) } else { Err(ConsoleError::Invalid(errors)) }
}

/// Whether this has the shape of a key as Azure makes them: 32 bytes in base64.
fn is_key(secret: &SecretString) -> bool {
    STANDARD.decode(secret.expose_secret().trim()).is_ok_and(|bytes| bytes.len() == 32)
}

/// Whether a resource id is that of the hub it stands with.
fn is_of(id: &ResourceId, hub: &EventHubConfig) -> bool {
    id.event_hub().is_some_and(|(namespace, name)| {
        let first = hub.namespace.split('.').next().unwrap_or_default();
        namespace.eq_ignore_ascii_case(first) && name.eq_ignore_ascii_case(&hub.hub)
    })
}

fn check(input: &TargetInput, has_secret: bool, cloud: &Cloud) -> Vec<FieldError> {
    let mut errors = Vec::new();
    let mut wrong = |path: &str, message: &str| errors.push(FieldError::new(path, message));
    match &input.config {
        TargetConfig::EventHub(hub) => {
            if !cloud.is_event_hubs(&hub.namespace) {
                wrong(
                    "config.namespace",
                    &format!("the host name of a namespace, such as siem{}", cloud.event_hubs_suffix),
                );
            }
            let valid = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
            if hub.hub.is_empty() || !hub.hub.chars().all(valid) {
                wrong("config.hub", "the name of the event hub: letters, digits, hyphens, underscores and dots");
            }
            if hub.resource_id.as_ref().is_some_and(|id| !is_of(id, hub)) {
                wrong(
                    "config.resource_id",
                    "the resource id of this hub: /subscriptions/…/namespaces/…/eventhubs/…, with the same names as above",
                );
            }
            if hub.sign_in == HubSignIn::Identity && hub.resource_id.is_none() {
                wrong(
                    "config.resource_id",
                    "the event hub's resource ID: the service identity signs in only where Resource Manager confirms the namespace",
                );
            }
            if hub.sign_in == HubSignIn::Key {
                if hub.key_name.as_deref().is_none_or(|name| name.trim().is_empty()) {
                    wrong("config.key_name", "the name of the authorization rule the key belongs to");
                }
                if !has_secret || input.secret.as_ref().is_some_and(|secret| secret.expose_secret().trim().is_empty()) {
                    wrong("secret", "the key of that rule: it needs the Send right");
                } else if input.secret.as_ref().is_some_and(|secret| !is_key(secret)) {
                    wrong(
                        "secret",
                        "not a shared access key: those are 44 characters of base64. Copy the primary or secondary key of the rule",
                    );
                }
            }
        }
        TargetConfig::Workspace(workspace) => {
            if !cloud.is_ingestion(&workspace.ingestion_host) {
                wrong(
                    "config.ingestion_host",
                    &format!("the host of the logs ingestion endpoint: …{}", cloud.ingestion_suffix),
                );
            }
            let valid = |c: char| c.is_ascii_alphanumeric() || c == '-';
            if !workspace.dcr_immutable_id.starts_with("dcr-") || !workspace.dcr_immutable_id.chars().all(valid) {
                wrong(
                    "config.dcr_immutable_id",
                    "the immutable id of the data collection rule: dcr- and 32 hex digits",
                );
            }
            for (path, stream) in [
                ("config.alert_stream", &workspace.alert_stream),
                ("config.recommendation_stream", &workspace.recommendation_stream),
            ] {
                if !stream.starts_with("Custom-")
                    || !stream.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_'))
                {
                    wrong(path, "the name of a stream of the rule: Custom-…");
                }
            }
        }
    }
    check_name(&input.name, &mut errors);
    errors
}
