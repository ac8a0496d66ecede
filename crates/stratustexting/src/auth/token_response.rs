//! The token endpoint's response, in the form that the protocol's strict reading takes.
//!
//! OAuth wants a 200 with JSON, a `token_type`, and `expires_in` as a number of seconds.
//! Servers send another success, another content type, no type, the lifetime as a text, with
//! a fraction, as zero, or not at all. None of that may lose a token: where refresh tokens
//! rotate, a response that isn't taken is a lost login. So of any response with an access
//! token the fields that are used are read, and no other field can make it fail. A lifetime
//! that makes no sense counts as unknown; such a token is used until the service rejects it.

use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, StatusCode, header};
use oauth2::HttpResponse;
use serde_json::{Map, Value, json};
use stratustexting_client::lenient::without_mark;

/// In seconds. A longer lifetime counts as unknown: times beyond it can't be computed
/// everywhere.
const LONGEST: f64 = 100.0 * 366.0 * 86_400.0;

/// The response as the protocol takes it, and the token's lifetime. A response without a
/// token stays as it is.
pub(super) fn strict(
    status: StatusCode,
    headers: HeaderMap,
    body: &Bytes,
) -> (HttpResponse, Option<Duration>) {
    let granted = status.is_success().then(|| grant(body)).flatten();
    let (status, headers, body, lifetime) = match granted {
        Some((grant, lifetime)) => {
            let json = HeaderValue::from_static("application/json");
            let headers = HeaderMap::from_iter([(header::CONTENT_TYPE, json)]);
            (StatusCode::OK, headers, grant.to_string().into(), lifetime)
        }
        None => (status, headers, body.to_vec(), None),
    };
    let mut response = HttpResponse::new(body);
    *response.status_mut() = status;
    *response.headers_mut() = headers;
    (response, lifetime)
}

/// The fields of a grant that are used, if the body is one.
fn grant(body: &[u8]) -> Option<(Value, Option<Duration>)> {
    let object: Map<String, Value> = serde_json::from_slice(without_mark(body)).ok()?;
    let text = |key: &str| {
        let text = object.get(key).and_then(Value::as_str);
        text.filter(|text| !text.is_empty())
    };
    let mut grant = json!({
        "access_token": text("access_token")?,
        "token_type": text("token_type").unwrap_or("Bearer"),
    });
    if let Some(refresh) = text("refresh_token") {
        grant["refresh_token"] = refresh.into();
    }
    Some((grant, object.get("expires_in").and_then(lifetime)))
}

fn lifetime(value: &Value) -> Option<Duration> {
    let seconds: f64 = match value {
        Value::Number(number) => number.as_f64()?,
        Value::String(text) => text.trim().parse().ok()?,
        _ => return None,
    };
    (seconds > 0.0 && seconds <= LONGEST)
        .then(|| Duration::try_from_secs_f64(seconds).ok())
        .flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(status: u16, media_type: &'static str, body: &str) -> (HttpResponse, Option<Duration>) {
        let media_type = HeaderValue::from_static(media_type);
        let headers = HeaderMap::from_iter([(header::CONTENT_TYPE, media_type)]);
        let status = StatusCode::from_u16(status).unwrap();
        strict(status, headers, &body.to_owned().into())
    }

    #[test]
    fn a_lifetime_is_read_in_any_form_and_nonsense_is_no_lifetime() {
        for (text, seconds) in [
            ("3600", Some(3_600.0)),
            ("\"3600\"", Some(3_600.0)),
            ("\" 60 \"", Some(60.0)),
            ("3599.5", Some(3_599.5)),
            ("1e3", Some(1_000.0)),
            ("3162240000", Some(3_162_240_000.0)),
            ("3162240001", None),
            ("0", None),
            ("-1", None),
            ("\"-1\"", None),
            ("18446744073709551615", None),
            ("1e300", None),
            ("\"inf\"", None),
            ("\"NaN\"", None),
            ("\"\"", None),
            ("\"soon\"", None),
            ("null", None),
            ("true", None),
            ("[3600]", None),
        ] {
            let body = format!(r#"{{"access_token":"a","expires_in":{text}}}"#);

            let (response, lifetime) = read(200, "application/json", &body);

            assert_eq!(lifetime.map(|l| l.as_secs_f64()), seconds, "{text}");
            let body = String::from_utf8(response.into_body()).unwrap();
            assert_eq!(body, r#"{"access_token":"a","token_type":"Bearer"}"#);
        }
    }

    #[test]
    fn any_response_with_a_token_is_taken_in_one_form() {
        let whole = r#"{"access_token":"a","refresh_token":"r","token_type":"Bearer"}"#;
        for (status, media_type, body) in [
            (200, "application/json", whole.to_owned()),
            (201, "application/json", whole.to_owned()),
            (200, "text/plain", whole.to_owned()),
            (200, "application/json", format!("\u{feff}{whole}")),
            (
                200,
                "application/json",
                r#"{"access_token":"x","access_token":"a","refresh_token":"r","scope":["s"]}"#
                    .into(),
            ),
            (
                200,
                "application/json",
                r#"{"access_token":"a","refresh_token":"r","token_type":null,"id_token":5}"#.into(),
            ),
        ] {
            let (response, _) = read(status, media_type, &body);

            assert_eq!(response.status(), 200);
            assert_eq!(response.headers()[header::CONTENT_TYPE], "application/json");
            let read: Value = serde_json::from_slice(response.body()).unwrap();
            assert_eq!(
                read,
                serde_json::from_str::<Value>(whole).unwrap(),
                "{body}"
            );
        }
        let (response, _) = read(200, "x/y", r#"{"access_token":"a","refresh_token":""}"#);
        assert!(
            !String::from_utf8(response.into_body())
                .unwrap()
                .contains("refresh")
        );
    }

    #[test]
    fn a_response_without_a_token_stays_as_it_is() {
        for (status, body) in [
            (200, ""),
            (200, "not JSON"),
            (200, "[1]"),
            (200, r#"{"access_token":""}"#),
            (200, r#"{"access_token":5}"#),
            (400, r#"{"error" : "invalid_grant"}"#),
            (500, r#"{"access_token":"a"}"#),
        ] {
            let (response, lifetime) = read(status, "text/x", body);

            assert_eq!(response.status(), status);
            assert_eq!(response.headers()[header::CONTENT_TYPE], "text/x");
            assert_eq!(response.body(), body.as_bytes());
            assert_eq!(lifetime, None);
        }
    }
}
