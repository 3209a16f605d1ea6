//! The command line: wires the rooms together. Data for people goes to stdout, logs to stderr.

pub mod control;
mod coverage;
mod diagnose;
mod health;
mod preview;
mod private;
mod serve;
pub mod socket;
mod template;

use crate::{
    Failure,
    config::{Cli, Command, DataFlags, LogFormat, MigrateFlags, PracticeFlags},
};
use clap::Parser;
use server::rest;
use std::{io::Write, process::ExitCode};
use store::{OpenOptions, Store};

/// Parses the command line and runs the command. Exit codes: 0, 1 (a negative answer), 2 (wrong use or could not run).
pub fn run() -> ExitCode {
    private::close_what_is_made();
    let cli = Cli::parse();
    let filter = tracing_subscriber::EnvFilter::builder()
        .with_default_directive(tracing_subscriber::filter::LevelFilter::INFO.into())
        .from_env_lossy();
    let log = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    match cli.log_format {
        LogFormat::Text => log.init(),
        LogFormat::Json => log.json().flatten_event(true).with_current_span(false).init(),
    }
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return fail(&error),
    };
    let result = runtime.block_on(async {
        match cli.command {
            Command::Health(flags) => return health::run(&flags).await,
            Command::Diagnose(flags) => return diagnose::run(&flags).await,
            Command::Serve(flags) => serve::serve(*flags).await,
            Command::Practice(flags) => run_practice(flags).await,
            Command::SignIn(flags) => sign_in(&flags).await,
            Command::Preview(flags) => preview::run(&flags).await,
            Command::Coverage(flags) => coverage::run(&flags).await,
            Command::Template(flags) => template::run(&flags).await,
            Command::Migrate(flags) => migrate(&flags).await,
            Command::Openapi => print(&rest::openapi().to_pretty_json()?),
        }
        .map(|()| true)
    });
    match result {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::from(1),
        Err(error) => fail(error.as_ref()),
    }
}

fn fail(error: &dyn std::error::Error) -> ExitCode {
    let _ = writeln!(std::io::stderr(), "continuous-export: {}", domain::text::chain(error));
    ExitCode::from(2)
}

/// Prints a line for people. A reader that went away is no failure.
fn print(line: &str) -> Result<(), Failure> {
    let mut out = std::io::stdout();
    match writeln!(out, "{line}").and_then(|()| out.flush()) {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => Err(error.into()),
        _ => Ok(()),
    }
}

async fn run_practice(flags: PracticeFlags) -> Result<(), Failure> {
    let options = practice::Options {
        addr: flags.addr,
        seed: flags.seed,
        rate: flags.rate,
        import: flags.import,
        data: flags.data,
        scale: practice::Scale::Company,
        tables: crate::assemble::practice_tables(),
    };
    let running = practice::start(options).await?;
    print(&format!("Practice Azure: {}", running.origin()))?;
    if let Some(path) = &flags.ready_file {
        private::write_ready(path, &serde_json::json!({"practice": running.origin()}))?;
    }
    serve::stop_signal().await;
    running.stop().await;
    Ok(())
}

async fn sign_in(flags: &DataFlags) -> Result<(), Failure> {
    let link = socket::ask(&flags.data, "sign-in").await?;
    print(&link)
}

async fn migrate(flags: &MigrateFlags) -> Result<(), Failure> {
    let folder = flags.data.data.clone();
    let store = Store::open(&OpenOptions { key: flags.key.clone(), ..OpenOptions::of(&folder) }).await?;
    store.close().await;
    print(&format!("The store in {} is up to date.", folder.display()))
}
