//! Secrets: they print as `[hidden]`, and only `expose` reads them.

use std::fmt;

use http::HeaderValue;
use secrecy::{ExposeSecret, SecretString};

use crate::{Result, error::Error};

macro_rules! secret {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone)]
        pub struct $name(SecretString);

        impl $name {
            /// Wraps the secret. It is wiped from memory when dropped.
            ///
            /// ```
            #[doc = concat!("use stratustexting::", stringify!($name), ";")]
            ///
            #[doc = concat!("let secret = ", stringify!($name), "::new(\"s3cret\");")]
            #[doc = concat!("assert_eq!(format!(\"{secret:?}\"), \"", stringify!($name), "([hidden])\");")]
            /// assert_eq!(secret.expose(), "s3cret");
            /// ```
            pub fn new(secret: impl Into<String>) -> Self {
                Self(SecretString::from(secret.into()))
            }

            /// The secret itself. Don't log it.
            #[must_use]
            pub fn expose(&self) -> &str {
                self.0.expose_secret()
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(concat!(stringify!($name), "([hidden])"))
            }
        }

        impl From<&str> for $name {
            fn from(secret: &str) -> Self {
                Self::new(secret)
            }
        }

        impl From<String> for $name {
            fn from(secret: String) -> Self {
                Self::new(secret)
            }
        }
    };
}

secret! {
    /// The API key of a client, sent as `x-api-key` with every request.
    ApiKey
}

secret! {
    /// The client secret of OAuth 2.0.
    ClientSecret
}

secret! {
    /// A refresh token of OAuth 2.0.
    RefreshToken
}

/// An access token of OAuth 2.0.
#[derive(Clone)]
pub struct AccessToken(SecretString);

impl AccessToken {
    /// Checks and wraps a token. It is wiped from memory when dropped.
    ///
    /// ```
    /// use stratustexting::AccessToken;
    ///
    /// # fn main() -> stratustexting::Result<()> {
    /// let token = AccessToken::new("eyJraWQiOiJleGFtcGxlIn0")?;
    /// assert_eq!(format!("{token:?}"), "AccessToken([hidden])");
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// [`Error::is_input`] when it is empty, or has characters that can't be in a
    /// header.
    pub fn new(token: impl AsRef<str>) -> Result<Self> {
        let token = token.as_ref();
        header_value(token).ok_or_else(|| Error::input("access token", VISIBLE))?;
        Ok(Self(token.into()))
    }

    /// The token itself. Don't log it.
    #[must_use]
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }

    /// The value of the `Authorization` header.
    pub(crate) fn header(&self) -> HeaderValue {
        let mut value = header_value(&format!("Bearer {}", self.expose()))
            .unwrap_or_else(|| unreachable!("it was checked when it was made"));
        value.set_sensitive(true);
        value
    }
}

impl PartialEq for AccessToken {
    fn eq(&self, other: &Self) -> bool {
        self.expose() == other.expose()
    }
}

impl Eq for AccessToken {}

impl fmt::Debug for AccessToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AccessToken([hidden])")
    }
}

/// The characters that a value may have that becomes a header.
pub(crate) const VISIBLE: &str =
    "must be one or more visible ASCII characters or spaces, without a line break";

/// A header's value of visible ASCII characters and spaces. A line break in it would begin
/// another header.
pub(crate) fn header_value(text: &str) -> Option<HeaderValue> {
    let visible = |c: u8| c == b' ' || c.is_ascii_graphic();
    if text.is_empty() || !text.bytes().all(visible) {
        return None;
    }
    HeaderValue::from_str(text).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_shows_no_secret() {
        let text = format!(
            "{:?} {:?} {:?} {:?}",
            ApiKey::new("canary"),
            ClientSecret::new("canary"),
            RefreshToken::new("canary"),
            AccessToken::new("canary").unwrap(),
        );

        assert!(!text.contains("canary"), "{text}");
    }

    #[test]
    fn a_token_that_would_break_a_header_is_refused() {
        for token in ["", "a\r\nb", "a\nx: y", "\u{1f600}", "a\0"] {
            let error = AccessToken::new(token).unwrap_err();

            assert_eq!(error.field(), Some("access token"), "{token:?}");
        }
        assert_eq!(AccessToken::new("eyJ.a-b_c").unwrap().expose(), "eyJ.a-b_c");
    }
}
