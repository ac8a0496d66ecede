//! Whether a response rejects the access token, so that a new one may help.
//!
//! A 401 does. Gateways reject an expired token with a 403 as well, and an authorizer may use
//! a 400. Those count only where they say so: by the standard's header, by a code of the
//! cloud's, or in a sentence. A plain 403 is about the caller's rights. A new token doesn't
//! change those, and each call would renew one in vain.

use http::{HeaderMap, StatusCode};

use super::{CODES, TEXTS, bare, squashed, under, value, words::Saying};
use crate::parts::Parts;

/// The gateway sends the standard header under the second name.
const CHALLENGES: [&str; 2] = ["www-authenticate", "x-amzn-remapped-www-authenticate"];

const ERROR_TYPE: &str = "x-amzn-errortype";

/// Codes that reject an access token, squashed.
const REJECTED: [&str; 16] = [
    "invalidtoken",
    "invalidtokenexception",
    "expiredtoken",
    "expiredtokenexception",
    "tokenexpired",
    "tokenexpiredexception",
    "tokenexpirederror",
    "tokenhasexpired",
    "accesstokenexpired",
    "expiredaccesstoken",
    "invalidaccesstoken",
    "authtokenexpired",
    "expiredauthtoken",
    "jwtexpired",
    "expiredjwt",
    "errjwtexpired",
];

const EXPIRED: Saying = Saying {
    others: &[
        "refresh",
        "reset",
        "verification",
        "confirmation",
        "activation",
        "invite",
        "invitation",
        "registration",
        "csrf",
        "xsrf",
        "device",
        "push",
        "webhook",
        "api",
        "page",
        "pagination",
        "continuation",
        "next",
        "cursor",
        "sync",
        "upload",
    ],
    verdicts: &[&["expired"]],
};

/// Whether a response rejects the access token.
pub(crate) fn rejects_token(response: &Parts) -> bool {
    let in_sentences = match response.status {
        StatusCode::UNAUTHORIZED => return true,
        StatusCode::FORBIDDEN => true,
        // A bad request has many reasons, and the sentences about them vary too much.
        StatusCode::BAD_REQUEST => false,
        _ => return false,
    };
    if headers_say_so(&response.headers) {
        return true;
    }
    let Some(body) = value(&response.body) else {
        return false;
    };
    under(&body, &CODES).into_iter().any(is_rejection)
        || in_sentences
            && under(&body, &TEXTS)
                .into_iter()
                .any(|text| EXPIRED.is_in(text))
}

fn headers_say_so(headers: &HeaderMap) -> bool {
    let texts = |name: &'static str| {
        let values = headers.get_all(name).iter();
        values.filter_map(|value| value.to_str().ok())
    };
    texts(ERROR_TYPE).any(is_rejection)
        || CHALLENGES
            .into_iter()
            .flat_map(texts)
            .filter_map(error_of)
            .any(|code| is_rejection(&code))
}

fn is_rejection(code: &str) -> bool {
    REJECTED.contains(&squashed(bare(code)).as_str())
}

/// The parameter `error` of a challenge, wherever it stands.
fn error_of(challenge: &str) -> Option<String> {
    let mut rest = challenge;
    while let Some((before, after)) = rest.split_once('=') {
        let name = before.trim_end().rsplit([' ', '\t', ',']).next()?;
        let after = after.trim_start();
        let (value, next) = match after.strip_prefix('"') {
            Some(quoted) => unquoted(quoted),
            None => {
                let end = after.find([',', ' ', '\t']).unwrap_or(after.len());
                let (value, next) = after.split_at(end);
                (value.to_owned(), next)
            }
        };
        if name.eq_ignore_ascii_case("error") {
            return Some(value);
        }
        rest = next;
    }
    None
}

