//! What the tests share.

use std::{
    collections::{BTreeSet, VecDeque},
    fs,
    io::{self, Write},
    net::SocketAddr,
    ops::Deref,
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex, OnceLock, PoisonError,
        atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst},
    },
    time::{Duration, SystemTime},
};

use futures::{
    FutureExt,
    future::{BoxFuture, join_all},
};
use serde::de::DeserializeOwned;
use stratustexting::{
    AccessToken, Backoff, Client, ClientBuilder,
    auth::{Credentials, MemoryTokenStore, StoreError, Token, TokenStore},
};
use stratustexting_sandbox::{Builder, Entry, Sandbox};
use tokio::net::TcpListener;

/// What tests send, unless it matters to them: long enough to be looked for in the log.
pub(crate) const TEXT: &str = "Your parcel lies at the door.";

/// A sandbox that, when the test ends, looks through everything that was logged
/// meanwhile for the secrets that it gave out.
pub(crate) struct Watched {
    sandbox: Sandbox,
    /// How long the log was before.
    from: usize,
}

impl Watched {
    pub(crate) async fn start() -> Self {
        Self::of(Sandbox::builder().contacts(20)).await
    }

    /// One that forgives no second use of a refresh token.
    pub(crate) async fn strict() -> Self {
        Self::of(Sandbox::builder().contacts(1).rotate_refresh_tokens(true)).await
    }

    /// One in which a program that logs in as itself may subscribe, too.
    pub(crate) async fn for_machines() -> Self {
        let builder = Sandbox::builder().contacts(20);
        Self::of(builder.allow_machine_subscriptions(true)).await
    }

    pub(crate) async fn of(builder: Builder) -> Self {
        watch_the_log();
        let from = LOG.lock().unwrap_or_else(PoisonError::into_inner).len();
        let sandbox = builder.start().await.unwrap();
        Self { sandbox, from }
    }

    /// A builder for clients that talk to this sandbox; credentials are not set.
    pub(crate) fn builder(&self) -> ClientBuilder {
        Client::builder()
            .api_base(self.api_base())
            .authorize_url(self.authorize_url())
            .token_url(self.token_url())
            .api_key(self.api_key())
    }

    pub(crate) fn machine(&self) -> Credentials {
        Credentials::client_credentials(self.client_id(), self.client_secret())
    }

    pub(crate) fn user(&self) -> Credentials {
        Credentials::authorization_code(self.client_id(), self.client_secret())
    }

    /// A client that logs in as itself.
    pub(crate) fn client(&self) -> Client {
        self.builder().credentials(self.machine()).build().unwrap()
    }

    /// A client that logs in as itself and makes one attempt.
    pub(crate) fn one_attempt(&self) -> Client {
        let builder = self.builder().credentials(self.machine());
        builder.retry(Backoff::never()).build().unwrap()
    }

    /// The requests that came to the API, in order, without those for tokens.
    pub(crate) fn calls(&self) -> Vec<Entry> {
        let is_call = |entry: &Entry| !entry.path.starts_with("/oauth2");
        self.ledger().into_iter().filter(is_call).collect()
    }

    /// The requests to the token endpoint, in order.
    pub(crate) fn token_requests(&self) -> Vec<Entry> {
        let is_token = |entry: &Entry| entry.path.starts_with("/oauth2/token");
        self.ledger().into_iter().filter(is_token).collect()
    }

    /// Every secret that was in use: those that the sandbox was started with, and
    /// those that came with requests.
    pub(crate) fn secrets(&self) -> BTreeSet<String> {
        let mut secrets = BTreeSet::from([
            self.client_secret().to_owned(),
            self.api_key().to_owned(),
            self.password().to_owned(),
        ]);
        for entry in self.ledger() {
            for (name, value) in &entry.headers {
                if name == "authorization" {
                    let value = String::from_utf8_lossy(value).into_owned();
                    let secret = value.split_once(' ').map_or(value.as_str(), |(_, s)| s);
                    secrets.insert(secret.to_owned());
                }
            }
            if entry.path.starts_with("/oauth2") {
                for (name, value) in url::form_urlencoded::parse(&entry.body) {
                    let secret = ["code", "refresh_token", "client_secret", "code_verifier"];
                    if secret.contains(&name.as_ref()) {
                        secrets.insert(value.into_owned());
                    }
                }
            }
        }
        secrets.retain(|secret| secret.len() >= 8);
        secrets
    }

