//! How requests are rejected: for an expired token, for a refresh token, and by the
//! application.

use bytes::Bytes;
use http::{HeaderName, HeaderValue, StatusCode, header};
use serde_json::{Value, json};

use super::{Dialect, ExpiredToken, Failures, RefusedRefresh, text};
use crate::response::Response;

const ERROR_TYPE: HeaderName = HeaderName::from_static("x-amzn-errortype");

/// The rejection of a token, made from the gateway's 401.
pub(super) fn expired(kind: ExpiredToken, mut response: Response) -> Response {
    let (name, value, message) = match kind {
        ExpiredToken::Unauthorized => return response,
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
    *response.status_mut() = StatusCode::FORBIDDEN;
    let headers = response.headers_mut();
    headers.remove(ERROR_TYPE);
    headers.insert(name, HeaderValue::from_static(value));
    *response.body_mut() = Bytes::from(json!({"message": message}).to_string());
    response
}

/// Whether a request to the token endpoint has the refresh token grant.
pub(super) fn is_refresh(body: &[u8]) -> bool {
    url::form_urlencoded::parse(body)
        .any(|(name, value)| name == "grant_type" && value == "refresh_token")
}

/// The response to a refresh: a rejection in the dialect's form, any other response
/// unchanged.
pub(super) fn refresh(kind: RefusedRefresh, mut response: Response) -> Response {
    let body: Value = serde_json::from_slice(response.body()).unwrap_or_default();
    if response.status().is_success() || body["error"] != "invalid_grant" {
        return response;
    }
    let body = match kind {
        RefusedRefresh::InvalidGrant => return response,
        RefusedRefresh::InvalidToken => json!({"error": "invalid_token"}).to_string(),
        RefusedRefresh::UpperCase => json!({"error": "INVALID_GRANT"}).to_string(),
        RefusedRefresh::InvalidRequest => json!({
            "error": "invalid_request",
            "error_description": "refresh token revoked",
        })
        .to_string(),
        RefusedRefresh::Form => {
            let form = HeaderValue::from_static("application/x-www-form-urlencoded");
            response.headers_mut().insert(header::CONTENT_TYPE, form);
            "error=invalid_grant".to_owned()
        }
        RefusedRefresh::ByteOrderMark => format!("{}{body}", text::BYTE_ORDER_MARK),
    };
    *response.body_mut() = Bytes::from(body);
    response
}

/// Whether this is an error of the application and not of the gateway.
pub(super) fn is_application_error(body: &Value) -> bool {
    body["timestamp"].is_string() && body["status"].is_number()
}

/// The application's error, with the path as it was sent.
pub(super) fn failure(
    dialect: Dialect,
    path: &str,
    mut response: Response,
    mut body: Value,
) -> Response {
    match dialect.failures {
        Failures::Status => body["path"] = path.into(),
        Failures::SuccessFalse => {
            *response.status_mut() = StatusCode::OK;
            body = json!({"success": false, "message": body["message"]});
        }
    }
    text::write(dialect.text, response, body)
}
