//! The HTTP clients below a client: one for `https`, one for plain `http`.
//!
//! Plain `http` needs no certificates, which a minimal container doesn't have, and no proxy
//! may carry it elsewhere. reqwest has no setting for the proxies of one host, and the
//! caller's settings are a function that can only be called once. So a client with URLs of
//! both kinds has two HTTP clients, and the caller's settings are for `https`.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use http::{HeaderMap, HeaderValue};
use url::Url;

use super::proxy;
use crate::{Error, Result, endpoint, executor::Connections};

/// The caller's changes to the HTTP client before it is made.
pub(super) type Configure =
    Box<dyn FnOnce(reqwest::ClientBuilder) -> reqwest::ClientBuilder + Send>;

/// How long an idle connection is kept. Servers commonly keep theirs for 5 seconds and
/// more, so the client closes first, and writes nothing into a connection that is closing.
const IDLE: Duration = Duration::from_secs(4);

/// The settings of HTTP clients.
pub(super) struct HttpSettings {
    pub(super) user_agent: HeaderValue,
    pub(super) headers: HeaderMap,
    pub(super) connect_timeout: Duration,
    pub(super) configure: Option<Configure>,
}

/// The HTTP clients for the URLs of one client, or of several that share them.
pub(super) struct HttpClients {
    tls: Option<reqwest::Client>,
    plain: Option<reqwest::Client>,
    /// What is known of the pooled connections, by origin. It must be shared with them: a
    /// client that doesn't know it may write into a connection that is closing.
    connections: Mutex<HashMap<String, Arc<Connections>>>,
}

impl HttpClients {
    /// Makes the HTTP clients that requests to these URLs need; each comes with its setting.
    pub(super) fn new(mut settings: HttpSettings, urls: &[(&'static str, &Url)]) -> Result<Self> {
        let of = |scheme: &'static str| urls.iter().filter(move |(_, url)| url.scheme() == scheme);
        let has_tls = cfg!(any(feature = "rustls", feature = "native-tls"));
        for (field, url) in of("https").filter(|_| settings.configure.is_none()) {
            if !has_tls {
                return Err(Error::configuration(
                    field,
                    "needs TLS: the crate's feature `rustls` or `native-tls`, or TLS of your own \
                     by `configure_http`",
                ));
            }
            proxy::check(url)?;
        }
        let mut client = |plain: bool| settings.client(plain);
        Ok(Self {
            tls: of("https").next().map(|_| client(false)).transpose()?,
            plain: of("http").next().map(|_| client(true)).transpose()?,
            connections: Mutex::default(),
        })
    }

    /// The HTTP client for a URL.
    ///
    /// # Errors
    ///
    /// When these are another client's, none of whose URLs is of this kind.
    pub(super) fn of(&self, url: &Url) -> Result<&reqwest::Client> {
        let (client, problem) = match url.scheme() {
            "http" => (
                &self.plain,
                "has no plain http URL, and this client has one",
            ),
            _ => (&self.tls, "has no https URL, and this client has one"),
        };
        let client = client.as_ref();
        client.ok_or_else(|| Error::configuration("connections_of", problem))
    }

    /// What is known of the connections to a URL's host.
    pub(super) fn connections(&self, url: &Url) -> Arc<Connections> {
        // A panic elsewhere leaves the map as it was.
        let all = self.connections.lock();
        let mut all = all.unwrap_or_else(PoisonError::into_inner);
        Arc::clone(all.entry(endpoint::origin(url)).or_default())
    }
}

impl HttpSettings {
    fn client(&mut self, plain: bool) -> Result<reqwest::Client> {
        let mut http = reqwest::Client::builder()
            .user_agent(self.user_agent.clone())
            .default_headers(self.headers.clone())
            .connect_timeout(self.connect_timeout)
            .pool_idle_timeout(IDLE);
        if plain {
            http = without_certificates(http);
        }
        let configure = self.configure.take();
        let configured = configure.is_some();
        if let Some(configure) = configure {
            http = configure(http);
        }
        // After the caller's settings, because these are not for choosing: see
        // `configure_http`.
        http = http
            .redirect(reqwest::redirect::Policy::none())
            // What `executor/connections.rs` knows of connections is true of this version.
            .http1_only()
            // Told that there are none it doesn't copy each request for them either.
            .retry(reqwest::retry::never().max_retries_per_request(0))
            // It would write all that is sent into the log, tokens and texts.
            .connection_verbose(false);
        if plain {
            // A proxy would carry a request for this machine off it in plain text.
            http = http.no_proxy();
        }
        http.build().map_err(|error| {
            if !configured || lacks_certificates(&error) {
                no_certificates()
            } else {
                Error::configuration("configure_http", "no HTTP client can be made")
            }
            .with_source(error)
        })
    }
}

/// Loads none of the platform's certificates: a minimal container has none, and no request of
/// this HTTP client needs one.
#[cfg(any(feature = "rustls", feature = "native-tls"))]
fn without_certificates(http: reqwest::ClientBuilder) -> reqwest::ClientBuilder {
    http.tls_certs_only([])
}

#[cfg(not(any(feature = "rustls", feature = "native-tls")))]
fn without_certificates(http: reqwest::ClientBuilder) -> reqwest::ClientBuilder {
    http
}

/// Whether an HTTP client can't be made for want of certificates. Beside that, only the
/// caller's settings can make it fail.
#[cfg(feature = "rustls")]
fn lacks_certificates(error: &reqwest::Error) -> bool {
    let mut next = std::error::Error::source(error);
    while let Some(error) = next {
        // rustls has no kind of its own for it.
        if let Some(rustls::Error::General(text)) = error.downcast_ref() {
            return text.contains("CA certificates");
        }
        next = error.source();
    }
    false
}

#[cfg(not(feature = "rustls"))]
fn lacks_certificates(_: &reqwest::Error) -> bool {
    false
}

fn no_certificates() -> Error {
    Error::configuration(
        "certificates",
        "can't be loaded: https needs those of certificate authorities, and this machine seems \
         to have none. Install them (the package `ca-certificates`), name a file of them in \
         `SSL_CERT_FILE`, or give them by `configure_http`",
    )
}
