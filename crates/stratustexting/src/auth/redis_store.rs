//! Tokens in Redis, for several machines with one login.
//!
//! The lock is a key that expires by itself, because its holder's machine may be gone. So a
//! holder can come too late without knowing it: it was suspended, or its network was. Each
//! lock therefore has a number, larger than all before, and Redis itself refuses a token with
//! a smaller number than that of the token it has. Steps that must be one are a script, which
//! Redis runs as one.

use std::{
    fmt,
    sync::{Arc, LazyLock, Mutex, PoisonError},
    time::{Duration, Instant},
};

use futures::future::{BoxFuture, FutureExt};
use oauth2::CsrfToken;
use redis::{
    Client, FromRedisValue, RedisError, Script, ScriptInvocation,
    aio::{ConnectionManager, ConnectionManagerConfig},
};
use tokio::time::sleep;

use super::{StoreError, StoreLock, Token, TokenStore, schedule::jitter};
use crate::{Error, Result, time::FOREVER};

/// How long connecting to Redis may take, and how long its response.
const TIMEOUT: Duration = Duration::from_secs(3);

/// The pauses between two attempts for the lock grow from the first to the last.
const PAUSES: (Duration, Duration) = (Duration::from_millis(2), Duration::from_millis(50));

/// Adds to a script the function that makes the next number. The number is larger than that
/// of the token that Redis has, too: otherwise, where the counter is gone or was set back, as
/// by a restart from an older copy, no token could be saved any more.
fn numbering(script: &str) -> String {
    format!(
        "local function number(fence, saved) \
            local function of(key) return tonumber(redis.call('GET', key) or 0) or 0 end \
            local next = math.max(of(fence), of(saved)) + 1 \
            redis.call('SET', fence, string.format('%.0f', next)) \
            return next \
        end \
        {script}"
    )
}

/// Takes the lock if it is free, or this owner's already, since a response may get lost. The
/// number is counted up either way. No number means that another owner has the lock.
static ACQUIRE: LazyLock<Script> = LazyLock::new(|| {
    Script::new(&numbering(
        "if redis.call('SET', KEYS[1], ARGV[1], 'NX', 'PX', ARGV[2]) \
            or redis.call('GET', KEYS[1]) == ARGV[1] then \
            return number(KEYS[2], KEYS[3]) \
        end \
        return false",
    ))
});

/// Deletes the lock if it is still this owner's.
static RELEASE: LazyLock<Script> = LazyLock::new(|| {
    Script::new("if redis.call('GET', KEYS[1]) == ARGV[1] then redis.call('DEL', KEYS[1]) end")
});

/// Stores a token with a number, unless there is one with a larger number.
static SAVE: LazyLock<Script> = LazyLock::new(|| {
    Script::new(
        "if tonumber(redis.call('GET', KEYS[2]) or 0) > tonumber(ARGV[2]) then return 0 end \
        redis.call('SET', KEYS[1], ARGV[1]) \
        redis.call('SET', KEYS[2], ARGV[2]) \
        return 1",
    )
});

/// Stores or removes a token, whoever holds the lock. Its holder comes too late from then on.
static OVERRULE: LazyLock<Script> = LazyLock::new(|| {
    Script::new(&numbering(
        "redis.call('SET', KEYS[2], string.format('%.0f', number(KEYS[3], KEYS[2]))) \
        if ARGV[1] == '' then redis.call('DEL', KEYS[1]) \
        else redis.call('SET', KEYS[1], ARGV[1]) end",
    ))
});

