//! Shared by the executor and the token endpoint: reading a body up to a limit, and the
//! meaning of the HTTP client's errors.

use bytes::{Bytes, BytesMut};

use crate::{Error, Result, error::Kind};

/// Reads a response's body up to a limit.
pub(crate) async fn read_body(mut response: reqwest::Response, limit: usize) -> Result<Bytes> {
    let too_large = || Error::new(Kind::TooLarge { limit });
    if response.content_length() > Some(limit as u64) {
        return Err(too_large());
    }
    // Most responses come in one piece, which then isn't copied.
    let Some(first) = response.chunk().await.map_err(transport_error)? else {
        return Ok(Bytes::new());
    };
    let mut rest = BytesMut::new();
    let mut length = first.len();
    while let Some(chunk) = response.chunk().await.map_err(transport_error)? {
        if rest.is_empty() {
            rest.extend_from_slice(&first);
        }
        rest.extend_from_slice(&chunk);
        length += chunk.len();
        if length > limit {
            return Err(too_large());
        }
    }
    if length > limit {
        return Err(too_large());
    }
    Ok(if rest.is_empty() {
        first
    } else {
        rest.freeze()
    })
}

/// The meaning of a failure of the HTTP client. Its URL is dropped: the query holds numbers
/// and texts.
pub(crate) fn transport_error(error: reqwest::Error) -> Error {
    let error = error.without_url();
    let mapped = if error.is_builder() {
        Error::input("request", "can't be made into an HTTP request")
    } else if error.is_connect() {
        Error::new(Kind::Connect)
    } else if error.is_timeout() {
        timed_out()
    } else {
        Error::new(Kind::Transport)
    };
    mapped.with_source(error)
}

/// The error of a response that didn't come in time.
pub(crate) fn timed_out() -> Error {
    Error::new(Kind::Timeout {
        while_: "waiting for the response",
    })
}
