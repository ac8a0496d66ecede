//! Checks of input that more than one resource makes.

use crate::{Error, Result, client::is_dots};

/// An id that becomes a segment of a path.
pub(crate) fn id(field: &'static str, id: &str) -> Result<()> {
    let plain = !id.is_empty() && !id.chars().any(char::is_control) && !is_dots(id);
    if plain {
        Ok(())
    } else {
        Err(Error::input(
            field,
            "has to be an id: not empty, not a path, without control characters",
        ))
    }
}

/// A text that may not be missing.
pub(crate) fn not_empty(field: &'static str, text: &str) -> Result<()> {
    if text.trim().is_empty() {
        Err(Error::input(field, "may not be empty"))
    } else {
        Ok(())
    }
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
        Err(Error::input(field, "has to be an e-mail address"))
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
