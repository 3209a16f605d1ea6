//! What makes an event itself.

use domain::{EventId, ItemKey, Kind, TenantId};
use sha2::{Digest, Sha256};
use std::fmt::Write;

/// The id of an event: 128 bits of SHA-256 over tenant, kind, item, compared state and the item's previous event. The
/// same change seen twice has the same id; going back to an earlier state is another event.
pub(super) fn event_id(
    tenant: &TenantId,
    kind: Kind,
    key: &ItemKey,
    compared: &str,
    previous: Option<&EventId>,
) -> EventId {
    digested([tenant.as_str(), kind.as_str(), key.as_str(), compared, previous.map_or("", EventId::as_str)])
}

/// The id of a snapshot event: that of its run stands in the place of the previous event's.
pub(crate) fn snapshot_id(tenant: &TenantId, kind: Kind, key: &ItemKey, compared: &str, run: &str) -> EventId {
    digested([tenant.as_str(), kind.as_str(), key.as_str(), compared, run])
}

fn digested(parts: [&str; 5]) -> EventId {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update(part.as_bytes());
        hash.update([0]);
    }
    let mut hex = String::with_capacity(32);
    for byte in &hash.finalize()[..16] {
        // Writing into a String cannot fail.
        let _ = write!(hex, "{byte:02x}");
    }
    EventId::parse(&hex).unwrap_or_else(|_| unreachable!("32 hex digits are an event id"))
}

/// A number that spreads items over lanes; never negative.
pub(crate) fn spread(key: &ItemKey) -> i64 {
    let digest = Sha256::digest(key.as_str().as_bytes());
    i64::from(u32::from_be_bytes([digest[0], digest[1], digest[2], digest[3]]))
}

/// A digest of what was joined to an item.
pub(super) fn digest(value: &serde_json::Value) -> String {
    Sha256::digest(value.to_string().as_bytes())[..8].iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn going_back_and_forth_makes_three_events_and_repeating_makes_one(key in "[a-z0-9/]{1,40}", a in "[a-z]{1,8}", b in "[A-Z]{1,8}") {
            let tenant = TenantId::parse("00000000-0000-4000-8000-000000000001").unwrap();
            let key = ItemKey::parse(&key).unwrap();
            let id = |compared: &str, previous: Option<&EventId>| event_id(&tenant, Kind::Alert, &key, compared, previous);
            let first = id(&a, None);
            let second = id(&b, Some(&first));
            let third = id(&a, Some(&second));
            prop_assert!(first != second && second != third && first != third);
            prop_assert_eq!(id(&b, Some(&first)), second);
            prop_assert!(spread(&key) >= 0);
        }
    }
}
