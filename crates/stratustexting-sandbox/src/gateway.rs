//! The gateway in front of the service, which turns requests away before the
//! application sees them: in the shape, and with the words, of AWS API Gateway.
//!
//! That there is one is inferred, and so are the order of its checks and the words. What
//! it refuses has the header `x-amzn-errortype`, which the application's answers never
//! have; all that comes through it has `x-amzn-requestid`.

use chrono::{DateTime, Utc};
use http::{HeaderMap, HeaderValue, StatusCode, header};
use serde_json::json;
use stratustexting_client::Operation;

use crate::{
    oauth,
    reply::{Reply, json},
    settings::Settings,
};

const ERROR_TYPE: &str = "x-amzn-errortype";
const REQUEST_ID: &str = "x-amzn-requestid";

fn refusal(status: StatusCode, error_type: &'static str, message: &str) -> Reply {
    let mut reply = json(status, &json!({"message": message}));
    let error_type = HeaderValue::from_static(error_type);
    reply.headers_mut().insert(ERROR_TYPE, error_type);
    reply
}

fn unauthorized() -> Reply {
    let message = "Unauthorized";
    refusal(StatusCode::UNAUTHORIZED, "UnauthorizedException", message)
}

fn forbidden() -> Reply {
    refusal(StatusCode::FORBIDDEN, "ForbiddenException", "Forbidden")
}

/// The answer to a method and path that there aren't.
pub(crate) fn unknown_route() -> Reply {
    refusal(
        StatusCode::FORBIDDEN,
        "MissingAuthenticationTokenException",
        "Missing Authentication Token",
    )
}

pub(crate) fn too_large() -> Reply {
    refusal(
        StatusCode::PAYLOAD_TOO_LARGE,
        "RequestTooLargeException",
        "Request Too Long",
    )
}

/// The answer to a URL that is longer than the gateway takes.
pub(crate) fn uri_too_long() -> Reply {
    refusal(
        StatusCode::URI_TOO_LONG,
        "RequestUriTooLongException",
        "Request-URI Too Long",
    )
}

/// An answer with this status, as the gateway gives it.
pub(crate) fn error(status: StatusCode) -> Reply {
    let (error_type, message) = match status.as_u16() {
        401 => return unauthorized(),
        403 => return forbidden(),
        413 => return too_large(),
        414 => return uri_too_long(),
        429 => ("TooManyRequestsException", "Too Many Requests"),
        504 => ("InternalServerErrorException", "Endpoint request timed out"),
        500.. => ("InternalServerErrorException", "Internal server error"),
        _ => ("BadRequestException", "Bad request"),
    };
    refusal(status, error_type, message)
}

/// Marks what came through the gateway.
pub(crate) fn identified(mut reply: Reply, request_id: &str) -> Reply {
    if let Ok(id) = HeaderValue::from_str(request_id) {
        reply.headers_mut().insert(REQUEST_ID, id);
    }
    reply
}

/// The refusal, where the request isn't to reach the application.
pub(crate) fn check(
    oauth: &oauth::Server,
    settings: &Settings,
    operation: &Operation,
    headers: &HeaderMap,
    now: DateTime<Utc>,
) -> Option<Reply> {
    let granted = bearer(headers).and_then(|token| oauth.granted(token, now));
    let Some(granted) = granted else {
        return Some(unauthorized());
    };
    let key = headers.get("x-api-key").map(|key| key.as_bytes());
    if !key.is_some_and(|key| oauth.clients.has_api_key(key)) {
        return Some(forbidden());
    }
    let in_scope = |wanted: &&str| granted.scopes.iter().any(|scope| scope == wanted);
    if !operation.scopes.iter().all(in_scope) {
        return Some(match settings.missing_scope {
            401 => unauthorized(),
            _ => forbidden(),
        });
    }
    let wants_user = operation.tag == "Subscriptions" && !settings.allow_machine_subscriptions;
    (wants_user && !granted.is_users()).then(forbidden)
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