/// Stores the token in Redis, where any number of machines can share it. Feature `redis`.
///
/// The key holds the token as the JSON of [`Token::to_secret_json`], as the file of
/// [`FileTokenStore`](super::FileTokenStore) does: **everybody who can read the key can read
/// the secrets.** Three more keys lie beside it, with `:lock`, `:fence` and `:saved` at the
/// end of their names. None of them holds a secret, and only the lock expires. Redis must
/// keep the others (`maxmemory-policy noeviction`), and write them to disk if a login is to
/// outlive its restart.
///
/// A process that renews the token holds the lock. The lock ends when it is released, or [by
/// itself](Self::lock_expiry) when its holder was killed. A holder that was suspended for
/// longer and comes back late can't overwrite a token that another has saved meanwhile.
///
/// It is for one runtime, that of its first use, which must run all the time. It is for one
/// server; a replica that takes over may have missed the last write.
///
/// # TLS
///
/// With the crate's feature `rustls`, which is on by default, a URL can begin with
/// `rediss://`; the feature `native-tls` doesn't bring it. The server's certificate is
/// always checked: its name against the URL's host, and its issuer against the platform's
/// certificate store, as the programs of the machine have it. On Linux, `SSL_CERT_FILE` and
/// `SSL_CERT_DIR` name another. An authority of your own is added by
/// `RedisTokenStore::root_certificates`. The URL's `#insecure`, by which some programs
/// leave the check out, is refused.
///
/// ```
/// use stratustexting::{Client, auth::{Credentials, RedisTokenStore}};
///
/// # fn main() -> stratustexting::Result<()> {
/// let store = RedisTokenStore::new("redis://127.0.0.1/", "texting:login")?;
/// let client = Client::builder()
///     .api_key("the key")
///     .credentials(Credentials::authorization_code("the id", "the secret"))
///     .token_store(store)
///     .build()?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct RedisTokenStore {
    client: Client,
    connection: Arc<Mutex<Option<ConnectionManager>>>,
    keys: Arc<Keys>,
    lock_expiry: Duration,
    lock_wait: Duration,
}

struct Keys {
    token: String,
    lock: String,
    fence: String,
    saved: String,
}

impl RedisTokenStore {
    /// When a lock ends by itself unless something else is set: after 45 seconds.
    pub const DEFAULT_LOCK_EXPIRY: Duration = Duration::from_secs(45);
    /// How long to wait for another process's renewal unless something else is set: a minute.
    pub const DEFAULT_LOCK_WAIT: Duration = Duration::from_secs(60);

    /// A store under this key of the server with this URL. It connects at its first use, in
    /// the runtime of that use, and again when the connection breaks.
    ///
    /// | URL | server |
    /// |---|---|
    /// | `redis://user:password@host:6379/0` | by TCP; user, password, port and database may be missing |
    /// | `rediss://user:password@host:6380/0` | the same [by TLS](Self#tls) |
    /// | `unix:///run/redis.sock?db=0&user=user&pass=password` | a Unix socket |
    ///
    /// # Errors
    ///
    /// [`Error::is_configuration`] when the URL is none of these, or the key is empty.
    /// The error doesn't quote the URL, which may hold a password.
    pub fn new(url: impl AsRef<str>, key: impl Into<String>) -> Result<Self> {
        let token: String = key.into();
        if token.is_empty() {
            return Err(Error::configuration("redis key", "must be set"));
        }
        let url = url.as_ref();
        if url.contains('#') {
            return Err(Error::configuration(
                "redis url",
                "must have no `#`: certificates are always checked, and in a password it is `%23`",
            ));
        }
        let client =
            Client::open(url).map_err(|_| Error::configuration("redis url", ALLOWED_URLS))?;
        let beside = |name: &str| format!("{token}:{name}");
        Ok(Self {
            client,
            connection: Arc::default(),
            keys: Arc::new(Keys {
                lock: beside("lock"),
                fence: beside("fence"),
                saved: beside("saved"),
                token,
            }),
            lock_expiry: Self::DEFAULT_LOCK_EXPIRY,
            lock_wait: Self::DEFAULT_LOCK_WAIT,
        })
    }

    /// Trusts the certificate authorities in this PEM text for [TLS](Self#tls), and no others:
    /// for a server with a certificate of your own.
    ///
    /// ```
    /// use stratustexting::auth::RedisTokenStore;
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let own = rcgen::generate_simple_self_signed(["cache.example".to_owned()])?;
    /// # let mut file = tempfile::NamedTempFile::new()?;
    /// # std::io::Write::write_all(&mut file, own.cert.pem().as_bytes())?;
    /// # let path = file.path();
    /// let store = RedisTokenStore::new("rediss://:password@cache.example:6380/0", "texting:login")?
    ///     .root_certificates(std::fs::read(path)?)?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// [`Error::is_configuration`] when the text has no certificate that can be read, or the
    /// store's URL isn't `rediss://`.
    #[cfg(feature = "rustls")]
    pub fn root_certificates(mut self, pem: impl AsRef<[u8]>) -> Result<Self> {
        let unreadable =
            || Error::configuration("redis root_certificates", "must be certificates in PEM");
        let pem = pem.as_ref();
        // Without one, every connection would fail, and not say why.
        if !pem
            .windows(27)
            .any(|text| text == b"-----BEGIN CERTIFICATE-----")
        {
            return Err(unreadable());
        }
        let info = self.client.get_connection_info().clone();
        if !is_tls(&self.client) {
            let problem = "are for a URL with rediss://";
            return Err(Error::configuration("redis root_certificates", problem));
        }
        let certificates = redis::TlsCertificates {
            client_tls: None,
            root_cert: Some(pem.to_vec()),
        };
        self.client = Client::build_with_tls(info, certificates).map_err(|_| unreadable())?;
        // A clone may have a connection already, and its trust isn't this one's.
        self.connection = Arc::default();
        Ok(self)
    }

