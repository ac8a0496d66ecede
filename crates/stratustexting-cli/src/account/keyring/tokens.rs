//! A login's tokens in the keyring.

use std::{path::Path, sync::Arc};

use futures::future::{BoxFuture, FutureExt};
use stratustexting::auth::{FileTokenStore, StoreError, StoreLock, Token, TokenStore};

use super::{Fault, Keyring, backend};

/// The tokens of one profile. No keyring has a lock, so it is that of the file in which the
/// tokens would be otherwise: a process that moves them there, or from there, excludes the
/// others, too.
#[derive(Clone, Debug)]
pub(in crate::account) struct KeyringTokens {
    keyring: Keyring,
    file: Arc<FileTokenStore>,
}

impl KeyringTokens {
    pub(in crate::account) fn new(keyring: Keyring, file: &Path) -> Self {
        Self {
            keyring,
            file: Arc::new(FileTokenStore::new(file)),
        }
    }

    pub(in crate::account) fn keyring(&self) -> &Keyring {
        &self.keyring
    }

    /// Runs a request where it may block.
    fn blocking<T: Send + 'static>(
        &self,
        work: impl FnOnce(&str) -> Result<T, Fault> + Send + 'static,
    ) -> BoxFuture<'_, Result<T, StoreError>> {
        let entry = self.keyring.entry("tokens");
        async move { Ok(tokio::task::spawn_blocking(move || work(&entry)).await??) }.boxed()
    }
}

impl TokenStore for KeyringTokens {
    fn load(&self) -> BoxFuture<'_, Result<Option<Token>, StoreError>> {
        self.blocking(|entry| {
            let unreadable = || {
                Fault::new(
                    "keyring_unreadable",
                    "has something else in place of the profile's login",
                )
            };
            let Some(found) = backend::get(entry)? else {
                return Ok(None);
            };
            let text = std::str::from_utf8(&found).map_err(|_| unreadable())?;
            let token = Token::from_secret_json(text).map_err(|_| unreadable())?;
            Ok(Some(token))
        })
    }

    fn save<'a>(&'a self, token: &'a Token) -> BoxFuture<'a, Result<(), StoreError>> {
        let text = token.to_secret_json().into_bytes();
        self.blocking(move |entry| backend::set(entry, text))
    }

    fn clear(&self) -> BoxFuture<'_, Result<(), StoreError>> {
        async move {
            self.blocking(backend::delete).await?;
            // A login that was killed while it moved may have left it.
            self.file.clear().await
        }
        .boxed()
    }

    fn lock(&self) -> BoxFuture<'_, Result<StoreLock, StoreError>> {
        self.file.lock()
    }
}
