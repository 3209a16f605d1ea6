//! `serve`: opens the store, finds Azure, and runs watcher, engine and web server until it is told to stop.

use super::{Failure, control, print, write_ready};
use crate::{
    azure::{Arm, Cloud, Credential, EventHubs, Graph, Http, Identity, Ingestion, Security},
    console::{Console, Starter, Surroundings},
    deliver::{Engine, Senders},
    domain::TenantId,
    observe::{JobRunner, Pace, Watcher},
    practice,
    server::{
        config::ServeFlags,
        router,
        state::{AppState, PublicAddress},
    },
    store::{OpenOptions, Stamp, Store},
};
use leptos::config::LeptosOptions;
use secrecy::SecretString;
use std::{path::Path, sync::Arc, time::Duration};
use tokio::{net::TcpListener, sync::broadcast};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

const POLL: Duration = Duration::from_secs(30);
const POLL_PRACTICE: Duration = Duration::from_secs(2);
const SWEEP: Duration = Duration::from_hours(6);
const SWEEP_PRACTICE: Duration = Duration::from_secs(30);
/// Events a minute in the practice Azure unless asked otherwise: enough that the log lives within a minute.
const RATE: f64 = 20.0;

/// Azure, real or practised.
struct Cloudside {
    http: Http,
    identity: Identity,
    surroundings: Surroundings,
    starter: Option<Starter>,
    practice: Option<practice::Running>,
}

/// Runs the console until it is told to stop.
pub(super) async fn serve(flags: ServeFlags) -> Result<(), Failure> {
    let settings = flags.resolve()?;
    let data = settings.data();
    let store = Store::open(&OpenOptions { folder: data.clone(), key: settings.key.clone() }).await?;
    let azure = find_azure(&settings, &data).await?;
    let tenant = azure.surroundings.tenant.clone();
    store.stamp(&Stamp { cloud: azure.surroundings.cloud.clone(), tenant: tenant.clone() }).await?;

    let credential = Credential::new(&azure.identity, &azure.http)?;
    let arm = Arm { http: azure.http.clone(), credential: credential.clone() };
    let graph = Graph::new(azure.http.clone(), credential.clone());
    let senders = Senders {
        hubs: EventHubs { http: azure.http.clone() },
        ingestion: Ingestion { http: azure.http.clone(), credential: credential.clone() },
        arm: arm.clone(),
        credential,
    };
    let practised = settings.is_practice();
    let pace = Pace {
        poll: settings.poll_interval.map_or(if practised { POLL_PRACTICE } else { POLL }, |length| length.0),
        sweep: settings.sweep_interval.map_or(if practised { SWEEP_PRACTICE } else { SWEEP }, |length| length.0),
    };
    let security = Security { graph, arm };
    let jobs = JobRunner::new(store.clone(), security.clone(), tenant.clone());
    let watcher = Watcher::new(store.clone(), security, tenant, pace);
    let engine = Engine::new(store.clone(), senders.clone());
    let console = Console::new(store.clone(), senders, watcher.status(), azure.surroundings.clone());
    if let Some(starter) = &azure.starter {
        console.start_practice(starter).await?;
    }

    let listener = TcpListener::bind(settings.addr())
        .await
        .map_err(|error| format!("cannot listen on {}: {error}", settings.addr()))?;
    let public = public_address(&settings, &listener)?;
    let metrics = metrics_exporter_prometheus::PrometheusBuilder::new().install_recorder()?;
    let shutdown = CancellationToken::new();
    let state = AppState {
        console: console.clone(),
        leptos: LeptosOptions::builder().output_name("continuous-export").site_root("target/site").build(),
        shutdown: shutdown.clone(),
        sessions_ended: broadcast::channel(16).0,
        site: Arc::new(settings.site.clone()),
        public: public.clone(),
        engine: engine.clone(),
        metrics: Some(metrics),
    };
    let cookie = if public.secure { "__Host-session".to_owned() } else { format!("session_{}", store.id().await?) };
    let app = router(state, store.clone(), cookie);

    let tracker = TaskTracker::new();
    tracker.spawn(watcher.run(shutdown.clone()));
    tracker.spawn(engine.run(shutdown.clone()));
    tracker.spawn(jobs.run(shutdown.clone()));
    control::listen(&data, console.clone(), public.origin.clone(), shutdown.clone())?;
    let server = {
        let shutdown = shutdown.clone();
        axum::serve(listener, app).with_graceful_shutdown(async move { shutdown.cancelled().await })
    };
    let server = tokio::spawn(server.into_future());
    announce(&settings, &console, &store, &azure, &public).await?;

    stop_signal().await;
    tracing::info!("stopping: streams end, requests that are under way are settled");
    shutdown.cancel();
    tracker.close();
    tracker.wait().await;
    let _ = tokio::time::timeout(Duration::from_secs(5), server).await;
    if let Some(running) = azure.practice {
        running.stop().await;
    }
    store.close().await;
    Ok(())
}

