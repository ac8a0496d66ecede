//! A success by its status that says in its body that it is none.

use serde_json::{Map, Value};

/// Keys that say outright whether it went well.
const SUCCESS: [&str; 6] = [
    "success",
    "ok",
    "succeeded",
    "successful",
    "isSuccess",
    "is_success",
];

/// Keys that only a failure has a value under.
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

/// Keys whose value may be a word or a number for a failure.
const STATE: [&str; 7] = [
    "status",
    "statusCode",
    "status_code",
    "code",
    "state",
    "result",
    "outcome",
];

/// Beginnings of words that no success has.
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

/// Whether an object says outright that it failed.
pub(super) fn is_said(fields: &Map<String, Value>) -> bool {
    !fields.is_empty() && SUCCESS.iter().filter_map(|key| fields.get(*key)).any(is_no)
}

/// Whether a body that has nothing of what was asked for, or of which nothing may be in
/// doubt, speaks of a failure.
pub(super) fn is_likely(body: &Value) -> bool {
    body.as_object().is_some_and(is_in)
}

/// The same for an object's fields.
pub(super) fn is_in(fields: &Map<String, Value>) -> bool {
    if fields.is_empty() {
        return false;
    }
    let has = |keys: &[&str], test: fn(&Value) -> bool| {
        keys.iter().filter_map(|key| fields.get(*key)).any(test)
    };
    is_said(fields) || has(&ERROR, is_something) || has(&STATE, is_bad)
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

/// Whether there is an error under the key, and not the word that there is none.
fn is_something(value: &Value) -> bool {
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

fn is_bad(value: &Value) -> bool {
    match value {
        Value::Number(number) => number
            .as_u64()
            .is_some_and(|code| (400..600).contains(&code)),
        Value::String(text) => {
            let number = text.trim().parse::<u16>();
            number.is_ok_and(|code| (400..600).contains(&code)) || speaks_of_failure(text)
        }
        Value::Bool(value) => !value,
        _ => false,
    }
}

/// Whether a word of the text is one for a failure, unless it is denied: "no errors",
/// "0 failed".
pub(super) fn speaks_of_failure(text: &str) -> bool {
    let text = text.to_ascii_lowercase();
    let mut before = "";
    for word in text.split(|c: char| !c.is_ascii_alphanumeric()) {
        if word.is_empty() {
            continue;
        }
        let denied = matches!(before, "no" | "0" | "without" | "zero");
        if !denied && WORDS.iter().any(|bad| word.starts_with(bad)) {
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
    fn failures_are_told_from_successes() {
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
