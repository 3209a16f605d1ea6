//! Answers of Resource Manager that somebody changed, so that a resource looks wrongly built: what is read at a path is merged
//! with the change (RFC 7396), or is not there. Nothing else of the world follows from it.

use axum::{body::to_bytes, http::StatusCode, response::Response};
use futures::FutureExt;
use serde::Deserialize;
use serde_json::{Map, Value};
use std::collections::BTreeMap;

use super::answers::{ok, problem};

/// A change of what is read at a path.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ChangeOrder {
    /// The path, without query.
    path: String,
    /// What is merged into the answer; null makes it a 404.
    change: Value,
}

/// The changes in force, by path in lower case.
#[derive(Debug, Default)]
pub(crate) struct Changed(BTreeMap<String, Value>);

impl Changed {
    /// From now on.
    pub(crate) fn add(&mut self, order: ChangeOrder) {
        self.0.insert(order.path.trim_end_matches('/').to_lowercase(), order.change);
    }

    /// As it was.
    pub(crate) fn clear(&mut self) {
        self.0.clear();
    }

    /// The answer at a path, as it is to look.
    pub(crate) fn apply(&self, path: &[String], answer: Response) -> Response {
        let path = format!("/{}", path.join("/")).to_lowercase();
        let Some(change) = self.0.get(&path) else { return answer };
        if change.is_null() {
            return problem(StatusCode::NOT_FOUND, "ResourceNotFound", "The resource was not found.");
        }
        // What was not there is made up, what cannot be read stays an error.
        let mut body = match answer.status() {
            StatusCode::NOT_FOUND => Value::Null,
            StatusCode::OK => {
                let whole = to_bytes(answer.into_body(), usize::MAX).now_or_never();
                let bytes = whole.and_then(Result::ok).unwrap_or_default();
                serde_json::from_slice(&bytes).unwrap_or_default()
            }
            _ => return answer,
        };
        merge(&mut body, change);
        ok(&body)
    }
}

fn merge(into: &mut Value, change: &Value) {
    let Value::Object(members) = change else {
        into.clone_from(change);
        return;
    };
    if !into.is_object() {
        *into = Value::Object(Map::new());
    }
    let Value::Object(object) = into else { return };
    for (name, value) in members {
        if value.is_null() {
            object.remove(name);
        } else {
            merge(object.entry(name.clone()).or_insert(Value::Null), value);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_change_is_merged_and_null_takes_away() {
        let mut body = json!({"a": {"b": 1, "c": 2}, "d": [1]});
        merge(&mut body, &json!({"a": {"b": null, "e": {"f": 3}}, "d": []}));
        assert_eq!(body, json!({"a": {"c": 2, "e": {"f": 3}}, "d": []}));
    }
}
