//! How something is refused: a token that isn't good any more, a refresh token, and what
//! the application doesn't do.

use bytes::Bytes;
use http::{HeaderName, HeaderValue, StatusCode, header};
use serde_json::{Value, json};

use super::{Dialect, ExpiredToken, Failures, RefusedRefresh, text};
use crate::reply::Reply;

const ERROR_TYPE: HeaderName = HeaderName::from_static("x-amzn-errortype");

/// The refusal of a token, made of the gateway's 401.
pub(super) fn expired(kind: ExpiredToken, mut reply: Reply) -> Reply {
    let (name, value, message) = match kind {
        ExpiredToken::Unauthorized => return reply,
        ExpiredToken::ForbiddenErrorType => (
            ERROR_TYPE,
            "ExpiredTokenException",
            "The security token included in the request is expired",
        ),
        ExpiredToken::ForbiddenChallenge => (
            header::WWW_AUTHENTICATE,
            "Bearer error=\"invalid_token\"",
            "Forbidden",
        ),
    };
    *reply.status_mut() = StatusCode::FORBIDDEN;
    let headers = reply.headers_mut();
    headers.remove(ERROR_TYPE);
    headers.insert(name, HeaderValue::from_static(value));
    *reply.body_mut() = Bytes::from(json!({"message": message}).to_string());
    reply
}

/// Whether a request to the token endpoint is one for a refresh.
pub(super) fn is_refresh(body: &[u8]) -> bool {
    url::form_urlencoded::parse(body)
        .any(|(name, value)| name == "grant_type" && value == "refresh_token")
}

/// The answer to a refresh: a refusal of the refresh token in other words, and any other
/// answer as it is.
pub(super) fn refresh(kind: RefusedRefresh, mut reply: Reply) -> Reply {
    let body: Value = serde_json::from_slice(reply.body()).unwrap_or_default();
    if reply.status().is_success() || body["error"] != "invalid_grant" {
        return reply;
    }
    let body = match kind {
        RefusedRefresh::InvalidGrant => return reply,
        RefusedRefresh::InvalidToken => json!({"error": "invalid_token"}).to_string(),
        RefusedRefresh::UpperCase => json!({"error": "INVALID_GRANT"}).to_string(),
        RefusedRefresh::InvalidRequest => json!({
            "error": "invalid_request",
            "error_description": "refresh token revoked",
        })
        .to_string(),
        RefusedRefresh::Form => {
            let form = HeaderValue::from_static("application/x-www-form-urlencoded");
            reply.headers_mut().insert(header::CONTENT_TYPE, form);
            "error=invalid_grant".to_owned()
        }
        RefusedRefresh::ByteOrderMark => format!("{}{body}", text::BYTE_ORDER_MARK),
    };
    *reply.body_mut() = Bytes::from(body);
    reply
}

/// Whether this is an error of the application and not of the gateway.
pub(super) fn is_the_applications(body: &Value) -> bool {
    body["timestamp"].is_string() && body["status"].is_number()
}

/// The application's refusal, with the path as it was sent.
pub(super) fn failure(dialect: Dialect, path: &str, mut reply: Reply, mut body: Value) -> Reply {
    match dialect.failures {
        Failures::Status => body["path"] = path.into(),
        Failures::SuccessFalse => {
            *reply.status_mut() = StatusCode::OK;
            body = json!({"success": false, "message": body["message"]});
        }
    }
    text::write(dialect.text, reply, body)
}
