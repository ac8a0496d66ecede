//! Making a client.

mod network;

use std::{fmt, path::PathBuf, sync::Arc, time::Duration};

use stratustexting_client::{self as api, transport::Handle};
use url::Url;

use super::{
    Client, Inner,
    http_clients::{Configure, HttpClients},
};
use crate::{
    ApiKey, Brand, Error, PhoneNumber, Result,
    auth::{
        Auth, Credentials, CredentialsKind, ManagedTokens, MemoryTokenStore, OAuthClient,
        TokenSource, TokenStore,
    },
    endpoint::{self, PlainHosts},
    executor::{Backend, Executor, RejectedTokens},
    input,
    options::CallOptions,
    overrides::{self, OperationOverride, Overrides},
    phone,
    rate_limit::{Limits, RateLimit},
    retry::{Backoff, Bucket, RetryBudget, RetryPolicy},
    secret::{VISIBLE, header_value},
};

/// Makes a [`Client`]; from [`Client::builder`].
///
/// [`api_key`](Self::api_key) and [`credentials`](Self::credentials) must be set; everything
/// else has a default. [`build`](Self::build) checks all of it before anything is sent.
#[must_use = "a builder does nothing until it builds"]
pub struct ClientBuilder {
    brand: Brand,
    api_base: Option<String>,
    authorize_url: Option<String>,
    token_url: Option<String>,
    api_key: Option<ApiKey>,
    credentials: Option<Credentials>,
    store: Option<Arc<dyn TokenStore>>,
    options: CallOptions,
    retry: Arc<dyn RetryPolicy>,
    retry_budget: Option<RetryBudget>,
    rate_limit: Option<RateLimit>,
    number_rate_limit: Option<RateLimit>,
    connect_timeout: Option<Duration>,
    max_response: usize,
    media_limit: usize,
    max_url: usize,
    sender: Option<Result<PhoneNumber>>,
    user_agent: Option<String>,
    headers: Vec<(String, String)>,
    overrides: Vec<(String, OperationOverride)>,
    overrides_file: Option<PathBuf>,
    strict: bool,
    http: Option<Configure>,
    plain_hosts: Vec<String>,
    connections_of: Option<Arc<HttpClients>>,
    limits_of: Option<(Arc<Limits>, Arc<Bucket>)>,
}

impl ClientBuilder {
    /// The default time limit for connecting.
    pub const DEFAULT_CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
    /// The default limit for the size of a response: 8 MiB.
    pub const DEFAULT_MAX_RESPONSE: usize = 8 * 1024 * 1024;
    /// The default limit for the files of an MMS together: 5 MiB.
    pub const DEFAULT_MEDIA_LIMIT: usize = 5 * 1024 * 1024;
    /// The default limit for the length of a URL: 8,192 characters. The service may have one of
    /// two kinds of gateway, and this is what the stricter one lets through.
    pub const DEFAULT_MAX_URL: usize = 8_192;

    const USER_AGENT: &str = concat!("stratustexting-rust/", env!("CARGO_PKG_VERSION"));

    pub(super) fn new() -> Self {
        Self {
            brand: Brand::default(),
            api_base: None,
            authorize_url: None,
            token_url: None,
            api_key: None,
            credentials: None,
            store: None,
            options: CallOptions::default(),
            retry: Arc::new(Backoff::default()),
            retry_budget: None,
            rate_limit: None,
            number_rate_limit: None,
            connect_timeout: None,
            max_response: Self::DEFAULT_MAX_RESPONSE,
            media_limit: Self::DEFAULT_MEDIA_LIMIT,
            max_url: Self::DEFAULT_MAX_URL,
            sender: None,
            user_agent: None,
            headers: Vec::new(),
            overrides: Vec::new(),
            overrides_file: None,
            strict: false,
            http: None,
            plain_hosts: Vec::new(),
            connections_of: None,
            limits_of: None,
        }
    }

    /// The brand whose URLs are used; by default [`Brand::StratusTexting`].
    pub fn brand(mut self, brand: Brand) -> Self {
        self.brand = brand;
        self
    }

    /// The API's base URL, in place of the brand's: `https`, or `http` to a loopback address
    /// or to a host of [`allow_plain_http`](Self::allow_plain_http).
    pub fn api_base(mut self, url: impl Into<String>) -> Self {
        self.api_base = Some(url.into());
        self
    }

    /// The OAuth authorization endpoint, in place of the brand's.
    pub fn authorize_url(mut self, url: impl Into<String>) -> Self {
        self.authorize_url = Some(url.into());
        self
    }

    /// The OAuth token endpoint, in place of the brand's.
    pub fn token_url(mut self, url: impl Into<String>) -> Self {
        self.token_url = Some(url.into());
        self
    }

    /// The client's API key, from the product's page "API Connect". Required.
    pub fn api_key(mut self, key: impl Into<ApiKey>) -> Self {
        self.api_key = Some(key.into());
        self
    }

