//! A token as it is stored.

use std::{
    fmt,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use serde::{Deserialize, Serialize};

use crate::{AccessToken, Error, RefreshToken, Result};

/// An access token, and the refresh token that renews it.
///
/// ```
/// use std::time::{Duration, SystemTime};
/// use stratustexting::{AccessToken, auth::Token};
///
/// # fn main() -> stratustexting::Result<()> {
/// let token = Token::new(AccessToken::new("eyJraWQiOiJleGFtcGxlIn0")?)
///     .with_refresh("a refresh token")
///     .with_expiry(SystemTime::now() + Duration::from_secs(3_600));
///
/// let stored = token.to_secret_json();
/// let back = Token::from_secret_json(&stored)?;
/// assert_eq!(back.access(), token.access());
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Token {
    access: AccessToken,
    refresh: Option<RefreshToken>,
    expires_at: Option<SystemTime>,
    /// When the request for it began, if this crate made it.
    obtained_at: Option<SystemTime>,
}

/// The stored form. The version lets a later one read what this one wrote.
#[derive(Serialize, Deserialize)]
struct Stored {
    version: u32,
    access_token: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    refresh_token: Option<String>,
    /// Milliseconds since 1970-01-01 UTC.
    #[serde(skip_serializing_if = "Option::is_none")]
    expires_at: Option<u64>,
    /// Likewise. Missing where another program wrote it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    obtained_at: Option<u64>,
}

const VERSION: u32 = 1;

impl Token {
    /// A token that never expires, as far as is known, and can't be renewed.
    #[must_use]
    pub fn new(access: AccessToken) -> Self {
        Self {
            access,
            refresh: None,
            expires_at: None,
            obtained_at: None,
        }
    }

    /// Adds a refresh token.
    #[must_use]
    pub fn with_refresh(mut self, refresh: impl Into<RefreshToken>) -> Self {
        self.refresh = Some(refresh.into());
        self
    }

    /// Adds the time at which it expires.
    #[must_use]
    pub fn with_expiry(mut self, expires_at: SystemTime) -> Self {
        self.expires_at = Some(expires_at);
        self
    }

    /// The access token.
    #[must_use]
    pub fn access(&self) -> &AccessToken {
        &self.access
    }

    /// The refresh token, if there is one.
    #[must_use]
    pub fn refresh(&self) -> Option<&RefreshToken> {
        self.refresh.as_ref()
    }

    /// When the access token expires, if that is known.
    #[must_use]
    pub fn expires_at(&self) -> Option<SystemTime> {
        self.expires_at
    }

    /// Adds a lifetime, which is counted from the start of the request for it.
    pub(super) fn obtained(mut self, at: SystemTime, lifetime: Option<Duration>) -> Self {
        self.obtained_at = Some(at);
        self.expires_at = lifetime.and_then(|lifetime| at.checked_add(lifetime));
        self
    }

    /// Its whole lifetime, if that is known.
    pub(super) fn lifetime(&self) -> Option<Duration> {
        self.expires_at?.duration_since(self.obtained_at?).ok()
    }

    /// Whether both of its tokens are the same.
    pub(super) fn is_same_as(&self, other: &Self) -> bool {
        let refresh = |token: &Self| token.refresh.as_ref().map(|t| t.expose().to_owned());
        self.access == other.access && refresh(self) == refresh(other)
    }

    /// Whether the access token is still good at a time.
    pub(crate) fn is_good_at(&self, time: SystemTime) -> bool {
        self.expires_at.is_none_or(|expires_at| time < expires_at)
    }

    /// The token as JSON, for a store to keep. It contains the secrets.
    #[must_use]
    pub fn to_secret_json(&self) -> String {
        let millis = |time: SystemTime| {
            let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
            u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
        };
        let stored = Stored {
            version: VERSION,
            access_token: self.access.expose().to_owned(),
            refresh_token: self.refresh.as_ref().map(|t| t.expose().to_owned()),
            expires_at: self.expires_at.map(millis),
            obtained_at: self.obtained_at.map(millis),
        };
        // Strings and numbers always serialise.
        serde_json::to_string(&stored).unwrap_or_default()
    }

    /// Reads what [`to_secret_json`](Self::to_secret_json) wrote.
    ///
    /// # Errors
    ///
    /// [`Error::is_input`] when it is something else. The error doesn't quote it.
    pub fn from_secret_json(json: &str) -> Result<Self> {
        let unreadable = || Error::input("stored token", "must be one that this crate wrote");
        // The parser's error may quote the text, so it is left out.
        let stored: Stored = serde_json::from_str(json).map_err(|_| unreadable())?;
        if stored.version != VERSION {
            return Err(unreadable());
        }
        let time = |millis| UNIX_EPOCH.checked_add(Duration::from_millis(millis));
        Ok(Self {
            access: AccessToken::new(&stored.access_token)?,
            refresh: stored.refresh_token.map(RefreshToken::new),
            expires_at: stored.expires_at.and_then(time),
            obtained_at: stored.obtained_at.and_then(time),
        })
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Token")
            .field("access", &self.access)
            .field("refresh", &self.refresh)
            .field("expires_at", &self.expires_at)
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stored_token_comes_back_whole() {
        let expires_at = UNIX_EPOCH + Duration::from_millis(1_774_951_200_123);
        let token = Token::new(AccessToken::new("access").unwrap())
            .with_refresh("refresh")
            .obtained(UNIX_EPOCH, Some(Duration::from_secs(3_600)))
            .with_expiry(expires_at);

        let back = Token::from_secret_json(&token.to_secret_json()).unwrap();

        assert_eq!(back.access(), token.access());
        assert_eq!(back.refresh().map(RefreshToken::expose), Some("refresh"));
        assert_eq!(back.expires_at(), Some(expires_at));
        assert_eq!(back.lifetime(), token.lifetime());
        assert!(back.is_same_as(&token));
    }

    #[test]
    fn a_token_is_no_longer_good_at_the_moment_of_its_expiry() {
        let token = Token::new(AccessToken::new("a").unwrap());
        assert!(token.is_good_at(UNIX_EPOCH + Duration::from_secs(u32::MAX.into())));

        let token = token.with_expiry(UNIX_EPOCH + Duration::from_secs(1));
        assert!(token.is_good_at(UNIX_EPOCH));
        assert!(!token.is_good_at(UNIX_EPOCH + Duration::from_secs(1)));
    }

    #[test]
    fn a_token_that_an_earlier_version_wrote_is_read() {
        let text = r#"{"version":1,"access_token":"a","expires_at":1774951200123}"#;

        let token = Token::from_secret_json(text).unwrap();

        assert!(token.expires_at().is_some() && token.lifetime().is_none());
    }

    #[test]
    fn an_unreadable_token_is_an_error_that_quotes_nothing() {
        for text in [
            "",
            "canary",
            r#"{"version":1}"#,
            r#"{"version":9,"access_token":"canary"}"#,
        ] {
            let error = Token::from_secret_json(text).unwrap_err();

            assert!(
                !format!("{error} {error:?}").contains("canary"),
                "{error:?}"
            );
        }
    }
}
