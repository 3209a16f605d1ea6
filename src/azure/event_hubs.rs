//! Sending to Event Hubs over HTTPS (`POST /{hub}/messages`, api-version 2014-01).

use super::{Answer, AzureError, Http, HubIdentity};
use base64::{Engine, engine::general_purpose::STANDARD};
use bytes::Bytes;
use domain::ResourceId;
use hmac::{Hmac, KeyInit, Mac};
use jiff::{SignedDuration, Timestamp};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use reqwest::{
    Method,
    header::{AUTHORIZATION, CONTENT_TYPE, HeaderValue},
};
use secrecy::{ExposeSecret, SecretString};
use sha2::Sha256;
use std::time::Duration;

/// Media type of a batch.
const BATCH: &str = "application/vnd.microsoft.servicebus.json";
/// How long a signature made for one request is good.
const SIGNATURE_LIVES: SignedDuration = SignedDuration::from_mins(10);

/// Sends batches.
#[derive(Debug, Clone)]
pub struct EventHubs {
    /// The way out.
    pub http: Http,
    /// Signs in where no key does.
    pub identity: HubIdentity,
}

/// A shared access key with the name of its authorization rule.
#[derive(Debug, Clone)]
pub struct SasKey {
    /// Name of the rule.
    pub name: String,
    /// The key.
    pub key: SecretString,
}

/// How a request signs in.
#[derive(Debug, Clone)]
pub enum HubAuth {
    /// With a shared access signature.
    Key(SasKey),
    /// With a token of the console's identity, after Resource Manager has confirmed whose host it is.
    Identity {
        /// The resource ID of the hub, where it is known.
        hub: Option<ResourceId>,
    },
}

impl EventHubs {
    /// The address of a hub or of one of its partitions.
    pub fn address(namespace: &str, hub: &str, partition: Option<i64>) -> String {
        match partition {
            Some(partition) => format!("https://{namespace}/{hub}/partitions/{partition}/messages"),
            None => format!("https://{namespace}/{hub}/messages"),
        }
    }

    /// Sends a batch: a JSON array of `{"Body": "…", "UserProperties": {…}}`.
    pub async fn send(
        &self,
        address: &str,
        entity: &str,
        auth: &HubAuth,
        body: Bytes,
        now: Timestamp,
        timeout: Duration,
    ) -> Result<Answer, AzureError> {
        let authorization = match auth {
            HubAuth::Identity { hub } => self.identity.token_for(address, hub.as_ref()).await?,
            HubAuth::Key(key) => key.signature(entity, now)?,
        };
        let url = format!("{address}?timeout=60&api-version=2014-01");
        let headers = [(AUTHORIZATION, authorization), (CONTENT_TYPE, HeaderValue::from_static(BATCH))];
        self.http.send(Method::POST, &url, &headers, body, timeout).await
    }
}

impl SasKey {
    /// A shared access signature for an entity (`https://namespace/hub`).
    fn signature(&self, entity: &str, now: Timestamp) -> Result<HeaderValue, AzureError> {
        let refused = |detail: &str| AzureError::Token { scope: entity.to_owned(), detail: detail.to_owned() };
        let resource = percent(entity);
        let expiry = now.saturating_add(SIGNATURE_LIVES).unwrap_or(now).as_second();
        let mut mac = Hmac::<Sha256>::new_from_slice(self.key.expose_secret().as_bytes())
            .map_err(|_| refused("the key has no length"))?;
        mac.update(format!("{resource}\n{expiry}").as_bytes());
        let signature = percent(&STANDARD.encode(mac.finalize().into_bytes()));
        let name = percent(&self.name);
        let mut value = HeaderValue::from_str(&format!(
            "SharedAccessSignature sr={resource}&sig={signature}&se={expiry}&skn={name}"
        ))
        .map_err(|_| refused("the rule's name is not a header value"))?;
        value.set_sensitive(true);
        Ok(value)
    }
}

fn percent(text: &str) -> String {
    utf8_percent_encode(text, UNRESERVED).to_string()
}

/// All but RFC 3986's unreserved characters are escaped, as shared access signatures want it.
const UNRESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signature_is_made_as_documented() {
        let key = SasKey { name: "send".into(), key: SecretString::from("c2VjcmV0") };
        let value = key
            .signature("https://siem.servicebus.windows.net/alerts", Timestamp::from_second(1_000_000).unwrap())
            .unwrap();
        let text = value.to_str().unwrap();
        assert!(
            text.starts_with("SharedAccessSignature sr=https%3A%2F%2Fsiem.servicebus.windows.net%2Falerts&sig="),
            "{text}"
        );
        assert!(text.ends_with("&se=1000600&skn=send"), "{text}");
        assert!(value.is_sensitive());
    }
}
