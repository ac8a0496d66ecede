//! How the service behaves: the settings of the control API as a form, and the dialect.

use askama::Template;
use serde_json::{Map, Value, json};

use super::place::Place;
use crate::{dialect::Dialect, settings::Settings};

/// A setting, by its place in the settings' JSON.
struct Row {
    path: &'static str,
    label: &'static str,
    kind: Kind,
}

/// How a setting is shown, and read from a form.
#[derive(Clone, Copy)]
enum Kind {
    Flag,
    /// A whole number of something.
    Number(&'static str),
    /// The same, where no number means never.
    Optional(&'static str),
    /// 0 to 1.
    Share,
    /// 1 or more.
    Factor,
    Choice(&'static [&'static str]),
}

const ROWS: &[Row] = &[
    row(
        "deliveries.attempts",
        "Webhook attempts",
        Kind::Number("per event"),
    ),
    row(
        "deliveries.wait_milliseconds",
        "Wait between attempts",
        Kind::Number("ms"),
    ),
    row(
        "deliveries.wait_factor",
        "Each wait is longer by the factor",
        Kind::Factor,
    ),
    row(
        "deliveries.most_wait_milliseconds",
        "Longest wait",
        Kind::Number("ms"),
    ),
    row(
        "deliveries.timeout_milliseconds",
        "Callback must respond within",
        Kind::Number("ms"),
    ),
    row(
        "deliveries.suspend_after",
        "Suspend a subscription after",
        Kind::Optional("failures in a row"),
    ),
    row(
        "deliveries.repeated",
        "Share of events posted twice",
        Kind::Share,
    ),
    row("deliveries.late", "Share of events held back", Kind::Share),
    row(
        "deliveries.late_milliseconds",
        "They are held back for",
        Kind::Number("ms"),
    ),
    row(
        "deliveries.order",
        "Order of events",
        Kind::Choice(&["in_order", "shuffled", "at_once"]),
    ),
    row(
        "deliveries.shuffled_events",
        "Events shuffled together",
        Kind::Number("events"),
    ),
    row(
        "deliveries.shuffled_milliseconds",
        "Wait for that many",
        Kind::Number("ms"),
    ),
    row(
        "deliveries.at_a_time",
        "Posts at a time",
        Kind::Number("posts"),
    ),
    row("multisite", "The account has sites", Kind::Flag),
    row(
        "integration_timeout_milliseconds",
        "The gateway gives up after",
        Kind::Number("ms"),
    ),
    row(
        "subscription_lifetime_seconds",
        "A new subscription lives for",
        Kind::Number("seconds"),
    ),
    row("max_url", "Longest URL", Kind::Number("characters")),
    row(
        "missing_scope",
        "Status for a missing scope",
        Kind::Choice(&["403", "401"]),
    ),
    row(
        "allow_machine_subscriptions",
        "Programs may subscribe without a user",
        Kind::Flag,
    ),
];

const fn row(path: &'static str, label: &'static str, kind: Kind) -> Row {
    Row { path, label, kind }
}

impl Row {
    fn of(&self, settings: &Value) -> Value {
        let pointer = format!("/{}", self.path.replace('.', "/"));
        settings.pointer(&pointer).cloned().unwrap_or_default()
    }

    /// The value of a form's field; a flag that isn't set sends none.
    fn read(&self, field: Option<&str>) -> Result<Option<Value>, String> {
        let number = |text: &str| {
            let number: Result<u64, _> = text.trim().parse();
            let number = number.map(Value::from);
            number.map_err(|_| format!("{}: must be a whole number", self.label))
        };
        let Some(text) = field else {
            return Ok(matches!(self.kind, Kind::Flag).then(|| json!(false)));
        };
        match self.kind {
            Kind::Flag => Ok(Some(json!(true))),
            Kind::Optional(_) if text.trim().is_empty() => Ok(Some(Value::Null)),
            Kind::Number(_) | Kind::Optional(_) => number(text).map(Some),
            Kind::Share | Kind::Factor => {
                let number: Result<f64, _> = text.trim().parse();
                let number = number.map(|number| Some(json!(number)));
                number.map_err(|_| format!("{}: must be a number", self.label))
            }
            // A status is a number.
            Kind::Choice(_) => Ok(Some(number(text).unwrap_or_else(|_| json!(text)))),
        }
    }
}

fn text_of(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Null => String::new(),
        other => other.to_string(),
    }
}

