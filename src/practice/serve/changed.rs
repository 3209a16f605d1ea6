//! Answers that somebody changed: what is read at a path is merged with the change (RFC 7396), or is not there.

use axum::{body::to_bytes, http::StatusCode, response::Response};
use futures::FutureExt;
use serde_json::{Map, Value};

use super::answers::{ok, problem};
use crate::changed::Changed;

/// The answer at a path, as it is to look.
pub(crate) fn apply(changed: &Changed, path: &[String], answer: Response) -> Response {
    let path = format!("/{}", path.join("/")).to_lowercase();
    let Some(change) = changed.at(&path) else { return answer };
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
