//! Starting a sandbox that isn't like any other.

use std::{net::Ipv4Addr, path::PathBuf, sync::Arc, time::Duration};

use axum::middleware;
use stratustexting_client::Operation;
use tokio::net::TcpListener;

use crate::{
    callback::Callbacks,
    connection::Connection,
    control, cors,
    dialect::Dialect,
    dispatch::Outbox,
    error::StartError,
    limits::Limits,
    oauth,
    sandbox::Sandbox,
    seed,
    service::{serve, tell_the_wire},
    settings::{Deliveries, Settings},
    shared::Shared,
    wire::{Door, Gate, Wire},
};

/// What a sandbox is to be like; made by [`Sandbox::builder`].
#[derive(Clone, Debug)]
#[must_use = "a builder does nothing until it is started"]
pub struct Builder {
    port: u16,
    seed: u64,
    contacts: usize,
    oauth: oauth::Settings,
    limits: Limits,
    dialect: Dialect,
    settings: Settings,
    callback_ca: Option<PathBuf>,
    origins: Vec<String>,
}

impl Default for Builder {
    fn default() -> Self {
        Self {
            port: 0,
            seed: 0,
            contacts: 1_000,
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
            },
            dialect: Dialect::none(),
            settings: Settings::default(),
            callback_ca: None,
            origins: Vec::new(),
        }
    }
}

impl Builder {
    /// The port to listen on. Default: 0, which is any that is free.
    pub fn port(mut self, port: u16) -> Self {
        self.port = port;
        self
    }

    /// What ids, credentials and data are made from. Default: 0.
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// How many contacts there are. Default: 1,000.
    pub fn contacts(mut self, contacts: usize) -> Self {
        self.contacts = contacts;
        self
    }

    /// Adds a redirect URI to the ready-made client, which has `/callback` on any port
    /// of `127.0.0.1` and `localhost` already.
    pub fn redirect_uri(mut self, uri: impl Into<String>) -> Self {
        self.oauth.redirect_uris.push(uri.into());
        self
    }

    /// How long an access token is good. Default: an hour, as the real service's.
    pub fn token_lifetime(mut self, lifetime: Duration) -> Self {
        self.oauth.token_lifetime = lifetime;
        self
    }

    /// Whether each refresh gives a new refresh token and ends the old one; who then
    /// uses the old one loses the whole login. Default: no. What the real service does
    /// is UNKNOWN, so a client has to work with both.
    pub fn rotate_refresh_tokens(mut self, rotate: bool) -> Self {
        self.oauth.rotate_refresh_tokens = rotate;
        self
    }

    /// How long a refresh token that was replaced still brings the same successor, as
    /// long as that hasn't been used itself. It is for a client that lost the answer;
    /// many real servers have it. Only with
    /// [`rotate_refresh_tokens`](Self::rotate_refresh_tokens), and by the sandbox's own
    /// clock. Default: zero, which is no grace.
    pub fn refresh_token_grace(mut self, grace: Duration) -> Self {
        self.oauth.refresh_token_grace = grace;
        self
    }

    /// How long after the login its refresh tokens are good. Refreshing doesn't prolong
    /// it, nor does rotation: after it, the user has to log in again. Default: 30 days, as
    /// Cognito's; the real service's is UNKNOWN.
    pub fn refresh_token_lifetime(mut self, lifetime: Duration) -> Self {
        self.oauth.refresh_token_lifetime = lifetime;
        self
    }

    /// Whether a code that is exchanged a second time ends the tokens that it brought at
    /// first, as OAuth recommends. The second exchange fails in any case. Default: no,
    /// since no more than that is known of the real service: a callback page that is
    /// loaded again costs nothing.
    pub fn code_reuse_ends_login(mut self, ends: bool) -> Self {
        self.oauth.code_reuse_ends_login = ends;
        self
    }

    /// The most characters of a URL, its path and query, as they are sent; the gateway
    /// refuses a longer one with 414, and nothing is carried out. Default: 8,192, as
    /// inferred from AWS; an emoji in a text takes 12 of them. 60,000 at most.
    pub fn max_url(mut self, characters: usize) -> Self {
        self.settings.max_url = characters;
        self
    }

    /// The status for a token that lacks the operation's scope: 403 or 401. A wrong key
    /// gives 403 as well. Default: 403; the real one's is UNKNOWN, and 401 would be in
    /// the manner of Cognito.
    pub fn missing_scope(mut self, status: u16) -> Self {
        self.settings.missing_scope = status;
        self
    }

    /// The most items of a page; more aren't given, whatever is asked for. Default: 500.
    pub fn max_page_size(mut self, size: usize) -> Self {
        self.limits.max_page_size = size;
        self
    }

