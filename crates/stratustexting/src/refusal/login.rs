//! Whether the token endpoint's rejection means that a login is over.
//!
//! OAuth's code for it is `invalid_grant`. Others say `invalid_token`, use another case or
//! another field, or call it a bad request and explain it in a sentence. A rejection that
//! speaks of the client, of the request, or of the server's own trouble doesn't end a login:
//! the stored login may still be good, and in doubt it counts as good.

use http::StatusCode;
use serde_json::Value;

use super::{TEXTS, bare, squashed, under, value, words::Saying};
use crate::parts::Parts;

/// The standards' codes for token endpoints. Only these are shown.
const REGISTERED: [&str; 16] = [
    "invalid_grant",
    "invalid_token",
    "invalid_request",
    "invalid_client",
    "invalid_scope",
    "invalid_target",
    "unauthorized_client",
    "unsupported_grant_type",
    "unsupported_response_type",
    "unsupported_token_type",
    "access_denied",
    "server_error",
    "temporarily_unavailable",
    "authorization_pending",
    "slow_down",
    "expired_token",
];

/// Codes that mean that a login is over, squashed.
const OVER: [&str; 15] = [
    "invalidgrant",
    "invalidgrantexception",
    "invalidtoken",
    "expiredtoken",
    "tokenexpired",
    "revokedtoken",
    "tokenrevoked",
    "invalidrefreshtoken",
    "refreshtokeninvalid",
    "badrefreshtoken",
    "expiredrefreshtoken",
    "refreshtokenexpired",
    "revokedrefreshtoken",
    "refreshtokenrevoked",
    "refreshtokennotfound",
];

/// Codes that speak of something else, whatever the sentence beside them says.
const SOMETHING_ELSE: [&str; 11] = [
    "invalid_client",
    "invalid_scope",
    "invalid_target",
    "unauthorized_client",
    "unsupported_grant_type",
    "unsupported_response_type",
    "unsupported_token_type",
    "server_error",
    "temporarily_unavailable",
    "authorization_pending",
    "slow_down",
];

const DEAD: Saying = Saying {
    others: &[
        "access",
        "client",
        "id",
        "csrf",
        "xsrf",
        "api",
        "security",
        "authentication",
        "device",
    ],
    verdicts: &[
        &["expired"],
        &["revoked"],
        &["invalid"],
        &["invalidated"],
        &["inactive"],
        &["unknown"],
        &["not", "found"],
        &["not", "valid"],
        &["not", "active"],
        &["not", "exist"],
        &["not", "recognized"],
        &["not", "recognised"],
        &["no", "longer", "valid"],
        &["no", "longer", "active"],
        &["no", "longer", "exists"],
    ],
};

/// The code of a token endpoint's rejection, in small letters, wherever it stands.
pub(crate) fn oauth_code(body: &[u8]) -> Option<String> {
    let body = value(body)?;
    let code = |value: &Value, keys: &[&str]| {
        let found = keys.iter().find_map(|key| value.get(key)?.as_str());
        found.map(normalised)
    };
    // Not a `code` at the top: there an endpoint may echo the authorization code.
    let names = ["error", "errorCode", "error_code", "errorType", "__type"];
    let inside = ["code", "error", "errorCode", "error_code", "type", "name"];
    code(&body, &names)
        .or_else(|| code(body.get("error")?, &inside))
        .or_else(|| code(body.get("errors")?.get(0)?, &inside))
        .or_else(|| {
            let known = |code: &String| is_registered(code);
            code(&body, &["Error", "code", "Code", "type"]).filter(known)
        })
        .filter(|code| !code.is_empty())
}

/// A code as OAuth spells it: `InvalidGrant` is `invalid_grant`.
fn normalised(code: &str) -> String {
    let bare = squashed(bare(code));
    let known = REGISTERED.iter().find(|known| squashed(known) == bare);
    known.map_or_else(|| code.trim().to_lowercase(), |known| (*known).to_owned())
}

/// Whether a code is a standard's, so that it tells nothing secret.
pub(crate) fn is_registered(code: &str) -> bool {
    REGISTERED.contains(&code)
}

