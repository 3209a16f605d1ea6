//! Values of query parameters, read from text.

use domain::time;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Deserializer, de::Error};

/// The most rows of one answer, and how many there are unless asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limit(pub usize);

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
pub(crate) fn flag<'de, D: Deserializer<'de>>(deserializer: D) -> Result<bool, D::Error> {
    let text = String::deserialize(deserializer)?;
    text.parse().map_err(|_| D::Error::custom(format!("`{text}` is neither true nor false")))
}

/// A moment: a time, or how long ago.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Moment {
    /// That time.
    At(Timestamp),
    /// So long before now.
    Ago(SignedDuration),
}

impl Moment {
    /// The moment as a time.
    pub fn at(self, now: Timestamp) -> Timestamp {
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
pub(crate) fn words<'de, D, T>(deserializer: D) -> Result<Vec<T>, D::Error>
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
