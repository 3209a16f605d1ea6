//! Replay and backfill: counted first, started by a person, worked off by the runner.

use super::{Actor, Console, ConsoleError, exports::new_id};
use domain::{BackfillCount, BackfillRange, ExportId, JobId, JobRow, JobState, ReplayCount, Role};
use engine::jobs::count_backfill;
use jiff::SignedDuration;
use store::{JobRequest, JobWork, NewJob, ReplayWhat, Visible};

/// A range reaches back this far at most: alerts age out at the source after as long.
pub const LONGEST_RANGE: SignedDuration = SignedDuration::from_hours(90 * 24);
/// The most ids of one replay; more are named by a filter.
const MOST_IDS: usize = 1000;

impl Console {
    /// Counts what a replay would do and, unless it is a dry run, starts it. Without anything to send there is no job.
    pub async fn replay(
        &self,
        actor: &Actor,
        what: ReplayWhat,
        dry_run: bool,
    ) -> Result<(ReplayCount, Option<JobId>), ConsoleError> {
        actor.require(Role::Operator)?;
        if let ReplayWhat::Ids(ids) = &what
            && (ids.is_empty() || ids.len() > MOST_IDS)
        {
            return Err(ConsoleError::invalid("ids", format!("give 1 to {MOST_IDS} ids, or a filter")));
        }
        let what = match what {
            ReplayWhat::Ids(mut ids) => {
                ids.sort_by_key(ToString::to_string);
                ids.dedup();
                ReplayWhat::Ids(ids)
            }
            filter @ ReplayWhat::Filter(_) => filter,
        };
        let count = self.store.count_replay(&actor.visible, &what).await?;
        if dry_run || count.count == 0 {
            return Ok((count, None));
        }
        let title = self.replay_title(&what).await?;
        let job = NewJob {
            id: new_id(self.store.machine()),
            request: JobRequest { work: JobWork::Replay(what), visible: actor.visible.clone() },
            title,
            total: count.count,
            bytes: count.bytes,
            span: count.sum(),
        };
        let detail = format!("{}: {} events", job.title, count.count);
        let audit = self.entry(actor, "job.replay", ("job", job.id.as_str()), detail);
        self.store.start_job(&job, &audit).await?;
        Ok((count, Some(job.id)))
    }

    /// Counts what a backfill would do and, unless it is a dry run, starts it. Without anything to send there is no job.
    pub async fn backfill(
        &self,
        actor: &Actor,
        export: &ExportId,
        range: BackfillRange,
        dry_run: bool,
    ) -> Result<(BackfillCount, Option<JobId>), ConsoleError> {
        actor.require(Role::Operator)?;
        let found = self.export(actor, export).await?;
        if !found.body.is_ours() {
            return Err(ConsoleError::Conflict(
                "Azure delivers this export and takes no backfill; an export that the console delivers to the same place does"
                    .to_owned(),
            ));
        }
        if let BackfillRange::Since(since) = range {
            let now = self.store.now();
            // A minute is given to requests that were written for exactly the longest range.
            let oldest = now.saturating_sub(LONGEST_RANGE + SignedDuration::from_mins(1)).unwrap_or(now);
            if since < oldest {
                return Err(ConsoleError::invalid(
                    "since",
                    "at most 90 days back: alerts are not kept longer by Azure",
                ));
            }
            if since > now {
                return Err(ConsoleError::invalid("since", "a time that has passed"));
            }
        }
        let count = count_backfill(&self.store, &actor.visible, (export, &found.body), range).await?;
        let reads_again = range == BackfillRange::CurrentState && count.no_payload > 0;
        if dry_run || (count.count == 0 && !reads_again) {
            return Ok((count, None));
        }
        let of = match range {
            BackfillRange::Since(since) => format!("since {}", domain::time::exact(since)),
            BackfillRange::CurrentState => "current state".to_owned(),
        };
        let job = NewJob {
            id: new_id(self.store.machine()),
            request: JobRequest {
                work: JobWork::Backfill { export: export.clone(), range },
                visible: actor.visible.clone(),
            },
            title: format!("Backfill of {}, {of}", found.body.name),
            total: count.count,
            bytes: count.bytes,
            span: count.looked_at,
        };
        let detail = format!("{}: {} events", job.title, count.count);
        let audit = self.entry(actor, "job.backfill", ("job", job.id.as_str()), detail);
        self.store.start_job(&job, &audit).await?;
        Ok((count, Some(job.id)))
    }

