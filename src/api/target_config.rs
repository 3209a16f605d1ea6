//! Where a target is, in one flat shape: what is wrong can then be said at its field, whichever kind it is.

use super::words::{HubSignInWord, TargetKindWord};
use domain::{
    EventHubConfig, FieldError, HubSignIn, ResourceId, TargetConfig, TargetKind, WorkspaceConfig,
    target::{alert_stream, recommendation_stream},
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Where a target is. Fields of the other kind are absent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = TargetConfig)]
pub struct Config {
    /// The kind; a target keeps it.
    #[schema(value_type = TargetKindWord)]
    pub kind: TargetKind,
    /// Event hub: host name of the namespace, such as `siem.servicebus.windows.net`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub namespace: Option<String>,
    /// Event hub: its name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hub: Option<String>,
    /// Event hub: how to sign in.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<HubSignInWord>)]
    pub sign_in: Option<HubSignIn>,
    /// Event hub: the authorization rule that the key belongs to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key_name: Option<String>,
    /// Workspace: host of the logs ingestion endpoint.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ingestion_host: Option<String>,
    /// Workspace: immutable id of the data collection rule, `dcr-…`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dcr_immutable_id: Option<String>,
    /// Workspace: stream for alerts; `Custom-ContinuousExportAlert` unless given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub alert_stream: Option<String>,
    /// Workspace: stream for recommendations; `Custom-ContinuousExportRecommendation` unless given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub recommendation_stream: Option<String>,
    /// The resource id of the event hub or workspace in Azure.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub resource_id: Option<String>,
}

impl Config {
    fn empty(kind: TargetKind) -> Self {
        Self {
            kind,
            namespace: None,
            hub: None,
            sign_in: None,
            key_name: None,
            ingestion_host: None,
            dcr_immutable_id: None,
            alert_stream: None,
            recommendation_stream: None,
            resource_id: None,
        }
    }

    /// The exact configuration; every field that is missing or belongs to the other kind is named.
    pub fn read(self) -> Result<TargetConfig, Vec<FieldError>> {
        let mut errors = Vec::new();
        let alien: &[(&str, bool)] = match self.kind {
            TargetKind::EventHub => &[
                ("ingestion_host", self.ingestion_host.is_some()),
                ("dcr_immutable_id", self.dcr_immutable_id.is_some()),
                ("alert_stream", self.alert_stream.is_some()),
                ("recommendation_stream", self.recommendation_stream.is_some()),
            ],
            TargetKind::Workspace => &[
                ("namespace", self.namespace.is_some()),
                ("hub", self.hub.is_some()),
                ("sign_in", self.sign_in.is_some()),
                ("key_name", self.key_name.is_some()),
            ],
        };
        for (field, _) in alien.iter().filter(|(_, given)| *given) {
            errors
                .push(FieldError::new(format!("config.{field}"), format!("{} targets have no such field", self.kind)));
        }
        let resource_id = self.resource_id.as_deref().filter(|id| !id.trim().is_empty()).map(ResourceId::new);
        let config = match self.kind {
            TargetKind::EventHub => TargetConfig::EventHub(EventHubConfig {
                namespace: required("namespace", self.namespace, &mut errors),
                hub: required("hub", self.hub, &mut errors),
                resource_id,
                sign_in: self.sign_in.unwrap_or_else(|| {
                    errors.push(FieldError::new("config.sign_in", "is missing: key or identity"));
                    HubSignIn::Identity
                }),
                key_name: self.key_name,
            }),
            TargetKind::Workspace => TargetConfig::Workspace(WorkspaceConfig {
                ingestion_host: required("ingestion_host", self.ingestion_host, &mut errors),
                dcr_immutable_id: required("dcr_immutable_id", self.dcr_immutable_id, &mut errors),
                alert_stream: self.alert_stream.unwrap_or_else(alert_stream),
                recommendation_stream: self.recommendation_stream.unwrap_or_else(recommendation_stream),
                resource_id,
            }),
        };
        if errors.is_empty() { Ok(config) } else { Err(errors) }
    }
}

fn required(field: &str, value: Option<String>, errors: &mut Vec<FieldError>) -> String {
    value.unwrap_or_else(|| {
        errors.push(FieldError::new(format!("config.{field}"), "is missing"));
        String::new()
    })
}

impl From<TargetConfig> for Config {
    fn from(config: TargetConfig) -> Self {
        let kind = config.kind();
        match config {
            TargetConfig::EventHub(EventHubConfig { namespace, hub, resource_id, sign_in, key_name }) => Self {
                namespace: Some(namespace),
                hub: Some(hub),
                sign_in: Some(sign_in),
                key_name,
                resource_id: resource_id.map(|id| id.as_str().to_owned()),
                ..Self::empty(kind)
            },
            TargetConfig::Workspace(of) => Self {
                ingestion_host: Some(of.ingestion_host),
                dcr_immutable_id: Some(of.dcr_immutable_id),
                alert_stream: Some(of.alert_stream),
                recommendation_stream: Some(of.recommendation_stream),
                resource_id: of.resource_id.map(|id| id.as_str().to_owned()),
                ..Self::empty(kind)
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<TargetConfig, Vec<String>> {
        let config: Config = serde_json::from_str(text).unwrap();
        config.read().map_err(|errors| errors.into_iter().map(|error| error.path).collect())
    }

    #[test]
    fn a_workspace_needs_host_and_rule_only() {
        let text = r#"{"kind": "Workspace", "ingestion_host": "h", "dcr_immutable_id": "dcr-1", "resource_id": null}"#;
        let config = read(text).unwrap();
        let TargetConfig::Workspace(workspace) = &config else { panic!("{config:?}") };
        assert_eq!(workspace.alert_stream, alert_stream());
        assert_eq!(Config::from(config.clone()).read(), Ok(config));
    }

    #[test]
    fn everything_missing_or_alien_is_named() {
        assert_eq!(
            read(r#"{"kind": "event_hub", "hub": "alerts", "alert_stream": "Custom-X"}"#).unwrap_err(),
            ["config.alert_stream", "config.namespace", "config.sign_in"]
        );
    }
}
