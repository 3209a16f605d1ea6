//! The driver of all tasks.

use super::{Failure, Next, Task};
use domain::task::{TaskState, TaskStatus};
use futures::FutureExt;
use jiff::{SignedDuration, Timestamp};
use machine::Machine;
use std::{
    any::Any,
    collections::BTreeMap,
    panic::AssertUnwindSafe,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};
use tokio::{sync::watch, task::AbortHandle};
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use tracing::Instrument;

/// When a task is activated.
#[derive(Debug)]
pub struct Schedule {
    /// What the task does; the label of its metrics.
    pub kind: &'static str,
    /// The target or tenant it does it for.
    pub of: Option<String>,
    /// The time between activations.
    pub every: Duration,
    /// The time before the first one.
    pub first: Duration,
    /// The wait after a failure, doubled by every further one until `longest`; what a service asks for counts more.
    pub retry: Duration,
    /// The longest wait after a failure.
    pub longest: Duration,
    /// An activation that takes longer is stuck.
    pub limit: Duration,
    /// Rises when there may be something to do, and how long to gather what else comes.
    pub nudge: Option<(watch::Receiver<u64>, Duration)>,
}

impl Schedule {
    /// A task of a kind that is activated at once and then after every period.
    pub fn every(kind: &'static str, every: Duration) -> Self {
        Self {
            kind,
            of: None,
            every,
            first: Duration::ZERO,
            retry: Duration::from_secs(5),
            longest: Duration::from_mins(1),
            limit: Duration::from_mins(15),
            nudge: None,
        }
    }

    fn backoff(&self, failures: u32) -> Duration {
        self.retry.saturating_mul(2_u32.saturating_pow(failures.saturating_sub(1))).min(self.longest)
    }
}

struct Entry {
    status: TaskStatus,
    /// When the activation that is under way began.
    began: Option<Timestamp>,
    limit: SignedDuration,
    abort: AbortHandle,
}

impl Entry {
    fn status(&self, now: Timestamp) -> TaskStatus {
        match self.began.filter(|began| now.duration_since(*began) > self.limit) {
            Some(began) => TaskStatus { state: TaskState::Stuck, since: began, ..self.status.clone() },
            None => self.status.clone(),
        }
    }
}

/// Activates tasks until it is cancelled. Clones share the tasks.
#[derive(Clone)]
pub struct Driver {
    machine: Machine,
    cancel: CancellationToken,
    tasks: TaskTracker,
    entries: Arc<Mutex<BTreeMap<u64, Entry>>>,
}

impl std::fmt::Debug for Driver {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Driver").field("tasks", &self.tasks.len()).finish_non_exhaustive()
    }
}

impl Driver {
    /// A driver without tasks, with the clock of a machine.
    pub fn new(machine: Machine, cancel: CancellationToken) -> Self {
        Self { machine, cancel, tasks: TaskTracker::new(), entries: Arc::default() }
    }

    /// Cancelled when tasks are to end.
    pub fn cancel(&self) -> &CancellationToken {
        &self.cancel
    }

    /// Starts a task; `make` makes it, and makes it anew after a panic.
    pub fn start<T: Task>(&self, schedule: Schedule, make: impl FnMut() -> T + Send + 'static) {
        let mut entries = self.entries();
        let key = entries.last_key_value().map_or(0, |(last, _)| last + 1);
        let now = self.machine.now();
        let status = TaskStatus {
            kind: schedule.kind.to_owned(),
            of: schedule.of.clone(),
            state: TaskState::Waiting,
            since: now,
            last_success: None,
            message: None,
            panics: 0,
        };
        let limit = SignedDuration::try_from(schedule.limit).unwrap_or(SignedDuration::MAX);
        let abort = self.tasks.spawn(self.clone().drive(key, schedule, make)).abort_handle();
        entries.insert(key, Entry { status, began: None, limit, abort });
    }

    /// How every task does, in the order in which they were started.
    pub fn statuses(&self) -> Vec<TaskStatus> {
        let now = self.machine.now();
        self.entries().values().map(|entry| entry.status(now)).collect()
    }

    /// Waits for activations that are under way when the driver is cancelled; nothing is begun any more.
    pub async fn drain(&self) {
        self.cancel.cancel();
        self.tasks.close();
        self.tasks.wait().await;
    }