/// The changes that a form of all settings asks for.
///
/// # Errors
///
/// When a field can't be read: what is wrong.
pub(super) fn changes<'a>(field: impl Fn(&str) -> Option<&'a str>) -> Result<Value, String> {
    let mut changes = json!({});
    for row in ROWS {
        if let Some(value) = row.read(field(row.path))? {
            put(&mut changes, row.path, value);
        }
    }
    Ok(changes)
}

/// The change that makes one setting as it was at the start; `None` if there is no such
/// setting.
pub(super) fn reset(path: &str, start: &Settings) -> Option<Value> {
    let row = ROWS.iter().find(|row| row.path == path)?;
    let mut changes = json!({});
    put(&mut changes, row.path, row.of(&json!(start)));
    Some(changes)
}

fn put(all: &mut Value, path: &str, value: Value) {
    match path.split_once('.') {
        None => all[path] = value,
        Some((first, rest)) => {
            if all[first].is_null() {
                all[first] = Value::Object(Map::new());
            }
            put(&mut all[first], rest, value);
        }
    }
}

/// The settings that aren't as at the start: path, and what to say.
pub(super) fn changed(settings: &Settings, start: &Settings) -> Vec<(&'static str, String)> {
    let (now, start) = (json!(settings), json!(start));
    let differs = ROWS.iter().filter(|row| row.of(&now) != row.of(&start));
    differs
        .map(|row| {
            let value = match row.of(&now) {
                Value::Null => "never".to_owned(),
                Value::Bool(true) => "yes".to_owned(),
                Value::Bool(false) => "no".to_owned(),
                other => text_of(&other),
            };
            (row.path, format!("{}: {value}", row.label))
        })
        .collect()
}

#[derive(Template)]
#[template(path = "page/service.html")]
pub(super) struct Service {
    place: Place,
    fields: Vec<Field>,
    dialect: String,
    has_dialect: bool,
}

struct Field {
    path: &'static str,
    label: &'static str,
    kind: Kind,
    value: String,
}

impl Service {
    pub(super) fn new(settings: &Settings, dialect: Dialect, place: &Place) -> Self {
        let settings = json!(settings);
        let field = |row: &Row| Field {
            path: row.path,
            label: row.label,
            kind: row.kind,
            value: text_of(&row.of(&settings)),
        };
        Self {
            place: place.clone(),
            fields: ROWS.iter().map(field).collect(),
            dialect: dialect.to_string(),
            has_dialect: !dialect.is_none(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn leaves(value: &Value, path: &str, found: &mut Vec<String>) {
        match value {
            Value::Object(object) => {
                for (key, value) in object {
                    let dot = if path.is_empty() { "" } else { "." };
                    leaves(value, &format!("{path}{dot}{key}"), found);
                }
            }
            _ => found.push(path.to_owned()),
        }
    }

    #[test]
    fn every_setting_is_on_the_page() {
        let mut found = Vec::new();
        leaves(&json!(Settings::default()), "", &mut found);
        let mut shown: Vec<String> = ROWS.iter().map(|row| row.path.to_owned()).collect();
        found.sort();
        shown.sort();

        assert_eq!(shown, found);
    }

    #[test]
    fn a_form_that_was_not_edited_changes_nothing() {
        let settings = Settings::default();
        let value = json!(settings);
        let texts: Vec<(&str, String)> = ROWS
            .iter()
            .filter(|row| row.of(&value) != json!(false))
            .map(|row| (row.path, text_of(&row.of(&value))))
            .collect();
        let field = |path: &str| {
            let found = texts.iter().find(|(name, _)| *name == path);
            found.map(|(_, text)| text.as_str())
        };

        let same = settings.changed(changes(field).unwrap()).unwrap();

        assert_eq!(json!(same), value);
    }

    #[test]
    fn one_setting_is_reset_and_the_others_stay() {
        let start = Settings::default();
        let change = json!({"max_url": 100, "deliveries": {"repeated": 0.5}});
        let now = start.changed(change).unwrap();
        let paths: Vec<_> = changed(&now, &start).into_iter().map(|it| it.0).collect();
        assert_eq!(paths, ["deliveries.repeated", "max_url"]);

        let back = now
            .changed(reset("deliveries.repeated", &start).unwrap())
            .unwrap();

        assert_eq!(changed(&back, &start).len(), 1);
        assert_eq!(reset("else", &start), None);
    }
}
