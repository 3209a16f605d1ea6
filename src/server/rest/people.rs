//! `GET people`: who may sign in.

use super::{
    asked::Asked,
    caller::Caller,
    list::{List, Order, PageQuery},
    problem::Problem,
    words::RoleWord,
};
use axum::Json;
use domain::Role;
use serde::Serialize;
use utoipa::ToSchema;

/// Somebody who may sign in.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Person)]
pub struct PersonAnswer {
    /// The name shown.
    name: String,
    /// What they may do.
    #[schema(value_type = RoleWord)]
    role: Role,
}

/// People
///
/// Who may sign in, by name.
#[utoipa::path(get, path = "/api/v1/people", tag = "people", params(PageQuery),
    responses((status = 200, body = List<PersonAnswer>)))]
pub(super) async fn list_people(
    caller: Caller,
    Asked(page): Asked<PageQuery>,
) -> Result<Json<List<PersonAnswer>>, Problem> {
    let people = caller.console.facts(&caller.actor).await?.people;
    let items = people.into_iter().map(|(name, role)| PersonAnswer { name, role }).collect();
    List::cut(items, Order::ByName, &page, |person| person.name.clone()).map(Json)
}
