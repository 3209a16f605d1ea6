//! `GET stream`: server-sent nudges. They say that something has changed, never what: whoever listens asks again, with
//! their own rights.

use super::{caller::Caller, problem::Problem};
use crate::state::AppState;
use api::Nudge;
use axum::{
    extract::State,
    http::{HeaderMap, HeaderName},
    response::{
        IntoResponse, Sse,
        sse::{Event, KeepAlive},
    },
};
use futures::{StreamExt, stream};
use std::{convert::Infallible, time::Duration};
use tokio::{
    sync::{broadcast, watch},
    time::{Instant, sleep_until},
};
use tokio_util::sync::CancellationToken;

/// What may have changed.
const TOPICS: [&str; 4] = ["overview", "deliveries", "targets", "jobs"];
/// At most one round of nudges in this time.
const PACE: Duration = Duration::from_millis(300);
/// A sign of life, so that proxies keep the connection.
const ALIVE: Duration = Duration::from_secs(15);

/// Decides when the next round is due, and when there is none any more.
struct Rounds {
    changes: watch::Receiver<u64>,
    ended: broadcast::Receiver<String>,
    shutdown: CancellationToken,
    person: String,
    not_before: Instant,
}

impl Rounds {
    /// Begins with a round at once, unless the listener has seen the latest.
    fn begin(state: &AppState, mut changes: watch::Receiver<u64>, person: String, seen: Option<u64>) -> Self {
        begin_unless_seen(&mut changes, seen);
        Self {
            changes,
            ended: state.sessions_ended.subscribe(),
            shutdown: state.shutdown.clone(),
            person,
            not_before: Instant::now(),
        }
    }

    /// The counter of the next round; `None` at shutdown, and when the person's session ended.
    async fn next(&mut self) -> Option<u64> {
        loop {
            tokio::select! {
                biased;
                () = self.shutdown.cancelled() => return None,
                ended = self.ended.recv() => match ended {
                    Ok(person) if person != self.person => {}
                    // One's own, or some were missed: a browser that still may begins a new stream.
                    Ok(_) | Err(_) => return None,
                },
                latest = changed(&mut self.changes, self.not_before) => {
                    self.not_before = Instant::now() + PACE;
                    return latest;
                }
            }
        }
    }
}

fn begin_unless_seen(changes: &mut watch::Receiver<u64>, seen: Option<u64>) {
    let latest = *changes.borrow_and_update();
    if seen != Some(latest) {
        changes.mark_changed();
    }
}

async fn changed(changes: &mut watch::Receiver<u64>, not_before: Instant) -> Option<u64> {
    sleep_until(not_before).await;
    changes.changed().await.ok()?;
    Some(*changes.borrow_and_update())
}

/// One round: every topic. Only the last event carries the id, so that a round that broke off is told again.
fn events(latest: u64) -> Vec<Result<Event, Infallible>> {
    let last = TOPICS.len() - 1;
    TOPICS
        .iter()
        .enumerate()
        .map(|(at, topic)| {
            let data = format!("{{\"topic\":\"{topic}\",\"latest\":{latest}}}");
            let event = Event::default().data(data);
            Ok(if at == last { event.id(latest.to_string()) } else { event })
        })
        .collect()
}

/// Nudges
///
/// Server-sent events `{topic, latest}` whenever something has changed, at most one round in 300 ms, the first at once.
/// After a break, `Last-Event-ID` spares the first round if nothing has changed. Ends when the session does.
#[utoipa::path(get, path = "/api/v1/stream", tag = "overview",
    params(("last-event-id" = Option<u64>, Header, description = "The last id received")),
    responses((status = 200, content_type = "text/event-stream", body = Nudge)))]
pub(super) async fn stream(
    State(state): State<AppState>,
    caller: Caller,
    headers: HeaderMap,
) -> Result<impl IntoResponse, Problem> {
    let seen = headers.get("last-event-id").and_then(|id| id.to_str().ok()?.parse().ok());
    let rounds = Rounds::begin(&state, caller.console.changes(), caller.actor.id, seen);
    let nudges = stream::unfold(rounds, |mut rounds| async { rounds.next().await.map(|latest| (latest, rounds)) })
        .flat_map(|latest| stream::iter(events(latest)));
    let unbuffered = [(HeaderName::from_static("x-accel-buffering"), "no")];
    Ok((unbuffered, Sse::new(nudges).keep_alive(KeepAlive::new().interval(ALIVE))))
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::time::timeout;

    struct Around {
        changes: watch::Sender<u64>,
        ended: broadcast::Sender<String>,
        shutdown: CancellationToken,
    }

    fn listening(seen: Option<u64>) -> (Around, Rounds) {
        let around =
            Around { changes: watch::channel(7).0, ended: broadcast::channel(4).0, shutdown: CancellationToken::new() };
        let mut changes = around.changes.subscribe();
        begin_unless_seen(&mut changes, seen);
        let (ended, shutdown) = (around.ended.subscribe(), around.shutdown.clone());
        (around, Rounds { changes, ended, shutdown, person: "anna".to_owned(), not_before: Instant::now() })
    }

    /// The next round, or `Err` when there is none for a while.
    async fn soon(rounds: &mut Rounds) -> Result<Option<u64>, ()> {
        timeout(Duration::from_millis(50), rounds.next()).await.map_err(|_| ())
    }

    #[tokio::test]
    async fn the_first_round_comes_at_once_unless_it_was_seen() {
        for seen in [None, Some(6)] {
            let (_around, mut rounds) = listening(seen);
            assert_eq!(soon(&mut rounds).await, Ok(Some(7)));
        }
        let (around, mut rounds) = listening(Some(7));
        assert_eq!(soon(&mut rounds).await, Err(()));
        around.changes.send_replace(8);
        assert_eq!(soon(&mut rounds).await, Ok(Some(8)));
    }

    #[tokio::test]
    async fn many_changes_are_one_round() {
        let (around, mut rounds) = listening(None);
        assert_eq!(soon(&mut rounds).await, Ok(Some(7)));
        let begun = Instant::now();
        for count in 8..20 {
            around.changes.send_replace(count);
        }
        assert_eq!(rounds.next().await, Some(19));
        assert!(begun.elapsed() >= Duration::from_millis(250));
        assert_eq!(soon(&mut rounds).await, Err(()));
    }

    #[tokio::test]
    async fn it_ends_at_shutdown_and_when_the_session_ends() {
        let (around, mut rounds) = listening(Some(7));
        around.ended.send("bert".to_owned()).unwrap();
        assert_eq!(soon(&mut rounds).await, Err(()));
        around.ended.send("anna".to_owned()).unwrap();
        assert_eq!(soon(&mut rounds).await, Ok(None));
        let (around, mut rounds) = listening(None);
        around.shutdown.cancel();
        assert_eq!(soon(&mut rounds).await, Ok(None));
    }
}
