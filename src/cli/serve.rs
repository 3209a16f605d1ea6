//! `serve`: runs the console until it is told to stop.

use super::{
    control, print,
    private::{warn_of_open_secrets, write_ready},
};
use crate::{
    Failure,
    assemble::{App, Overrides},
    config::ServeFlags,
};
use std::io::IsTerminal;

/// Runs the console until it is told to stop.
pub(super) async fn serve(flags: ServeFlags) -> Result<(), Failure> {
    let settings = flags.resolve()?;
    warn_of_open_secrets(&settings);
    if !server::assets::is_complete(settings.site.as_deref()) {
        return Err(match &settings.site {
            Some(folder) => format!("--site {}: the site's files are not there", folder.display()),
            None => "this program was built without its site's files, so pages would have neither style nor script; build it with ./dev build, or name a folder that has them with --site".to_owned(),
        }
        .into());
    }
    let app = App::assemble(&settings, Overrides::default()).await?;
    control::listen(&settings.data(), app.console.clone(), app.public.origin.clone(), app.shutdown.clone())?;
    announce(&settings, &app).await?;
    stop_signal().await;
    tracing::info!("stopping: streams end, requests that are under way are settled");
    app.stop().await;
    Ok(())
}

async fn announce(settings: &ServeFlags, app: &App) -> Result<(), Failure> {
    let (origin, surroundings) = (&app.public.origin, &app.azure.surroundings);
    let token = app.console.make_sign_in_token().await?;
    let link = format!("{origin}/sign-in/{token}");
    print(&format!("\n  Continuous Export console at {origin}"))?;
    if surroundings.practice {
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
    let practice = surroundings.practice_origin.clone();
    write_ready(path, &serde_json::json!({"console": origin, "sign_in": link, "practice": practice}))
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
