//! One request to an event hub.

use crate::deliver::batch::{Sent, TIMEOUT};
use azure::{EventHubs, HubAuth, SasKey};
use bytes::Bytes;
use domain::{EventHubConfig, HubSignIn};
use jiff::Timestamp;
use secrecy::SecretString;

/// The status that means: all events of the batch are stored.
const CREATED: u16 = 201;

/// Sends a batch to an address of the hub.
pub async fn send(
    hubs: &EventHubs,
    config: &EventHubConfig,
    secret: Option<SecretString>,
    address: &str,
    body: Bytes,
    now: Timestamp,
) -> Sent {
    let auth = match config.sign_in {
        HubSignIn::Identity => HubAuth::Identity { hub: config.resource_id.clone() },
        HubSignIn::Key => match (secret, &config.key_name) {
            (Some(key), Some(name)) => HubAuth::Key(SasKey { name: name.clone(), key }),
            _ => return Sent::no_sign_in("no shared access key is set for this target".to_owned()),
        },
    };
    let entity = format!("https://{}/{}", config.namespace, config.hub);
    Sent::of(hubs.send(address, &entity, &auth, body, now, TIMEOUT).await, CREATED)
}
