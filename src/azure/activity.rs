//! The Activity Log: who changed what, for 90 days (Microsoft.Insights 2015-04-01).

use super::{Arm, AzureError};
use domain::{ResourceId, SubscriptionId, time};
use jiff::Timestamp;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Deserialize;

/// One line of the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Activity {
    /// When.
    pub at: Timestamp,
    /// What was done, such as `Microsoft.Security/automations/delete`.
    pub operation: String,
    /// To what.
    pub resource: ResourceId,
    /// Who.
    pub by: String,
}

impl Line {
    /// Each operation has a line when it starts and one when it ends; only what succeeded was done.
    fn is_done(&self) -> bool {
        let status = self.status.as_ref().map_or("", |status| status.value.as_str());
        status.is_empty() || status.eq_ignore_ascii_case("succeeded")
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Line {
    event_timestamp: Timestamp,
    operation_name: Word,
    #[serde(default)]
    resource_id: String,
    #[serde(default)]
    caller: String,
    #[serde(default)]
    status: Option<Word>,
}

#[derive(Deserialize)]
struct Word {
    value: String,
}

impl Arm {
    /// What was done to one resource, and to those below it.
    pub async fn activity_of(&self, resource: &ResourceId, since: Timestamp) -> Result<Vec<Activity>, AzureError> {
        let Some(subscription) = resource.subscription() else { return Ok(Vec::new()) };
        let group = resource.after("resourceGroups").unwrap_or_default();
        let all = self.activity(&subscription, &format!("resourceGroupName eq '{group}'"), since).await?;
        let below = resource.key();
        let is_below =
            |key: &str| key.strip_prefix(&below).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
        Ok(all.into_iter().filter(|one| is_below(&one.resource.key())).collect())
    }

    /// What was done with Azure's exports in a subscription.
    pub async fn activity_of_exports(
        &self,
        subscription: &SubscriptionId,
        since: Timestamp,
    ) -> Result<Vec<Activity>, AzureError> {
        self.activity(subscription, "resourceProvider eq 'Microsoft.Security'", since).await
    }

    async fn activity(&self, of: &SubscriptionId, which: &str, since: Timestamp) -> Result<Vec<Activity>, AzureError> {
        let filter = format!("eventTimestamp ge '{}' and {which}", time::rfc3339(since));
        let filter = utf8_percent_encode(&filter, NON_ALPHANUMERIC);
        let path = format!(
            "/subscriptions/{of}/providers/Microsoft.Insights/eventtypes/management/values?api-version=2015-04-01&$filter={filter}"
        );
        let all: Vec<Line> = self.list(&path, "the activity log").await?;
        let activity = |line: Line| Activity {
            at: line.event_timestamp,
            operation: line.operation_name.value,
            resource: ResourceId::new(&line.resource_id),
            by: line.caller,
        };
        Ok(all.into_iter().filter(Line::is_done).map(activity).collect())
    }
}
