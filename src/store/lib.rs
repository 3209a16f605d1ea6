//! The ledger: events, outcomes, attempts, counters, and everything else that must survive a crash.
//!
//! All SQL and all row types live here; other rooms speak in `domain` types. The room knows nothing of HTTP, of Azure, or
//! of why something is decided: callers decide, it writes what they decided in one transaction. Every read for a person
//! takes [`Visible`]. One writer, many readers; `synchronous=FULL`, so what is committed is on disk.

mod arrivals;
mod audit;
mod backfill;
mod browse;
mod choices;
mod counters;
mod deliveries;
mod diagnoses;
mod error;
mod events;
mod exports;
mod health;
mod job_end;
mod jobs;
mod lanes;
mod ledger;
mod listed;
mod measures;
mod open;
mod overview;
mod pack;
mod people;
mod preview;
mod private;
mod replay;
mod roll_outs;
mod samples;
mod seal;
mod settle;
mod shares;
mod standing;
mod subscriptions;
mod targets;
mod tenants;
#[cfg(feature = "testing")]
mod testing;
mod vanished;
mod visible;
mod watch;

pub use arrivals::{Found, LookedFor, Sendable};
pub use audit::AuditEntry;
pub use backfill::{Backfilled, Candidate, JobChunk, Payload, Wanted};
pub use browse::{SubscriptionOrder, SubscriptionPiece};
pub use deliveries::DeliveryFilter;
pub use error::StoreError;
pub use events::EventFilter;
pub use exports::SaveOutcome;
pub use jobs::{JobRequest, JobWork, NewJob, OpenJob, ReplayWhat};
pub use lanes::{Begun, Claim, Claimed, Lane, LaneLease};
pub use ledger::{DecidingExport, LedgerPage, NewEvent, NewOutcome, Seen, SeenRow, Watched};
pub use listed::ListedSubscription;
pub use measures::{Backlog, Reach};
pub use open::{OpenOptions, Stamp, Store};
pub use people::{Draft, Person};
pub use preview::{SampleRow, ShownEvent};
pub use roll_outs::{RollOutEntry, WaitingRollOut};
pub use settle::{AttemptAnswer, Settled, Settlement, TargetUpdate};
pub use shares::{NewShare, OpenShare};
pub use standing::{Rhythm, Sent, Standing};
pub use targets::{Addressing, DeliveryTarget, TargetSecret};
pub use vanished::{DELETED, LastEvent, Met, MissedItem};
pub use visible::Visible;
pub use watch::{KnownSubscription, Sweep};
