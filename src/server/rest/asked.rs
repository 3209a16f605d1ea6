//! Reading query parameters into types. A parameter nobody knows is refused: a filter with a slip of the pen would answer
//! everything.

use super::{body, problem::Problem};
use axum::{
    extract::{FromRequestParts, Query},
    http::{StatusCode, request::Parts},
};
use domain::time;
use jiff::{SignedDuration, Timestamp};
use serde::{
    Deserialize, Deserializer,
    de::{DeserializeOwned, Error},
};
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

/// The most rows of one answer, and how many there are unless asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Limit(pub(super) usize);

impl Default for Limit {
    fn default() -> Self {
        Self(50)
    }
}

impl<'de> Deserialize<'de> for Limit {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let limit = text.parse().ok().filter(|limit| (1..=1000).contains(limit));
        limit.map(Self).ok_or_else(|| D::Error::custom(format!("`{text}` is not a number from 1 to 1000")))
    }
}

/// `true` or `false`, as a query says it.
pub(super) fn flag<'de, D: Deserializer<'de>>(deserializer: D) -> Result<bool, D::Error> {
    let text = String::deserialize(deserializer)?;
    text.parse().map_err(|_| D::Error::custom(format!("`{text}` is neither true nor false")))
}

/// A moment: a time, or how long ago.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Moment {
    /// That time.
    At(Timestamp),
    /// So long before now.
    Ago(SignedDuration),
}

impl Moment {
    /// The moment as a time.
    pub(super) fn at(self, now: Timestamp) -> Timestamp {
        match self {
            Self::At(at) => at,
            Self::Ago(length) => now.checked_sub(length).unwrap_or(Timestamp::UNIX_EPOCH).max(Timestamp::UNIX_EPOCH),
        }
    }

    fn parse(text: &str) -> Option<Self> {
        // A plus that was not encoded arrives as a blank.
        if let Some(at) = time::parse(text).or_else(|| time::parse(&text.trim().replace(' ', "+"))) {
            return Some(Self::At(at));
        }
        time::read_length(text).map(Self::Ago)
    }
}

impl<'de> Deserialize<'de> for Moment {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).ok_or_else(|| {
            D::Error::custom(format!(
                "`{text}` is neither a time such as 2026-11-22T10:00:00Z nor a length such as 24h (s, m, h, d, w)"
            ))
        })
    }
}

/// Reads words with commas between them.
pub(super) fn words<'de, D, T>(deserializer: D) -> Result<Vec<T>, D::Error>
where
    D: Deserializer<'de>,
    T: std::str::FromStr<Err: std::fmt::Display>,
{
    let text = String::deserialize(deserializer)?;
    let words = text.split(',').map(str::trim).filter(|word| !word.is_empty());
    words.map(|word| word.parse().map_err(D::Error::custom)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rest::delivery_filter::DeliveriesQuery;
    use domain::{Outcome, Severity};

    fn asked(text: &str) -> Result<DeliveriesQuery, Problem> {
        let uri = format!("/api/v1/deliveries?{text}").parse().unwrap();
        read(Query::<Vec<(String, String)>>::try_from_uri(&uri).unwrap().0)
    }

    fn path(text: &str) -> String {
        let problem = asked(text).err().unwrap();
        assert_eq!(problem.status, StatusCode::UNPROCESSABLE_ENTITY);
        problem.errors[0].path.clone()
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

    #[test]
    fn moments_are_times_or_lengths() {
        let at: Timestamp = "2026-11-22T10:00:00Z".parse().unwrap();
        for text in ["2026-11-22T10:00:00Z", "2026-11-22T11:00:00+01:00", "2026-11-22T11:00:00 01:00"] {
            assert_eq!(Moment::parse(text), Some(Moment::At(at)), "{text}");
        }
        let day = Moment::parse("24h").unwrap();
        assert_eq!(day, Moment::parse("1d").unwrap());
        assert_eq!(day.at(at).to_string(), "2026-11-21T10:00:00Z");
        assert_eq!(Moment::parse("9999w").unwrap().at(at), Timestamp::UNIX_EPOCH);
        for text in ["", "h", "-1h", "1y", "é"] {
            assert_eq!(Moment::parse(text), None, "{text}");
        }
    }
}
