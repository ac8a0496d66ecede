//! Parameters and headers: named values beside the body.
//!
//! Location and name identify a parameter; the name of a header in any case. A path
//! parameter only exists because the path has a placeholder for it, so the placeholder
//! identifies it.

use std::collections::BTreeMap;

use serde_json::Value;

use super::{
    operations::placeholders,
    rules::{self, Direction},
    schema::object::{optional, required},
    shape::Shape,
    spec::{Element, Operation, Spec},
    wire::{Noun, Slot, Wire},
};

/// Parameters that OpenAPI says to ignore.
const IGNORED_PARAMETERS: [&str; 3] = ["accept", "content-type", "authorization"];

/// Headers of responses that OpenAPI says to ignore.
const IGNORED_HEADERS: [&str; 1] = ["content-type"];

/// The location and the name of a parameter.
type Key = (String, String);

impl<'a> Wire<'a> {
    pub(super) fn parameters(
        &mut self,
        old: &Operation<'a>,
        new: &Operation<'a>,
        sent: Direction,
        subject: &str,
    ) {
        for (one, other) in [(&old.item, &new.item), (&old.element, &new.element)] {
            let (one, other) = (one.get("parameters"), other.get("parameters"));
            self.is_readable(one.as_ref(), other.as_ref(), Value::is_array, subject);
        }
        let mut before = collect(self.old, old);
        let mut after = collect(self.new, new);
        for element in before.values().chain(after.values()).flatten() {
            self.reached(element);
        }
        // Under the new names.
        for (name, renamed) in placeholders(old, new) {
            let key = ("path".to_owned(), name.to_owned());
            if let Some(trail) = before.remove(&key) {
                before.insert(("path".to_owned(), renamed.to_owned()), trail);
            }
        }
        let slot = Slot::new(sent, Noun::Parameter);
        let mut gone: Vec<(Key, Element<'a>)> = Vec::new();
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
            // It may only have moved to another location.
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

    /// Compares the headers of two responses.
    pub(super) fn headers(
        &mut self,
        old: Option<&Element<'a>>,
        new: Option<&Element<'a>>,
        direction: Direction,
        subject: &str,
    ) {
        let slot = Slot::new(direction, Noun::Header);
        let mut headers: BTreeMap<String, (Option<Element<'a>>, Option<Element<'a>>)> =
            BTreeMap::new();
        for (name, (before, after)) in self.members_of(old, new, subject) {
            let pair = headers.entry(name.to_ascii_lowercase()).or_default();
            pair.0 = before.or(pair.0.take());
            pair.1 = after.or(pair.1.take());
        }
        for (name, (before, after)) in headers {
            if IGNORED_HEADERS.contains(&name.as_str()) {
                continue;
            }
            let before = before.map(|element| self.resolve_old(element));
            let after = after.map(|element| self.resolve_new(element));
            let name = format!("{subject}.{name}");
            match (before, after) {
                (Some(one), Some(other)) => self.parameter(slot, &one, &other, "header", &name),
                (Some(one), None) => self.parameter_removed(slot, &one, &name),
                (None, Some(other)) => self.parameter_added(slot, &other, &name),
                (None, None) => {}
            }
        }
    }

    fn parameter_removed(&mut self, slot: Slot, old: &Element<'a>, subject: &str) {
        let noun = slot.noun.word();
        let sentence = slot.direction.pick(
            format!("The {noun} `{subject}` is no longer accepted."),
            format!("The {noun} `{subject}` is no longer sent."),
        );
        self.mark_reached(std::slice::from_ref(old), &[]);
        self.add_value_change(rules::REMOVED, slot, old.pointer.clone(), subject, sentence);
    }

    fn parameter_added(&mut self, slot: Slot, new: &Element<'a>, subject: &str) {
        let noun = slot.noun.word();
        let (rule, words) = match (new.flag("required"), slot.direction) {
            (true, Direction::Request) => (rules::ADDED_REQUIRED, "must be sent"),
            (false, Direction::Request) => (rules::ADDED, "may be sent"),
            (true, Direction::Response) => (rules::ADDED_REQUIRED, "is always there"),
            (false, Direction::Response) => (rules::ADDED, "may be there"),
        };
        let sentence = format!("The {noun} `{subject}` is new, and {words}.");
        self.mark_reached(&[], std::slice::from_ref(new));
        self.add_value_change(rule, slot, new.pointer.clone(), subject, sentence);
    }

    fn relocated(
        &mut self,
        slot: Slot,
        old: &Element<'a>,
        new: &Element<'a>,
        (from, to): (&str, &str),
        subject: &str,
    ) {
        let sentence =
            format!("The parameter `{subject}` is in the {to} now, and was in the {from}.");
        self.mark_reached(std::slice::from_ref(old), std::slice::from_ref(new));
        self.add_value_change(
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
        old: &Element<'a>,
        new: &Element<'a>,
        location: &str,
        subject: &str,
    ) {
        if !self.is_readable(Some(old), Some(new), Value::is_object, subject) {
            return;
        }
        self.documentation(Some(old), Some(new), subject);
        let pointer = || new.pointer.clone();
        let flags = (old.flag("required"), new.flag("required"));
        match flags {
            (false, true) => {
                self.add_value_change(
                    rules::BECAME_REQUIRED,
                    slot,
                    pointer(),
                    subject,
                    required(slot, subject),
                );
            }
            (true, false) => {
                self.add_value_change(
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
                self.add_value_change(rules::EMPTY_ALLOWED, slot, pointer(), subject, sentence);
            }
            (true, false) => {
                let sentence = format!("`{subject}` may no longer be empty.");
                self.add_value_change(rules::EMPTY_REFUSED, slot, pointer(), subject, sentence);
            }
            _ => {}
        }
        let has_content = |element: &Element<'a>| element.get("content").is_some();
        // `explode` makes no difference to a single value.
        let is_single = is_single(self.old, old) && is_single(self.new, new);
        let written = |element| {
            let (style, explode, reserved) = serialization(element, location);
            (style, explode && !is_single, reserved)
        };
        if written(old) != written(new) || has_content(old) != has_content(new) {
            let sentence = format!("`{subject}` is serialized differently.");
            self.add_value_change(
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

/// The parameters of an operation with those of its path item, which it can override.
/// Each comes with the references that lead to it.
fn collect<'a>(spec: &'a Spec, operation: &Operation<'a>) -> BTreeMap<Key, Vec<Element<'a>>> {
    let mut parameters = BTreeMap::new();
    let lists = [&operation.item, &operation.element].map(|element| element.get("parameters"));
    for element in lists.into_iter().flatten().flat_map(|list| list.items()) {
        let trail = spec.trail(element);
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
            // Only its pointer is known.
            name.clone_from(&parameter.pointer);
        }
        parameters.insert((location, name), trail);
    }
    parameters
}

/// Whether a parameter is neither a list nor an object.
fn is_single<'a>(spec: &'a Spec, parameter: &Element<'a>) -> bool {
    let schema = parameter.get("schema");
    let types = schema.and_then(|schema| Shape::of(spec, &[schema]).types());
    types.is_some_and(|types| !types.contains("array") && !types.contains("object"))
}

/// How a parameter is serialized, with OpenAPI's defaults.
fn serialization(parameter: &Element<'_>, location: &str) -> (String, bool, bool) {
    let usual = match location {
        "query" | "cookie" => "form",
        _ => "simple",
    };
    let style = parameter.text("style").unwrap_or(usual).to_owned();
    let explode = parameter.value.get("explode").and_then(Value::as_bool);
    let explode = explode.unwrap_or(style == "form");
    (style, explode, parameter.flag("allowReserved"))
}
