//! Carries `azure_identity`'s requests over the one request function.

use super::super::{AzureError, Http};
use async_trait::async_trait;
use azure_core::{
    error::ErrorKind,
    http::{
        AsyncRawResponse, HttpClient, Method, Request, StatusCode,
        headers::{HeaderName, HeaderValue, Headers},
        request::Body,
    },
};
use bytes::Bytes;
use std::{collections::HashMap, time::Duration};

/// Where tokens come from.
#[derive(Debug)]
pub(super) struct TokenTransport {
    /// The way out.
    pub(super) http: Http,
    /// Whether they come from this machine (managed identities) instead of the sign-in service.
    pub(super) local: bool,
}

#[async_trait]
impl HttpClient for TokenTransport {
    async fn execute_request(&self, request: &Request) -> azure_core::Result<AsyncRawResponse> {
        let method = match request.method() {
            Method::Post => reqwest::Method::POST,
            _ => reqwest::Method::GET,
        };
        let headers: Vec<_> = request
            .headers()
            .iter()
            .filter_map(|(name, value)| Some((name.as_str().parse().ok()?, value.as_str().parse().ok()?)))
            .collect();
        let body = match request.body() {
            Body::Bytes(bytes) => Bytes::copy_from_slice(bytes),
            Body::SeekableStream(_) => Bytes::new(),
        };
        let failed = |error: AzureError| {
            azure_core::Error::with_error(ErrorKind::Io, error, "the sign-in service was not reached")
        };
        let (url, patience) = (request.url().as_str(), Duration::from_secs(20));
        let answer = if self.local {
            self.http.ask_this_machine(url, &headers, patience).await
        } else {
            self.http.send(method, url, &headers, body, patience).await
        };
        let answer = answer.map_err(failed)?;
        let headers: HashMap<HeaderName, HeaderValue> = answer
            .headers
            .iter()
            .filter_map(|(name, value)| {
                Some((HeaderName::from(name.as_str().to_owned()), HeaderValue::from(value.to_str().ok()?.to_owned())))
            })
            .collect();
        Ok(AsyncRawResponse::from_bytes(StatusCode::from(answer.status), Headers::from(headers), answer.body))
    }
}
