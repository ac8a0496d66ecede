//! What the SDK hands out, held against the sandbox's books.
//!
//! A value is right if it means what the books have, in whatever form the dialect says it:
//! a number's digits, an id's number, a point in time. What can't be read has to be empty
//! and kept as it came, under its name in `extra`.

use std::collections::BTreeSet;

use serde_json::{Map, Value};
use stratustexting::{
    api::Timestamp,
    models::{ConsentType, Contact, CustomConsent, Message, Subscription},
};
use stratustexting_sandbox::SentMessage;

use crate::report::Difference;

/// Compares one thing with the books, field by field.
#[derive(Default)]
pub(crate) struct Check {
    /// The fields that are empty, and kept as they came.
    kept: BTreeSet<String>,
    wrong: BTreeSet<String>,
}

impl Check {
    /// What came of it.
    pub(crate) fn difference(self) -> Option<Difference> {
        let list = |names: BTreeSet<String>| names.into_iter().collect::<Vec<_>>().join(", ");
        if !self.wrong.is_empty() {
            return Some(Difference::Silent(format!("wrong: {}", list(self.wrong))));
        }
        let kept = |kept| Difference::Told(format!("kept as it came: {kept}"));
        (!self.kept.is_empty()).then(|| kept(list(self.kept)))
    }

    /// Takes note of what is wrong.
    pub(crate) fn wrong(&mut self, what: impl Into<String>) {
        self.wrong.insert(what.into());
    }

    /// One field: what the books have, and what was handed out.
    fn field<T>(
        &mut self,
        name: &str,
        book: &Value,
        shown: Option<T>,
        extra: &Map<String, Value>,
        fits: impl Fn(&Value, T) -> bool,
    ) {
        let right = match shown {
            Some(shown) => !book.is_null() && fits(book, shown),
            None if book.is_null() => true,
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

    pub(crate) fn contact(&mut self, book: &Value, shown: &Contact) {
        let extra = &shown.extra;
        for (name, shown) in [
            ("firstName", &shown.first_name),
            ("lastName", &shown.last_name),
            ("email", &shown.email),
            ("company", &shown.company),
        ] {
            self.field(name, &book[name], shown.as_deref(), extra, is_text);
        }
        for (name, shown) in [
            ("id", &shown.id),
            ("orgId", &shown.org_id),
            ("departmentId", &shown.department_id),
        ] {
            self.field(name, &book[name], shown.as_deref(), extra, is_id);
        }
        let number = shown.mobile_number.as_deref();
        self.field(
            "mobileNumber",
            &book["mobileNumber"],
            number,
            extra,
            is_number,
        );
        let tags = shown.tags.as_deref();
        self.field("tags", &book["tags"], tags, extra, |book, tags| {
            *book == Value::from(tags.to_vec())
        });
        for (name, shown) in [
            ("createdDateTime", &shown.created_date_time),
            ("lastUpdateDateTime", &shown.last_update_date_time),
        ] {
            self.field(name, &book[name], shown.as_ref(), extra, is_time);
        }
        let level = shown.consent_level.as_ref().map(ConsentType::as_str);
        let in_the_books = &book["consentLevel"];
        if level.is_some_and(|level| level.parse::<u8>().is_ok() && in_the_books.is_string()) {
            // A number that means none of the levels, so nobody takes it for another one.
            self.kept.insert("consentLevel".to_owned());
        } else {
            self.field("consentLevel", in_the_books, level, extra, is_text);
        }
    }

    pub(crate) fn consent(&mut self, book: &Value, shown: &CustomConsent) {
        let extra = &shown.extra;
        for (name, shown) in [("name", &shown.name), ("description", &shown.description)] {
            self.field(name, &book[name], shown.as_deref(), extra, is_text);
        }
        self.field("id", &book["id"], shown.id.as_deref(), extra, is_id);
        self.field(
            "active",
            &book["active"],
            shown.active,
            extra,
            |book, active| *book == active,
        );
    }

    pub(crate) fn subscription(&mut self, book: &Value, shown: &Subscription) {
        let extra = &shown.extra;
        self.field("id", &book["id"], shown.id.as_deref(), extra, is_id);
        self.field("uri", &book["uri"], shown.uri.as_deref(), extra, is_text);
        let filters = shown.event_filters.as_deref();
        self.field(
            "eventFilters",
            &book["eventFilters"],
            filters,
            extra,
            |book, filters| *book == Value::from(filters.to_vec()),
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
    pub(crate) fn sent(&mut self, book: &SentMessage, shown: &Message) {
        self.message([&book.from, &book.to, &book.text], shown);
        let extra = &shown.extra;
        self.field(
            "id",
            &book.id.as_str().into(),
            shown.id.as_deref(),
            extra,
            is_id,
        );
        let time = book.sent_at.timestamp_millis();
        self.field(
            "lastUpdated",
            &time.into(),
            shown.last_updated,
            extra,
            |book, shown| *book == shown,
        );
        let files = book.media.len().into();
        let media = shown.media.as_deref();
        self.field("media", &files, media, extra, |files, shown| {
            *files == shown.len()
        });
    }
}

/// A text may end in half of a character, which is read as U+FFFD.
pub(crate) fn is_text(book: &Value, shown: &str) -> bool {
    book.as_str() == Some(shown.trim_end_matches('\u{fffd}'))
}

fn is_number(book: &Value, shown: &str) -> bool {
    book.as_str().map(digits) == Some(digits(shown))
}

/// An id, or the number that stands for it: the sandbox's ids end in a counter.
fn is_id(book: &Value, shown: &str) -> bool {
    book.as_str().is_some_and(|book| same_id(book, shown))
}

pub(crate) fn same_id(book: &str, shown: &str) -> bool {
    let counter = book.get(18..24).filter(|_| book.len() == 24);
    let number = counter.and_then(|hex| u64::from_str_radix(hex, 16).ok());
    book == shown || number.is_some() && shown.parse().ok() == number
}

fn is_time(book: &Value, shown: &Timestamp) -> bool {
    let book = serde_json::from_value::<Timestamp>(book.clone());
    book.is_ok_and(|book| book.to_utc().is_some() && book.to_utc() == shown.to_utc())
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
    fn a_contact_is_right_in_other_forms_and_wrong_in_others_words() {
        let book = json!({
            "id": "6955b9072a3b4c5d6e000007", "firstName": "Ada", "mobileNumber": "+12025550123",
            "tags": ["vip"], "createdDateTime": "2026-01-05T09:00:00.000Z",
        });
        let compared = |shown| {
            let mut check = Check::default();
            check.contact(&book, &from_value(shown).unwrap());
            check.difference()
        };
        let same = json!({
            "id": "7", "firstName": "Ada\u{fffd}", "mobileNumber": "12025550123",
            "tags": ["vip"], "createdDateTime": 1_767_603_600_000_i64,
        });
        assert_eq!(compared(same.clone()), None);

        let mut kept = same.clone();
        kept["tags"] = "vip".into();
        let told = "kept as it came: tags".to_owned();
        assert_eq!(compared(kept), Some(Difference::Told(told)));

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
