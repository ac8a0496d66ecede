//! Repairs text that is nearly JSON.
//!
//! Java cuts a text in the middle of an emoji and escapes the remaining half; a proxy
//! writes Latin-1 or adds a byte order mark; an extra field has a number with a
//! thousand digits or endless nesting. A JSON parser rejects the whole body for any of
//! these. This code only runs after that, so it needn't be fast.

use std::{borrow::Cow, fmt::Write};

use super::diagnostic::Found;

/// The deepest nesting that is read; the JSON parser gives up at 128.
const DEPTH: usize = 100;

/// A repaired text, and what was wrong with it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Mended {
    /// The text.
    pub text: String,
    /// What was found and repaired, each kind once.
    pub found: Vec<Found>,
}

/// A body without the UTF-8 byte order mark that some servers add.
#[must_use]
pub fn without_mark(body: &[u8]) -> &[u8] {
    body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body)
}

/// Repairs a body; `None` if there is nothing to repair.
#[must_use]
pub fn repair(body: &[u8]) -> Option<Mended> {
    let (text, other) = decode(body);
    let mut mender = Mender {
        rest: &text,
        text: String::with_capacity(text.len()),
        found: Vec::new(),
        open: 0,
    };
    if other {
        mender.found.push(Found::OtherEncoding);
    }
    mender.run();
    let Mender { text, found, .. } = mender;
    (!found.is_empty()).then_some(Mended { text, found })
}

/// The text of a body: UTF-16 if a byte order mark says so, else UTF-8, with invalid
/// bytes read as Windows-1252.
fn decode(body: &[u8]) -> (Cow<'_, str>, bool) {
    let wide = |from: fn([u8; 2]) -> u16| {
        let units: Vec<u16> = body[2..]
            .chunks_exact(2)
            .map(|pair| from([pair[0], pair[1]]))
            .collect();
        (Cow::Owned(String::from_utf16_lossy(&units)), true)
    };
    match body {
        [0xff, 0xfe, ..] => return wide(u16::from_le_bytes),
        [0xfe, 0xff, ..] => return wide(u16::from_be_bytes),
        _ => {}
    }
    let body = without_mark(body);
    if let Ok(text) = std::str::from_utf8(body) {
        return (Cow::Borrowed(text), false);
    }
    let mut text = String::with_capacity(body.len());
    for chunk in body.utf8_chunks() {
        text.push_str(chunk.valid());
        text.extend(chunk.invalid().iter().map(|byte| latin(*byte)));
    }
    (Cow::Owned(text), true)
}

/// A byte of Windows-1252, which is what "Latin-1" means in practice.
fn latin(byte: u8) -> char {
    const HIGH: [char; 32] = [
        '€', '\u{81}', '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', '\u{8d}', 'Ž',
        '\u{8f}', '\u{90}', '‘', '’', '“', '”', '•', '–', '—', '˜', '™', 'š', '›', 'œ', '\u{9d}',
        'ž', 'Ÿ',
    ];
    match byte {
        0x80..=0x9f => HIGH[usize::from(byte - 0x80)],
        _ => char::from(byte),
    }
}

struct Mender<'a> {
    rest: &'a str,
    text: String,
    found: Vec<Found>,
    /// How many lists and objects are open.
    open: usize,
}

impl<'a> Mender<'a> {
    fn run(&mut self) {
        while let Some(next) = self.rest.bytes().next() {
            match next {
                b'"' => self.string(),
                b'-' | b'0'..=b'9' => self.number(),
                b'[' | b'{' if self.open == DEPTH => self.too_deep(),
                _ => {
                    match next {
                        b'[' | b'{' => self.open += 1,
                        b']' | b'}' => self.open = self.open.saturating_sub(1),
                        _ => {}
                    }
                    let length = self.rest.chars().next().map_or(1, char::len_utf8);
                    self.copy(length);
                }
            }
        }
    }

