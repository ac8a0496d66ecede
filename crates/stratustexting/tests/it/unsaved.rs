//! What the service has given is not lost because a store fails, and a refresh token that was
//! used is not used again: many services end the login for it.

use std::{
    collections::VecDeque,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering::SeqCst},
    },
    time::{Duration, Instant},
};

use axum::{Router, body::Bytes, http::StatusCode, routing::post};
use futures::{FutureExt, future::BoxFuture};
use serde_json::{Value, json};
use stratustexting::{
    AccessToken, Backoff, Client, Result,
    auth::{Credentials, MemoryTokenStore, StoreError, StoreLock, Token, TokenStore},
};
use stratustexting_sandbox::{Answer, Sandbox};

use crate::{
    login::logged_in_with,
    support::{Told, Watched, call, expired, silent},
};

/// How long a token is good that is to end within a test.
const SHORT: f64 = 0.05;

type Fields = Vec<(String, String)>;

/// A token endpoint that answers as it is told, and remembers what it was asked.
#[derive(Clone, Default)]
struct Endpoint {
    url: String,
    answers: Arc<Mutex<VecDeque<(u16, Value)>>>,
    requests: Arc<Mutex<Vec<Fields>>>,
}

impl Endpoint {
    async fn start() -> Self {
        let mut endpoint = Self::default();
        let (answers, requests) = (endpoint.answers.clone(), endpoint.requests.clone());
        let answer = post(async move |form: Bytes| {
            let fields = url::form_urlencoded::parse(&form).into_owned();
            requests.lock().unwrap().push(fields.collect());
            let (status, body) = answers.lock().unwrap().pop_front().expect("an answer");
            (StatusCode::from_u16(status).unwrap(), axum::Json(body))
        });
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        endpoint.url = format!("http://{}/token", listener.local_addr().unwrap());
        let app = Router::new().route("/token", answer);
        tokio::spawn(async move { axum::serve(listener, app).await });
        endpoint
    }

    fn answers(&self, status: u16, body: Value) {
        self.answers.lock().unwrap().push_back((status, body));
    }

    /// Gives the tokens `T` and `R` with a number.
    fn grants(&self, number: u32, lifetime: f64) {
        let grant = json!({
            "access_token": format!("T{number}"),
            "refresh_token": format!("R{number}"),
            "token_type": "Bearer",
            "expires_in": lifetime,
        });
        self.answers(200, grant);
    }

    /// The refresh tokens that were used, in order.
    fn used(&self) -> Vec<String> {
        let requests = self.requests.lock().unwrap();
        let fields = requests.iter().flatten();
        let used = fields.filter(|(name, _)| name == "refresh_token");
        used.map(|(_, token)| token.clone()).collect()
    }

    fn builder(&self, credentials: Credentials) -> stratustexting::ClientBuilder {
        Client::builder()
            .api_base("http://127.0.0.1:9")
            .authorize_url("http://127.0.0.1:9/authorize")
            .token_url(&self.url)
            .api_key("key")
            .credentials(credentials)
    }

    fn client(&self, store: impl TokenStore) -> Client {
        let user = Credentials::authorization_code("id", "secret");
        self.builder(user).token_store(store).build().unwrap()
    }
}

/// The access token that a call would have.
async fn token(client: &Client) -> Result<String> {
    let token = client.auth().access_token().await;
    token.map(|token| token.expose().to_owned())
}

/// Until a short token is over.
async fn over() {
    let start = Instant::now();
    while start.elapsed().as_secs_f64() <= SHORT {
        tokio::task::yield_now().await;
    }
}

async fn log_in(client: &Client) -> Result<()> {
    let login = client.auth().start_login("http://127.0.0.1:9/back")?;
    let mut pairs = login.url().query_pairs();
    let state = pairs.find(|(name, _)| name == "state").unwrap().1;
    let callback = format!("http://127.0.0.1:9/back?code=c&state={state}");
    client.auth().finish_login(login, &callback).await
}

/// A store with a token that is over, which fails to save so many times.
async fn failing(times: usize) -> Arc<Told> {
    let store = Arc::new(Told::default());
    store.inner.save(&expired("R0")).await.unwrap();
    store.fails.store(times, SeqCst);
    store
}

async fn stored(store: &impl TokenStore) -> String {
    let token = store.load().await.unwrap().unwrap();
    token.access().expose().to_owned()
}

