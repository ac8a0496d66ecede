//! A renewal whose runtime ends, or whose store panics, loses nothing and leaves nobody waiting.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::SeqCst},
    },
    time::Duration,
};

use futures::{FutureExt, future::BoxFuture};
use serde_json::json;
use stratustexting::{
    AccessToken, Client, Result,
    auth::{Credentials, MemoryTokenStore, StoreError, Token, TokenStore},
};
use tokio::runtime::{Builder, Runtime};

use crate::{
    endpoint::{Endpoint, stored, token},
    support::expired,
};

/// A program's, which runs only while something is waited for.
fn runtime() -> Runtime {
    Builder::new_current_thread().enable_all().build().unwrap()
}

/// The token endpoint's, which runs all the time.
fn serving() -> Runtime {
    Builder::new_multi_thread().enable_all().build().unwrap()
}

/// A program may drive its runtime only now and then, and end it.
#[test]
fn a_renewal_that_never_began_is_begun_by_the_next_call() {
    let serving = serving();
    let endpoint = serving.block_on(Endpoint::start());
    endpoint.grants(1, 3_600.0);
    let client = endpoint.client(MemoryTokenStore::with(expired("R0")));
    runtime().block_on(async {
        let call = std::pin::pin!(token(&client));
        assert!(futures::poll!(call).is_pending());
    });

    assert_eq!(runtime().block_on(token(&client)).unwrap(), "T1");
}

/// Whoever is still at work while the runtime ends gets an error, and doesn't hang.
#[test]
fn a_renewal_that_a_runtime_does_not_take_any_more_is_an_error() {
    for threads in [false, true] {
        let mut builder = match threads {
            true => Builder::new_multi_thread(),
            false => Builder::new_current_thread(),
        };
        let ended = builder.build().unwrap();
        let handle = ended.handle().clone();
        drop(ended);
        let user = Credentials::authorization_code("id", "secret");
        let client = Client::builder()
            .api_base("http://127.0.0.1:9")
            .token_url("http://127.0.0.1:9/token")
            .api_key("key")
            .credentials(user)
            .build()
            .unwrap();

        let (done, outcome) = std::sync::mpsc::channel();
        std::thread::spawn(move || done.send(handle.block_on(token(&client)).is_err()));

        let outcome = outcome.recv_timeout(Duration::from_secs(60));
        assert_eq!(outcome, Ok(true), "{threads}");
    }
}

#[tokio::test]
async fn a_store_that_panics_tells_no_token_and_loses_none() {
    #[derive(Default)]
    struct Panics(AtomicUsize);
    impl TokenStore for Panics {
        fn load(&self) -> BoxFuture<'_, Result<Option<Token>, StoreError>> {
            async { Ok(Some(expired("R0"))) }.boxed()
        }

        fn save<'a>(&'a self, token: &'a Token) -> BoxFuture<'a, Result<(), StoreError>> {
            assert!(
                self.0.fetch_add(1, SeqCst) > 0,
                "{}",
                token.to_secret_json()
            );
            async { Ok(()) }.boxed()
        }

        fn clear(&self) -> BoxFuture<'_, Result<(), StoreError>> {
            async { Ok(()) }.boxed()
        }
    }
    let endpoint = Endpoint::start().await;
    let client = endpoint.client(Panics::default());
    let grant = json!({"access_token": "canary", "refresh_token": "R1", "expires_in": 3_600});
    endpoint.answers(200, grant);

    let error = token(&client).await.unwrap_err();
    let source = std::error::Error::source(&error).unwrap();
    assert!(source.to_string().contains("panicked"), "{source}");
    assert!(!format!("{error} {error:?} {source}").contains("canary"));
    assert_eq!(token(&client).await.unwrap(), "canary");
    assert_eq!(endpoint.used(), ["R0"]);
}

/// A store that never ends with its first token.
#[derive(Default)]
struct Stuck {
    inner: MemoryTokenStore,
    saves: AtomicUsize,
}

impl TokenStore for Stuck {
    fn load(&self) -> BoxFuture<'_, Result<Option<Token>, StoreError>> {
        self.inner.load()
    }

    fn save<'a>(&'a self, token: &'a Token) -> BoxFuture<'a, Result<(), StoreError>> {
        match self.saves.fetch_add(1, SeqCst) {
            0 => std::future::pending().boxed(),
            _ => self.inner.save(token),
        }
    }

    fn clear(&self) -> BoxFuture<'_, Result<(), StoreError>> {
        self.inner.clear()
    }
}

#[test]
fn a_renewal_that_is_cut_off_while_it_stores_loses_nothing() {
    let serving = serving();
    let endpoint = serving.block_on(Endpoint::start());
    endpoint.grants(1, 3_600.0);
    let store = Arc::new(Stuck::default());
    runtime()
        .block_on(store.inner.save(&expired("R0")))
        .unwrap();
    let client = endpoint.client(Arc::clone(&store));
    runtime().block_on(async {
        let mut call = std::pin::pin!(token(&client));
        while store.saves.load(SeqCst) == 0 {
            assert!(futures::poll!(&mut call).is_pending());
            tokio::task::yield_now().await;
        }
    });

    assert_eq!(runtime().block_on(token(&client)).unwrap(), "T1");
    assert_eq!(endpoint.used(), ["R0"]);
}

/// A program that ends cuts off what goes on in the background.
#[test]
fn who_settles_before_the_end_keeps_what_was_renewed_in_the_background() {
    let serving = serving();
    for (settles, left) in [(false, "T0"), (true, "T1")] {
        let endpoint = serving.block_on(Endpoint::start());
        endpoint.grants(1, 3_600.0);
        let soon = std::time::SystemTime::now() + Duration::from_secs(60);
        let good = Token::new(AccessToken::new("T0").unwrap()).with_refresh("R0");
        let store = Arc::new(MemoryTokenStore::with(good.with_expiry(soon)));
        let client = endpoint.client(Arc::clone(&store));
        let program = runtime();

        program.block_on(async {
            for _ in 0..2 {
                assert_eq!(token(&client).await.unwrap(), "T0");
            }
            if settles {
                client.auth().settle().await;
            }
        });
        drop(program);

        assert_eq!(serving.block_on(stored(&store)), left);
    }
}
