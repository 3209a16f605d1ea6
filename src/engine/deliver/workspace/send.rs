//! One request to a data collection rule.

use crate::deliver::batch::Sent;
use azure::Ingestion;
use bytes::Bytes;
use std::time::Duration;

/// The status that means: taken for processing. It does not mean stored; the page says so.
const NO_CONTENT: u16 = 204;

/// Sends packed rows to a stream's address.
pub async fn send(ingestion: &Ingestion, address: &str, body: Bytes, timeout: Duration) -> Sent {
    Sent::of(ingestion.send(address, body, timeout).await, NO_CONTENT)
}
