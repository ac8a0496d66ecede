//! A response as it came.

use bytes::Bytes;
use http::{HeaderMap, StatusCode};

/// A response without its typed value.
#[derive(Clone)]
pub(crate) struct Parts {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}
