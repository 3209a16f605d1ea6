//! Which hosts a token for Event Hubs may be sent to. Its audience is the whole service, and other services share the suffix
//! of its hosts: an Azure Relay below `.servicebus.windows.net` hands the `Authorization` header to whoever listens there.
//! So Resource Manager has to answer the namespace as one of Event Hubs, with the very host that is dialed.

use super::{Arm, AzureError, Credential};
use domain::ResourceId;
use reqwest::{Url, header::HeaderValue};
use serde::Deserialize;
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

/// The age at which a confirmation is renewed: the name may belong to somebody else by then.
const RENEWED_AFTER: Duration = Duration::from_hours(1);
/// The age at which a confirmation expires when Resource Manager does not answer.
const EXPIRES_AFTER: Duration = Duration::from_hours(24);
/// The pause before the next attempt to renew it.
const RETRIED_AFTER: Duration = Duration::from_mins(1);
/// The longest that a request to an event hub waits for a confirmation.
const TIMEOUT: Duration = Duration::from_secs(10);
/// The type of a namespace.
const NAMESPACE: &str = "Microsoft.EventHub/namespaces";

/// A host that Resource Manager has confirmed.
#[derive(Debug, Clone)]
struct Confirmation {
    /// The namespace's resource ID in lower case.
    namespace: String,
    confirmed_at: Instant,
    asked_at: Instant,
}

impl Confirmation {
    /// Whether it can be used without asking Resource Manager.
    fn is_current(&self, now: Instant) -> bool {
        let age = now.duration_since(self.confirmed_at);
        age < RENEWED_AFTER || (age < EXPIRES_AFTER && now.duration_since(self.asked_at) < RETRIED_AFTER)
    }

    /// Whether it can be used when Resource Manager does not answer.
    fn is_unexpired(&self, now: Instant) -> bool {
        now.duration_since(self.confirmed_at) < EXPIRES_AFTER
    }
}

/// What is confirmed, by host.
#[derive(Debug, Clone, Default)]
pub(super) struct Confirmed(Arc<Mutex<HashMap<String, Confirmation>>>);

impl Confirmed {
    fn find(&self, host: &str, namespace: &str) -> Option<Confirmation> {
        let all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.get(host).filter(|one| one.namespace == namespace).cloned()
    }

    fn note(&self, host: &str, confirmation: Confirmation) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(host.to_owned(), confirmation);
    }

    fn forget(&self, host: &str) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(host);
    }
}

/// Gives tokens of a tenant's identity for confirmed hosts only.
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
    /// not asked again; when it does not answer, what it confirmed within the day is used.
    pub async fn confirm(&self, host: &str, hub: &ResourceId) -> Result<(), AzureError> {
        let (host, namespace) = (host.to_ascii_lowercase(), ResourceId::new(hub.before("eventhubs")).key());
        let asked_at = Instant::now();
        let known = self.confirmed.find(&host, &namespace);
        if known.as_ref().is_some_and(|known| known.is_current(asked_at)) {
            return Ok(());
        }
        let answer = tokio::time::timeout(TIMEOUT, self.ask(&host, hub)).await;
        let answer = answer.unwrap_or_else(|_| {
            let detail = "Resource Manager took too long to say whether it is an Event Hubs namespace".to_owned();
            Err(AzureError::Token { scope: host.clone(), detail })
        });
        match (answer, known.filter(|known| known.is_unexpired(asked_at))) {
            (Ok(()), _) => {
                self.confirmed.note(&host, Confirmation { namespace, confirmed_at: asked_at, asked_at });
                Ok(())
            }
            (Err(error), Some(known)) if error.is_passing() => {
                self.confirmed.note(&host, Confirmation { asked_at, ..known });
                Ok(())
            }
            (Err(error), _) => {
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
    fn a_confirmation_is_of_one_host_and_one_namespace_and_ends() {
        let now = Instant::now();
        let confirmed = Confirmed::default();
        let one = Confirmation { namespace: "/x/a".to_owned(), confirmed_at: now, asked_at: now };
        confirmed.note("a.servicebus.windows.net", one);
        assert!(confirmed.find("a.servicebus.windows.net", "/x/a").is_some());
        assert!(confirmed.find("a.servicebus.windows.net", "/y/a").is_none(), "another namespace of that name");
        assert!(confirmed.find("b.servicebus.windows.net", "/x/a").is_none());
        confirmed.forget("a.servicebus.windows.net");
        assert!(confirmed.find("a.servicebus.windows.net", "/x/a").is_none());
        let later = now + Duration::from_hours(2);
        let fresh = Confirmation { namespace: "/x/a".to_owned(), confirmed_at: now, asked_at: now };
        assert!(fresh.is_current(now) && !fresh.is_current(later) && fresh.is_unexpired(later));
        let asked = Confirmation { asked_at: later, ..fresh.clone() };
        assert!(asked.is_current(later + Duration::from_secs(30)) && !asked.is_current(later + Duration::from_mins(2)));
        let day = now + Duration::from_hours(25);
        assert!(!fresh.is_unexpired(day) && !Confirmation { asked_at: day, ..fresh }.is_current(day));
        assert_eq!(host_of("https://A.servicebus.windows.net:443/"), "a.servicebus.windows.net");
    }
}
