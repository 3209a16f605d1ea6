//! Logs Ingestion (2023-01-01): rows into a workspace through a data collection rule.

use super::{Answer, AzureError, Credential, Http};
use bytes::Bytes;
use reqwest::{
    Method,
    header::{AUTHORIZATION, CONTENT_ENCODING, CONTENT_TYPE, HeaderValue},
};
use std::time::Duration;

/// Sends rows with the console's identity (role Monitoring Metrics Publisher on the rule).
#[derive(Debug, Clone)]
pub struct Ingestion {
    /// The way out.
    pub http: Http,
    /// The console's identity.
    pub credential: Credential,
}

impl Ingestion {
    /// The address of one stream.
    pub fn address(host: &str, rule: &str, stream: &str) -> String {
        format!("https://{host}/dataCollectionRules/{rule}/streams/{stream}")
    }

    /// Sends a gzipped JSON array of rows.
    pub async fn send(&self, address: &str, gzipped: Bytes, timeout: Duration) -> Result<Answer, AzureError> {
        let bearer = self.credential.bearer(&self.http.cloud.ingestion_scope).await?;
        let headers = [
            (AUTHORIZATION, bearer),
            (CONTENT_TYPE, HeaderValue::from_static("application/json")),
            (CONTENT_ENCODING, HeaderValue::from_static("gzip")),
        ];
        self.http.send(Method::POST, &format!("{address}?api-version=2023-01-01"), &headers, gzipped, timeout).await
    }
}
