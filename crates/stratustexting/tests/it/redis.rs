//! Tokens in a real Redis, which each test starts for itself.
//!
//! Where there is no `redis-server`, the tests say so and pass, unless
//! `STRATUSTEXTING_REQUIRE_REDIS` is set. TLS ends in the test, in front of Redis' socket: a
//! `redis-server` may be built without it.

use std::{
    io::{BufRead, BufReader, Read, Write},
    os::unix::net::UnixStream,
    process::{Child, ChildStdout, Command, Stdio},
    time::{Duration, SystemTime},
};

use stratustexting::{
    AccessToken, Client,
    auth::{RedisTokenStore, Token, TokenStore},
};
use stratustexting_sandbox::Sandbox;
use tempfile::TempDir;

use crate::{
    login::logged_in_with,
    support::{Watched, one_refresh_per_expiry},
};

const KEY: &str = "test:login";

/// A Redis of our own, on a socket in a folder of its own. It keeps nothing.
struct Redis {
    process: Child,
    folder: TempDir,
    /// Kept, because its output must go somewhere.
    _output: BufReader<ChildStdout>,
}

impl Redis {
    #[allow(
        clippy::print_stderr,
        reason = "so that a test can say that it was left out"
    )]
    fn start() -> Option<Self> {
        let folder = tempfile::tempdir().unwrap();
        let process = Command::new("redis-server")
            .args(["--port", "0", "--unixsocket", "redis.sock"])
            .args(["--save", "", "--appendonly", "no"])
            .current_dir(folder.path())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn();
        let mut process = match process {
            Ok(process) => process,
            Err(error) => {
                let required = std::env::var_os("STRATUSTEXTING_REQUIRE_REDIS").is_some();
                assert!(!required, "redis-server is required: {error}");
                eprintln!("left out, because there is no redis-server: {error}");
                return None;
            }
        };
        let mut output = BufReader::new(process.stdout.take().unwrap());
        let mut line = String::new();
        while !line.to_lowercase().contains("ready to accept connections") {
            line.clear();
            let length = output.read_line(&mut line).unwrap();
            assert!(length > 0, "redis-server ended before it was ready");
        }
        Some(Self {
            process,
            folder,
            _output: output,
        })
    }

    fn store(&self) -> RedisTokenStore {
        let socket = self.folder.path().join("redis.sock");
        RedisTokenStore::new(format!("unix://{}", socket.display()), KEY).unwrap()
    }

    /// Gives it a command in its own protocol; returns the first line of the response, or of
    /// a text the text.
    fn say(&self, command: &str) -> String {
        let socket = self.folder.path().join("redis.sock");
        let mut connection = UnixStream::connect(socket).unwrap();
        connection.write_all(command.as_bytes()).unwrap();
        connection.write_all(b"\r\nQUIT\r\n").unwrap();
        let mut response = String::new();
        connection.read_to_string(&mut response).unwrap();
        let mut lines = response.lines();
        let first = lines.next().unwrap_or_default();
        match first.strip_prefix('$') {
            Some("-1") => String::new(),
            Some(_) => lines.next().unwrap_or_default().to_owned(),
            None => first.to_owned(),
        }
    }

    fn is_locked(&self) -> bool {
        !self.say(&format!("GET {KEY}:lock")).is_empty()
    }
}

impl Drop for Redis {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Certificates for 127.0.0.1 by an authority of the test's own, and a server that ends TLS
/// in front of a Redis.
#[cfg(feature = "rustls")]
struct Tls {
    authority: String,
    url: String,
}

#[cfg(feature = "rustls")]
impl Tls {
    async fn before(redis: &Redis) -> Self {
        use tokio_rustls::rustls::{
            ServerConfig,
            crypto::aws_lc_rs,
            pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer},
        };

        let mut parameters = rcgen::CertificateParams::default();
        parameters.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
        let key = rcgen::KeyPair::generate().unwrap();
        let authority = rcgen::CertifiedIssuer::self_signed(parameters, key).unwrap();
        let key = rcgen::KeyPair::generate().unwrap();
        let parameters = rcgen::CertificateParams::new(["127.0.0.1".to_owned()]).unwrap();
        let certificate = parameters.signed_by(&key, &authority).unwrap();
        let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(key.serialize_der()));
        let config = ServerConfig::builder_with_provider(aws_lc_rs::default_provider().into())
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![certificate.der().clone()], key)
            .unwrap();
        let acceptor = tokio_rustls::TlsAcceptor::from(std::sync::Arc::new(config));

        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let socket = redis.folder.path().join("redis.sock");
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (acceptor, socket) = (acceptor.clone(), socket.clone());
                tokio::spawn(async move {
                    // A client that doesn't trust the certificate ends here.
                    let Ok(mut stream) = acceptor.accept(stream).await else {
                        return;
                    };
                    let mut redis = tokio::net::UnixStream::connect(socket).await.unwrap();
                    let _ = tokio::io::copy_bidirectional(&mut stream, &mut redis).await;
                });
            }
        });
        Self {
            authority: authority.pem(),
            url: format!("rediss://{address}/0"),
        }
    }
}

