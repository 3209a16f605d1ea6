//! Times and sizes as people read them. All functions take `now`; none asks a clock.

use jiff::{SignedDuration, Span, SpanRelativeTo, Timestamp, Unit};

/// Microseconds since 1970, the form the store keeps.
pub fn to_micros(at: Timestamp) -> i64 {
    at.as_microsecond()
}

/// The time of stored microseconds; values no calendar has become 1970.
pub fn from_micros(micros: i64) -> Timestamp {
    Timestamp::from_microsecond(micros).unwrap_or(Timestamp::UNIX_EPOCH)
}

/// The beginning of the hour, the grain in which outcomes are counted.
pub fn hour_of(at: Timestamp) -> Timestamp {
    const HOUR: i64 = 3_600_000_000;
    from_micros(at.as_microsecond().div_euclid(HOUR) * HOUR)
}

/// A length of time as people type it: `500ms`, `30s`, `1h30m`, `7d`, `2w`. A day has 24 hours; none of months and years, whose
/// length differs, and none that is not positive.
pub fn read_length(text: &str) -> Option<SignedDuration> {
    let span: Span = text.trim().parse().ok()?;
    span.to_duration(SpanRelativeTo::days_are_24_hours()).ok().filter(SignedDuration::is_positive)
}

/// Exact and unambiguous: `2026-11-22 10:42:07 UTC`.
pub fn exact(at: Timestamp) -> String {
    at.strftime("%Y-%m-%d %H:%M:%S UTC").to_string()
}

/// The clock of the day: `10:42:07`.
pub fn clock(at: Timestamp) -> String {
    at.strftime("%H:%M:%S").to_string()
}

/// RFC 3339 in UTC with microseconds, for Azure's query languages and for JSON.
pub fn rfc3339(at: Timestamp) -> String {
    format!("{at:.6}")
}

/// A length of time in its two largest units: `2 min 51 s`, `6 d 23 h`, `214 ms`.
pub fn length(of: SignedDuration) -> String {
    let millis = of.as_millis().max(0);
    let seconds = millis / 1000;
    let (days, hours, minutes) = (seconds / 86_400, seconds / 3600 % 24, seconds / 60 % 60);
    let two = |large: i128, unit: &str, small: i128, of: &str| {
        if small == 0 { format!("{large} {unit}") } else { format!("{large} {unit} {small} {of}") }
    };
    match () {
        () if days > 0 => two(days, "d", hours, "h"),
        () if hours > 0 => two(hours, "h", minutes, "min"),
        () if minutes > 0 => two(minutes, "min", seconds % 60, "s"),
        () if seconds >= 10 => format!("{seconds} s"),
        () if seconds > 0 => {
            let tenths = millis % 1000 / 100;
            if tenths == 0 { format!("{seconds} s") } else { format!("{seconds}.{tenths} s") }
        }
        () => format!("{millis} ms"),
    }
}

/// How long ago, or how soon: `3 min ago`, `in 20 s`, `now`. One unit is enough in a list.
pub fn relative(at: Timestamp, now: Timestamp) -> String {
    let seconds = now.duration_since(at).as_secs();
    let ago = seconds >= 0;
    let size = seconds.abs();
    let text = match size {
        0..=1 => return "now".to_owned(),
        2..=59 => format!("{size} s"),
        60..=3599 => format!("{} min", size / 60),
        3600..=86_399 => format!("{} h", size / 3600),
        _ => format!("{} d", size / 86_400),
    };
    if ago { format!("{text} ago") } else { format!("in {text}") }
}

/// A size in decimal units: `486 KB`, `1.2 MB`.
pub fn size(bytes: u64) -> String {
    match bytes {
        0..=999 => format!("{bytes} B"),
        1_000..=999_499 => format!("{} KB", (bytes + 500) / 1000),
        _ => format!("{}.{} MB", bytes / 1_000_000, bytes % 1_000_000 / 100_000),
    }
}

/// A count with its digits grouped: `41,208`.
pub fn count(number: i64) -> String {
    let digits = number.unsigned_abs().to_string();
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    if number < 0 { format!("-{text}") } else { text }
}

/// Reads a time as Azure writes it (RFC 3339, up to seven digits, with or without a zone; without one it is UTC).
pub fn parse(text: &str) -> Option<Timestamp> {
    let text = text.trim();
    let at = text.parse::<Timestamp>().or_else(|_| format!("{text}Z").parse()).ok()?;
    at.round(Unit::Microsecond).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_show_their_two_largest_units() {
        for (millis, text) in [
            (214, "214 ms"),
            (1_900, "1.9 s"),
            (52_000, "52 s"),
            (171_000, "2 min 51 s"),
            (7_200_000, "2 h"),
            (601_200_000, "6 d 23 h"),
        ] {
            assert_eq!(length(SignedDuration::from_millis(millis)), text);
        }
    }

    #[test]
    fn lengths_are_read_as_people_type_them() {
        let minutes = |text| read_length(text).map(|length| length.as_mins());
        for (text, length) in [("90m", 90), ("1h30m", 90), ("24h", 1440), (" 1d ", 1440), ("2w", 20_160), ("500ms", 0)]
        {
            assert_eq!(minutes(text), Some(length), "{text}");
        }
        for wrong in ["", "h", "7", "-1h", "0s", "1y", "2mo", "soon", "é", "99999999999w"] {
            assert_eq!(minutes(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn counts_and_sizes_are_grouped_and_decimal() {
        assert_eq!(count(41_208), "41,208");
        assert_eq!(count(999), "999");
        assert_eq!(count(-1_000_000), "-1,000,000");
        assert_eq!(size(486_213), "486 KB");
        assert_eq!(size(1_234_567), "1.2 MB");
    }

    #[test]
    fn azures_times_are_read_with_seven_digits_and_without_a_zone() {
        assert_eq!(rfc3339(parse("2022-11-22T20:28:38.3858332Z").unwrap()), "2022-11-22T20:28:38.385833Z");
        assert_eq!(rfc3339(parse("2022-11-22T20:28:38").unwrap()), "2022-11-22T20:28:38.000000Z");
        assert!(parse("yesterday").is_none());
    }
}
