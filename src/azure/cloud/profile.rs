//! Addresses typed by hand, or read from Resource Manager's metadata endpoint, laid over those of a named cloud.

use super::Cloud;
use serde::Deserialize;
use serde_json::Value;

/// Addresses that take the place of a cloud's own. Keys of a TOML file.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
pub struct Profile {
    /// What people call the cloud.
    pub label: Option<String>,
    /// Host of Azure Resource Manager.
    pub arm_host: Option<String>,
    /// Scope of tokens for Resource Manager, such as `https://management.example/.default`.
    pub arm_scope: Option<String>,
    /// Host of Entra's sign-in.
    pub login_host: Option<String>,
    /// Host of the portal.
    pub portal_host: Option<String>,
    /// Suffix of Event Hubs namespaces.
    pub event_hubs_suffix: Option<String>,
    /// Scope of tokens for Event Hubs.
    pub event_hubs_scope: Option<String>,
    /// Suffix of logs ingestion endpoints.
    pub ingestion_suffix: Option<String>,
    /// Scope of tokens for Logs Ingestion.
    pub ingestion_scope: Option<String>,
    /// Host of Log Analytics' queries.
    pub query_host: Option<String>,
    /// Scope of tokens for queries.
    pub query_scope: Option<String>,
}

/// A profile that cannot be used.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum ProfileError {
    /// It is no TOML, or has a key that is not known.
    #[error("the cloud profile cannot be read: {0}")]
    Unreadable(String),
    /// A value is not what it should be.
    #[error("the cloud profile's {key} is `{value}`: {wanted}")]
    Wrong {
        /// The key.
        key: &'static str,
        /// What stands there.
        value: String,
        /// What should.
        wanted: &'static str,
    },
    /// The metadata endpoint answered something else.
    #[error("the metadata of {0} is not as it should be: {1}")]
    Metadata(String, String),
}

impl Profile {
    /// Reads a profile from TOML.
    pub fn parse(text: &str) -> Result<Self, ProfileError> {
        toml::from_str(text).map_err(|error| ProfileError::Unreadable(error.to_string().trim().to_owned()))
    }

    /// The cloud with these addresses in place of its own.
    pub fn over(&self, mut cloud: Cloud) -> Result<Cloud, ProfileError> {
        let hosts = [
            ("arm-host", &self.arm_host, &mut cloud.arm_host),
            ("login-host", &self.login_host, &mut cloud.login_host),
            ("portal-host", &self.portal_host, &mut cloud.portal_host),
            ("query-host", &self.query_host, &mut cloud.query_host),
        ];
        for (key, given, place) in hosts {
            if let Some(value) = given {
                *place = host(key, value)?;
            }
        }
        let suffixes = [
            ("event-hubs-suffix", &self.event_hubs_suffix, &mut cloud.event_hubs_suffix),
            ("ingestion-suffix", &self.ingestion_suffix, &mut cloud.ingestion_suffix),
        ];
        for (key, given, place) in suffixes {
            if let Some(value) = given {
                *place = format!(".{}", host(key, value.trim().trim_start_matches('.'))?);
            }
        }
        let scopes = [
            ("arm-scope", &self.arm_scope, &mut cloud.arm_scope),
            ("event-hubs-scope", &self.event_hubs_scope, &mut cloud.event_hubs_scope),
            ("ingestion-scope", &self.ingestion_scope, &mut cloud.ingestion_scope),
            ("query-scope", &self.query_scope, &mut cloud.query_scope),
        ];
        for (key, given, place) in scopes {
            if let Some(value) = given {
                let value = value.trim();
                if !value.starts_with("https://") || !value.ends_with("/.default") {
                    let wanted = "a scope such as https://management.example/.default";
                    return Err(ProfileError::Wrong { key, value: value.to_owned(), wanted });
                }
                value.clone_into(place);
            }
        }
        if let Some(label) = &self.label {
            label.trim().clone_into(&mut cloud.label);
        }
        Ok(cloud)
    }

