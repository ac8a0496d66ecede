//! Configures a sandbox and starts it.

use std::{
    collections::HashMap,
    fmt,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    path::PathBuf,
    sync::Arc,
    time::Duration,
};

use axum::middleware;
use chrono::{DateTime, Utc};
use stratustexting_client::Operation;

#[cfg(feature = "data")]
use crate::data::File;
use crate::{
    callback::Callbacks,
    clock::Clock,
    connection::ConnectionDetails,
    control::{self, Allowed},
    cors,
    data::{Journal, Origin, Parts, Rows, Store, origin_of},
    dialect::Dialect,
    dispatch::Outbox,
    error::SandboxError,
    limits::Limits,
    oauth, page,
    sandbox::Sandbox,
    service::{mark_progress, serve},
    settings::{DeliverySettings, Settings},
    shared::Shared,
    tcp::{self, Connection, ListenerState, SandboxListener},
    webhooks,
};

/// The configuration of a sandbox; created by [`Sandbox::builder`].
#[derive(Clone, Debug)]
#[must_use = "a builder does nothing until it is started"]
pub struct Builder {
    host: IpAddr,
    port: u16,
    seed: Option<u64>,
    contacts: Option<usize>,
    oauth: oauth::Settings,
    limits: Limits,
    dialect: Dialect,
    settings: Settings,
    callback_ca: Option<PathBuf>,
    clock: Clock,
    /// The most entries of the ledger.
    ledger_entries: usize,
    #[cfg(feature = "data")]
    data: Option<PathBuf>,
}

impl Default for Builder {
    fn default() -> Self {
        Self {
            host: Ipv4Addr::LOCALHOST.into(),
            port: 0,
            seed: None,
            contacts: None,
            oauth: oauth::Settings {
                token_lifetime: Duration::from_secs(3_600),
                rotate_refresh_tokens: false,
                refresh_token_grace: Duration::ZERO,
                refresh_token_lifetime: Duration::from_secs(30 * 86_400),
                code_reuse_ends_login: false,
                redirect_uris: Vec::new(),
            },
            limits: Limits {
                max_page_size: 500,
                bare_pages: false,
                remote_callbacks: false,
                without: Vec::new(),
                head_timeout: Duration::from_secs(30),
                body_timeout: Duration::from_secs(60),
                allowed: Allowed::default(),
            },
            dialect: Dialect::none(),
            settings: Settings::default(),
            callback_ca: None,
            clock: Clock::default(),
            ledger_entries: usize::MAX,
            #[cfg(feature = "data")]
            data: None,
        }
    }
}

