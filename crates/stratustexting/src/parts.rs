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

impl Parts {
    /// The gateway's id of the request.
    pub(crate) fn request_id(&self) -> Option<&str> {
        let value = self.headers.get("x-amzn-requestid")?.to_str().ok()?;
        (!value.is_empty()).then_some(value)
    }
}
