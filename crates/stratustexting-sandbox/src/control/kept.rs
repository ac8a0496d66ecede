//! A response of the control API leaves when what it says is stored, as any other.

use std::sync::Arc;

use axum::{
    body::Body,
    extract::{Request, State},
    middleware::Next,
    response::Response,
};

use crate::shared::Shared;

/// Waits until every change is stored that the response may show.
pub(crate) async fn respond_when_stored(
    State(shared): State<Arc<Shared>>,
    request: Request,
    next: Next,
) -> Response {
    let pending = shared.begin();
    let response = next.run(request).await;
    match pending.stored().await {
        Ok(()) => response,
        Err(error) => error.into_response().map(Body::from),
    }
}
