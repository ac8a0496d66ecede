//! What the document says of an operation beyond HTTP, in extensions that the code reads.
//!
//! None of it is sent, and all of it decides what the client does.

use std::collections::BTreeSet;

use serde_json::Value;

use super::{
    rules::{self, Rule},
    spec::Place,
    wire::Wire,
};

impl<'a> Wire<'a> {
    pub(super) fn facts(&mut self, old: &Place<'a>, new: &Place<'a>, subject: &str) {
        self.idempotent(old, new, subject);
        self.pagination(old, new, subject);
        self.sensitive(old, new, subject);
    }

    fn idempotent(&mut self, old: &Place<'a>, new: &Place<'a>, subject: &str) {
        let key = "x-idempotent";
        let (rule, sentence) = match (old.flag(key), new.flag(key)) {
            (false, true) => (
                rules::BECAME_IDEMPOTENT,
                format!(
                    "`{subject}` counts as repeatable: what fails is sent again, and may then \
                     be done twice."
                ),
            ),
            (true, false) => (
                rules::NO_LONGER_IDEMPOTENT,
                format!("`{subject}` counts as not repeatable: what fails stays failed."),
            ),
            _ => return,
        };
        self.say(rule, new.pointer_to(key), subject, sentence);
    }

    fn pagination(&mut self, old: &Place<'a>, new: &Place<'a>, subject: &str) {
        let key = "x-pagination";
        let paging = |place: &Place<'a>| {
            let paging = place.get(key).map(|place| place.value)?;
            (paging.get("style").and_then(Value::as_str) != Some("none")).then_some(paging)
        };
        let (rule, sentence) = match (paging(old), paging(new)) {
            (before, after) if before == after => return,
            (None, _) => (
                rules::PAGINATION_ADDED,
                format!("`{subject}` answers in pages, which can be followed."),
            ),
            (_, None) => (
                rules::PAGINATION_REMOVED,
                format!("`{subject}` no longer says how its pages are followed."),
            ),
            _ => (
                rules::PAGINATION_CHANGED,
                format!("The pages of `{subject}` are followed in another way."),
            ),
        };
        self.say(rule, new.pointer_to(key), subject, sentence);
    }

    fn sensitive(&mut self, old: &Place<'a>, new: &Place<'a>, subject: &str) {
        let key = "x-sensitive";
        let (before, after) = (values(old.get(key)), values(new.get(key)));
        let mut list = |rule: Rule, values: Vec<&(&str, &str)>, words: &str| {
            if !values.is_empty() {
                let names: Vec<String> = values
                    .iter()
                    .map(|(part, value)| format!("`{value}` ({part})"))
                    .collect();
                let sentence = format!("Of `{subject}`, {} {words}.", names.join(", "));
                self.say(rule, new.pointer_to(key), subject, sentence);
            }
        };
        let gone = before.difference(&after).collect();
        list(rules::SENSITIVE_REMOVED, gone, "will show in logs");
        let come = after.difference(&before).collect();
        list(rules::SENSITIVE_ADDED, come, "is kept out of logs");
    }
}

/// The values that are to be hidden, with the part of the call that they are in.
fn values<'a>(sensitive: Option<Place<'a>>) -> BTreeSet<(&'a str, &'a str)> {
    let mut values = BTreeSet::new();
    for (part, list) in sensitive.iter().flat_map(Place::members) {
        let all = list.value.as_array().into_iter().flatten();
        values.extend(all.filter_map(Value::as_str).map(|value| (part, value)));
    }
    values
}