impl Builder {
    /// The address to listen on. Default: 127.0.0.1, where only programs of this machine can
    /// connect. With `0.0.0.0` or `::`, those of other machines can, too, as is needed in a
    /// container; the URLs then name the loopback address.
    ///
    /// **Whoever can connect can use the sandbox.** The credentials are all the protection
    /// that it has. They follow from the seed, and the control API shows them.
    ///
    /// ```
    /// # use stratustexting_sandbox::Sandbox;
    /// # tokio::runtime::Runtime::new()?.block_on(async {
    /// let sandbox = Sandbox::builder().host([0, 0, 0, 0]).allow_host("sandbox").start().await?;
    ///
    /// assert!(sandbox.api_base().starts_with("http://127.0.0.1:"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// # })
    /// # .map_err(|error| error.to_string())?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn host(mut self, address: impl Into<IpAddr>) -> Self {
        self.host = address.into();
        self
    }

    /// Allows requests to the control API under this host name, such as the name of a
    /// container. Addresses and `localhost` are always allowed. Other names are rejected, since
    /// a page in a browser could make its own name lead to the sandbox.
    pub fn allow_host(mut self, name: impl Into<String>) -> Self {
        self.limits.allowed.hosts.push(name.into());
        self
    }

    /// The port to listen on. Default: 0, which means any free port.
    pub fn port(mut self, port: u16) -> Self {
        self.port = port;
        self
    }

    /// The seed for ids, credentials and data. Default: 0, or that of the file of
    /// [`data`](Self::data).
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = Some(seed);
        self
    }

    /// How many contacts there are at the start. Default: 1,000, or as many as the file of
    /// [`data`](Self::data) began with.
    pub fn contacts(mut self, contacts: usize) -> Self {
        self.contacts = Some(contacts);
        self
    }

    /// Adds a redirect URI to the ready-made client, which has `/callback` on any port
    /// of `127.0.0.1` and `localhost` already.
    pub fn redirect_uri(mut self, uri: impl Into<String>) -> Self {
        self.oauth.redirect_uris.push(uri.into());
        self
    }

    /// How long an access token is valid. Default: an hour, as for the real service.
    pub fn token_lifetime(mut self, lifetime: Duration) -> Self {
        self.oauth.token_lifetime = lifetime;
        self
    }

    /// Whether each refresh issues a new refresh token and ends the old one; using the old
    /// one again then ends the whole login. Default: no. What the real service does is
    /// UNKNOWN, so a client must work with both.
    pub fn rotate_refresh_tokens(mut self, rotate: bool) -> Self {
        self.oauth.rotate_refresh_tokens = rotate;
        self
    }

    /// How long a replaced refresh token still returns the same successor, unless the
    /// successor was used itself. It is for a client that lost the response; many real
    /// servers have it. Only with [`rotate_refresh_tokens`](Self::rotate_refresh_tokens),
    /// and by the sandbox's own clock. Default: zero, which means no grace period.
    pub fn refresh_token_grace(mut self, grace: Duration) -> Self {
        self.oauth.refresh_token_grace = grace;
        self
    }

    /// How long after the login its refresh tokens are valid. Neither a refresh nor rotation
    /// extends that: afterwards, the user must log in again. Default: 30 days, as for
    /// Cognito; the real service's is UNKNOWN.
    pub fn refresh_token_lifetime(mut self, lifetime: Duration) -> Self {
        self.oauth.refresh_token_lifetime = lifetime;
        self
    }

    /// Whether a second exchange of a code also ends the tokens of the first one, as OAuth
    /// recommends. The second exchange fails in any case. Default: no, since no more than
    /// that is known of the real service: reloading a callback page costs nothing.
    pub fn code_reuse_ends_login(mut self, ends: bool) -> Self {
        self.oauth.code_reuse_ends_login = ends;
        self
    }

    /// The most characters of a URL's path and query, as they are sent; the gateway rejects a
    /// longer one with 414, and nothing is carried out. Default: 8,192, as inferred from
    /// AWS; an emoji in a text takes 12 of them. At most 60,000.
    pub fn max_url(mut self, characters: usize) -> Self {
        self.settings.max_url = characters;
        self
    }

    /// The status for a token that lacks the operation's scope: 403 or 401. A wrong API key
    /// gives 403 as well. Default: 403; the real service's is UNKNOWN, and Cognito's would
    /// be 401.
    pub fn missing_scope(mut self, status: u16) -> Self {
        self.settings.missing_scope = status;
        self
    }

    /// How long a subscription lives, in whole seconds, whatever its request says. Default:
    /// about 30 years, which was observed once for a request of 90 days; a platform with the
    /// same kind of subscriptions has 7 days.
    ///
    /// After that, no more events are posted for it. What else the real service does then is
    /// UNKNOWN; here it is still listed, and still `ACTIVE`, until it is subscribed again.
    pub fn subscription_lifetime(mut self, lifetime: Duration) -> Self {
        self.settings.subscription_lifetime_seconds = lifetime.as_secs();
        self
    }

    /// Whether the account has sites: one, with the departments and their numbers. Otherwise
    /// `listSites` gives an empty list; the departments exist all the same. Default: no, since
    /// the product has sites only after its irreversible setting "Multisite" was switched on.
    /// That the API's sites are those is inferred.
    pub fn multisite(mut self, multisite: bool) -> Self {
        self.settings.multisite = multisite;
        self
    }

    /// How long the gateway waits for the application's response to an operation, rounded down
    /// to milliseconds. Then it responds with 504, and the operation is carried out all the
    /// same. Only faults ([`Fault::respond_late`](crate::Fault::respond_late)) and callbacks
    /// that are slow in the handshake take long here. Default: 29 seconds, as inferred from
    /// AWS.
    pub fn integration_timeout(mut self, timeout: Duration) -> Self {
        self.settings.integration_timeout_milliseconds =
            u64::try_from(timeout.as_millis()).unwrap_or(u64::MAX);
        self
    }

    /// How long a request may take to arrive: its head from the first byte, and then its body.
    /// The connection of one that takes longer is closed. Connections without a request
    /// may stay open. Default: 30 and 60 seconds; the real service's are UNKNOWN.
    pub fn request_timeouts(mut self, head: Duration, body: Duration) -> Self {
        self.limits.head_timeout = head;
        self.limits.body_timeout = body;
        self
    }

    /// The most items of a page, whatever size a request asks for. Default: 500.
    pub fn max_page_size(mut self, size: usize) -> Self {
        self.limits.max_page_size = size;
        self
    }

    /// Whether pages have nothing but `content`, the only attested key. Default: no.
    pub fn bare_pages(mut self, bare: bool) -> Self {
        self.limits.bare_pages = bare;
        self
    }

    /// Removes an operation: requests to it get the response of an unknown route. Most paths
    /// are inferred, so a program may meet this.
    pub fn without_operation(mut self, operation_id: impl Into<String>) -> Self {
        self.limits.without.push(operation_id.into());
        self
    }

    /// Whether subscriptions may have callbacks on other machines. Default: no, since a
    /// sandbox must not reach anybody.
    pub fn allow_remote_callbacks(mut self, allow: bool) -> Self {
        self.limits.remote_callbacks = allow;
        self
    }

    /// What responses look like where the real service may differ from what was inferred.
    /// Default: [`Dialect::none`].
    pub fn dialect(mut self, dialect: Dialect) -> Self {
        self.dialect = dialect;
        self
    }

    /// How long to wait before an event is posted again; sets
    /// [`DeliverySettings::wait`]. Default: a second.
    pub fn webhook_retry_wait(mut self, wait: Duration) -> Self {
        self.settings.deliveries = self.settings.deliveries.wait(wait);
        self
    }

    /// How events are delivered: attempts, timeouts, order, and how many at a time.
    /// [`Sandbox::set_delivery_settings`] changes it later.
    pub fn delivery_settings(mut self, settings: DeliverySettings) -> Self {
        self.settings.deliveries = settings;
        self
    }

    /// A PEM file with certificates to trust for callbacks by `https`, in addition to those
    /// that the system trusts: that of a private certificate authority, for example.
    pub fn callback_ca(mut self, file: impl Into<PathBuf>) -> Self {
        self.callback_ca = Some(file.into());
        self
    }

    /// Allows pages of this origin, such as `http://localhost:5173`, to call the sandbox and its
    /// control API from a browser (CORS); `*` allows all. Default: none, as for a gateway without CORS.
    /// Preflight requests are then accepted, and aren't in the ledger.
    pub fn allow_origin(mut self, origin: impl Into<String>) -> Self {
        self.limits.allowed.origins.push(origin.into());
        self
    }

    /// Whether tokens without a user's login, those of `client_credentials`, may be used for
    /// subscriptions. Default: no, since the vendor says to log in for them; the gateway
    /// then rejects them with 403, which is inferred.
    pub fn allow_machine_subscriptions(mut self, allow: bool) -> Self {
        self.settings.allow_machine_subscriptions = allow;
        self
    }

    /// Lets the clock begin at this time and stand still until it is moved, by
    /// [`Sandbox::advance`] for example. With the same [`seed`](Self::seed), the same requests
    /// in the same order then get the same responses, byte for byte. A file of
    /// [`data`](Self::data) has its own clock, which goes on where it was. Default: the clock
    /// of the machine.
    pub fn clock(mut self, start: DateTime<Utc>) -> Self {
        self.clock = Clock::frozen(start);
        self
    }

    /// The most entries of the ledger; the oldest go, and the numbers go on. The same holds for
    /// broken requests, and for deliveries that are finished. Messages stay. Default: unlimited.
    pub fn ledger_entries(mut self, most: usize) -> Self {
        self.ledger_entries = most;
        self
    }

    /// Keeps everything in this file, over restarts: contacts, consents, subscriptions,
    /// messages with their files, deliveries, clients, logins and tokens, the ledger, the
    /// clock, and settings that were changed while the sandbox ran. The same credentials come
    /// back, no id is given twice, and deliveries that weren't finished are posted again.
    /// What the builder sets applies to each start, except the clock, and settings that were
    /// changed while the sandbox ran. Scripted responses, faults, the dialect and
    /// its numbers aren't kept. Default: everything is in memory.
    ///
    /// A response leaves when what it says is in the file, so that a killed program has lost
    /// nothing of it; requests that come together share a write. What the methods of
    /// [`Sandbox`] change is written a moment later, and when the sandbox is dropped. If the
    /// file can't be written, because the disk is full for example, requests get a 500, and most
    /// aren't carried out: a few that came at the same moment may be.
    ///
    /// The file is made if there is none, for its owner alone: it has credentials and texts. It
    /// is an SQLite database, with a second file beside it (`-wal`) while the sandbox runs.
    ///
    /// ```
    /// # use stratustexting_sandbox::Sandbox;
    /// # let folder = tempfile::tempdir()?;
    /// # let file = folder.path().join("sandbox.db");
    /// # tokio::runtime::Runtime::new()?.block_on(async {
    /// let first = Sandbox::builder().data(&file).start().await?;
    /// first.customer_texts("+13035550123", first.number(), "Hello").await.map_err(|e| e.to_string())?;
    /// let secret = first.client_secret().to_owned();
    /// drop(first);
    ///
    /// let second = Sandbox::builder().data(&file).start().await?;
    /// assert_eq!(second.client_secret(), secret);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// # })?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Of [`start`](Self::start): [`SandboxError::Data`] if the file isn't a sandbox's, has
    /// another seed or was made by another version, if another sandbox has it open, or if it
    /// can't be read or written.
    #[cfg(feature = "data")]
    pub fn data(mut self, file: impl Into<PathBuf>) -> Self {
        self.data = Some(file.into());
        self
    }

    /// Starts the sandbox. It stops when the [`Sandbox`] is dropped.
    ///
    /// # Errors
    ///
    /// See [`SandboxError`].
    pub async fn start(self) -> Result<Sandbox, SandboxError> {
        self.check()?;
        let (host, port) = (self.host, self.port);
        let failed = |source| SandboxError::Listen { host, port, source };
        let listener = tcp::listen((host, port).into()).map_err(failed)?;
        let address = listener.local_addr().map_err(failed)?;
        let callbacks = Callbacks::new(self.callback_ca.as_deref())?;
        let (store, rows) = self.stored().await?;
        let file = self.file();
        let problem = move |problem| SandboxError::Data {
            file: file.clone(),
            problem,
        };
        let mut parts = Parts {
            origin: self.origin(&rows).map_err(&problem)?,
            clock: self.clock.clone(),
            oauth: self.oauth.clone(),
            settings: self.settings.clone(),
            most: self.ledger_entries,
            written: HashMap::new(),
        };
        let restored = match &store {
            None => parts.initial(),
            Some(_) if rows.is_empty() => parts.initial_with_file(),
            Some(_) => parts.restored(rows).map_err(&problem)?,
        };
        let outbox = Outbox::new(parts.origin.seed, restored.settings.deliveries.at_a_time);
        let connection = ConnectionDetails::of(&reachable(address).to_string(), &restored.state);
        let listener_state = ListenerState::new(listener).map_err(failed)?;
        let at_start = self.settings;
        let shared = Shared::new(
            connection,
            self.limits,
            callbacks,
            outbox,
            at_start,
            restored,
            listener_state,
        );
        shared.dialect_state().set(self.dialect);
        let shared = Arc::new(shared);
        if let Some(store) = store {
            keep(&shared, store, parts).await.map_err(problem)?;
        }
        webhooks::resume(&shared);
        let mut router = control::router(&shared)
            .merge(page::router(&shared))
            .fallback(serve);
        if let Some(layer) = cors::layer(&shared.limits.allowed.origins) {
            router = router
                .layer(layer)
                .layer(middleware::from_fn(cors::mark_preflight_received));
        }
        let router = router
            .layer(middleware::from_fn(mark_progress))
            .with_state(Arc::clone(&shared))
            .into_make_service_with_connect_info::<Connection>();
        let (changing, end) = (Arc::clone(&shared), shared.shutdown.clone());
        tokio::spawn(async move { changing.changes.announce(end).await });
        let shutdown = shared.shutdown.clone().cancelled_owned();
        let sandbox_listener = SandboxListener(Arc::clone(&shared));
        let server = axum::serve(sandbox_listener, router).with_graceful_shutdown(shutdown);
        tokio::spawn(async move { server.await });
        Ok(Sandbox::new(shared))
    }

    /// The file and what is in it, if there is one.
    #[cfg(feature = "data")]
    async fn stored(&self) -> Result<(Option<Box<dyn Store>>, Rows), SandboxError> {
        let Some(path) = self.data.clone() else {
            return Ok((None, Rows::default()));
        };
        // A large file takes a while.
        let opened = tokio::task::spawn_blocking(move || File::open(&path)).await;
        let opened = opened.map_err(|error| SandboxError::Data {
            file: self.file(),
            problem: error.to_string(),
        })?;
        opened.map(|(file, rows)| (Some(Box::new(file) as Box<dyn Store>), rows))
    }

    #[cfg(not(feature = "data"))]
    async fn stored(&self) -> Result<(Option<Box<dyn Store>>, Rows), SandboxError> {
        Ok((None, Rows::default()))
    }

    fn file(&self) -> PathBuf {
        #[cfg(feature = "data")]
        return self.data.clone().unwrap_or_default();
        #[cfg(not(feature = "data"))]
        PathBuf::new()
    }

    /// What the seeded data follow from. The file's origin wins if the builder has none.
    fn origin(&self, rows: &Rows) -> Result<Origin, String> {
        if rows.is_empty() {
            return Ok(Origin {
                seed: self.seed.unwrap_or_default(),
                contacts: self.contacts.unwrap_or(1_000),
            });
        }
        let kept = origin_of(rows)?;
        let other = |name: &str, kept: &dyn fmt::Display| {
            Err(format!(
                "it began with {name} {kept}; start with that, or without any, or name another \
                 file"
            ))
        };
        if self.seed.is_some_and(|seed| seed != kept.seed) {
            return other("the seed", &kept.seed);
        }
        if self.contacts.is_some_and(|number| number != kept.contacts) {
            return other("a number of contacts of", &kept.contacts);
        }
        Ok(kept)
    }

    fn check(&self) -> Result<(), SandboxError> {
        let invalid = |text: String| Err(SandboxError::Setting(text));
        let unknown = |id: &&String| Operation::find(id).is_none();
        if let Some(id) = self.limits.without.iter().find(unknown) {
            return invalid(format!("there is no operation {id:?} to remove"));
        }
        if !Clock::is_usable(self.clock.now()) {
            return invalid("the clock's year must be 1970 to 9999".to_owned());
        }
        if self.limits.max_page_size == 0 {
            return invalid("the size of a page must be at least 1".to_owned());
        }
        for origin in &self.limits.allowed.origins {
            cors::check(origin).or_else(invalid)?;
        }
        for host in &self.limits.allowed.hosts {
            control::check_host(host).or_else(invalid)?;
        }
        self.settings.check().or_else(invalid)?;
        let client = oauth::NewClient::default().redirect_uris(&self.oauth.redirect_uris);
        client.check().or_else(invalid)
    }
}

/// Keeps a sandbox's changes from now on. What it starts with is stored when this returns.
async fn keep(shared: &Arc<Shared>, store: Box<dyn Store>, parts: Parts) -> Result<(), String> {
    let journal = Journal::start(shared, store, parts).map_err(|error| error.to_string())?;
    let pending = journal.begin();
    // It is empty, so this can't fail.
    let _ = shared.journal.set(journal);
    let stored = pending.stored().await;
    stored.map_err(|error| {
        shared.close();
        error.to_string()
    })
}

/// The address by which a program of this machine reaches one that the sandbox listens on.
fn reachable(address: SocketAddr) -> SocketAddr {
    let host = match address.ip() {
        IpAddr::V4(host) if host.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(host) if host.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        host => host,
    };
    SocketAddr::new(host, address.port())
}
