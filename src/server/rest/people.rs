//! `GET people`: who may sign in.

use super::{
    asked::Asked,
    caller::Caller,
    list::{Order, cut},
    problem::Problem,
};
use api::{List, PageQuery, PersonAnswer};
use axum::Json;

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
    cut(items, Order::ByName, &page, |person| person.name.clone()).map(Json)
}
