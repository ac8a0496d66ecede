//! One object for a person: a line for each of its fields.

use serde::Serialize;
use serde_json::Value;

use super::{table, text::printable_cell};

/// The fields that have a value, those of `first` in that order, then the others by their names.
/// A line break in a text stays one, with the lines after it indented.
pub(super) fn lines(value: &impl Serialize, first: &[&str]) -> Vec<String> {
    let Ok(Value::Object(mut fields)) = serde_json::to_value(value) else {
        return Vec::new();
    };
    let mut shown: Vec<(String, String)> = Vec::new();
    let mut add = |name: &str, value: Value| {
        let value = plain(&value);
        if !value.is_empty() {
            shown.push((words(name), value));
        }
    };
    for name in first {
        if let Some(value) = fields.remove(*name) {
            add(name, value);
        }
    }
    let mut others: Vec<_> = fields.into_iter().collect();
    others.sort_by(|(one, _), (other, _)| one.cmp(other));
    for (name, value) in others {
        add(&name, value);
    }
    let mut rows = Vec::new();
    for (name, value) in shown {
        let mut name = printable_cell(&name).into_owned();
        for line in value.split('\n') {
            let line = printable_cell(line.strip_suffix('\r').unwrap_or(line)).into_owned();
            rows.push(vec![std::mem::take(&mut name), line]);
        }
    }
    table(&rows)
}

/// A value as a person reads it.
fn plain(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        Value::Bool(true) => "yes".to_owned(),
        Value::Bool(false) => "no".to_owned(),
        Value::Array(items) => {
            let items = items.iter().map(plain);
            items.collect::<Vec<_>>().join(", ")
        }
        other => other.to_string(),
    }
}

/// A field's name in words: `mobileNumber` and `mobile_number` are `mobile number`.
fn words(name: &str) -> String {
    let mut words = String::new();
    for c in name.chars() {
        match c {
            '_' => words.push(' '),
            c if c.is_uppercase() => {
                words.push(' ');
                words.extend(c.to_lowercase());
            }
            c => words.push(c),
        }
    }
    words
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_field_is_a_line_and_an_absent_one_is_none() {
        let contact = json!({
            "mobileNumber": "+12025550123", "id": "c1", "email": null, "tags": ["a", "b"],
            "text": "two\n\u{1b}lines", "active": true,
        });

        assert_eq!(
            lines(&contact, &["id", "mobileNumber"]),
            [
                "id             c1",
                "mobile number  +12025550123",
                "active         yes",
                "tags           a, b",
                "text           two",
                "               ␛lines",
            ]
        );
    }
}
