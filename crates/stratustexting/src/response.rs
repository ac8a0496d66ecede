//! What comes back from a call.

use std::{
    fmt,
    ops::{Deref, DerefMut},
};

use bytes::Bytes;
use http::{HeaderMap, StatusCode};
use serde::de::DeserializeOwned;
use stratustexting_client::lenient::{self, Diagnostic};

use crate::{
    Result,
    error::{Error, Kind},
};

/// An answer: its typed value, and status, headers and body as they came.
///
/// It dereferences to the value.
#[derive(Clone)]
pub struct Response<T> {
    value: T,
    parts: Parts,
    diagnostics: Vec<Diagnostic>,
}

/// An answer without its typed value.
#[derive(Clone)]
pub(crate) struct Parts {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
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

    /// How the body differs from what the document says; empty where it doesn't. What
    /// couldn't be read of it is in the value's `extra`, as it came.
    #[must_use]
    pub fn diagnostics(&self) -> &[Diagnostic] {
        &self.diagnostics
    }

    /// The value alone.
    pub fn into_inner(self) -> T {
        self.value
    }

    /// The answer's status.
    #[must_use]
    pub fn status(&self) -> StatusCode {
        self.parts.status
    }

    /// The answer's headers.
    #[must_use]
    pub fn headers(&self) -> &HeaderMap {
        &self.parts.headers
    }

    /// The answer's body as it came.
    #[must_use]
    pub fn body(&self) -> &Bytes {
        &self.parts.body
    }
}

impl Response<()> {
    /// Reads the body as JSON, for answers of [`Client::request`](crate::Client::request).
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
                .with_source(crate::executor::without_values(&error))
                .with_answer(self.parts.clone())
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
