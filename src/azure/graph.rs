//! Azure Resource Graph (2022-10-01): one query over hundreds of subscriptions.

use super::{AzureError, Credential, Fault, Http};
use domain::SubscriptionId;
use jiff::{SignedDuration, Timestamp};
use reqwest::{
    Method,
    header::{AUTHORIZATION, CONTENT_TYPE, HeaderValue},
};
use serde::Deserialize;
use serde_json::{Value, json};
use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};
use tokio::time::Instant;

/// The most subscriptions one request may name.
pub const SUBSCRIPTIONS_A_REQUEST: usize = 300;
/// The most rows one answer holds.
pub const ROWS_A_PAGE: usize = 1000;

/// Queries with the console's identity.
#[derive(Debug, Clone)]
pub struct Graph {
    /// The way out.
    pub http: Http,
    /// The console's identity.
    pub credential: Credential,
    quota: Quota,
}

/// When Resource Graph may be asked again: whoever shares the identity shares its quota.
#[derive(Debug, Clone, Default)]
struct Quota(Arc<Mutex<Option<Instant>>>);

impl Quota {
    async fn wait(&self) {
        let until = *self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(until) = until {
            tokio::time::sleep_until(until).await;
        }
    }

    fn rest(&self, length: SignedDuration) {
        let until = Duration::try_from(length).ok().and_then(|length| Instant::now().checked_add(length));
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *known = (*known).max(until);
    }
}

/// One page of rows.
#[derive(Debug, Clone)]
pub struct GraphPage {
    /// The rows, as objects.
    pub rows: Vec<Value>,
    /// How long to leave Resource Graph alone because the quota (15 queries in 5 s) is used up.
    pub rest: Option<SignedDuration>,
    /// Whether Azure says that there are more rows than these.
    pub more: bool,
    /// The time by Azure's clock.
    pub date: Option<Timestamp>,
}

#[derive(Deserialize)]
pub(super) struct AnswerBody {
    pub(super) data: Vec<Value>,
    #[serde(default, rename = "resultTruncated")]
    truncated: Option<String>,
    #[serde(default, rename = "$skipToken")]
    skip_token: Option<String>,
}

impl Graph {
    /// With a way out and an identity.
    pub fn new(http: Http, credential: Credential) -> Self {
        Self { http, credential, quota: Quota::default() }
    }

    /// Asks once for at most `top` rows.
    pub async fn query(
        &self,
        subscriptions: &[SubscriptionId],
        query: &str,
        top: usize,
    ) -> Result<GraphPage, AzureError> {
        let bearer = self.credential.bearer(&self.http.cloud.arm_scope).await?;
        let url = format!(
            "https://{}/providers/Microsoft.ResourceGraph/resources?api-version=2022-10-01",
            self.http.cloud.arm_host
        );
        let body = json!({
            "subscriptions": subscriptions,
            "query": query,
            "options": {"$top": top, "resultFormat": "objectArray"},
        });
        self.quota.wait().await;
        let headers = [(AUTHORIZATION, bearer), (CONTENT_TYPE, HeaderValue::from_static("application/json"))];
        let answer =
            self.http.send(Method::POST, &url, &headers, body.to_string().into(), Duration::from_mins(1)).await?;
        let left = answer.header("x-ms-user-quota-remaining").and_then(|text| text.parse::<u32>().ok());
        if let Some(left) = left {
            metrics::gauge!("continuous_export_quota_remaining", "service" => "resource_graph").set(f64::from(left));
        }
        let resets = answer.header("x-ms-user-quota-resets-after").and_then(hms);
        let rest = resets.filter(|_| left == Some(0));
        // One query is left for whoever asked at the same moment.
        if let Some(length) = resets.filter(|_| left.is_some_and(|left| left <= 1)) {
            self.quota.rest(length);
        }
        let date =
            answer.header("date").and_then(|text| jiff::fmt::rfc2822::parse(text).ok()).map(|date| date.timestamp());
        let page: AnswerBody = answer.json("a Resource Graph query").map_err(|error| match error {
            AzureError::Service(fault) => {
                AzureError::Service(Fault { retry_after: fault.retry_after.or(rest), ..fault })
            }
            other => other,
        })?;
        let more = page.skip_token.is_some() || page.truncated.is_some_and(|word| word.eq_ignore_ascii_case("true"));
        Ok(GraphPage { rows: page.data, rest, more, date })
    }
}

/// Reads `hh:mm:ss`.
fn hms(text: &str) -> Option<SignedDuration> {
    let mut seconds = 0;
    for part in text.trim().split(':') {
        seconds = seconds * 60 + part.split('.').next()?.parse::<i64>().ok()?;
    }
    Some(SignedDuration::from_secs(seconds))
}

/// A text as a literal of Kusto's language.
pub(super) fn literal(text: &str) -> String {
    format!("'{}'", text.replace('\\', "\\\\").replace('\'', "\\'"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn literals_cannot_be_left_and_quotas_are_read() {
        assert_eq!(literal(r"a'b\"), r"'a\'b\\'");
        assert_eq!(hms("00:00:05"), Some(SignedDuration::from_secs(5)));
        assert_eq!(hms("soon"), None);
    }
}
