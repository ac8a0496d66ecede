//! Callbacks as handlers of axum.
//!
//! Only `axum-core` is needed for it, which changes less often than axum itself.

use axum_core::{
    extract::{FromRequest, Request, rejection::BytesRejection},
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use http::StatusCode;

use super::{CallbackResponse, Incoming, Rejection, rejection::Kind};

/// Reads the request and its body, up to the limit of axum: 2 MB unless
/// `axum::extract::DefaultBodyLimit` sets another. Route all methods here
/// (`axum::routing::any`): the handshake is a `GET`, and events are posted.
impl<S: Send + Sync> FromRequest<S> for Incoming {
    type Rejection = Rejection;

    async fn from_request(request: Request, state: &S) -> Result<Self, Rejection> {
        let method = request.method().clone();
        let headers = request.headers().clone();
        let body = Bytes::from_request(request, state)
            .await
            .map_err(|error| Rejection::new(kind(&error)).with_source(error))?;
        Self::of(&method, &headers, body)
    }
}

fn kind(error: &BytesRejection) -> Kind {
    match error {
        BytesRejection::FailedToBufferBody(error)
            if error.status() == StatusCode::PAYLOAD_TOO_LARGE =>
        {
            Kind::TooLarge
        }
        _ => Kind::Body,
    }
}

/// The same as [`Incoming::response`]: a handler of one line can return what it was given.
impl IntoResponse for Incoming {
    fn into_response(self) -> Response {
        self.response().into_response()
    }
}

impl IntoResponse for CallbackResponse {
    fn into_response(self) -> Response {
        let mut response = StatusCode::OK.into_response();
        let (parts, _) = self.into_http().into_parts();
        *response.status_mut() = parts.status;
        response.headers_mut().extend(parts.headers);
        response
    }
}

impl IntoResponse for Rejection {
    fn into_response(self) -> Response {
        self.response().into_response()
    }
}
