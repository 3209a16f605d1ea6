//! Fields that are answered and never written.

use serde::{Deserialize, Deserializer, Serialize, de::IgnoredAny};

/// A field that GET answers and writes take without looking at it, so that an answer can be sent back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct ReadOnly<T>(Option<T>);

impl<T> ReadOnly<T> {
    /// The value to answer.
    pub fn of(value: T) -> Self {
        Self(Some(value))
    }
}

impl<T> Default for ReadOnly<T> {
    fn default() -> Self {
        Self(None)
    }
}

impl<'de, T> Deserialize<'de> for ReadOnly<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        IgnoredAny::deserialize(deserializer)?;
        Ok(Self(None))
    }
}
