//! How long a token is good, by what the token endpoint says.
//!
//! OAuth asks for `expires_in` as a number of seconds. Servers send it as a text, with a
//! fraction, as zero, or not at all. None of that may lose a token: with a refresh token
//! that rotates, an answer that isn't taken is a login that is lost. What makes no sense
//! means that the end isn't known; such a token is used until the service refuses it.

use std::time::Duration;

use bytes::Bytes;
use serde_json::{Map, Value};

const FIELD: &str = "expires_in";

/// More is as good as for ever, and not to be reckoned with.
const LONGEST: f64 = 100.0 * 366.0 * 86_400.0;

/// Takes the lifetime out of an answer. What is left has no field that the protocol's
/// strict reading could stumble over. An answer that is no JSON object stays as it is.
pub(super) fn take(body: Bytes) -> (Bytes, Option<Duration>) {
    let Ok(mut object) = serde_json::from_slice::<Map<String, Value>>(&body) else {
        return (body, None);
    };
    let Some(value) = object.remove(FIELD) else {
        return (body, None);
    };
    match serde_json::to_vec(&object) {
        Ok(rest) => (rest.into(), read(&value)),
        Err(_) => (body, None),
    }
}

fn read(value: &Value) -> Option<Duration> {
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

    #[test]
    fn a_lifetime_is_read_in_any_form_and_nonsense_is_no_lifetime() {
        for (text, seconds) in [
            ("3600", Some(3_600.0)),
            ("\"3600\"", Some(3_600.0)),
            ("\" 60 \"", Some(60.0)),
            ("3599.5", Some(3_599.5)),
            ("1e3", Some(1_000.0)),
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

            let (rest, lifetime) = take(body.into());

            assert_eq!(lifetime.map(|l| l.as_secs_f64()), seconds, "{text}");
            assert_eq!(rest, r#"{"access_token":"a"}"#, "{text}");
        }
    }

    #[test]
    fn an_answer_without_one_stays_as_it_is() {
        for text in ["", "not JSON", "[1]", r#"{"access_token" : "a"}"#] {
            assert_eq!(take(text.into()), (text.into(), None));
        }
    }
}
