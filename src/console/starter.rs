//! What a console on an empty store begins with when it stands on the practice Azure: three exports, one of which waits on
//! a target that is set up wrongly on purpose.

use super::{Console, ConsoleError};
use domain::{
    Changes, DeliveredBy, EventHubConfig, EventSource, ExportBody, ExportId, HubSignIn, ResourceId, Scope, Severity,
    Source, TargetConfig, TargetId, WorkspaceConfig,
};
use rules::options::{Choices, Dimension, compile};
use secrecy::SecretString;
use serde::Deserialize;
use store::{AuditEntry, TargetSecret};

/// What the practice Azure says that a console may begin with.
#[derive(Clone, Deserialize)]
pub struct Starter {
    /// The tenant.
    pub tenant_id: String,
    /// The tenant's name.
    pub tenant_name: String,
    /// The console's app registration there.
    pub client_id: String,
    /// Its secret.
    pub client_secret: String,
    hubs: Hubs,
    workspace: Workspace,
}

#[derive(Clone, Deserialize)]
struct Hubs {
    high: Hub,
    medium: Hub,
}

#[derive(Clone, Deserialize)]
struct Hub {
    resource_id: String,
    namespace: String,
    hub: String,
    key_name: String,
    key: String,
}

#[derive(Clone, Deserialize)]
struct Workspace {
    resource_id: String,
    ingestion_host: String,
    dcr_immutable_id: String,
    streams: Streams,
}

#[derive(Clone, Deserialize)]
struct Streams {
    alert: String,
    recommendation: String,
}

const ACTOR: &str = "practice set-up";

impl Console {
    /// Makes the three exports, once in the life of a store.
    pub async fn start_practice(&self, starter: &Starter) -> Result<(), ConsoleError> {
        if self.store.meta("starter").await?.as_deref() == Some("done") {
            return Ok(());
        }
        let (high, medium) = (&starter.hubs.high, &starter.hubs.medium);
        let siem = self.starter_target("siem / alerts", hub(high), Some(&high.key)).await?;
        let edge = self.starter_target("edge / alerts", hub(medium), Some(&medium.key)).await?;
        let soc = self.starter_target("soc workspace", workspace(&starter.workspace), None).await?;
        let severity = |severity: Severity| {
            let choices = Choices::of(Dimension::Severity, [severity.label()]);
            compile(EventSource::Alerts, Changes::Created, &choices)
        };
        let choices = Choices::of(Dimension::Status, ["Unhealthy"]);
        let unhealthy = compile(EventSource::Assessments, Changes::Created, &choices);
        self.starter_export("siem-high-alerts", severity(Severity::High), &siem).await?;
        self.starter_export("posture-to-workspace", unhealthy, &soc).await?;
        self.starter_export("edge-medium-alerts", severity(Severity::Medium), &edge).await?;
        Ok(self.store.set_meta("starter", "done").await?)
    }

    async fn starter_target(
        &self,
        name: &str,
        config: TargetConfig,
        key: Option<&str>,
    ) -> Result<TargetId, ConsoleError> {
        let existing = self.store.list_targets().await?.into_iter().find(|target| target.name == name);
        if let Some(target) = existing {
            return Ok(target.id);
        }
        let id: TargetId = super::exports::new_id(self.store.machine());
        let secret = key.map_or(TargetSecret::Clear, |key| TargetSecret::Set(SecretString::from(key)));
        let audit = self.starter_entry("target.save", ("target", id.as_str()), name);
        self.store.save_target(&id, name, &config, &secret, None, &audit).await?;
        Ok(id)
    }

    async fn starter_export(&self, name: &str, source: Source, target: &TargetId) -> Result<(), ConsoleError> {
        let id: ExportId = super::exports::new_id(self.store.machine());
        let body = ExportBody {
            name: name.to_owned(),
            delivered_by: DeliveredBy::Console,
            scope: Scope::everything(),
            sources: vec![source],
            target: target.clone(),
            azure: None,
        };
        let audit = self.starter_entry("export.save", ("export", id.as_str()), name);
        self.store.save_export(&id, &body, None, &audit).await?;
        Ok(())
    }

    fn starter_entry<'a>(
        &'a self,
        action: &'static str,
        subject: (&'static str, &'a str),
        name: &str,
    ) -> AuditEntry<'a> {
        let tenant = &self.surroundings.tenant;
        AuditEntry { tenant, actor: ACTOR, action, subject: subject.0, subject_id: subject.1, detail: name.to_owned() }
    }
}

fn hub(hub: &Hub) -> TargetConfig {
    TargetConfig::EventHub(EventHubConfig {
        namespace: hub.namespace.clone(),
        hub: hub.hub.clone(),
        resource_id: Some(ResourceId::new(&hub.resource_id)),
        sign_in: HubSignIn::Key,
        key_name: Some(hub.key_name.clone()),
    })
}

fn workspace(of: &Workspace) -> TargetConfig {
    TargetConfig::Workspace(WorkspaceConfig {
        ingestion_host: of.ingestion_host.clone(),
        dcr_immutable_id: of.dcr_immutable_id.clone(),
        alert_stream: of.streams.alert.clone(),
        recommendation_stream: of.streams.recommendation.clone(),
        resource_id: Some(ResourceId::new(&of.resource_id)),
    })
}
