//! A renewal under the store's lock, and its time limit there.

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering::SeqCst},
    },
    time::{Duration, Instant},
};

use futures::{FutureExt, future::BoxFuture};
use serde_json::json;
use stratustexting::{
    Result,
    auth::{StoreError, StoreLock, Token, TokenStore},
};

use crate::{
    endpoint::{Endpoint, log_in, token},
    support::{expired, silent},
};

/// The holder of a lock that excludes others needn't wait for a token of theirs.
#[tokio::test]
async fn under_a_lock_the_store_is_read_once_for_another_token() {
    #[derive(Default)]
    struct Counting {
        locks: bool,
        loads: AtomicUsize,
    }
    impl TokenStore for Counting {
        fn load(&self) -> BoxFuture<'_, Result<Option<Token>, StoreError>> {
            self.loads.fetch_add(1, SeqCst);
            async { Ok(Some(expired("R0"))) }.boxed()
        }

        fn save<'a>(&'a self, _: &'a Token) -> BoxFuture<'a, Result<(), StoreError>> {
            async { Ok(()) }.boxed()
        }

        fn clear(&self) -> BoxFuture<'_, Result<(), StoreError>> {
            async { Ok(()) }.boxed()
        }

        fn lock(&self) -> BoxFuture<'_, Result<StoreLock, StoreError>> {
            let lock = match self.locks {
                true => StoreLock::holding(()),
                false => StoreLock::none(),
            };
            async { Ok(lock) }.boxed()
        }
    }
    for (locks, loads) in [(true, 3), (false, 6)] {
        let endpoint = Endpoint::start().await;
        let store = Arc::new(Counting {
            locks,
            ..Counting::default()
        });
        let client = endpoint.client(Arc::clone(&store));
        endpoint.answers(400, json!({"error": "invalid_grant"}));

        let error = token(&client).await.unwrap_err();

        assert!(error.is_login_required());
        assert_eq!(store.loads.load(SeqCst), loads, "{locks}");
    }
}

/// A store whose locks are counted, have a number, and expire.
struct Numbered {
    lasts: Duration,
    locks: AtomicUsize,
    /// The numbers under which tokens were saved.
    saved: Mutex<Vec<Option<u64>>>,
}

impl Numbered {
    fn lasting(lasts: Duration) -> Arc<Self> {
        Arc::new(Self {
            lasts,
            locks: AtomicUsize::new(0),
            saved: Mutex::default(),
        })
    }
}

impl TokenStore for Numbered {
    fn load(&self) -> BoxFuture<'_, Result<Option<Token>, StoreError>> {
        async { Ok(Some(expired("R0"))) }.boxed()
    }

    fn save<'a>(&'a self, _: &'a Token) -> BoxFuture<'a, Result<(), StoreError>> {
        async { Err("that is without the lock".into()) }.boxed()
    }

    fn clear(&self) -> BoxFuture<'_, Result<(), StoreError>> {
        async { Ok(()) }.boxed()
    }

    fn lock(&self) -> BoxFuture<'_, Result<StoreLock, StoreError>> {
        let number = self.locks.fetch_add(1, SeqCst) as u64;
        let lock = StoreLock::holding(()).with_fence(number);
        let lock = lock.expiring_at(Instant::now() + self.lasts);
        async { Ok(lock) }.boxed()
    }

    fn save_locked<'a>(
        &'a self,
        _: &'a Token,
        lock: &'a StoreLock,
    ) -> BoxFuture<'a, Result<(), StoreError>> {
        self.saved.lock().unwrap().push(lock.fence());
        async { Ok(()) }.boxed()
    }
}

#[tokio::test]
async fn every_change_of_the_login_is_made_under_the_lock() {
    let endpoint = Endpoint::start().await;
    let store = Numbered::lasting(Duration::from_secs(3_600));
    let client = endpoint.client(Arc::clone(&store));
    endpoint.grants(1, 3_600.0);
    endpoint.grants(2, 3_600.0);

    assert_eq!(token(&client).await.unwrap(), "T1");
    log_in(&client).await.unwrap();
    client.auth().log_out().await.unwrap();

    assert_eq!(*store.saved.lock().unwrap(), [Some(0), Some(1)]);
    assert_eq!(store.locks.load(SeqCst), 3);
}

/// After that, another process may use the same refresh token.
#[tokio::test]
async fn no_request_for_a_token_outlasts_the_lock() {
    let endpoint = Endpoint::start().await;
    let client = endpoint.client(Numbered::lasting(Duration::ZERO));
    assert!(token(&client).await.unwrap_err().is_timeout());
    assert!(endpoint.used().is_empty());

    let (address, connections) = silent().await;
    let silent = Endpoint::at(format!("http://{address}/token"));
    let client = silent.client(Numbered::lasting(Duration::from_millis(400)));
    let start = Instant::now();
    assert!(token(&client).await.unwrap_err().is_timeout());
    assert_eq!(connections.load(SeqCst), 1);
    let limit = Duration::from_secs(20);
    assert!(start.elapsed() < limit, "it would wait for 30 seconds");
}
