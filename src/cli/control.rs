//! `DIR/control.sock`: the running console answers whoever may open this socket (mode 0600) as the local administrator.
//! One line asks, one line answers: `ok …` or `no …`.

use crate::{
    console::{Actor, Console},
    domain::Role,
    store::Visible,
};
use std::{
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
};
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader},
    net::{UnixListener, UnixStream},
};
use tokio_util::sync::CancellationToken;

fn socket(data: &Path) -> PathBuf {
    data.join("control.sock")
}

/// Listens until cancelled.
pub(super) fn listen(
    data: &Path,
    console: Console,
    origin: String,
    cancel: CancellationToken,
) -> Result<(), std::io::Error> {
    let path = socket(data);
    // The store's lock is held: a socket that is there belongs to nobody any more.
    if path.exists() {
        std::fs::remove_file(&path)?;
    }
    let listener = UnixListener::bind(&path)?;
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600))?;
    tokio::spawn(async move {
        loop {
            tokio::select! {
                () = cancel.cancelled() => break,
                accepted = listener.accept() => {
                    let Ok((stream, _)) = accepted else { continue };
                    if let Err(error) = answer(stream, &console, &origin).await {
                        tracing::warn!("a command on the control socket was not answered: {error}");
                    }
                }
            }
        }
        let _ = std::fs::remove_file(path);
    });
    Ok(())
}

async fn answer(mut stream: UnixStream, console: &Console, origin: &str) -> Result<(), std::io::Error> {
    let mut line = String::new();
    BufReader::new(&mut stream).read_line(&mut line).await?;
    let answer = match line.trim() {
        "sign-in" => match console.make_sign_in_token().await {
            Ok(token) => format!("ok {origin}/sign-in/{token}\n"),
            Err(error) => format!("no {}\n", crate::observe::chain(&error)),
        },
        "health" => said(super::health::answer(console).await),
        "coverage" => said(super::coverage::answer(console).await),
        line => match line.split_once(' ') {
            Some(("template", of)) => said(super::template::answer(console, of).await),
            Some(("diagnose", of)) => said(super::diagnose::answer(console, of).await),
            Some(("preview", of)) => said(super::preview::answer(console, of).await),
            _ => format!("no `{line}` is not known here\n"),
        },
    };
    stream.write_all(answer.as_bytes()).await
}

fn said(answer: Result<String, String>) -> String {
    match answer {
        Ok(answer) => format!("ok {answer}\n"),
        Err(why) => format!("no {}\n", why.replace('\n', " ")),
    }
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

/// Asks the running console.
pub(super) async fn ask(data: &Path, command: &str) -> Result<String, super::Failure> {
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
