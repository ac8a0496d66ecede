//! The builder's settings of the network: connections, headers, proxies, certificates.

use std::{sync::Arc, time::Duration};

use url::Url;

use super::ClientBuilder;
use crate::{
    Client, Error, Result,
    client::http_clients::{Configure, HttpClients, HttpSettings},
    headers,
    rate_limit::Limits,
    retry::Bucket,
    secret::{VISIBLE, header_value},
};

impl ClientBuilder {
    /// The time limit for connecting, TLS included; by default
    /// [10 seconds](Self::DEFAULT_CONNECT_TIMEOUT).
    pub fn connect_timeout(mut self, timeout: Duration) -> Self {
        self.connect_timeout = Some(timeout);
        self
    }

    /// The header `User-Agent`; by default the name and version of this crate.
    pub fn user_agent(mut self, user_agent: impl Into<String>) -> Self {
        self.user_agent = Some(user_agent.into());
        self
    }

    /// Adds a header to every request, in place of one of this name that was added before:
    /// those to the API and those to the token endpoint.
    ///
    /// A header that one request sets itself, as by [`RawRequest::header`](crate::RawRequest::header),
    /// takes its place there. `Authorization` and `x-api-key` are the client's, and so are the
    /// headers that belong to one request or connection, such as `Content-Length`:
    /// [`build`](Self::build) refuses them, and names that are none.
    ///
    /// ```
    /// # use stratustexting_sandbox::Sandbox;
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// use stratustexting::{Client, auth::Credentials};
    ///
    /// # let sandbox = Sandbox::start().await?;
    /// # let (id, secret, key) = (sandbox.client_id(), sandbox.client_secret(), sandbox.api_key());
    /// let client = Client::builder()
    /// #   .api_base(sandbox.api_base()).token_url(sandbox.token_url())
    ///     .credentials(Credentials::client_credentials(id, secret))
    ///     .api_key(key)
    ///     .header("x-team", "dispatch")
    ///     .build()?;
    ///
    /// client.sites().list().next_item().await?;
    /// # let ledger = sandbox.ledger();
    /// # let has = |entry: &stratustexting_sandbox::Entry| entry
    /// #     .headers.iter().any(|(name, value)| name == "x-team" && value == b"dispatch");
    /// # assert!(ledger.len() >= 2 && ledger.iter().all(has));
    /// # Ok(())
    /// # }
    /// ```
    pub fn header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }

    /// Changes the HTTP client before it is made: proxies, certificates, pools.
    ///
    /// Without it, the proxies are those of the environment: `HTTPS_PROXY`, or else `ALL_PROXY`,
    /// except for the hosts in `NO_PROXY`. A proxy by SOCKS needs the feature `socks`;
    /// [`build`](Self::build) names a variable with a proxy that can't be used.
    ///
    /// A proxy, here for all requests; credentials for it can stand in its URL:
    ///
    /// ```
    /// # use stratustexting::{Client, auth::Credentials};
    /// # fn build() -> Result<Client, Box<dyn std::error::Error>> {
    /// let proxy = stratustexting::reqwest::Proxy::all("http://proxy.example:3128")?;
    ///
    /// let client = Client::builder()
    /// #   .credentials(Credentials::client_credentials("id", "secret")).api_key("key")
    ///     .configure_http(|http| http.proxy(proxy))
    ///     .build()?;
    /// # Ok(client)
    /// # }
    /// # #[cfg(feature = "rustls")] build().unwrap();
    /// ```
    ///
    /// The certificate of an authority of your own, beside those of the platform, such as that
    /// of a proxy which reads along:
    ///
    /// ```
    /// # use stratustexting::{Client, auth::Credentials};
    /// # fn build(pem: String) -> Result<Client, Box<dyn std::error::Error>> {
    /// # let mut file = tempfile::NamedTempFile::new()?;
    /// # std::io::Write::write_all(&mut file, pem.as_bytes())?;
    /// # let path = file.path();
    /// use stratustexting::reqwest::Certificate;
    ///
    /// let authority = Certificate::from_pem(&std::fs::read(path)?)?;
    ///
    /// let client = Client::builder()
    /// #   .credentials(Credentials::client_credentials("id", "secret")).api_key("key")
    ///     .configure_http(|http| http.tls_certs_merge([authority]))
    ///     .build()?;
    /// # Ok(client)
    /// # }
    /// # let own = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    /// # #[cfg(feature = "rustls")] build(own.cert.pem()).unwrap();
    /// ```
    ///
    /// TLS of your own, such as rustls with another cryptography. Then the features `rustls` and
    /// `native-tls` aren't needed; reqwest needs one of its own for TLS, such as
    /// `rustls-no-provider`:
    ///
    /// ```
    /// # use stratustexting::{Client, auth::Credentials};
    /// # fn build() -> Result<Client, Box<dyn std::error::Error>> {
    /// use std::sync::Arc;
    /// use rustls::{ClientConfig, RootCertStore, crypto::ring};
    ///
    /// let roots = RootCertStore::empty(); // Add the certificates that you trust.
    /// let tls = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
    ///     .with_safe_default_protocol_versions()?
    ///     .with_root_certificates(roots)
    ///     .with_no_client_auth();
    ///
    /// let client = Client::builder()
    /// #   .credentials(Credentials::client_credentials("id", "secret")).api_key("key")
    ///     .configure_http(|http| http.tls_backend_preconfigured(tls))
    ///     .build()?;
    /// # Ok(client)
    /// # }
    /// # build().unwrap();
    /// ```
    ///
    /// Any other setting of reqwest, here how long an idle connection is kept:
    ///
    /// ```
    /// # use stratustexting_sandbox::Sandbox;
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # use stratustexting::{Client, auth::Credentials};
    /// # let sandbox = Sandbox::start().await?;
    /// # let (id, secret, key) = (sandbox.client_id(), sandbox.client_secret(), sandbox.api_key());
    /// use std::time::Duration;
    ///
    /// let client = Client::builder()
    /// #   .api_base(sandbox.api_base()).token_url(sandbox.token_url())
    /// #   .credentials(Credentials::client_credentials(id, secret)).api_key(key)
    ///     .configure_http(|http| http.pool_idle_timeout(Duration::from_secs(2)))
    ///     .build()?;
    /// # client.sites().list().next_item().await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// Some settings stay as they are, because others can send a message twice, or credentials
    /// to the wrong place:
    ///
    /// - Redirects are not followed, and reqwest makes no retries of its own.
    /// - No proxy is used for plain `http`, which leads to this machine, or to a host that
    ///   [`allow_plain_http`](Self::allow_plain_http) names. If the client has one such URL and
    ///   one that is `https`, none of the settings here are for the former.
    /// - The version is HTTP/1.1: only of that one it is known when a connection can be used
    ///   again.
    /// - reqwest's log of all bytes is off: it has secrets and texts.
    ///
    /// Idle connections are kept for 4 seconds unless something else is set here. With a longer
    /// time, a send is likelier to meet a server that is just closing its connection.
    pub fn configure_http(
        mut self,
        configure: impl FnOnce(reqwest::ClientBuilder) -> reqwest::ClientBuilder + Send + 'static,
    ) -> Self {
        self.http = Some(Box::new(configure));
        self
    }

    /// Allows plain `http` to a host besides this machine, such as a sandbox in another
    /// container: `sandbox` for `http://sandbox:8080`. It is the host's name or address as it
    /// stands in the URL, without scheme and port, and can be called for several.
    ///
    /// **Everything is sent there unencrypted**: secrets, tokens, numbers, texts. Each URL that
    /// needs it is a warning by `tracing` when the client is built. It isn't for the service
    /// itself: the hosts of its brands are refused, and an API by plain `http` can't be combined
    /// with a token endpoint elsewhere by `https`, which would be the service's. No proxy is
    /// used for such a URL.
    ///
    /// ```
    /// # fn main() -> stratustexting::Result<()> {
    /// use stratustexting::{Client, auth::Credentials};
    ///
    /// let client = Client::builder()
    ///     .api_base("http://sandbox:8080/prod")
    ///     .token_url("http://sandbox:8080/oauth2/token/")
    ///     .allow_plain_http("sandbox")
    ///     .credentials(Credentials::client_credentials("the id", "the secret"))
    ///     .api_key("the key")
    ///     .build()?;
    /// # let _ = client;
    /// # Ok(())
    /// # }
    /// ```
    pub fn allow_plain_http(mut self, host: impl Into<String>) -> Self {
        self.plain_hosts.push(host.into());
        self
    }

    /// Shares the connections of another client, and its settings of the network: those of
    /// [`configure_http`](Self::configure_http), [`header`](Self::header),
    /// [`user_agent`](Self::user_agent) and [`connect_timeout`](Self::connect_timeout). Of those,
    /// none can be set here.
    ///
    /// It is for programs with many logins. A client has one login, and a client of its own for
    /// each would load the certificates of this machine and connect to the service for each.
    /// Tokens, stores, keys and limits aren't shared; for the limits there is
    /// [`limits_of`](Self::limits_of).
    ///
    /// The clients are equal: the other one may be dropped first. All of them belong to one
    /// runtime, whose end is the end of their connections. Their URLs may differ, but one whose
    /// clients use plain `http` only has no TLS to share.
    ///
    /// ```
    /// # use stratustexting_sandbox::Sandbox;
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// use std::time::Duration;
    /// use stratustexting::{Client, RateLimit, auth::{Credentials, MemoryTokenStore}};
    ///
    /// # let sandbox = Sandbox::start().await?;
    /// # let (id, secret, key) = (sandbox.client_id(), sandbox.client_secret(), sandbox.api_key());
    /// let first = Client::builder()
    /// #   .api_base(sandbox.api_base()).token_url(sandbox.token_url())
    ///     .credentials(Credentials::client_credentials(id, secret))
    ///     .api_key(key)
    ///     .rate_limit(RateLimit::new(10, Duration::from_secs(1)))
    ///     .build()?;
    /// let second = Client::builder()
    /// #   .api_base(sandbox.api_base()).token_url(sandbox.token_url())
    ///     .credentials(Credentials::client_credentials(id, secret))
    ///     .token_store(MemoryTokenStore::new())
    ///     .api_key(key)
    ///     .connections_of(&first)
    ///     .limits_of(&first)
    ///     .build()?;
    ///
    /// for client in [first, second] {
    ///     client.sites().list().next_item().await?;
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn connections_of(mut self, other: &Client) -> Self {
        self.connections_of = Some(Arc::clone(&other.inner.http));
        self
    }

    /// Shares the limits of another client: its [`rate_limit`](Self::rate_limit),
    /// [`number_rate_limit`](Self::number_rate_limit) and [`retry_budget`](Self::retry_budget)
    /// then hold for both together. None of them can be set here.
    ///
    /// Use it where the service counts the requests of several logins together, as of one
    /// account. How it counts is UNKNOWN. [`connections_of`](Self::connections_of) has an
    /// example.
    pub fn limits_of(mut self, other: &Client) -> Self {
        let executor = &other.inner.executor;
        self.limits_of = Some((Arc::clone(&executor.limits), Arc::clone(&executor.budget)));
        self
    }

    /// The HTTP clients for requests to these URLs: another client's, or new ones.
    pub(super) fn http_clients(
        &self,
        configure: Option<Configure>,
        urls: &[(&'static str, &Url)],
    ) -> Result<Arc<HttpClients>> {
        let user_agent = self.user_agent.as_deref().unwrap_or(Self::USER_AGENT);
        let user_agent =
            header_value(user_agent).ok_or_else(|| Error::configuration("user_agent", VISIBLE))?;
        let headers = headers::checked(&self.headers)?;
        let Some(shared) = &self.connections_of else {
            let settings = HttpSettings {
                user_agent,
                headers,
                connect_timeout: self
                    .connect_timeout
                    .unwrap_or(Self::DEFAULT_CONNECT_TIMEOUT),
                configure,
            };
            return HttpClients::new(settings, urls).map(Arc::new);
        };
        for (field, is_set) in [
            ("configure_http", configure.is_some()),
            ("header", !self.headers.is_empty()),
            ("user_agent", self.user_agent.is_some()),
            ("connect_timeout", self.connect_timeout.is_some()),
        ] {
            not_with("connections_of", field, is_set)?;
        }
        for (_, url) in urls {
            shared.of(url)?;
        }
        Ok(Arc::clone(shared))
    }

    /// Rate limits and retry budget: another client's, or new ones.
    pub(super) fn limits(&self) -> Result<(Arc<Limits>, Arc<Bucket>)> {
        let Some((limits, budget)) = &self.limits_of else {
            for (field, limit) in [
                ("rate_limit", self.rate_limit),
                ("number_rate_limit", self.number_rate_limit),
            ] {
                limit.map_or(Ok(()), |limit| limit.check(field))?;
            }
            let limits = Limits::new(self.rate_limit, self.number_rate_limit);
            let budget = Bucket::new(self.retry_budget.unwrap_or_default());
            return Ok((Arc::new(limits), Arc::new(budget)));
        };
        for (field, is_set) in [
            ("rate_limit", self.rate_limit.is_some()),
            ("number_rate_limit", self.number_rate_limit.is_some()),
            ("retry_budget", self.retry_budget.is_some()),
        ] {
            not_with("limits_of", field, is_set)?;
        }
        Ok((Arc::clone(limits), Arc::clone(budget)))
    }
}

/// Refuses a setting that would have no effect.
fn not_with(shared: &str, field: &'static str, is_set: bool) -> Result<()> {
    if !is_set {
        return Ok(());
    }
    let problem = format!("can't be set with `{shared}`: the other client's applies");
    Err(Error::configuration(field, problem))
}
