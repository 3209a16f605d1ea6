//! What `serve` runs, put together in one place: the program and the tests of the whole start the same.

mod azure;

pub use self::azure::{Cloudside, find_azure, practice_tables};

use crate::{Failure, config::ServeFlags};
use ::azure::Transport;
use axum::Router;
use console::Console;
use engine::{
    deliver::{Engine, Senders},
    jobs::JobRunner,
    observe::{ArrivalWatch, Pace, Watcher},
    task::{Driver, Failure as TaskFailure, Next, Schedule, Task},
};
use leptos::config::LeptosOptions;
use machine::Machine;
use metrics_exporter_prometheus::{BuildError, Matcher, PrometheusBuilder, PrometheusHandle};
use server::{
    router,
    state::{AppState, PublicAddress},
};
use std::{
    future::IntoFuture,
    net::SocketAddr,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};
use store::{OpenOptions, Stamp, Store};
use tokio::{net::TcpListener, sync::broadcast, task::JoinHandle};
use tokio_util::sync::CancellationToken;

const POLL: Duration = Duration::from_secs(30);
const POLL_PRACTICE: Duration = Duration::from_secs(2);
const SWEEP: Duration = Duration::from_hours(6);
const SWEEP_PRACTICE: Duration = Duration::from_secs(30);
const HEALTH: Duration = Duration::from_mins(15);
const HEALTH_PRACTICE: Duration = Duration::from_secs(30);
/// How long a stop waits for background tasks.
const DRAIN_TASKS: Duration = Duration::from_secs(90);
/// How long a stop waits for requests to Azure that are under way.
const DRAIN: Duration = Duration::from_secs(20);

/// The time between the recorder's own housekeeping: without it what is recorded and never read would pile up.
const UPKEEP: Duration = Duration::from_secs(5);
/// Bounds of the buckets of an attempt's seconds.
const SECONDS: [f64; 10] = [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0, 60.0];

/// What replaces the machine's own clock, randomness, network and listener.
#[derive(Debug, Default)]
pub struct Overrides {
    /// The clock, and where ids, keys and chance come from.
    pub machine: Machine,
    /// What carries requests to Azure in place of the network.
    pub transport: Option<Arc<dyn Transport>>,
    /// Where the web server listens.
    pub listen: Listen,
}

/// Where the web server listens.
#[derive(Debug, Default)]
pub enum Listen {
    /// At the address in the settings.
    #[default]
    Configured,
    /// At a port that is open already.
    Bound(TcpListener),
    /// Nowhere: whoever has the [`App`] calls its router.
    Nowhere,
}

/// A console that runs.
pub struct App {
    /// What a person can do.
    pub console: Console,
    /// Its ledger.
    pub store: Store,
    /// Azure as it was found.
    pub azure: Cloudside,
    /// Every route, for asking without a port.
    pub router: Router,
    /// The address people use.
    pub public: PublicAddress,
    /// Cancelled when it stops.
    pub shutdown: CancellationToken,
    /// What runs in the background.
    pub driver: Driver,
    server: Option<JoinHandle<std::io::Result<()>>>,
}

impl App {
    /// Opens the store, finds Azure, and starts everything that runs by itself.
    pub async fn assemble(settings: &ServeFlags, overrides: Overrides) -> Result<Self, Failure> {
        let data = settings.data();
        let store = Store::open(&OpenOptions {
            folder: data.clone(),
            key: settings.key.clone(),
            forget_secrets: settings.forget_secrets.unwrap_or_default(),
            machine: overrides.machine.clone(),
        })
        .await?;
        let shutdown = CancellationToken::new();
        let azure = find_azure(settings, &data, &overrides, &shutdown).await?;
        let tenants = azure.tenants.clone();
        let first = tenants.first().id.clone();
        store.stamp(&Stamp { cloud: azure.surroundings.cloud.clone(), tenant: first }).await?;
        let named: Vec<_> = tenants.iter().map(|tenant| (tenant.id.clone(), tenant.name.clone())).collect();
        store.record_tenants(&named).await?;

        let pace = settings.pace();
        let driver = Driver::new(overrides.machine, shutdown.clone());
        let arrivals = ArrivalWatch::new(store.clone(), tenants.clone(), pace.poll * 4);
        let jobs = JobRunner::new(store.clone(), tenants.clone(), shutdown.clone());
        let watcher = |tenant| Watcher::new(store.clone(), tenant, &tenants, pace, shutdown.clone());
        let watchers: Vec<_> = tenants.iter().map(|tenant| (watcher(tenant), tenant.name.clone())).collect();
        let senders = Senders { tenants };
        let engine = Engine::new(store.clone(), senders.clone(), driver.clone());
        let watching = watchers.iter().map(|(watcher, _)| watcher.status()).collect();
        let console = Console::new(store.clone(), senders, watching, azure.surroundings.clone(), driver.clone());
        if let Some(starter) = &azure.starter {
            console.start_practice(starter).await?;
        }

        let listener = match overrides.listen {
            Listen::Configured => Some(listen(settings.addr()).await?),
            Listen::Bound(listener) => Some(listener),
            Listen::Nowhere => None,
        };
        let public = public_address(settings, listener.as_ref())?;
        let state = AppState {
            console: console.clone(),
            leptos: LeptosOptions::builder().output_name("continuous-export").site_root("target/site").build(),
            shutdown: shutdown.clone(),
            sessions_ended: broadcast::channel(16).0,
            site: Arc::new(settings.site.clone()),
            public: public.clone(),
            metrics: Some(metrics()?),
        };
        let cookie = if public.secure { "__Host-session".to_owned() } else { format!("session_{}", store.id().await?) };
        let router = router(state, store.clone(), cookie);

        engine.start();
        jobs.start(&driver);
        arrivals.start(&driver);
        for (watcher, tenant) in watchers {
            watcher.start(&driver, &tenant);
        }
        console.watch_health(settings.health_every());
        console.start_roll_outs(&driver);
        console.start_measures(&driver);
        driver.start(Schedule::every("metrics upkeep", UPKEEP), || Upkeep);
        let server = listener.map(|listener| {
            let (router, shutdown) = (router.clone(), shutdown.clone());
            let serving = axum::serve(listener, router.into_make_service_with_connect_info::<SocketAddr>())
                .with_graceful_shutdown(async move { shutdown.cancelled().await });
            tokio::spawn(serving.into_future())
        });
        Ok(Self { console, store, azure, router, public, shutdown, driver, server })
    }

