//! Compares the SDK's values with the sandbox's records.
//!
//! A value is right if it means the same as the record, in whatever form the dialect
//! has: a number's digits, an id's number, a point in time. A value that can't be read
//! must be empty, with its JSON under its name in `extra`.

use std::collections::BTreeSet;

use serde_json::{Map, Value};
use stratustexting::{
    api::Timestamp,
    models::{ConsentType, Contact, CustomConsent, Message, Subscription},
};
use stratustexting_sandbox::SentMessage;

use crate::report::Difference;

/// Compares one object with its record, field by field.
#[derive(Default)]
pub(crate) struct Check {
    /// The fields that are empty, with their JSON kept.
    kept: BTreeSet<String>,
    wrong: BTreeSet<String>,
}

impl Check {
    /// The result of the comparison.
    pub(crate) fn difference(self) -> Option<Difference> {
        let list = |names: BTreeSet<String>| names.into_iter().collect::<Vec<_>>().join(", ");
        if !self.wrong.is_empty() {
            return Some(Difference::Silent(format!("wrong: {}", list(self.wrong))));
        }
        let kept = |kept| Difference::Explained(format!("kept as it came: {kept}"));
        (!self.kept.is_empty()).then(|| kept(list(self.kept)))
    }

    /// Notes something wrong.
    pub(crate) fn wrong(&mut self, what: impl Into<String>) {
        self.wrong.insert(what.into());
    }

    /// Compares one field: the record's value, and the SDK's.
    fn field<T>(
        &mut self,
        name: &str,
        record: &Value,
        shown: Option<T>,
        extra: &Map<String, Value>,
        fits: impl Fn(&Value, T) -> bool,
    ) {
        let right = match shown {
            Some(shown) => !record.is_null() && fits(record, shown),
            None if record.is_null() => true,
            None if extra.contains_key(name) => {
                self.kept.insert(name.to_owned());
                true
            }
            None => false,
        };
        if !right {
            self.wrong(name);
        }
    }

    pub(crate) fn contact(&mut self, record: &Value, shown: &Contact) {
        let extra = &shown.extra;
        for (name, shown) in [
            ("firstName", &shown.first_name),
            ("lastName", &shown.last_name),
            ("email", &shown.email),
            ("company", &shown.company),
        ] {
            self.field(name, &record[name], shown.as_deref(), extra, is_text);
        }
        for (name, shown) in [
            ("id", &shown.id),
            ("orgId", &shown.org_id),
            ("departmentId", &shown.department_id),
        ] {
            self.field(name, &record[name], shown.as_deref(), extra, is_id);
        }
        let number = shown.mobile_number.as_deref();
        self.field(
            "mobileNumber",
            &record["mobileNumber"],
            number,
            extra,
            is_number,
        );
        let tags = shown.tags.as_deref();
        self.field("tags", &record["tags"], tags, extra, |record, tags| {
            *record == Value::from(tags.to_vec())
        });
        for (name, shown) in [
            ("createdDateTime", &shown.created_date_time),
            ("lastUpdateDateTime", &shown.last_update_date_time),
        ] {
            self.field(name, &record[name], shown.as_ref(), extra, is_time);
        }
        let level = shown.consent_level.as_ref().map(ConsentType::as_str);
        let recorded = &record["consentLevel"];
        if level.is_some_and(|level| level.parse::<u8>().is_ok() && recorded.is_string()) {
            // An unknown level, so that it can't be taken for a known one.
            self.kept.insert("consentLevel".to_owned());
        } else {
            self.field("consentLevel", recorded, level, extra, is_text);
        }
    }

    pub(crate) fn consent(&mut self, record: &Value, shown: &CustomConsent) {
        let extra = &shown.extra;
        for (name, shown) in [("name", &shown.name), ("description", &shown.description)] {
            self.field(name, &record[name], shown.as_deref(), extra, is_text);
        }
        self.field("id", &record["id"], shown.id.as_deref(), extra, is_id);
        self.field(
            "active",
            &record["active"],
            shown.active,
            extra,
            |record, active| *record == active,
        );
    }

