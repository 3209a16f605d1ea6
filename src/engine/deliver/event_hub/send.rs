//! One request to an event hub.

use crate::deliver::{
    Reply,
    sender::{Sent, TIMEOUT},
};
use azure::{AzureError, EventHubs, HubAuth, SasKey};
use bytes::Bytes;
use domain::{EventHubConfig, HubSignIn};
use jiff::Timestamp;
use secrecy::SecretString;
use store::AttemptAnswer;

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
    match hubs.send(address, &entity, &auth, body, now, TIMEOUT).await {
        Ok(answer) => Sent::read(&answer, CREATED),
        Err(error @ AzureError::Unconfirmed { .. }) => Sent::unconfirmed(error.sentence()),
        Err(error @ AzureError::Token { .. }) => Sent::no_sign_in(error.sentence()),
        Err(error) => {
            let why = error.sentence();
            Sent {
                reply: Reply::Silent { why: why.clone() },
                answer: AttemptAnswer { error: Some(why), ..AttemptAnswer::default() },
            }
        }
    }
}