    fn take(&mut self, length: usize) -> &'a str {
        let (taken, rest) = self.rest.split_at(length.min(self.rest.len()));
        self.rest = rest;
        taken
    }

    fn copy(&mut self, length: usize) {
        let taken = self.take(length);
        self.text.push_str(taken);
    }

    fn note(&mut self, found: Found) {
        if !self.found.contains(&found) {
            self.found.push(found);
        }
    }

    fn string(&mut self) {
        self.copy(1);
        loop {
            let plain = self
                .rest
                .bytes()
                .position(|byte| matches!(byte, b'"' | b'\\' | 0..=0x1f));
            let Some(plain) = plain else {
                // It never ends; the parser will report that.
                self.copy(self.rest.len());
                return;
            };
            self.copy(plain);
            match self.rest.as_bytes().first() {
                Some(b'"') => return self.copy(1),
                Some(b'\\') => self.escape(),
                Some(control) => {
                    let _ = write!(self.text, "\\u{control:04x}");
                    self.take(1);
                    self.note(Found::ControlCharacter);
                }
                None => return,
            }
        }
    }

    fn escape(&mut self) {
        let Some(unit) = code_unit(self.rest) else {
            // The escaped character may be longer than a byte, though it shouldn't be.
            let second = self.rest[1..].chars().next().map_or(0, char::len_utf8);
            return self.copy(1 + second);
        };
        let low = || code_unit(&self.rest[6..]).is_some_and(|unit| unit & 0xfc00 == 0xdc00);
        match unit & 0xfc00 {
            0xd800 if low() => self.copy(12),
            0xd800 | 0xdc00 => {
                self.take(6);
                self.text.push_str("\\ufffd");
                self.note(Found::HalfSurrogate);
            }
            _ => self.copy(6),
        }
    }

    /// A number out of a float's range, or with more digits than an integer has,
    /// becomes text.
    fn number(&mut self) {
        let end = self
            .rest
            .find(|c: char| !matches!(c, '-' | '+' | '.' | 'e' | 'E' | '0'..='9'));
        let number = self.take(end.unwrap_or(self.rest.len()));
        let whole = number.strip_prefix('-').unwrap_or(number);
        let whole = whole.bytes().all(|byte| byte.is_ascii_digit());
        let held = match number.parse::<f64>() {
            Ok(value) if value.is_infinite() => false,
            Ok(_) if whole => number.parse::<u64>().is_ok() || number.parse::<i64>().is_ok(),
            _ => true,
        };
        if held {
            self.text.push_str(number);
        } else {
            let _ = write!(self.text, "\"{number}\"");
            self.note(Found::HugeNumber);
        }
    }

    /// Turns values that are nested too deeply into text.
    fn too_deep(&mut self) {
        let mut open = 0_usize;
        let mut in_string = false;
        let mut escaped = false;
        let end = self.rest.bytes().position(|byte| {
            match byte {
                _ if escaped => escaped = false,
                b'\\' if in_string => escaped = true,
                b'"' => in_string = !in_string,
                b'[' | b'{' if !in_string => open += 1,
                b']' | b'}' if !in_string => open -= 1,
                _ => {}
            }
            open == 0
        });
        let Some(end) = end else {
            // Cut off; the parser will report that.
            return self.copy(self.rest.len());
        };
        let deep = self.take(end + 1);
        // A string can always be written.
        self.text
            .push_str(&serde_json::to_string(deep).unwrap_or_default());
        self.note(Found::DeepNesting);
    }
}

/// The code unit of an escape `\uXXXX`.
fn code_unit(text: &str) -> Option<u16> {
    let digits = text.strip_prefix("\\u")?.get(..4)?;
    digits
        .bytes()
        .all(|byte| byte.is_ascii_hexdigit())
        .then(|| u16::from_str_radix(digits, 16).ok())
        .flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mended(body: impl AsRef<[u8]>) -> (String, Vec<Found>) {
        let mended = repair(body.as_ref()).unwrap();
        serde_json::from_str::<serde_json::Value>(&mended.text).unwrap();
        (mended.text, mended.found)
    }

    #[test]
    fn valid_json_is_left_alone() {
        for body in [
            r#"{"a":"\ud83d\ude00 \\ud83d \" é","b":[-1,1.5e3,18446744073709551615,-9223372036854775808]}"#,
            "\u{feff}{}",
            "",
        ] {
            assert_eq!(repair(body.as_bytes()), None, "{body}");
        }
    }

    #[test]
    fn half_a_surrogate_pair_becomes_a_replacement_character() {
        for (body, text) in [
            (r#""a\ud83d""#, r#""a\ufffd""#),
            (r#""\ude00b""#, r#""\ufffdb""#),
            (r#""\ud83d\ud83d\ude00""#, r#""\ufffd\ud83d\ude00""#),
            (r#""\ud83d\n""#, r#""\ufffd\n""#),
            (r#""\\\ud83d""#, r#""\\\ufffd""#),
        ] {
            assert_eq!(mended(body), (text.to_owned(), vec![Found::HalfSurrogate]));
        }
    }

    #[test]
    fn latin_and_wide_text_is_read() {
        let (text, found) = mended(b"{\"name\":\"Jos\xe9 \x80 \xc3\xa9\"}");
        assert_eq!(text, "{\"name\":\"José € é\"}");
        assert_eq!(found, [Found::OtherEncoding]);

        let wide: Vec<u8> = "\u{feff}[\"é\"]"
            .encode_utf16()
            .flat_map(u16::to_le_bytes)
            .collect();
        assert_eq!(mended(wide).0, "[\"é\"]");
    }

    #[test]
    fn control_characters_are_escaped() {
        assert_eq!(
            mended("{\"a\":\"one\ntwo\"}"),
            (
                "{\"a\":\"one\\u000atwo\"}".to_owned(),
                vec![Found::ControlCharacter]
            )
        );
    }

    #[test]
    fn numbers_out_of_range_become_text() {
        assert_eq!(mended("[1e999,1]").0, "[\"1e999\",1]");
        assert_eq!(
            mended("[12345678901234567890123]"),
            (
                "[\"12345678901234567890123\"]".to_owned(),
                vec![Found::HugeNumber]
            )
        );
    }

    #[test]
    fn values_nested_too_deeply_become_text() {
        let body = format!(
            "{{\"a\":{}\"]}}\"{},\"b\":1}}",
            "[".repeat(200),
            "]".repeat(200)
        );

        let (text, found) = mended(&body);

        assert_eq!(found, [Found::DeepNesting]);
        let value: serde_json::Value = serde_json::from_str(&text).unwrap();
        assert_eq!(value["b"], 1);
    }

    #[test]
    fn a_truncated_text_is_not_completed() {
        for body in [
            "{\"a\":\"\\ud83d",
            "[\"\\ud83d\", \"\\",
            "{\"a\":\"\\u12",
            "[1e999",
        ] {
            if let Some(mended) = repair(body.as_bytes()) {
                let error = serde_json::from_str::<serde_json::Value>(&mended.text).unwrap_err();
                assert!(error.is_eof(), "{body}");
            }
        }
    }
}
