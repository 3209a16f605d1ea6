//! Lists: rows and where they go on.

use super::query::Limit;
use domain::{Cursor, Page};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// A piece of a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct List<T> {
    /// The rows.
    pub items: Vec<T>,
    /// The `cursor` that goes on after them; null at the end.
    pub next: Option<String>,
}

impl<T> List<T> {
    /// A page of the console, each row in the shape of the API.
    pub fn of<U>(page: Page<U>, shape: impl FnMut(U) -> T) -> Self {
        let next = page.next.as_ref().map(Cursor::to_string);
        List { items: page.items, next }.map(shape)
    }

    /// The same piece with each row in another shape.
    pub fn map<U>(self, shape: impl FnMut(T) -> U) -> List<U> {
        List { items: self.items.into_iter().map(shape).collect(), next: self.next }
    }
}

/// Which piece of a list is wanted.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields, default)]
#[into_params(parameter_in = Query)]
pub struct PageQuery {
    /// At most so many rows.
    #[param(value_type = Option<u16>, minimum = 1, maximum = 1000, default = 50)]
    pub limit: Limit,
    /// Where to go on: `next` of the answer before.
    pub cursor: Option<String>,
}