    /// Every number and text that came with requests, as it was sent and as it is.
    fn personal(&self) -> BTreeSet<String> {
        let mut personal = BTreeSet::new();
        for entry in self.ledger() {
            let query = entry.query.unwrap_or_default();
            for (name, value) in url::form_urlencoded::parse(query.as_bytes()) {
                if ["from", "to", "text", "number"].contains(&name.as_ref()) {
                    let sent = url::form_urlencoded::byte_serialize(value.as_bytes());
                    personal.insert(sent.collect::<String>());
                    personal.insert(value.into_owned());
                }
            }
            if let Some((_, number)) = entry.path.split_once("/contact/mobile/") {
                personal.insert(number.to_owned());
                personal.insert(number.replace("%2B", "+"));
            }
        }
        // Anything shorter is found in any log.
        personal.retain(|value| value.len() >= 8);
        personal
    }
}

impl Deref for Watched {
    type Target = Sandbox;

    fn deref(&self) -> &Sandbox {
        &self.sandbox
    }
}

impl Drop for Watched {
    fn drop(&mut self) {
        if std::thread::panicking() {
            return;
        }
        let (secrets, personal) = (self.secrets(), self.personal());
        leave_canaries(secrets.iter().chain(&personal));
        let log = LOG.lock().unwrap_or_else(PoisonError::into_inner);
        let log = &log[self.from..];
        for secret in secrets {
            let found = find(log, secret.as_bytes());
            assert!(!found, "a secret was logged: one of {} bytes", secret.len());
        }
        for value in personal {
            assert!(!find(log, value.as_bytes()), "{value} was logged");
        }
    }
}

/// A call that is cheap and needs a token.
pub(crate) async fn call(client: &Client) -> stratustexting::Result<()> {
    let answer = client.api().list_sites().send().await;
    answer.map(|_| ()).map_err(Into::into)
}

/// Lets the tokens of a login end five times while many use it by several clients.
pub(crate) async fn one_refresh_per_expiry(sandbox: &Watched, clients: &[Client]) {
    for expiry in 1..=5 {
        sandbox.expire_access_tokens();
        let calls = (0..100).map(|task: usize| {
            let client = clients[task % clients.len()].clone();
            tokio::spawn(async move { call(&client).await })
        });
        for outcome in join_all(calls).await {
            outcome.unwrap().unwrap();
        }

        assert_eq!(sandbox.token_requests().len(), 1 + expiry);
    }
}

/// A server that takes connections and says nothing on them; how many there were.
pub(crate) async fn silent() -> (SocketAddr, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let count = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&count);
    tokio::spawn(async move {
        let mut connections = Vec::new();
        while let Ok((connection, _)) = listener.accept().await {
            counted.fetch_add(1, SeqCst);
            connections.push(connection);
        }
    });
    (address, count)
}

/// An access token that is over, with a refresh token.
pub(crate) fn expired(refresh: &str) -> Token {
    Token::new(AccessToken::new("over").unwrap())
        .with_refresh(refresh)
        .with_expiry(SystemTime::now() - Duration::from_secs(1))
}

/// A store that knows no lock, and does what a test tells it.
#[derive(Default)]
pub(crate) struct Told {
    pub(crate) inner: MemoryTokenStore,
    /// What it says before it says what it has.
    pub(crate) says: Mutex<VecDeque<Token>>,
    /// How many times it doesn't save.
    pub(crate) fails: AtomicUsize,
    /// Whether it can't say what it has.
    pub(crate) unreadable: AtomicBool,
}