#[tokio::test]
async fn a_token_that_could_not_be_stored_is_stored_the_next_time() {
    let endpoint = Endpoint::start().await;
    let store = failing(2).await;
    let client = endpoint.client(Arc::clone(&store));
    endpoint.grants(1, 3_600.0);

    for _ in 0..2 {
        let error = token(&client).await.unwrap_err();
        let text = format!("{:?}", std::error::Error::source(&error));
        assert!(text.contains("the disk is full"), "{text}");
    }

    assert_eq!(token(&client).await.unwrap(), "T1");
    assert_eq!(stored(&store).await, "T1");
    assert_eq!(endpoint.used(), ["R0"]);
}

#[tokio::test]
async fn a_call_is_repeated_when_the_store_fails_once() {
    let sandbox = Watched::of(Sandbox::builder().rotate_refresh_tokens(true)).await;
    let store = Arc::new(Told::default());
    let client = logged_in_with(&sandbox, Arc::clone(&store)).await;
    sandbox.expire_access_tokens();
    store.fails.store(1, SeqCst);

    let at_once = Backoff::new().base(Duration::ZERO);
    let options = stratustexting::CallOptions::new().retry(at_once);
    let sites = client.sites().options(options).list();
    futures::TryStreamExt::try_collect::<Vec<_>>(sites)
        .await
        .unwrap();

    assert_eq!(sandbox.token_requests().len(), 2);
}

#[tokio::test]
async fn an_unsaved_token_outlives_a_renewal_that_fails() {
    let endpoint = Endpoint::start().await;
    let client = endpoint.client(failing(1).await);
    endpoint.grants(1, SHORT);
    endpoint.answers(503, json!({}));
    endpoint.grants(2, 3_600.0);

    assert!(token(&client).await.is_err(), "it couldn't be stored");
    over().await;
    assert!(token(&client).await.is_err(), "it couldn't be renewed");

    assert_eq!(token(&client).await.unwrap(), "T2");
    assert_eq!(endpoint.used(), ["R0", "R1", "R1"]);
}

#[tokio::test]
async fn the_last_of_several_unsaved_tokens_is_the_one_that_counts() {
    let endpoint = Endpoint::start().await;
    let store = failing(2).await;
    let client = endpoint.client(Arc::clone(&store));
    for number in 1..=2 {
        endpoint.grants(number, SHORT);
        assert!(token(&client).await.is_err());
        over().await;
    }
    endpoint.grants(3, 3_600.0);

    assert_eq!(token(&client).await.unwrap(), "T3");
    assert_eq!(stored(&store).await, "T3");
    assert_eq!(endpoint.used(), ["R0", "R1", "R2"]);
}

#[tokio::test]
async fn an_unsaved_token_gives_way_to_one_that_another_process_has_stored() {
    let endpoint = Endpoint::start().await;
    let store = failing(1).await;
    let client = endpoint.client(Arc::clone(&store));
    endpoint.grants(1, 3_600.0);
    assert!(token(&client).await.is_err());

    let theirs = Token::new(AccessToken::new("theirs").unwrap());
    store.inner.save(&theirs).await.unwrap();

    assert_eq!(token(&client).await.unwrap(), "theirs");
    assert_eq!(stored(&store).await, "theirs");
}

#[tokio::test]
async fn an_unsaved_token_that_is_dead_leaves_the_way_to_the_next_login() {
    let endpoint = Endpoint::start().await;
    let client = endpoint.client(failing(1).await);
    endpoint.grants(1, SHORT);
    assert!(token(&client).await.is_err());
    over().await;
    endpoint.answers(400, json!({"error": "invalid_grant"}));

    for _ in 0..2 {
        let error = token(&client).await.unwrap_err();
        assert!(error.is_login_required(), "{error:?}");
    }
    assert_eq!(endpoint.used(), ["R0", "R1"], "each once");

    endpoint.grants(2, 3_600.0);
    log_in(&client).await.unwrap();
    assert_eq!(token(&client).await.unwrap(), "T2");
}

