//! Where tokens are kept.

use std::sync::{Mutex, PoisonError};

use futures::future::{BoxFuture, FutureExt};

use super::Token;

/// Why a store failed.
pub type StoreError = Box<dyn std::error::Error + Send + Sync>;

/// A place that keeps one login's token.
///
/// A token is saved before it is used for the first time. An implementation has to
/// have it safe when [`save`](Self::save) is done: a service that rotates refresh
/// tokens has forgotten the old one by then, and losing the new one means that a
/// user has to log in again.
pub trait TokenStore: Send + Sync + 'static {
    /// The token that was saved last, if there is one.
    fn load(&self) -> BoxFuture<'_, Result<Option<Token>, StoreError>>;

    /// Keeps a token in place of the one before.
    fn save<'a>(&'a self, token: &'a Token) -> BoxFuture<'a, Result<(), StoreError>>;

    /// Forgets the token.
    fn clear(&self) -> BoxFuture<'_, Result<(), StoreError>>;
}

/// Keeps the token for as long as the program runs.
#[derive(Debug, Default)]
pub struct MemoryTokenStore(Mutex<Option<Token>>);

impl MemoryTokenStore {
    /// An empty store.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// A store that has a token already.
    #[must_use]
    pub fn with(token: Token) -> Self {
        Self(Mutex::new(Some(token)))
    }

    fn set(&self, token: Option<Token>) {
        // Replacing the whole value can't leave it half-written.
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = token;
    }
}

impl TokenStore for MemoryTokenStore {
    fn load(&self) -> BoxFuture<'_, Result<Option<Token>, StoreError>> {
        let token = self
            .0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone();
        async { Ok(token) }.boxed()
    }

    fn save<'a>(&'a self, token: &'a Token) -> BoxFuture<'a, Result<(), StoreError>> {
        self.set(Some(token.clone()));
        async { Ok(()) }.boxed()
    }

    fn clear(&self) -> BoxFuture<'_, Result<(), StoreError>> {
        self.set(None);
        async { Ok(()) }.boxed()
    }
}

/// A store that several clients share.
impl<S: TokenStore + ?Sized> TokenStore for std::sync::Arc<S> {
    fn load(&self) -> BoxFuture<'_, Result<Option<Token>, StoreError>> {
        (**self).load()
    }

    fn save<'a>(&'a self, token: &'a Token) -> BoxFuture<'a, Result<(), StoreError>> {
        (**self).save(token)
    }

    fn clear(&self) -> BoxFuture<'_, Result<(), StoreError>> {
        (**self).clear()
    }
}
