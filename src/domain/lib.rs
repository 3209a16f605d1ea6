//! The words of the product as types, for browser and server.
//!
//! Every id, state and shape that more than one room speaks of is defined here once, parses from the text people and
//! Azure write, and prints back to it. This room knows no clock, no I/O, no framework and no other room; whatever it
//! needs comes as an argument.

pub mod words;

pub mod arrival;
pub mod article;
pub mod azure;
pub mod check;
pub mod choices;
pub mod code;
pub mod coverage;
pub mod diagnosis;
pub mod export;
pub mod health;
pub mod ids;
pub mod job;
pub mod kinds;
pub mod named;
pub mod names;
pub mod page;
pub mod policy;
pub mod preview;
pub mod resource;
pub mod rule;
pub mod sample;
pub mod share;
pub mod subscriptions;
pub mod summary;
pub mod tables;
pub mod target;
pub mod task;
pub mod text;
pub mod time;
pub mod verdict;
pub mod view;

pub use azure::{AzureDelivery, AzureExport};
pub use check::CheckId;
pub use code::{Code, CodeFormat, FoundExport, Import, Preparation, TargetHint};
pub use export::{Ancestor, Changes, Export, ExportBody, NO_TARGET, Place, Scope, Source, Tag};
pub use ids::{AttemptId, DeliveryId, EventId, ExportId, ItemKey, JobId, SubscriptionId, TargetId, TenantId};
pub use job::{BackfillCount, BackfillRange, JobKind, JobProgress, JobRow, JobState, ReplayCount};
pub use kinds::{Change, Condition, DeliveredBy, EventSource, Kind, Outcome, Role, Severity};
pub use names::{AutomationName, HubRuleName, Region, ResourceGroupName};
pub use page::{Cursor, FieldError, Page};
pub use preview::{Nearness, Preview, PreviewBucket, PreviewRow, Rehearsal, WeeklyState};
pub use resource::ResourceId;
pub use rule::{Operator, PropertyType, Rule, RuleSet};
pub use subscriptions::{SubscriptionFilter, SubscriptionHealth, SubscriptionList, Turn, Watching};
pub use target::{EventHubConfig, HubSignIn, TargetConfig, TargetKind, WorkspaceConfig};