#[tokio::test]
async fn a_login_that_could_not_be_stored_is_stored_with_the_next_call() {
    let good = Token::new(AccessToken::new("good").unwrap());
    for before in [None, Some(expired("R0")), Some(good)] {
        let endpoint = Endpoint::start().await;
        let store = Arc::new(Told::default());
        if let Some(before) = &before {
            store.inner.save(before).await.unwrap();
        }
        let client = endpoint.client(Arc::clone(&store));
        if before
            .as_ref()
            .is_some_and(|before| before.refresh().is_none())
        {
            assert_eq!(token(&client).await.unwrap(), "good");
        }
        store.fails.store(1, SeqCst);
        endpoint.grants(1, 3_600.0);

        assert!(log_in(&client).await.is_err());

        assert_eq!(token(&client).await.unwrap(), "T1");
        assert_eq!(stored(&store).await, "T1");
        assert!(endpoint.used().is_empty());
    }
}

#[tokio::test]
async fn a_login_replaces_a_token_that_can_not_be_read() {
    let endpoint = Endpoint::start().await;
    let store = failing(0).await;
    store.unreadable.store(true, SeqCst);
    let client = endpoint.client(Arc::clone(&store));
    assert!(token(&client).await.is_err());
    endpoint.grants(1, 3_600.0);

    log_in(&client).await.unwrap();

    assert_eq!(token(&client).await.unwrap(), "T1");
    store.unreadable.store(false, SeqCst);
    assert_eq!(stored(&store).await, "T1");
}

#[tokio::test]
async fn logging_out_forgets_an_unsaved_token() {
    let endpoint = Endpoint::start().await;
    let client = endpoint.client(failing(1).await);
    endpoint.grants(1, 3_600.0);
    assert!(token(&client).await.is_err());

    client.auth().log_out().await.unwrap();

    let error = token(&client).await.unwrap_err();
    assert!(error.is_login_required());
    assert_eq!(endpoint.used(), ["R0"]);
}

#[tokio::test]
async fn a_store_that_went_back_in_time_is_behind_what_is_known() {
    let endpoint = Endpoint::start().await;
    let store = Arc::new(MemoryTokenStore::with(expired("R0")));
    let client = endpoint.client(Arc::clone(&store));
    for number in 1..=3 {
        endpoint.grants(number, SHORT);
        token(&client).await.unwrap();
        over().await;
        // As from a backup, or a server that starts with an older copy.
        store.save(&expired("R0")).await.unwrap();
    }
    endpoint.grants(4, 3_600.0);

    assert_eq!(token(&client).await.unwrap(), "T4");
    assert_eq!(stored(&store).await, "T4");
    assert_eq!(endpoint.used(), ["R0", "R1", "R2", "R3"]);
}

#[tokio::test]
async fn logging_out_ends_the_credentials_refresh_token_too() {
    let endpoint = Endpoint::start().await;
    let credentials = Credentials::refresh_token("id", "secret", "R0");
    let client = endpoint.builder(credentials).build().unwrap();
    endpoint.grants(1, 3_600.0);
    assert_eq!(token(&client).await.unwrap(), "T1");

    client.auth().log_out().await.unwrap();

    assert!(token(&client).await.unwrap_err().is_login_required());
    assert_eq!(endpoint.used(), ["R0"]);
    endpoint.grants(2, 3_600.0);
    log_in(&client).await.unwrap();
    assert_eq!(token(&client).await.unwrap(), "T2");
}

#[tokio::test]
async fn a_program_that_logs_in_as_itself_uses_no_refresh_token() {
    let endpoint = Endpoint::start().await;
    let credentials = Credentials::client_credentials("id", "secret");
    let builder = endpoint.builder(credentials);
    let store = MemoryTokenStore::with(expired("a user's"));
    let client = builder.token_store(store).build().unwrap();
    for number in 1..=2 {
        endpoint.grants(number, SHORT);
        token(&client).await.unwrap();
        over().await;
    }

    assert!(endpoint.used().is_empty());
    assert_eq!(endpoint.requests.lock().unwrap().len(), 2);
}

/// An empty refresh token is none, and a missing one means that the old one stays good.
#[tokio::test]
async fn a_refresh_token_is_not_replaced_by_nothing() {
    for nothing in [json!(""), Value::Null] {
        let endpoint = Endpoint::start().await;
        let store = Arc::new(MemoryTokenStore::with(expired("R0")));
        let client = endpoint.client(Arc::clone(&store));
        let grant = json!({"access_token": "T1", "refresh_token": nothing, "expires_in": SHORT});
        endpoint.answers(200, grant);
        token(&client).await.unwrap();
        over().await;
        endpoint.grants(2, 3_600.0);

        token(&client).await.unwrap();

        assert_eq!(endpoint.used(), ["R0", "R0"]);
    }
}

