//! What carries requests: the only place that opens outgoing connections.

use super::{Answer, AzureError, dial::GuardedResolver};
use async_trait::async_trait;
use reqwest::{Client, ClientBuilder, Proxy, Request, redirect::Policy};
use secrecy::{ExposeSecret, SecretString};
use std::{fmt, sync::Arc, time::Duration};

/// Carries one request; a simulation answers without a network.
#[async_trait]
pub trait Transport: fmt::Debug + Send + Sync {
    /// Sends it and reads the answer. `host` is the service's name, for errors.
    async fn carry(&self, request: Request, host: &str) -> Result<Answer, AzureError>;
}

/// Most bytes of an answer that are read: Resource Graph answers up to 16 MiB.
const MOST: usize = 20 * 1024 * 1024;

/// The network as this machine sees it.
#[derive(Debug)]
pub struct Network(Client);

impl Network {
    /// To the services of a cloud over TLS, or to a practice Azure.
    pub fn to_services(practice: bool, proxy: Option<&SecretString>) -> Result<Arc<dyn Transport>, AzureError> {
        let mut builder = bare()
            .connect_timeout(Duration::from_secs(10))
            .pool_idle_timeout(Duration::from_mins(1))
            .user_agent(concat!("continuous-export/", env!("CARGO_PKG_VERSION")));
        if !practice {
            builder = builder.https_only(true);
            // A proxy looks the services' names up itself: the only name that is resolved here is its own, which an
            // administrator wrote and which is often this machine's.
            builder = match proxy {
                Some(proxy) => builder.proxy(Proxy::all(proxy.expose_secret()).map_err(AzureError::Setup)?),
                None => builder.dns_resolver(Arc::new(GuardedResolver)),
            };
        }
        Self::of(builder)
    }

    /// To this machine itself, for the tokens of a managed identity.
    pub(super) fn to_this_machine() -> Result<Arc<dyn Transport>, AzureError> {
        Self::of(bare().connect_timeout(Duration::from_secs(3)))
    }

    fn of(builder: ClientBuilder) -> Result<Arc<dyn Transport>, AzureError> {
        Ok(Arc::new(Self(builder.build().map_err(AzureError::Setup)?)))
    }
}

/// A proxy is used when the settings name one, never because the environment does, and no redirect is followed.
fn bare() -> ClientBuilder {
    Client::builder().redirect(Policy::none()).no_proxy()
}

#[async_trait]
impl Transport for Network {
    async fn carry(&self, request: Request, host: &str) -> Result<Answer, AzureError> {
        let unreachable = |source: reqwest::Error| AzureError::Unreachable {
            host: host.to_owned(),
            source: source.without_url().into(),
        };
        let mut answer = self.0.execute(request).await.map_err(unreachable)?;
        let (status, headers) = (answer.status().as_u16(), std::mem::take(answer.headers_mut()));
        let mut body = Vec::new();
        while let Some(chunk) = answer.chunk().await.map_err(unreachable)? {
            if body.len() + chunk.len() > MOST {
                return Err(AzureError::TooLong { host: host.to_owned(), limit: MOST });
            }
            body.extend_from_slice(&chunk);
        }
        Ok(Answer { status, headers, body: body.into() })
    }
}
