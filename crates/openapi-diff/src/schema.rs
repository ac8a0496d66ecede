//! Schemas, as shapes of values that travel in one direction.
//!
//! If the types of two shapes differ, nothing more is said: other fields or limits
//! follow from that. Otherwise each keyword is compared by its meaning, in one of the
//! files beside this one, and keywords that no rule covers are compared as JSON.

mod alternatives;
pub(super) mod discriminator;
mod limits;
mod lists;
pub(super) mod object;
mod types;

use serde_json::Value;

use super::{
    graph::Node,
    pointer::unescape,
    rules::{self, documentation_rule},
    shape::Shape,
    spec::{Element, Spec},
    wire::{Slot, Wire},
};

/// The keywords that are compared by what they mean.
const READ: [&str; 30] = [
    "type",
    "nullable",
    "format",
    "enum",
    "x-extensible-enum",
    "default",
    "properties",
    "required",
    "additionalProperties",
    "items",
    "allOf",
    "oneOf",
    "anyOf",
    "readOnly",
    "writeOnly",
    "maximum",
    "minimum",
    "exclusiveMaximum",
    "exclusiveMinimum",
    "maxLength",
    "minLength",
    "maxItems",
    "minItems",
    "maxProperties",
    "minProperties",
    "multipleOf",
    "pattern",
    "uniqueItems",
    "discriminator",
    "$ref",
];

/// Schemas of both documents that wait to be compared.
pub(super) struct Pair<'a> {
    node: Node,
    slot: Slot,
    old: Shape<'a>,
    new: Shape<'a>,
    /// Their name where they were found first.
    subject: String,
}

/// Both sides of what is being compared.
#[derive(Clone, Copy)]
pub(super) struct Sides<'s, 'a> {
    pub(super) old: &'s Shape<'a>,
    pub(super) new: &'s Shape<'a>,
}

impl<'a> Sides<'_, 'a> {
    /// The pointer to a keyword: into the new document if it's there, or else into the old one.
    pub(super) fn pointer(self, key: &str) -> String {
        if !self.new.all(key).is_empty() || self.old.all(key).is_empty() {
            self.new.pointer(key)
        } else {
            self.old.pointer(key)
        }
    }
}

impl<'a> Wire<'a> {
    /// Compares two schemas, of which either may be absent.
    pub(super) fn schema(
        &mut self,
        slot: Slot,
        old: Option<Element<'a>>,
        new: Option<Element<'a>>,
        subject: &str,
    ) {
        match (old, new) {
            (None, None) => {}
            (Some(old), None) if allows_anything(self.old, &old) => {
                self.mark_reached(std::slice::from_ref(&old), &[]);
            }
            (None, Some(new)) if allows_anything(self.new, &new) => {
                self.mark_reached(&[], std::slice::from_ref(&new));
            }
            (Some(old), None) => {
                let sentence = format!("`{subject}` no longer has a schema.");
                self.add_value_change(rules::SCHEMA_REMOVED, slot, old.pointer, subject, sentence);
            }
            (None, Some(new)) => {
                let sentence = format!("`{subject}` has a schema now.");
                self.add_value_change(
                    rules::SCHEMA_ADDED,
                    slot,
                    new.pointer.clone(),
                    subject,
                    sentence,
                );
                self.mark_reached(&[], std::slice::from_ref(&new));
            }
            (Some(old), Some(new)) => self.shapes(slot, &[old], &[new], subject),
        }
    }

