//! Parameters and headers: values with a name beside the body.
//!
//! A parameter is known by its place and name, of headers in any case. One that is in the
//! path is only there because the path has a placeholder for it, and is known by the
//! placeholder.

use std::collections::BTreeMap;

use serde_json::Value;

use super::{
    operations::placeholders,
    rules::{self, Direction},
    schema::object::{optional, required},
    shape::Shape,
    spec::{Operation, Place, Spec},
    wire::{Noun, Slot, Wire},
};

/// Headers that OpenAPI wants ignored where they are described as parameters.
const IGNORED_PARAMETERS: [&str; 3] = ["accept", "content-type", "authorization"];

/// The same of answers.
const IGNORED_HEADERS: [&str; 1] = ["content-type"];

/// Where a parameter is, and its name.
type Key = (String, String);

impl<'a> Wire<'a> {
    pub(super) fn parameters(
        &mut self,
        old: &Operation<'a>,
        new: &Operation<'a>,
        sent: Direction,
        subject: &str,
    ) {
        for (one, other) in [(&old.item, &new.item), (&old.place, &new.place)] {
            let (one, other) = (one.get("parameters"), other.get("parameters"));
            self.is_readable(one.as_ref(), other.as_ref(), Value::is_array, subject);
        }
        let mut before = collect(self.old, old);
        let mut after = collect(self.new, new);
        for place in before.values().chain(after.values()).flatten() {
            self.reached(place);
        }
        // Under the new names.
        for (name, renamed) in placeholders(old, new) {
            let key = ("path".to_owned(), name.to_owned());
            if let Some(trail) = before.remove(&key) {
                before.insert(("path".to_owned(), renamed.to_owned()), trail);
            }
        }
        let slot = Slot::new(sent, Noun::Parameter);
        let mut gone: Vec<(Key, Place<'a>)> = Vec::new();
        for (key, trail) in before {
            let Some(old) = trail.last() else { continue };
            match after.remove(&key).as_deref() {
                Some([.., new]) => {
                    let name = format!("{subject}.{}", key.1);
                    self.parameter(slot, old, new, &key.0, &name);
                }
                _ => gone.push((key, old.clone())),
            }
        }
        for ((location, name), old) in gone {
            let subject = format!("{subject}.{name}");
            // It may only have gone to another place.
            let to = after.keys().find(|(_, other)| *other == name).cloned();
            let moved = to.and_then(|to| Some((after.remove(&to)?.pop()?, to.0)));
            match moved {
                Some((new, to)) => self.relocated(slot, &old, &new, (&location, &to), &subject),
                None => self.parameter_removed(slot, &old, &subject),
            }
        }
        for ((_, name), trail) in after {
            if let Some(new) = trail.last() {
                self.parameter_added(slot, new, &format!("{subject}.{name}"));
            }
        }
    }

    /// Compares the headers of two answers.
    pub(super) fn headers(
        &mut self,
        old: Option<&Place<'a>>,
        new: Option<&Place<'a>>,
        direction: Direction,
        subject: &str,
    ) {
        let slot = Slot::new(direction, Noun::Header);
        let mut headers: BTreeMap<String, (Option<Place<'a>>, Option<Place<'a>>)> = BTreeMap::new();
        for (name, (before, after)) in self.members_of(old, new, subject) {
            let pair = headers.entry(name.to_ascii_lowercase()).or_default();
            pair.0 = before.or(pair.0.take());
            pair.1 = after.or(pair.1.take());
        }
        for (name, (before, after)) in headers {
            if IGNORED_HEADERS.contains(&name.as_str()) {
                continue;
            }
            let before = before.map(|place| self.resolve_old(place));
            let after = after.map(|place| self.resolve_new(place));
            let name = format!("{subject}.{name}");
            match (before, after) {
                (Some(one), Some(other)) => self.parameter(slot, &one, &other, "header", &name),
                (Some(one), None) => self.parameter_removed(slot, &one, &name),
                (None, Some(other)) => self.parameter_added(slot, &other, &name),
                (None, None) => {}
            }
        }
    }

    fn parameter_removed(&mut self, slot: Slot, old: &Place<'a>, subject: &str) {
        let noun = slot.noun.word();
        let sentence = slot.direction.pick(
            format!("The {noun} `{subject}` is no longer taken."),
            format!("The {noun} `{subject}` no longer comes."),
        );
        self.pass(std::slice::from_ref(old), &[]);
        self.say_of(rules::REMOVED, slot, old.pointer.clone(), subject, sentence);
    }

    fn parameter_added(&mut self, slot: Slot, new: &Place<'a>, subject: &str) {
        let noun = slot.noun.word();
        let (rule, words) = match (new.flag("required"), slot.direction) {
            (true, Direction::Request) => (rules::ADDED_REQUIRED, "has to be sent"),
            (false, Direction::Request) => (rules::ADDED, "may be sent"),
            (true, Direction::Response) => (rules::ADDED_REQUIRED, "always comes"),
            (false, Direction::Response) => (rules::ADDED, "may come"),
        };
        let sentence = format!("The {noun} `{subject}` is new, and {words}.");
        self.pass(&[], std::slice::from_ref(new));
        self.say_of(rule, slot, new.pointer.clone(), subject, sentence);
    }

    fn relocated(
        &mut self,
        slot: Slot,
        old: &Place<'a>,
        new: &Place<'a>,
        (from, to): (&str, &str),
        subject: &str,
    ) {
        let sentence =
            format!("The parameter `{subject}` is in the {to} now, and was in the {from}.");
        self.pass(std::slice::from_ref(old), std::slice::from_ref(new));
        self.say_of(
            rules::LOCATION_CHANGED,
            slot,
            new.pointer.clone(),
            subject,
            sentence,
        );
    }

    fn parameter(
        &mut self,
        slot: Slot,
        old: &Place<'a>,
        new: &Place<'a>,
        location: &str,
        subject: &str,
    ) {
        if !self.is_readable(Some(old), Some(new), Value::is_object, subject) {
            return;
        }
        self.words(Some(old), Some(new), subject);
        let pointer = || new.pointer.clone();
        let flags = (old.flag("required"), new.flag("required"));
        match flags {
            (false, true) => {
                self.say_of(
                    rules::BECAME_REQUIRED,
                    slot,
                    pointer(),
                    subject,
                    required(slot, subject),
                );
            }
            (true, false) => {
                self.say_of(
                    rules::BECAME_OPTIONAL,
                    slot,
                    pointer(),
                    subject,
                    optional(slot, subject),
                );
            }
            _ => {}
        }
        match (old.flag("allowEmptyValue"), new.flag("allowEmptyValue")) {
            (false, true) => {
                let sentence = format!("`{subject}` may be empty now.");
                self.say_of(rules::EMPTY_ALLOWED, slot, pointer(), subject, sentence);
            }
            (true, false) => {
                let sentence = format!("`{subject}` may no longer be empty.");
                self.say_of(rules::EMPTY_REFUSED, slot, pointer(), subject, sentence);
            }
            _ => {}
        }
        let has_content = |place: &Place<'a>| place.get("content").is_some();
        // A single value is written in one way, whether lists are spread or not.
        let is_single = is_single(self.old, old) && is_single(self.new, new);
        let written = |place| {
            let (style, explode, reserved) = serialization(place, location);
            (style, explode && !is_single, reserved)
        };
        if written(old) != written(new) || has_content(old) != has_content(new) {
            let sentence = format!("`{subject}` is written in another way.");
            self.say_of(
                rules::SERIALIZATION_CHANGED,
                slot,
                pointer(),
                subject,
                sentence,
            );
        }
        let inner = Slot {
            may_be_absent: flags != (true, true),
            ..slot
        };
        self.schema(inner, old.get("schema"), new.get("schema"), subject);
        let (before, after) = (old.get("content"), new.get("content"));
        self.content(before.as_ref(), after.as_ref(), inner, subject);
    }
}

/// The parameters of an operation, those of its path item included, which it can replace.
/// Each is the trail of references that leads to it.
fn collect<'a>(spec: &'a Spec, operation: &Operation<'a>) -> BTreeMap<Key, Vec<Place<'a>>> {
    let mut parameters = BTreeMap::new();
    let lists = [&operation.item, &operation.place].map(|place| place.get("parameters"));
    for place in lists.into_iter().flatten().flat_map(|list| list.items()) {
        let trail = spec.trail(place);
        let Some(parameter) = trail.last() else {
            continue;
        };
        let text = |key| parameter.text(key).unwrap_or_default();
        let (location, mut name) = (text("in").to_owned(), text("name").to_owned());
        if location == "header" {
            name = name.to_ascii_lowercase();
            if IGNORED_PARAMETERS.contains(&name.as_str()) {
                continue;
            }
        }
        if name.is_empty() {
            // Nothing is known of it but where it stands.
            name.clone_from(&parameter.pointer);
        }
        parameters.insert((location, name), trail);
    }
    parameters
}

/// Whether a parameter is neither a list nor an object.
fn is_single<'a>(spec: &'a Spec, parameter: &Place<'a>) -> bool {
    let schema = parameter.get("schema");
    let types = schema.and_then(|schema| Shape::of(spec, &[schema]).types());
    types.is_some_and(|types| !types.contains("array") && !types.contains("object"))
}

/// How a parameter is written into the request, with what OpenAPI assumes where nothing is
/// said.
fn serialization(parameter: &Place<'_>, location: &str) -> (String, bool, bool) {
    let usual = match location {
        "query" | "cookie" => "form",
        _ => "simple",
    };
    let style = parameter.text("style").unwrap_or(usual).to_owned();
    let explode = parameter.value.get("explode").and_then(Value::as_bool);
    let explode = explode.unwrap_or(style == "form");
    (style, explode, parameter.flag("allowReserved"))
}
