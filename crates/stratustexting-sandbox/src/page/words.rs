//! How the page writes times, sizes and bodies.

use std::fmt::Write as _;

use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use serde_json::Value;

/// How much of a body is shown.
const MAX_SHOWN: usize = 4_000;

/// A larger body isn't read as JSON: the page shows little of it.
const MAX_READ: usize = 64 * 1024;

/// A time, for people and for programs: as the clock shows it, in UTC.
pub(super) struct Time {
    pub(super) short: String,
    pub(super) long: String,
}

impl Time {
    pub(super) fn new(time: DateTime<Utc>, now: DateTime<Utc>) -> Self {
        Self::today(time, now, "%H:%M:%S")
    }

    pub(super) fn to_the_minute(time: DateTime<Utc>, now: DateTime<Utc>) -> Self {
        Self::today(time, now, "%H:%M")
    }

    /// The date is shown of another day only.
    fn today(time: DateTime<Utc>, now: DateTime<Utc>, today: &'static str) -> Self {
        let is_today = time.date_naive() == now.date_naive();
        let form = if is_today { today } else { "%-d %b, %H:%M" };
        Self {
            short: time.format(form).to_string(),
            long: time.to_rfc3339_opts(SecondsFormat::Millis, true),
        }
    }
}

/// A duration in its largest two units.
pub(super) fn duration(duration: TimeDelta) -> String {
    let mut left = duration.num_seconds();
    let mut text = String::new();
    for (unit, seconds) in [(" d", 86_400), (" h", 3_600), (" min", 60), (" s", 1)] {
        let count = left / seconds;
        left %= seconds;
        if count > 0 && text.matches(' ').count() < 3 {
            let space = if text.is_empty() { "" } else { " " };
            let _ = write!(text, "{space}{count}{unit}");
        }
    }
    text
}

pub(super) fn size(bytes: usize) -> String {
    match bytes {
        0..1_000 => format!("{bytes} B"),
        1_000..1_000_000 => format!("{} kB", bytes / 1_000),
        _ => format!("{}.{} MB", bytes / 1_000_000, bytes / 100_000 % 10),
    }
}

/// A body as text: JSON is indented, bytes that aren't text are only counted, and a long one
/// ends early.
pub(super) fn body(bytes: &[u8]) -> String {
    let text = match std::str::from_utf8(bytes) {
        Ok(text) => text,
        // The ledger may have cut it within a character.
        Err(cut) if cut.error_len().is_none() && cut.valid_up_to() > 0 => {
            std::str::from_utf8(&bytes[..cut.valid_up_to()]).unwrap_or_default()
        }
        Err(_) => return format!("{} that aren't text", size(bytes.len())),
    };
    let json = Some(text).filter(|text| text.len() <= MAX_READ);
    let indented = json
        .and_then(|text| serde_json::from_str::<Value>(text).ok())
        .and_then(|value| serde_json::to_string_pretty(&value).ok());
    let text = indented.as_deref().unwrap_or(text);
    match text.char_indices().nth(MAX_SHOWN) {
        None => text.to_owned(),
        Some((end, _)) => {
            let left = size(text.len() - end);
            format!("{}\n… and {left} more", &text[..end])
        }
    }
}

/// The digits of a number, which stay the same however it is written in a URL.
pub(super) fn digits(number: &str) -> String {
    number.chars().filter(char::is_ascii_digit).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_have_their_largest_units() {
        assert_eq!(duration(TimeDelta::seconds(59)), "59 s");
        assert_eq!(duration(TimeDelta::seconds(3_600)), "1 h");
        assert_eq!(duration(TimeDelta::seconds(90_061)), "1 d 1 h");
    }

    #[test]
    fn a_long_body_is_cut_between_characters() {
        let text = "ü".repeat(MAX_SHOWN + 10);

        let shown = body(text.as_bytes());

        assert!(shown.ends_with("… and 20 B more"), "{shown}");
        assert_eq!(body(br#"{"a":1}"#), "{\n  \"a\": 1\n}");
        assert_eq!(body(&[0xff, 0]), "2 B that aren't text");
        assert_eq!(body(&"aü".as_bytes()[..2]), "a");
    }
}
