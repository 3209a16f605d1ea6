//! Queries of Log Analytics (`/v1/workspaces/{id}/query`), and the metrics of event hubs: where it can be seen that something
//! arrived which Azure itself sent.

use super::{Arm, AzureError, request::Ask};
use domain::{ResourceId, time};
use jiff::Timestamp;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Deserialize;
use serde_json::{Map, Value, json};

/// The metrics of an event hub that say whether something arrives, and what keeps it from that.
pub const HUB_METRICS: [&str; 6] =
    ["IncomingMessages", "OutgoingMessages", "ThrottledRequests", "UserErrors", "ServerErrors", "QuotaExceededErrors"];

/// One metric of an event hub, by hour.
#[derive(Debug, Clone, PartialEq)]
pub struct HubMetric {
    /// Its name.
    pub name: String,
    /// The beginning of each hour, and the sum in it.
    pub hours: Vec<(Timestamp, f64)>,
}

impl Arm {
    /// Rows of a query in a workspace, by the names of its columns. A part of the data that could not be read is an error:
    /// what is missing would be taken for what has not arrived.
    pub async fn logs(
        &self,
        workspace: &str,
        query: &str,
        timespan: &str,
    ) -> Result<Vec<Map<String, Value>>, AzureError> {
        #[derive(Deserialize)]
        struct Column {
            name: String,
        }
        #[derive(Deserialize)]
        struct Table {
            columns: Vec<Column>,
            rows: Vec<Vec<Value>>,
        }
        #[derive(Deserialize)]
        struct Tables {
            tables: Vec<Table>,
            #[serde(default)]
            error: Option<Value>,
        }
        const WHAT: &str = "a query of a workspace";
        let cloud = &self.http().cloud;
        let url = format!("https://{}/v1/workspaces/{workspace}/query", cloud.query_host);
        let ask = Ask::post_that_reads(url, &cloud.query_scope).with(&json!({ "query": query, "timespan": timespan }));
        let answer: Tables = self.ask(&ask).await?.json(WHAT)?;
        if let Some(error) = answer.error {
            let text = error.get("message").and_then(Value::as_str).unwrap_or("no reason is given");
            return Err(AzureError::Shape { what: WHAT, detail: format!("only a part was answered: {text}") });
        }
        let Some(table) = answer.tables.into_iter().next() else { return Ok(Vec::new()) };
        let names: Vec<String> = table.columns.into_iter().map(|column| column.name).collect();
        Ok(table.rows.into_iter().map(|row| names.iter().cloned().zip(row).collect()).collect())
    }

    /// The id by which a workspace is queried (`customerId`, Microsoft.OperationalInsights 2023-09-01).
    pub async fn workspace_id(&self, workspace: &ResourceId) -> Result<String, AzureError> {
        #[derive(Deserialize)]
        struct Workspace {
            properties: Properties,
        }
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Properties {
            customer_id: String,
        }
        let found: Workspace = self.get(&format!("{workspace}?api-version=2023-09-01"), "a workspace").await?;
        Ok(found.properties.customer_id)
    }

    /// What an event hub took and refused, by hour (Microsoft.Insights 2024-02-01).
    pub async fn hub_metrics(
        &self,
        hub: &ResourceId,
        since: Timestamp,
        now: Timestamp,
    ) -> Result<Vec<HubMetric>, AzureError> {
        #[derive(Deserialize)]
        struct Name {
            value: String,
        }
        #[derive(Deserialize)]
        struct Metric {
            name: Name,
            #[serde(default)]
            timeseries: Vec<Series>,
        }
        #[derive(Deserialize)]
        struct Series {
            #[serde(default)]
            data: Vec<Point>,
        }
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Point {
            time_stamp: Timestamp,
            #[serde(default)]
            total: f64,
        }
        #[derive(Deserialize)]
        struct Metrics {
            value: Vec<Metric>,
        }
        super::automations::only_hubs(hub)?;
        let namespace = hub.before("eventhubs");
        let filter = format!("EntityName eq '{}'", hub.name());
        let filter = utf8_percent_encode(&filter, NON_ALPHANUMERIC);
        let path = format!(
            "{namespace}/providers/Microsoft.Insights/metrics?api-version=2024-02-01&metricnames={}&timespan={}/{}&interval=PT1H&aggregation=Total&$filter={filter}",
            HUB_METRICS.join(","),
            time::rfc3339(since),
            time::rfc3339(now),
        );
        let found: Metrics = self.get(&path, "the metrics of an event hub").await?;
        let hours = |series: Vec<Series>| {
            series.into_iter().flat_map(|one| one.data).map(|point| (point.time_stamp, point.total)).collect()
        };
        Ok(found
            .value
            .into_iter()
            .map(|metric| HubMetric { name: metric.name.value, hours: hours(metric.timeseries) })
            .collect())
    }
}
