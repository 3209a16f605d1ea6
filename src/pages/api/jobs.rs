//! Replays and backfills: counted, started, followed, stopped.

use super::{At, LogQuery, UiError};
use domain::{BackfillCount, ExportId, JobRow, ReplayCount, TargetKind};
use leptos::prelude::*;
use serde::{Deserialize, Serialize};

/// What a replay of the log's filters would do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReplayView {
    /// The filters.
    pub query: LogQuery,
    /// They in a phrase.
    pub title: String,
    /// What would be done; `None` while a filter cannot be read.
    pub count: Option<ReplayCount>,
    /// What is wrong with the filters.
    pub problem: Option<String>,
}

/// What a backfill of an export would do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BackfillView {
    /// The export.
    pub id: ExportId,
    /// Its name.
    pub name: String,
    /// Whether it is paused.
    pub paused: bool,
    /// Its target's name.
    pub target: String,
    /// Its target's kind.
    pub target_kind: TargetKind,
    /// What is asked for: `current_state`, `24h`, `7d`, `30d`, `90d`, or nothing yet.
    pub take: String,
    /// What would be done.
    pub count: Option<BackfillCount>,
}

/// The jobs, newest first.
#[server(prefix = "/fn", endpoint = "jobs")]
pub async fn jobs() -> Result<At<Vec<JobRow>>, UiError> {
    const SHOWN: usize = 100;
    let (console, actor) = super::door::door()?;
    let mut value = console.jobs(&actor).await?;
    value.truncate(SHOWN);
    Ok(At { now: console.now(), value })
}

/// Counts what a replay of the log's filters would do.
#[server(prefix = "/fn", endpoint = "count_replay")]
pub async fn count_replay(query: LogQuery) -> Result<At<ReplayView>, UiError> {
    use store::ReplayWhat;
    let (console, actor) = super::door::door()?;
    let now = console.now();
    let mut problems = Vec::new();
    let what = ReplayWhat::Filter(super::log::delivery_filter(&query, now, &mut problems));
    let title = console.replay_title(&what).await?;
    // A filter that cannot be read would widen what is sent.
    let problem = problems.into_iter().next();
    let count = match problem {
        Some(_) => None,
        None => Some(console.replay(&actor, what, true).await?.0),
    };
    Ok(At { now, value: ReplayView { query, title, count, problem } })
}

/// Starts a replay of the log's filters.
#[server(prefix = "/fn", endpoint = "start_replay")]
pub async fn start_replay(query: LogQuery) -> Result<(), UiError> {
    use crate::paths;
    use domain::FieldError;
    use store::ReplayWhat;
    let (console, actor) = super::door::door()?;
    let mut problems = Vec::new();
    let what = ReplayWhat::Filter(super::log::delivery_filter(&query, console.now(), &mut problems));
    if !problems.is_empty() {
        let errors = problems.into_iter().map(|problem| FieldError::new("filter", problem)).collect();
        return Err(console::ConsoleError::Invalid(errors).into());
    }
    console.replay(&actor, what, false).await?;
    leptos_axum::redirect(paths::JOBS);
    Ok(())
}

/// Starts a replay of one delivery.
#[server(prefix = "/fn", endpoint = "replay_delivery")]
pub async fn replay_delivery(id: String) -> Result<(), UiError> {
    use crate::paths;
    use store::ReplayWhat;
    let (console, actor) = super::door::door()?;
    let id = id.parse().map_err(|_| super::reads::not_found("delivery"))?;
    console.replay(&actor, ReplayWhat::Ids(vec![id]), false).await?;
    leptos_axum::redirect(paths::JOBS);
    Ok(())
}

/// The range of a word; `None` while nothing is chosen.
#[cfg(feature = "ssr")]
fn range(take: &str, now: jiff::Timestamp) -> Option<domain::BackfillRange> {
    use domain::BackfillRange;
    let days = match take {
        "current_state" => return Some(BackfillRange::CurrentState),
        "24h" => 1,
        "7d" => 7,
        "30d" => 30,
        "90d" => 90,
        _ => return None,
    };
    now.checked_sub(jiff::SignedDuration::from_hours(24 * days)).ok().map(BackfillRange::Since)
}

/// Counts what a backfill would do, once it is chosen.
#[server(prefix = "/fn", endpoint = "count_backfill")]
pub async fn count_backfill(id: String, take: String) -> Result<At<BackfillView>, UiError> {
    let (console, actor) = super::door::door()?;
    let now = console.now();
    let id: ExportId = id.parse().map_err(|_| super::reads::not_found("export"))?;
    let export = console.export(&actor, &id).await?;
    let targets = console.targets(&actor).await?;
    let target = targets.into_iter().find(|target| target.id == export.body.target);
    let target = target.ok_or_else(|| super::reads::not_found("target"))?;
    let count = match range(&take, now) {
        Some(range) => Some(console.backfill(&actor, &id, range, true).await?.0),
        None => None,
    };
    let value = BackfillView {
        id,
        name: export.body.name,
        paused: export.paused,
        target_kind: target.config.kind(),
        target: target.name,
        take,
        count,
    };
    Ok(At { now, value })
}

/// Starts a backfill.
#[server(prefix = "/fn", endpoint = "start_backfill")]
pub async fn start_backfill(id: String, take: String) -> Result<(), UiError> {
    use crate::paths;
    use console::ConsoleError;
    let (console, actor) = super::door::door()?;
    let id: ExportId = id.parse().map_err(|_| super::reads::not_found("export"))?;
    let range =
        range(&take, console.now()).ok_or_else(|| ConsoleError::invalid("take", "choose which events are sent"))?;
    console.backfill(&actor, &id, range, false).await?;
    leptos_axum::redirect(paths::JOBS);
    Ok(())
}

/// Stops a job.
#[server(prefix = "/fn", endpoint = "stop_job")]
pub async fn stop_job(id: String) -> Result<(), UiError> {
    let (console, actor) = super::door::door()?;
    let id = id.parse().map_err(|_| super::reads::not_found("job"))?;
    console.stop_job(&actor, &id).await?;
    leptos_axum::redirect(crate::paths::JOBS);
    Ok(())
}
