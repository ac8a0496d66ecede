//! Tokens that this crate gets, stores and renews: one renewal for all who wait.
//!
//! This file has the process's side: the token in hand, and which calls wait. `renewal.rs`
//! has the steps of a renewal, and other processes' part in it.

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
    login::CodeExchange,
    schedule::{Due, Plan, pause_after_failure},
};
use crate::{AccessToken, Error, RefreshToken, Result, error::Kind, time::FOREVER};

/// Tokens that this crate gets, stores and renews.
#[derive(Clone)]
pub(crate) struct ManagedTokens(Arc<Inner>);

pub(super) struct Inner {
    pub(super) oauth: OAuthClient,
    pub(super) grant: Grant,
    /// The credentials' refresh token, for while the store has no token.
    pub(super) first: Option<RefreshToken>,
    pub(super) store: Arc<dyn TokenStore>,
    /// Held during a renewal, a login and a logout: it excludes the others in this process,
    /// whatever the store's lock does.
    pub(super) gate: tokio::sync::Mutex<()>,
    state: Mutex<State>,
}

#[derive(Default)]
pub(super) struct State {
    current: Option<(Token, Plan)>,
    /// The token that the service rejected although it should be good.
    rejected: Option<AccessToken>,
    /// A new token that isn't in the store, because saving it is under way or failed. No
    /// call has used it.
    unsaved: Option<Token>,
    /// The last tokens that were replaced. A store that still has one of them didn't take
    /// its successor, or has gone back in time: what is known here is newer.
    replaced: VecDeque<Token>,
    /// The last refresh token of which the service said that its login is over.
    over: Option<RefreshToken>,
    /// The user was logged out here, which ends the credentials' refresh token, too.
    pub(super) logged_out: bool,
    renewal: Option<Underway>,
    /// After a failed renewal: no other before this, as long as there is a good token.
    retry_at: Option<Instant>,
}

/// How many replaced tokens are remembered: more than a store can be behind.
const KNOWN: usize = 16;

/// A renewal that is under way, for everybody who waits for it.
type Renewal = Shared<BoxFuture<'static, Result<Token>>>;

/// A renewal with its task, which tells whether it has ended. The task can't note that in the
/// state: a runtime that has ended drops it while it is spawned, and the state is locked then.
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

    /// Whether a token is good now, and the service hasn't rejected it.
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

    /// Takes a new token, which is in the store. The service can't have rejected it yet.
    pub(super) fn replace(&mut self, token: &Token) {
        self.put(token);
        self.rejected = None;
        self.unsaved = None;
        self.over = None;
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

    /// Forgets the token in hand, which was replaced.
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

    /// A new token that the store didn't take the last time, unless another process has
    /// stored a newer one since: the service knows no other by now.
    pub(super) fn unsaved(&mut self, stored: Option<&Token>) -> Option<Token> {
        if stored.is_some() {
            self.unsaved = None;
        }
        self.unsaved.clone()
    }

    /// The service doesn't renew this token, or another one has replaced it.
    pub(super) fn give_up(&mut self, token: &Token) {
        if self
            .unsaved
            .as_ref()
            .is_some_and(|unsaved| unsaved.is_same_as(token))
        {
            self.unsaved = None;
        }
    }

    /// Remembers a refresh token of which the service said that its login is over.
    pub(super) fn end_login(&mut self, refresh: Option<&RefreshToken>) {
        self.over = refresh.cloned();
    }

    /// Whether the next call can have a token without a user, as far as is known here: one
    /// that is good, or one to renew that the service hasn't ended. `first` is the
    /// credentials' refresh token.
    fn is_logged_in(&self, stored: Option<&Token>, first: Option<&RefreshToken>) -> bool {
        let stored = stored.filter(|stored| !self.is_outdated(stored));
        // In the order in which a renewal takes them.
        let unsaved = self.unsaved.as_ref().filter(|_| stored.is_none());
        let known = [unsaved, stored, self.current()];
        if known.into_iter().flatten().any(|token| self.accepts(token)) {
            return true;
        }
        let base = known.into_iter().flatten().next();
        let first = first.filter(|_| !self.logged_out);
        let over = self.over.as_ref().map(RefreshToken::expose);
        base.and_then(Token::refresh)
            .or(first)
            .is_some_and(|refresh| Some(refresh.expose()) != over)
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

    /// Notes that a renewal failed, and how long the token endpoint wants no other.
    pub(super) fn renewal_failed(&mut self, retry_after: Option<Duration>) {
        let pause = pause_after_failure().max(retry_after.unwrap_or_default());
        let now = Instant::now();
        let for_ever = now + FOREVER;
        self.retry_at = Some(now.checked_add(pause).unwrap_or(for_ever));
    }

    /// The token to use, and whether to renew it, if there is a good one.
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
        self.exchange(login.take_code(callback_url)?).await
    }

    /// Gets tokens for a code, and stores them.
    pub(super) async fn exchange(&self, exchange: CodeExchange) -> Result<()> {
        let inner = Arc::clone(&self.0);
        // Detached: a code can be used once, so the tokens must not be lost with a caller
        // who goes away.
        detached(async move { inner.log_in(exchange).await }).await
    }

    /// See [`Auth::is_logged_in`](super::Auth::is_logged_in).
    async fn has_login(&self) -> Result<bool> {
        if self.0.grant == Grant::ClientCredentials {
            return Ok(true);
        }
        let stored = self.0.store.load().await.map_err(store_error)?;
        let first = self.0.first.as_ref();
        Ok(self.0.lock().is_logged_in(stored.as_ref(), first))
    }

    pub(super) async fn log_out(&self) -> Result<()> {
        let inner = Arc::clone(&self.0);
        // Detached, so that the store and the memory forget together.
        detached(async move { inner.log_out().await }).await
    }

    pub(super) async fn wait_for_renewal(&self) {
        let underway = self.0.lock().renewal.as_ref().map(|u| u.renewal.clone());
        if let Some(renewal) = underway {
            // After a failure, the next call that needs a token renews again.
            let _ = renewal.await;
        }
        // Whatever else changes the login holds the gate.
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
        // Detached for the same reason as a login: the first caller may go away, and a
        // rotated refresh token must not be lost with it.
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

    /// A token that is ready, or the renewal to wait for.
    fn demand(&self) -> Result<AccessToken, Wait> {
        let mut state = self.0.lock();
        let found = state.in_hand().map(|(token, due)| (token.clone(), due));
        match found {
            Some((token, Due::Nothing)) => Ok(token.access().clone()),
            Some((token, Due::InBackground)) => {
                // It goes on although nobody waits for it.
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
        let usable = {
            let state = self.0.lock();
            state.accepts(&token) && !state.is_about_to_expire()
        };
        if usable {
            return Ok(token.access().clone());
        }
        // It was rejected while its own renewal was ending. Or the renewal only found it in
        // the store: now that it is known, its end limits the wait.
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
            // A renewal that fails takes nothing away from a token that is good.
            Ok(Err(_)) | Err(_) => Ok(token),
        }
    }
}

impl TokenSource for ManagedTokens {
    fn access_token(&self) -> BoxFuture<'_, Result<AccessToken>> {
        self.get().boxed()
    }

    fn is_logged_in(&self) -> BoxFuture<'_, Result<bool>> {
        self.has_login().boxed()
    }

    fn ready(&self) -> Option<AccessToken> {
        match self.0.lock().in_hand() {
            Some((token, Due::Nothing)) => Some(token.access().clone()),
            _ => None,
        }
    }

    fn reject(&self, token: &AccessToken) {
        let mut state = self.0.lock();
        // Compared, because another call's 401 may have brought a new token by now, which
        // the service hasn't rejected.
        if state.current().map(Token::access) == Some(token) {
            state.rejected = Some(token.clone());
        }
    }
}

