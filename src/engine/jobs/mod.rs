//! Jobs: replays and backfills, worked off one after the other, chunk by chunk. What they add to the ledger is delivered like everything
//! else; items whose payload is not kept are read again from Azure. This module knows nothing of targets.

mod backfill;
mod runner;

pub use backfill::count_backfill;
pub use runner::JobRunner;
