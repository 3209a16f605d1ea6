//! The runner of jobs: one chunk after the other, each with its progress in one transaction, so that a stop or a crash in
//! the middle leaves nothing to mend. It has no state of its own: whatever is to be done stands in the store.

use super::backfill::{Measure, Verdict, kinds, snapshot};
use crate::{
    observe::RowReader,
    task::{Driver, Failure, Next, Schedule, Task},
};
use azure::{AzureError, Tenant, Tenants};
use domain::{BackfillRange, ExportBody, ExportId, JobProgress, Kind, TenantId};
use std::{
    collections::{BTreeSet, HashMap, HashSet},
    time::Duration,
};
use store::{Backfilled, Candidate, JobWork, NewEvent, OpenJob, Store, StoreError, Wanted};
use tokio_util::sync::CancellationToken;
use tracing::Instrument;

/// Without a nudge the runner looks again after this.
const LOOK_AGAIN: Duration = Duration::from_secs(20);
/// After a failure it waits this long, so that Azure and the disk get a rest.
const REST: Duration = Duration::from_secs(5);
/// Events looked at in one chunk, and items asked for in one request.
const CHUNK: usize = 500;
const ITEMS_A_REQUEST: usize = 100;

#[derive(Debug, thiserror::Error)]
enum JobError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Azure(#[from] AzureError),
}

impl JobError {
    /// How long Azure asks to be left alone.
    fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Azure(error) => error.fault()?.retry_after?.try_into().ok(),
            Self::Store(_) => None,
        }
    }
}

/// Works jobs off, one at a time.
#[derive(Clone)]
pub struct JobRunner {
    store: Store,
    tenants: Tenants,
    readers: HashMap<TenantId, RowReader>,
    cancel: CancellationToken,
}

/// What a chunk of a backfill comes to.
#[derive(Default)]
struct Chunk {
    rows: Vec<Backfilled>,
    snapshots: Vec<(TenantId, Kind, NewEvent)>,
    progress: JobProgress,
}

impl Task for JobRunner {
    async fn activate(&mut self) -> Result<Next, Failure> {
        match self.step().await {
            Ok(true) => Ok(Next::Now),
            Ok(false) => Ok(Next::Later),
            Err(error) => Err(Failure { retry_after: error.retry_after(), ..error.into() }),
        }
    }
}

impl JobRunner {
    /// For a store; items are read again in the tenant they are of.
    pub fn new(store: Store, tenants: Tenants, cancel: CancellationToken) -> Self {
        let reader = |tenant: &Tenant| (tenant.id.clone(), RowReader::new(tenant.security.clone()));
        Self { store, readers: tenants.iter().map(reader).collect(), tenants, cancel }
    }

    /// Has the driver work them off from now on.
    pub fn start(self, driver: &Driver) {
        let schedule = Schedule {
            retry: REST,
            nudge: Some((self.store.changes(), Duration::from_millis(50))),
            ..Schedule::every("jobs", LOOK_AGAIN)
        };
        driver.start(schedule, move || self.clone());
    }

    /// Does a piece of work; answers whether there is more to do at once.
    async fn step(&self) -> Result<bool, JobError> {
        if self.store.settle_jobs().await? {
            return Ok(true);
        }
        let mut failed = None;
        for job in self.store.open_jobs().await? {
            let span = tracing::info_span!("job", job = %job.id);
            let done = match &job.request.work {
                JobWork::Replay(what) => {
                    self.store.replay_chunk(&job, what).instrument(span).await.map_err(JobError::from)
                }
                JobWork::Backfill { export, range } => self.backfill_chunk(&job, export, *range).instrument(span).await,
            };
            match done {
                // Its chunks are done one after the other before the next job begins.
                Ok(_) => return Ok(true),
                Err(error) => {
                    self.store.note_job(&job.id, &said(&error)).await?;
                    failed.get_or_insert(error);
                }
            }
        }
        failed.map_or(Ok(false), Err)
    }

    async fn backfill_chunk(&self, job: &OpenJob, id: &ExportId, range: BackfillRange) -> Result<bool, JobError> {
        let Some(export) = self.store.find_export(id).await? else {
            self.store.fail_job(&job.id, "the export was deleted").await?;
            return Ok(false);
        };
        let kinds = kinds(&export.body, range);
        let wanted = Wanted { export: id, kinds: &kinds, range, visible: &job.request.visible, bound: job.bound };
        let events = self.store.backfill_candidates(&wanted, &job.cursor, CHUNK).await?;
        let Some(last) = events.last() else {
            let Some(mut chunk) = self.store.begin_chunk(job).await? else { return Ok(false) };
            chunk.finish().await?;
            chunk.commit().await?;
            return Ok(false);
        };
        let mut found = self.weigh_all(job, &export.body, range, &events).await?;
        let Some(mut chunk) = self.store.begin_chunk(job).await? else { return Ok(false) };
        // Saved or deleted meanwhile: the chunk is weighed again with what is there now.
        let Some(current) = chunk.export(id).await?.filter(|current| current.version == export.version) else {
            return Ok(true);
        };
        for tenant in self.tenants.iter() {
            for kind in Kind::ALL.iter().copied() {
                let is_of = |(of, what, _): &&(TenantId, Kind, NewEvent)| *of == tenant.id && *what == kind;
                let of_kind: Vec<NewEvent> =
                    found.snapshots.iter().filter(is_of).map(|(.., event)| event.clone()).collect();
                chunk.add_snapshots(&tenant.id, kind, &of_kind).await?;
            }
        }
        let wished = i64::try_from(found.rows.len()).unwrap_or(i64::MAX);
        found.progress.added = chunk.add_outcomes(&current, &found.rows).await?;
        // What the export has decided on since it was read.
        found.progress.already += wished - found.progress.added;
        chunk.advance(&last.cursor, &found.progress).await?;
        chunk.commit().await?;
        Ok(true)
    }

