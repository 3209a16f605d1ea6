//! Requests to Resource Manager and its like: paid from a budget, retried where that is safe, with ids to show to support.

use super::{
    Answer, AzureError, Credential, Http,
    budget::{Account, Budget, Operation},
};
use bytes::Bytes;
use jiff::SignedDuration;
use reqwest::{
    Method,
    header::{AUTHORIZATION, CONTENT_TYPE, HeaderName, HeaderValue, IF_MATCH, IF_NONE_MATCH},
};
use serde::Serialize;
use std::time::Duration;
use tokio::time::Instant;

/// How often a request that may be repeated is sent at most.
const TRIES: u32 = 3;
/// A longer pause than this is not waited for: whoever asked is told.
const PATIENCE: SignedDuration = SignedDuration::from_secs(20);

/// One request, as the caller thinks of it.
#[derive(Debug, Clone)]
pub struct Ask {
    /// The method.
    pub method: Method,
    /// The whole address.
    pub url: String,
    /// The scope of the token that goes with it; empty for none.
    pub scope: String,
    /// The body, as JSON; empty for none.
    pub body: Bytes,
    /// The state that the resource has to be in.
    pub if_match: Option<String>,
    /// Whether there must not be such a resource yet.
    pub only_new: bool,
    /// Whether the same request may be sent again when its answer is lost: reads, and POSTs that only read.
    pub repeatable: bool,
    /// How long one try may take.
    pub timeout: Duration,
}

impl Ask {
    /// A read.
    pub fn get(url: String, scope: &str) -> Self {
        let timeout = Duration::from_secs(30);
        let (scope, body) = (scope.to_owned(), Bytes::new());
        Self { method: Method::GET, url, scope, body, if_match: None, only_new: false, repeatable: true, timeout }
    }

    /// A POST that only reads, such as `listKeys`.
    pub fn post_that_reads(url: String, scope: &str) -> Self {
        Self { method: Method::POST, ..Self::get(url, scope) }
    }

    /// A POST that does something.
    pub fn post(url: String, scope: &str) -> Self {
        Self { method: Method::POST, ..Self::put(url, scope) }
    }

    /// A write of a whole resource.
    pub fn put(url: String, scope: &str) -> Self {
        Self { method: Method::PUT, repeatable: false, timeout: Duration::from_mins(1), ..Self::get(url, scope) }
    }

    /// A change of a part of a resource.
    pub fn patch(url: String, scope: &str) -> Self {
        Self { method: Method::PATCH, ..Self::put(url, scope) }
    }

    /// The removal of a resource.
    pub fn delete(url: String, scope: &str) -> Self {
        Self { method: Method::DELETE, ..Self::put(url, scope) }
    }

    /// With a body.
    #[must_use]
    pub fn with(self, body: &impl Serialize) -> Self {
        let body = serde_json::to_vec(body).unwrap_or_else(|error| unreachable!("bodies have text keys: {error}"));
        Self { body: body.into(), ..self }
    }

    /// Only if there is no such resource yet.
    #[must_use]
    pub fn only_if_new(self) -> Self {
        Self { only_new: true, ..self }
    }

    /// Only if the resource is in this state, where one is named.
    #[must_use]
    pub fn only_if(self, etag: Option<&str>) -> Self {
        Self { if_match: etag.map(str::to_owned), ..self }
    }

    fn operation(&self) -> Operation {
        match self.method {
            Method::DELETE => Operation::Delete,
            Method::PUT | Method::PATCH => Operation::Write,
            Method::POST if !self.repeatable => Operation::Write,
            _ => Operation::Read,
        }
    }
}

/// Asks with an identity, out of its budget.
#[derive(Debug, Clone)]
pub struct Asker {
    /// The way out.
    pub http: Http,
    /// The console's identity.
    pub credential: Credential,
    budget: Budget,
}

impl Asker {
    /// With a budget of its own: one for each identity.
    pub fn new(http: Http, credential: Credential) -> Self {
        Self { http, credential, budget: Budget::default() }
    }

    /// Sends a request and answers whatever came back; only what never reached the service is an error. Throttling and
    /// failures of the service are waited out where the request may be repeated and the wait is short.
    pub async fn ask(&self, ask: &Ask) -> Result<Answer, AzureError> {
        let path = ask.url.splitn(4, '/').nth(3).map(|rest| format!("/{rest}")).unwrap_or_default();
        let account = Account::of(ask.operation(), &path);
        let mut tries = 0;
        loop {
            tries += 1;
            self.http.pause(self.budget.take(&account, Instant::now())).await?;
            let result = self.once(ask).await;
            if let Ok(answer) = &result {
                self.learn(&account, answer);
            }
            let again = match &result {
                Ok(answer) => wait_for(answer, tries, self.http.machine.chance().f64()),
                Err(AzureError::Unreachable { .. }) => Some(backoff(tries, self.http.machine.chance().f64())),
                Err(_) => None,
            };
            // What was throttled was not done: it may be sent again whatever it is.
            let refused = result.as_ref().is_ok_and(|answer| answer.status == 429);
            match again.filter(|_| (ask.repeatable || refused) && tries < TRIES) {
                Some(wait) => {
                    tracing::debug!(path, tries, wait = wait.as_secs_f64(), "asked again after a pause");
                    self.http.pause(wait).await?;
                }
                None => return result,
            }
        }
    }