/// A quoted value, and what comes after it.
fn unquoted(quoted: &str) -> (String, &str) {
    let mut value = String::new();
    let mut letters = quoted.char_indices();
    while let Some((at, letter)) = letters.next() {
        match letter {
            '"' => return (value, &quoted[at + 1..]),
            '\\' => value.extend(letters.next().map(|(_, letter)| letter)),
            letter => value.push(letter),
        }
    }
    (value, "")
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use http::HeaderName;

    use super::*;

    fn response(status: u16, headers: &[(&'static str, &'static str)], body: &str) -> Parts {
        let pair = |(name, value): &(&'static str, &'static str)| {
            (HeaderName::from_static(name), value.parse().unwrap())
        };
        Parts {
            status: StatusCode::from_u16(status).unwrap(),
            headers: headers.iter().map(pair).collect(),
            body: Bytes::from(body.to_owned()),
        }
    }

    #[test]
    fn a_header_rejects_the_token() {
        for challenge in [
            r#"Bearer error="invalid_token""#,
            r#"bearer ERROR="Invalid_Token""#,
            "BEARER error=invalid_token",
            r#"Bearer realm="a, b=c \" error=x", error_description="The token expired", error = "invalid_token""#,
            r#"Basic realm="x", Bearer scope="a",error=invalid_token,realm="y""#,
        ] {
            for name in ["www-authenticate", "x-amzn-remapped-www-authenticate"] {
                for status in [400, 403] {
                    let response = response(status, &[(name, challenge)], "{}");
                    assert!(rejects_token(&response), "{challenge}");
                }
            }
        }
        let other = ("www-authenticate", "Basic realm=\"a\"");
        let ours = ("www-authenticate", "Bearer error=\"invalid_token\"");
        assert!(rejects_token(&response(403, &[other, ours], "")));
        for code in [
            "ExpiredTokenException",
            "ExpiredTokenException:http://internal.amazon.com/coral/com.amazon.coral/",
            "com.amazon#ExpiredTokenException",
            "expiredtoken",
        ] {
            let response = response(403, &[("x-amzn-errortype", code)], "{}");
            assert!(rejects_token(&response), "{code}");
        }
    }

    #[test]
    fn a_body_rejects_the_token() {
        for body in [
            r#"{"message":"The security token included in the request is expired"}"#,
            r#"{"Message":"The incoming token has expired"}"#,
            r#"{"message":"token expired"}"#,
            r#"{"message":"JWT expired at 2026-01-01T00:00:00Z. Current time: x"}"#,
            r#"{"error":"jwt expired"}"#,
            r#"{"error":{"message":"Your access token has expired!"}}"#,
            r#"{"errors":[{"code":7,"message":"Expired token"}]}"#,
            r#"{"errors":["The access token expired"]}"#,
            r#"{"error_description":"The access token is invalid or expired"}"#,
            r#"{"detail":"Invalid or expired access token"}"#,
            r#"{"error":"invalid_token"}"#,
            r#"{"code":"TOKEN_EXPIRED"}"#,
            r#"{"__type":"com.amazonaws#ExpiredTokenException"}"#,
            "\u{feff}{\"message\":\"Token has expired\"}",
            "Access token expired.",
            "\"Token expired\"",
        ] {
            assert!(rejects_token(&response(403, &[], body)), "{body}");
        }
    }

    #[test]
    fn a_plain_403_is_about_the_callers_rights() {
        for body in [
            "",
            "{}",
            r#"{"message":"Forbidden"}"#,
            r#"{"message":"Missing Authentication Token"}"#,
            r#"{"Message":"User is not authorized to access this resource with an explicit deny"}"#,
            r#"{"message":"not authorized to access this resource"}"#,
            r#"{"message":"Your subscription has expired"}"#,
            r#"{"message":"Token is good, but the subscription has expired"}"#,
            r#"{"message":"The token has not expired"}"#,
            r#"{"message":"The pagination token has expired"}"#,
            r#"{"message":"The API key for this token type expired"}"#,
            r#"{"message":"Blocked","text":"Your token has expired"}"#,
            r#"{"error":"insufficient_scope"}"#,
            "<html>Your token has expired</html>",
        ] {
            assert!(!rejects_token(&response(403, &[], body)), "{body}");
        }
        for challenge in [
            r#"Bearer error="insufficient_scope", error_description="invalid_token""#,
            r#"Bearer realm="error=invalid_token""#,
            r#"Bearer realm="never ends, error=invalid_token"#,
            "Bearer",
        ] {
            let response = response(403, &[("www-authenticate", challenge)], "{}");
            assert!(!rejects_token(&response), "{challenge}");
        }
        let in_a_sentence = r#"{"message":"token expired"}"#;
        assert!(rejects_token(&response(401, &[], "")));
        for status in [200, 400, 404, 429, 500] {
            assert!(
                !rejects_token(&response(status, &[], in_a_sentence)),
                "{status}"
            );
        }
    }
}
