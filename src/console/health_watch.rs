//! The health checks on a schedule: the last run is kept for the overview, and what changed between runs is noted.

use super::{Actor, Console, ConsoleError};
use domain::{
    Role,
    health::{HealthChange, HealthRun, changes},
    verdict::Verdict,
};
use engine::task::{Failure, Next, Schedule, Task};
use std::time::Duration;
use store::Visible;

/// Changes that are shown.
const SHOWN: i64 = 50;

/// Runs the health checks on a schedule.
struct HealthChecks(Console);

impl Task for HealthChecks {
    async fn activate(&mut self) -> Result<Next, Failure> {
        let cancel = self.0.driver.cancel().clone();
        // A run asks Azure for many things and writes at its end only: a stop does not wait for it.
        match cancel.run_until_cancelled(self.0.note_health()).await {
            None => Ok(Next::Never),
            Some(done) => Ok(done.map(|_| Next::Later)?),
        }
    }
}

impl Console {
    /// Has the driver run the health checks every so often.
    pub fn watch_health(&self, every: Duration) {
        // What has not been read yet looks broken: the first run waits for the watchers' first answers.
        let first = every.min(Duration::from_secs(10));
        let console = self.clone();
        self.driver.start(
            Schedule { first, retry: every, longest: every, ..Schedule::every("health checks", every) },
            move || HealthChecks(console.clone()),
        );
    }

    /// Runs the health checks once, and notes what changed since the last run.
    pub async fn note_health(&self) -> Result<HealthRun, ConsoleError> {
        let itself = Actor {
            id: "console".to_owned(),
            name: "The console".to_owned(),
            role: Role::Viewer,
            visible: Visible::Everything,
        };
        let found = self.health(&itself).await?;
        let before = self.store.last_health().await?;
        let run = HealthRun::of(self.now(), &found, before.as_ref());
        let changed = before.map_or_else(Vec::new, |before| changes(&before, &run));
        self.store.keep_health(&run, &changed).await?;
        for verdict in Verdict::ALL.iter().copied() {
            let number = u32::try_from(run.count(verdict)).unwrap_or(u32::MAX);
            metrics::gauge!("continuous_export_health_checks", "verdict" => verdict.as_str()).set(f64::from(number));
        }
        for one in &changed {
            let subject = one.subject.as_deref().unwrap_or_default();
            tracing::info!(check = one.check.as_str(), subject, was = %one.was, now = %one.now, "a health check changed");
        }
        Ok(run)
    }

    /// What the last scheduled run found; none before the first.
    pub async fn last_health(&self, actor: &Actor) -> Result<Option<HealthRun>, ConsoleError> {
        actor.require(Role::Viewer)?;
        Ok(self.store.last_health().await?)
    }

    /// What changed between runs, the newest first.
    pub async fn health_changes(&self, actor: &Actor) -> Result<Vec<HealthChange>, ConsoleError> {
        actor.require(Role::Viewer)?;
        Ok(self.store.health_changes(SHOWN).await?)
    }
}