    /// When a lock ends by itself; by default after
    /// [45 seconds](Self::DEFAULT_LOCK_EXPIRY), and a second at least.
    ///
    /// The others wait so long after a holder was killed. The holder gives up its request for
    /// a token after three quarters of it, and after 30 seconds at the latest. So it must be
    /// a good deal longer than the token endpoint ever takes.
    #[must_use]
    pub fn lock_expiry(mut self, expiry: Duration) -> Self {
        self.lock_expiry = expiry.clamp(Duration::from_secs(1), FOREVER);
        self
    }

    /// How long to wait for another process's renewal; by default
    /// [a minute](Self::DEFAULT_LOCK_WAIT). It should be longer than
    /// [`lock_expiry`](Self::lock_expiry).
    #[must_use]
    pub fn lock_wait(mut self, wait: Duration) -> Self {
        self.lock_wait = wait;
        self
    }

    fn connection(&self) -> Result<ConnectionManager, RedisError> {
        let mut connection = self
            .connection
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if let Some(connection) = &*connection {
            return Ok(connection.clone());
        }
        #[cfg(feature = "rustls")]
        if is_tls(&self.client) {
            choose_cryptography();
        }
        let config = ConnectionManagerConfig::new()
            .set_connection_timeout(Some(TIMEOUT))
            .set_response_timeout(Some(TIMEOUT))
            .set_number_of_retries(1);
        let new = ConnectionManager::new_lazy_with_config(self.client.clone(), config)?;
        Ok(connection.insert(new).clone())
    }

    /// Runs a script, once more if the connection broke: all of them may run twice.
    async fn run<T: FromRedisValue>(&self, script: &ScriptInvocation<'_>) -> Result<T, StoreError> {
        let mut connection = self.connection().map_err(Failure::of)?;
        let outcome = match script.invoke_async(&mut connection).await {
            Err(error) if error.is_io_error() => script.invoke_async(&mut connection).await,
            outcome => outcome,
        };
        Ok(outcome.map_err(Failure::of)?)
    }

    async fn get(&self) -> Result<Option<Token>, StoreError> {
        let mut connection = self.connection().map_err(Failure::of)?;
        let get = redis::Cmd::get(&self.keys.token);
        let outcome: Result<Option<String>, RedisError> =
            match get.query_async(&mut connection).await {
                Err(error) if error.is_io_error() => get.query_async(&mut connection).await,
                outcome => outcome,
            };
        let text = outcome.map_err(Failure::of)?;
        Ok(text.as_deref().map(Token::from_secret_json).transpose()?)
    }

    async fn overrule(&self, text: &str) -> Result<(), StoreError> {
        let mut script = OVERRULE.key(&self.keys.token);
        script.key(&self.keys.saved).key(&self.keys.fence).arg(text);
        self.run(&script).await
    }

    async fn acquire(&self) -> Result<StoreLock, StoreError> {
        let owner = CsrfToken::new_random().secret().to_owned();
        // It exists before the lock is taken: if this future is dropped while Redis responds,
        // the lock is released all the same.
        let lock = StoreLock::released_by({
            let (store, owner) = (self.clone(), owner.clone());
            move || async move { store.release(&owner).await }
        });
        let started = Instant::now();
        let mut pause = PAUSES.0;
        loop {
            let requested = Instant::now();
            let expiry = u64::try_from(self.lock_expiry.as_millis()).unwrap_or(u64::MAX >> 1);
            let mut script = ACQUIRE.key(&self.keys.lock);
            script.key(&self.keys.fence).key(&self.keys.saved);
            script.arg(&owner).arg(expiry);
            if let Some(fence) = self.run(&script).await? {
                return Ok(lock
                    .with_fence(fence)
                    .expiring_at(requested + self.lock_expiry));
            }
            if started.elapsed() >= self.lock_wait {
                return Err("another process holds the lock in Redis".into());
            }
            sleep(pause.mul_f64(0.5 + jitter() / 2.0)).await;
            pause = (pause * 2).min(PAUSES.1);
        }
    }