    async fn once(&self, ask: &Ask) -> Result<Answer, AzureError> {
        let mut headers: Vec<(HeaderName, HeaderValue)> = Vec::new();
        if !ask.scope.is_empty() {
            headers.push((AUTHORIZATION, self.credential.bearer(&ask.scope).await?));
        }
        // Azure keeps it and answers with it: support finds the request by it.
        if let Ok(id) = HeaderValue::from_str(&self.http.machine.id().to_string()) {
            headers.push((HeaderName::from_static("x-ms-client-request-id"), id));
        }
        if !ask.body.is_empty() {
            headers.push((CONTENT_TYPE, HeaderValue::from_static("application/json")));
        }
        if ask.only_new {
            headers.push((IF_NONE_MATCH, HeaderValue::from_static("*")));
        }
        if let Some(etag) = ask.if_match.as_deref().and_then(|etag| HeaderValue::from_str(etag).ok()) {
            headers.push((IF_MATCH, etag));
        }
        self.http.send(ask.method.clone(), &ask.url, &headers, ask.body.clone(), ask.timeout).await
    }

    fn learn(&self, account: &Account, answer: &Answer) {
        let number = |name: &str| answer.header(name).and_then(|text| text.trim().parse::<u32>().ok());
        let scope = if account.subscription.is_empty() { "tenant" } else { "subscription" };
        let kind = match account.operation {
            Operation::Read => "reads",
            Operation::Write => "writes",
            Operation::Delete => "deletes",
        };
        let left = number(&format!("x-ms-ratelimit-remaining-{scope}-{kind}"));
        if let Some(left) = left {
            metrics::gauge!("continuous_export_quota_remaining", "service" => "resource_manager").set(f64::from(left));
        }
        let now = Instant::now();
        self.budget.learn(account, left, number("x-ms-ratelimit-remaining-subscription-resource-requests"), now);
        if answer.status == 429 {
            self.budget.rest(account, answer.retry_after().unwrap_or(SignedDuration::from_secs(1)), now);
        }
    }
}

/// How long to wait before an answer is asked for again; none when asking again does not help, or takes too long.
fn wait_for(answer: &Answer, tries: u32, chance: f64) -> Option<Duration> {
    let passing = matches!(answer.status, 408 | 429 | 500 | 502 | 503 | 504);
    let asked = answer.retry_after();
    if !passing || asked.is_some_and(|asked| asked > PATIENCE) {
        return None;
    }
    let asked = asked.and_then(|asked| Duration::try_from(asked).ok());
    Some(asked.unwrap_or_default().max(if asked.is_some() { Duration::ZERO } else { backoff(tries, chance) }))
}

/// Half a second, then one, each with up to as much again; `chance` is from 0 to 1.
fn backoff(tries: u32, chance: f64) -> Duration {
    let base = 0.25 * f64::from(2_u32.pow(tries.min(6)));
    Duration::from_secs_f64(base * (1.0 + chance))
}

#[cfg(test)]
mod tests {
    use super::*;
    use reqwest::header::HeaderMap;

    fn answer(status: u16, retry_after: Option<&str>) -> Answer {
        let mut headers = HeaderMap::new();
        if let Some(text) = retry_after {
            headers.insert("retry-after", text.parse().unwrap());
        }
        Answer { status, headers, body: Bytes::new() }
    }

    #[test]
    fn only_what_passes_is_waited_for_and_only_for_a_while() {
        assert_eq!(wait_for(&answer(429, Some("3")), 1, 0.5), Some(Duration::from_secs(3)));
        assert_eq!(wait_for(&answer(429, Some("600")), 1, 0.5), None);
        assert!(wait_for(&answer(503, None), 1, 0.5).unwrap() >= Duration::from_millis(500));
        for status in [200, 400, 401, 403, 404, 409, 412, 501] {
            assert_eq!(wait_for(&answer(status, None), 1, 0.5), None, "{status}");
        }
    }

    #[test]
    fn what_reads_is_counted_as_a_read_whatever_its_method() {
        let url = || "https://management.azure.com/subscriptions/a".to_owned();
        let keys = Ask::post_that_reads(url(), "");
        assert_eq!((keys.operation(), keys.repeatable), (Operation::Read, true));
        assert_eq!(Ask { repeatable: false, ..keys }.operation(), Operation::Write);
        assert_eq!(Ask { method: Method::DELETE, ..Ask::get(url(), "") }.operation(), Operation::Delete);
    }
}
