//! Tokens that this crate gets, keeps and renews: one renewal for all who wait.
//!
//! What stands here is the process's side: the token in hand, who waits, who needn't.
//! How a renewal is made, and what other processes have to do with it, is in
//! `renewal.rs`.

use std::{
    collections::VecDeque,
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant, SystemTime},
};

use futures::future::{BoxFuture, FutureExt, Shared};
use tokio::task::AbortHandle;

use super::{
    Grant, Login, OAuthClient, StoreError, Token, TokenSource, TokenStore,
    schedule::{Due, Plan, pause_after_failure},
};
use crate::{AccessToken, CallOptions, Error, RefreshToken, Result, error::Kind};

/// Tokens that this crate gets, keeps and renews.
#[derive(Clone)]
pub(crate) struct ManagedTokens(Arc<Inner>);

pub(super) struct Inner {
    pub(super) oauth: OAuthClient,
    pub(super) grant: Grant,
    /// A refresh token to begin with, where the store has no token.
    pub(super) first: Option<RefreshToken>,
    pub(super) store: Arc<dyn TokenStore>,
    /// Held while tokens are renewed, got by a login, or forgotten: in this process,
    /// whatever the store's lock does.
    pub(super) gate: tokio::sync::Mutex<()>,
    state: Mutex<State>,
}

#[derive(Default)]
pub(super) struct State {
    current: Option<(Token, Plan)>,
    /// The token that the service refused although it should be good.
    rejected: Option<AccessToken>,
    /// A new token that the store hasn't taken yet, or didn't. Nobody has got it yet.
    unsaved: Option<Token>,
    /// The last tokens that others have taken the place of. A store that still has one of
    /// them didn't take what came after it, or has gone back in time: what is known here
    /// is newer.
    replaced: VecDeque<Token>,
    /// The user was logged out here, by which the credentials' refresh token ends, too.
    pub(super) logged_out: bool,
    renewal: Option<Underway>,
    /// A failed renewal isn't tried again before, as long as there is a good token.
    retry_at: Option<Instant>,
}

/// How many tokens that were replaced are known: more than a store can be behind.
const KNOWN: usize = 16;

/// A renewal that is under way, for everybody who waits for it.
type Renewal = Shared<BoxFuture<'static, Result<Token>>>;

/// A renewal with its task, by which it is known whether it has ended. The task can't say so
/// itself: a runtime that ends drops it at once, while the state is locked by who made it.
struct Underway {
    task: AbortHandle,
    renewal: Renewal,
}

impl State {
    /// The token in hand, if it is good.
    pub(super) fn good(&self) -> Option<&Token> {
        let (token, _) = self.current.as_ref()?;
        self.accepts(token).then_some(token)
    }

    pub(super) fn current(&self) -> Option<&Token> {
        self.current.as_ref().map(|(token, _)| token)
    }

    /// Whether a token is good now, and nobody has refused it.
    pub(super) fn accepts(&self, token: &Token) -> bool {
        token.is_good_at(SystemTime::now()) && self.rejected.as_ref() != Some(token.access())
    }

    /// Whether a request with the token in hand might arrive too late.
    pub(super) fn is_about_to_expire(&self) -> bool {
        let plan = self.current.as_ref().map(|(_, plan)| plan);
        plan.is_none_or(|plan| plan.due(SystemTime::now()) == Due::Now)
    }

    /// Takes a token that is in the store.
    pub(super) fn take(&mut self, token: &Token) {
        // The same one keeps the time that was drawn for it.
        if self
            .current()
            .is_none_or(|current| !current.is_same_as(token))
        {
            self.put(token);
        }
    }

    /// Takes a new token, which nobody can have refused, and which is in the store.
    pub(super) fn replace(&mut self, token: &Token) {
        self.put(token);
        self.rejected = None;
        self.unsaved = None;
        self.logged_out = false;
        self.retry_at = None;
    }

    fn put(&mut self, token: &Token) {
        let before = self.current.replace((token.clone(), Plan::of(token)));
        if let Some((before, _)) = before {
            self.outdate(&before);
        }
    }

    /// Keeps a new token until the store takes it.
    pub(super) fn keep_unsaved(&mut self, token: Token) {
        let before = self.unsaved.take();
        if let Some(before) = before.filter(|before| !before.is_same_as(&token)) {
            self.outdate(&before);
        }
        self.unsaved = Some(token);
    }

    /// Forgets the token in hand, which another has taken the place of.
    pub(super) fn drop_current(&mut self) {
        if let Some((before, _)) = self.current.take() {
            self.outdate(&before);
        }
    }

    /// Notes that there is a newer token than this one.
    pub(super) fn outdate(&mut self, token: &Token) {
        if !self.is_outdated(token) {
            self.replaced.truncate(KNOWN - 1);
            self.replaced.push_front(token.clone());
        }
    }

