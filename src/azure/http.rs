//! The way out of this program: every request goes through [`Http::send`], which checks its host, and is carried by one
//! [`Transport`].

use super::{
    Answer, AzureError, Cloud,
    network::{Network, Transport},
};
use bytes::Bytes;
use machine::Machine;
use reqwest::{
    Method, Request, Url,
    header::{HOST, HeaderMap, HeaderName, HeaderValue},
};
use secrecy::SecretString;
use serde::de::DeserializeOwned;
use std::{net::IpAddr, sync::Arc, time::Duration};
use tokio_util::sync::CancellationToken;

/// How requests of this program leave it.
#[derive(Debug, Clone, Default)]
pub struct HttpOptions {
    /// The practice Azure's origin: every request goes there instead, under the name of the real host.
    pub practice: Option<Url>,
    /// A proxy, which looks the services' names up itself.
    pub proxy: Option<SecretString>,
    /// What carries requests in place of the network.
    pub transport: Option<Arc<dyn Transport>>,
    /// Where request ids and the chance in pauses come from.
    pub machine: Machine,
    /// Ends pauses once the program stops.
    pub cancel: CancellationToken,
}

/// Outgoing requests of one cloud, or of the practice Azure that stands in for it.
#[derive(Debug, Clone)]
pub struct Http {
    transport: Arc<dyn Transport>,
    /// Asks this machine alone, where a managed identity's tokens come from: no name is looked up, no proxy is used.
    local: Arc<dyn Transport>,
    cancel: CancellationToken,
    pub(super) machine: Machine,
    /// The cloud whose hosts may be asked.
    pub cloud: Cloud,
    pub(super) practice: Option<Url>,
    pub(super) has_proxy: bool,
}

impl Http {
    /// For a cloud.
    pub fn new(cloud: Cloud, options: HttpOptions) -> Result<Self, AzureError> {
        let HttpOptions { practice, proxy, transport, machine, cancel } = options;
        let has_proxy = proxy.is_some();
        let (transport, local) = match transport {
            Some(transport) => (Arc::clone(&transport), transport),
            None => (Network::to_services(practice.is_some(), proxy.as_ref())?, Network::to_this_machine()?),
        };
        Ok(Self { transport, local, cancel, machine, cloud, practice, has_proxy })
    }

    /// Waits before a request; ends with an error when the program stops meanwhile.
    pub(super) async fn pause(&self, length: Duration) -> Result<(), AzureError> {
        if length.is_zero() && !self.cancel.is_cancelled() {
            return Ok(());
        }
        tokio::select! {
            () = self.cancel.cancelled() => Err(AzureError::Stopping),
            () = tokio::time::sleep(length) => Ok(()),
        }
    }

    /// Sends one request. `url` always names the real service; hosts outside the cloud are refused.
    pub async fn send(
        &self,
        method: Method,
        url: &str,
        headers: &[(HeaderName, HeaderValue)],
        body: Bytes,
        timeout: Duration,
    ) -> Result<Answer, AzureError> {
        let shape = |detail: &str| AzureError::Shape { what: "an address", detail: format!("{detail} in {url}") };
        let mut url: Url = url.parse().map_err(|_| shape("no valid address"))?;
        let host = url.host_str().ok_or_else(|| shape("no host"))?.to_owned();
        if !self.cloud.knows(&host) || url.scheme() != "https" || url.port().is_some() || !url.username().is_empty() {
            return Err(AzureError::ForeignHost { host });
        }
        let mut sent = HeaderMap::new();
        sent.extend(headers.iter().cloned());
        if let Some(practice) = &self.practice {
            stand_in(&mut url, practice, &mut sent)?;
        }
        let mut request = request(method, url, sent, timeout);
        *request.body_mut() = Some(body.into());
        let answer = self.transport.carry(request, &host).await?;
        super::witness::note(&host, &answer);
        if answer.status == 429 {
            let retry_after = answer.retry_after().map(|wait| wait.as_secs());
            tracing::debug!(host, retry_after, "the service asks for a pause (429)");
            metrics::counter!("continuous_export_throttled_total", "service" => host).increment(1);
        }
        Ok(answer)
    }

