//! One renewal, from the store's lock to the store.
//!
//! The order matters: take the lock, read the store again, request a token, store it, and
//! only then hand it out. The holder of the lock may find that another process was faster;
//! then it uses that process's token. A renewal that fails reads the store once more before
//! it says so, because another machine may have won without the lock.

use std::time::Duration;

use super::{
    Grant, StoreLock, Token,
    login::CodeExchange,
    managed::{Inner, store_error, warning_if_cut_off},
    protocol::TIME_LIMIT,
    schedule::jitter,
};
use crate::{Error, RefreshToken, Result, error::Kind};

/// How many refresh tokens a renewal uses at most: its own, and after it those that other
/// processes have stored meanwhile.
const TRIES: usize = 3;

/// The pauses before the store is read again for another process's token, where no lock
/// says that none is about to be stored. In milliseconds.
const WINNERS_TIME: [u64; 3] = [50, 150, 300];

impl Inner {
    /// Renews the token. Where that fails, it returns the old one if that is still good.
    pub(super) async fn renew(&self) -> Result<Token> {
        match self.obtain().await {
            Ok(token) => Ok(token),
            Err(error) => {
                let mut state = self.lock();
                state.renewal_failed(error.retry_after());
                // A token that is only about to expire is better than none.
                let good = state.good().cloned();
                if good.is_some() {
                    tracing::warn!(%error, "the token couldn't be renewed, and is still good");
                }
                good.ok_or(error)
            }
        }
    }

    /// Gets tokens for a code. A code can be used once, so everything else that can fail
    /// comes first.
    pub(super) async fn log_in(&self, login: CodeExchange) -> Result<()> {
        let _gate = self.gate.lock().await;
        let lock = self.store.lock().await.map_err(store_error)?;
        // A token that can't be read can be replaced all the same.
        let before = self.store.load().await.ok().flatten();
        let outcome = warning_if_cut_off(async {
            let token = within(&lock, self.oauth.exchange_code(login)).await?;
            self.keep_login(token, before.as_ref(), &lock).await
        });
        let outcome = outcome.await;
        lock.release().await;
        outcome
    }

    /// Stores the token of a login. One that the store doesn't take is stored with the next
    /// call: the user has logged in, so this login counts from now on.
    async fn keep_login(
        &self,
        token: Token,
        before: Option<&Token>,
        lock: &StoreLock,
    ) -> Result<()> {
        if let Some(before) = before {
            self.lock().outdate(before);
        }
        self.lock().keep_unsaved(token.clone());
        let saved = self.store.save_locked(&token, lock).await;
        let mut state = self.lock();
        match saved {
            Ok(()) => {
                state.replace(&token);
                Ok(())
            }
            Err(error) => {
                state.drop_current();
                Err(store_error(error))
            }
        }
    }

    pub(super) async fn log_out(&self) -> Result<()> {
        let _gate = self.gate.lock().await;
        let lock = self.store.lock().await.map_err(store_error)?;
        let outcome = self.store.clear().await.map_err(store_error);
        if outcome.is_ok() {
            self.lock().log_out();
        }
        lock.release().await;
        outcome
    }

    async fn obtain(&self) -> Result<Token> {
        let _gate = self.gate.lock().await;
        // First without the lock: another process, or the last run of this one, may
        // have left a good token, which costs nobody any waiting.
        let has_none = self.lock().good().is_none();
        let stored = self.load().await?;
        if let Some(token) = self.adopt(stored.as_ref()) {
            return Ok(token);
        }
        if has_none && let Some(token) = self.lock().good().cloned() {
            // It is about to expire. Callers that wait come again, and then wait for the lock
            // and the renewal no longer than it is good.
            return Ok(token);
        }
        let lock = match self.store.lock().await {
            Ok(lock) => lock,
            // Its holder may have stored a token just now.
            Err(error) => {
                let stored = self.load().await?;
                return self
                    .adopt(stored.as_ref())
                    .ok_or_else(|| store_error(error));
            }
        };
        let outcome = self.renew_under(&lock).await;
        lock.release().await;
        outcome
    }

    async fn renew_under(&self, lock: &StoreLock) -> Result<Token> {
        let stored = self.load().await?;
        if let Some(token) = self.adopt(stored.as_ref()) {
            return Ok(token);
        }
        let stored = stored.filter(|stored| !self.lock().is_outdated(stored));
        let unsaved = self.lock().unsaved(stored.as_ref());
        if let Some(token) = &unsaved
            && self.lock().accepts(token)
        {
            return self.publish(token.clone(), lock).await;
        }
        let base = unsaved
            .or(stored)
            .or_else(|| self.lock().current().cloned());
        let renewal = self.renew_from(base, lock);
        if self.grant == Grant::ClientCredentials {
            // The next one costs nobody a login.
            return renewal.await;
        }
        warning_if_cut_off(renewal).await
    }