#[cfg(feature = "rustls")]
#[tokio::test]
async fn redis_is_reached_by_tls_if_its_certificate_is_trusted() {
    let Some(redis) = Redis::start() else { return };
    let tls = Tls::before(&redis).await;
    let plain = RedisTokenStore::new(&tls.url, KEY).unwrap();
    let store = plain.clone().root_certificates(&tls.authority).unwrap();

    store.save(&token("one")).await.unwrap();

    assert_eq!(stored(&store).await.as_deref(), Some("one"));
    assert!(redis.say(&format!("GET {KEY}")).contains("one"));
    drop(store.lock().await.unwrap());

    // Nobody on this machine trusts that authority, and the name counts, too.
    let error = plain.load().await.unwrap_err();
    assert!(error.to_string().contains("certificate"), "{error}");
    let other_name = tls.url.replace("127.0.0.1", "localhost");
    let other_name = RedisTokenStore::new(other_name, KEY).unwrap();
    let other_name = other_name.root_certificates(&tls.authority).unwrap();
    let error = other_name.load().await.unwrap_err();
    assert!(error.to_string().contains("certificate"), "{error}");
}

#[cfg(feature = "rustls")]
#[test]
fn root_certificates_are_checked_when_they_are_set() {
    let tls = || RedisTokenStore::new("rediss://127.0.0.1:1/", KEY).unwrap();
    let begin = "-----BEGIN CERTIFICATE-----\ncanary\n-----END CERTIFICATE-----\n";
    for pem in ["", "canary", begin] {
        let error = tls().root_certificates(pem).unwrap_err();

        assert!(error.is_configuration(), "{error:?}");
        assert!(!format!("{error} {error:?}").contains("canary"));
    }
    let plain = RedisTokenStore::new("redis://127.0.0.1:1/", KEY).unwrap();
    assert!(
        plain
            .root_certificates(begin)
            .unwrap_err()
            .is_configuration()
    );
}

fn token(access: &str) -> Token {
    Token::new(AccessToken::new(access).unwrap())
        .with_refresh("refresh")
        .with_expiry(SystemTime::now() + Duration::from_secs(3_600))
}

async fn stored(store: &RedisTokenStore) -> Option<String> {
    let token = store.load().await.unwrap();
    token.map(|token| token.access().expose().to_owned())
}

#[tokio::test]
async fn a_token_in_redis_is_the_json_that_a_file_would_have() {
    let Some(redis) = Redis::start() else { return };
    let (store, other) = (redis.store(), redis.store());
    assert!(store.load().await.unwrap().is_none());

    let token = token("one");
    store.save(&token).await.unwrap();
    assert_eq!(redis.say(&format!("GET {KEY}")), token.to_secret_json());
    assert_eq!(stored(&other).await.as_deref(), Some("one"));

    other.clear().await.unwrap();
    assert!(store.load().await.unwrap().is_none());
}

#[tokio::test]
async fn the_lock_has_one_holder_until_it_is_dropped() {
    let Some(redis) = Redis::start() else { return };
    let (store, other) = (redis.store(), redis.store());

    let lock = store.lock().await.unwrap();
    let impatient = other.clone().lock_wait(Duration::ZERO);
    assert!(impatient.lock().await.is_err());
    let waiting = tokio::spawn(async move { other.lock().await.unwrap().fence() });
    assert!(redis.is_locked() && !waiting.is_finished());
    let fence = lock.fence();
    drop(lock);

    assert!(waiting.await.unwrap() > fence, "each has a larger number");
}

#[tokio::test]
async fn a_holder_that_comes_back_late_overwrites_nothing() {
    let Some(redis) = Redis::start() else { return };
    let (store, other) = (redis.store(), redis.store());

    let suspended = store.clone().lock_expiry(Duration::ZERO);
    let suspended = suspended.lock().await.unwrap();
    // It comes when the first has expired.
    let newer = other.lock().await.unwrap();
    other.save_locked(&token("new"), &newer).await.unwrap();
    let late = store.save_locked(&token("late"), &suspended).await;

    assert!(late.unwrap_err().to_string().contains("since"));
    assert_eq!(stored(&store).await.as_deref(), Some("new"));
    // It doesn't release the other's lock either.
    drop(suspended);
    store.load().await.unwrap();
    assert!(redis.is_locked());
    drop(newer);
}