    /// Asks this machine for a token of its managed identity: the instance metadata service at 169.254.169.254, or the
    /// endpoint on loopback that hosting services name. Nothing else may use it.
    pub(super) async fn ask_this_machine(
        &self,
        url: &str,
        headers: &[(HeaderName, HeaderValue)],
        timeout: Duration,
    ) -> Result<Answer, AzureError> {
        let parsed: Option<Url> = url.parse().ok();
        let host = parsed.as_ref().and_then(Url::host_str).unwrap_or_default().to_owned();
        let is_metadata = host == "169.254.169.254";
        let is_loopback = host == "localhost" || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback());
        let Some(mut url) = parsed.filter(|url| (is_metadata || is_loopback) && url.scheme() == "http") else {
            return Err(AzureError::ForeignHost { host });
        };
        let mut sent = HeaderMap::new();
        sent.extend(headers.iter().cloned());
        if let Some(practice) = self.practice.as_ref().filter(|_| is_metadata) {
            stand_in(&mut url, practice, &mut sent)?;
        }
        let answer = self.local.carry(request(Method::GET, url, sent, timeout), &host).await?;
        super::witness::note(&host, &answer);
        Ok(answer)
    }
}

fn request(method: Method, url: Url, headers: HeaderMap, timeout: Duration) -> Request {
    let mut request = Request::new(method, url);
    *request.headers_mut() = headers;
    *request.timeout_mut() = Some(timeout);
    request
}

/// Turns a request to the practice Azure, under the name of the host it was meant for.
fn stand_in(url: &mut Url, practice: &Url, headers: &mut HeaderMap) -> Result<(), AzureError> {
    let host = url.host_str().unwrap_or_default().to_owned();
    let name = HeaderValue::from_str(&host).map_err(|_| AzureError::ForeignHost { host })?;
    headers.insert(HOST, name);
    let mut stand_in = practice.clone();
    stand_in.set_path(url.path());
    stand_in.set_query(url.query());
    *url = stand_in;
    Ok(())
}

impl Http {
    /// What the practice Azure says that a console may begin with. It is asked under its own name, not a service's.
    pub async fn practice_starter<T: DeserializeOwned>(&self) -> Result<T, AzureError> {
        let missing = || AzureError::ForeignHost { host: "the practice Azure".to_owned() };
        let url =
            self.practice.as_ref().and_then(|origin| origin.join("/_practice/starter").ok()).ok_or_else(missing)?;
        let host = url.authority().to_owned();
        let request = request(Method::GET, url, HeaderMap::new(), Duration::from_secs(10));
        self.transport.carry(request, &host).await?.json("the practice Azure's starter")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_foreign_host_is_refused_before_anything_is_sent() {
        let http = Http::new(Cloud::public(), HttpOptions::default()).unwrap();
        for url in [
            "https://evil.example/x",
            "http://management.azure.com/",
            "https://management.azure.com:8443/",
            "https://169.254.169.254/",
        ] {
            let result = http.send(Method::GET, url, &[], Bytes::new(), Duration::from_secs(1)).await;
            assert!(matches!(result, Err(AzureError::ForeignHost { .. })), "{url}");
        }
    }

    #[tokio::test]
    async fn a_name_that_resolves_to_this_machine_is_not_dialed() {
        let cloud = Cloud { arm_host: "localhost".to_owned(), ..Cloud::public() };
        let http = Http::new(cloud.clone(), HttpOptions::default()).unwrap();
        let ask = async |http: &Http| {
            let asked = http.send(Method::GET, "https://localhost/", &[], Bytes::new(), Duration::from_secs(5)).await;
            asked.unwrap_err().sentence()
        };
        assert!(ask(&http).await.contains("no address that may be dialed"), "{}", ask(&http).await);

        // A proxy may be on this machine, by name too; what it is asked for is a name, which it resolves itself.
        let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let asked = tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut head = [0; 64];
            let length = tokio::io::AsyncReadExt::read(&mut stream, &mut head).await.unwrap();
            String::from_utf8_lossy(&head[..length]).into_owned()
        });
        let proxy = Some(SecretString::from(format!("http://localhost:{port}")));
        ask(&Http::new(cloud, HttpOptions { proxy, ..HttpOptions::default() }).unwrap()).await;
        assert!(asked.await.unwrap().starts_with("CONNECT localhost:443 "));
    }
}
