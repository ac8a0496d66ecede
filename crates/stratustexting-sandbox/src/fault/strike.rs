//! What a fault makes of a whole request and its answer.

use std::{sync::Arc, time::Duration};

use bytes::{BufMut, Bytes, BytesMut};
use http::{
    HeaderValue, StatusCode,
    header::{CONTENT_TYPE, LOCATION, RETRY_AFTER},
};
use serde_json::json;

use super::{Commit, Fault, Kind};
use crate::{
    gateway,
    reply::{Reply, json, with_body},
    service::Errand,
    shared::Shared,
    wire::{Cut, End, Wire},
};

/// Does what the fault says, and returns the answer that is written, or begun.
pub(crate) async fn strike(
    shared: &Arc<Shared>,
    wire: &Wire,
    fault: &Fault,
    errand: Errand,
) -> Reply {
    // From here on, so that a stop while the operation is carried out isn't missed.
    let mut stopped = shared.stopped.subscribe();
    let late = match fault.0 {
        Kind::AnswerLate {
            milliseconds,
            commit,
        } => Some((Duration::from_millis(milliseconds), commit)),
        _ => None,
    };
    let reply = match (fault.commit(), late) {
        (_, Some((delay, Commit::Before))) => carry_out(shared, errand, delay).await,
        (Some(Commit::After), _) => carry_out(shared, errand, Duration::ZERO).await,
        _ => never_carried_out(),
    };
    match &fault.0 {
        // The connection's, which sees to them before a request gets here.
        Kind::ResetBeforeRequest | Kind::ResetAfterRequestBytes { .. } => reply,
        Kind::AnswerLate { .. } => {
            if let Some((delay, Commit::After)) = late {
                tokio::time::sleep(delay).await;
            }
            reply
        }
        Kind::NeverAnswer { .. } => {
            // When the client goes away, this is dropped.
            tokio::select! {
                _ = stopped.changed() => {}
                () = shared.shutdown.cancelled() => {}
            }
            wire.cut(Cut::at_once());
            reply
        }
        Kind::ResetBeforeAnswer { .. } => {
            wire.cut(Cut::at_once());
            reply
        }
        Kind::ResetAfterHeaders { .. } => {
            let reply = with_something(reply);
            wire.cut(Cut::after_body_bytes(0, End::Reset));
            reply
        }
        Kind::ResetInBody { .. } => half(wire, reply, End::Reset),
        Kind::TruncatedBody { .. } => half(wire, reply, End::Close),
        Kind::Status {
            status,
            retry_after,
            gateway,
            ..
        } => {
            let reply = error(*status, *retry_after, *gateway);
            gateway::identified(reply, &shared.state().ids.uuid())
        }
        Kind::WrongContentType { .. } => with_body(StatusCode::OK, "text/html", PAGE),
        Kind::OversizedBody { bytes, .. } => padded(with_something(reply), *bytes),
        Kind::Redirect {
            status, location, ..
        } => redirect(*status, location),
    }
}

const PAGE: &str = "<!doctype html><title>Sign in</title><p>Sign in to this network.</p>";

/// Carries the operation out to its end, also when the client goes away.
async fn carry_out(shared: &Arc<Shared>, errand: Errand, delay: Duration) -> Reply {
    let working = Shared::working(shared);
    let shared = Arc::clone(shared);
    let task = tokio::spawn(async move {
        let _working = working;
        if delay > Duration::ZERO {
            tokio::time::sleep(delay).await;
        }
        errand.run(&shared).await
    });
    task.await.unwrap_or_else(|_| error(500, None, false))
}

/// What looks like an answer to an operation that wasn't carried out.
fn never_carried_out() -> Reply {
    json(
        StatusCode::OK,
        &json!({"message": "A fault was scripted; this was not carried out."}),
    )
}

/// Half of an answer's body.
fn half(wire: &Wire, reply: Reply, end: End) -> Reply {
    let reply = with_something(reply);
    wire.cut(Cut::after_body_bytes(reply.body().len() / 2, end));
    reply
}

/// An answer that has a body to be cut: one without gets blanks.
fn with_something(mut reply: Reply) -> Reply {
    if reply.body().is_empty() {
        *reply.status_mut() = StatusCode::OK;
        let json = HeaderValue::from_static("application/json");
        reply.headers_mut().insert(CONTENT_TYPE, json);
        return padded(reply, 64);
    }
    reply
}

fn padded(mut reply: Reply, length: usize) -> Reply {
    let missing = length.saturating_sub(reply.body().len());
    let mut body = BytesMut::from(reply.body().as_ref());
    body.put_bytes(b' ', missing);
    *reply.body_mut() = body.freeze();
    reply
}

fn error(status: u16, retry_after: Option<u64>, by_gateway: bool) -> Reply {
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let message = status.canonical_reason().unwrap_or("A fault was scripted");
    let mut reply = if by_gateway {
        gateway::error(status)
    } else {
        json(status, &json!({"message": message}))
    };
    if let Some(seconds) = retry_after {
        reply.headers_mut().insert(RETRY_AFTER, seconds.into());
    }
    reply
}

fn redirect(status: u16, location: &str) -> Reply {
    let mut reply = Reply::new(Bytes::new());
    *reply.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::FOUND);
    if let Ok(location) = HeaderValue::from_str(location) {
        reply.headers_mut().insert(LOCATION, location);
    }
    reply
}
