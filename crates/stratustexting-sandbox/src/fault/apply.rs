//! Applies a fault to a complete request and its response.

use std::{sync::Arc, time::Duration};

use bytes::{BufMut, Bytes, BytesMut};
use http::{
    HeaderValue, StatusCode,
    header::{CONTENT_TYPE, LOCATION, RETRY_AFTER},
};
use serde_json::json;

use super::{Commit, Fault, FaultKind};
use crate::{
    gateway,
    response::{Response, json, with_body},
    service::PendingRequest,
    shared::Shared,
    tcp::{Connection, Cut, End},
};

/// Does what the fault says, and returns the response of which all or a part is written.
///
/// Once it has begun, an operation is carried out to its end even if this future is dropped.
pub(crate) async fn apply(
    shared: &Arc<Shared>,
    connection: &Connection,
    fault: &Fault,
    request: PendingRequest,
) -> Response {
    // Before the operation is carried out, so that a stop during that isn't missed.
    let mut faults_stopped = shared.faults_stopped.subscribe();
    let late = match fault.0 {
        FaultKind::RespondLate {
            milliseconds,
            commit,
        } => Some((Duration::from_millis(milliseconds), commit)),
        _ => None,
    };
    let response = match (fault.commit(), late) {
        (_, Some((delay, Commit::Before))) => carry_out(shared, request, delay).await,
        (Some(Commit::After), _) => carry_out(shared, request, Duration::ZERO).await,
        _ => not_carried_out(),
    };
    match &fault.0 {
        // The connection handles these before a request gets here.
        FaultKind::ResetBeforeRequest | FaultKind::ResetAfterRequestBytes { .. } => response,
        FaultKind::RespondLate { .. } => {
            if let Some((delay, Commit::After)) = late {
                tokio::time::sleep(delay).await;
            }
            response
        }
        FaultKind::NeverRespond { .. } => {
            // This future is dropped when the client closes the connection.
            tokio::select! {
                _ = faults_stopped.changed() => {}
                () = shared.shutdown.cancelled() => {}
            }
            connection.cut_response(Cut::at_once());
            response
        }
        FaultKind::ResetBeforeResponse { .. } => {
            connection.cut_response(Cut::at_once());
            response
        }
        FaultKind::ResetAfterHeaders { .. } => {
            let response = with_body_to_cut(response);
            connection.cut_response(Cut::after_body_bytes(0, End::Reset));
            response
        }
        FaultKind::ResetInBody { .. } => half(connection, response, End::Reset),
        FaultKind::TruncatedBody { .. } => half(connection, response, End::Close),
        FaultKind::Status {
            status,
            retry_after,
            gateway,
            ..
        } => {
            let response = error(*status, *retry_after, *gateway);
            gateway::with_request_id(response, &shared.state().ids.uuid())
        }
        FaultKind::WrongContentType { .. } => with_body(StatusCode::OK, "text/html", PAGE),
        FaultKind::OversizedBody { bytes, .. } => padded(with_body_to_cut(response), *bytes),
        FaultKind::Redirect {
            status, location, ..
        } => redirect(*status, location),
    }
}

const PAGE: &str = "<!doctype html><title>Sign in</title><p>Sign in to this network.</p>";

/// Carries the operation out to its end, even if the client closes the connection.
async fn carry_out(shared: &Arc<Shared>, request: PendingRequest, delay: Duration) -> Response {
    let in_flight = Shared::request_in_flight(shared);
    let shared = Arc::clone(shared);
    let task = tokio::spawn(async move {
        let _in_flight = in_flight;
        if delay > Duration::ZERO {
            tokio::time::sleep(delay).await;
        }
        let pending = shared.begin();
        let response = request.carry_out(&shared).await;
        match pending.stored().await {
            Ok(()) => response,
            Err(error) => error.into_response(),
        }
    });
    task.await.unwrap_or_else(|_| error(500, None, false))
}

/// A plausible response to an operation that wasn't carried out.
fn not_carried_out() -> Response {
    json(
        StatusCode::OK,
        &json!({"message": "A fault was scripted; this was not carried out."}),
    )
}

/// Sends half of a response's body.
fn half(connection: &Connection, response: Response, end: End) -> Response {
    let response = with_body_to_cut(response);
    connection.cut_response(Cut::after_body_bytes(response.body().len() / 2, end));
    response
}

/// Makes sure that there is a body to cut: a response without one gets blanks.
fn with_body_to_cut(mut response: Response) -> Response {
    if response.body().is_empty() {
        *response.status_mut() = StatusCode::OK;
        let json = HeaderValue::from_static("application/json");
        response.headers_mut().insert(CONTENT_TYPE, json);
        return padded(response, 64);
    }
    response
}

fn padded(mut response: Response, length: usize) -> Response {
    let missing = length.saturating_sub(response.body().len());
    let mut body = BytesMut::from(response.body().as_ref());
    body.put_bytes(b' ', missing);
    *response.body_mut() = body.freeze();
    response
}

fn error(status: u16, retry_after: Option<u64>, by_gateway: bool) -> Response {
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let message = status.canonical_reason().unwrap_or("A fault was scripted");
    let mut response = if by_gateway {
        gateway::error(status)
    } else {
        json(status, &json!({"message": message}))
    };
    if let Some(seconds) = retry_after {
        response.headers_mut().insert(RETRY_AFTER, seconds.into());
    }
    response
}

fn redirect(status: u16, location: &str) -> Response {
    let mut response = Response::new(Bytes::new());
    *response.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::FOUND);
    if let Ok(location) = HeaderValue::from_str(location) {
        response.headers_mut().insert(LOCATION, location);
    }
    response
}
