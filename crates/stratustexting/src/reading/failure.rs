//! Responses with a success status and a body that reports a failure.

use serde_json::{Map, Value};

/// Keys that say outright whether the operation succeeded.
const SUCCESS: [&str; 6] = [
    "success",
    "ok",
    "succeeded",
    "successful",
    "isSuccess",
    "is_success",
];

/// Keys that have a value only in a failure.
const ERROR: [&str; 12] = [
    "error",
    "errors",
    "errorCode",
    "errorMessage",
    "errorType",
    "error_code",
    "error_message",
    "error_description",
    "exception",
    "failure",
    "fault",
    "faultstring",
];

/// Keys whose value may be a word or a number that reports a failure.
const STATE: [&str; 7] = [
    "status",
    "statusCode",
    "status_code",
    "code",
    "state",
    "result",
    "outcome",
];

/// Beginnings of words that no success contains.
const WORDS: [&str; 9] = [
    "error",
    "fail",
    "reject",
    "denied",
    "invalid",
    "unauthor",
    "forbidden",
    "unable",
    "exception",
];

/// Whether an object says outright that the operation failed.
pub(super) fn is_explicit(fields: &Map<String, Value>) -> bool {
    !fields.is_empty() && SUCCESS.iter().filter_map(|key| fields.get(*key)).any(is_no)
}

/// Whether a body reports a failure by any of its keys. For a body without anything that was
/// expected, or one that must leave no doubt.
pub(super) fn is_likely(body: &Value) -> bool {
    body.as_object().is_some_and(is_likely_in)
}

/// Whether an object's fields report a failure.
pub(super) fn is_likely_in(fields: &Map<String, Value>) -> bool {
    if fields.is_empty() {
        return false;
    }
    let has = |keys: &[&str], test: fn(&Value) -> bool| {
        keys.iter().filter_map(|key| fields.get(*key)).any(test)
    };
    is_explicit(fields) || has(&ERROR, is_an_error) || has(&STATE, is_failed_state)
}

fn is_no(value: &Value) -> bool {
    match value {
        Value::Bool(value) => !value,
        Value::Number(number) => number.as_f64() == Some(0.0),
        Value::String(text) => {
            let text = text.trim();
            ["false", "no", "0"]
                .iter()
                .any(|no| no.eq_ignore_ascii_case(text))
        }
        _ => false,
    }
}

/// Whether the value of an error key is an error, and not a word for none.
fn is_an_error(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::Bool(value) => *value,
        Value::Number(number) => number.as_f64() != Some(0.0),
        Value::String(text) => {
            let text = text.trim();
            let none = ["", "0", "false", "no", "none", "null", "ok", "success"];
            !none.iter().any(|none| none.eq_ignore_ascii_case(text))
        }
        Value::Array(items) => !items.is_empty(),
        Value::Object(fields) => !fields.is_empty(),
    }
}

fn is_failed_state(value: &Value) -> bool {
    match value {
        Value::Number(number) => number
            .as_u64()
            .is_some_and(|code| (400..600).contains(&code)),
        Value::String(text) => {
            let number = text.trim().parse::<u16>();
            number.is_ok_and(|code| (400..600).contains(&code)) || reports_failure(text)
        }
        Value::Bool(value) => !value,
        _ => false,
    }
}

/// Whether the text has a word for a failure that isn't negated, as in "no errors" or "0
/// failed".
pub(super) fn reports_failure(text: &str) -> bool {
    let text = text.to_ascii_lowercase();
    let mut before = "";
    for word in text.split(|c: char| !c.is_ascii_alphanumeric()) {
        if word.is_empty() {
            continue;
        }
        let negated = matches!(before, "no" | "0" | "without" | "zero");
        if !negated && WORDS.iter().any(|bad| word.starts_with(bad)) {
            return true;
        }
        before = word;
    }
    let phrases = [
        "not sent",
        "not processed",
        "not delivered",
        "could not",
        "cannot",
    ];
    phrases.iter().any(|phrase| text.contains(phrase))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn failures_are_distinguished_from_successes() {
        for body in [
            json!({"success": false}),
            json!({"success": "false", "message": "quota"}),
            json!({"ok": 0}),
            json!({"error": "x"}),
            json!({"error": {"code": 5}}),
            json!({"errors": ["x"]}),
            json!({"status": 400, "message": "x"}),
            json!({"status": "FAILED"}),
            json!({"statusCode": "500"}),
            json!({"result": "error"}),
            json!({"result": "Message could not be sent"}),
            json!({"result": "Invalid number"}),
        ] {
            assert!(is_likely(&body), "{body}");
        }
        for body in [
            json!({"success": true}),
            json!({"error": null, "errors": []}),
            json!({"error": "", "errorCode": 0}),
            json!({"error": false}),
            json!({"status": 200}),
            json!({"status": "ACTIVE"}),
            json!({"result": "Message Processed Successfully"}),
            json!({"result": "queued, no errors"}),
            json!([{"success": false}]),
            json!("error"),
        ] {
            assert!(!is_likely(&body), "{body}");
        }
    }
}
