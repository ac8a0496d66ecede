//! Customers' texts on a terminal: whatever they hold, they can't move the cursor, change the
//! window or turn the reading direction of what follows.

use std::fmt::Write;

use serde_json::Value;

/// The text with every character that would do something instead of being seen as an escape.
pub(crate) fn visible(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for c in text.chars() {
        if acts(c) {
            shown.extend(c.escape_default());
        } else {
            shown.push(c);
        }
    }
    shown
}

/// JSON in one line. A JSON writer leaves some of these characters as they are, since they
/// are harmless to a parser.
pub(crate) fn json_line(value: &Value) -> String {
    let json = value.to_string();
    if !json.chars().any(acts) {
        return json;
    }
    let mut line = String::with_capacity(json.len());
    for c in json.chars() {
        if acts(c) {
            // All of them have four digits at most, and stand within a string.
            let _ = write!(line, "\\u{:04x}", u32::from(c));
        } else {
            line.push(c);
        }
    }
    line
}

/// Controls, line ends, and marks of the reading direction.
fn acts(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_would_act_on_a_terminal_is_seen() {
        let text = "a\u{1b}[2Jb\u{9b}31m\n\u{202e}c\u{7f} é 👍";
        let shown = visible(text);

        assert_eq!(shown, r"a\u{1b}[2Jb\u{9b}31m\n\u{202e}c\u{7f} é 👍");
        let line = json_line(&json!({ "text": text }));
        assert!(!line.chars().any(acts), "{line}");
        let read: Value = serde_json::from_str(&line).unwrap();
        assert_eq!(read["text"], text);
    }
}
