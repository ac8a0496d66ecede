//! Tokens on demand, renewed once for all who wait.

use std::{
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, SystemTime},
};

use futures::future::{BoxFuture, FutureExt, Shared};

use super::{Grant, Login, OAuthClient, Token, TokenStore};
use crate::{AccessToken, Error, RefreshToken, Result, error::Kind};

/// How long before its end a token counts as expired: long enough for a request to
/// get there.
const LEEWAY: Duration = Duration::from_secs(30);

/// Where access tokens come from.
pub trait TokenSource: Send + Sync + fmt::Debug + 'static {
    /// A token that is good now.
    ///
    /// Errors are the source's own; what isn't an [`Error`] of this crate can be
    /// wrapped by [`Error::from_token_source`].
    fn access_token(&self) -> BoxFuture<'_, Result<AccessToken>>;

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

    fn reject(&self, _: &AccessToken) {}
}

/// Tokens that this crate gets, keeps and renews.
#[derive(Clone)]
pub(crate) struct ManagedTokens(Arc<Inner>);

struct Inner {
    oauth: OAuthClient,
    grant: Grant,
    /// A refresh token to begin with, where the store has no token.
    first: Option<RefreshToken>,
    store: Arc<dyn TokenStore>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    current: Option<Token>,
    /// The token that the service refused although it should be good.
    rejected: Option<AccessToken>,
    renewal: Option<Renewal>,
}

/// A renewal that is under way, for everybody who waits for it.
type Renewal = Shared<BoxFuture<'static, Result<Token>>>;

impl State {
    /// The current token, if it is good at a time.
    fn usable(&self, at: SystemTime) -> Option<&Token> {
        self.current
            .as_ref()
            .filter(|token| self.accepts(token, at))
    }

    fn accepts(&self, token: &Token, at: SystemTime) -> bool {
        token.is_good_at(at) && self.rejected.as_ref() != Some(token.access())
    }
}

impl ManagedTokens {
    pub(crate) fn new(
        oauth: OAuthClient,
        grant: Grant,
        first: Option<RefreshToken>,
        store: Arc<dyn TokenStore>,
    ) -> Self {
        Self(Arc::new(Inner {
            oauth,
            grant,
            first,
            store,
            state: Mutex::default(),
        }))
    }

    pub(super) fn grant(&self) -> Grant {
        self.0.grant
    }

    pub(super) fn start_login(&self, redirect_uri: &str) -> Result<Login> {
        self.0.oauth.start_login(redirect_uri)
    }

    pub(super) async fn finish_login(&self, login: Login, callback_url: &str) -> Result<()> {
        let code = login.code(callback_url)?;
        let inner = Arc::clone(&self.0);
        // Detached: a code can be used once, so a caller who goes away must not take
        // the answer along.
        let task = tokio::spawn(async move {
            let token = inner.oauth.exchange_code(login, code).await?;
            inner.publish(token).await
        });
        task.await.map_err(interrupted)??;
        Ok(())
    }

    pub(super) async fn log_out(&self) -> Result<()> {
        self.0.store.clear().await.map_err(store_error)?;
        let mut state = self.0.lock();
        state.current = None;
        state.rejected = None;
        Ok(())
    }

    /// The renewal that is under way, or a new one.
    fn renewal(&self, state: &mut State) -> Renewal {
        if let Some(renewal) = &state.renewal {
            return renewal.clone();
        }
        let inner = Arc::clone(&self.0);
        // Detached for the same reason as a login: whoever asked first may go away,
        // and a rotated refresh token must not be lost with them.
        let task = tokio::spawn(async move {
            let _done = Done(&inner);
            inner.renew().await
        });
        let renewal = async move { task.await.map_err(interrupted)? }
            .boxed()
            .shared();
        state.renewal = Some(renewal.clone());
        renewal
    }
}

impl TokenSource for ManagedTokens {
    fn access_token(&self) -> BoxFuture<'_, Result<AccessToken>> {
        let renewal = {
            let mut state = self.0.lock();
            match state.usable(SystemTime::now() + LEEWAY) {
                Some(token) => Err(token.access().clone()),
                None => Ok(self.renewal(&mut state)),
            }
        };
        async move {
            match renewal {
                Err(token) => Ok(token),
                Ok(renewal) => Ok(renewal.await?.access().clone()),
            }
        }
        .boxed()
    }

    fn reject(&self, token: &AccessToken) {
        let mut state = self.0.lock();
        // Compared, because by the time one caller's 401 is here another's may have
        // brought a new token, which nobody has refused.
        if state.current.as_ref().map(Token::access) == Some(token) {
            state.rejected = Some(token.clone());
        }
    }
}

impl Inner {
    fn lock(&self) -> MutexGuard<'_, State> {
        // Every change below is a single assignment, so a panic elsewhere leaves
        // nothing half-done.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn renew(&self) -> Result<Token> {
        match self.obtain().await {
            Ok(token) => Ok(token),
            Err(error) => {
                // A token that is only about to expire is better than none.
                let state = self.lock();
                state.usable(SystemTime::now()).cloned().ok_or(error)
            }
        }
    }

    async fn obtain(&self) -> Result<Token> {
        let stored = self.store.load().await.map_err(store_error)?;
        if let Some(token) = stored.as_ref() {
            // Another process, or the last run of this one, may have left a good one.
            let mut state = self.lock();
            let now = SystemTime::now();
            if state.accepts(token, now) {
                // Even one that is about to expire, for when the renewal fails.
                state.current = Some(token.clone());
            }
            if state.accepts(token, now + LEEWAY) {
                return Ok(token.clone());
            }
        }
        let current = self.lock().current.clone();
        let refresh = stored
            .as_ref()
            .or(current.as_ref())
            .and_then(Token::refresh)
            .or(self.first.as_ref());
        let token = match (refresh, self.grant) {
            (Some(refresh), _) => self.oauth.refresh(refresh).await,
            (None, Grant::ClientCredentials) => self.oauth.client_credentials().await,
            (None, Grant::AuthorizationCode) => Err(Error::new(Kind::LoginRequired)),
        }
        .map_err(Error::before_sending)?;
        self.publish(token).await
    }

    /// Stores a token and only then hands it out.
    async fn publish(&self, token: Token) -> Result<Token> {
        self.store.save(&token).await.map_err(store_error)?;
        let mut state = self.lock();
        state.current = Some(token.clone());
        state.rejected = None;
        Ok(token)
    }
}

/// Ends the renewal when its task ends, in whichever way.
struct Done<'a>(&'a Inner);

impl Drop for Done<'_> {
    fn drop(&mut self) {
        self.0.lock().renewal = None;
    }
}

fn store_error(error: super::StoreError) -> Error {
    Error::new(Kind::Store).with_source(Wrapped(error))
}

/// The runtime ended, or the store panicked, while the token was being renewed.
fn interrupted(error: tokio::task::JoinError) -> Error {
    Error::new(Kind::Store).with_source(error)
}

/// A boxed error as an error.
#[derive(Debug)]
struct Wrapped(super::StoreError);

impl fmt::Display for Wrapped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl std::error::Error for Wrapped {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.0.source()
    }
}

impl fmt::Debug for ManagedTokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ManagedTokens")
            .field("grant", &self.0.grant)
            .finish_non_exhaustive()
    }
}

impl Error {
    /// Wraps the failure of a [`TokenSource`] of your own: no token, so nothing was
    /// sent.
    #[must_use]
    pub fn from_token_source(error: impl std::error::Error + Send + Sync + 'static) -> Self {
        Self::new(Kind::TokenRefused).with_source(error)
    }
}
