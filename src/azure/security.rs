//! Microsoft.Security: the queries that watch alerts and recommendations, and reads of single things.

use super::{
    Arm, AzureError, Graph, GraphPage,
    graph::{ROWS_A_PAGE, literal},
};
use domain::{Ancestor, Kind, SubscriptionId, time};
use futures::future::try_join_all;
use jiff::Timestamp;
use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};
use serde::Deserialize;
use serde_json::Value;
use std::collections::BTreeMap;

/// Security data with the console's identity.
#[derive(Debug, Clone)]
pub struct Security {
    /// Resource Graph.
    pub graph: Graph,
    /// Resource Manager.
    pub arm: Arm,
}

/// Which items are wanted.
#[derive(Debug, Clone, Copy)]
pub struct Query<'a> {
    /// The kind of data.
    pub kind: Kind,
    /// Where.
    pub subscriptions: &'a [SubscriptionId],
    /// Only items whose source date is at or after this; all of them without.
    pub since: Option<Timestamp>,
    /// Only items whose id sorts after this; empty for the first page.
    pub after: &'a str,
}

/// What cannot stand in a path as it is.
const PATH: &AsciiSet =
    &CONTROLS.add(b' ').add(b'"').add(b'#').add(b'%').add(b'<').add(b'>').add(b'?').add(b'`').add(b'{').add(b'}');

/// Groups of subscriptions that are asked for one item at a time: a person waits, and the quota is 15 queries in 5 seconds.
const GROUPS_AT_ONCE: usize = 5;

/// What is asked of every item.
const PROJECT: &str = "| project id, name, type, tenantId, subscriptionId, resourceGroup, location, properties";

/// The management groups above a subscription, nearest first, and its tags.
pub type Container = (Vec<Ancestor>, BTreeMap<String, String>);

/// The type of a kind's items in Resource Graph.
fn resource_type(kind: Kind) -> &'static str {
    match kind {
        Kind::Alert => "microsoft.security/locations/alerts",
        Kind::Recommendation => "microsoft.security/assessments",
        Kind::Finding => "microsoft.security/assessments/subassessments",
        Kind::SecureScore => "microsoft.security/securescores",
        Kind::SecureScoreControl => "microsoft.security/securescores/securescorecontrols",
        Kind::RegulatoryCompliance => {
            "microsoft.security/regulatorycompliancestandards/regulatorycompliancecontrols/regulatorycomplianceassessments"
        }
        Kind::AttackPath => "microsoft.security/attackpaths",
    }
}

impl Query<'_> {
    /// The query in Kusto's language. Strings have no `>` there, hence `strcmp`.
    fn text(&self) -> String {
        let dates = match self.kind {
            Kind::Alert => {
                "| extend generated = todatetime(properties.TimeGeneratedUtc), processed = todatetime(properties.ProcessingEndTimeUtc)\n\
                 | extend sourceDate = iff(isnull(processed) or generated > processed, generated, processed)\n"
            }
            Kind::Recommendation => "| extend sourceDate = todatetime(properties.status.statusChangeDate)\n",
            Kind::Finding => "| extend sourceDate = todatetime(properties.timeGenerated)\n",
            // These carry no date: they are never asked for by one.
            Kind::SecureScore | Kind::SecureScoreControl | Kind::RegulatoryCompliance | Kind::AttackPath => "",
        };
        let mut text = format!("securityresources\n| where type =~ {}\n", literal(resource_type(self.kind)));
        if let Some(since) = self.since.filter(|_| self.kind.is_dated()) {
            text.push_str(dates);
            text.push_str(&format!("| where sourceDate >= datetime({})\n", time::rfc3339(since)));
        }
        if !self.after.is_empty() {
            text.push_str(&format!("| where strcmp(id, {}) > 0\n", literal(self.after)));
        }
        text.push_str("| order by id asc\n");
        text.push_str(PROJECT);
        text
    }
}