    async fn weigh_all(
        &self,
        job: &OpenJob,
        body: &ExportBody,
        range: BackfillRange,
        events: &[Candidate],
    ) -> Result<Chunk, JobError> {
        let mut chunk = Chunk::default();
        let mut to_read = Vec::new();
        let measure = Measure::new(&self.store, body, range).await?;
        for one in events {
            chunk.progress.looked_at += 1;
            match measure.weigh(one) {
                Verdict::Add(row) => chunk.rows.push(row),
                Verdict::Already => chunk.progress.already += 1,
                Verdict::NotMatching => chunk.progress.not_matching += 1,
                Verdict::NoPayload if range == BackfillRange::CurrentState => to_read.push(one),
                Verdict::NoPayload => chunk.progress.no_payload += 1,
                Verdict::Unreadable => chunk.progress.unreadable += 1,
            }
        }
        // What is not listed any more cannot be asked for.
        let all = to_read.len();
        let mut known = 0;
        for tenant in self.tenants.iter() {
            let watched = self.store.watched_subscriptions(Some(&tenant.id)).await?;
            let watched: HashSet<_> = watched.into_iter().map(|one| one.place.id).collect();
            for kind in Kind::ALL.iter().copied() {
                let is_of = |one: &&Candidate| one.kind == kind && watched.contains(&one.subscription);
                let of_kind: Vec<&Candidate> = to_read.iter().copied().filter(is_of).collect();
                known += of_kind.len();
                for some in of_kind.chunks(ITEMS_A_REQUEST) {
                    self.read_again((job, tenant), &measure, kind, some, &mut chunk).await?;
                }
            }
        }
        chunk.progress.gone += i64::try_from(all - known).unwrap_or(i64::MAX);
        Ok(chunk)
    }

    /// Reads items of a tenant again from Azure and weighs them as they are now.
    async fn read_again(
        &self,
        (job, tenant): (&OpenJob, &Tenant),
        measure: &Measure,
        kind: Kind,
        items: &[&Candidate],
        chunk: &mut Chunk,
    ) -> Result<(), JobError> {
        let Some(reader) = self.readers.get(&tenant.id) else { return Ok(()) };
        let subscriptions: BTreeSet<_> = items.iter().map(|one| one.subscription.clone()).collect();
        let subscriptions: Vec<_> = subscriptions.into_iter().collect();
        let ids: Vec<&str> = items.iter().map(|one| one.item_id.as_str()).collect();
        let read_at = self.store.now();
        let page = tenant.security.items_by_id(kind, &subscriptions, &ids).await?;
        let mut missing: HashSet<_> = items.iter().map(|one| &one.key).collect();
        for row in &page.rows {
            let observation = match reader.read(kind, row).await? {
                Ok(observation) => observation,
                Err(error) => {
                    tracing::warn!(item = %error.item, path = error.path, "an item read again for a backfill could not be read: {error}");
                    missing.retain(|key| !key.as_str().eq_ignore_ascii_case(&error.item));
                    chunk.progress.unreadable += 1;
                    continue;
                }
            };
            if !missing.remove(&observation.key) {
                continue;
            }
            let (event, verdict) = snapshot(&tenant.id, &job.id, kind, measure, observation, read_at);
            match verdict {
                Verdict::Add(row) => {
                    chunk.progress.snapshots += 1;
                    chunk.snapshots.push((tenant.id.clone(), kind, event));
                    chunk.rows.push(row);
                }
                _ => chunk.progress.not_matching += 1,
            }
        }
        chunk.progress.gone += i64::try_from(missing.len()).unwrap_or(i64::MAX);
        // Watching shares this quota and comes first.
        if let Some(rest) = page.rest.and_then(|rest| Duration::try_from(rest).ok()) {
            tokio::select! {
                () = self.cancel.cancelled() => {}
                () = tokio::time::sleep(rest) => {}
            }
        }
        Ok(())
    }
}

/// What keeps a job waiting, for the person who started it.
fn said(error: &JobError) -> String {
    match error {
        JobError::Azure(error) => format!("Azure could not be read: {} It is asked again.", error.sentence()),
        JobError::Store(error) if error.is_disk_full() => "The disk is full. It goes on when there is room.".to_owned(),
        JobError::Store(error) => format!("The store failed ({error}). It is tried again."),
    }
}