impl TokenStore for Told {
    fn load(&self) -> BoxFuture<'_, Result<Option<Token>, StoreError>> {
        if self.unreadable.load(SeqCst) {
            return async { Err("the file is full of holes".into()) }.boxed();
        }
        match self.says.lock().unwrap().pop_front() {
            Some(token) => async { Ok(Some(token)) }.boxed(),
            None => self.inner.load(),
        }
    }

    fn save<'a>(&'a self, token: &'a Token) -> BoxFuture<'a, Result<(), StoreError>> {
        let fails = self
            .fails
            .fetch_update(SeqCst, SeqCst, |n| n.checked_sub(1));
        match fails {
            Ok(_) => async { Err("the disk is full".into()) }.boxed(),
            Err(_) => self.inner.save(token),
        }
    }

    fn clear(&self) -> BoxFuture<'_, Result<(), StoreError>> {
        self.inner.clear()
    }
}

/// Everything that was logged by this process, at TRACE.
static LOG: Mutex<Vec<u8>> = Mutex::new(Vec::new());

struct Log;

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        LOG.lock()
            .unwrap_or_else(PoisonError::into_inner)
            .extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn watch_the_log() {
    static ONCE: OnceLock<()> = OnceLock::new();
    ONCE.get_or_init(|| {
        tracing_subscriber::fmt()
            .with_max_level(tracing_subscriber::filter::LevelFilter::TRACE)
            .with_ansi(false)
            .with_writer(|| Log)
            .init();
    });
}

/// Leaves what must not be printed where `cargo xtask test` looks for it.
fn leave_canaries<'a>(canaries: impl Iterator<Item = &'a String>) {
    let Some(path) = std::env::var_os("STRATUSTEXTING_CANARIES") else {
        return;
    };
    // A line each; of a text with several, the longest stands for all.
    let lines = canaries.filter_map(|canary| canary.lines().max_by_key(|line| line.len()));
    let lines: Vec<&str> = lines.filter(|line| line.len() >= 8).collect();
    let mut file = fs::OpenOptions::new();
    let file = file.create(true).append(true).open(path);
    file.unwrap()
        .write_all((lines.join("\n") + "\n").as_bytes())
        .unwrap();
}

/// Whether the log has a text; to see that the log is watched at all.
pub(crate) fn log_has(text: &str) -> bool {
    let log = LOG.lock().unwrap_or_else(PoisonError::into_inner);
    find(&log, text.as_bytes())
}

fn find(haystack: &[u8], needle: &[u8]) -> bool {
    memchr::memmem::find(haystack, needle).is_some()
}

fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures")
}

/// Reads one fixture.
pub(crate) fn fixture<T: DeserializeOwned>(path: &str) -> T {
    let path = fixtures().join(path);
    let text = fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    serde_json::from_str(&text).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
}

/// Reads every fixture of a folder, by file name.
pub(crate) fn folder<T: DeserializeOwned>(folder: &str) -> Vec<(String, T)> {
    let mut found: Vec<(String, T)> = fs::read_dir(fixtures().join(folder))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name.ends_with(".json"))
        .map(|name| {
            let value = fixture(&format!("{folder}/{name}"));
            (name, value)
        })
        .collect();
    found.sort_by(|(a, _), (b, _)| a.cmp(b));
    assert!(!found.is_empty(), "{folder} has fixtures");
    found
}

/// Whether this is the process that a test needs for itself, since environment variables are
/// the whole process's. If it isn't, the test runs in one with these variables, and succeeds
/// there.
pub(crate) fn in_own_process(test: &str, variables: &[(&str, &str)]) -> bool {
    const MARK: &str = "STRATUSTEXTING_TEST_PROCESS";
    if std::env::var_os(MARK).is_some() {
        return true;
    }
    let output = std::process::Command::new(std::env::current_exe().unwrap())
        .args(["--exact", test, "--nocapture"])
        .env(MARK, "1")
        .envs(variables.iter().copied())
        .output()
        .unwrap();
    let printed = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{printed}");
    assert!(printed.contains("1 passed"), "no test {test}: {printed}");
    false
}
