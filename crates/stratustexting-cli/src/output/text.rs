//! Texts of others, made harmless for a terminal, and measured as a terminal shows them.

use std::borrow::Cow;

use serde::Serialize;
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use crate::failure::{Class, Failure, Result};

/// Whether a character may move the cursor, colour what follows, or turn the direction of
/// reading, so that another text is seen than the one that is there.
fn is_harmful(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// A text of one or more lines, with a picture in place of each control character.
pub(crate) fn printable(text: &str) -> Cow<'_, str> {
    replace(text, |c| is_harmful(c) && !matches!(c, '\n' | '\t'))
}

/// The same for a text that must stay on its line.
pub(crate) fn printable_cell(text: &str) -> Cow<'_, str> {
    replace(text, is_harmful)
}

fn replace(text: &str, harmful: impl Fn(char) -> bool) -> Cow<'_, str> {
    if !text.contains(&harmful) {
        return Cow::Borrowed(text);
    }
    let picture = |c: char| match c {
        '\0'..='\u{1f}' => char::from_u32(0x2400 + u32::from(c)).unwrap_or('\u{fffd}'),
        '\u{7f}' => '\u{2421}',
        _ => '\u{fffd}',
    };
    let shown = text.chars().map(|c| match harmful(c) {
        true => picture(c),
        false => c,
    });
    Cow::Owned(shown.collect())
}

/// JSON on one line. It escapes what JSON itself needn't, and a terminal obeys.
pub(crate) fn json_line(value: &impl Serialize) -> Result<String> {
    let text = serde_json::to_string(value).map_err(|_| unwritable())?;
    Ok(escaped(text))
}

/// The same over several lines, for people.
pub(crate) fn pretty_json(value: &impl Serialize) -> Result<String> {
    let text = serde_json::to_string_pretty(value).map_err(|_| unwritable())?;
    Ok(escaped(text))
}

fn unwritable() -> Failure {
    Failure::new(Class::Other, "the result can't be written as JSON")
}

/// All such characters stand in strings: what is outside of them in JSON is ASCII, and its line
/// breaks are the only control characters.
fn escaped(text: String) -> String {
    let harmful = |c: char| is_harmful(c) && c != '\n';
    if !text.contains(harmful) {
        return text;
    }
    let mut safe = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        match harmful(c) {
            true => safe += &format!("\\u{:04x}", u32::from(c)),
            false => safe.push(c),
        }
    }
    safe
}

/// How many columns of a terminal a text takes.
pub(super) fn width(text: &str) -> usize {
    text.width()
}

/// The text in at most so many columns; where something is missing, `…` says so.
pub(super) fn fit(text: &str, columns: usize) -> Cow<'_, str> {
    if width(text) <= columns {
        return Cow::Borrowed(text);
    }
    let mut shown = String::new();
    let mut free = columns.saturating_sub(1);
    for c in text.chars() {
        let wide = c.width().unwrap_or_default();
        if wide > free {
            break;
        }
        free -= wide;
        shown.push(c);
    }
    if columns > 0 {
        shown.push('…');
    }
    Cow::Owned(shown)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_of_a_text_moves_the_cursor() {
        let text = "a\u{1b}[31mb\u{9b}2Jc\r\u{7f}\u{202e}d";
        assert_eq!(printable(text), "a␛[31mb\u{fffd}2Jc␍␡\u{fffd}d");
        assert_eq!(printable("two\nlines\t!"), "two\nlines\t!");
        assert_eq!(printable_cell("two\nlines"), "two␊lines");

        let json = json_line(&text).unwrap();
        assert!(!json.chars().any(is_harmful), "{json}");
        assert_eq!(serde_json::from_str::<String>(&json).unwrap(), text);
    }

    #[test]
    fn a_text_is_cut_by_the_columns_that_it_takes() {
        for (text, columns, shown) in [
            ("Ada", 3, "Ada"),
            ("Adah", 3, "Ad…"),
            ("日本語", 6, "日本語"),
            ("日本語", 5, "日本…"),
            ("日本語", 4, "日…"),
            ("e\u{301}tudes", 3, "e\u{301}t…"),
            ("Ada", 0, ""),
        ] {
            assert_eq!(fit(text, columns), shown, "{text} {columns}");
            assert!(width(&fit(text, columns)) <= columns);
        }
    }
}
