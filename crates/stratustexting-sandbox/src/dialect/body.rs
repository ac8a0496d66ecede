//! The types of values within an item, and the form of its lists.
//!
//! A value is identified by its key, wherever it is: the models are flat, and a key means
//! the same in all of them.

use chrono::{DateTime, SecondsFormat, Utc};
use serde_json::{Value, json};

use super::{
    Booleans, ConsentLevels, Dialect, Ids, Media, Parties, PhoneNumbers, Tags, Times,
    numbers::Numbers,
};

/// The levels that have a number, which is their position, from 1 on.
pub(super) const CONSENT_LEVELS: [&str; 3] = ["Conversational", "Informational", "Promotional"];

const TIMES: [&str; 5] = [
    "createdDateTime",
    "lastUpdateDateTime",
    "lastUpdated",
    "expirationTime",
    "timestamp",
];

const PARTIES: [&str; 2] = ["from", "to"];

pub(super) fn is_id(key: &str) -> bool {
    key == "id" || key == "uuid" || key.ends_with("Id")
}

fn is_phone_number(key: &str) -> bool {
    matches!(key, "mobileNumber" | "phoneNumber" | "phoneNumbers") || PARTIES.contains(&key)
}

/// Converts values to the dialect's types.
pub(super) struct Rewriter<'a> {
    pub(super) dialect: Dialect,
    pub(super) numbers: &'a mut Numbers,
}

impl Rewriter<'_> {
    /// Converts a whole item.
    pub(super) fn object(&mut self, item: Value) -> Value {
        self.value("", item)
    }

    fn value(&mut self, key: &str, value: Value) -> Value {
        match value {
            Value::Object(object) => {
                let fields = object.into_iter().map(|(key, value)| {
                    let value = self.value(&key, value);
                    (key, value)
                });
                Value::Object(fields.collect())
            }
            Value::Array(list) => match key {
                "tags" => self.tags(list),
                "media" => self.media(list),
                _ => list.into_iter().map(|item| self.value(key, item)).collect(),
            },
            Value::String(text) if is_id(key) => self.id(text),
            Value::String(text) if is_phone_number(key) => self.phone_number(key, text),
            Value::String(text) if key == "consentLevel" => self.consent_level(text),
            Value::String(_) | Value::Number(_) if TIMES.contains(&key) => self.time(value),
            Value::Bool(value) => self.boolean(value),
            other => other,
        }
    }

    fn id(&mut self, id: String) -> Value {
        match self.dialect.ids {
            Ids::Text => id.into(),
            Ids::Number => self.numbers.of(&id).into(),
        }
    }

    fn phone_number(&self, key: &str, text: String) -> Value {
        let digits = text.strip_prefix('+').unwrap_or(&text).to_owned();
        let number = match (self.dialect.phone_numbers, digits.parse::<u64>()) {
            (PhoneNumbers::Number, Ok(number)) => number.into(),
            (PhoneNumbers::WithoutPlus, _) => digits.into(),
            _ => Value::from(text),
        };
        match self.dialect.parties {
            Parties::Objects if PARTIES.contains(&key) => json!({"phoneNumber": number}),
            _ => number,
        }
    }

    fn time(&self, value: Value) -> Value {
        let time = match &value {
            Value::String(text) => DateTime::parse_from_rfc3339(text).ok(),
            other => other
                .as_i64()
                .and_then(DateTime::from_timestamp_millis)
                .map(Into::into),
        };
        let Some(time) = time.map(|time| time.with_timezone(&Utc)) else {
            return value;
        };
        match self.dialect.times {
            Times::Mixed => value,
            Times::EpochMillis => time.timestamp_millis().into(),
            Times::EpochMillisText => time.timestamp_millis().to_string().into(),
            Times::Iso => iso(time).into(),
            Times::IsoWithoutOffset => iso(time).trim_end_matches('Z').into(),
        }
    }

    pub(super) fn boolean(&self, value: bool) -> Value {
        match self.dialect.booleans {
            Booleans::Plain => value.into(),
            Booleans::Text => value.to_string().into(),
        }
    }

    fn consent_level(&self, level: String) -> Value {
        let index = CONSENT_LEVELS.iter().position(|known| *known == level);
        match (self.dialect.consent_levels, index) {
            (ConsentLevels::Number, Some(index)) => (index + 1).into(),
            (ConsentLevels::Object, _) => json!({"name": level}),
            // A level without a number keeps its name.
            _ => level.into(),
        }
    }

    fn tags(&self, tags: Vec<Value>) -> Value {
        match self.dialect.tags {
            Tags::List => tags.into(),
            Tags::OneText => {
                let names: Vec<&str> = tags.iter().filter_map(Value::as_str).collect();
                names.join(",").into()
            }
            Tags::Objects => tags.iter().map(|name| json!({"name": name})).collect(),
            Tags::NullElement => tags.into_iter().chain([Value::Null]).collect(),
        }
    }

    fn media(&self, files: Vec<Value>) -> Value {
        match self.dialect.media {
            Media::List => files.into(),
            Media::Object => json!({"count": files.len(), "files": files}),
        }
    }
}

fn iso(time: DateTime<Utc>) -> String {
    time.to_rfc3339_opts(SecondsFormat::Millis, true)
}