    /// Whether a token that the store has is older than what is known here.
    pub(super) fn is_outdated(&self, token: &Token) -> bool {
        self.replaced.iter().any(|other| other.is_same_as(token))
    }

    /// A new token that the store didn't take the last time, if nobody has put a newer one
    /// into it meanwhile: the service knows no other by now.
    pub(super) fn unsaved(&mut self, stored: Option<&Token>) -> Option<Token> {
        if stored.is_some() {
            self.unsaved = None;
        }
        self.unsaved.clone()
    }

    /// The service has refused to renew this token, or another is there in its place.
    pub(super) fn give_up(&mut self, token: &Token) {
        if self
            .unsaved
            .as_ref()
            .is_some_and(|unsaved| unsaved.is_same_as(token))
        {
            self.unsaved = None;
        }
    }

    pub(super) fn log_out(&mut self) {
        let renewal = self.renewal.take();
        let renewal = renewal.filter(|underway| !underway.task.is_finished());
        *self = Self {
            logged_out: true,
            renewal,
            ..Self::default()
        };
    }

    /// A renewal failed; how long the token endpoint asks to be left alone.
    pub(super) fn renewal_failed(&mut self, asked: Option<Duration>) {
        let pause = pause_after_failure().max(asked.unwrap_or_default());
        let now = Instant::now();
        let for_ever = now + CallOptions::FOREVER;
        self.retry_at = Some(now.checked_add(pause).unwrap_or(for_ever));
    }

    /// The token to use and what to do about it, if there is a good one.
    fn in_hand(&self) -> Option<(&Token, Due)> {
        let (token, plan) = self.current.as_ref()?;
        if !self.accepts(token) {
            return None;
        }
        let paused = self.retry_at.is_some_and(|time| Instant::now() < time);
        let due = if paused {
            Due::Nothing
        } else {
            plan.due(SystemTime::now())
        };
        Some((token, due))
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
            gate: tokio::sync::Mutex::default(),
            state: Mutex::default(),
        }))
    }

    pub(crate) fn grant(&self) -> Grant {
        self.0.grant
    }

    pub(super) fn start_login(&self, redirect_uri: &str) -> Result<Login> {
        self.0.oauth.start_login(redirect_uri)
    }

    pub(super) async fn finish_login(&self, login: &Login, callback_url: &str) -> Result<()> {
        let exchange = login.take_code(callback_url)?;
        let inner = Arc::clone(&self.0);
        // Detached: a code can be used once, so a caller who goes away must not take
        // the answer along.
        detached(async move { inner.log_in(exchange).await }).await
    }

    pub(super) async fn log_out(&self) -> Result<()> {
        let inner = Arc::clone(&self.0);
        // Detached, so that the store and the memory forget together.
        detached(async move { inner.log_out().await }).await
    }

    pub(super) async fn settle(&self) {
        let underway = self.0.lock().renewal.as_ref().map(|u| u.renewal.clone());
        if let Some(renewal) = underway {
            // How it ended is for whoever needs a token.
            let _ = renewal.await;
        }
        drop(self.0.gate.lock().await);
    }

    /// The renewal that is under way, or a new one.
    fn renewal(&self, state: &mut State) -> Renewal {
        if let Some(underway) = &state.renewal
            && !underway.task.is_finished()
        {
            return underway.renewal.clone();
        }
        let inner = Arc::clone(&self.0);
        // Detached for the same reason as a login: whoever asked first may go away,
        // and a rotated refresh token must not be lost with them.
        let work = tokio::spawn(async move { inner.renew().await });
        let task = work.abort_handle();
        let renewal = async move { work.await.map_err(interrupted)? }
            .boxed()
            .shared();
        state.renewal = Some(Underway {
            task,
            renewal: renewal.clone(),
        });
        renewal
    }

    /// A token that needs no waiting, or what to wait for.
    fn demand(&self) -> Result<AccessToken, Wait> {
        let mut state = self.0.lock();
        let found = state.in_hand().map(|(token, due)| (token.clone(), due));
        match found {
            Some((token, Due::Nothing)) => Ok(token.access().clone()),
            Some((token, Due::InBackground)) => {
                // It goes on without anybody who waits for it.
                drop(self.renewal(&mut state));
                Ok(token.access().clone())
            }
            Some((token, Due::Now)) => Err(Wait {
                renewal: self.renewal(&mut state),
                instead: Some(token),
            }),
            None => Err(Wait {
                renewal: self.renewal(&mut state),
                instead: None,
            }),
        }
    }

    async fn get(&self) -> Result<AccessToken> {
        let token = match self.demand() {
            Ok(token) => return Ok(token),
            Err(wait) => wait.end().await?,
        };
        let settled = {
            let state = self.0.lock();
            state.accepts(&token) && !state.is_about_to_expire()
        };
        if settled {
            return Ok(token.access().clone());
        }
        // It was refused while its own renewal was ending. Or all that was done is that
        // it was found in the store: now that it is known, its end limits the wait.
        match self.demand() {
            Ok(token) => Ok(token),
            Err(wait) => Ok(wait.end().await?.access().clone()),
        }
    }
}