    async fn release(&self, owner: &str) {
        let mut script = RELEASE.key(&self.keys.lock);
        let outcome: Result<(), _> = self.run(script.arg(owner)).await;
        if let Err(error) = outcome {
            tracing::debug!(%error, "a lock in Redis couldn't be released; it ends by itself");
        }
    }
}

impl TokenStore for RedisTokenStore {
    fn load(&self) -> BoxFuture<'_, Result<Option<Token>, StoreError>> {
        self.get().boxed()
    }

    /// The holder of the lock, if there is one, can't save any more.
    fn save<'a>(&'a self, token: &'a Token) -> BoxFuture<'a, Result<(), StoreError>> {
        async { self.overrule(&token.to_secret_json()).await }.boxed()
    }

    /// The holder of the lock, if there is one, can't save any more.
    fn clear(&self) -> BoxFuture<'_, Result<(), StoreError>> {
        self.overrule("").boxed()
    }

    fn lock(&self) -> BoxFuture<'_, Result<StoreLock, StoreError>> {
        self.acquire().boxed()
    }

    fn save_locked<'a>(
        &'a self,
        token: &'a Token,
        lock: &'a StoreLock,
    ) -> BoxFuture<'a, Result<(), StoreError>> {
        async {
            let fence = lock.fence().ok_or("the lock isn't of this store")?;
            let mut script = SAVE.key(&self.keys.token);
            script
                .key(&self.keys.saved)
                .arg(token.to_secret_json())
                .arg(fence);
            match self.run(&script).await? {
                1 => Ok(()),
                _ => Err("another process has stored a token since".into()),
            }
        }
        .boxed()
    }
}

#[cfg(feature = "rustls")]
const ALLOWED_URLS: &str = "must be redis://, rediss://, or unix:// with a path";
#[cfg(not(feature = "rustls"))]
const ALLOWED_URLS: &str =
    "must be redis://, or unix:// with a path; rediss:// needs the crate's feature `rustls`";

#[cfg(feature = "rustls")]
fn is_tls(client: &Client) -> bool {
    let address = client.get_connection_info().addr();
    matches!(address, redis::ConnectionAddr::TcpTls { .. })
}

/// Redis takes the process's own cryptography, and panics where none was chosen and other
/// crates have brought several. The HTTP client's is as good as any.
#[cfg(feature = "rustls")]
fn choose_cryptography() {
    use rustls::crypto::{CryptoProvider, aws_lc_rs};
    if CryptoProvider::get_default().is_none() {
        // Another thread was faster, then.
        let _ = aws_lc_rs::default_provider().install_default();
    }
}

impl fmt::Debug for RedisTokenStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RedisTokenStore")
            .field("key", &self.keys.token)
            .field("lock_expiry", &self.lock_expiry)
            .field("lock_wait", &self.lock_wait)
            .finish_non_exhaustive()
    }
}

/// Whether the connection failed by the check of the server's certificate. Redis' client says
/// only that it is an I/O error, and wraps that error twice.
#[cfg(feature = "rustls")]
fn distrusts_certificate(error: &RedisError) -> bool {
    std::error::Error::source(error)
        .and_then(|source| source.downcast_ref::<Arc<dyn std::error::Error + Send + Sync>>())
        .and_then(|shared| shared.downcast_ref::<std::io::Error>())
        .and_then(|error| error.get_ref()?.downcast_ref())
        .is_some_and(|error| matches!(error, rustls::Error::InvalidCertificate(_)))
}

#[cfg(not(feature = "rustls"))]
fn distrusts_certificate(_: &RedisError) -> bool {
    false
}

/// A failure of Redis without its details, which may quote the token.
#[derive(Debug)]
struct Failure(String);

impl Failure {
    fn of(error: RedisError) -> Self {
        let reason = if error.is_connection_refusal() {
            "the connection was refused"
        } else if error.is_timeout() {
            "it timed out"
        } else if distrusts_certificate(&error) {
            "the server's certificate isn't trusted, or is for another name"
        } else {
            error.category()
        };
        Self(match error.code() {
            Some(code) => format!("Redis: {reason} ({code})"),
            None => format!("Redis: {reason}"),
        })
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Failure {}
