//! The gateway in front of the service, which turns requests away before the
//! application sees them: in the shape, and with the words, of AWS API Gateway.
//!
//! That there is one is inferred, and so are the order of its checks and the words.

use chrono::{DateTime, Utc};
use http::{HeaderMap, StatusCode, header};
use serde_json::json;
use stratustexting_client::Operation;

use crate::{
    oauth,
    reply::{Reply, json},
};

fn refusal(status: StatusCode, message: &str) -> Reply {
    json(status, &json!({"message": message}))
}

/// The answer to a method and path that there aren't.
pub(crate) fn unknown_route() -> Reply {
    refusal(StatusCode::FORBIDDEN, "Missing Authentication Token")
}

pub(crate) fn too_large() -> Reply {
    refusal(StatusCode::PAYLOAD_TOO_LARGE, "Request Too Long")
}

/// The refusal, where the request isn't to reach the application.
pub(crate) fn check(
    oauth: &oauth::Server,
    operation: &Operation,
    headers: &HeaderMap,
    now: DateTime<Utc>,
) -> Option<Reply> {
    let scopes = bearer(headers).and_then(|token| oauth.scopes_of(token, now));
    let Some(scopes) = scopes else {
        return Some(refusal(StatusCode::UNAUTHORIZED, "Unauthorized"));
    };
    let key = headers.get("x-api-key").map(|key| key.as_bytes());
    let has_key = key.is_some_and(|key| oauth.clients.has_api_key(key));
    let in_scope = |wanted: &&str| scopes.iter().any(|scope| scope == wanted);
    let may = has_key && operation.scopes.iter().all(in_scope);
    (!may).then(|| refusal(StatusCode::FORBIDDEN, "Forbidden"))
}

/// The token, where there is one and one only.
fn bearer(headers: &HeaderMap) -> Option<&str> {
    let mut values = headers.get_all(header::AUTHORIZATION).iter();
    let value = values.next()?.to_str().ok()?;
    if values.next().is_some() {
        return None;
    }
    let (scheme, token) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then_some(token)
}