    /// Ends everything in order: streams end, requests that are under way are settled, the store is closed last.
    pub async fn stop(self) {
        self.shutdown.cancel();
        // A request to a target has a timeout of a minute; what does not end then is cut off, as a crash would.
        if tokio::time::timeout(DRAIN_TASKS, self.driver.drain()).await.is_err() {
            tracing::warn!("a background task did not end; it is cut off");
            self.driver.abort();
        }
        if let Some(server) = self.server {
            let _ = tokio::time::timeout(Duration::from_secs(5), server).await;
        }
        if tokio::time::timeout(DRAIN, self.console.drain()).await.is_err() {
            tracing::warn!(
                "Azure took too long to answer what was asked last; whether it did it is seen when it is read again"
            );
        }
        if let Some(running) = self.azure.practice {
            running.stop().await;
        }
        self.store.close().await;
    }

    /// Ends everything at once, as a crash does: nothing is settled any more.
    pub async fn crash(self) {
        self.driver.abort();
        self.store.close().await;
        self.shutdown.cancel();
    }
}

impl ServeFlags {
    fn pace(&self) -> Pace {
        let practice = self.is_practice();
        Pace {
            poll: self.poll_interval.map_or(if practice { POLL_PRACTICE } else { POLL }, |length| length.0),
            sweep: self.sweep_interval.map_or(if practice { SWEEP_PRACTICE } else { SWEEP }, |length| length.0),
        }
    }

    fn health_every(&self) -> Duration {
        self.health_interval.map_or(if self.is_practice() { HEALTH_PRACTICE } else { HEALTH }, |length| length.0)
    }
}

async fn listen(addr: SocketAddr) -> Result<TcpListener, Failure> {
    Ok(TcpListener::bind(addr).await.map_err(|error| format!("cannot listen on {addr}: {error}"))?)
}

fn public_address(settings: &ServeFlags, listener: Option<&TcpListener>) -> Result<PublicAddress, std::io::Error> {
    let addr = listener.map_or_else(|| Ok(settings.addr()), TcpListener::local_addr)?;
    let mut hosts = vec![addr.to_string(), format!("localhost:{}", addr.port())];
    let origin = match &settings.public_url {
        None => format!("http://{addr}"),
        Some(url) => {
            let url = url.trim_end_matches('/').to_ascii_lowercase();
            hosts.extend(url.split_once("://").map(|(_, host)| host.to_owned()));
            url
        }
    };
    Ok(PublicAddress { secure: origin.starts_with("https://"), origin, hosts })
}

/// Has the recorder keep house.
struct Upkeep;

impl Task for Upkeep {
    async fn activate(&mut self) -> Result<Next, TaskFailure> {
        metrics()?.run_upkeep();
        Ok(Next::Later)
    }
}

/// The program's metrics: a process has one recorder, however many consoles run in it.
fn metrics() -> Result<PrometheusHandle, BuildError> {
    static RECORDER: Mutex<Option<PrometheusHandle>> = Mutex::new(None);
    let mut recorder = RECORDER.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(handle) = recorder.as_ref() {
        return Ok(handle.clone());
    }
    let attempts = Matcher::Full("continuous_export_attempt_seconds".to_owned());
    let builder = PrometheusBuilder::new().set_buckets_for_metric(attempts, &SECONDS)?;
    let handle = recorder.insert(builder.install_recorder()?).clone();
    console::describe_metrics();
    Ok(handle)
}
