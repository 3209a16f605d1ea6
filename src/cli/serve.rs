//! `serve`: opens the store, finds Azure, and runs watcher, engine and web server until it is told to stop.

use super::cloudside::{Cloudside, find_azure};
use super::{
    Failure, control, print,
    private::{warn_of_open_secrets, write_ready},
};
use crate::config::ServeFlags;
use console::Console;
use engine::deliver::{Engine, Senders};
use engine::observe::{ArrivalWatch, JobRunner, Pace, Watcher};
use leptos::config::LeptosOptions;
use server::{
    router,
    state::{AppState, PublicAddress},
    vital::Vital,
};
use std::{io::IsTerminal, net::SocketAddr, sync::Arc, time::Duration};
use store::{OpenOptions, Stamp, Store};
use tokio::{net::TcpListener, sync::broadcast};
use tokio_util::sync::CancellationToken;

const POLL: Duration = Duration::from_secs(30);
const POLL_PRACTICE: Duration = Duration::from_secs(2);
const SWEEP: Duration = Duration::from_hours(6);
const SWEEP_PRACTICE: Duration = Duration::from_secs(30);
const HEALTH: Duration = Duration::from_mins(15);
const HEALTH_PRACTICE: Duration = Duration::from_secs(30);
/// What was asked of Azure is waited for this long at the end.
const LAST: Duration = Duration::from_secs(20);

/// Runs the console until it is told to stop.
pub(super) async fn serve(flags: ServeFlags) -> Result<(), Failure> {
    let settings = flags.resolve()?;
    warn_of_open_secrets(&settings);
    let data = settings.data();
    let store = Store::open(&OpenOptions {
        folder: data.clone(),
        key: settings.key.clone(),
        forget_secrets: settings.forget_secrets.unwrap_or_default(),
    })
    .await?;
    let shutdown = CancellationToken::new();
    let azure = find_azure(&settings, &data, &shutdown).await?;
    let tenants = azure.tenants.clone();
    let first = tenants.first().id.clone();
    store.stamp(&Stamp { cloud: azure.surroundings.cloud.clone(), tenant: first }).await?;
    let named: Vec<_> = tenants.iter().map(|tenant| (tenant.id.clone(), tenant.name.clone())).collect();
    store.record_tenants(&named).await?;
    let practised = settings.is_practice();
    let pace = Pace {
        poll: settings.poll_interval.map_or(if practised { POLL_PRACTICE } else { POLL }, |length| length.0),
        sweep: settings.sweep_interval.map_or(if practised { SWEEP_PRACTICE } else { SWEEP }, |length| length.0),
    };
    let arrivals = ArrivalWatch::new(store.clone(), tenants.clone(), pace.poll * 4);
    let jobs = JobRunner::new(store.clone(), tenants.clone());
    let watchers: Vec<Watcher> =
        tenants.iter().map(|tenant| Watcher::new(store.clone(), tenant, &tenants, pace)).collect();
    let senders = Senders { tenants };
    let engine = Engine::new(store.clone(), senders.clone());
    let watching = watchers.iter().map(Watcher::status).collect();
    let console = Console::new(store.clone(), senders, watching, azure.surroundings.clone());
    if let Some(starter) = &azure.starter {
        console.start_practice(starter).await?;
    }

    let listener = TcpListener::bind(settings.addr())
        .await
        .map_err(|error| format!("cannot listen on {}: {error}", settings.addr()))?;
    let public = public_address(&settings, &listener)?;
    let metrics = metrics_exporter_prometheus::PrometheusBuilder::new().install_recorder()?;
    let vital = Vital::default();
    let state = AppState {
        console: console.clone(),
        leptos: LeptosOptions::builder().output_name("continuous-export").site_root("target/site").build(),
        shutdown: shutdown.clone(),
        sessions_ended: broadcast::channel(16).0,
        site: Arc::new(settings.site.clone()),
        public: public.clone(),
        vital: vital.clone(),
        metrics: Some(metrics),
    };
    let cookie = if public.secure { "__Host-session".to_owned() } else { format!("session_{}", store.id().await?) };
    let app = router(state, store.clone(), cookie);

    let mut tasks = vec![
        vital.spawn("the delivery engine", &shutdown, engine.run(shutdown.clone())),
        vital.spawn("the runner of jobs", &shutdown, jobs.run(shutdown.clone())),
        vital.spawn("delivery verification", &shutdown, arrivals.run(shutdown.clone())),
    ];
    let watching =
        watchers.into_iter().map(|watcher| vital.spawn("monitoring", &shutdown, watcher.run(shutdown.clone())));
    tasks.extend(watching);
    let every = settings.health_interval.map_or(if practised { HEALTH_PRACTICE } else { HEALTH }, |length| length.0);
    let checks = console.clone().watch_health(every, shutdown.clone());
    tasks.push(vital.spawn("health checks", &shutdown, checks));
    control::listen(&data, console.clone(), public.origin.clone(), shutdown.clone())?;
    let server = {
        let shutdown = shutdown.clone();
        axum::serve(listener, app.into_make_service_with_connect_info::<SocketAddr>())
            .with_graceful_shutdown(async move { shutdown.cancelled().await })
    };
    let server = tokio::spawn(server.into_future());
    announce(&settings, &console, &azure, &public).await?;

    stop_signal().await;
    tracing::info!("stopping: streams end, requests that are under way are settled");
    shutdown.cancel();
    for task in tasks {
        // What one of them could not do is in the log.
        let _ = task.await;
    }
    let _ = tokio::time::timeout(Duration::from_secs(5), server).await;
    if tokio::time::timeout(LAST, console.settle()).await.is_err() {
        tracing::warn!(
            "Azure took too long to answer what was asked last; whether it did it is seen when it is read again"
        );
    }
    if let Some(running) = azure.practice {
        running.stop().await;
    }
    store.close().await;
    Ok(())
}

async fn announce(
    settings: &ServeFlags,
    console: &Console,
    azure: &Cloudside,
    public: &PublicAddress,
) -> Result<(), Failure> {
    let token = console.make_sign_in_token().await?;
    let link = format!("{}/sign-in/{token}", public.origin);
    print(&format!("\n  Continuous Export console at {}", public.origin))?;
    if azure.surroundings.practice {
        print("  on the practice Azure: nothing here is real, nothing leaves this machine")?;
    }
    if std::io::stdout().is_terminal() {
        print(&format!("\n  Sign in (once, within 10 minutes):\n  {link}\n"))?;
    } else {
        // Printed here it would stand in a journal or log collector, which more people read than the data folder.
        let data = settings.data();
        print(&format!(
            "\n  Sign in with the link that this prints: continuous-export sign-in --data {}\n",
            data.display()
        ))?;
    }
    let Some(path) = &settings.ready_file else { return Ok(()) };
    let practice = azure.surroundings.practice_origin.clone();
    write_ready(path, &serde_json::json!({"console": public.origin, "sign_in": link, "practice": practice}))
}

fn public_address(settings: &ServeFlags, listener: &TcpListener) -> Result<PublicAddress, std::io::Error> {
    let addr = listener.local_addr()?;
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

/// Returns when the process is asked to stop.
pub(super) async fn stop_signal() {
    use tokio::signal::unix::{SignalKind, signal};
    match signal(SignalKind::terminate()) {
        Ok(mut terminate) => tokio::select! {
            _ = tokio::signal::ctrl_c() => {}
            _ = terminate.recv() => {}
        },
        Err(_) => {
            let _ = tokio::signal::ctrl_c().await;
        }
    }
}
