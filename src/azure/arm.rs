//! Azure Resource Manager: subscriptions and what the console must know of its targets.

use super::{
    Answer, AzureError, Http, Profile,
    request::{Ask, Asker},
};
use domain::{ResourceId, SubscriptionId};
use reqwest::{Method, Url};
use secrecy::SecretString;
use serde::{Deserialize, de::DeserializeOwned};

/// More pages than any tenant has; a list that goes on and on is broken.
const MOST_PAGES: usize = 2000;

/// Reads through Resource Manager with the console's identity.
#[derive(Debug, Clone)]
pub struct Arm {
    asker: Asker,
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
    /// With the budget of an identity.
    pub fn new(asker: Asker) -> Self {
        Self { asker }
    }

    /// The way out.
    pub fn http(&self) -> &Http {
        &self.asker.http
    }

    /// One JSON answer of Resource Manager. `path` begins with a slash and carries the api-version.
    pub async fn get<T: DeserializeOwned>(&self, path: &str, what: &'static str) -> Result<T, AzureError> {
        self.get_url(self.url(path), what).await
    }

    /// Asks out of the identity's budget; whatever came back is the answer.
    pub(super) async fn ask(&self, ask: &Ask) -> Result<Answer, AzureError> {
        self.asker.ask(ask).await
    }

    /// What tokens for Resource Manager are asked for.
    pub(super) fn scope(&self) -> &str {
        &self.http().cloud.arm_scope
    }

    pub(super) fn url(&self, path: &str) -> String {
        format!("https://{}{path}", self.http().cloud.arm_host)
    }

    async fn get_url<T: DeserializeOwned>(&self, url: String, what: &'static str) -> Result<T, AzureError> {
        self.asker.ask(&Ask::get(url, &self.http().cloud.arm_scope)).await?.json(what)
    }

    /// A whole list, following `nextLink` verbatim, but only on the same host.
    pub async fn list<T: DeserializeOwned>(&self, path: &str, what: &'static str) -> Result<Vec<T>, AzureError> {
        let mut url = self.url(path);
        let mut items = Vec::new();
        for _ in 0..MOST_PAGES {
            let page: List<T> = self.get_url(url.clone(), what).await?;
            items.extend(page.value);
            match page.next_link.filter(|link| !link.is_empty()) {
                None => return Ok(items),
                Some(next) if next == url => {
                    return Err(AzureError::Shape { what, detail: "nextLink points to its own page".into() });
                }
                Some(next) => {
                    let host =
                        Url::parse(&next).ok().and_then(|url| url.host_str().map(str::to_owned)).unwrap_or_default();
                    if !host.eq_ignore_ascii_case(&self.http().cloud.arm_host) {
                        let detail = format!("nextLink points to another host, {host}; it was not followed");
                        return Err(AzureError::Shape { what, detail });
                    }
                    url = next;
                }
            }
        }
        Err(AzureError::Shape { what, detail: format!("the list goes on after {MOST_PAGES} pages") })
    }

    /// What the identity may do in a subscription (Microsoft.Authorization 2022-04-01), as entries of patterns.
    pub async fn permissions<T: DeserializeOwned>(&self, subscription: &SubscriptionId) -> Result<Vec<T>, AzureError> {
        let path = format!(
            "/subscriptions/{subscription}/providers/Microsoft.Authorization/permissions?api-version=2022-04-01"
        );
        self.list(&path, "the identity's permissions").await
    }

    /// The suppression rules that are switched on in a subscription: name and alert type (2019-01-01-preview).
    pub async fn suppression_rules(&self, subscription: &SubscriptionId) -> Result<Vec<(String, String)>, AzureError> {
        #[derive(Deserialize)]
        struct Rule {
            name: String,
            properties: RuleProperties,
        }
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct RuleProperties {
            alert_type: String,
            #[serde(default)]
            state: String,
        }
        let path = format!(
            "/subscriptions/{subscription}/providers/Microsoft.Security/alertsSuppressionRules?api-version=2019-01-01-preview"
        );
        let all: Vec<Rule> = self.list(&path, "suppression rules").await?;
        let on = all.into_iter().filter(|rule| rule.properties.state.eq_ignore_ascii_case("Enabled"));
        Ok(on.map(|rule| (rule.name, rule.properties.alert_type)).collect())
    }

    /// The registration of a resource provider in a subscription, such as `Registered` (Microsoft.Resources 2021-04-01).
    pub async fn registration(&self, subscription: &SubscriptionId, provider: &str) -> Result<String, AzureError> {
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Provider {
            registration_state: String,
        }
        let path = format!("/subscriptions/{subscription}/providers/{provider}?api-version=2021-04-01");
        Ok(self.get::<Provider>(&path, "a resource provider").await?.registration_state)
    }

    /// The addresses of the cloud that a Resource Manager stands in (`/metadata/endpoints`, without a token).
    pub async fn metadata(http: &Http) -> Result<Profile, AzureError> {
        let host = &http.cloud.arm_host;
        let url = format!("https://{host}/metadata/endpoints?api-version=2022-09-01");
        let answer = http.send(Method::GET, &url, &[], bytes::Bytes::new(), std::time::Duration::from_secs(20)).await?;
        let what = "Resource Manager's metadata";
        let body: serde_json::Value = answer.json(what)?;
        Profile::from_metadata(host, &body).map_err(|error| AzureError::Shape { what, detail: error.to_string() })
    }

    /// Every subscription the identity can see.
    pub async fn subscriptions(&self) -> Result<Vec<SubscriptionAnswer>, AzureError> {
        self.list("/subscriptions?api-version=2022-12-01", "the list of subscriptions").await
    }

    /// The primary key of an authorization rule of a hub (`listKeys`; needs the action of that name on the rule).
    pub async fn hub_key(&self, hub: &ResourceId, rule: &str) -> Result<SecretString, AzureError> {
        super::automations::only_hubs(hub)?;
        super::automations::only_names(rule)?;
        let url = self.url(&format!("{hub}/authorizationRules/{rule}/listKeys?api-version=2024-01-01"));
        let answer = self.asker.ask(&Ask::post_that_reads(url, &self.http().cloud.arm_scope)).await?;
        Ok(answer.json::<Keys>("the keys of an authorization rule")?.primary_key)
    }

    /// Partitions and tier of an event hub (Microsoft.EventHub 2024-01-01).
    pub async fn hub_facts(&self, hub: &ResourceId) -> Result<HubFacts, AzureError> {
        let found: Hub = self.get(&format!("{hub}?api-version=2024-01-01"), "an event hub").await?;
        let namespace = hub.before("eventhubs");
        let namespace: Namespace =
            self.get(&format!("{namespace}?api-version=2024-01-01"), "an Event Hubs namespace").await?;
        Ok(HubFacts {
            partitions: found.properties.partition_count,
            basic: namespace.sku.name.eq_ignore_ascii_case("basic"),
        })
    }
}
