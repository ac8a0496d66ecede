//! How callbacks are called, and why one couldn't be.
//!
//! Whoever sets a callback up has to know what is wrong with it, so trouble with TLS isn't
//! mixed up with a port that nobody listens at.

use std::{error::Error, fmt, fs, io, path::Path, time::Duration};

use http::header::CONTENT_TYPE;
use reqwest::{Certificate, Client, RequestBuilder, Response, redirect::Policy};

use crate::{error::StartError, state::delivery::DeliveryError};

/// Why there was no answer, in more words.
#[derive(Debug)]
pub(crate) struct Trouble {
    pub(crate) kind: DeliveryError,
    detail: Option<String>,
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.kind.fmt(f)?;
        match &self.detail {
            Some(detail) => write!(f, ": {detail}"),
            None => Ok(()),
        }
    }
}

/// The client that calls callbacks.
pub(crate) struct Callbacks(Client);

impl Callbacks {
    /// One that trusts the certificates of a file of PEM as well as the system's.
    ///
    /// # Errors
    ///
    /// When the file can't be read or has no certificate.
    pub(crate) fn new(ca_file: Option<&Path>) -> Result<Self, StartError> {
        let mut builder = Client::builder()
            .user_agent(concat!(
                "stratustexting-sandbox/",
                env!("CARGO_PKG_VERSION")
            ))
            .redirect(Policy::none())
            .no_proxy();
        if let Some(file) = ca_file {
            builder = builder.tls_certs_merge(certificates(file)?);
        }
        Ok(Self(builder.build()?))
    }

    pub(crate) async fn get(
        &self,
        uri: &str,
        header: (&str, &str),
        patience: Duration,
    ) -> Result<Response, Trouble> {
        let request = self.0.get(uri).header(header.0, header.1);
        send(request, uri, patience).await
    }

    pub(crate) async fn post(
        &self,
        uri: &str,
        body: Vec<u8>,
        patience: Duration,
    ) -> Result<Response, Trouble> {
        let request = self.0.post(uri).body(body);
        send(
            request.header(CONTENT_TYPE, "application/json"),
            uri,
            patience,
        )
        .await
    }
}

async fn send(request: RequestBuilder, uri: &str, patience: Duration) -> Result<Response, Trouble> {
    let answer = request.timeout(patience).send().await;
    answer.map_err(|error| trouble(&error, uri.starts_with("https:"), patience))
}

fn certificates(file: &Path) -> Result<Vec<Certificate>, StartError> {
    let wrong = |reason: &dyn fmt::Display| {
        let file = file.display();
        StartError::Setting(format!("certificates for callbacks, {file}: {reason}"))
    };
    let pem = fs::read(file).map_err(|error| wrong(&error))?;
    let certificates = Certificate::from_pem_bundle(&pem).map_err(|error| wrong(&error))?;
    if certificates.is_empty() {
        return Err(wrong(&"there is none in this file"));
    }
    Ok(certificates)
}

fn trouble(error: &reqwest::Error, tls: bool, patience: Duration) -> Trouble {
    let with = |kind, detail| Trouble { kind, detail };
    if error.is_timeout() {
        let detail = format!("it has {patience:?}");
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
    // With these a connection was there, and then the peers didn't understand each other.
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

/// The system's errors among the causes, the innermost one last. What wraps another as
/// "other" hides it from `source`, so both ways are gone.
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
