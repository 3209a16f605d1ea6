//! Ids that can only be made from text that has their shape.

use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};

/// Text that does not have the shape of the id or name it should be.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not {wanted}")]
pub struct BadId {
    /// What was given.
    pub text: String,
    /// What one of this sort looks like.
    pub wanted: &'static str,
}

pub(crate) fn bad(text: &str, wanted: &'static str) -> BadId {
    BadId { text: text.chars().take(80).collect(), wanted }
}

fn is_guid(text: &str) -> bool {
    text.len() == 36
        && text.bytes().enumerate().all(|(at, byte)| match at {
            8 | 13 | 18 | 23 => byte == b'-',
            _ => byte.is_ascii_hexdigit(),
        })
}

/// Text that can only be made from text that passes a check; `$keep` says how it is kept.
macro_rules! checked {
    ($(#[$meta:meta])* $name:ident, $wanted:literal, $keep:expr, $check:expr) => {
        $(#[$meta])*
        #[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(String);

        impl $name {
            /// Reads it; blanks around it do not count.
            pub fn parse(text: &str) -> Result<Self, $crate::ids::BadId> {
                let text = text.trim();
                if $check(text) { Ok(Self($keep(text))) } else { Err($crate::ids::bad(text, $wanted)) }
            }

            /// It as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(&self.0)
            }
        }
        impl std::str::FromStr for $name {
            type Err = $crate::ids::BadId;
            fn from_str(text: &str) -> Result<Self, $crate::ids::BadId> {
                Self::parse(text)
            }
        }
        impl TryFrom<String> for $name {
            type Error = $crate::ids::BadId;
            fn try_from(text: String) -> Result<Self, $crate::ids::BadId> {
                Self::parse(&text)
            }
        }
        impl From<$name> for String {
            fn from(text: $name) -> Self {
                text.0
            }
        }
    };
}
pub(crate) use checked;

/// Ids are read in any letter case and kept in lower case.
macro_rules! id {
    ($(#[$meta:meta])* $name:ident, $wanted:literal, $check:expr) => {
        checked!($(#[$meta])* $name, $wanted, str::to_ascii_lowercase, $check);
    };
}

id!(/// An Azure subscription.
    SubscriptionId, "a subscription id (a GUID)", is_guid);
id!(/// An Entra tenant.
    TenantId, "a tenant id (a GUID)", is_guid);
id!(/// An export of this console.
    ExportId, "an export id (a UUID)", is_guid);
id!(/// A target of this console.
    TargetId, "a target id (a UUID)", is_guid);
id!(/// One request to a target.
    AttemptId, "an attempt id (a UUID)", is_guid);
id!(/// A replay or backfill.
    JobId, "a job id (a UUID)", is_guid);
id!(/// 128 bits of SHA-256 over what makes an event itself, as 32 hex digits (see `observe::identity`).
    EventId, "an event id (32 hex digits)", |text: &str| text.len() == 32 && text.bytes().all(|byte| byte.is_ascii_hexdigit()));
id!(/// What an alert or recommendation is told apart by: subscription and system alert id, or the item's own resource id.
    ItemKey, "an item key", |text: &str| !text.is_empty());

/// One event's outcome for one export, written `{event}_{export}`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct DeliveryId {
    /// The event.
    pub event: EventId,
    /// The export it was decided for.
    pub export: ExportId,
}

impl fmt::Display for DeliveryId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}_{}", self.event, self.export)
    }
}

impl FromStr for DeliveryId {
    type Err = BadId;
    fn from_str(text: &str) -> Result<Self, BadId> {
        let (event, export) = text.split_once('_').ok_or_else(|| bad(text, "a delivery id ({event}_{export})"))?;
        Ok(Self { event: event.parse()?, export: export.parse()? })
    }
}

impl TryFrom<String> for DeliveryId {
    type Error = BadId;
    fn try_from(text: String) -> Result<Self, BadId> {
        text.parse()
    }
}

impl From<DeliveryId> for String {
    fn from(id: DeliveryId) -> Self {
        id.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_kept_in_lower_case_and_refuse_other_shapes() {
        let id = SubscriptionId::parse(" 0AB1C2D3-0000-4000-8000-000000000001 ").unwrap();
        assert_eq!(id.as_str(), "0ab1c2d3-0000-4000-8000-000000000001");
        assert!(SubscriptionId::parse("0ab1c2d3").is_err());
        assert!(EventId::parse(&"g".repeat(32)).is_err());
        assert!("abc_def".parse::<DeliveryId>().is_err());
    }
}