    /// Queues schemas for comparison: each pair once, however many ways lead there, and
    /// after the current one. So cycles and depth do no harm, and the time depends on
    /// the size of the documents.
    pub(super) fn shapes(
        &mut self,
        slot: Slot,
        old: &[Element<'a>],
        new: &[Element<'a>],
        subject: &str,
    ) {
        let old = Shape::of(self.old, old);
        let new = Shape::of(self.new, new);
        let (node, is_new) = self.graph.pair(old.key(), new.key(), slot);
        if is_new {
            self.waiting.push_back(Pair {
                node,
                slot,
                old,
                new,
                subject: subject.to_owned(),
            });
        }
    }

    /// Compares the queued schemas, and those that they lead to.
    pub(super) fn compare_waiting(&mut self) {
        while let Some(pair) = self.waiting.pop_front() {
            let from = self.graph.go_to(Some(pair.node));
            self.pair(&pair);
            self.graph.go_to(from);
        }
    }

    fn pair(&mut self, pair: &Pair<'a>) {
        let Pair { slot, old, new, .. } = pair;
        let slot = *slot;
        for element in old.passed.iter().chain(&new.passed) {
            self.reached(element);
        }
        let subject = &name(new, &pair.subject);
        let sides = Sides { old, new };
        if !self.are_readable(sides, subject) {
            return;
        }
        self.keyword_documentation(sides, subject);
        if self.wrapped(slot, sides, subject) {
            return;
        }
        if !self.types(slot, sides, subject) {
            // The schemas behind are still reached, so they aren't unused.
            self.mark_reached(&old.parts, &new.parts);
            return;
        }
        self.lists(slot, sides, subject);
        self.limits(slot, sides, subject);
        self.defaults(slot, sides, subject);
        self.object(slot, sides, subject);
        self.items(slot, sides, subject);
        self.alternatives(slot, sides, subject);
        self.discriminator(slot, sides, subject);
        self.other_keywords(slot, sides, subject);
    }

    /// Whether all parts are objects. Anything else is compared as JSON.
    fn are_readable(&mut self, sides: Sides<'_, 'a>, subject: &str) -> bool {
        let odd = |shape: &Shape<'a>| -> Option<Element<'a>> {
            shape
                .parts
                .iter()
                .find(|part| !part.value.is_object())
                .cloned()
        };
        let (old, new) = (odd(sides.old), odd(sides.new));
        if old.is_none() && new.is_none() {
            return true;
        }
        let values = |shape: &Shape<'a>| -> Vec<&'a Value> {
            shape.parts.iter().map(|part| part.value).collect()
        };
        if values(sides.old) != values(sides.new)
            && let Some(element) = new.or(old)
        {
            let sentence = format!("`{subject}` isn't a readable schema, and differs.");
            self.add(rules::UNREADABLE, element.pointer, subject, sentence);
        }
        false
    }

    /// Compares descriptions, examples and the like. If a part adds words to another
    /// part, that is a change of words, too.
    fn keyword_documentation(&mut self, sides: Sides<'_, 'a>, subject: &str) {
        let mut keys: Vec<&str> = Vec::new();
        for part in sides.old.parts.iter().chain(&sides.new.parts) {
            keys.extend(part.members().into_keys());
        }
        keys.sort_unstable();
        keys.dedup();
        for key in keys {
            let Some(rule) = self.documentation_rule(key) else {
                continue;
            };
            let stated = |shape: &Shape<'a>| -> Vec<Element<'a>> {
                let is_false = |element: &Element<'_>| {
                    key == "deprecated" && element.value == &Value::Bool(false)
                };
                shape
                    .all(key)
                    .into_iter()
                    .filter(|element| !is_false(element))
                    .collect()
            };
            let (old, new) = (stated(sides.old), stated(sides.new));
            let values = |elements: &[Element<'a>]| -> Vec<&'a Value> {
                elements.iter().map(|element| element.value).collect()
            };
            let (before, after) = (values(&old), values(&new));
            let added = new.iter().find(|element| !before.contains(&element.value));
            let removed = old.iter().find(|element| !after.contains(&element.value));
            self.documentation_key(key, rule, removed, added, subject);
        }
    }

    fn defaults(&mut self, slot: Slot, sides: Sides<'_, 'a>, subject: &str) {
        let value = |shape: &Shape<'a>| shape.all("default").first().map(|element| element.value);
        let (rule, sentence) = match (value(sides.old), value(sides.new)) {
            (before, after) if before == after => return,
            (Some(before), Some(after)) if is_same_number(before, after) => return,
            (None, Some(after)) => (
                rules::DEFAULT_ADDED,
                format!("The default of `{subject}` is {after}; none was given before."),
            ),
            (Some(before), Some(after)) => (
                rules::DEFAULT_CHANGED,
                format!("The default of `{subject}` is {after} now, and was {before}."),
            ),
            (before, _) => (
                rules::DEFAULT_REMOVED,
                format!(
                    "The default of `{subject}` was {}; none is given now.",
                    before.unwrap_or(&Value::Null)
                ),
            ),
        };
        let (rule, sentence) = if slot.may_be_absent {
            (rule, sentence)
        } else {
            let sentence = format!(
                "The default of `{subject}` changed, which has no effect, since it is always there."
            );
            (rules::IDLE_DEFAULT_CHANGED, sentence)
        };
        self.add_value_change(rule, slot, sides.pointer("default"), subject, sentence);
    }

    fn items(&mut self, slot: Slot, sides: Sides<'_, 'a>, subject: &str) {
        let inner = format!("{subject}[]");
        let slot = Slot {
            may_be_absent: false,
            ..slot
        };
        let (old, new) = (sides.old.all("items"), sides.new.all("items"));
        match (old.is_empty(), new.is_empty()) {
            (true, true) => {}
            (false, true) => {
                let sentence = format!("The items of `{subject}` may be anything.");
                let pointer = sides.pointer("items");
                self.add_value_change(rules::ITEMS_UNTYPED, slot, pointer, subject, sentence);
            }
            (true, false) => {
                let sentence = format!("The items of `{subject}` have a schema now.");
                let pointer = sides.pointer("items");
                self.add_value_change(rules::ITEMS_TYPED, slot, pointer, subject, sentence);
                self.mark_reached(&[], &new);
            }
            (false, false) => self.shapes(slot, &old, &new, &inner),
        }
    }

    /// Compares keywords that no rule covers. Their meaning is unknown, so a change
    /// isn't known to be harmless.
    fn other_keywords(&mut self, slot: Slot, sides: Sides<'_, 'a>, subject: &str) {
        let stated = |shape: &Shape<'a>| {
            let mut stated: Vec<(&'a str, &'a Value)> = Vec::new();
            for (key, element) in shape.parts.iter().flat_map(Element::members) {
                let read = READ.contains(&key)
                    || documentation_rule(key).is_some()
                    || key.starts_with("x-");
                if !read {
                    stated.push((key, element.value));
                }
            }
            stated
        };
        // A reference that can't be followed is such a keyword, too.
        let lost = |shape: &Shape<'a>| -> Vec<(&'a str, &'a Value)> {
            let lost = shape.all("$ref").into_iter();
            lost.map(|element| ("$ref", element.value)).collect()
        };
        let old = [stated(sides.old), lost(sides.old)].concat();
        let new = [stated(sides.new), lost(sides.new)].concat();
        let mut keys: Vec<&str> = old
            .iter()
            .filter(|one| !new.contains(one))
            .chain(new.iter().filter(|one| !old.contains(one)))
            .map(|(key, _)| *key)
            .collect();
        keys.sort_unstable();
        keys.dedup();
        for key in keys {
            let pointer = sides.pointer(key);
            if key == "xml" && !slot.is_xml {
                let sentence =
                    format!("`xml` of `{subject}` differs, which has no effect on what isn't XML.");
                self.add_value_change(rules::IDLE_XML_CHANGED, slot, pointer, subject, sentence);
                continue;
            }
            let sentence = format!("`{key}` of `{subject}` differs; its meaning isn't known here.");
            self.add_value_change(rules::KEYWORD_CHANGED, slot, pointer, subject, sentence);
        }
    }

