//! Settings: flag beats environment beats file. The only place that reads the environment.

mod addresses;
mod commands;
mod tenants;

pub use commands::{
    Cli, Command, CoverageFlags, CoverageFormat, DataFlags, DiagnoseFlags, DiagnosisFormat, FormatFlags, LogFormat,
    MigrateFlags, PracticeFlags, PreviewFlags, TableFormat, TemplateFlags,
};
pub use tenants::TenantSettings;

use azure::{CloudName, SignIn};
use clap::Args;
use domain::time;
use secrecy::SecretString;
use serde::Deserialize;
use std::{net::SocketAddr, path::PathBuf, time::Duration};

macro_rules! settings {
    ($($(#[doc = $doc:literal])+ $(#[arg($($arg:tt)*)])? $name:ident: $kind:ty, $env:literal;)+) => {
        /// Settings of `serve`; every one is a flag, a variable and a key of the TOML file, `[[tenants]]` aside.
        #[derive(Debug, Default, Clone, Args, Deserialize)]
        #[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
        pub struct ServeFlags {
            $($(#[doc = $doc])+ #[arg(long, env = $env $(, $($arg)*)?)] pub $name: Option<$kind>,)+
            /// Further tenants, each with its own identity; in the file only
            #[arg(skip)]
            pub tenants: Vec<TenantSettings>,
        }

        impl ServeFlags {
            /// These settings where they are given, the other ones elsewhere.
            #[must_use]
            pub fn or(self, other: Self) -> Self {
                let tenants = if self.tenants.is_empty() { other.tenants } else { self.tenants };
                Self { $($name: self.$name.or(other.$name),)+ tenants }
            }
        }
    };
}

settings! {
    /// Run a practice Azure inside this program and use it
    #[arg(num_args = 0, default_missing_value = "true")]
    practice: bool, "CONTINUOUS_EXPORT_PRACTICE";
    /// Use a practice Azure that runs elsewhere on this machine
    practice_url: String, "CONTINUOUS_EXPORT_PRACTICE_URL";
    /// Where to listen [127.0.0.1:3000]
    addr: SocketAddr, "CONTINUOUS_EXPORT_ADDR";
    /// The address people use, when it differs from where the console listens
    public_url: String, "CONTINUOUS_EXPORT_PUBLIC_URL";
    /// Let one-time links sign in at a public address: whoever reads one is administrator
    #[arg(num_args = 0, default_missing_value = "true")]
    allow_sign_in_links: bool, "CONTINUOUS_EXPORT_ALLOW_SIGN_IN_LINKS";
    /// The data folder [.data]
    data: PathBuf, "CONTINUOUS_EXPORT_DATA";
    /// Where the store is, when not in the data folder (sqlite:… only, in this release)
    database_url: String, "CONTINUOUS_EXPORT_DATABASE_URL";
    /// Whether the console may change the exports that Azure delivers; without it a switch in Settings decides
    #[arg(num_args = 0..=1, default_missing_value = "true")]
    azure_writes: bool, "CONTINUOUS_EXPORT_AZURE_WRITES";
    /// A TOML file with any of these settings
    config: PathBuf, "CONTINUOUS_EXPORT_CONFIG";
    /// Time between queries for what is new [30s]
    poll_interval: Length, "CONTINUOUS_EXPORT_POLL_INTERVAL";
    /// Time between sweeps of everything [6h; with the practice Azure 30s]
    sweep_interval: Length, "CONTINUOUS_EXPORT_SWEEP_INTERVAL";
    /// Time between runs of the health checks [15m; with the practice Azure 30s]
    health_interval: Length, "CONTINUOUS_EXPORT_HEALTH_INTERVAL";
    /// A proxy for outgoing requests; it resolves the names of the services
    #[arg(hide_env_values = true)]
    proxy: SecretString, "CONTINUOUS_EXPORT_PROXY";
    /// A file that appears once everything listens
    ready_file: PathBuf, "CONTINUOUS_EXPORT_READY_FILE";
    /// Where the practice Azure listens [127.0.0.1:0]
    practice_addr: SocketAddr, "CONTINUOUS_EXPORT_PRACTICE_ADDR";
    /// The practice Azure's seed [7]
    practice_seed: u64, "CONTINUOUS_EXPORT_PRACTICE_SEED";
    /// Events a minute in the practice Azure [20]
    practice_rate: f64, "CONTINUOUS_EXPORT_PRACTICE_RATE";
    /// Load ARM list answers from this folder into the practice Azure
    practice_import: PathBuf, "CONTINUOUS_EXPORT_PRACTICE_IMPORT";
    /// Which identity is used: client-secret, client-certificate, workload-identity, managed-identity or azure-cli
    identity: SignIn, "CONTINUOUS_EXPORT_IDENTITY";
    /// The cloud: public, us-government, china, usnat, ussec or custom [public]
    cloud: CloudName, "CONTINUOUS_EXPORT_CLOUD";
    /// A TOML file with addresses that take the place of the cloud's own
    cloud_profile: PathBuf, "CONTINUOUS_EXPORT_CLOUD_PROFILE";
    /// Read the addresses from the metadata of this Resource Manager host
    cloud_metadata: String, "CONTINUOUS_EXPORT_CLOUD_METADATA";
    /// The tenant that is watched
    tenant_id: String, "CONTINUOUS_EXPORT_TENANT_ID";
    /// The client id of the app registration, or of a user-assigned managed identity
    client_id: String, "CONTINUOUS_EXPORT_CLIENT_ID";
    /// The client secret of the app registration (better in the environment than as a flag)
    #[arg(hide_env_values = true)]
    client_secret: SecretString, "CONTINUOUS_EXPORT_CLIENT_SECRET";
    /// A PEM file with the app registration's certificate and its private key
    client_certificate: PathBuf, "CONTINUOUS_EXPORT_CLIENT_CERTIFICATE";
    /// The file with the federated token of a workload identity
    token_file: PathBuf, "CONTINUOUS_EXPORT_TOKEN_FILE";
    /// The key that seals secrets: base64 of 32 bytes [made in the data folder]
    #[arg(hide_env_values = true)]
    key: SecretString, "CONTINUOUS_EXPORT_KEY";
    /// Delete the keys of all targets, when the key that sealed them is lost; they are entered again
    #[arg(num_args = 0, default_missing_value = "true")]
    forget_secrets: bool, "CONTINUOUS_EXPORT_FORGET_SECRETS";
    /// The folder with the site's files, instead of the embedded ones
    site: PathBuf, "CONTINUOUS_EXPORT_SITE";
}

/// A length of time, as [`time::read_length`] reads it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct Length(pub Duration);

impl std::str::FromStr for Length {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        let length = time::read_length(text).and_then(|length| Duration::try_from(length).ok());
        length.map(Self).ok_or_else(|| format!("`{text}` is no length of time such as 30s, 5m or 6h"))
    }
}

impl TryFrom<String> for Length {
    type Error = String;
    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

/// A setting that cannot be used, in one line.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file cannot be read.
    #[error("cannot read the settings in {path}")]
    Read {
        /// The file.
        path: PathBuf,
        /// Why not.
        #[source]
        source: std::io::Error,
    },
    /// The file is not what it should be.
    #[error("the settings in {path} are wrong: {message}")]
    Parse {
        /// The file.
        path: PathBuf,
        /// What and where.
        message: String,
    },
    /// A setting is refused.
    #[error("{0}")]
    Refused(String),
}

impl ServeFlags {
    /// Adds what the file says, and refuses what this release cannot do.
    pub fn resolve(self) -> Result<Self, ConfigError> {
        let mut settings = self;
        if let Some(path) = settings.config.clone() {
            let text =
                std::fs::read_to_string(&path).map_err(|source| ConfigError::Read { path: path.clone(), source })?;
            let file = read(&text).map_err(|message| ConfigError::Parse { path, message })?;
            settings = settings.or(file);
        }
        tenants::resolve(&mut settings, variable)?;
        if let Some(url) = &settings.database_url
            && !url.starts_with("sqlite:")
        {
            return Err(ConfigError::Refused(
                "--database-url: this release keeps its data in SQLite only; leave the flag out, or give sqlite:FOLDER"
                    .into(),
            ));
        }
        let addr = settings.addr();
        if !addr.ip().is_loopback() {
            return Err(ConfigError::Refused(format!(
                "--addr {addr}: without an identity provider the console listens on loopback only (127.0.0.1 or [::1]); this release has none yet"
            )));
        }
        let links = settings.allow_sign_in_links.unwrap_or_default();
        if let Some(url) = &settings.public_url {
            addresses::public(url, links).map_err(ConfigError::Refused)?;
        }
        let practised = settings.practice_url.iter().chain(settings.tenants.iter().flat_map(|one| &one.practice_url));
        for url in practised {
            addresses::practice(url).map_err(ConfigError::Refused)?;
        }
        Ok(settings)
    }

    /// Where to listen.
    pub fn addr(&self) -> SocketAddr {
        self.addr.unwrap_or_else(|| SocketAddr::from(([127, 0, 0, 1], 3000)))
    }

    /// The data folder.
    pub fn data(&self) -> PathBuf {
        let from_url = self.database_url.as_deref().and_then(|url| url.strip_prefix("sqlite:")).map(PathBuf::from);
        self.data.clone().or(from_url).unwrap_or_else(|| PathBuf::from(".data"))
    }

    /// Whether a practice Azure stands in for the real one.
    pub fn is_practice(&self) -> bool {
        self.practice.unwrap_or_default() || self.practice_url.is_some()
    }
}

/// Reads a settings file. What is wrong is told in one line, with key and position and without the line itself, which may
/// hold a secret.
fn read(text: &str) -> Result<ServeFlags, String> {
    let told = |error: &toml::de::Error, key: &str| {
        let before = error.span().and_then(|span| text.get(..span.start)).unwrap_or_default();
        let line = before.matches('\n').count() + 1;
        let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
        let mut message = without_value(&error.message().lines().collect::<Vec<_>>().join(" "));
        if message.starts_with("duplicate key") {
            message = format!("{message} `{}`", error.span().and_then(|span| text.get(span)).unwrap_or_default());
        }
        let key = if key.is_empty() || key == "." || message.contains(&format!("`{key}`")) {
            String::new()
        } else {
            format!("{key}: ")
        };
        format!("line {line}, column {column}: {key}{message}")
    };
    let document = toml::Deserializer::parse(text).map_err(|error| told(&error, ""))?;
    serde_path_to_error::deserialize(document).map_err(|error| {
        let key = error.path().to_string();
        told(error.inner(), &key)
    })
}

/// What serde says of a wrong value, without the value.
fn without_value(message: &str) -> String {
    let kind = ["invalid type: ", "invalid value: ", "invalid length "].iter().find(|kind| message.starts_with(**kind));
    match (kind, message.rsplit_once(", expected ")) {
        (Some(kind), Some((_, expected))) => format!("{}: expected {expected}", kind.trim_end_matches([':', ' '])),
        _ => message.to_owned(),
    }
}

#[expect(clippy::disallowed_methods, reason = "the one place that reads the environment")]
fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser;
    use domain::{CodeFormat, Preparation};

    fn serve(arguments: &[&str]) -> ServeFlags {
        let all = ["continuous-export", "serve"].iter().chain(arguments);
        match Cli::try_parse_from(all).unwrap().command {
            Command::Serve(flags) => *flags,
            _ => unreachable!(),
        }
    }

    #[test]
    fn flags_beat_the_file() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("c.toml");
        std::fs::write(&file, "poll-interval = \"5m\"\npractice-seed = 9\n").unwrap();
        let flags =
            serve(&["--practice", "--poll-interval", "2s", "--config", file.to_str().unwrap()]).resolve().unwrap();
        assert_eq!(flags.poll_interval, Some(Length(Duration::from_secs(2))));
        assert_eq!(flags.practice_seed, Some(9));
        assert!(flags.is_practice());
    }

    #[test]
    fn a_wrong_settings_file_says_file_key_and_position_in_one_line() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("c.toml");
        for (text, place, key) in [
            ("pol-interval = \"5m\"\n", "line 1, column 1", "pol-interval"),
            ("practice = true\npoll_interval = \"5m\"\n", "line 2, column 1", "poll_interval"),
            ("practice = true\npractice-seed = \"nine\"\n", "line 2, column 17", "practice-seed"),
            ("\npoll-interval = \"soon\"\n", "line 2, column 17", "poll-interval"),
            ("proxy = 7\n", "line 1, column 9", "proxy"),
            ("practice = true\npractice = true\n", "line 2, column 1", "practice"),
            ("client-secret = \"hunter2\n", "line 1, column", ""),
            ("practice-seed = \"hunter2\"\n", "line 1, column 17", "practice-seed"),
            ("practice = \"hunter2\"\n", "line 1, column 12", "expected a boolean"),
            ("[[tenants]]\ntenant = \"a\"\ntenant-id = \"b\"\n", "line 1", "tenants[0]: duplicate field `tenant-id`"),
            ("[[tenants]]\nclient-id = 7\n", "line 2, column 13", "tenants[0].client-id"),
        ] {
            std::fs::write(&file, text).unwrap();
            let error = serve(&["--config", file.to_str().unwrap()]).resolve().unwrap_err().to_string();
            assert!(!error.contains('\n') && !error.contains("hunter2"), "{error}");
            assert!(error.contains("c.toml") && error.contains(place) && error.contains(key), "{text:?}: {error}");
        }
    }

    #[test]
    fn a_template_is_of_an_export_or_for_something() {
        let template = |arguments: &[&str]| {
            let all = ["continuous-export", "template"].iter().chain(arguments);
            Cli::try_parse_from(all).map(|cli| match cli.command {
                Command::Template(flags) => flags,
                _ => unreachable!(),
            })
        };
        let flags = template(&["--export", "x.json", "--format", "AzCli"]).unwrap();
        assert_eq!((flags.export.as_deref(), flags.format), (Some("x.json"), Some(CodeFormat::AzureCli)));
        let flags = template(&["--for", "workspace-tables"]).unwrap();
        assert_eq!(flags.preparation, Some(Preparation::WorkspaceTables));
        for wrong in [
            &["--export", "x.json"][..],
            &["--format", "arm"],
            &[],
            &["--for", "console-identity", "--export", "x"],
            &["--export", "x", "--format", "yaml"],
        ] {
            assert!(template(wrong).is_err(), "{wrong:?}");
        }
    }

    #[test]
    fn what_this_release_cannot_do_is_refused_in_one_line() {
        for arguments in [
            ["--addr", "0.0.0.0:3000"],
            ["--database-url", "postgres://x/y"],
            ["--public-url", "https://export.example.com"],
            ["--public-url", "http://export.example.com"],
            ["--practice-url", "http://192.0.2.7:4000"],
        ] {
            let text = serve(&arguments).resolve().unwrap_err().to_string();
            assert!(!text.contains('\n') && text.contains(arguments[0]), "{text}");
        }
        assert!("0s".parse::<Length>().is_err() && "soon".parse::<Length>().is_err());
    }
}
