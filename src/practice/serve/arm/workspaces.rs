//! `Microsoft.OperationalInsights`: workspaces and their tables.

use axum::response::Response;

use super::super::answers::ok;
use super::super::request::Asked;
use super::{list, no_route, one};
use crate::world::World;
use crate::world::workspaces::Workspace;

pub(super) fn answer(world: &World, asked: &Asked, own: impl Fn(&Workspace) -> bool, path: &[&str]) -> Response {
    let mut found = world.workspaces.iter().filter(|found| own(found));
    match path {
        [] => list(asked, found.map(Workspace::item).collect(), 100),
        [name, rest @ ..] => {
            let Some(workspace) = found.find(|found| found.name.eq_ignore_ascii_case(name)) else {
                return one(asked, None);
            };
            let tables =
                || workspace.tables.iter().map(|(name, columns)| (name.as_str(), workspace.table_item(name, columns)));
            match rest {
                [] => ok(&workspace.item()),
                ["tables"] => list(asked, tables().map(|(_, item)| item).collect(), 1000),
                ["tables", table] => {
                    one(asked, tables().find(|(name, _)| name.eq_ignore_ascii_case(table)).map(|(_, item)| item))
                }
                _ => no_route(asked),
            }
        }
    }
}
