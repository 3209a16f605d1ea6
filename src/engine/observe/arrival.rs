//! Whether what Azure's own exports let through is found at their workspaces. What is sent to event hubs cannot be read back:
//! for those there are metrics only, which a page asks for itself.

use crate::task::{Driver, Failure, Next, Schedule, Task};
use automation::{Automation, read_export};
use azure::{AzureError, Tenant, Tenants};
use domain::{AzureExport, EventSource, Kind, ResourceId, arrival::Arrival, time};
use jiff::{SignedDuration, Timestamp};
use rules::decide;
use serde_json::{Map, Value};
use std::{collections::HashMap, time::Duration};
use store::{Found, LookedFor, Sendable, Store, StoreError};

/// Events are looked for this long after they happened.
const WINDOW: SignedDuration = SignedDuration::from_hours(24);
/// Azure sends within minutes; what is not there after this long is said to be missing (it is looked for all the same).
const LATE: SignedDuration = SignedDuration::from_mins(30);
/// Events that one query names, and that are looked through at once.
const AT_ONCE: i64 = 200;

/// Why it could not be found out.
#[derive(Debug, thiserror::Error)]
enum ArrivalError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Azure(#[from] AzureError),
}

/// Looks for what Azure sent, again and again.
#[derive(Clone)]
pub struct ArrivalWatch {
    store: Store,
    tenants: Tenants,
    every: Duration,
    /// The ids by which workspaces are queried.
    workspaces: HashMap<String, String>,
}

impl Task for ArrivalWatch {
    async fn activate(&mut self) -> Result<Next, Failure> {
        self.look().await?;
        Ok(Next::Later)
    }
}

impl ArrivalWatch {
    /// For a store; looks every so often.
    pub fn new(store: Store, tenants: Tenants, every: Duration) -> Self {
        Self { store, tenants, every, workspaces: HashMap::new() }
    }

    /// Has the driver look from now on.
    pub fn start(self, driver: &Driver) {
        // Every automation is asked for, one after the other, and a service that does not answer takes a minute and a half.
        let limit = Duration::from_hours(6);
        driver.start(Schedule { limit, ..Schedule::every("delivery verification", self.every) }, move || self.clone());
    }

    async fn look(&mut self) -> Result<(), ArrivalError> {
        let now = self.store.now();
        for (subscription, text) in self.store.azure_automations().await? {
            let found = Automation::parse(&text).and_then(|found| read_export(subscription, &found));
            let Some(export) = found.filter(|export| export.enabled) else { continue };
            let workspace = export.targets.iter().find(|target| target.after("workspaces").is_some()).cloned();
            let Some(workspace) = workspace else { continue };
            self.look_through(&export, now).await?;
            if let Err(ArrivalError::Azure(error)) = self.ask(&export, &workspace, now).await {
                if matches!(error, AzureError::Stopping) {
                    return Ok(());
                }
                self.store.record_arrivals(&export.id, &[], Some(&error.told())).await?;
            }
        }
        Ok(())
    }

    /// Finds new events that the automation lets through.
    async fn look_through(&self, export: &AzureExport, now: Timestamp) -> Result<(), StoreError> {
        let begin = now.saturating_sub(WINDOW).unwrap_or(now);
        // What happened before it was changed last was decided by rules that nobody knows any more.
        let since = export.changed.as_ref().map_or(begin, |(changed, _)| begin.max(*changed));
        loop {
            let events = self.store.sendable(&export.id, &export.subscription, since, AT_ONCE).await?;
            let Some(last) = events.last().map(|event| event.seq) else { return Ok(()) };
            let sent: Vec<&Sendable> = events.iter().filter(|event| lets_through(export, event)).collect();
            self.store.look_for(&export.id, &export.subscription, &sent, last).await?;
        }
    }

    /// The tenant whose identity reads the workspace: the workspace's own, or else the export's.
    async fn tenant_of(&self, export: &AzureExport, workspace: &ResourceId) -> Result<&Tenant, StoreError> {
        if !self.tenants.are_several() {
            return Ok(self.tenants.first());
        }
        let own = match workspace.subscription() {
            Some(subscription) => self.store.tenant_of(&subscription).await?,
            None => None,
        };
        let of = match own {
            Some(own) => Some(own),
            None => self.store.tenant_of(&export.subscription).await?,
        };
        Ok(self.tenants.of(of.as_ref()))
    }

    /// Asks the workspace for what is looked for.
    async fn ask(&mut self, export: &AzureExport, workspace: &ResourceId, now: Timestamp) -> Result<(), ArrivalError> {
        let arm = self.tenant_of(export, workspace).await?.arm().clone();
        let since = now.saturating_sub(WINDOW).unwrap_or(now);
        let looked_for = self.store.looked_for(&export.id, since, AT_ONCE).await?;
        if looked_for.is_empty() {
            return Ok(());
        }
        let id = if let Some(id) = self.workspaces.get(&workspace.key()) {
            id.clone()
        } else {
            let id = arm.workspace_id(workspace).await?;
            self.workspaces.insert(workspace.key(), id.clone());
            id
        };
        let mut found = Vec::new();
        for kind in [Kind::Alert, Kind::Recommendation] {
            let of_kind: Vec<&LookedFor> = looked_for.iter().filter(|one| one.kind == kind).collect();
            if let Some(query) = query(kind, &of_kind) {
                let rows = arm.logs(&id, &query, "P2D").await?;
                // What could not be asked for is not missing.
                let asked = of_kind.into_iter().filter(|one| known_by(one).is_some());
                found.extend(asked.map(|one| judge(one, &rows, now)));
            }
        }
        self.store.record_arrivals(&export.id, &found, None).await?;
        Ok(())
    }
}