    /// Whether pages have nothing but `content`, the one key that is attested.
    /// Default: no.
    pub fn bare_pages(mut self, bare: bool) -> Self {
        self.limits.bare_pages = bare;
        self
    }

    /// Leaves out an operation: it is then answered as an unknown route. Most paths are
    /// inferred, so this may be what a program meets.
    pub fn without_operation(mut self, operation_id: impl Into<String>) -> Self {
        self.limits.without.push(operation_id.into());
        self
    }

    /// Whether callbacks on other machines may be subscribed. Default: no, since a
    /// sandbox is to reach nobody.
    pub fn allow_remote_callbacks(mut self, allow: bool) -> Self {
        self.limits.remote_callbacks = allow;
        self
    }

    /// What answers look like where the real service may differ from what was inferred.
    /// Default: [`Dialect::none`].
    pub fn dialect(mut self, dialect: Dialect) -> Self {
        self.dialect = dialect;
        self
    }

    /// How long to wait before an event is posted again: that of
    /// [`deliveries`](Self::deliveries). Default: a second.
    pub fn webhook_retry_wait(mut self, wait: Duration) -> Self {
        self.settings.deliveries = self.settings.deliveries.wait(wait);
        self
    }

    /// How events are delivered: how often, how patiently, in which order, and how many
    /// at a time. [`Sandbox::set_deliveries`] changes it later.
    pub fn deliveries(mut self, deliveries: Deliveries) -> Self {
        self.settings.deliveries = deliveries;
        self
    }

    /// A file of PEM with certificates to trust for callbacks by `https`, beside those
    /// that the system trusts: that of a certificate authority of one's own, say.
    pub fn callback_ca(mut self, file: impl Into<PathBuf>) -> Self {
        self.callback_ca = Some(file.into());
        self
    }

    /// Lets pages of this origin, such as `http://localhost:5173`, call the sandbox from a
    /// browser; `*` lets all. Default: none, as a gateway that nobody has told to. What
    /// browsers ask ahead of a request is then answered, and isn't in the ledger.
    pub fn allow_origin(mut self, origin: impl Into<String>) -> Self {
        self.origins.push(origin.into());
        self
    }

    /// Whether tokens that no user logged in for, those of `client_credentials`, may be
    /// used on subscriptions. Default: no, since the vendor says to log in for them; the
    /// gateway then answers with 403, which is inferred.
    pub fn allow_machine_subscriptions(mut self, allow: bool) -> Self {
        self.settings.allow_machine_subscriptions = allow;
        self
    }

    /// Starts it. It ends when the [`Sandbox`] is dropped.
    ///
    /// # Errors
    ///
    /// See [`StartError`].
    pub async fn start(self) -> Result<Sandbox, StartError> {
        self.check()?;
        let port = self.port;
        let listen = |source| StartError::Listen { port, source };
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port))
            .await
            .map_err(listen)?;
        let address = listener.local_addr().map_err(listen)?;
        let callbacks = Callbacks::new(self.callback_ca.as_deref())?;
        let outbox = Outbox::new(self.seed, self.settings.deliveries.at_a_time);
        let state = seed::state(self.seed, self.contacts, self.oauth);
        let connection = Connection::of(&format!("http://{address}"), &state);
        let gate = Gate::new(listener).map_err(listen)?;
        let shared = Shared::new(
            connection,
            self.limits,
            self.settings,
            callbacks,
            outbox,
            state,
            gate,
        );
        shared.dialect().set(self.dialect);
        let shared = Arc::new(shared);
        let mut routes = control::all().fallback(serve);
        if let Some(layer) = cors::layer(&self.origins) {
            routes = routes.layer(layer).layer(middleware::from_fn(cors::settle));
        }
        let routes = routes
            .layer(middleware::from_fn(tell_the_wire))
            .with_state(Arc::clone(&shared))
            .into_make_service_with_connect_info::<Wire>();
        let ended = shared.shutdown.clone().cancelled_owned();
        let door = Door(Arc::clone(&shared));
        let server = axum::serve(door, routes).with_graceful_shutdown(ended);
        tokio::spawn(async move { server.await });
        Ok(Sandbox::new(shared))
    }

    fn check(&self) -> Result<(), StartError> {
        let setting = |text: String| Err(StartError::Setting(text));
        let unknown = |id: &&String| Operation::find(id).is_none();
        if let Some(id) = self.limits.without.iter().find(unknown) {
            return setting(format!("there is no operation {id:?} to leave out"));
        }
        if self.limits.max_page_size == 0 {
            return setting("the size of a page has to be 1 at least".to_owned());
        }
        for origin in &self.origins {
            cors::check(origin).or_else(setting)?;
        }
        self.settings.check().or_else(setting)?;
        let client = oauth::NewClient::default().redirect_uris(&self.oauth.redirect_uris);
        client.check().or_else(setting)
    }
}
