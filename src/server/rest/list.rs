//! Lists: rows and where they go on. Short lists, which the console answers whole, are cut here with the same manners.

use super::{asked::Limit, problem::Problem};
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
        Self { items: page.items.into_iter().map(shape).collect(), next: page.next.as_ref().map(Cursor::to_string) }
    }

    /// Cuts a whole list. Every row has a key of its own that stays while others come and go.
    pub(super) fn cut<K: Ord + Into<String>>(
        mut items: Vec<T>,
        order: Order,
        asked: &PageQuery,
        key: impl Fn(&T) -> K,
    ) -> Result<Self, Problem> {
        let key = |item: &T| -> String { key(item).into() };
        let compare = |one: &str, other: &str| match order {
            Order::NewestFirst => other.cmp(one),
            Order::ByName => one.cmp(other),
        };
        items.sort_by(|one, other| compare(&key(one), &key(other)));
        if let Some(cursor) = &asked.cursor {
            let Some(last) = cursor.strip_prefix('k') else {
                return Err(Problem::field("cursor", format!("`{cursor}` is not a cursor")));
            };
            items.retain(|item| compare(&key(item), last).is_gt());
        }
        let more = items.len() > asked.limit.0;
        items.truncate(asked.limit.0);
        let next = items.last().filter(|_| more).map(|item| format!("k{}", key(item)));
        Ok(Self { items, next })
    }
}

/// How the keys of a short list are ordered.
#[derive(Debug, Clone, Copy)]
pub(super) enum Order {
    /// Keys rise with time; the highest comes first.
    NewestFirst,
    /// Keys are names; the lowest comes first.
    ByName,
}

/// Which piece of a list is wanted.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields, default)]
#[into_params(parameter_in = Query)]
pub(super) struct PageQuery {
    /// At most so many rows.
    #[param(value_type = Option<u16>, minimum = 1, maximum = 1000, default = 50)]
    pub(super) limit: Limit,
    /// Where to go on: `next` of the answer before.
    pub(super) cursor: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cut(order: Order, limit: usize, cursor: Option<&str>) -> (Vec<&'static str>, Option<String>) {
        let asked = PageQuery { limit: Limit(limit), cursor: cursor.map(str::to_owned) };
        let list = List::cut(vec!["b", "d", "a", "c"], order, &asked, |item| *item).unwrap();
        (list.items, list.next)
    }

    #[test]
    fn a_short_list_is_cut_and_goes_on() {
        assert_eq!(cut(Order::NewestFirst, 3, None), (vec!["d", "c", "b"], Some("kb".to_owned())));
        assert_eq!(cut(Order::NewestFirst, 3, Some("kb")), (vec!["a"], None));
        assert_eq!(cut(Order::ByName, 2, Some("kb")), (vec!["c", "d"], None));
        assert_eq!(cut(Order::ByName, 4, None).1, None);
        let asked = PageQuery { cursor: Some("b12".to_owned()), ..PageQuery::default() };
        assert_eq!(List::cut(vec!["a"], Order::ByName, &asked, |item| *item).unwrap_err().errors[0].path, "cursor");
    }
}
