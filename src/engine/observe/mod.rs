//! What is there now against what was last seen: fresh queries, sweeps and the baseline; and what is already there, when
//! a job asks for it.
//!
//! Two loops share one lease: *fresh* asks for what is dated at or after the watermark less an hour, *sweep* reads
//! everything, paced over hours, for what carries no date. Both hand pages of rows to the same pure functions: [`shape`]
//! reads a row, [`plan`] compares it with what was last seen and lets the exports' rules decide, and one transaction writes
//! the result. This room knows nothing of delivering; a row in `outcomes` is all it leaves behind.

mod arrival;
mod backfill;
mod identity;
mod jobs;
mod page;
mod plan;
mod reader;
mod shape;
mod sweep;
mod trouble;
mod vanished;
mod watcher;

pub use arrival::ArrivalWatch;
pub use backfill::count_backfill;
pub use jobs::JobRunner;
pub use page::{PageOf, commit_page};
pub use plan::{Plan, plan};
pub use shape::{COMPARED_VERSION, Metadata, Observation, RowError, read_row};
pub use watcher::{Pace, Status, Watcher};
