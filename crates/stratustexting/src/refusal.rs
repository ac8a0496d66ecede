//! The meaning of a rejection, in whatever words and form it comes.
//!
//! OAuth has a code for each rejection, and servers, gateways and proxies have others. Two
//! questions matter more than any other reading of a response: whether the service rejects
//! the access token, so that a new one may help (`access.rs`), and whether a login is over, so
//! that only its user can help (`login.rs`). This file reads a body for both. Nothing of it is
//! quoted anywhere.

mod access;
mod login;
mod words;

use serde_json::{Map, Value};
use stratustexting_client::lenient::without_mark;

pub(crate) use self::{
    access::rejects_token,
    login::{is_registered, login_is_over, oauth_code},
};

/// In bytes. No rejection has more.
const LONGEST: usize = 64 * 1024;

/// How deep a body is searched.
const DEPTH: usize = 4;

/// The keys of a code, for programs.
const CODES: [&str; 7] = [
    "error",
    "errorcode",
    "code",
    "errortype",
    "type",
    "name",
    "reason",
];

/// The keys of a sentence, for people.
const TEXTS: [&str; 13] = [
    "error",
    "message",
    "errormessage",
    "errordescription",
    "description",
    "detail",
    "details",
    "title",
    "msg",
    "reason",
    "fault",
    "faultstring",
    "cause",
];

/// The keys of objects and lists that hold more of them.
const NESTS: [&str; 7] = [
    "error", "errors", "fault", "detail", "details", "cause", "response",
];

/// A response's body as a value: JSON, a form, or a text. `None` means a page, or nothing.
fn value(body: &[u8]) -> Option<Value> {
    let body = body.get(..LONGEST).map_or(body, |_| &[]);
    let text = std::str::from_utf8(without_mark(body)).ok()?.trim();
    if text.is_empty() || text.starts_with('<') {
        return None;
    }
    if let Ok(value) = serde_json::from_str(text) {
        return Some(value);
    }
    let is_form = text.starts_with("error") && !text.contains(char::is_whitespace);
    if is_form && text.contains('=') {
        let pairs = url::form_urlencoded::parse(text.as_bytes());
        let pairs = pairs.map(|(key, value)| (key.into_owned(), value.into_owned().into()));
        return Some(Value::Object(pairs.collect()));
    }
    Some(text.into())
}

/// The texts under some keys of a value, however the keys are spelled.
fn under<'v>(value: &'v Value, keys: &[&str]) -> Vec<&'v str> {
    let mut found = Vec::new();
    collect(value, keys, DEPTH, &mut found);
    found
}

fn collect<'v>(value: &'v Value, keys: &[&str], depth: usize, found: &mut Vec<&'v str>) {
    if depth == 0 {
        return;
    }
    match value {
        Value::Object(object) => of_object(object, keys, depth, found),
        Value::Array(values) => {
            for value in values {
                collect(value, keys, depth - 1, found);
            }
        }
        // The body itself, or one of several errors, is a sentence.
        Value::String(text) if keys == TEXTS => found.push(text),
        _ => {}
    }
}

fn of_object<'v>(
    object: &'v Map<String, Value>,
    keys: &[&str],
    depth: usize,
    found: &mut Vec<&'v str>,
) {
    for (key, value) in object {
        let key = squashed(key);
        match value {
            Value::String(text) if keys.contains(&key.as_str()) => found.push(text),
            Value::Object(_) | Value::Array(_) if NESTS.contains(&key.as_str()) => {
                collect(value, keys, depth - 1, found);
            }
            _ => {}
        }
    }
}

/// A word in the form that is compared: `Token_Expired`, `token-expired` and `tokenExpired`
/// are the same.
fn squashed(word: &str) -> String {
    let letters = word.chars().filter(char::is_ascii_alphanumeric);
    letters.map(|letter| letter.to_ascii_lowercase()).collect()
}

/// A code without the namespace before `#` and the link after `:` that clouds add.
fn bare(code: &str) -> &str {
    let code = code.rsplit('#').next().unwrap_or(code);
    code.split(':').next().unwrap_or(code).trim()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_body_is_read_in_each_of_its_forms() {
        let object = json!({"error": "a", "error_description": "b c"});
        for body in [
            r#"{"error":"a","error_description":"b c"}"#,
            "\u{feff}{\"error\":\"a\",\"error_description\":\"b c\"}",
            "error=a&error_description=b+c",
            "\u{feff} error=a&error_description=b%20c\r\n",
        ] {
            assert_eq!(value(body.as_bytes()), Some(object.clone()), "{body}");
        }
        assert_eq!(value(b" some words\n"), Some(json!("some words")));
        for body in [&b""[..], b"  ", b"<html>error</html>", b"\xff\xfe{"] {
            assert_eq!(value(body), None);
        }
        assert_eq!(value(&vec![b'a'; LONGEST]), None);
    }

    #[test]
    fn only_fields_about_the_error_are_read() {
        let body = json!({
            "Message": "one",
            "text": "a message of the user's",
            "error": {"details": [{"error_message": "two"}, "three"]},
            "data": {"message": "somebody's"},
        });

        let mut found = under(&body, &TEXTS);

        found.sort_unstable();
        assert_eq!(found, ["one", "three", "two"]);
    }
}
