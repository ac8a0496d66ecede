//! The gateway in front of the service. It rejects requests before the application sees
//! them, in the shape and with the words of AWS API Gateway.
//!
//! Its existence, the order of its checks and the words are inferred. Its rejections have
//! the header `x-amzn-errortype`, which the application's responses never have; both have
//! `x-amzn-requestid`.

use chrono::{DateTime, Utc};
use http::{HeaderMap, HeaderValue, StatusCode, header};
use serde_json::json;
use stratustexting_client::Operation;

use crate::{
    oauth,
    response::{Response, json},
    settings::Settings,
};

const ERROR_TYPE: &str = "x-amzn-errortype";
const REQUEST_ID: &str = "x-amzn-requestid";

fn rejection(status: StatusCode, error_type: &'static str, message: &str) -> Response {
    let mut response = json(status, &json!({"message": message}));
    let error_type = HeaderValue::from_static(error_type);
    response.headers_mut().insert(ERROR_TYPE, error_type);
    response
}

fn unauthorized() -> Response {
    let message = "Unauthorized";
    rejection(StatusCode::UNAUTHORIZED, "UnauthorizedException", message)
}

fn forbidden() -> Response {
    rejection(StatusCode::FORBIDDEN, "ForbiddenException", "Forbidden")
}

/// The response to an unknown method and path.
pub(crate) fn unknown_route() -> Response {
    rejection(
        StatusCode::FORBIDDEN,
        "MissingAuthenticationTokenException",
        "Missing Authentication Token",
    )
}

pub(crate) fn too_large() -> Response {
    rejection(
        StatusCode::PAYLOAD_TOO_LARGE,
        "RequestTooLargeException",
        "Request Too Long",
    )
}

/// The response to a URL that is longer than the gateway allows.
pub(crate) fn uri_too_long() -> Response {
    rejection(
        StatusCode::URI_TOO_LONG,
        "RequestUriTooLongException",
        "Request-URI Too Long",
    )
}

/// A response of the gateway with this status.
pub(crate) fn error(status: StatusCode) -> Response {
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
    rejection(status, error_type, message)
}

/// Adds the header that everything behind the gateway has.
pub(crate) fn with_request_id(mut response: Response, request_id: &str) -> Response {
    if let Ok(id) = HeaderValue::from_str(request_id) {
        response.headers_mut().insert(REQUEST_ID, id);
    }
    response
}

/// The rejection, where the request must not reach the application.
pub(crate) fn check(
    oauth: &oauth::Server,
    settings: &Settings,
    operation: &Operation,
    headers: &HeaderMap,
    now: DateTime<Utc>,
) -> Option<Response> {
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
    (wants_user && !granted.has_user()).then(forbidden)
}

/// The token, if there is exactly one.
fn bearer(headers: &HeaderMap) -> Option<&str> {
    let mut values = headers.get_all(header::AUTHORIZATION).iter();
    let value = values.next()?.to_str().ok()?;
    if values.next().is_some() {
        return None;
    }
    let (scheme, token) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then_some(token)
}
