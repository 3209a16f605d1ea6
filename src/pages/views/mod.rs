//! One file a page.

pub mod arrivals;
pub mod article;
pub mod backfill;
pub mod code;
pub mod coverage;
pub mod diagnosis;
pub mod editor;
pub mod exports;
pub mod jobs;
pub mod log;
mod log_panel;
pub mod not_found;
pub mod overview;
pub mod policies;
pub mod roll_out;
pub mod samples;
pub mod settings;
pub mod share_new;
pub mod shares;
pub mod sign_in;
pub mod subscription;
pub mod subscriptions;
mod target_form;
pub mod targets;
pub mod troubleshoot;
