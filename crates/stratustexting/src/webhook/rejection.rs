//! Why a request to a callback is no event and no handshake, and the response to it.

use std::{error::Error as StdError, fmt, sync::Arc};

use http::{HeaderValue, Method, StatusCode, header};

use super::CallbackResponse;
use crate::Error;

/// A request to a callback that is neither a handshake nor events, or that may not be made.
///
/// It is an error and a response: [`response`](Self::response) for every server, and in axum
/// by itself. The status says what was wrong:
///
/// | status | the request |
/// |---|---|
/// | 400 Bad Request | has a body that isn't JSON, is cut off, or is broken gzip |
/// | 403 Forbidden | lacks the secret header, or comes from another network ([`Guard`](super::Guard)) |
/// | 404 Not Found | lacks the secret of the path ([`Guard`](super::Guard)) |
/// | 405 Method Not Allowed | isn't POST, and no handshake either |
/// | 413 Content Too Large | has a body over the limit, packed or unpacked |
/// | 415 Unsupported Media Type | has a body in a content coding other than gzip and deflate |
/// | 422 Unprocessable Content | has JSON that is neither an object nor a list |
///
/// ```
/// use stratustexting::{http::{HeaderMap, Method}, webhook::Incoming};
///
/// let rejection = Incoming::from_parts(&Method::POST, &HeaderMap::new(), "<html>").unwrap_err();
///
/// assert_eq!(rejection.status(), 400);
/// assert_eq!(rejection.response().status(), 400);
/// ```
#[derive(Clone)]
pub struct Rejection {
    kind: Kind,
    source: Option<Arc<dyn StdError + Send + Sync>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Not from where requests may come.
    Forbidden,
    /// To a path that isn't the callback's.
    NotFound,
    /// Neither a handshake nor a POST.
    Method,
    /// A content coding that nothing here unpacks.
    Coding,
    /// More bytes than the limit.
    TooLarge,
    /// A body that didn't come whole.
    #[cfg(feature = "axum")]
    Body,
    /// A body that can't be unpacked.
    Packed,
    /// A body that isn't JSON.
    NotJson,
    /// JSON that is neither an object nor a list.
    NotEvents,
}

impl Rejection {
    pub(super) fn new(kind: Kind) -> Self {
        Self { kind, source: None }
    }

    pub(super) fn with_source(mut self, source: impl StdError + Send + Sync + 'static) -> Self {
        self.source = Some(Arc::new(source));
        self
    }

    /// Whether the body, if there is one, was read and is no event.
    pub(super) fn was_read(&self) -> bool {
        matches!(self.kind, Kind::Method | Kind::NotJson | Kind::NotEvents)
    }

    /// The status of the response.
    #[must_use]
    pub fn status(&self) -> StatusCode {
        match self.kind {
            Kind::Forbidden => StatusCode::FORBIDDEN,
            Kind::NotFound => StatusCode::NOT_FOUND,
            Kind::Method => StatusCode::METHOD_NOT_ALLOWED,
            Kind::Coding => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Kind::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            #[cfg(feature = "axum")]
            Kind::Body => StatusCode::BAD_REQUEST,
            Kind::Packed | Kind::NotJson => StatusCode::BAD_REQUEST,
            Kind::NotEvents => StatusCode::UNPROCESSABLE_ENTITY,
        }
    }

    /// The response to the request. Its body is empty.
    #[must_use]
    pub fn response(&self) -> CallbackResponse {
        let mut response = CallbackResponse::with_status(self.status());
        let header = match self.kind {
            Kind::Method => (header::ALLOW, Method::POST.as_str()),
            Kind::Coding => (header::ACCEPT_ENCODING, "gzip, deflate"),
            _ => return response,
        };
        response.insert(header.0, HeaderValue::from_static(header.1));
        response
    }

    fn problem(&self) -> &'static str {
        match self.kind {
            Kind::Forbidden => "must come from where the callback's guard allows",
            Kind::NotFound => "must be for the callback's own path",
            Kind::Method => "must be POST, unless it is a handshake",
            Kind::Coding => "has a content coding other than gzip and deflate",
            Kind::TooLarge => "is larger than the limit",
            #[cfg(feature = "axum")]
            Kind::Body => "didn't come whole",
            Kind::Packed => "can't be unpacked",
            Kind::NotJson => "must be JSON",
            Kind::NotEvents => "must be a JSON object, or a list of them",
        }
    }

    /// The name of the part that is wrong.
    fn field(&self) -> &'static str {
        match self.kind {
            Kind::Method => "method",
            Kind::Forbidden => "request",
            Kind::NotFound => "path",
            _ => "event",
        }
    }
}

impl fmt::Display for Rejection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.field(), self.problem())
    }
}

/// Shows nothing of the body.
impl fmt::Debug for Rejection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Rejection").field(&self.kind).finish()
    }
}

impl StdError for Rejection {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        let source: &(dyn StdError + 'static) = self.source.as_deref()?;
        Some(source)
    }
}

/// One of [`Error::is_input`].
impl From<Rejection> for Error {
    fn from(rejection: Rejection) -> Self {
        Self::input(rejection.field(), rejection.problem()).with_source(rejection)
    }
}

impl From<Rejection> for CallbackResponse {
    fn from(rejection: Rejection) -> Self {
        rejection.response()
    }
}
