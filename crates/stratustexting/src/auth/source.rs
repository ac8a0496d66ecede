//! Where access tokens come from.

use std::fmt;

use futures::future::{BoxFuture, FutureExt};

use crate::{AccessToken, Error, Result, error::Kind};

/// Where access tokens come from.
pub trait TokenSource: Send + Sync + fmt::Debug + 'static {
    /// A token that is good now.
    ///
    /// Errors are the source's own; what isn't an [`Error`] of this crate can be
    /// wrapped by [`Error::from_token_source`].
    fn access_token(&self) -> BoxFuture<'_, Result<AccessToken>>;

    /// A token that is good now and needs no waiting, if there is one. It spares most
    /// calls the future; a source that doesn't have it is asked by
    /// [`access_token`](Self::access_token).
    fn ready(&self) -> Option<AccessToken> {
        None
    }

    /// Says that the service refused this very token, so that another one is
    /// needed. A source that has another one already does nothing.
    fn reject(&self, token: &AccessToken);
}

/// A token that somebody else takes care of.
#[derive(Debug)]
pub(crate) struct StaticToken(pub(crate) AccessToken);

impl TokenSource for StaticToken {
    fn access_token(&self) -> BoxFuture<'_, Result<AccessToken>> {
        let token = self.0.clone();
        async { Ok(token) }.boxed()
    }

    fn ready(&self) -> Option<AccessToken> {
        Some(self.0.clone())
    }

    fn reject(&self, _: &AccessToken) {}
}

impl Error {
    /// Wraps the failure of a [`TokenSource`] of your own: no token, so nothing was
    /// sent.
    #[must_use]
    pub fn from_token_source(error: impl std::error::Error + Send + Sync + 'static) -> Self {
        Self::new(Kind::TokenRejected).with_source(error)
    }
}
