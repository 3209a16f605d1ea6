//! Health: every check that needs no item.

use super::{caller::Caller, problem::Problem};
use api::{HealthAnswer, HealthChangeAnswer, HealthChanges};
use axum::Json;

/// Health checks
///
/// Identity, certificate, cloud, clock, permissions, sources, targets, coverage and the store's books, the most harmful first.
#[utoipa::path(get, path = "/api/v1/health", tag = "overview", responses((status = 200, body = HealthAnswer)))]
pub(super) async fn get_health(caller: Caller) -> Result<Json<HealthAnswer>, Problem> {
    let items = caller.console.health(&caller.actor).await?.into_iter().map(Into::into).collect();
    Ok(Json(HealthAnswer { items }))
}

/// Changes of health
///
/// The checks run every 15 minutes; what breaks, gets worse or passes again is noted. The newest 50.
#[utoipa::path(get, path = "/api/v1/health/changes", tag = "overview", responses((status = 200, body = HealthChanges)))]
pub(super) async fn get_health_changes(caller: Caller) -> Result<Json<HealthChanges>, Problem> {
    let items = caller.console.health_changes(&caller.actor).await?.into_iter().map(|one| HealthChangeAnswer {
        at: one.at,
        check: one.check.to_string(),
        subject: one.subject,
        was: one.was.as_str(),
        now: one.now.as_str(),
        said: one.said,
    });
    Ok(Json(HealthChanges { items: items.collect() }))
}