/// A renewal to wait for.
struct Wait {
    renewal: Renewal,
    /// A token that is good for a little while yet, if the renewal takes too long.
    instead: Option<Token>,
}

impl Wait {
    async fn end(self) -> Result<Token> {
        let left = self.instead.as_ref().and_then(|token| {
            let left = token.expires_at()?.duration_since(SystemTime::now());
            left.ok()
        });
        let (Some(token), Some(left)) = (self.instead, left) else {
            return self.renewal.await;
        };
        // The other half is for the request.
        match tokio::time::timeout(left / 2, self.renewal).await {
            Ok(Ok(renewed)) => Ok(renewed),
            // Whatever became of it takes nothing away from what is good.
            Ok(Err(_)) | Err(_) => Ok(token),
        }
    }
}

impl TokenSource for ManagedTokens {
    fn access_token(&self) -> BoxFuture<'_, Result<AccessToken>> {
        self.get().boxed()
    }

    fn ready(&self) -> Option<AccessToken> {
        match self.0.lock().in_hand() {
            Some((token, Due::Nothing)) => Some(token.access().clone()),
            _ => None,
        }
    }

    fn reject(&self, token: &AccessToken) {
        let mut state = self.0.lock();
        // Compared, because by the time one caller's 401 is here another's may have
        // brought a new token, which nobody has refused.
        if state.current().map(Token::access) == Some(token) {
            state.rejected = Some(token.clone());
        }
    }
}

impl Inner {
    pub(super) fn lock(&self) -> MutexGuard<'_, State> {
        // Every change above is a few assignments that can't fail, so a panic elsewhere
        // leaves nothing half-done.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn detached(work: impl Future<Output = Result<()>> + Send + 'static) -> Result<()> {
    tokio::spawn(work).await.map_err(interrupted)?
}

pub(super) fn store_error(error: StoreError) -> Error {
    Error::new(Kind::Store).with_source(Wrapped(error))
}

/// The runtime ended, or the store panicked, while the token was being renewed. What a panic
/// said isn't passed on: it may quote what was to be stored.
fn interrupted(error: tokio::task::JoinError) -> Error {
    store_error(if error.is_panic() {
        "it panicked".into()
    } else {
        "the runtime ended meanwhile".into()
    })
}

/// A boxed error as an error.
#[derive(Debug)]
struct Wrapped(StoreError);

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

#[cfg(test)]
mod tests {
    use super::*;

    fn token(access: &str) -> Token {
        Token::new(AccessToken::new(access).unwrap())
    }

    #[tokio::test(start_paused = true)]
    async fn whatever_becomes_of_a_renewal_a_good_token_is_not_lost() {
        let good = token("good").with_expiry(SystemTime::now() + Duration::from_secs(20));
        let renewals: [BoxFuture<'static, Result<Token>>; 3] = [
            async { Ok(token("new")) }.boxed(),
            async { Err(Error::new(Kind::Store)) }.boxed(),
            std::future::pending().boxed(),
        ];
        for (renewal, expected) in renewals.into_iter().zip(["new", "good", "good"]) {
            let wait = Wait {
                renewal: renewal.shared(),
                instead: Some(good.clone()),
            };
            let start = tokio::time::Instant::now();

            let had = wait.end().await.unwrap();

            assert_eq!(had.access().expose(), expected);
            assert!(start.elapsed() <= Duration::from_secs(10));
        }
    }

    #[test]
    fn the_token_endpoint_is_left_alone_for_as_long_as_it_asks() {
        let hour = Duration::from_secs(3_600);
        for (asked, least) in [
            (None, Duration::from_secs(5)),
            (Some(Duration::ZERO), Duration::from_secs(5)),
            (Some(hour), hour),
            (Some(Duration::MAX), CallOptions::FOREVER),
        ] {
            let mut state = State::default();
            let start = Instant::now();

            state.renewal_failed(asked);

            assert!(state.retry_at.unwrap() >= start + least, "{asked:?}");
        }
    }

    #[test]
    fn no_more_replaced_tokens_are_known_than_needed_and_none_twice() {
        let mut state = State::default();
        for number in 0..2 * KNOWN {
            for _ in 0..2 {
                state.outdate(&token(&number.to_string()));
            }
        }

        assert_eq!(state.replaced.len(), KNOWN);
        let known = |number: usize| state.is_outdated(&token(&number.to_string()));
        assert!(known(KNOWN) && known(2 * KNOWN - 1) && !known(KNOWN - 1));
    }

    #[test]
    fn storing_a_token_again_in_vain_does_not_make_it_an_old_one() {
        let mut state = State::default();
        for _ in 0..2 {
            state.keep_unsaved(token("new"));
        }

        assert!(!state.is_outdated(&token("new")));
        state.keep_unsaved(token("newer"));
        assert!(state.is_outdated(&token("new")));
    }
}
