//! Shared access signatures of Event Hubs.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use super::serve::request::percent_decode;
use super::world::event_hubs::Rule;

/// A parsed `SharedAccessSignature sr=…&sig=…&se=…&skn=…`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Signature {
    /// The signed resource, still percent-encoded: so it is signed.
    resource: String,
    signature: String,
    /// Unix seconds.
    expiry: i64,
    /// Name of the authorization rule.
    pub rule: String,
}

/// Why a signature does not open an entity. The text is what the service says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum Refusal {
    #[error("MalformedToken: The credentials contained in the authorization header are not in the expected format.")]
    Malformed,
    #[error("ExpiredToken: The token is expired.")]
    Expired,
    #[error(
        "InvalidAudience: The authorization header contains a token whose resource does not cover the requested entity."
    )]
    Audience,
    #[error("InvalidSignature: The token has an invalid signature.")]
    Signature,
}

impl Signature {
    /// Reads the value of an Authorization header after the scheme.
    pub(super) fn parse(text: &str) -> Result<Self, Refusal> {
        let field = |name: &str| {
            let mut pairs = text.trim().split('&').filter_map(|pair| pair.split_once('='));
            pairs.find(|(key, _)| *key == name).map(|(_, value)| value.to_owned())
        };
        let (resource, signature) = (field("sr"), field("sig"));
        let (expiry, rule) = (field("se"), field("skn"));
        match (resource, signature, expiry.and_then(|text| text.parse().ok()), rule) {
            (Some(resource), Some(signature), Some(expiry), Some(rule)) => {
                Ok(Self { resource, signature: percent_decode(&signature), expiry, rule: percent_decode(&rule) })
            }
            _ => Err(Refusal::Malformed),
        }
    }

    /// Checks expiry (`now` in Unix seconds), that the signed resource covers one of the entity's addresses, and the HMAC under
    /// one of the rule's keys.
    pub(super) fn check(&self, rule: &Rule, addresses: &[String], now: i64) -> Result<(), Refusal> {
        if self.expiry <= now {
            return Err(Refusal::Expired);
        }
        let signed = percent_decode(&self.resource).to_lowercase();
        let signed =
            signed.split_once("://").map_or(signed.as_str(), |(_, rest)| rest).trim_end_matches('/').to_owned();
        let covers = |address: &String| {
            let address = address.to_lowercase();
            address.strip_prefix(&signed).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        };
        if signed.is_empty() || !addresses.iter().any(covers) {
            return Err(Refusal::Audience);
        }
        let content = format!("{}\n{}", self.resource, self.expiry);
        let signature = STANDARD.decode(&self.signature).map_err(|_| Refusal::Signature)?;
        let matches = |key: &String| {
            Hmac::<Sha256>::new_from_slice(key.as_bytes())
                .is_ok_and(|mac| mac.chain_update(&content).verify_slice(&signature).is_ok())
        };
        if matches(&rule.primary) || matches(&rule.secondary) { Ok(()) } else { Err(Refusal::Signature) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rule() -> Rule {
        Rule {
            name: "send".into(),
            rights: &["Send"],
            primary: "first".into(),
            secondary: "second".into(),
            regenerated: None,
        }
    }

    fn header(key: &str, resource: &str, expiry: i64) -> String {
        let resource = resource.replace(':', "%3a").replace('/', "%2f");
        let mac = Hmac::<Sha256>::new_from_slice(key.as_bytes()).unwrap().chain_update(format!("{resource}\n{expiry}"));
        let signature = STANDARD.encode(mac.finalize().into_bytes());
        let signature = signature.replace('+', "%2B").replace('/', "%2F").replace('=', "%3D");
        format!("sr={resource}&sig={signature}&se={expiry}&skn=send")
    }

    #[test]
    fn signatures_are_checked_in_full() {
        let addresses = ["ns.servicebus.windows.net/hub".to_owned()];
        let check = |key: &str, resource: &str, expiry: i64| {
            Signature::parse(&header(key, resource, expiry)).unwrap().check(&rule(), &addresses, 1000)
        };
        assert_eq!(check("first", "https://ns.servicebus.windows.net/hub", 2000), Ok(()));
        assert_eq!(check("second", "sb://NS.servicebus.windows.net/", 2000), Ok(()));
        assert_eq!(check("third", "https://ns.servicebus.windows.net/hub", 2000), Err(Refusal::Signature));
        assert_eq!(check("first", "https://ns.servicebus.windows.net/hub", 1000), Err(Refusal::Expired));
        assert_eq!(check("first", "https://ns.servicebus.windows.net/hu", 2000), Err(Refusal::Audience));
        assert_eq!(check("first", "https://other.servicebus.windows.net/hub", 2000), Err(Refusal::Audience));
        assert_eq!(Signature::parse("sr=x"), Err(Refusal::Malformed));
    }
}
