//! What can keep the practice Azure from starting.

use std::path::PathBuf;

/// Why the practice Azure did not start.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PracticeError {
    /// The address is taken or not ours.
    #[error("the practice Azure cannot listen on {addr}")]
    Listen {
        /// Where it was to listen.
        addr: std::net::SocketAddr,
        /// Why not.
        #[source]
        source: std::io::Error,
    },
    /// Its controls need no sign-in: it listens on this machine only.
    #[error("the practice Azure cannot listen on {addr}: it listens on loopback only (127.0.0.1 or [::1])")]
    NotLoopback {
        /// Where it was to listen.
        addr: std::net::SocketAddr,
    },
    /// A file or folder of the practice data cannot be read or written.
    #[error("the practice data file `{}` cannot be used", path.display())]
    Data {
        /// The file or folder.
        path: PathBuf,
        /// Why not.
        #[source]
        source: std::io::Error,
    },
    /// A line of the journal or of the received messages is not what was written there.
    #[error("the practice data file `{}` is damaged in line {line}", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// Line, from 1.
        line: usize,
        /// What is wrong with it.
        #[source]
        source: serde_json::Error,
    },
    /// The data folder belongs to another world.
    #[error("the practice data in `{}` was made with seed {found}, not {asked}: use that seed or another folder", path.display())]
    Seed {
        /// The data folder.
        path: PathBuf,
        /// The seed of the folder.
        found: u64,
        /// The seed that was asked for.
        asked: u64,
    },
    /// The folder or a file to import cannot be read from disk.
    #[error("`{}` cannot be read for import", path.display())]
    ReadImport {
        /// The file or folder.
        path: PathBuf,
        /// Why not.
        #[source]
        source: std::io::Error,
    },
    /// A file to import is not JSON.
    #[error("`{}` is not JSON at line {line}, column {column}", path.display())]
    ParseImport {
        /// The file.
        path: PathBuf,
        /// Line, from 1.
        line: usize,
        /// Column, from 1.
        column: usize,
        /// What is wrong there.
        #[source]
        source: serde_json::Error,
    },
    /// A file to import is JSON, but no list answer.
    #[error("`{}` at line 1, column 1: {reason}", path.display())]
    ShapeImport {
        /// The file.
        path: PathBuf,
        /// What it should be.
        reason: String,
    },
}