impl Security {
    /// One page of items, in the order of their ids. `top` shrinks while answers are refused as too large.
    pub async fn items(&self, query: Query<'_>, top: &mut usize) -> Result<GraphPage, AzureError> {
        let text = query.text();
        loop {
            match self.graph.query(query.subscriptions, &text, (*top).clamp(1, ROWS_A_PAGE)).await {
                Err(error) if error.is_too_large() && *top > 1 => *top /= 2,
                other => return other,
            }
        }
    }

    /// Whether an item is there now: by its own id, or an alert by the id it is known by. Without a kind every kind is asked.
    pub async fn has_item(
        &self,
        subscriptions: &[SubscriptionId],
        kind: Option<Kind>,
        id: &str,
    ) -> Result<bool, AzureError> {
        let wanted = kind.map(|kind| format!("| where type =~ {}\n", literal(resource_type(kind)))).unwrap_or_default();
        let id = literal(id);
        let text = format!(
            "securityresources\n{wanted}| where id =~ {id} or name =~ {id} or properties.SystemAlertId =~ {id}\n| project id"
        );
        let groups: Vec<_> = subscriptions.chunks(super::SUBSCRIPTIONS_A_REQUEST).collect();
        for some in groups.chunks(GROUPS_AT_ONCE) {
            let pages = some.iter().map(|group| self.graph.query(group, &text, 1));
            if try_join_all(pages).await?.iter().any(|page| !page.rows.is_empty()) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// These items as they are now, by their ids; those that are gone are left out.
    pub async fn items_by_id(
        &self,
        kind: Kind,
        subscriptions: &[SubscriptionId],
        ids: &[&str],
    ) -> Result<GraphPage, AzureError> {
        let list: Vec<String> = ids.iter().map(|id| literal(id)).collect();
        let text = format!(
            "securityresources\n| where type =~ {}\n| where id in~ ({})\n| order by id asc\n{PROJECT}",
            literal(resource_type(kind)),
            list.join(", ")
        );
        self.graph.query(subscriptions, &text, ROWS_A_PAGE).await
    }

    /// The plans of many subscriptions: `{subscription: {plan: tier}}`.
    pub async fn plans(&self, of: &[SubscriptionId]) -> Result<BTreeMap<String, BTreeMap<String, String>>, AzureError> {
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Row {
            name: String,
            subscription_id: String,
            properties: Plan,
        }
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Plan {
            pricing_tier: String,
        }
        let mut plans: BTreeMap<String, BTreeMap<String, String>> = BTreeMap::new();
        let mut after = String::new();
        loop {
            let mut text = "securityresources\n| where type =~ 'microsoft.security/pricings'\n".to_owned();
            if !after.is_empty() {
                text.push_str(&format!("| where strcmp(id, {}) > 0\n", literal(&after)));
            }
            text.push_str("| order by id asc\n| project id, name, subscriptionId, properties");
            let page = self.graph.query(of, &text, ROWS_A_PAGE).await?;
            let more = page.more || page.rows.len() == ROWS_A_PAGE;
            let last = page.rows.last().and_then(|row| row.get("id")?.as_str()).unwrap_or_default();
            if more && last <= after.as_str() {
                return Err(AzureError::Shape { what: "a list of plans", detail: "a page repeats".into() });
            }
            last.clone_into(&mut after);
            for row in page.rows {
                let row: Row = serde_json::from_value(row)
                    .map_err(|error| AzureError::Shape { what: "a plan", detail: error.to_string() })?;
                plans
                    .entry(row.subscription_id.to_ascii_lowercase())
                    .or_default()
                    .insert(row.name, row.properties.pricing_tier);
            }
            if !more {
                return Ok(plans);
            }
        }
    }

    /// The management groups above each subscription, nearest first, and its tags.
    pub async fn containers(&self, of: &[SubscriptionId]) -> Result<BTreeMap<String, Container>, AzureError> {
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Row {
            subscription_id: String,
            #[serde(default)]
            tags: Option<BTreeMap<String, String>>,
            #[serde(default)]
            chain: Option<Vec<Group>>,
        }
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Group {
            name: String,
            #[serde(default)]
            display_name: Option<String>,
        }
        let text = "resourcecontainers\n| where type =~ 'microsoft.resources/subscriptions'\n| order by id asc\n\
                    | project id, subscriptionId, tags, chain = properties.managementGroupAncestorsChain";
        let page = self.graph.query(of, text, ROWS_A_PAGE).await?;
        let mut found = BTreeMap::new();
        for row in page.rows {
            let row: Row = serde_json::from_value(row).map_err(|error| AzureError::Shape {
                what: "a subscription's surroundings",
                detail: error.to_string(),
            })?;
            let chain = row.chain.unwrap_or_default().into_iter();
            let chain =
                chain.map(|one| Ancestor { name: one.display_name.unwrap_or_else(|| one.name.clone()), id: one.name });
            found.insert(row.subscription_id.to_ascii_lowercase(), (chain.collect(), row.tags.unwrap_or_default()));
        }
        Ok(found)
    }

    /// The automations of many subscriptions, whole: id, subscription and JSON.
    pub async fn automations(
        &self,
        of: &[SubscriptionId],
    ) -> Result<Vec<(String, SubscriptionId, String)>, AzureError> {
        let mut found = Vec::new();
        let mut after = String::new();
        loop {
            let mut text = "resources\n| where type =~ 'microsoft.security/automations'\n".to_owned();
            if !after.is_empty() {
                text.push_str(&format!("| where strcmp(id, {}) > 0\n", literal(&after)));
            }
            text.push_str("| order by id asc\n| project id, name, type, location, subscriptionId, tags, properties");
            let page = self.graph.query(of, &text, ROWS_A_PAGE).await?;
            let more = page.more || page.rows.len() == ROWS_A_PAGE;
            let before = found.len();
            for row in &page.rows {
                let word = |name: &str| row.get(name).and_then(Value::as_str);
                let (Some(id), Some(subscription)) = (word("id"), word("subscriptionId")) else { continue };
                if let (true, Ok(subscription)) = (id > after.as_str(), SubscriptionId::parse(subscription)) {
                    found.push((id.to_owned(), subscription, row.to_string()));
                }
            }
            match found.last() {
                Some((last, ..)) if more && found.len() > before => last.clone_into(&mut after),
                _ => return Ok(found),
            }
        }
    }

    /// Asks Resource Manager for a recommendation by its id. The error says whether it is gone.
    pub async fn assessment(&self, id: &str) -> Result<Value, AzureError> {
        // Cut short at a `?` or `#` the path would be that of something else, which may well not exist.
        let id = utf8_percent_encode(id, PATH);
        self.arm.get(&format!("{id}?api-version=2021-06-01"), "an assessment").await
    }

    /// Metadata of a recommendation by its key; `None` when Azure says that there is none (404).
    pub async fn metadata(&self, key: &str) -> Result<Option<Value>, AzureError> {
        #[derive(Deserialize)]
        struct Found {
            properties: Value,
        }
        let path = format!("/providers/Microsoft.Security/assessmentMetadata/{key}?api-version=2021-06-01");
        match self.arm.get::<Found>(&path, "assessment metadata").await {
            Ok(found) => Ok(Some(found.properties)),
            Err(error) if error.fault().is_some_and(|fault| fault.status == 404) => Ok(None),
            Err(error) => Err(error),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_fresh_query_of_alerts_reads_as_documented() {
        let query = Query {
            kind: Kind::Alert,
            subscriptions: &[],
            since: Timestamp::from_second(1_790_000_000).ok(),
            after: "/subscriptions/o'x",
        };
        insta::assert_snapshot!(query.text(), @r"
        securityresources
        | where type =~ 'microsoft.security/locations/alerts'
        | extend generated = todatetime(properties.TimeGeneratedUtc), processed = todatetime(properties.ProcessingEndTimeUtc)
        | extend sourceDate = iff(isnull(processed) or generated > processed, generated, processed)
        | where sourceDate >= datetime(2026-09-21T14:13:20.000000Z)
        | where strcmp(id, '/subscriptions/o\'x') > 0
        | order by id asc
        | project id, name, type, tenantId, subscriptionId, resourceGroup, location, properties
        ");
    }
}
