//! One request to a data collection rule.

use crate::deliver::{Reply, sender::Sent};
use azure::{AzureError, Ingestion};
use bytes::Bytes;
use std::time::Duration;
use store::AttemptAnswer;

/// The status that means: taken for processing. It does not mean stored; the page says so.
const NO_CONTENT: u16 = 204;

/// Sends packed rows to a stream's address.
pub async fn send(ingestion: &Ingestion, address: &str, body: Bytes, timeout: Duration) -> Sent {
    match ingestion.send(address, body, timeout).await {
        Ok(answer) => Sent::read(&answer, NO_CONTENT),
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