    /// The jobs, newest first.
    pub async fn jobs(&self, actor: &Actor) -> Result<Vec<JobRow>, ConsoleError> {
        actor.require(Role::Viewer)?;
        let jobs = self.store.list_jobs().await?;
        Ok(jobs.into_iter().filter(|(_, of)| sees(&actor.visible, of)).map(|(job, _)| job).collect())
    }

    /// One job.
    pub async fn job(&self, actor: &Actor, id: &JobId) -> Result<JobRow, ConsoleError> {
        actor.require(Role::Viewer)?;
        let found = self.store.find_job(id).await?.filter(|(_, of)| sees(&actor.visible, of));
        found.map(|(job, _)| job).ok_or(ConsoleError::NotFound("job"))
    }

    /// Stops a job: what it queued and still waits is taken back. One that has ended stays as it is.
    pub async fn stop_job(&self, actor: &Actor, id: &JobId) -> Result<JobRow, ConsoleError> {
        actor.require(Role::Operator)?;
        let job = self.job(actor, id).await?;
        if job.state != JobState::Running {
            return Ok(job);
        }
        let audit = self.entry(actor, "job.stop", ("job", id.as_str()), job.title);
        self.store.stop_job(id, &audit).await?;
        self.job(actor, id).await
    }

    /// A replay in a phrase.
    pub async fn replay_title(&self, what: &ReplayWhat) -> Result<String, ConsoleError> {
        let filter = match what {
            ReplayWhat::Ids(ids) if ids.len() == 1 => return Ok("Replay of one delivery".to_owned()),
            ReplayWhat::Ids(ids) => return Ok(format!("Replay of {} deliveries", ids.len())),
            ReplayWhat::Filter(filter) => filter,
        };
        let mut parts = Vec::new();
        if !filter.outcomes.is_empty() {
            parts.push(filter.outcomes.iter().map(|one| one.as_str()).collect::<Vec<_>>().join(" or "));
        }
        parts.extend(filter.severity.map(|severity| format!("severity {severity}")));
        parts.extend(filter.kind.map(|kind| format!("{}s", kind.label().to_lowercase())));
        if let Some(id) = &filter.export {
            let found = self.store.find_export(id).await?;
            parts.push(format!("of {}", found.map_or_else(|| id.to_string(), |export| export.body.name)));
        }
        if let Some(id) = &filter.target {
            let found = self.store.find_target(id).await?;
            parts.push(format!("to {}", found.map_or_else(|| id.to_string(), |target| target.name)));
        }
        parts.extend(filter.subscription.as_ref().map(|id| format!("in subscription {id}")));
        parts.extend(filter.search.as_ref().map(|id| format!("with the id {id}")));
        if parts.is_empty() {
            parts.push("everything".to_owned());
        }
        parts.extend(filter.since.map(|at| format!("since {}", domain::time::exact(at))));
        parts.extend(filter.until.map(|at| format!("until {}", domain::time::exact(at))));
        Ok(format!("Replay: {}", parts.join(", ")))
    }
}

/// A job is seen by whoever may see all that it touches.
fn sees(actor: &Visible, job: &Visible) -> bool {
    match (actor, job) {
        (Visible::Everything, _) => true,
        (Visible::Only(_), Visible::Everything) => false,
        (Visible::Only(mine), Visible::Only(touched)) => touched.iter().all(|one| mine.contains(one)),
    }
}
