//! The requests to callbacks, and why one failed.
//!
//! The developer of a callback must learn what is wrong with it, so a TLS error is told
//! apart from a port where nothing listens.

mod served;

use std::{error::Error, fmt, fs, io, path::Path, sync::OnceLock, time::Duration};

use axum::body::Body;
use http::{HeaderMap, Method, Request, StatusCode, header::CONTENT_TYPE};
use reqwest::{Certificate, Client, ClientBuilder, redirect::Policy};

use self::served::Served;
use crate::{error::SandboxError, state::delivery::DeliveryError};

/// Why there was no response, with details.
#[derive(Debug)]
pub(crate) struct CallbackError {
    pub(crate) kind: DeliveryError,
    detail: Option<String>,
}

impl fmt::Display for CallbackError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.kind.fmt(f)?;
        match &self.detail {
            Some(detail) => write!(f, ": {detail}"),
            None => Ok(()),
        }
    }
}

/// What a callback responded. Its body doesn't matter.
pub(crate) struct CallbackResponse {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
}

/// The HTTP clients for callbacks, and those that need none.
///
/// Unless it has certificates of its own, the one for `https` is made for the first such
/// callback: it loads the system's, and a sandbox without such callbacks must start on a
/// machine that has none.
pub(crate) struct Callbacks {
    plain: Client,
    tls: OnceLock<Result<Client, String>>,
    served: Served,
}

impl Callbacks {
    /// Clients that trust the certificates of a PEM file as well as the system's.
    ///
    /// # Errors
    ///
    /// When the file can't be read or has no certificate.
    pub(crate) fn new(ca_file: Option<&Path>) -> Result<Self, SandboxError> {
        let tls = OnceLock::new();
        if let Some(file) = ca_file {
            let http = builder().tls_certs_merge(certificates(file)?);
            // It is empty, so this can't fail.
            let _ = tls.set(Ok(http.build()?));
        }
        let plain = builder().tls_certs_only([]).build()?;
        Ok(Self {
            plain,
            tls,
            served: Served::default(),
        })
    }

    /// Whether the callback is served within the program.
    pub(crate) fn are_served(&self, uri: &str) -> bool {
        self.served.has(uri)
    }

    pub(crate) async fn get(
        &self,
        uri: &str,
        header: (&str, &str),
        timeout: Duration,
    ) -> Result<CallbackResponse, CallbackError> {
        let request = Request::get(uri).header(header.0, header.1);
        self.send(uri, request.body(Vec::new()), timeout).await
    }

    pub(crate) async fn post(
        &self,
        uri: &str,
        body: Vec<u8>,
        timeout: Duration,
    ) -> Result<CallbackResponse, CallbackError> {
        let request = Request::post(uri).header(CONTENT_TYPE, "application/json");
        self.send(uri, request.body(body), timeout).await
    }

    async fn send(
        &self,
        uri: &str,
        request: http::Result<Request<Vec<u8>>>,
        timeout: Duration,
    ) -> Result<CallbackResponse, CallbackError> {
        // A URL that was parsed when it was subscribed may be none of the crate `http`'s.
        let request = request.map_err(|error| CallbackError {
            kind: DeliveryError::Unreachable,
            detail: Some(error.to_string()),
        })?;
        if let Some(serve) = self.served.of(uri) {
            return served::send(serve, request.map(Body::from), timeout).await;
        }
        let (parts, body) = request.into_parts();
        let client = self.client(uri)?;
        let request = match parts.method {
            Method::GET => client.get(uri),
            _ => client.post(uri).body(body),
        };
        let response = request.headers(parts.headers).timeout(timeout).send().await;
        let response = response.map_err(|error| callback_error(&error, is_https(uri), timeout))?;
        Ok(CallbackResponse {
            status: response.status(),
            headers: response.headers().clone(),
        })
    }

    fn client(&self, uri: &str) -> Result<&Client, CallbackError> {
        if !is_https(uri) {
            return Ok(&self.plain);
        }
        let client = self.tls.get_or_init(|| {
            builder().build().map_err(|error| {
                let cause = error.source().map(ToString::to_string);
                cause.unwrap_or_else(|| error.to_string())
            })
        });
        client.as_ref().map_err(|problem| CallbackError {
            kind: DeliveryError::Tls,
            detail: Some(problem.clone()),
        })
    }
}

fn builder() -> ClientBuilder {
    Client::builder()
        .user_agent(concat!(
            "stratustexting-sandbox/",
            env!("CARGO_PKG_VERSION")
        ))
        .redirect(Policy::none())
        .no_proxy()
}

fn is_https(uri: &str) -> bool {
    let scheme = uri.get(.."https:".len());
    scheme.is_some_and(|scheme| scheme.eq_ignore_ascii_case("https:"))
}

fn certificates(file: &Path) -> Result<Vec<Certificate>, SandboxError> {
    let invalid = |reason: &dyn fmt::Display| {
        let file = file.display();
        SandboxError::Setting(format!("certificates for callbacks, {file}: {reason}"))
    };
    let pem = fs::read(file).map_err(|error| invalid(&error))?;
    let certificates = Certificate::from_pem_bundle(&pem).map_err(|error| invalid(&error))?;
    if certificates.is_empty() {
        return Err(invalid(&"there is none in this file"));
    }
    Ok(certificates)
}

fn callback_error(error: &reqwest::Error, tls: bool, timeout: Duration) -> CallbackError {
    let with = |kind, detail| CallbackError { kind, detail };
    if error.is_timeout() {
        let detail = format!("after {timeout:?}");
        return with(DeliveryError::TimedOut, Some(detail));
    }
    if !error.is_connect() {
        return with(DeliveryError::Broken, None);
    }
    let causes = causes(error);
    let has = |kinds: &[io::ErrorKind]| causes.iter().any(|cause| kinds.contains(&cause.kind()));
    if has(&[io::ErrorKind::ConnectionRefused]) {
        return with(DeliveryError::Refused, None);
    }
    // These mean that there was a connection, and then the handshake failed.
    let handshake = [
        io::ErrorKind::InvalidData,
        io::ErrorKind::UnexpectedEof,
        io::ErrorKind::ConnectionReset,
    ];
    if tls && has(&handshake) {
        let innermost = causes.last().map(|cause| cause.to_string());
        return with(DeliveryError::Tls, innermost);
    }
    with(DeliveryError::Unreachable, None)
}

/// The I/O errors among the causes, the innermost one last. An error of kind `Other` hides
/// the one that it wraps from `source`, so `get_ref` is followed, too.
fn causes<'a>(error: &'a (dyn Error + 'static)) -> Vec<&'a io::Error> {
    let mut found = Vec::new();
    let mut next = Some(error);
    while let Some(error) = next {
        next = error.source();
        if let Some(cause) = error.downcast_ref::<io::Error>() {
            found.push(cause);
            next = match cause.get_ref() {
                Some(inner) => Some(inner),
                None => next,
            };
        }
    }
    found
}