impl Inner {
    pub(super) fn lock(&self) -> MutexGuard<'_, State> {
        // Every change above is a few assignments that can't fail, so a panic elsewhere
        // leaves no change half made.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn detached(work: impl Future<Output = Result<()>> + Send + 'static) -> Result<()> {
    tokio::spawn(work).await.map_err(interrupted)?
}

/// Does work that must not be cut off: from the request for a token until that is stored.
/// A runtime that ends cuts it off all the same, and then the log has it.
pub(super) async fn warning_if_cut_off<T>(work: impl Future<Output = T>) -> T {
    let guard = CutOff;
    let outcome = work.await;
    std::mem::forget(guard);
    outcome
}

/// Dropped only where the work is.
struct CutOff;

impl Drop for CutOff {
    fn drop(&mut self) {
        // A panic of the store is no end of the runtime, and its caller gets an error.
        if !std::thread::panicking() {
            tracing::warn!(
                "the program ended while a token was being renewed or a login finished: the \
                 login may be lost; `Auth::wait_for_renewal` at its end prevents that"
            );
        }
    }
}

pub(super) fn store_error(error: StoreError) -> Error {
    Error::new(Kind::Store).with_source(Wrapped(error))
}

/// The runtime ended, or the store panicked, while the token was being renewed. The panic's
/// message isn't passed on: it may quote the token.
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
    async fn a_good_token_is_not_lost_however_a_renewal_ends() {
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
    fn no_renewal_is_made_before_the_token_endpoints_retry_after() {
        let hour = Duration::from_secs(3_600);
        for (asked, least) in [
            (None, Duration::from_secs(5)),
            (Some(Duration::ZERO), Duration::from_secs(5)),
            (Some(hour), hour),
            (Some(Duration::MAX), FOREVER),
        ] {
            let mut state = State::default();
            let start = Instant::now();

            state.renewal_failed(asked);

            assert!(state.retry_at.unwrap() >= start + least, "{asked:?}");
        }
    }

    #[test]
    fn no_more_replaced_tokens_are_remembered_than_needed_and_none_twice() {
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
    fn a_token_that_fails_to_be_stored_again_does_not_count_as_replaced() {
        let mut state = State::default();
        for _ in 0..2 {
            state.keep_unsaved(token("new"));
        }

        assert!(!state.is_outdated(&token("new")));
        state.keep_unsaved(token("newer"));
        assert!(state.is_outdated(&token("new")));
    }
}