    /// Marks schemas as reached, with all that they lead to, without comparing them.
    pub(super) fn mark_reached(&mut self, old: &[Element<'a>], new: &[Element<'a>]) {
        for element in old {
            self.graph.mark_reached(self.old, element);
        }
        for element in new {
            self.graph.mark_reached(self.new, element);
        }
    }
}

/// Whether a schema allows anything, like no schema at all.
fn allows_anything<'a>(spec: &'a Spec, element: &Element<'a>) -> bool {
    Shape::of(spec, std::slice::from_ref(element)).allows_anything()
}

/// Whether both are the same number, however they are spelled: JSON's 1 is its 1.0.
fn is_same_number(one: &Value, other: &Value) -> bool {
    let numbers = one.as_f64().zip(other.as_f64());
    numbers.is_some_and(|(one, other)| one == other)
}

/// The name of a shape: that of its component, or the path that led there.
///
/// A part that only documents another part doesn't name the shape.
fn name(shape: &Shape<'_>, way: &str) -> String {
    let says_more = |part: &&Element<'_>| {
        let members = part.members();
        let words =
            |key: &&str| documentation_rule(key).is_some() || ["allOf", "$ref"].contains(key);
        members.is_empty() || !members.keys().all(words)
    };
    let part = shape.parts.iter().find(says_more);
    let pointer = part.map(|part| part.pointer.as_str());
    let rest = pointer.and_then(|pointer| pointer.strip_prefix("#/components/schemas/"));
    let Some(rest) = rest else {
        return way.to_owned();
    };
    let mut segments = rest.split('/').map(unescape);
    let mut name = segments.next().unwrap_or_default();
    while let Some(segment) = segments.next() {
        match segment.as_str() {
            "properties" => {
                name.push('.');
                name.push_str(&segments.next().unwrap_or_default());
            }
            "items" => name.push_str("[]"),
            "additionalProperties" => name.push_str("{}"),
            "allOf" => drop(segments.next()),
            _ => name.push_str(&format!("({})", segments.next().unwrap_or_default())),
        }
    }
    name
}