/// Whether the token endpoint says that the login is over.
pub(crate) fn login_is_over(response: &Parts) -> bool {
    let (status, body) = (response.status, &response.body);
    let rejects = status.is_success() || status.is_client_error();
    let for_now = matches!(
        status,
        StatusCode::REQUEST_TIMEOUT | StatusCode::TOO_EARLY | StatusCode::TOO_MANY_REQUESTS
    );
    if !rejects || for_now {
        return false;
    }
    let Some(said) = value(body) else {
        return false;
    };
    let mut texts = under(&said, &TEXTS).into_iter();
    match oauth_code(body) {
        Some(code) if OVER.contains(&squashed(bare(&code)).as_str()) => true,
        Some(code) if SOMETHING_ELSE.contains(&code.as_str()) => false,
        Some(_) => texts.any(|text| DEAD.is_in(text)),
        // This may be the response of a gateway, not of the authorization server.
        None => texts.any(|text| DEAD.is_in_of_refresh(text)),
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;

    fn over(status: u16, body: &str) -> bool {
        login_is_over(&Parts {
            status: StatusCode::from_u16(status).unwrap(),
            headers: Default::default(),
            body: Bytes::from(body.to_owned()),
        })
    }

    #[test]
    fn a_code_is_found_however_it_is_spelled_and_wherever_it_stands() {
        for body in [
            r#"{"error":"invalid_grant"}"#,
            r#"{"error":"INVALID_GRANT"}"#,
            r#"{"error":" Invalid_Grant "}"#,
            r#"{"error":"InvalidGrant"}"#,
            "\u{feff}{\"error\":\"invalid_grant\"}",
            "error=invalid_grant&error_description=gone",
            r#"{"error":{"code":"invalid_grant"}}"#,
            r#"{"error":{"type":"invalid_grant","code":400}}"#,
            r#"{"errorCode":"invalid_grant"}"#,
            r#"{"error_code":"invalid_grant"}"#,
            r#"{"errors":[{"code":"invalid_grant"}]}"#,
            r#"{"code":"invalid_grant"}"#,
            r#"{"Error":"invalid_grant"}"#,
        ] {
            assert_eq!(
                oauth_code(body.as_bytes()).as_deref(),
                Some("invalid_grant"),
                "{body}"
            );
            assert!(over(400, body), "{body}");
        }
        for body in [
            "",
            "{}",
            r#"{"error":5}"#,
            r#"{"error":""}"#,
            "<a>",
            r#"{"code":"c0de"}"#,
        ] {
            assert_eq!(oauth_code(body.as_bytes()), None, "{body}");
        }
    }

    #[test]
    fn a_login_is_over_in_other_words_too() {
        for body in [
            r#"{"error":"invalid_token"}"#,
            r#"{"error":"refresh_token_expired"}"#,
            r#"{"error":"invalid_request","error_description":"The refresh token is revoked"}"#,
            r#"{"error":"invalid_request","error_description":"Token has been expired or revoked."}"#,
            r#"{"error":"invalid_request","error_description":"Invalid refresh_token"}"#,
            r#"{"error":"invalid_request","error_description":"Refresh token not found"}"#,
            r#"{"error":"invalid_request","error_description":"refresh token does not exist"}"#,
            r#"{"error":"invalid_request","error_description":"The refresh token is no longer valid"}"#,
            r#"{"error":"access_denied","error_description":"Unknown or invalid refresh token."}"#,
            r#"{"error":"bad_request","message":"the provided refresh token is not valid"}"#,
            r#"{"error":{"code":400,"message":"Refresh token expired"}}"#,
            r#"{"__type":"NotAuthorizedException","message":"Refresh Token has been revoked"}"#,
            r#"{"error":"Refresh token expired"}"#,
            r#"{"message":"Refresh token has expired"}"#,
            "Refresh token expired",
            "error=invalid_request&error_description=refresh+token+revoked",
        ] {
            for status in [200, 400, 401, 403] {
                assert!(over(status, body), "{status} {body}");
            }
            for status in [302, 408, 425, 429, 500, 503] {
                assert!(!over(status, body), "{status} {body}");
            }
        }
    }

    #[test]
    fn in_doubt_a_login_is_not_over() {
        for body in [
            "",
            "{}",
            r#"{"error":"invalid_client","error_description":"Refresh token expired"}"#,
            r#"{"error":"unauthorized_client","error_description":"Invalid token"}"#,
            r#"{"error":"temporarily_unavailable"}"#,
            r#"{"error":"server_error","error_description":"token not found"}"#,
            r#"{"error":"invalid_request"}"#,
            r#"{"error":"invalid_request","error_description":"Missing parameter: refresh_token"}"#,
            r#"{"error":"invalid_request","error_description":"The refresh_token parameter is invalid"}"#,
            r#"{"error":"invalid_request","error_description":"Invalid request: refresh token required"}"#,
            r#"{"error":"invalid_request","error_description":"Invalid token endpoint authentication"}"#,
            r#"{"error":"invalid_request","error_description":"token for unknown client expired"}"#,
            r#"{"error":"invalid_request","error_description":"invalid client"}"#,
            r#"{"error":"invalid_request","error_description":"The refresh token is not expired"}"#,
            r#"{"error":"invalid_request","error_description":"The access token expired"}"#,
            r#"{"message":"Token expired"}"#,
            r#"{"message":"Forbidden"}"#,
            r#"{"message":"Missing Authentication Token"}"#,
            "<html>Your refresh token has expired</html>",
            "Bad Request",
        ] {
            for status in [200, 400, 401, 403] {
                assert!(!over(status, body), "{status} {body}");
            }
        }
    }
}
