//! Signing in on loopback: a one-time link that whoever has the data folder can make.

use super::{share::Address, state::AppState};
use axum::{
    extract::{Path, State},
    http::{HeaderValue, StatusCode, header::REFERRER_POLICY},
    response::{IntoResponse, Redirect, Response},
};
use tower_sessions::Session;

/// Where the session keeps who it is.
pub(super) const PERSON: &str = "person";

/// `GET /sign-in/{token}`: uses the link up; the token is gone from the address afterwards.
pub(super) async fn use_link(
    State(state): State<AppState>,
    session: Session,
    Path(token): Path<String>,
    Address(from): Address,
) -> Response {
    let signed_in = match state.console.sign_in(&token, &from).await {
        Ok(Some(actor)) => start(&session, &actor.id).await,
        Ok(None) => return to("/sign-in?link=used"),
        Err(error) => Err(domain::text::chain(&error)),
    };
    match signed_in {
        Ok(()) => to("/"),
        Err(error) => {
            tracing::error!("signing in failed: {error}");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}

/// `HEAD /sign-in/{token}`: previews and scanners look before they follow; the link stays good.
pub(super) async fn look_at_link() -> StatusCode {
    StatusCode::NO_CONTENT
}

async fn start(session: &Session, person: &str) -> Result<(), String> {
    // A new id: whoever knew the old one does not become this person.
    session.cycle_id().await.map_err(|error| error.to_string())?;
    session.insert(PERSON, person).await.map_err(|error| error.to_string())
}

/// `POST /sign-out`: ends the session and every live stream of the person.
pub(super) async fn sign_out(State(state): State<AppState>, session: Session) -> Response {
    if let Ok(Some(person)) = session.get::<String>(PERSON).await {
        // Nobody may be listening.
        let _ = state.sessions_ended.send(person);
    }
    if let Err(error) = session.flush().await {
        tracing::error!("a session could not be ended: {error}");
    }
    to("/sign-in?signed=out")
}

fn to(path: &str) -> Response {
    let mut response = Redirect::to(path).into_response();
    response.headers_mut().insert(REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    response
}
