//! A renewal whose runtime ends, or whose store panics: it loses nothing, leaves no call waiting,
//! and warns where a login may be lost.

use std::{
    io,
    sync::{
        Arc, Mutex,
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
    endpoint::{Endpoint, log_in, stored, token},
    support::{expired, silent},
};

/// A program's runtime, which runs only during `block_on`.
fn runtime() -> Runtime {
    Builder::new_current_thread().enable_all().build().unwrap()
}

/// The token endpoint's runtime, which runs all the time.
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

/// A call that is still at work while the runtime ends gets an error, and doesn't hang.
#[test]
fn a_renewal_on_a_runtime_that_has_ended_is_an_error() {
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
fn a_renewal_in_the_background_is_stored_if_the_program_waits_for_it() {
    let serving = serving();
    for (waits, left) in [(false, "T0"), (true, "T1")] {
        let endpoint = serving.block_on(Endpoint::start());
        endpoint.grants(1, 3_600.0);
        let soon = std::time::SystemTime::now() + Duration::from_secs(60);
        let good = Token::new(AccessToken::new("T0").unwrap()).with_refresh("R0");
        let store = Arc::new(MemoryTokenStore::with(good.with_expiry(soon)));
        let client = endpoint.client(Arc::clone(&store));
        let program = runtime();
        let log = Log::default();
        let watched = log.watch();

        program.block_on(async {
            for _ in 0..2 {
                assert_eq!(token(&client).await.unwrap(), "T0");
            }
            if waits {
                client.auth().wait_for_renewal().await;
            }
        });
        drop((client, program));
        drop(watched);

        assert_eq!(serving.block_on(stored(&store)), left);
        // A renewal that never began has lost nothing either.
        assert_eq!(log.text(), "");
    }
}

/// Polls until it is so far, which it never ends before.
async fn poll_until(work: impl Future<Output = Result<()>>, far_enough: impl Fn() -> bool) {
    let mut work = std::pin::pin!(work);
    while !far_enough() {
        assert!(futures::poll!(&mut work).is_pending());
        tokio::task::yield_now().await;
    }
}

#[test]
fn a_program_that_cuts_off_a_request_for_tokens_is_warned() {
    let serving = serving();
    let user = || Credentials::authorization_code("id", "secret");
    let machine = || Credentials::client_credentials("id", "secret");
    for (credentials, by_login, warned) in [
        (user(), false, true),
        (user(), true, true),
        // No login is lost with it.
        (machine(), false, false),
    ] {
        let (address, requests) = serving.block_on(silent());
        let endpoint = Endpoint::at(format!("http://{address}/token"));
        let store = MemoryTokenStore::with(expired("R0"));
        let client = endpoint.builder(credentials).token_store(store);
        let client = client.build().unwrap();
        let program = runtime();
        let log = Log::default();
        let watched = log.watch();

        program.block_on(async {
            let arrived = || requests.load(SeqCst) > 0;
            match by_login {
                true => poll_until(log_in(&client), arrived).await,
                false => poll_until(token(&client).map(|_| Ok(())), arrived).await,
            }
        });
        assert_eq!(log.text(), "", "it isn't cut off yet");
        drop((client, program));
        drop(watched);

        let text = log.text();
        assert_eq!(text.contains("wait_for_renewal"), warned, "{text}");
        assert_eq!(text.lines().count(), usize::from(warned), "{text}");
    }
}

#[test]
fn a_program_that_cuts_off_the_storing_of_a_token_is_warned() {
    let serving = serving();
    let endpoint = serving.block_on(Endpoint::start());
    endpoint.grants(1, 3_600.0);
    let store = Arc::new(Stuck::default());
    let client = endpoint.client(Arc::clone(&store));
    let program = runtime();
    let log = Log::default();
    let watched = log.watch();

    program.block_on(async {
        store.inner.save(&expired("R0")).await.unwrap();
        let work = token(&client).map(|_| Ok(()));
        poll_until(work, || store.saves.load(SeqCst) > 0).await;
    });
    drop((client, program));
    drop(watched);

    assert!(log.text().contains("wait_for_renewal"), "{}", log.text());
}

/// The warnings of this thread, while it is watched.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Log {
    fn watch(&self) -> tracing::subscriber::DefaultGuard {
        let log = self.clone();
        let subscriber = tracing_subscriber::fmt()
            .with_max_level(tracing_subscriber::filter::LevelFilter::WARN)
            .with_ansi(false)
            .with_writer(move || log.clone())
            .finish();
        tracing::subscriber::set_default(subscriber)
    }

    fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
