//! Reads the bodies of requests, of which a limited number of bytes is kept.

use axum::body::{Body, Bytes};
use bytes::BytesMut;
use futures::StreamExt;
use http::{HeaderMap, header};

/// How many bytes of a body that is too large are read and dropped. A client that still sends
/// when the connection ends may not see the response, so most get the time to finish.
const MAX_DROPPED: usize = 128 * 1024 * 1024;

/// Why there is no body.
#[derive(Debug)]
pub(crate) enum UploadError {
    TooLarge,
    /// The connection ended, or the body isn't as its head says.
    Broken,
}

/// Reads a body of at most this many bytes. Nothing is kept of a larger one.
pub(crate) async fn read(
    headers: &HeaderMap,
    body: Body,
    limit: usize,
) -> Result<Bytes, UploadError> {
    let announced = headers
        .get(header::CONTENT_LENGTH)
        .and_then(|length| length.to_str().ok()?.parse().ok())
        .unwrap_or(0_usize);
    // Who asks first shall not send it at all.
    let asks_first = headers.contains_key(header::EXPECT);
    if announced > MAX_DROPPED || (announced > limit && asks_first) {
        return Err(UploadError::TooLarge);
    }
    let mut is_too_large = announced > limit;
    let (mut kept, mut read) = (BytesMut::new(), 0_usize);
    let mut stream = body.into_data_stream();
    while let Some(part) = stream.next().await {
        let part = part.map_err(|_| UploadError::Broken)?;
        read = read.saturating_add(part.len());
        if read > limit && !is_too_large {
            is_too_large = true;
            kept = BytesMut::new();
        }
        if read > MAX_DROPPED {
            break;
        }
        if !is_too_large {
            kept.extend_from_slice(&part);
        }
    }
    if is_too_large {
        return Err(UploadError::TooLarge);
    }
    Ok(kept.freeze())
}