/// Whether an automation sends an event, by its sources and rules as they stand now.
fn lets_through(export: &AzureExport, event: &Sendable) -> bool {
    let source = match event.kind {
        Kind::Alert => EventSource::Alerts,
        _ => EventSource::Assessments,
    };
    let in_scope = export
        .only_group
        .as_ref()
        .is_none_or(|group| event.resource.after("resourceGroups").is_some_and(|of| of.eq_ignore_ascii_case(group)));
    in_scope
        && export.sources.iter().any(|one| one.event_source == source && decide(one, event.change, &event.body).matches)
}

/// The text by which a workspace knows an event.
fn known_by(one: &LookedFor) -> Option<&str> {
    let text = match one.kind {
        Kind::Alert => one.alert_id.as_deref()?,
        _ => one.item_id.as_str(),
    };
    // Ids become part of a query: what could end a text there is not asked for.
    let could_end = |c: char| c.is_control() || matches!(c, '\'' | '"' | '\\');
    (!text.is_empty() && !text.chars().any(could_end)).then_some(text)
}

/// The query that finds events of a kind; none when there is nothing to ask for.
fn query(kind: Kind, of: &[&LookedFor]) -> Option<String> {
    let ids: Vec<String> = of.iter().filter_map(|one| known_by(one)).map(|id| format!("'{id}'")).collect();
    let since = of.iter().map(|one| one.since).min()?;
    if ids.is_empty() {
        return None;
    }
    let (table, id, more) = match kind {
        Kind::Alert => ("SecurityAlert", "SystemAlertId", ""),
        _ => ("SecurityRecommendation", "RecommendationId", ", StatusChangeDate"),
    };
    // Rows may carry a time a little before the event's own.
    let since = time::rfc3339(since.saturating_sub(SignedDuration::from_hours(1)).unwrap_or(since));
    Some(format!(
        "{table} | where TimeGenerated >= datetime({since}) | where {id} in~ ({}) | summarize arrived = min(ingestion_time()) by {id}{more}",
        ids.join(", ")
    ))
}

/// What the rows say of one event.
fn judge(one: &LookedFor, rows: &[Map<String, Value>], now: Timestamp) -> Found {
    let text = |row: &Map<String, Value>, name: &str| row.get(name).and_then(Value::as_str).map(str::to_owned);
    let column = if one.kind == Kind::Alert { "SystemAlertId" } else { "RecommendationId" };
    let id = known_by(one).unwrap_or_default();
    // A recommendation's row is of this change or a later one.
    let is_of_change = |row: &Map<String, Value>| {
        one.kind == Kind::Alert
            || text(row, "StatusChangeDate")
                .and_then(|at| time::parse(&at))
                .is_some_and(|at| at >= one.since.saturating_sub(SignedDuration::from_secs(1)).unwrap_or(one.since))
    };
    let of_it = rows.iter().filter(|row| text(row, column).is_some_and(|found| found.eq_ignore_ascii_case(id)));
    let arrived = of_it.filter(|row| is_of_change(row)).filter_map(|row| time::parse(&text(row, "arrived")?)).min();
    let arrival = match arrived {
        Some(_) => Arrival::Arrived,
        None if now.duration_since(one.since) < LATE => Arrival::Waiting,
        None => Arrival::Missing,
    };
    Found { event: one.event.clone(), arrival, at: arrived }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn alert(id: &str) -> LookedFor {
        LookedFor {
            event: "0".repeat(32).parse().unwrap(),
            kind: Kind::Alert,
            alert_id: Some(id.to_owned()),
            item_id: "/subscriptions/x".into(),
            since: at("2026-03-01T10:00:00Z"),
        }
    }

    #[test]
    fn an_id_that_is_more_than_an_id_never_becomes_part_of_a_query() {
        let (good, bad) = (alert("2517-a_b"), alert("x') | union SecurityIncident //"));
        let text = query(Kind::Alert, &[&good, &bad]).unwrap();
        assert!(text.contains("in~ ('2517-a_b')") && !text.contains("union"), "{text}");
        assert_eq!(query(Kind::Alert, &[&bad]), None);
        assert_eq!(query(Kind::Alert, &[]), None);
    }

    #[test]
    fn what_is_found_arrived_and_what_is_not_is_late_after_half_an_hour() {
        let one = alert("ABC");
        let rows = |id: &str| {
            let row = json!({"SystemAlertId": id, "arrived": "2026-03-01T10:04:00Z"});
            vec![row.as_object().unwrap().clone()]
        };
        let soon = at("2026-03-01T10:10:00Z");
        let found = judge(&one, &rows("abc"), soon);
        assert_eq!((found.arrival, found.at), (Arrival::Arrived, Some(at("2026-03-01T10:04:00Z"))));
        assert_eq!(judge(&one, &rows("other"), soon).arrival, Arrival::Waiting);
        assert_eq!(judge(&one, &[], at("2026-03-01T10:31:00Z")).arrival, Arrival::Missing);
    }

    #[test]
    fn a_row_of_an_earlier_change_proves_nothing() {
        let one = LookedFor { kind: Kind::Recommendation, alert_id: None, item_id: "/a/b".into(), ..alert("") };
        let row = |changed: &str| {
            let row =
                json!({"RecommendationId": "/A/B", "StatusChangeDate": changed, "arrived": "2026-03-01T10:04:00Z"});
            vec![row.as_object().unwrap().clone()]
        };
        let soon = at("2026-03-01T10:10:00Z");
        assert_eq!(judge(&one, &row("2026-02-27T10:00:00Z"), soon).arrival, Arrival::Waiting);
        assert_eq!(judge(&one, &row("2026-03-01T10:00:00Z"), soon).arrival, Arrival::Arrived);
    }
}
