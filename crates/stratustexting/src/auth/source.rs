//! Where access tokens come from.

use std::{fmt, sync::Arc};

use futures::future::{BoxFuture, FutureExt};

use crate::{AccessToken, Error, Result, error::Kind};

/// Where access tokens come from.
///
/// For a program whose tokens come from elsewhere, such as a vault or another service:
///
/// ```
/// # use stratustexting_sandbox::Sandbox;
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use futures::future::BoxFuture;
/// use stratustexting::{
///     AccessToken, Client, Error, Result,
///     auth::{Credentials, TokenSource},
/// };
///
/// /// Reads the token from a file that another program writes, for each call anew.
/// #[derive(Debug)]
/// struct SharedFile(std::path::PathBuf);
///
/// impl TokenSource for SharedFile {
///     fn access_token(&self) -> BoxFuture<'_, Result<AccessToken>> {
///         Box::pin(async {
///             let text = tokio::fs::read_to_string(&self.0).await;
///             AccessToken::new(text.map_err(Error::from_token_source)?.trim())
///         })
///     }
///
///     fn reject(&self, _: &AccessToken) {
///         // The file has the next token as soon as the other program has got it.
///     }
/// }
///
/// # let sandbox = Sandbox::start().await?;
/// # let key = sandbox.api_key();
/// # let theirs = Client::builder()
/// #     .api_base(sandbox.api_base()).token_url(sandbox.token_url()).api_key(key)
/// #     .credentials(Credentials::client_credentials(sandbox.client_id(), sandbox.client_secret()))
/// #     .build()?;
/// # let folder = tempfile::tempdir()?;
/// # let path = folder.path().join("token");
/// # std::fs::write(&path, theirs.auth().access_token().await?.expose())?;
/// let client = Client::builder()
/// #   .api_base(sandbox.api_base())
///     .credentials(Credentials::source(SharedFile(path)))
///     .api_key(key)
///     .build()?;
/// let sites = client.sites().list().collect_up_to(10).await?;
/// # let _ = sites;
/// # Ok(())
/// # }
/// ```
pub trait TokenSource: Send + Sync + fmt::Debug + 'static {
    /// A token that is good now.
    ///
    /// Errors are the source's own. One that isn't an [`Error`] of this crate can be wrapped
    /// by [`Error::from_token_source`].
    fn access_token(&self) -> BoxFuture<'_, Result<AccessToken>>;

    /// A token that is good now and needs no waiting, if there is one. It spares most
    /// calls the future. Without it, [`access_token`](Self::access_token) is called.
    ///
    /// Default: none.
    fn ready(&self) -> Option<AccessToken> {
        None
    }

    /// Whether [`access_token`](Self::access_token) can have a token without a user, as far
    /// as that is known without a request; for
    /// [`Auth::is_logged_in`](super::Auth::is_logged_in).
    ///
    /// Default: `true`, as for a source that needs no user.
    fn is_logged_in(&self) -> BoxFuture<'_, Result<bool>> {
        async { Ok(true) }.boxed()
    }

    /// Says that the service rejected this very token, so that another one is needed. A
    /// source that has another one already does nothing.
    fn reject(&self, token: &AccessToken);
}

/// A source that several clients share.
impl<S: TokenSource + ?Sized> TokenSource for Arc<S> {
    fn access_token(&self) -> BoxFuture<'_, Result<AccessToken>> {
        (**self).access_token()
    }

    fn ready(&self) -> Option<AccessToken> {
        (**self).ready()
    }

    fn is_logged_in(&self) -> BoxFuture<'_, Result<bool>> {
        (**self).is_logged_in()
    }

    fn reject(&self, token: &AccessToken) {
        (**self).reject(token);
    }
}

/// A token that another program renews.
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
    /// Wraps the failure of a [`TokenSource`] of your own: there was no token, so nothing
    /// was sent.
    ///
    /// ```
    /// use stratustexting::Error;
    ///
    /// let error = Error::from_token_source(std::io::Error::other("the vault is sealed"));
    /// assert!(error.is_auth() && !error.may_have_been_sent());
    /// ```
    #[must_use]
    pub fn from_token_source(error: impl std::error::Error + Send + Sync + 'static) -> Self {
        Self::new(Kind::TokenRejected).with_source(error)
    }
}
