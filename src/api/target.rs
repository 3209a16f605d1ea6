//! A target, the same in answers and in bodies of writes. A secret goes in and never comes out.

use super::{about::Named, read_only::ReadOnly, target_config::Config, words::ConditionWord};
use domain::{Condition, view::TargetRow};
use jiff::Timestamp;
use secrecy::SecretString;
use serde::{Deserialize, Deserializer, Serialize, de::Error};
use utoipa::ToSchema;

/// A target. Fields marked read-only are answered; writes take them without looking at them.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = Target)]
pub struct TargetAnswer {
    /// Its id.
    #[serde(default)]
    #[schema(value_type = String, format = Uuid, read_only)]
    pub id: ReadOnly<String>,
    /// Its name, unique among targets.
    pub name: String,
    /// Counts its saved versions.
    #[serde(default)]
    #[schema(value_type = i64, read_only)]
    pub version: ReadOnly<i64>,
    /// Where it is and how to sign in there.
    pub config: Config,
    /// The shared access key of an event hub: only written, never answered; without it the key that is set stays.
    #[serde(default, deserialize_with = "secret", skip_serializing)]
    #[schema(value_type = Option<String>, write_only)]
    pub secret: Option<SecretString>,
    /// Whether a secret is set.
    #[serde(default)]
    #[schema(value_type = bool, read_only)]
    pub secret_set: ReadOnly<bool>,
    /// Since when.
    #[serde(default)]
    #[schema(value_type = Option<Timestamp>, read_only)]
    pub secret_set_at: ReadOnly<Option<Timestamp>>,
    /// What keeps it from taking events.
    #[serde(default)]
    #[schema(value_type = ConditionWord, read_only)]
    pub condition: ReadOnly<Condition>,
    /// Since when.
    #[serde(default)]
    #[schema(value_type = Option<Timestamp>, read_only)]
    pub condition_since: ReadOnly<Option<Timestamp>>,
    /// The HTTP status that showed it.
    #[serde(default)]
    #[schema(value_type = Option<u16>, read_only)]
    pub condition_status: ReadOnly<Option<u16>>,
    /// What the target said.
    #[serde(default)]
    #[schema(value_type = Option<String>, read_only)]
    pub condition_detail: ReadOnly<Option<String>>,
    /// Events that wait for it.
    #[serde(default)]
    #[schema(value_type = i64, read_only)]
    pub waiting: ReadOnly<i64>,
    /// When the oldest of them was decided.
    #[serde(default)]
    #[schema(value_type = Option<Timestamp>, read_only)]
    pub waiting_since: ReadOnly<Option<Timestamp>>,
    /// When it last accepted events.
    #[serde(default)]
    #[schema(value_type = Option<Timestamp>, read_only)]
    pub last_success: ReadOnly<Option<Timestamp>>,
    /// When it is tried again, while something waits.
    #[serde(default)]
    #[schema(value_type = Option<Timestamp>, read_only)]
    pub next_attempt: ReadOnly<Option<Timestamp>>,
    /// Events accepted in the last 24 hours.
    #[serde(default)]
    #[schema(value_type = i64, read_only)]
    pub delivered: ReadOnly<i64>,
    /// Partitions of an event hub, where known.
    #[serde(default)]
    #[schema(value_type = Option<u32>, read_only)]
    pub partitions: ReadOnly<Option<u32>>,
    /// Whether the order of one item's events is kept; null until learnt.
    #[serde(default)]
    #[schema(value_type = Option<bool>, read_only)]
    pub order_promised: ReadOnly<Option<bool>>,
    /// The largest request, in bytes.
    #[serde(default)]
    #[schema(value_type = u64, read_only)]
    pub max_bytes: ReadOnly<u64>,
    /// Exports that send to it.
    #[serde(default)]
    #[schema(value_type = Vec<Named>, read_only)]
    pub exports: ReadOnly<Vec<Named>>,
}

/// Reads a secret; what is wrong with it is said without showing it.
fn secret<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<SecretString>, D::Error> {
    let text = Option::<String>::deserialize(deserializer).map_err(|_| D::Error::custom("a secret is text"))?;
    Ok(text.map(SecretString::from))
}

impl From<TargetRow> for TargetAnswer {
    fn from(row: TargetRow) -> Self {
        Self {
            id: ReadOnly::of(row.id.into()),
            name: row.name,
            version: ReadOnly::of(row.version),
            config: row.config.into(),
            secret: None,
            secret_set: ReadOnly::of(row.secret_set_at.is_some()),
            secret_set_at: ReadOnly::of(row.secret_set_at),
            condition: ReadOnly::of(row.condition),
            condition_since: ReadOnly::of(row.condition_since),
            condition_status: ReadOnly::of(row.condition_status),
            condition_detail: ReadOnly::of(row.condition_detail),
            waiting: ReadOnly::of(row.waiting),
            waiting_since: ReadOnly::of(row.waiting_since),
            last_success: ReadOnly::of(row.last_success),
            next_attempt: ReadOnly::of(row.next_attempt),
            delivered: ReadOnly::of(row.delivered),
            partitions: ReadOnly::of(row.partitions),
            order_promised: ReadOnly::of(row.order_promised),
            max_bytes: ReadOnly::of(row.max_bytes),
            exports: ReadOnly::of(row.exports.into_iter().map(Into::into).collect()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::{Condition, EventHubConfig, HubSignIn, TargetConfig, TargetId};

    fn row() -> TargetRow {
        TargetRow {
            id: TargetId::parse("0ab1c2d3-0000-4000-8000-000000000001").unwrap(),
            name: "siem".to_owned(),
            tenant: None,
            version: 3,
            config: TargetConfig::EventHub(EventHubConfig {
                namespace: "siem.servicebus.windows.net".to_owned(),
                hub: "alerts".to_owned(),
                resource_id: None,
                sign_in: HubSignIn::Key,
                key_name: Some("send".to_owned()),
            }),
            condition: Condition::Ok,
            condition_since: None,
            condition_status: None,
            condition_detail: None,
            waiting: 0,
            waiting_since: None,
            last_success: None,
            next_attempt: None,
            delivered: 0,
            bytes_last_minute: 0,
            secret_set_at: Some(Timestamp::UNIX_EPOCH),
            partitions: Some(4),
            order_promised: Some(true),
            max_bytes: 1,
            exports: Vec::new(),
        }
    }

    #[test]
    fn what_is_answered_can_be_sent_back_and_holds_no_secret() {
        let json = serde_json::to_value(TargetAnswer::from(row())).unwrap();
        assert_eq!((json["secret_set"].as_bool(), json["version"].as_i64()), (Some(true), Some(3)));
        assert!(json.get("secret").is_none());
        let input = serde_json::from_value::<TargetAnswer>(json).unwrap();
        assert_eq!(input.config.read().unwrap(), row().config);
        assert!(input.secret.is_none());
    }
}