    /// Ends all tasks where they are, as a crash does.
    pub fn abort(&self) {
        self.entries().values().for_each(|entry| entry.abort.abort());
    }

    fn entries(&self) -> std::sync::MutexGuard<'_, BTreeMap<u64, Entry>> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn drive<T: Task>(self, key: u64, mut schedule: Schedule, mut make: impl FnMut() -> T + Send) {
        let mut task = make();
        let mut failures = 0_u32;
        let mut wait = schedule.first;
        while self.wait(&mut schedule, wait, failures > 0).await {
            if let Some((changes, _)) = &mut schedule.nudge {
                changes.mark_unchanged();
            }
            self.begin(key);
            let span = tracing::info_span!("task", kind = schedule.kind, of = schedule.of);
            let activation = AssertUnwindSafe(task.activate()).catch_unwind();
            wait = match activation.instrument(span).await {
                Ok(Ok(next)) => {
                    failures = 0;
                    self.succeeded(key);
                    match next {
                        Next::Now => Duration::ZERO,
                        Next::Later => schedule.every,
                        Next::After(wait) => wait,
                        Next::Never => break,
                    }
                }
                Ok(Err(failure)) => {
                    failures += 1;
                    self.failed(key, &failure);
                    failure.retry_after.unwrap_or_default().max(schedule.backoff(failures))
                }
                Err(panic) => {
                    failures += 1;
                    self.panicked(key, schedule.kind, said(panic.as_ref()));
                    task = make();
                    schedule.backoff(failures)
                }
            };
        }
        self.entries().remove(&key);
    }

    /// Waits for the next activation; false when there is none. After a failure nudges do not shorten the wait.
    async fn wait(&self, schedule: &mut Schedule, wait: Duration, failed: bool) -> bool {
        if wait.is_zero() && !self.cancel.is_cancelled() {
            tokio::task::yield_now().await;
            return !self.cancel.is_cancelled();
        }
        let nudged = async {
            match &mut schedule.nudge {
                Some((changes, gather)) if !failed => match changes.changed().await {
                    Ok(()) => tokio::time::sleep(*gather).await,
                    Err(_) => std::future::pending().await,
                },
                _ => std::future::pending().await,
            }
        };
        tokio::select! {
            biased;
            () = self.cancel.cancelled() => false,
            () = tokio::time::sleep(wait) => true,
            () = nudged => true,
        }
    }

    /// Notes the begin of an activation. What fails or panics stays so until one succeeds.
    fn begin(&self, key: u64) {
        let now = self.machine.now();
        if let Some(entry) = self.entries().get_mut(&key) {
            entry.began = Some(now);
            if entry.status.state == TaskState::Waiting {
                (entry.status.state, entry.status.since) = (TaskState::Running, now);
            }
        }
    }

    /// Notes the end of an activation.
    fn note(&self, key: u64, change: impl FnOnce(&mut TaskStatus, Timestamp)) {
        let now = self.machine.now();
        if let Some(entry) = self.entries().get_mut(&key) {
            entry.began = None;
            let before = entry.status.state;
            change(&mut entry.status, now);
            if entry.status.state != before {
                entry.status.since = now;
            }
        }
    }

    fn succeeded(&self, key: u64) {
        self.note(key, |status, now| {
            if let Some(message) = status.message.take() {
                tracing::info!(task = status.name(), "works again after: {message}");
            }
            status.state = TaskState::Waiting;
            status.last_success = Some(now);
        });
    }

    /// A failure that goes on is logged once.
    fn failed(&self, key: u64, failure: &Failure) {
        self.note(key, |status, _| {
            if !failure.is_logged && status.message.as_ref() != Some(&failure.message) {
                tracing::warn!(task = status.name(), "failed, and is tried again: {}", failure.message);
            }
            status.state = TaskState::Failing;
            status.message = Some(failure.message.clone());
        });
    }

    fn panicked(&self, key: u64, kind: &'static str, message: String) {
        self.note(key, |status, _| {
            tracing::error!(task = status.name(), "panicked, and is started anew: {message}");
            metrics::counter!("continuous_export_task_panics_total", "task" => kind).increment(1);
            status.state = TaskState::Panicked;
            status.message = Some(message);
            status.panics += 1;
        });
    }
}

fn said(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    text.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_else(|| "without a message".to_owned())
}
