//! Short lists, which the console answers whole, are cut here with the same manners as the long ones.

use super::problem::Problem;
use api::{List, PageQuery};

/// How the keys of a short list are ordered.
#[derive(Debug, Clone, Copy)]
pub(super) enum Order {
    /// Keys rise with time; the highest comes first.
    NewestFirst,
    /// Keys are names; the lowest comes first.
    ByName,
}

/// Cuts a whole list. Every row has a key of its own that stays while others come and go.
pub(super) fn cut<T, K: Into<String>>(
    mut items: Vec<T>,
    order: Order,
    asked: &PageQuery,
    key: impl Fn(&T) -> K,
) -> Result<List<T>, Problem> {
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
    Ok(List { items, next })
}

#[cfg(test)]
mod tests {
    use super::*;
    use api::Limit;

    fn piece(order: Order, limit: usize, cursor: Option<&str>) -> (Vec<&'static str>, Option<String>) {
        let asked = PageQuery { limit: Limit(limit), cursor: cursor.map(str::to_owned) };
        let list = cut(vec!["b", "d", "a", "c"], order, &asked, |item| *item).unwrap();
        (list.items, list.next)
    }

    #[test]
    fn a_short_list_is_cut_and_goes_on() {
        assert_eq!(piece(Order::NewestFirst, 3, None), (vec!["d", "c", "b"], Some("kb".to_owned())));
        assert_eq!(piece(Order::NewestFirst, 3, Some("kb")), (vec!["a"], None));
        assert_eq!(piece(Order::ByName, 2, Some("kb")), (vec!["c", "d"], None));
        assert_eq!(piece(Order::ByName, 4, None).1, None);
        let asked = PageQuery { cursor: Some("b12".to_owned()), ..PageQuery::default() };
        assert_eq!(cut(vec!["a"], Order::ByName, &asked, |item| *item).unwrap_err().0.errors[0].path, "cursor");
    }
}