    pub(crate) fn subscription(&mut self, record: &Value, shown: &Subscription) {
        let extra = &shown.extra;
        self.field("id", &record["id"], shown.id.as_deref(), extra, is_id);
        self.field("uri", &record["uri"], shown.uri.as_deref(), extra, is_text);
        let filters = shown.event_filters.as_deref();
        self.field(
            "eventFilters",
            &record["eventFilters"],
            filters,
            extra,
            |record, filters| *record == Value::from(filters.to_vec()),
        );
    }

    /// A message between two numbers, with its text.
    pub(crate) fn message(&mut self, [from, to, text]: [&str; 3], shown: &Message) {
        let extra = &shown.extra;
        self.field("text", &text.into(), shown.text.as_deref(), extra, is_text);
        self.field(
            "from",
            &from.into(),
            shown.from.as_deref(),
            extra,
            is_number,
        );
        let numbers: Vec<&str> = shown.to.iter().flat_map(|to| to.numbers()).collect();
        if !matches!(numbers.as_slice(), [one] if is_number(&to.into(), one)) {
            self.wrong("to");
        }
    }

    /// A message that was sent, with its files.
    pub(crate) fn sent(&mut self, record: &SentMessage, shown: &Message) {
        self.message([&record.from, &record.to, &record.text], shown);
        let extra = &shown.extra;
        self.field(
            "id",
            &record.id.as_str().into(),
            shown.id.as_deref(),
            extra,
            is_id,
        );
        let time = record.sent_at.timestamp_millis();
        self.field(
            "lastUpdated",
            &time.into(),
            shown.last_updated,
            extra,
            |record, shown| *record == shown,
        );
        let files = record.media.len().into();
        let media = shown.media.as_deref();
        self.field("media", &files, media, extra, |files, shown| {
            *files == shown.len()
        });
    }
}

/// A text may end in half a character, which is read as U+FFFD.
pub(crate) fn is_text(record: &Value, shown: &str) -> bool {
    record.as_str() == Some(shown.trim_end_matches('\u{fffd}'))
}

fn is_number(record: &Value, shown: &str) -> bool {
    record.as_str().map(digits) == Some(digits(shown))
}

/// An id, or the number for it: the sandbox's ids end in a counter.
fn is_id(record: &Value, shown: &str) -> bool {
    record.as_str().is_some_and(|record| same_id(record, shown))
}

pub(crate) fn same_id(record: &str, shown: &str) -> bool {
    let counter = record.get(18..24).filter(|_| record.len() == 24);
    let number = counter.and_then(|hex| u64::from_str_radix(hex, 16).ok());
    record == shown || number.is_some() && shown.parse().ok() == number
}

fn is_time(record: &Value, shown: &Timestamp) -> bool {
    let record = serde_json::from_value::<Timestamp>(record.clone());
    record.is_ok_and(|record| record.to_utc().is_some() && record.to_utc() == shown.to_utc())
}

pub(crate) fn digits(number: &str) -> String {
    number.chars().filter(char::is_ascii_digit).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::{from_value, json};

    use super::Check;
    use crate::report::Difference;

    #[test]
    fn a_contact_may_have_other_forms_but_no_other_values() {
        let record = json!({
            "id": "6955b9072a3b4c5d6e000007", "firstName": "Ada", "mobileNumber": "+12025550123",
            "tags": ["vip"], "createdDateTime": "2026-01-05T09:00:00.000Z",
        });
        let compared = |shown| {
            let mut check = Check::default();
            check.contact(&record, &from_value(shown).unwrap());
            check.difference()
        };
        let same = json!({
            "id": "7", "firstName": "Ada\u{fffd}", "mobileNumber": "12025550123",
            "tags": ["vip"], "createdDateTime": 1_767_603_600_000_i64,
        });
        assert_eq!(compared(same.clone()), None);

        let mut kept = same.clone();
        kept["tags"] = "vip".into();
        let explained = "kept as it came: tags".to_owned();
        assert_eq!(compared(kept), Some(Difference::Explained(explained)));

        for (key, value) in [
            ("id", json!("8")),
            ("firstName", json!("Eve")),
            ("mobileNumber", json!("12025550124")),
            ("tags", json!([])),
            ("tags", json!(null)),
            ("createdDateTime", json!("2026-01-05T09:00:00.001Z")),
            ("company", json!("Example")),
        ] {
            let mut wrong = same.clone();
            wrong[key] = value;
            let silent = format!("wrong: {key}");
            assert_eq!(compared(wrong), Some(Difference::Silent(silent)));
        }
    }
}