    async fn renew_from(&self, mut base: Option<Token>, lock: &StoreLock) -> Result<Token> {
        let mut attempt = 0;
        loop {
            attempt += 1;
            let refresh = self.refresh_token(base.as_ref());
            let error = match self.request(refresh.as_ref(), lock).await {
                Ok(token) => {
                    if let Some(base) = &base {
                        self.lock().outdate(base);
                    }
                    return self.publish(token, lock).await;
                }
                Err(error) => error.before_sending(),
            };
            if !error.ends_login() {
                return Err(error);
            }
            self.lock().end_login(refresh.as_ref());
            if attempt == TRIES {
                return Err(error);
            }
            if let Some(base) = &base {
                self.lock().give_up(base);
            }
            let Some(other) = self.winner(base.as_ref(), lock).await? else {
                return Err(error);
            };
            if let Some(token) = self.adopt(Some(&other)) {
                return Ok(token);
            }
            base = Some(other);
        }
    }

    /// The refresh token to renew a token by, or the credentials' own.
    fn refresh_token(&self, base: Option<&Token>) -> Option<RefreshToken> {
        let first = || self.first.as_ref().filter(|_| !self.lock().logged_out);
        base.and_then(Token::refresh).or_else(first).cloned()
    }

    async fn request(&self, refresh: Option<&RefreshToken>, lock: &StoreLock) -> Result<Token> {
        if self.grant == Grant::ClientCredentials {
            // It needs no refresh token, and one that another program left may be dead.
            return within(lock, self.oauth.client_credentials()).await;
        }
        match refresh {
            Some(refresh) => within(lock, self.oauth.refresh(refresh)).await,
            None => Err(Error::new(Kind::LoginRequired)),
        }
    }

    async fn load(&self) -> Result<Option<Token>> {
        match self.store.load().await {
            Ok(token) => Ok(token),
            // With client credentials nothing of it is needed, and a new one replaces it.
            Err(error) if self.grant == Grant::ClientCredentials => {
                tracing::warn!(%error, "the stored token can't be read; a new one replaces it");
                Ok(None)
            }
            Err(error) => Err(store_error(error)),
        }
    }

    /// Uses a stored token if that makes a renewal unnecessary.
    fn adopt(&self, stored: Option<&Token>) -> Option<Token> {
        let token = stored?;
        let mut state = self.lock();
        if state.is_outdated(token) || !state.accepts(token) {
            return None;
        }
        // The one in hand must be renewed, so finding it again doesn't help.
        let known = state
            .good()
            .is_some_and(|good| good.access() == token.access());
        // Also one that is about to expire, for when the renewal fails.
        state.take(token);
        (!known && !state.is_about_to_expire()).then(|| token.clone())
    }

    /// The token that another process has stored in place of the one whose renewal was
    /// rejected.
    async fn winner(&self, used: Option<&Token>, lock: &StoreLock) -> Result<Option<Token>> {
        let other = |stored: Option<Token>| {
            // To use an outdated one would be a second use of its refresh token, for which a
            // service may end the login.
            let new = |stored: &Token| !self.lock().is_outdated(stored);
            let another = |stored: &Token| used.is_none_or(|used| !stored.is_same_as(used));
            stored.filter(|stored| another(stored) && new(stored))
        };
        let mut found = other(self.load().await?);
        if lock.excludes() {
            return Ok(found);
        }
        for pause in WINNERS_TIME {
            if found.is_some() {
                break;
            }
            let pause = Duration::from_millis(pause);
            tokio::time::sleep(pause.mul_f64(0.5 + jitter())).await;
            found = other(self.load().await?);
        }
        Ok(found)
    }

    /// Stores a token and only then hands it out. It is remembered before that: the service
    /// knows no other by now, and the store may panic, or the runtime end.
    async fn publish(&self, token: Token, lock: &StoreLock) -> Result<Token> {
        self.lock().keep_unsaved(token.clone());
        let Err(error) = self.store.save_locked(&token, lock).await else {
            self.lock().replace(&token);
            return Ok(token);
        };
        // The store may have refused it because another process has stored a newer one, or
        // may have it all the same.
        if let Ok(stored) = self.store.load().await
            && let Some(other) = self.adopt(stored.as_ref())
        {
            self.lock().give_up(&token);
            return Ok(other);
        }
        Err(store_error(error))
    }
}

/// Makes a request to the token endpoint, for no longer than the lock is sure to last.
async fn within(lock: &StoreLock, request: impl Future<Output = Result<Token>>) -> Result<Token> {
    let limit = lock.time_left().unwrap_or(TIME_LIMIT).min(TIME_LIMIT);
    let timeout = |while_| Error::new(Kind::Timeout { while_ });
    if limit.is_zero() {
        // Another process may hold the lock by now.
        return Err(timeout("waiting for the token store").before_sending());
    }
    tokio::time::timeout(limit, request)
        .await
        .unwrap_or_else(|_| Err(timeout("waiting for the token endpoint")))
}
