//! Reading query parameters into types. A parameter nobody knows is refused: a filter with a slip of the pen would answer
//! everything.

use super::{body, problem::Problem};
use axum::{
    extract::{FromRequestParts, Query},
    http::{StatusCode, request::Parts},
};
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

/// The query parameters of a request. Empty ones count as absent, repeated ones as one list with commas.
pub(super) struct Asked<T>(pub(super) T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequestParts<S> for Asked<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let Query(pairs) = Query::<Vec<(String, String)>>::try_from_uri(&parts.uri)
            .map_err(|error| Problem::new(StatusCode::BAD_REQUEST, "Malformed query", error.body_text()))?;
        read(pairs).map(Self)
    }
}

fn read<T: DeserializeOwned>(pairs: Vec<(String, String)>) -> Result<T, Problem> {
    let mut map: Map<String, Value> = Map::new();
    for (name, value) in pairs.into_iter().filter(|(_, value)| !value.is_empty()) {
        let joined = match map.get(&name) {
            Some(Value::String(before)) => format!("{before},{value}"),
            _ => value,
        };
        map.insert(name, Value::String(joined));
    }
    body::read(Value::Object(map).to_string().as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;
    use api::{DeliveriesQuery, Limit};
    use domain::{Outcome, Severity};

    fn asked(text: &str) -> Result<DeliveriesQuery, Problem> {
        let uri = format!("/api/v1/deliveries?{text}").parse().unwrap();
        read(Query::<Vec<(String, String)>>::try_from_uri(&uri).unwrap().0)
    }

    fn path(text: &str) -> String {
        let problem = asked(text).err().unwrap();
        assert_eq!(problem.0.status, 422);
        problem.0.errors[0].path.clone()
    }

    #[test]
    fn filters_are_read_in_any_letter_case() {
        let query = asked("outcome=Parked,PENDING&outcome=filtered&severity=HIGH&limit=1000&kind=").unwrap();
        assert_eq!(query.outcome, [Outcome::Parked, Outcome::Pending, Outcome::Filtered]);
        assert_eq!((query.severity, query.kind, query.limit), (Some(Severity::High), None, Limit(1000)));
        assert_eq!(asked("").unwrap().limit, Limit(50));
    }

    #[test]
    fn what_is_wrong_is_named() {
        for limit in ["0", "1001", "-1", "ten", "1.5"] {
            assert_eq!(path(&format!("limit={limit}")), "limit");
        }
        assert_eq!(path("sevrity=high"), "sevrity");
        assert_eq!(path("severity=high,low"), "severity");
        assert_eq!(path("outcome=lost"), "outcome");
        assert_eq!(path("export=1"), "export");
        assert_eq!(path("since=yesterday"), "since");
        assert_eq!(path("cursor=x"), "cursor");
    }
}