/// After a start from an older copy, or when a person has deleted keys.
#[tokio::test]
async fn a_counter_that_is_behind_keeps_no_token_out() {
    let Some(redis) = Redis::start() else { return };
    let store = redis.store();
    for before in ["SET", "DEL"] {
        for number in 0..5 {
            let lock = store.lock().await.unwrap();
            let token = token(&number.to_string());
            store.save_locked(&token, &lock).await.unwrap();
            drop(lock);
        }
        redis.say(&match before {
            "SET" => format!("SET {KEY}:fence 1"),
            _ => format!("DEL {KEY}:fence"),
        });

        let lock = store.lock().await.unwrap();
        store.save_locked(&token("new"), &lock).await.unwrap();
        drop(lock);

        redis.say(&format!("DEL {KEY}:fence"));
        let lock = store.lock().await.unwrap();
        store.save(&token("login")).await.unwrap();
        let late = store.save_locked(&token("late"), &lock).await;
        assert!(late.is_err(), "a login comes before the lock's holder");
        drop(lock);
        assert_eq!(stored(&store).await.as_deref(), Some("login"));
    }
}

#[tokio::test]
async fn the_locks_holder_is_late_after_a_login_or_logout() {
    let Some(redis) = Redis::start() else { return };
    let store = redis.store();

    let lock = store.lock().await.unwrap();
    store.save(&token("login")).await.unwrap();
    assert!(store.save_locked(&token("late"), &lock).await.is_err());
    assert_eq!(stored(&store).await.as_deref(), Some("login"));
    drop(lock);

    let lock = store.lock().await.unwrap();
    store.clear().await.unwrap();
    assert!(store.save_locked(&token("late"), &lock).await.is_err());
    assert_eq!(stored(&store).await, None);
}

#[tokio::test]
async fn a_dropped_wait_leaves_no_lock_behind() {
    let Some(redis) = Redis::start() else { return };
    let store = redis.store();
    for polls in 1..40 {
        let mut waiting = store.lock();
        for _ in 0..polls {
            if futures::poll!(&mut waiting).is_ready() {
                break;
            }
            tokio::task::yield_now().await;
        }
        drop(waiting);

        // Within far less time than it takes to expire.
        let next = store.clone().lock_wait(Duration::from_secs(20));
        drop(next.lock().await.unwrap());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn clients_that_share_a_redis_make_one_refresh_per_expiry() {
    let Some(redis) = Redis::start() else { return };
    let sandbox = Sandbox::builder().contacts(1).rotate_refresh_tokens(true);
    let sandbox = Watched::of(sandbox).await;
    logged_in_with(&sandbox, redis.store()).await;
    let clients: Vec<Client> = (0..4)
        .map(|_| {
            let builder = sandbox.builder().credentials(sandbox.user());
            builder.token_store(redis.store()).build().unwrap()
        })
        .collect();

    one_refresh_per_expiry(&sandbox, &clients).await;
    assert!(!redis.is_locked());
}

#[tokio::test]
async fn a_broken_connection_is_replaced() {
    let Some(redis) = Redis::start() else { return };
    let store = redis.store();
    store.save(&token("one")).await.unwrap();

    for _ in 0..3 {
        redis.say("CLIENT KILL TYPE normal");

        assert_eq!(stored(&store).await.as_deref(), Some("one"));
        drop(store.lock().await.unwrap());
    }
}

#[tokio::test]
async fn neither_errors_nor_debug_show_what_is_secret() {
    let Some(redis) = Redis::start() else { return };
    let store = redis.store();
    redis.say(&format!("SET {KEY} canary"));
    let error = store.load().await.unwrap_err();
    assert!(!format!("{error} {error:?}").contains("canary"));
    redis.say(&format!("DEL {KEY}"));
    redis.say(&format!("HSET {KEY} canary canary"));
    let error = store.load().await.unwrap_err();
    assert!(!format!("{error} {error:?}").contains("canary"));

    let store = RedisTokenStore::new("redis://user:canary@127.0.0.1:1/", KEY).unwrap();
    let error = store.load().await.unwrap_err();
    let text = format!("{store:?} {error} {error:?}");
    assert!(
        text.contains("refused") && !text.contains("canary"),
        "{text}"
    );
    for url in [
        "http://user:canary@host/",
        "rediss://user:canary@host/#insecure",
        "rediss://user:canary#host/",
        "",
    ] {
        let error = RedisTokenStore::new(url, KEY).unwrap_err();
        let text = format!("{error} {error:?}");
        assert!(
            error.is_configuration() && !text.contains("canary"),
            "{text}"
        );
    }
    assert!(RedisTokenStore::new("redis://127.0.0.1/", "").is_err());
}