    /// The credentials used to obtain access tokens. Required.
    pub fn credentials(mut self, credentials: Credentials) -> Self {
        self.credentials = Some(credentials);
        self
    }

    /// Where tokens are kept; by default in memory, so that a user must log in again when the
    /// program starts again.
    pub fn token_store(mut self, store: impl TokenStore) -> Self {
        self.store = Some(Arc::new(store));
        self
    }

    /// The time limit of a call, all attempts together; by default
    /// [60 seconds](CallOptions::DEFAULT_TIMEOUT). See [`CallOptions::timeout`].
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.options.timeout = Some(timeout);
        self
    }

    /// The time limit of one attempt; by default
    /// [30 seconds](CallOptions::DEFAULT_ATTEMPT_TIMEOUT), and
    /// [35](CallOptions::DEFAULT_SEND_ATTEMPT_TIMEOUT) for sending a message. See
    /// [`CallOptions::attempt_timeout`].
    pub fn attempt_timeout(mut self, timeout: Duration) -> Self {
        self.options.attempt_timeout = Some(timeout);
        self
    }

    /// When another attempt is made; by default [`Backoff`].
    ///
    /// The policy doesn't decide whether there may be one. Operations that can be done twice
    /// without harm may be retried; a send only if provably nothing of it left, unless the call
    /// says otherwise ([`CallOptions::resend`]).
    pub fn retry(mut self, policy: impl RetryPolicy) -> Self {
        self.retry = Arc::new(policy);
        self
    }

    /// How many retries all calls may make together; see [`RetryBudget`].
    pub fn retry_budget(mut self, budget: RetryBudget) -> Self {
        self.retry_budget = Some(budget);
        self
    }

    /// The rate at which requests are sent; by default there is no limit. Clones of the client
    /// share it, other clients and programs don't.
    pub fn rate_limit(mut self, limit: RateLimit) -> Self {
        self.rate_limit = Some(limit);
        self
    }

    /// The rate at which messages are sent from each number; by default there is no limit.
    pub fn number_rate_limit(mut self, limit: RateLimit) -> Self {
        self.number_rate_limit = Some(limit);
        self
    }

    /// The limit for the size of a response, in bytes; by default
    /// [8 MiB](Self::DEFAULT_MAX_RESPONSE). A larger one is [`Error::is_too_large`].
    pub fn max_response_bytes(mut self, bytes: usize) -> Self {
        self.max_response = bytes;
        self
    }

    /// The limit for the files of an MMS together, in bytes; by default
    /// [5 MiB](Self::DEFAULT_MEDIA_LIMIT).
    ///
    /// The service's own limit is UNKNOWN. The default is what other services allow, and
    /// carriers often deliver less.
    pub fn media_limit_bytes(mut self, bytes: usize) -> Self {
        self.media_limit = bytes;
        self
    }

    /// The limit for the length of a URL, in characters; by default
    /// [8,192](Self::DEFAULT_MAX_URL).
    ///
    /// The service takes a message's text in the URL, percent-encoded: an emoji has 12
    /// characters there, a Chinese character 9. A longer URL is [`Error::is_input`], and
    /// nothing is sent.
    pub fn max_url_length(mut self, characters: usize) -> Self {
        self.max_url = characters;
        self
    }

    /// The number of the account that messages are sent from, unless
    /// [`Messages::from`](crate::Messages::from) names another. [`build`](Self::build) checks
    /// its form; whether the account has it, the service knows.
    pub fn sender<N>(mut self, number: N) -> Self
    where
        N: TryInto<PhoneNumber, Error: Into<phone::Unreadable>>,
    {
        self.sender = Some(phone::named("sender", number));
        self
    }

    /// Says how one operation differs from the document, by its id such as `listContacts`: its
    /// path, where the items of a list are, how it pages. Use it when the live service turns
    /// out to differ from what the document infers.
    pub fn operation(mut self, id: impl Into<String>, differs: OperationOverride) -> Self {
        self.overrides.push((id.into(), differs));
        self
    }

    /// Reads how operations differ from the document from a JSON file: an object with an
    /// [`OperationOverride`] per operation. [`build`](Self::build) reads the file, and
    /// [`operation`](Self::operation) takes precedence over it.
    pub fn operations_file(mut self, path: impl Into<PathBuf>) -> Self {
        self.overrides_file = Some(path.into());
        self
    }

    /// Makes an error of every response in which a field has another form than documented. By
    /// default the response is read as far as it can be, and
    /// [`Response::diagnostics`](crate::Response::diagnostics) says what differs.
    ///
    /// This is for tests of the document, not for programs: a contact isn't worth less for
    /// having a number as its id.
    pub fn strict_reading(mut self, strict: bool) -> Self {
        self.strict = strict;
        self
    }

    /// Checks the settings and makes the client. Nothing is sent.
    ///
    /// # Errors
    ///
    /// [`Error::is_configuration`], naming the setting in [`Error::field`].
    pub fn build(mut self) -> Result<Client> {
        let configure = self.http.take();
        let plain = PlainHosts::checked(&self.plain_hosts)?;
        let api_base = self.api_base.as_deref().unwrap_or(self.brand.api_base());
        let api_base = endpoint::checked("api_base", api_base, &plain)?;
        let key = self
            .api_key
            .as_ref()
            .ok_or_else(|| Error::configuration("api_key", "must be set"))?;
        input::credential("api_key", key.expose())?;
        let mut api_key =
            header_value(key.expose()).ok_or_else(|| Error::configuration("api_key", VISIBLE))?;
        api_key.set_sensitive(true);
        let credentials = self
            .credentials
            .as_ref()
            .ok_or_else(|| Error::configuration("credentials", "must be set"))?;
        let sender = self.sender.take().transpose().map_err(|error| {
            Error::configuration("sender", PhoneNumber::FORM).with_source(error)
        })?;
        let token_url = match self.token_url.as_deref().or(self.brand.token_url()) {
            Some(url) => Some(endpoint::checked("token_url", url, &plain)?),
            None => None,
        };
        let authorize_url = match self.authorize_url.as_deref().or(self.brand.authorize_url()) {
            Some(url) => Some(endpoint::checked("authorize_url", url, &plain)?),
            None => None,
        };

        let mut requested = vec![("api_base", &api_base)];
        if let CredentialsKind::Managed(managed) = &credentials.0 {
            input::credential("client_id", &managed.client_id)?;
            input::credential("client_secret", managed.client_secret.expose())?;
            if let Some(token) = &managed.refresh_token {
                input::credential("refresh_token", token.expose())?;
            }
            let elsewhere = |url: &Url| endpoint::is_local(&api_base) && !endpoint::is_local(url);
            if token_url.as_ref().is_some_and(elsewhere) {
                // A test's client would show its secrets to the vendor.
                return Err(Error::configuration(
                    "token_url",
                    "must be a loopback address or plain http too, as `api_base` is",
                ));
            }
            // The authorize URL isn't requested here, but by the user's browser.
            requested.extend(token_url.iter().map(|url| ("token_url", url)));
        }
        let http = self.http_clients(configure, &requested)?;
        let (limits, budget) = self.limits()?;

        let mut token_endpoint = None;
        let (tokens, managed): (Arc<dyn TokenSource>, _) = match &credentials.0 {
            CredentialsKind::Static(token) => {
                (Arc::new(crate::auth::StaticToken(token.clone())), None)
            }
            CredentialsKind::Source(source) => (Arc::clone(source), None),
            CredentialsKind::Managed(managed) => {
                let token_url = token_url.ok_or_else(|| {
                    Error::configuration("token_url", "must be set: it is not known for this brand")
                })?;
                let oauth = OAuthClient::new(
                    managed,
                    authorize_url.as_ref(),
                    &token_url,
                    http.of(&token_url)?.clone(),
                );
                token_endpoint = Some(token_url);
                let store = self
                    .store
                    .unwrap_or_else(|| Arc::new(MemoryTokenStore::new()));
                let tokens =
                    ManagedTokens::new(oauth, managed.grant, managed.refresh_token.clone(), store);
                (Arc::new(tokens.clone()), Some(tokens))
            }
        };
        let api_http = http.of(&api_base)?.clone();
        let mut overrides = match &self.overrides_file {
            Some(path) => overrides::read_file(path)?,
            None => Vec::new(),
        };
        overrides.extend(self.overrides);
        let executor = Arc::new(Executor {
            overrides: Overrides::checked(overrides)?,
            strict: self.strict,
            backend: Backend::Http(api_http.clone(), http.connections(&api_base)),
            api_base: api_base.clone(),
            api_key,
            tokens: Arc::clone(&tokens),
            rejected_tokens: RejectedTokens::default(),
            defaults: self.options,
            retry: self.retry,
            budget,
            limits,
            max_response: self.max_response,
            max_url: self.max_url,
        });
        let base = api_base.as_str().trim_end_matches('/');
        let handle = Handle::new(Arc::clone(&executor) as _);
        Ok(Client {
            inner: Arc::new(Inner {
                api: api::Client::with_transport(base, api_http, handle),
                executor,
                http,
                auth: Auth { tokens, managed },
                token_endpoint,
                media_limit: self.media_limit,
                sender,
            }),
        })
    }
}

impl fmt::Debug for ClientBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientBuilder")
            .field("brand", &self.brand)
            .field("api_key", &self.api_key)
            .field("credentials", &self.credentials)
            .field("options", &self.options)
            .finish_non_exhaustive()
    }
}
