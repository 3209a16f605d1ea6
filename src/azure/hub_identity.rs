//! Which hosts a token for Event Hubs may be sent to. Its audience is the whole service, and other services share the suffix
//! of its hosts: an Azure Relay below `.servicebus.windows.net` hands the `Authorization` header to whoever listens there.
//! So Resource Manager has to answer the namespace as one of Event Hubs, with the very host that is dialed.

use super::{Arm, AzureError, Credential};
use crate::domain::ResourceId;
use reqwest::{Url, header::HeaderValue};
use serde::Deserialize;
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

/// After this long Resource Manager is asked again: the name may have gone to somebody else.
const LASTS: Duration = Duration::from_hours(1);
/// The type of a namespace.
const NAMESPACE: &str = "Microsoft.EventHub/namespaces";

/// Hosts that Resource Manager has confirmed, with the namespace and when.
#[derive(Debug, Clone, Default)]
pub(super) struct Confirmed(Arc<Mutex<HashMap<String, (String, Instant)>>>);

impl Confirmed {
    /// How long ago the host was confirmed as this namespace's.
    fn age(&self, host: &str, namespace: &str) -> Option<Duration> {
        let all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.get(host).filter(|(of, _)| of == namespace).map(|(_, at)| at.elapsed())
    }

    fn note(&self, host: &str, namespace: &str) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.insert(host.to_owned(), (namespace.to_owned(), Instant::now()));
    }

    fn forget(&self, host: &str) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(host);
    }
}

/// The identity of a tenant as event hubs see it.
#[derive(Debug, Clone)]
pub struct HubIdentity {
    pub(super) arm: Arm,
    pub(super) credential: Credential,
    pub(super) confirmed: Confirmed,
}

impl HubIdentity {
    /// A token for the host of an address, as a whole header value.
    pub(super) async fn token_for(&self, address: &str, hub: Option<&ResourceId>) -> Result<HeaderValue, AzureError> {
        let host = host_of(address);
        let hub = hub.ok_or_else(|| unconfirmed(&host, "the target has no resource ID"))?;
        self.confirm(&host, hub).await.map_err(|error| match error {
            AzureError::Service(_) | AzureError::Unreachable { .. } => AzureError::Token {
                scope: host.clone(),
                detail: format!(
                    "Resource Manager cannot be asked whether it is an Event Hubs namespace: {}",
                    error.sentence()
                ),
            },
            other => other,
        })?;
        self.credential.bearer(&self.arm.http().cloud.event_hubs_scope).await
    }

    /// Whether Resource Manager says that this host is the one of the hub's namespace. What it confirmed within the hour is
    /// not asked again; when it does not answer, what it confirmed before stands.
    pub async fn confirm(&self, host: &str, hub: &ResourceId) -> Result<(), AzureError> {
        let (host, namespace) = (host.to_ascii_lowercase(), ResourceId::new(hub.before("eventhubs")).key());
        let age = self.confirmed.age(&host, &namespace);
        if age.is_some_and(|age| age < LASTS) {
            return Ok(());
        }
        match self.ask(&host, hub).await {
            Ok(()) => {
                self.confirmed.note(&host, &namespace);
                Ok(())
            }
            Err(error) if age.is_some() && error.is_passing() => Ok(()),
            Err(error) => {
                self.confirmed.forget(&host);
                Err(error)
            }
        }
    }

    async fn ask(&self, host: &str, hub: &ResourceId) -> Result<(), AzureError> {
        #[derive(Deserialize)]
        struct Namespace {
            #[serde(rename = "type")]
            of_type: String,
            properties: Properties,
        }
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Properties {
            service_bus_endpoint: String,
        }
        if hub.event_hub().is_none() {
            return Err(unconfirmed(host, "its resource ID is not one of an event hub"));
        }
        let path = format!("{}?api-version=2024-01-01", hub.before("eventhubs"));
        let found: Namespace = match self.arm.get(&path, "an Event Hubs namespace").await {
            Ok(found) => found,
            Err(error) if error.is_passing() => return Err(error),
            Err(error) => return Err(unconfirmed(host, &error.sentence())),
        };
        if !found.of_type.eq_ignore_ascii_case(NAMESPACE) {
            return Err(unconfirmed(host, &format!("Resource Manager says that it is a {}", found.of_type)));
        }
        let says = host_of(&found.properties.service_bus_endpoint);
        if says == host { Ok(()) } else { Err(unconfirmed(host, &format!("its host is {says}"))) }
    }
}

/// The host of an address in lower case; empty where there is none.
fn host_of(address: &str) -> String {
    let url: Option<Url> = address.parse().ok();
    url.as_ref().and_then(Url::host_str).unwrap_or_default().to_ascii_lowercase()
}

fn unconfirmed(host: &str, why: &str) -> AzureError {
    AzureError::Unconfirmed { host: host.to_owned(), why: why.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_confirmation_is_of_one_host_and_one_namespace() {
        let confirmed = Confirmed::default();
        confirmed.note("a.servicebus.windows.net", "/x/a");
        assert!(confirmed.age("a.servicebus.windows.net", "/x/a").is_some());
        assert!(confirmed.age("a.servicebus.windows.net", "/y/a").is_none(), "another namespace of that name");
        assert!(confirmed.age("b.servicebus.windows.net", "/x/a").is_none());
        confirmed.forget("a.servicebus.windows.net");
        assert!(confirmed.age("a.servicebus.windows.net", "/x/a").is_none());
        assert_eq!(host_of("https://A.servicebus.windows.net:443/"), "a.servicebus.windows.net");
    }
}
