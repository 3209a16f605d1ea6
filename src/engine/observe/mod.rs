//! What is there now against what was last seen: incremental scans, full scans and the baseline.
//!
//! Two tasks share one lease: the *incremental scan* asks for what is dated at or after the watermark less an hour, the *full scan*
//! reads everything, paced over hours, for what carries no date. Both hand pages of rows to the same pure functions: [`shape`]
//! reads a row, [`plan`] compares it with what was last seen and lets the exports' rules decide, and one transaction writes
//! the result. This room knows nothing of delivering; a row in `outcomes` is all it leaves behind.

mod arrival;
mod identity;
mod page;
mod plan;
mod reader;
mod shape;
mod sweep;
mod trouble;
mod vanished;
mod watcher;

pub use arrival::ArrivalWatch;
pub use page::{PageOf, commit_page};
pub use plan::{Plan, plan};
pub use shape::{COMPARED_VERSION, Metadata, Observation, RowError, read_row};
pub use watcher::{Pace, Status, Watcher};

pub(crate) use identity::{snapshot_id, spread};
pub(crate) use reader::RowReader;
pub(crate) use shape::as_snapshot;
