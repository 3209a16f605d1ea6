//! The client of the console that runs on a data folder, and the actor it is there.

use crate::Failure;
use console::Actor;
use domain::Role;
use std::path::{Path, PathBuf};
use store::Visible;
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader},
    net::UnixStream,
};

/// Where the console listens.
pub(super) fn socket(data: &Path) -> PathBuf {
    data.join("control.sock")
}

/// Whoever may open the socket has the data folder.
pub(super) fn local() -> Actor {
    Actor {
        id: "local".to_owned(),
        name: "Local administrator".to_owned(),
        role: Role::Administrator,
        visible: Visible::Everything,
    }
}

/// Sends one command to the running console.
pub async fn ask(data: &Path, command: &str) -> Result<String, Failure> {
    let mut stream = UnixStream::connect(socket(data))
        .await
        .map_err(|_| format!("no console runs on {}; start it first with `continuous-export serve`", data.display()))?;
    stream.write_all(format!("{command}\n").as_bytes()).await?;
    let mut line = String::new();
    BufReader::new(stream).read_line(&mut line).await?;
    match line.trim().split_once(' ') {
        Some(("ok", answer)) => Ok(answer.to_owned()),
        Some((_, why)) => Err(why.to_owned().into()),
        None => Err("the console did not answer".into()),
    }
}
