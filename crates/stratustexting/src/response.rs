//! The response of a call.

use std::{
    fmt,
    ops::{Deref, DerefMut},
};

use bytes::Bytes;
use http::{HeaderMap, StatusCode};
use serde::de::DeserializeOwned;
use stratustexting_client::lenient::{self, Diagnostic};

use crate::{
    Result, SendOutcome,
    error::{Error, Kind},
    parts::Parts,
};

/// A response: its typed value, and status, headers and body as they came.
///
/// It dereferences to the value.
#[derive(Clone)]
pub struct Response<T> {
    value: T,
    parts: Parts,
    diagnostics: Vec<Diagnostic>,
}

impl<T> Response<T> {
    pub(crate) fn new(value: T, parts: Parts) -> Self {
        Self {
            value,
            parts,
            diagnostics: Vec::new(),
        }
    }

    pub(crate) fn with_diagnostics(mut self, diagnostics: Vec<Diagnostic>) -> Self {
        self.diagnostics = diagnostics;
        self
    }

    /// How the body differs from the document; empty where it doesn't. Values that couldn't be
    /// read are in the value's `extra`, as they came.
    #[must_use]
    pub fn diagnostics(&self) -> &[Diagnostic] {
        &self.diagnostics
    }

    /// The value alone.
    pub fn into_inner(self) -> T {
        self.value
    }

    /// The response's status.
    #[must_use]
    pub fn status(&self) -> StatusCode {
        self.parts.status
    }

    /// The response's headers.
    #[must_use]
    pub fn headers(&self) -> &HeaderMap {
        &self.parts.headers
    }

    /// The gateway's id of the request (`x-amzn-requestid`), for asking the vendor about it.
    /// That the service has such a gateway is inferred.
    #[must_use]
    pub fn request_id(&self) -> Option<&str> {
        self.parts.request_id()
    }

    /// The response's body as it came.
    #[must_use]
    pub fn body(&self) -> &Bytes {
        &self.parts.body
    }
}

/// The outcome of a send, as a method of its result.
///
/// ```
/// # use stratustexting_sandbox::Sandbox;
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # use stratustexting::Client;
/// use stratustexting::{Outcome, SendOutcome};
///
/// # let sandbox = Sandbox::start().await?;
/// # let client = Client::from_variables(sandbox.variables())?;
/// let sent = client.messages().send_sms("+12025550123", "Your order is ready.").await;
/// assert_eq!(sent.outcome(), SendOutcome::Accepted);
///
/// let sent = client.messages().send_sms("202-555-0123", "Your order is ready.").await;
/// assert_eq!(sent.outcome(), SendOutcome::NotSent);
/// # Ok(())
/// # }
/// ```
pub trait Outcome {
    /// The outcome of a send. For a [`RawRequest`](crate::RawRequest) to a path that is none
    /// of the known ones any success counts as accepted, because nobody knows what its
    /// response must say.
    fn outcome(&self) -> SendOutcome;
}

impl<T> Outcome for Result<Response<T>> {
    fn outcome(&self) -> SendOutcome {
        match self {
            Ok(_) => SendOutcome::Accepted,
            Err(error) => error.send_outcome(),
        }
    }
}

impl Response<()> {
    /// Reads the body as JSON, for responses to [`Client::request`](crate::Client::request).
    ///
    /// # Errors
    ///
    /// [`Error::is_decode`] when the body isn't JSON of that type.
    pub fn json<T: DeserializeOwned>(&self) -> Result<T> {
        let body = lenient::without_mark(&self.parts.body);
        let read = serde_json::from_slice(body).or_else(|error| match lenient::repair(body) {
            Some(mended) => serde_json::from_str(&mended.text),
            None => Err(error),
        });
        read.map_err(|error| {
            Error::new(Kind::Decode)
                .with_source(crate::decode::without_values(&error))
                .with_response(self.parts.clone())
        })
    }
}

impl<T> Deref for Response<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.value
    }
}

impl<T> DerefMut for Response<T> {
    fn deref_mut(&mut self) -> &mut T {
        &mut self.value
    }
}

impl<T: fmt::Debug> fmt::Debug for Response<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Response")
            .field("value", &self.value)
            .field("status", &self.parts.status)
            .finish_non_exhaustive()
    }
}
