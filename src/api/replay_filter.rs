//! The filter of a replay: that of the delivery log, as JSON.

use super::{
    query::Moment,
    words::{KindWord, OutcomeWord, SeverityWord},
};
use domain::{ExportId, Kind, Outcome, Severity, SubscriptionId, TargetId};
use serde::{Deserialize, Deserializer, de::Error};
use utoipa::ToSchema;

/// Which deliveries are sent again: the filters of the delivery log.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReplayFilter {
    /// Of this export.
    #[schema(value_type = Option<String>, format = Uuid)]
    pub export: Option<ExportId>,
    /// To this target.
    #[schema(value_type = Option<String>, format = Uuid)]
    pub target: Option<TargetId>,
    /// With one of these outcomes: a list, or a word.
    #[serde(default, deserialize_with = "one_or_more")]
    #[schema(value_type = Vec<OutcomeWord>)]
    pub outcome: Vec<Outcome>,
    /// Of this kind.
    #[schema(value_type = Option<KindWord>)]
    pub kind: Option<Kind>,
    /// In this subscription.
    #[schema(value_type = Option<String>, format = Uuid)]
    pub subscription: Option<SubscriptionId>,
    /// With this severity.
    #[schema(value_type = Option<SeverityWord>)]
    pub severity: Option<Severity>,
    /// Decided in or after the hour of this time (RFC 3339, or a length such as `24h`).
    #[schema(value_type = Option<String>)]
    pub since: Option<Moment>,
    /// Decided before the hour of this time.
    #[schema(value_type = Option<String>)]
    pub until: Option<Moment>,
    /// A whole event id, alert id, resource id, or link of Azure's portal.
    pub q: Option<String>,
}

/// Reads a list of outcomes, or one or several with commas between them.
fn one_or_more<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Outcome>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Given {
        Text(String),
        List(Vec<String>),
    }
    let words = match Option::<Given>::deserialize(deserializer)? {
        None => Vec::new(),
        Some(Given::Text(text)) => text.split(',').map(str::to_owned).collect(),
        Some(Given::List(list)) => list,
    };
    let words = words.iter().map(|word| word.trim()).filter(|word| !word.is_empty());
    words.map(|word| word.parse().map_err(D::Error::custom)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn outcomes(of: serde_json::Value) -> Result<Vec<Outcome>, String> {
        serde_json::from_value::<ReplayFilter>(of).map(|filter| filter.outcome).map_err(|error| error.to_string())
    }

    #[test]
    fn outcomes_are_a_word_or_a_list() {
        assert_eq!(outcomes(json!({"outcome": "Parked"})).unwrap(), [Outcome::Parked]);
        assert_eq!(outcomes(json!({"outcome": "parked,delivered"})).unwrap(), [Outcome::Parked, Outcome::Delivered]);
        assert_eq!(outcomes(json!({"outcome": ["cancelled"]})).unwrap(), [Outcome::Cancelled]);
        assert!(outcomes(json!({})).unwrap().is_empty());
        assert!(outcomes(json!({"outcome": "lost"})).unwrap_err().contains("`lost` is not one of"));
        assert!(outcomes(json!({"sevrity": "high"})).unwrap_err().contains("unknown field `sevrity`"));
    }
}
