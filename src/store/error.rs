//! What can go wrong with the store, by what was attempted.

use std::path::PathBuf;

/// A failure of the store; the message says what was attempted, the source why it failed.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The folder or file could not be opened.
    #[error("cannot open the store in {folder}")]
    Open {
        /// Where it should be.
        folder: PathBuf,
        /// Why not.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// Another process works with it.
    #[error("{folder} is in use by another process; stop it first, or let this command work through it")]
    InUse {
        /// The data folder.
        folder: PathBuf,
    },
    /// It belongs to another cloud or tenant.
    #[error("this store belongs to {found}, not to {wanted}; give another --data folder")]
    OtherStamp {
        /// What it is stamped with.
        found: String,
        /// What was asked for.
        wanted: String,
    },
    /// It was written by a newer release.
    #[error("this store has schema {found}, this release knows up to {known}; use the newer release")]
    Newer {
        /// The store's schema.
        found: i64,
        /// The newest this release knows.
        known: i64,
    },
    /// The schema could not be brought up to date.
    #[error("cannot migrate the store")]
    Migrate(#[source] sqlx::migrate::MigrateError),
    /// A statement failed.
    #[error("cannot {doing}")]
    Sql {
        /// What was attempted.
        doing: &'static str,
        /// Why it failed.
        #[source]
        source: sqlx::Error,
    },
    /// A stored value is not what was written.
    #[error("the store holds a broken {what}: {detail}")]
    Corrupt {
        /// Which value.
        what: &'static str,
        /// What is wrong with it.
        detail: String,
    },
    /// A lease was lost to another holder: nothing was written.
    #[error("the lease on {0} was lost; another holder goes on")]
    LeaseLost(String),
    /// A secret could not be opened with the key at hand.
    #[error(
        "a secret of {0} cannot be opened with the key at hand; is CONTINUOUS_EXPORT_KEY or the key file the right one?"
    )]
    Sealed(String),
    /// Secrets are there, and no key.
    #[error(
        "the store holds secrets, and the key that sealed them is missing: set CONTINUOUS_EXPORT_KEY, put {file} back, or start with --forget-secrets and enter them again"
    )]
    NoKey {
        /// Where a key of the store's own would be.
        file: PathBuf,
    },
    /// Secrets are there, and the key opens none of them.
    #[error(
        "the key at hand opens none of the store's secrets: set CONTINUOUS_EXPORT_KEY to the key that sealed them, or start with --forget-secrets and enter them again"
    )]
    OtherKey,
    /// No row of that id.
    #[error("there is no {what} {id}")]
    Absent {
        /// What was looked for.
        what: &'static str,
        /// Its id.
        id: String,
    },
}

impl StoreError {
    pub(super) fn corrupt(what: &'static str, detail: impl std::fmt::Display) -> Self {
        Self::Corrupt { what, detail: detail.to_string() }
    }

    /// Whether the disk has no room left.
    pub fn is_disk_full(&self) -> bool {
        // SQLite: SQLITE_FULL is 13.
        matches!(self, Self::Sql { source: sqlx::Error::Database(error), .. } if error.code().as_deref() == Some("13"))
    }
}

/// Names what a statement was for when it fails.
pub(super) trait Doing<T> {
    fn doing(self, doing: &'static str) -> Result<T, StoreError>;
}

impl<T> Doing<T> for Result<T, sqlx::Error> {
    fn doing(self, doing: &'static str) -> Result<T, StoreError> {
        self.map_err(|source| StoreError::Sql { doing, source })
    }
}
