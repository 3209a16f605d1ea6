//! Who the console is for Azure, and tokens for it. Tokens are asked for through the same request function as all else.

use super::{AzureError, Http};
use async_trait::async_trait;
use azure_core::{
    credentials::{Secret, TokenCredential},
    error::ErrorKind,
    http::{
        AsyncRawResponse, ClientOptions, HttpClient, Method, Request, StatusCode, Transport,
        headers::{HeaderName, HeaderValue, Headers},
        request::Body,
    },
};
use azure_identity::{
    AzureCliCredential, AzureCliCredentialOptions, ClientSecretCredential, ClientSecretCredentialOptions,
};
use bytes::Bytes;
use secrecy::{ExposeSecret, SecretString};
use std::{collections::HashMap, sync::Arc, time::Duration};

/// Which identity is used; named in the settings, nothing is tried silently.
#[derive(Debug, Clone)]
pub enum Identity {
    /// An app registration with a client secret.
    ClientSecret {
        /// The tenant.
        tenant: String,
        /// The app's client id.
        client_id: String,
        /// Its secret.
        secret: SecretString,
    },
    /// Whoever is signed in to the Azure CLI.
    AzureCli {
        /// The tenant.
        tenant: String,
    },
}

impl Identity {
    /// One line for people: which identity this is.
    pub fn describe(&self) -> String {
        match self {
            Self::ClientSecret { client_id, .. } => format!("app registration {client_id} with a client secret"),
            Self::AzureCli { .. } => "the account signed in to the Azure CLI".to_owned(),
        }
    }

    /// The tenant it signs in to.
    pub fn tenant(&self) -> &str {
        match self {
            Self::ClientSecret { tenant, .. } | Self::AzureCli { tenant } => tenant,
        }
    }
}

/// Gives tokens. They are cached and refreshed inside.
#[derive(Debug, Clone)]
pub struct Credential(Arc<dyn TokenCredential>);

impl Credential {
    /// Sets the identity up; nothing is asked yet.
    pub fn new(identity: &Identity, http: &Http) -> Result<Self, AzureError> {
        let refused =
            |error: azure_core::Error| AzureError::Token { scope: "this identity".into(), detail: error.to_string() };
        match identity {
            Identity::ClientSecret { tenant, client_id, secret } => {
                let transport = Transport::new(Arc::new(TokenTransport(http.clone())));
                let client_options = ClientOptions { transport: Some(transport), ..ClientOptions::default() };
                let options = ClientSecretCredentialOptions { client_options };
                let secret = Secret::new(secret.expose_secret().to_owned());
                let made =
                    ClientSecretCredential::new(tenant, client_id.clone(), secret, Some(options)).map_err(refused)?;
                Ok(Self(made))
            }
            Identity::AzureCli { tenant } => {
                let options = AzureCliCredentialOptions { tenant_id: Some(tenant.clone()), ..Default::default() };
                Ok(Self(AzureCliCredential::new(Some(options)).map_err(refused)?))
            }
        }
    }

    /// The value of an `Authorization` header for this scope.
    pub async fn bearer(&self, scope: &str) -> Result<reqwest::header::HeaderValue, AzureError> {
        let refused = |detail: String| AzureError::Token { scope: scope.to_owned(), detail };
        let token = self.0.get_token(&[scope], None).await.map_err(|error| refused(error.to_string()))?;
        let mut value = reqwest::header::HeaderValue::from_str(&format!("Bearer {}", token.token.secret()))
            .map_err(|_| refused("the token is not a header value".into()))?;
        value.set_sensitive(true);
        Ok(value)
    }
}

/// Carries `azure_identity`'s requests over [`Http::send`].
#[derive(Debug)]
struct TokenTransport(Http);

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
        let answer = self
            .0
            .send(method, request.url().as_str(), &headers, body, Duration::from_secs(20))
            .await
            .map_err(failed)?;
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
