//! Randomness that is a function of the seed and a name, and the ids made from it.

use fastrand::Rng;

/// Ticks (100 ns) of .NET's `DateTime.MaxValue`; alert names count down from it, so newer alerts sort first.
const LAST_TICK: i128 = 3_155_378_975_999_999_999;
/// Ticks of 1970-01-01 since year 1.
const UNIX_EPOCH_TICKS: i128 = 621_355_968_000_000_000;

/// A generator for one purpose: the same seed, label and number always roll the same.
pub(super) fn dice(seed: u64, label: &str, number: u64) -> Rng {
    let mut hash = 0xcbf2_9ce4_8422_2325_u64 ^ seed.rotate_left(17);
    for byte in label.bytes().chain(number.to_le_bytes()) {
        hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
    }
    // splitmix64's last step, since FNV alone leaves neighbours alike
    hash = (hash ^ (hash >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    hash = (hash ^ (hash >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    Rng::with_seed(hash ^ (hash >> 31))
}

/// A GUID that belongs to the seed, label and number.
pub(super) fn guid(seed: u64, label: &str, number: u64) -> String {
    guid_from(&mut dice(seed, label, number))
}

/// The next GUID of a generator.
pub(super) fn guid_from(rng: &mut Rng) -> String {
    let bits = rng.u128(..) & !(0xf << 76) & !(0x3 << 62) | (0x4 << 76) | (0x2 << 62);
    uuid::Uuid::from_u128(bits).to_string()
}

/// `length` letters and digits.
pub(super) fn word(rng: &mut Rng, length: usize) -> String {
    (0..length).map(|_| rng.alphanumeric()).collect()
}

/// `length` lower-case hex digits.
pub(super) fn hex(rng: &mut Rng, length: usize) -> String {
    (0..length).map(|_| rng.digit(16)).collect()
}

/// One of the given, or `None` of an empty slice.
pub(super) fn one_of<'a, T>(rng: &mut Rng, choices: &'a [T]) -> Option<&'a T> {
    if choices.is_empty() { None } else { choices.get(rng.usize(..choices.len())) }
}

/// One text of a table, or nothing of an empty one.
pub(super) fn text_of(rng: &mut Rng, choices: &[&'static str]) -> &'static str {
    one_of(rng, choices).copied().unwrap_or_default()
}

/// An alert's name as Defender makes it: descending ticks of its time, `_`, a GUID.
pub(super) fn alert_name(at: jiff::Timestamp, rng: &mut Rng) -> String {
    let ticks = LAST_TICK - UNIX_EPOCH_TICKS - at.as_nanosecond() / 100;
    format!("{ticks}_{}", guid_from(rng))
}

/// A time as Azure writes it: seven decimals and `Z`.
pub(super) fn azure_time(at: jiff::Timestamp) -> String {
    format!("{at:.7}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_name_rolls_the_same() {
        assert_eq!(guid(7, "tenant", 0), guid(7, "tenant", 0));
        assert_ne!(guid(7, "tenant", 0), guid(8, "tenant", 0));
        assert_ne!(guid(7, "tenant", 0), guid(7, "tenant", 1));
        assert_eq!(guid(7, "x", 0).len(), 36);
    }

    #[test]
    fn times_have_seven_decimals() {
        let at: jiff::Timestamp = "2026-11-22T09:00:00.25Z".parse().unwrap();
        assert_eq!(azure_time(at), "2026-11-22T09:00:00.2500000Z");
    }
}
