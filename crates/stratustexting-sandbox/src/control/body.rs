//! Request bodies, queries and errors of the control API. Every error is JSON with a
//! `message`. Clients are tests, often a few lines of shell, so no content type is required.

use axum::{
    Json,
    extract::{FromRequest, FromRequestParts, Query, Request},
};
use http::{StatusCode, request::Parts};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::upload::{self, UploadError};

/// The most bytes of a body.
const BODY_LIMIT: usize = 2 * 1024 * 1024;

pub(super) type ErrorResponse = (StatusCode, Json<Value>);

pub(super) fn error_response(status: StatusCode, message: impl ToString) -> ErrorResponse {
    (status, Json(json!({"message": message.to_string()})))
}

pub(super) fn bad_request(error: impl ToString) -> ErrorResponse {
    error_response(StatusCode::BAD_REQUEST, error)
}

/// A body of JSON, whatever its content type.
pub(super) struct Body<T>(pub(super) T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Body<T> {
    type Rejection = ErrorResponse;

    async fn from_request(request: Request, _state: &S) -> Result<Self, ErrorResponse> {
        let (parts, body) = request.into_parts();
        let bytes = upload::read(&parts.headers, body, BODY_LIMIT).await;
        let bytes = bytes.map_err(|error| match error {
            UploadError::TooLarge => error_response(
                StatusCode::PAYLOAD_TOO_LARGE,
                format_args!("the body must have at most {BODY_LIMIT} bytes"),
            ),
            UploadError::Broken => bad_request("the body is incomplete"),
        })?;
        let body = serde_json::from_slice(&bytes);
        let body = body.map_err(|error| bad_request(format!("the body can't be read: {error}")))?;
        Ok(Self(body))
    }
}

/// The query's parameters.
pub(super) struct QueryParams<T>(pub(super) T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequestParts<S> for QueryParams<T> {
    type Rejection = ErrorResponse;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ErrorResponse> {
        let query = Query::from_request_parts(parts, state).await;
        let Query(query) = query.map_err(|error| bad_request(error.body_text()))?;
        Ok(Self(query))
    }
}

/// The response to an unknown path.
pub(super) async fn not_found() -> ErrorResponse {
    let text = "there is no such endpoint; GET /control lists them";
    error_response(StatusCode::NOT_FOUND, text)
}

/// The response to a method that a path doesn't have.
pub(super) async fn method_not_allowed() -> ErrorResponse {
    let text = "this path has no such method; GET /control lists them";
    error_response(StatusCode::METHOD_NOT_ALLOWED, text)
}
