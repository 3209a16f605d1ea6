//! `DIR/control.sock`: the running console answers whoever may open this socket (mode 0600) as the local administrator.
//! One line is the request, one line the response: `ok …` or `no …`; `socket` is the client.

use super::socket::socket;
use console::Console;
use std::{os::unix::fs::PermissionsExt, path::Path, time::Duration};
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
    net::{UnixListener, UnixStream},
};
use tokio_util::sync::CancellationToken;

/// Who connects asks within this time.
const ASKED_WITHIN: Duration = Duration::from_secs(10);
/// And is answered within this one.
const ANSWERED_WITHIN: Duration = Duration::from_mins(2);
/// The longest line that is read, in bytes: a preview carries a whole export.
const LONGEST_LINE: u64 = 4 * 1024 * 1024;

/// Listens until cancelled.
pub fn listen(data: &Path, console: Console, origin: String, cancel: CancellationToken) -> Result<(), std::io::Error> {
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
                    // One that is slow, or says nothing, holds up no other.
                    tokio::spawn(serve(stream, console.clone(), origin.clone(), cancel.clone()));
                }
            }
        }
        let _ = std::fs::remove_file(path);
    });
    Ok(())
}

async fn serve(mut stream: UnixStream, console: Console, origin: String, cancel: CancellationToken) {
    let asked = tokio::time::timeout(ASKED_WITHIN, read(&mut stream)).await;
    let answered = match asked {
        Err(_) => Err(std::io::ErrorKind::TimedOut.into()),
        Ok(Err(error)) => Err(error),
        Ok(Ok(line)) => tokio::select! {
            () = cancel.cancelled() => return,
            answer = tokio::time::timeout(ANSWERED_WITHIN, answer(&line, &console, &origin)) => {
                let answer = answer.unwrap_or_else(|_| "no it took too long\n".to_owned());
                stream.write_all(answer.as_bytes()).await
            }
        },
    };
    if let Err(error) = answered {
        tracing::warn!("a command on the control socket was not answered: {error}");
    }
}

/// The line that asks.
async fn read(stream: &mut UnixStream) -> Result<String, std::io::Error> {
    let mut line = String::new();
    BufReader::new(stream.take(LONGEST_LINE)).read_line(&mut line).await?;
    if !line.ends_with('\n') {
        return Err(std::io::Error::new(std::io::ErrorKind::InvalidData, "no whole line was sent"));
    }
    Ok(line)
}

async fn answer(line: &str, console: &Console, origin: &str) -> String {
    match line.trim() {
        "sign-in" => match console.make_sign_in_token().await {
            Ok(token) => format!("ok {origin}/sign-in/{token}\n"),
            Err(error) => format!("no {}\n", domain::text::chain(&error)),
        },
        "health" => said(super::health::answer(console).await),
        "coverage" => said(super::coverage::answer(console).await),
        line => match line.split_once(' ') {
            Some(("template", of)) => said(super::template::answer(console, of).await),
            Some(("diagnose", of)) => said(super::diagnose::answer(console, of).await),
            Some(("preview", of)) => said(super::preview::answer(console, of).await),
            _ => format!("no `{}` is not known here\n", line.chars().take(80).collect::<String>()),
        },
    }
}

fn said(answer: Result<String, String>) -> String {
    match answer {
        Ok(answer) => format!("ok {answer}\n"),
        Err(why) => format!("no {}\n", why.replace('\n', " ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A line of the socket's own kind, without a console behind it.
    async fn lines(folder: &Path) -> (UnixListener, UnixStream) {
        let listener = UnixListener::bind(socket(folder)).unwrap();
        let stream = UnixStream::connect(socket(folder)).await.unwrap();
        (listener, stream)
    }

    #[tokio::test]
    async fn only_a_whole_line_of_a_bounded_length_is_read() {
        let folder = tempfile::tempdir().unwrap();
        let (listener, mut asks) = lines(folder.path()).await;
        let (mut serves, _) = listener.accept().await.unwrap();
        asks.write_all(b"sign-in\n").await.unwrap();
        assert_eq!(read(&mut serves).await.unwrap(), "sign-in\n");

        let mut endless = UnixStream::connect(socket(folder.path())).await.unwrap();
        let (mut serves, _) = listener.accept().await.unwrap();
        let writing = tokio::spawn(async move {
            let block = vec![b'x'; 1024 * 1024];
            while endless.write_all(&block).await.is_ok() {}
        });
        assert!(read(&mut serves).await.is_err(), "a line without an end");
        drop(serves);
        writing.await.unwrap();
    }
}