    /// What Resource Manager says of its cloud: `GET /metadata/endpoints?api-version=2022-09-01`, a list of clouds or one.
    pub fn from_metadata(arm_host: &str, answer: &Value) -> Result<Self, ProfileError> {
        let wrong = |detail: &str| ProfileError::Metadata(arm_host.to_owned(), detail.to_owned());
        let is_meant = |one: &&Value| bare(one.get("resourceManager")).is_some_and(|host| host == arm_host);
        let one = match answer {
            Value::Array(all) => all.iter().find(is_meant).ok_or_else(|| wrong("it names no cloud with this host"))?,
            one => one,
        };
        let text = |pointer: &str| one.pointer(pointer).and_then(Value::as_str).filter(|text| !text.is_empty());
        let login = bare(one.pointer("/authentication/loginEndpoint"))
            .ok_or_else(|| wrong("authentication.loginEndpoint is missing"))?;
        let audience =
            text("/authentication/audiences/0").ok_or_else(|| wrong("authentication.audiences is missing"))?;
        let scope = |audience: &str| format!("{}/.default", audience.trim_end_matches('/'));
        Ok(Self {
            label: text("/name").map(str::to_owned),
            arm_host: Some(arm_host.to_owned()),
            arm_scope: Some(scope(audience)),
            login_host: Some(login),
            portal_host: bare(one.get("portal")),
            query_host: bare(one.get("logAnalyticsResourceId")),
            query_scope: text("/logAnalyticsResourceId").map(scope),
            ..Self::default()
        })
    }

    /// These addresses where they are given, the other ones elsewhere.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        Self {
            label: self.label.or(other.label),
            arm_host: self.arm_host.or(other.arm_host),
            arm_scope: self.arm_scope.or(other.arm_scope),
            login_host: self.login_host.or(other.login_host),
            portal_host: self.portal_host.or(other.portal_host),
            event_hubs_suffix: self.event_hubs_suffix.or(other.event_hubs_suffix),
            event_hubs_scope: self.event_hubs_scope.or(other.event_hubs_scope),
            ingestion_suffix: self.ingestion_suffix.or(other.ingestion_suffix),
            ingestion_scope: self.ingestion_scope.or(other.ingestion_scope),
            query_host: self.query_host.or(other.query_host),
            query_scope: self.query_scope.or(other.query_scope),
        }
    }
}

/// A host name alone.
fn host(key: &'static str, value: &str) -> Result<String, ProfileError> {
    let value = value.trim().trim_start_matches("https://").trim_end_matches('/').to_ascii_lowercase();
    let fine = value.contains('.')
        && !value.starts_with('.')
        && value.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '.')
        && value.parse::<std::net::IpAddr>().is_err();
    let wanted = "a host name such as management.example.com";
    if fine { Ok(value) } else { Err(ProfileError::Wrong { key, value, wanted }) }
}

/// The host of an address in JSON.
fn bare(value: Option<&Value>) -> Option<String> {
    let text = value?.as_str()?;
    let rest = text.split_once("://").map_or(text, |(_, rest)| rest);
    rest.split('/').next().filter(|host| !host.is_empty()).map(str::to_ascii_lowercase)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cloud::CloudName;
    use serde_json::json;

    #[test]
    fn a_profile_takes_the_place_of_what_it_names_only() {
        let text = "event-hubs-suffix = \"servicebus.azure.eaglex.ic.gov\"\nquery-host = \"https://api.loganalytics.eaglex/\"\n";
        let cloud = Profile::parse(text).unwrap().over(Cloud::named(CloudName::Usnat)).unwrap();
        assert!(cloud.is_event_hubs("siem.servicebus.azure.eaglex.ic.gov"));
        assert_eq!(cloud.query_host, "api.loganalytics.eaglex");
        assert_eq!(cloud.login_host, "login.microsoftonline.eaglex.ic.gov");
        for (wrong, named) in [
            ("arm-host = \"127.0.0.1\"", "arm-host"),
            ("arm-host = \"localhost\"", "arm-host"),
            ("event-hubs-suffix = \"a/b.c\"", "event-hubs-suffix"),
            ("arm-scope = \"x\"", "arm-scope"),
        ] {
            let error = Profile::parse(wrong).unwrap().over(Cloud::public()).unwrap_err().to_string();
            assert!(error.contains(named), "{error}");
        }
        assert!(Profile::parse("arm_host = \"x.y\"").unwrap_err().to_string().contains("arm_host"));
    }

    #[test]
    fn metadata_of_resource_manager_names_sign_in_and_audience() {
        let stack = json!({"name": "AzureStack", "portal": "https://portal.stack.example/", "resourceManager": "https://management.stack.example/",
            "authentication": {"loginEndpoint": "https://login.stack.example/", "audiences": ["https://management.stack.example/abc/"], "tenant": "common"},
            "suffixes": {}});
        for answer in [stack.clone(), json!([{"resourceManager": "https://other.example"}, stack])] {
            let profile = Profile::from_metadata("management.stack.example", &answer).unwrap();
            let cloud = profile.over(Cloud::named(CloudName::Custom)).unwrap();
            assert_eq!(cloud.login_host, "login.stack.example");
            assert_eq!(cloud.arm_scope, "https://management.stack.example/abc/.default");
            assert!(cloud.knows("management.stack.example") && !cloud.knows("management.azure.com"));
        }
        assert!(Profile::from_metadata("management.stack.example", &json!([])).is_err());
    }
}
