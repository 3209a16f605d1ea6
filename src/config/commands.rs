//! The command line: every command with its flags, but for the settings of `serve`.

use super::ServeFlags;
use clap::{Args, Parser, Subcommand, ValueEnum};
use domain::{CodeFormat, Preparation};
use secrecy::SecretString;
use std::{net::SocketAddr, path::PathBuf};

/// Continuous export of Microsoft Defender for Cloud: console and delivery engine.
#[derive(Debug, Parser)]
#[command(name = "continuous-export", version)]
pub struct Cli {
    /// How logs are written: as lines for people, or as one JSON object a line
    #[arg(long, global = true, value_enum, env = "CONTINUOUS_EXPORT_LOG_FORMAT", default_value = "text")]
    pub log_format: LogFormat,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// How logs are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    /// As lines for people.
    Text,
    /// As one JSON object a line.
    Json,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Run the console and the delivery engine
    #[command(args_override_self = true)]
    Serve(Box<ServeFlags>),
    /// Run the practice Azure as a process of its own
    Practice(PracticeFlags),
    /// Print a fresh one-time sign-in link for a console that runs on this machine
    SignIn(DataFlags),
    /// Show which recent events an export would let through
    Preview(PreviewFlags),
    /// Write an export as code, or what Azure needs before an export can be made
    Template(TemplateFlags),
    /// Find out why an alert or recommendation did, or did not, arrive
    Diagnose(DiagnoseFlags),
    /// Check identity, permissions, cloud, clock, sources, targets and the store
    Health(FormatFlags),
    /// Show who exports what of each subscription to where, and what falls short
    Coverage(CoverageFlags),
    /// Bring a store up to date
    Migrate(MigrateFlags),
    /// Print the description of the REST API
    Openapi,
}

/// Where the data is.
#[derive(Debug, Args)]
pub struct DataFlags {
    /// The data folder
    #[arg(long, env = "CONTINUOUS_EXPORT_DATA", default_value = ".data")]
    pub data: PathBuf,
}

/// What `migrate` brings up to date.
#[derive(Debug, Args)]
pub struct MigrateFlags {
    /// Where the data is.
    #[command(flatten)]
    pub data: DataFlags,
    /// The key that seals secrets: base64 of 32 bytes, where it does not stand in the data folder
    #[arg(long, env = "CONTINUOUS_EXPORT_KEY", hide_env_values = true)]
    pub key: Option<SecretString>,
}

/// How a command writes its answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum TableFormat {
    /// For people.
    Table,
    /// For programs.
    Json,
}

/// How `diagnose` writes its answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum DiagnosisFormat {
    /// For people.
    Table,
    /// For programs.
    Json,
    /// For a ticket.
    Markdown,
}

/// How `coverage` writes its answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum CoverageFormat {
    /// For people.
    Table,
    /// For spreadsheets.
    Csv,
    /// For programs.
    Json,
}

/// What `preview` looks at.
#[derive(Debug, Args)]
pub struct PreviewFlags {
    /// An export: a file with its body as JSON, or the id of one in the console that runs on the data folder
    #[arg(long, value_name = "FILE|ID")]
    pub export: String,
    /// How far to look back: a length such as 24h or 7d, at most 90d
    #[arg(long, default_value = "24h")]
    pub since: String,
    /// How it is written
    #[arg(long, default_value = "table")]
    pub format: TableFormat,
    /// Where the data is.
    #[command(flatten)]
    pub data: DataFlags,
}

/// What `diagnose` looks into.
#[derive(Debug, Args)]
pub struct DiagnoseFlags {
    /// An event id, alert id, resource id or recommendation id, or a link of the portal
    pub item: String,
    /// The id of an export; without one all of them are looked into
    #[arg(long, value_name = "ID")]
    pub export: Option<String>,
    /// How it is written
    #[arg(long, default_value = "table")]
    pub format: DiagnosisFormat,
    /// Where the data is.
    #[command(flatten)]
    pub data: DataFlags,
}

/// How `health` is written.
#[derive(Debug, Args)]
pub struct FormatFlags {
    /// How it is written
    #[arg(long, default_value = "table")]
    pub format: TableFormat,
    /// Where the data is.
    #[command(flatten)]
    pub data: DataFlags,
}

/// How `coverage` is written.
#[derive(Debug, Args)]
pub struct CoverageFlags {
    /// How it is written
    #[arg(long, default_value = "table")]
    pub format: CoverageFormat,
    /// Where the data is.
    #[command(flatten)]
    pub data: DataFlags,
}

/// What `template` writes.
#[derive(Debug, Args)]
pub struct TemplateFlags {
    /// An export: a file with its body as JSON, or the id of one in the console that runs on the data folder
    #[arg(long, value_name = "FILE|ID", requires = "format", required_unless_present = "preparation")]
    pub export: Option<String>,
    /// arm, bicep, terraform, azcli or policy
    #[arg(long, requires = "export")]
    pub format: Option<CodeFormat>,
    /// console-identity or workspace-tables
    #[arg(long = "for", value_name = "WHAT", conflicts_with = "export")]
    pub preparation: Option<Preparation>,
    /// Where the data is.
    #[command(flatten)]
    pub data: DataFlags,
}

/// Settings of the practice Azure as a process of its own.
#[derive(Debug, Args)]
pub struct PracticeFlags {
    /// Where to listen
    #[arg(long, default_value = "127.0.0.1:0", env = "CONTINUOUS_EXPORT_PRACTICE_ADDR")]
    pub addr: SocketAddr,
    /// The seed of the world
    #[arg(long, default_value_t = 7, env = "CONTINUOUS_EXPORT_PRACTICE_SEED")]
    pub seed: u64,
    /// Events a minute
    #[arg(long, default_value_t = 20.0, env = "CONTINUOUS_EXPORT_PRACTICE_RATE")]
    pub rate: f64,
    /// Load ARM list answers from this folder
    #[arg(long, env = "CONTINUOUS_EXPORT_PRACTICE_IMPORT")]
    pub import: Option<PathBuf>,
    /// Keep journal and received messages here, instead of in memory
    #[arg(long, env = "CONTINUOUS_EXPORT_DATA")]
    pub data: Option<PathBuf>,
    /// A file that appears once it listens
    #[arg(long, env = "CONTINUOUS_EXPORT_READY_FILE")]
    pub ready_file: Option<PathBuf>,
}
