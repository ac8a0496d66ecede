//! What the control API reads, and what it says to what it can't: always JSON with a
//! `message`. A program that steers a sandbox is a test, often a few lines of a shell, so
//! it isn't asked for a content type.

use axum::{
    Json,
    body::Bytes,
    extract::{FromRequest, FromRequestParts, Query, Request},
};
use http::{StatusCode, request::Parts};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

pub(super) type Refusal = (StatusCode, Json<Value>);

pub(super) fn refusal(status: StatusCode, message: impl ToString) -> Refusal {
    (status, Json(json!({"message": message.to_string()})))
}

pub(super) fn refuse(error: impl ToString) -> Refusal {
    refusal(StatusCode::BAD_REQUEST, error)
}

/// JSON, whatever the content type.
pub(super) struct Body<T>(pub(super) T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Body<T> {
    type Rejection = Refusal;

    async fn from_request(request: Request, state: &S) -> Result<Self, Refusal> {
        let bytes = Bytes::from_request(request, state).await;
        let bytes = bytes.map_err(|error| refusal(error.status(), error.body_text()))?;
        let body = serde_json::from_slice(&bytes);
        let body = body.map_err(|error| refuse(format!("the body can't be read: {error}")))?;
        Ok(Self(body))
    }
}

/// The query.
pub(super) struct Asked<T>(pub(super) T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequestParts<S> for Asked<T> {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Refusal> {
        let query = Query::from_request_parts(parts, state).await;
        let Query(query) = query.map_err(|error| refuse(error.body_text()))?;
        Ok(Self(query))
    }
}

/// The answer to a path that there isn't.
pub(super) async fn unknown() -> Refusal {
    let text = "there is no such call; GET /control lists them";
    refusal(StatusCode::NOT_FOUND, text)
}

/// The answer to a method that a path doesn't have.
pub(super) async fn wrong_method() -> Refusal {
    let text = "this path has no such method; GET /control lists them";
    refusal(StatusCode::METHOD_NOT_ALLOWED, text)
}