/// A program may drive its runtime only now and then, and end it.
#[test]
fn a_renewal_that_never_began_is_begun_by_the_next_call() {
    let runtime = || {
        let mut builder = tokio::runtime::Builder::new_current_thread();
        builder.enable_all().build().unwrap()
    };
    let serving = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .unwrap();
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
            true => tokio::runtime::Builder::new_multi_thread(),
            false => tokio::runtime::Builder::new_current_thread(),
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
    let runtime = || {
        let mut builder = tokio::runtime::Builder::new_current_thread();
        builder.enable_all().build().unwrap()
    };
    let serving = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .unwrap();
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
    let serving = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .unwrap();
    for (settles, left) in [(false, "T0"), (true, "T1")] {
        let endpoint = serving.block_on(Endpoint::start());
        endpoint.grants(1, 3_600.0);
        let soon = std::time::SystemTime::now() + Duration::from_secs(60);
        let good = Token::new(AccessToken::new("T0").unwrap()).with_refresh("R0");
        let store = Arc::new(MemoryTokenStore::with(good.with_expiry(soon)));
        let client = endpoint.client(Arc::clone(&store));
        let mut builder = tokio::runtime::Builder::new_current_thread();
        let program = builder.enable_all().build().unwrap();

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

#[tokio::test]
async fn an_answer_with_a_long_token_is_read_and_one_without_end_is_not() {
    for (length, read) in [(20_000, true), (300_000, false)] {
        let endpoint = Endpoint::start().await;
        let client = endpoint.client(MemoryTokenStore::with(expired("R0")));
        endpoint.answers(200, json!({"access_token": "T".repeat(length)}));

        assert_eq!(token(&client).await.is_ok(), read, "{length}");
    }
}

/// Only a refresh token that was refused gives way: another failure says nothing of it.
#[tokio::test]
async fn a_renewal_that_fails_otherwise_does_not_look_for_another_token() {
    let endpoint = Endpoint::start().await;
    let store = failing(0).await;
    let says = [expired("R0"), expired("R0")];
    store.says.lock().unwrap().extend(says);
    store.inner.save(&expired("theirs")).await.unwrap();
    let client = endpoint.client(store);
    endpoint.answers(503, json!({}));

    token(&client).await.unwrap_err();

    assert_eq!(endpoint.used(), ["R0"]);
}

/// Who has a lock that excludes others needn't wait for what they may be about to store.
#[tokio::test]
async fn under_a_lock_a_winner_is_looked_for_once() {
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

/// A store whose locks are counted, have a number, and end.
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
async fn whatever_changes_the_login_does_so_under_the_lock() {
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

/// By then another may use the same refresh token.
#[tokio::test]
async fn no_token_is_asked_for_longer_than_the_lock_lasts() {
    let endpoint = Endpoint::start().await;
    let client = endpoint.client(Numbered::lasting(Duration::ZERO));
    assert!(token(&client).await.unwrap_err().is_timeout());
    assert!(endpoint.used().is_empty());

    let (address, connections) = silent().await;
    let silent = Endpoint {
        url: format!("http://{address}/token"),
        ..Endpoint::default()
    };
    let client = silent.client(Numbered::lasting(Duration::from_millis(400)));
    let start = Instant::now();
    assert!(token(&client).await.unwrap_err().is_timeout());
    assert_eq!(connections.load(SeqCst), 1);
    let patience = Duration::from_secs(20);
    assert!(start.elapsed() < patience, "it would wait for 30 seconds");
}

/// Whatever the sandbox's ledger says, an answer to a renewal counts once.
#[tokio::test]
async fn a_renewal_whose_answer_is_odd_loses_no_login() {
    let sandbox = Watched::of(Sandbox::builder().rotate_refresh_tokens(true)).await;
    let client = logged_in_with(&sandbox, MemoryTokenStore::new()).await;
    let first = client.auth().access_token().await.unwrap();
    sandbox.expire_access_tokens();
    let odd = json!({"access_token": "odd", "scope": ["a"], "expires_in": "60"});
    let answer = Answer::new(201)
        .header("content-type", "text/plain")
        .body(odd.to_string());
    sandbox.answer_next("token", answer);

    // The token is the sandbox's no more than the answer was, so it is refused and renewed.
    call(&client).await.unwrap_err();
    call(&client).await.unwrap();

    assert_ne!(client.auth().access_token().await.unwrap(), first);
}
