//! Where tokens are stored.

use std::sync::{Arc, Mutex, PoisonError};

use futures::future::{BoxFuture, FutureExt};

use super::{StoreLock, Token};

/// Why a store failed.
///
/// It becomes the source of an [`Error`](crate::Error), so it must not quote a token.
pub type StoreError = Box<dyn std::error::Error + Send + Sync>;

/// Stores one login's token.
///
/// A token is saved before it is used for the first time. It must be safe when
/// [`save`](Self::save) is done: a service that rotates refresh tokens has forgotten the old
/// one by then, and if the new one is lost, a user must log in again.
///
/// Three methods are enough for a program of one process, in which one client renews
/// a token once for all callers:
///
/// ```
/// use std::sync::Mutex;
/// use futures::future::BoxFuture;
/// use stratustexting::auth::{StoreError, Token, TokenStore};
///
/// /// Stores the token as a row of JSON, as a database would.
/// #[derive(Default)]
/// struct Row(Mutex<Option<String>>);
///
/// impl TokenStore for Row {
///     fn load(&self) -> BoxFuture<'_, Result<Option<Token>, StoreError>> {
///         Box::pin(async {
///             let row = self.0.lock().expect("not poisoned").clone();
///             Ok(row.as_deref().map(Token::from_secret_json).transpose()?)
///         })
///     }
///
///     fn save<'a>(&'a self, token: &'a Token) -> BoxFuture<'a, Result<(), StoreError>> {
///         Box::pin(async {
///             *self.0.lock().expect("not poisoned") = Some(token.to_secret_json());
///             Ok(())
///         })
///     }
///
///     fn clear(&self) -> BoxFuture<'_, Result<(), StoreError>> {
///         Box::pin(async {
///             *self.0.lock().expect("not poisoned") = None;
///             Ok(())
///         })
///     }
/// }
/// ```
///
/// Where several processes share the store, [`lock`](Self::lock) keeps them from renewing at
/// the same time. Without it they still agree where the service allows it: a process whose
/// refresh token was used already takes the token that the other process has stored. With a
/// service that ends the login at the second use of a refresh token, that is too late.
pub trait TokenStore: Send + Sync + 'static {
    /// The token that was saved last, if there is one.
    ///
    /// # Errors
    ///
    /// When it can't be read.
    fn load(&self) -> BoxFuture<'_, Result<Option<Token>, StoreError>>;

    /// Stores a token in place of the one before.
    ///
    /// # Errors
    ///
    /// When it can't be stored. The client then keeps it in memory, and saves it again with
    /// the next call.
    fn save<'a>(&'a self, token: &'a Token) -> BoxFuture<'a, Result<(), StoreError>>;

    /// Removes the token.
    ///
    /// # Errors
    ///
    /// When it can't be removed.
    fn clear(&self) -> BoxFuture<'_, Result<(), StoreError>>;

    /// Takes the lock under which the token is renewed, and waits for it if need be.
    ///
    /// It is held while the token is read again, renewed and saved, and while a login is
    /// finished or forgotten; reading alone doesn't need it. The wait must end with an error
    /// at some time, the future must be safe to drop, and neither may block the runtime's
    /// thread.
    ///
    /// Default: [`StoreLock::none`], which keeps nobody out.
    ///
    /// # Errors
    ///
    /// When the wait timed out. A caller whose token is still good doesn't notice.
    fn lock(&self) -> BoxFuture<'_, Result<StoreLock, StoreError>> {
        async { Ok(StoreLock::none()) }.boxed()
    }

    /// Stores a token in place of the one before, under a lock of this store.
    ///
    /// A store whose locks can end by themselves refuses the token if another holder
    /// with a larger [fence](StoreLock::fence) has saved one since: this one then
    /// comes too late.
    ///
    /// Default: [`save`](Self::save).
    ///
    /// # Errors
    ///
    /// Those of [`save`](Self::save), and that the token came too late.
    fn save_locked<'a>(
        &'a self,
        token: &'a Token,
        lock: &'a StoreLock,
    ) -> BoxFuture<'a, Result<(), StoreError>> {
        let _ = lock;
        self.save(token)
    }
}

/// Stores the token in memory, for as long as the program runs.
///
/// Several clients of a program can share one by an [`Arc`]; its lock keeps them from
/// renewing at the same time.
///
/// ```
/// use std::sync::Arc;
/// use stratustexting::auth::{MemoryTokenStore, TokenStore};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), stratustexting::auth::StoreError> {
/// let store = Arc::new(MemoryTokenStore::new());
/// let builder = stratustexting::Client::builder().token_store(Arc::clone(&store));
/// assert!(store.load().await?.is_none());
/// # let _ = builder;
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Default)]
pub struct MemoryTokenStore {
    token: Mutex<Option<Token>>,
    renewing: Arc<tokio::sync::Mutex<()>>,
}

impl MemoryTokenStore {
    /// An empty store.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// A store that has a token already.
    #[must_use]
    pub fn with(token: Token) -> Self {
        let store = Self::default();
        store.set(Some(token));
        store
    }

    fn set(&self, token: Option<Token>) {
        // Replacing the whole value can't leave it half-written.
        *self.token.lock().unwrap_or_else(PoisonError::into_inner) = token;
    }
}

impl TokenStore for MemoryTokenStore {
    fn load(&self) -> BoxFuture<'_, Result<Option<Token>, StoreError>> {
        let token = self.token.lock();
        let token = token.unwrap_or_else(PoisonError::into_inner).clone();
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

    /// Waits without a timeout of its own: its holder is in this program, and has one.
    fn lock(&self) -> BoxFuture<'_, Result<StoreLock, StoreError>> {
        let renewing = Arc::clone(&self.renewing);
        async { Ok(StoreLock::holding(renewing.lock_owned().await)) }.boxed()
    }
}

/// A store that several clients share.
impl<S: TokenStore + ?Sized> TokenStore for Arc<S> {
    fn load(&self) -> BoxFuture<'_, Result<Option<Token>, StoreError>> {
        (**self).load()
    }

    fn save<'a>(&'a self, token: &'a Token) -> BoxFuture<'a, Result<(), StoreError>> {
        (**self).save(token)
    }

    fn clear(&self) -> BoxFuture<'_, Result<(), StoreError>> {
        (**self).clear()
    }

    fn lock(&self) -> BoxFuture<'_, Result<StoreLock, StoreError>> {
        (**self).lock()
    }

    fn save_locked<'a>(
        &'a self,
        token: &'a Token,
        lock: &'a StoreLock,
    ) -> BoxFuture<'a, Result<(), StoreError>> {
        (**self).save_locked(token, lock)
    }
}
