//! Azure Resource Manager: subscriptions and what the console must know of its targets.

use super::{AzureError, Credential, Http};
use crate::domain::ResourceId;
use bytes::Bytes;
use reqwest::{Method, Url, header::AUTHORIZATION};
use secrecy::SecretString;
use serde::{Deserialize, de::DeserializeOwned};
use std::time::Duration;

const TIMEOUT: Duration = Duration::from_secs(30);
/// More pages than any tenant has; a list that goes on and on is broken.
const MOST_PAGES: usize = 2000;

/// Reads through Resource Manager with the console's identity.
#[derive(Debug, Clone)]
pub struct Arm {
    /// The way out.
    pub http: Http,
    /// The console's identity.
    pub credential: Credential,
}

/// A subscription as `GET /subscriptions` answers it (2022-12-01).
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SubscriptionAnswer {
    /// Its id.
    pub subscription_id: String,
    /// Its name.
    pub display_name: String,
    /// `Enabled`, `Warned`, `PastDue`, `Disabled`, `Deleted`.
    pub state: String,
    /// Its tenant; older answers leave it out.
    #[serde(default)]
    pub tenant_id: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct List<T> {
    pub(super) value: Vec<T>,
    #[serde(default)]
    next_link: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Keys {
    pub(super) primary_key: SecretString,
}

#[derive(Deserialize)]
pub(super) struct Hub {
    pub(super) properties: HubProperties,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct HubProperties {
    pub(super) partition_count: u32,
}

#[derive(Deserialize)]
pub(super) struct Namespace {
    sku: Sku,
}

#[derive(Deserialize)]
struct Sku {
    name: String,
}

/// What the console wants to know of an event hub before it sends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HubFacts {
    /// Its partitions.
    pub partitions: u32,
    /// Whether the namespace is of the Basic tier (256 KB a request instead of 1 MB).
    pub basic: bool,
}

impl Arm {
    /// One JSON answer of Resource Manager. `path` begins with a slash and carries the api-version.
    pub async fn get<T: DeserializeOwned>(&self, path: &str, what: &'static str) -> Result<T, AzureError> {
        self.get_url(&format!("https://{}{path}", self.http.cloud.arm_host), what).await
    }

    async fn get_url<T: DeserializeOwned>(&self, url: &str, what: &'static str) -> Result<T, AzureError> {
        let bearer = self.credential.bearer(self.http.cloud.arm_scope).await?;
        self.http.send(Method::GET, url, &[(AUTHORIZATION, bearer)], Bytes::new(), TIMEOUT).await?.json(what)
    }

    /// A whole list, following `nextLink` verbatim, but only on the same host.
    pub async fn list<T: DeserializeOwned>(&self, path: &str, what: &'static str) -> Result<Vec<T>, AzureError> {
        let mut url = format!("https://{}{path}", self.http.cloud.arm_host);
        let mut items = Vec::new();
        for _ in 0..MOST_PAGES {
            let page: List<T> = self.get_url(&url, what).await?;
            items.extend(page.value);
            match page.next_link.filter(|link| !link.is_empty()) {
                None => return Ok(items),
                Some(next) if next == url => {
                    return Err(AzureError::Shape { what, detail: "nextLink points to its own page".into() });
                }
                Some(next) => {
                    let host =
                        Url::parse(&next).ok().and_then(|url| url.host_str().map(str::to_owned)).unwrap_or_default();
                    if !host.eq_ignore_ascii_case(self.http.cloud.arm_host) {
                        let detail = format!("nextLink points to another host, {host}; it was not followed");
                        return Err(AzureError::Shape { what, detail });
                    }
                    url = next;
                }
            }
        }
        Err(AzureError::Shape { what, detail: format!("the list goes on after {MOST_PAGES} pages") })
    }

    /// Every subscription the identity can see.
    pub async fn subscriptions(&self) -> Result<Vec<SubscriptionAnswer>, AzureError> {
        self.list("/subscriptions?api-version=2022-12-01", "the list of subscriptions").await
    }

    /// The primary key of an authorization rule of a hub (`listKeys`; needs the action of that name on the rule).
    pub async fn hub_key(&self, hub: &ResourceId, rule: &str) -> Result<SecretString, AzureError> {
        let bearer = self.credential.bearer(self.http.cloud.arm_scope).await?;
        let host = self.http.cloud.arm_host;
        let url = format!("https://{host}{hub}/authorizationRules/{rule}/listKeys?api-version=2024-01-01");
        let answer = self.http.send(Method::POST, &url, &[(AUTHORIZATION, bearer)], Bytes::new(), TIMEOUT).await?;
        Ok(answer.json::<Keys>("the keys of an authorization rule")?.primary_key)
    }

    /// Partitions and tier of an event hub (Microsoft.EventHub 2024-01-01).
    pub async fn hub_facts(&self, hub: &ResourceId) -> Result<HubFacts, AzureError> {
        let found: Hub = self.get(&format!("{hub}?api-version=2024-01-01"), "an event hub").await?;
        let lower = hub.key();
        let end = lower.rfind("/eventhubs/").unwrap_or(lower.len());
        let namespace = &hub.as_str()[..end];
        let namespace: Namespace =
            self.get(&format!("{namespace}?api-version=2024-01-01"), "an Event Hubs namespace").await?;
        Ok(HubFacts {
            partitions: found.properties.partition_count,
            basic: namespace.sku.name.eq_ignore_ascii_case("basic"),
        })
    }
}
