//! Tap-back reactions, which come as texts.

/// How phones put a reaction into words, before the quoted text.
const BEGINNINGS: [&str; 15] = [
    "liked ",
    "loved ",
    "disliked ",
    "laughed at ",
    "emphasized ",
    "emphasised ",
    "questioned ",
    "removed a like from ",
    "removed a heart from ",
    "removed a dislike from ",
    "removed a laugh from ",
    "removed an exclamation from ",
    "removed an exclamation mark from ",
    "removed a question mark from ",
    "removed a reaction from ",
];

/// Whether a text is a reaction to another, such as `Liked "See you at noon"`: nobody has
/// written it, and nobody expects a reply.
///
/// The words are those of phones set to English, and Android's form with the emoji itself. An
/// image or an attachment may stand for the quoted text.
///
/// ```
/// use stratustexting_queue::reply::is_reaction;
///
/// assert!(is_reaction("Liked “See you at noon”"));
/// assert!(is_reaction("👍 to “See you at noon”"));
/// assert!(!is_reaction("I liked it"));
/// ```
#[must_use]
pub fn is_reaction(text: &str) -> bool {
    let text = text.trim_matches(|letter: char| {
        // Android puts invisible marks around its words.
        letter.is_whitespace() || matches!(letter, '\u{200a}'..='\u{200f}' | '\u{2060}')
    });
    let lower = text.to_lowercase();
    let named = BEGINNINGS
        .iter()
        .find_map(|beginning| lower.strip_prefix(beginning));
    if let Some(rest) = named {
        return is_quoted(rest) || is_attachment(rest);
    }
    let reacted = lower.strip_prefix("reacted ").unwrap_or(&lower);
    reacted.split_once(" to ").is_some_and(|(emoji, rest)| {
        let emoji = emoji.trim_matches(|letter: char| !is_emoji(letter));
        !emoji.is_empty() && emoji.chars().all(is_emoji) && is_quoted(rest)
    })
}

fn is_quoted(text: &str) -> bool {
    let text = text.trim_matches(|letter: char| {
        letter.is_whitespace() || matches!(letter, '\u{200a}'..='\u{200f}' | '\u{2060}')
    });
    let quotes = ['"', '“', '”', '„', '«', '»', '\'', '‘', '’'];
    let mut letters = text.chars();
    let first = letters
        .next()
        .is_some_and(|letter| quotes.contains(&letter));
    // A long text is cut off with an ellipsis, inside or outside of the quotes.
    let last = letters.next_back();
    first && last.is_some_and(|letter| quotes.contains(&letter) || letter == '…')
}

fn is_attachment(text: &str) -> bool {
    [
        "an image",
        "a movie",
        "a video",
        "an attachment",
        "an audio message",
        "a contact",
        "a link",
    ]
    .contains(&text.trim())
}

/// An emoji, or a part of one.
fn is_emoji(letter: char) -> bool {
    matches!(u32::from(letter),
        0x1F000..=0x1FAFF | 0x2600..=0x27BF | 0x2190..=0x21FF | 0x2B00..=0x2BFF
        | 0xFE0F | 0x200D | 0x203C | 0x2049)
}

#[cfg(test)]
mod tests {
    use super::is_reaction;

    #[test]
    fn reactions_of_phones_are_recognised() {
        for text in [
            "Liked “Your car is ready”",
            "Liked \"Your car is ready\"",
            "Loved “a”",
            "Laughed at “ok”",
            "Emphasized “ok…”",
            "Removed a heart from “ok”",
            "Removed an exclamation from “ok”",
            "Disliked an image",
            "👍 to “ok”",
            "❤️ to \"ok\"",
            "Reacted 😂 to “ok”",
            "\u{200a}\u{200b}👍\u{200b} to “\u{200a}ok\u{200a}”\u{200a}",
        ] {
            assert!(is_reaction(text), "{text:?}");
        }
    }

    #[test]
    fn what_people_write_is_none() {
        for text in [
            "",
            "Liked",
            "Liked it a lot",
            "I liked \"Dune\"",
            "Loved the movie",
            "👍",
            "👍 to that",
            "come to \"Dune\"",
            "to \"x\"",
            "\"",
            "Questioned \"",
        ] {
            assert!(!is_reaction(text), "{text:?}");
        }
    }
}
