//! The practice Azure: a small fake Azure on a loopback port, for tests and for people who try the product.
//!
//! It has a made-up company (`world`), answers the calls of the real services that the console makes (`serve`), lets
//! alerts and state changes happen by a seeded clock, and breaks on demand (`faults`). It must not know any other room and
//! no other room may reach into it: it is spoken to over HTTP only, by the `Host` header of the real service or, on a
//! loopback `Host`, by path. Tests start it with `start` at [`Scale::Small`] and ask `/_practice/…`.
//!
//! # Where it differs from Azure
//! - Plain HTTP on loopback; every certificate, redirect, region and sovereign cloud is missing.
//! - One application (see `GET /_practice/starter`) with the permission entries of `serve::arm::access`, which
//!   `POST /_practice/permissions` replaces by subscription. Tokens are shaped as the real ones and signed with a key of this
//!   world. Client assertions are checked for shape, audience and end, not for their signature; federated tokens for shape.
//! - Permissions hold for whole subscriptions; management groups and the tenant have the usual entries. Data actions are not
//!   judged: who may send to which hub and publish to which rule is fixed.
//! - Quotas of Resource Graph and Event Hubs can be switched off (`POST /_practice/quota {"enabled":false}`) and start off
//!   at [`Scale::Small`]. Rate-limit headers of ARM are there, ARM never throttles unless a fault says so.
//! - Resource Graph and Log Analytics understand the part of Kusto described in `kql`; answers are never stale. Rows of
//!   `securityresources` appear the moment something happens. Skip tokens are positions in the result of that moment.
//! - Findings, secure scores, controls, compliance and attack paths are worked out of the assessments at the moment they are
//!   asked for; their dates are those of the assessments. Secure score is a sum of six controls.
//! - ARM writes: resource groups, automations, role and policy assignments, remediations, registrations, alert states, keys of
//!   authorization rules, sample alerts. Everything else is 405. API versions are checked for automations only.
//! - What automations send is worked out when someone asks: rows of `SecurityAlert` and `SecurityRecommendation` and metrics
//!   of hubs. No event of theirs is put into a hub, findings, scores and weekly snapshots are not sent, and a connection
//!   string is never tried: the rule it names must exist, may send, and kept its keys since. An automation cannot be put
//!   without its connection string; what the real service does then is not documented.
//! - Policy knows the three built-in definitions that export. Remediations end by themselves after seconds; evaluation is
//!   immediate.
//! - Sample alerts are about the subscription, not about made-up resources.
//! - Event Hubs: no AMQP, no Kafka, no consumer groups; what arrives is read at `/_practice/event-hubs/…`. A whole-hub send
//!   without partition key takes partitions in turn, event by event.
//! - Logs Ingestion rows are there at once; types of columns are not converted, transformations are `source` only.
//! - A disabled hub answers 403, as the service does for entities that are switched off.
//! - Resource Graph ignores `managementGroups` in a query's body: what names no `subscriptions` sees all of them.
//! - Imports take list answers and items that stand alone; an item of a known id replaces that item.
//! - `POST /_practice/import` makes alerts and assessments appear as new: `processingEndTimeUtc` and
//!   `status.statusChangeDate` become the time of the import, everything else stays. `?dates=keep` leaves these too. A
//!   folder given at the start ([`Options::import`]) stays as it is in the files.

#![recursion_limit = "256"]

mod changed;
mod dice;
mod error;
mod faults;
mod import;
mod inbox;
mod journal;
mod kql;
mod quota;
mod replay;
mod sas;
mod serve;
mod state;
mod world;

#[cfg(test)]
mod tests;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

pub use error::PracticeError;

/// How the practice Azure is started.
#[derive(Debug, Clone)]
pub struct Options {
    /// Where to listen; port 0 takes a free one.
    pub addr: std::net::SocketAddr,
    /// The world is a function of this number, its first start, the clock and the journal.
    pub seed: u64,
    /// Stream events per minute, 0 = none.
    pub rate: f64,
    /// A folder of `*.json` list answers that replace the seeded security data.
    pub import: Option<PathBuf>,
    /// Folder for journal and received messages; `None` = in memory.
    pub data: Option<PathBuf>,
    /// How much there is.
    pub scale: Scale,
    /// The custom tables of its workspaces, as somebody deployed them.
    pub tables: Vec<Table>,
}

/// A custom table of a workspace, and the stream of a data collection rule that writes into it.
#[derive(Debug, Clone)]
pub struct Table {
    /// What its rows are about, such as `alert`; names it in `GET /_practice/starter`.
    pub about: &'static str,
    /// Its name, such as `ContinuousExportAlert_CL`.
    pub name: String,
    /// The stream, such as `Custom-ContinuousExportAlert`.
    pub stream: String,
    /// Name and type of the stream's columns.
    pub columns: Vec<(&'static str, &'static str)>,
}

/// How much there is in the world.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scale {
    /// The whole company: what people see.
    Company,
    /// 2 subscriptions (`10000000-0000-4000-8000-00000000000{1,2}`), about 10 resources, 6 recommendations, 2 old alerts:
    /// fast tests.
    Small,
}

/// A running practice Azure. Dropping it stops it.
#[derive(Debug)]
pub struct Running {
    origin: String,
    stop: CancellationToken,
    task: JoinHandle<()>,
}

impl Running {
    /// Where it answers: `http://127.0.0.1:PORT`, without a slash at the end.
    pub fn origin(&self) -> &str {
        &self.origin
    }

    /// Ends it: open requests get two seconds.
    pub async fn stop(mut self) {
        self.stop.cancel();
        if tokio::time::timeout(Duration::from_secs(2), &mut self.task).await.is_err() {
            self.task.abort();
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

/// Binds, loads journal and import, and serves in background tasks.
pub async fn start(options: Options) -> Result<Running, PracticeError> {
    let addr = options.addr;
    if !addr.ip().to_canonical().is_loopback() {
        return Err(PracticeError::NotLoopback { addr });
    }
    let listen = |source| PracticeError::Listen { addr, source };
    let listener = tokio::net::TcpListener::bind(addr).await.map_err(listen)?;
    let origin = format!("http://{}", listener.local_addr().map_err(listen)?);
    let azure = Arc::new(state::Azure::open(&options, origin.clone())?);
    let stop = CancellationToken::new();
    let stopped = stop.clone();
    let task = tokio::spawn(async move {
        if let Err(error) = serve::run(listener, azure, stopped).await {
            tracing::error!(error = %error, "the practice Azure stopped serving: {error}");
        }
    });
    tracing::info!(origin = %origin, seed = options.seed, "practice Azure listens on {origin}");
    Ok(Running { origin, stop, task })
}
