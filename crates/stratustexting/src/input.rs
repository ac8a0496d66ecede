//! Checks of input that several resources share.

use crate::{Error, Result, invisible::shows_nothing};

/// An id that becomes a segment of a path.
pub(crate) fn id(field: &'static str, id: &str) -> Result<()> {
    let plain = !id.is_empty() && !id.chars().any(char::is_control) && !is_dots(id);
    if plain {
        Ok(())
    } else {
        Err(Error::input(
            field,
            "must be an id: not empty, not a path, without control characters",
        ))
    }
}

/// Whether a segment means "here" or "one up", as a URL's parser reads it.
pub(crate) fn is_dots(segment: &str) -> bool {
    let decoded = segment.to_ascii_lowercase().replace("%2e", ".");
    decoded == "." || decoded == ".."
}

/// A text that may not be missing.
pub(crate) fn not_empty(field: &'static str, text: &str) -> Result<()> {
    if text.chars().all(shows_nothing) {
        Err(Error::input(
            field,
            "may not be empty, nor of characters only that show nothing",
        ))
    } else {
        Ok(())
    }
}

/// How long a text may be before it is warned about. Nothing is known of a limit; one
/// program's author names this one.
const LONG_TEXT: usize = 1_000;

/// The text of a message.
pub(crate) fn message_text(text: &str) -> Result<()> {
    not_empty("text", text)?;
    warn_of_length(text);
    Ok(())
}

/// Warns of a long text. It is never cut: half a message is worse than one that is rejected.
pub(crate) fn warn_of_length(text: &str) {
    let characters = text.chars().count();
    if characters > LONG_TEXT {
        tracing::warn!(
            characters,
            "a text of more than 1,000 characters may be more than the service takes"
        );
    }
}

/// A secret or an id that is sent to the token endpoint or in a header. White space around it
/// is mostly a line break from a file or an environment variable, the commonest mistake.
pub(crate) fn credential(field: &'static str, value: &str) -> Result<()> {
    let problem = if value.is_empty() {
        "may not be empty"
    } else if is_padded(value) {
        "has white space, a line break or another character that shows nothing at its \
         beginning or end"
    } else if value.contains(char::is_control) {
        "has a control character in it"
    } else {
        return Ok(());
    };
    Err(Error::configuration(field, problem))
}

/// Whether a text has white space around it, or other characters that show nothing. A URL's
/// parser passes over it; a server that compares the text, or a header, doesn't.
pub(crate) fn is_padded(text: &str) -> bool {
    let (first, last) = (text.chars().next(), text.chars().next_back());
    first.is_some_and(shows_nothing) || last.is_some_and(shows_nothing)
}

/// An e-mail address that becomes a segment of a path: its form only.
pub(crate) fn email(field: &'static str, email: &str) -> Result<()> {
    let bad = |c: char| c.is_control() || c.is_whitespace();
    let parts = email.split_once('@');
    let plain = parts
        .is_some_and(|(user, host)| !user.is_empty() && !host.is_empty() && !host.contains('@'));
    if plain && !email.contains(bad) {
        Ok(())
    } else {
        Err(Error::input(field, "must be an e-mail address"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_can_not_change_the_path() {
        for text in ["6890b1408f412234d99c8e13", "a b", "a/b", "...", "ünïcode"] {
            assert!(id("contact id", text).is_ok(), "{text}");
        }
        for text in ["", ".", "..", "%2e%2E", "a\r\nb", "\0"] {
            let error = id("contact id", text).unwrap_err();

            assert_eq!(error.field(), Some("contact id"), "{text:?}");
        }
    }

    #[test]
    fn a_text_shows_something_or_is_empty() {
        for text in [
            "",
            " \n\t",
            "\u{a0}",
            "\u{200b}",
            "\u{2060}\u{feff}",
            "\u{3164}",
            "\u{2800}\u{fe0f}",
            "\0",
        ] {
            assert_eq!(
                not_empty("text", text).unwrap_err().field(),
                Some("text"),
                "{text:?}"
            );
        }
        for text in ["a", "\u{200b}a", "\u{2764}\u{fe0f}", "\u{1f600}", "."] {
            assert!(not_empty("text", text).is_ok(), "{text:?}");
        }
    }

    #[test]
    fn a_credential_has_nothing_around_it() {
        for value in [
            "",
            "a\n",
            "a\r\n",
            " a",
            "a ",
            "\ta",
            "\u{feff}a",
            "a\0b",
            "a\nb",
            "\u{a0}a",
        ] {
            let error = credential("client_id", value).unwrap_err();

            assert!(
                error.is_configuration() && error.field() == Some("client_id"),
                "{value:?}"
            );
        }
        for value in ["a", "7abc-DEF", "a b", "p\u{e4}ss"] {
            assert!(credential("client_id", value).is_ok(), "{value:?}");
        }
    }

    #[test]
    fn e_mail_addresses_have_a_user_and_a_host() {
        assert!(email("agent", "agent@example.com").is_ok());
        for text in [
            "",
            "agent",
            "@example.com",
            "agent@",
            "a@b@c",
            "a b@c",
            "a\n@b",
        ] {
            assert!(email("agent", text).unwrap_err().is_input(), "{text:?}");
        }
    }
}