async fn announce(
    settings: &ServeFlags,
    console: &Console,
    store: &Store,
    azure: &Cloudside,
    public: &PublicAddress,
) -> Result<(), Failure> {
    let token = console.make_sign_in_token().await?;
    let link = format!("{}/sign-in/{token}", public.origin);
    print(&format!("\n  Continuous Export console at {}", public.origin))?;
    if azure.surroundings.practice {
        print("  on the practice Azure: nothing here is real, nothing leaves this machine")?;
    }
    print(&format!("\n  Sign in (once, within 10 minutes):\n  {link}\n"))?;
    let Some(path) = &settings.ready_file else { return Ok(()) };
    while settings.is_practice() && !store.baseline_is_complete().await? {
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    let practice = azure.surroundings.practice_origin.clone();
    write_ready(path, &serde_json::json!({"console": public.origin, "sign_in": link, "practice": practice}))
}

async fn find_azure(settings: &ServeFlags, data: &Path) -> Result<Cloudside, Failure> {
    if !settings.is_practice() {
        return real(settings);
    }
    let practice = match &settings.practice_url {
        Some(_) => None,
        None => Some(
            practice::start(practice::Options {
                addr: settings.practice_addr.unwrap_or_else(|| ([127, 0, 0, 1], 0).into()),
                seed: settings.practice_seed.unwrap_or(7),
                rate: settings.practice_rate.unwrap_or(RATE),
                import: settings.practice_import.clone(),
                data: Some(data.join("practice")),
                scale: practice::Scale::Company,
            })
            .await?,
        ),
    };
    let origin = match (&practice, &settings.practice_url) {
        (Some(running), _) => running.origin().to_owned(),
        (None, Some(url)) => url.trim_end_matches('/').to_owned(),
        (None, None) => return Err("--practice or --practice-url is needed here".into()),
    };
    let http = Http::new(Cloud::public(), Some(origin.parse()?), None)?;
    let starter: Starter = http.practice_starter().await?;
    let surroundings = Surroundings {
        practice: true,
        cloud: "practice".to_owned(),
        tenant: TenantId::parse(&starter.tenant_id)?,
        tenant_name: starter.tenant_name.clone(),
        identity: "the practice Azure's own app registration".to_owned(),
        practice_origin: Some(origin),
    };
    let identity = Identity::ClientSecret {
        tenant: starter.tenant_id.clone(),
        client_id: starter.client_id.clone(),
        secret: SecretString::from(starter.client_secret.as_str()),
    };
    Ok(Cloudside { http, identity, surroundings, starter: Some(starter), practice })
}

fn real(settings: &ServeFlags) -> Result<Cloudside, Failure> {
    let missing = |flag: &str| format!("--{flag} is needed for a real tenant (or start with --practice)");
    let tenant = settings.tenant_id.clone().ok_or_else(|| missing("tenant-id"))?;
    let identity = match settings.identity.as_deref().unwrap_or("client-secret") {
        "client-secret" => Identity::ClientSecret {
            tenant: tenant.clone(),
            client_id: settings.client_id.clone().ok_or_else(|| missing("client-id"))?,
            secret: settings.client_secret.clone().ok_or_else(|| missing("client-secret"))?,
        },
        "azure-cli" => Identity::AzureCli { tenant: tenant.clone() },
        other => return Err(format!("--identity {other}: this release knows client-secret and azure-cli").into()),
    };
    let cloud = Cloud::public();
    let surroundings = Surroundings {
        practice: false,
        cloud: cloud.name.to_owned(),
        tenant: TenantId::parse(&tenant)?,
        tenant_name: tenant,
        identity: identity.describe(),
        practice_origin: None,
    };
    let http = Http::new(cloud, None, settings.proxy.as_deref())?;
    Ok(Cloudside { http, identity, surroundings, starter: None, practice: None })
}

fn public_address(settings: &ServeFlags, listener: &TcpListener) -> Result<PublicAddress, Failure> {
    let addr = listener.local_addr()?;
    let mut hosts = vec![addr.to_string(), format!("localhost:{}", addr.port())];
    let origin = match &settings.public_url {
        None => format!("http://{addr}"),
        Some(url) => {
            let rest = url.split_once("://").map_or("", |(_, rest)| rest);
            let host = rest.trim_end_matches('/').to_ascii_lowercase();
            if host.is_empty() || host.contains('/') || !(url.starts_with("http://") || url.starts_with("https://")) {
                return Err(format!(
                    "--public-url {url}: an address such as https://export.example.com, without a path"
                )
                .into());
            }
            hosts.push(host);
            url.trim_end_matches('/').to_owned()
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
