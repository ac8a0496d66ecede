//! The builder's settings of the network: connections, headers, proxies, certificates.

use std::time::Duration;

use super::ClientBuilder;

impl ClientBuilder {
    /// The time limit for connecting, TLS included; by default
    /// [10 seconds](Self::DEFAULT_CONNECT_TIMEOUT).
    pub fn connect_timeout(mut self, timeout: Duration) -> Self {
        self.connect_timeout = timeout;
        self
    }

    /// The header `User-Agent`; by default the name and version of this crate.
    pub fn user_agent(mut self, user_agent: impl Into<String>) -> Self {
        self.user_agent = user_agent.into();
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
}
