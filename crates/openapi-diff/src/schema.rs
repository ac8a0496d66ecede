//! Schemas, as the shapes of values that travel in one direction.
//!
//! Of two shapes whose types differ nothing more is said: what their fields or limits are
//! follows from that. Otherwise every keyword is compared by what it means, in one of the
//! files beside this one, and those that nobody modelled as JSON.

mod alternatives;
pub(super) mod discriminator;
mod limits;
mod lists;
pub(super) mod object;
mod types;

use serde_json::Value;

use super::{
    pointer::unescape,
    rules,
    shape::Shape,
    spec::{Place, Spec},
    ways::Node,
    wire::{Slot, Wire, words_rule},
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
    /// What they are called where they were come upon first.
    subject: String,
}

/// Both sides of what is being compared.
#[derive(Clone, Copy)]
pub(super) struct Sides<'s, 'a> {
    pub(super) old: &'s Shape<'a>,
    pub(super) new: &'s Shape<'a>,
}

impl<'a> Sides<'_, 'a> {
    /// Where a change of a keyword is to be seen: in the new document, if it's there at all.
    pub(super) fn pointer(self, key: &str) -> String {
        if !self.new.all(key).is_empty() || self.old.all(key).is_empty() {
            self.new.pointer(key)
        } else {
            self.old.pointer(key)
        }
    }
}

impl<'a> Wire<'a> {
    /// Compares what stands in the place of a schema, with none on either side perhaps.
    pub(super) fn schema(
        &mut self,
        slot: Slot,
        old: Option<Place<'a>>,
        new: Option<Place<'a>>,
        subject: &str,
    ) {
        match (old, new) {
            (None, None) => {}
            (Some(old), None) if says_nothing(self.old, &old) => {
                self.pass(std::slice::from_ref(&old), &[]);
            }
            (None, Some(new)) if says_nothing(self.new, &new) => {
                self.pass(&[], std::slice::from_ref(&new));
            }
            (Some(old), None) => {
                let sentence = format!("Of `{subject}` it isn't said any more what it is.");
                self.say_of(rules::SCHEMA_REMOVED, slot, old.pointer, subject, sentence);
            }
            (None, Some(new)) => {
                let sentence = format!("Of `{subject}` it is said now what it is.");
                self.say_of(
                    rules::SCHEMA_ADDED,
                    slot,
                    new.pointer.clone(),
                    subject,
                    sentence,
                );
                self.pass(&[], std::slice::from_ref(&new));
            }
            (Some(old), Some(new)) => self.shapes(slot, &[old], &[new], subject),
        }
    }

    /// Sees to it that schemas are compared that have to fit together with others: once,
    /// however many ways lead there, and after what is being compared now. So neither
    /// circles nor depth are of any concern, and a document takes time by its size.
    pub(super) fn shapes(
        &mut self,
        slot: Slot,
        old: &[Place<'a>],
        new: &[Place<'a>],
        subject: &str,
    ) {
        let old = Shape::of(self.old, old);
        let new = Shape::of(self.new, new);
        let (node, is_new) = self.ways.pair(old.key(), new.key(), slot);
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

    /// Compares the schemas that wait for it, and those that they lead to.
    pub(super) fn compare_waiting(&mut self) {
        while let Some(pair) = self.waiting.pop_front() {
            let from = self.ways.go_to(Some(pair.node));
            self.pair(&pair);
            self.ways.go_to(from);
        }
    }

    fn pair(&mut self, pair: &Pair<'a>) {
        let Pair { slot, old, new, .. } = pair;
        let slot = *slot;
        for place in old.passed.iter().chain(&new.passed) {
            self.reached(place);
        }
        let subject = &name(new, &pair.subject);
        let sides = Sides { old, new };
        if !self.are_readable(sides, subject) {
            return;
        }
        self.said_in_words(sides, subject);
        if self.wrapped(slot, sides, subject) {
            return;
        }
        if !self.types(slot, sides, subject) {
            // What is behind is still reached, and isn't to be called unused.
            self.pass(&old.parts, &new.parts);
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

    /// Whether all parts are objects. `true`, numbers and what else may stand there are
    /// compared as JSON.
    fn are_readable(&mut self, sides: Sides<'_, 'a>, subject: &str) -> bool {
        let odd = |shape: &Shape<'a>| -> Option<Place<'a>> {
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
            && let Some(place) = new.or(old)
        {
            let sentence = format!("`{subject}` isn't a schema that can be read, and differs.");
            self.say(rules::UNREADABLE, place.pointer, subject, sentence);
        }
        false
    }

    /// Descriptions, examples and the like. A part with words of its own in front of the
    /// same part is a change of words, too.
    fn said_in_words(&mut self, sides: Sides<'_, 'a>, subject: &str) {
        let mut keys: Vec<&str> = Vec::new();
        for part in sides.old.parts.iter().chain(&sides.new.parts) {
            keys.extend(part.members().into_keys());
        }
        keys.sort_unstable();
        keys.dedup();
        for key in keys {
            let Some(rule) = self.words_rule(key) else {
                continue;
            };
            let said = |shape: &Shape<'a>| -> Vec<Place<'a>> {
                let is_false =
                    |place: &Place<'_>| key == "deprecated" && place.value == &Value::Bool(false);
                shape
                    .all(key)
                    .into_iter()
                    .filter(|place| !is_false(place))
                    .collect()
            };
            let (old, new) = (said(sides.old), said(sides.new));
            let values = |places: &[Place<'a>]| -> Vec<&'a Value> {
                places.iter().map(|place| place.value).collect()
            };
            let (before, after) = (values(&old), values(&new));
            let added = new.iter().find(|place| !before.contains(&place.value));
            let removed = old.iter().find(|place| !after.contains(&place.value));
            self.word(key, rule, removed, added, subject);
        }
    }

    fn defaults(&mut self, slot: Slot, sides: Sides<'_, 'a>, subject: &str) {
        let value = |shape: &Shape<'a>| shape.all("default").first().map(|place| place.value);
        let (rule, sentence) = match (value(sides.old), value(sides.new)) {
            (before, after) if before == after => return,
            (Some(before), Some(after)) if is_same_number(before, after) => return,
            (None, Some(after)) => (
                rules::DEFAULT_ADDED,
                format!("Without `{subject}`, {after} is meant; that wasn't said before."),
            ),
            (Some(before), Some(after)) => (
                rules::DEFAULT_CHANGED,
                format!("Without `{subject}`, {after} is meant, and no longer {before}."),
            ),
            (before, _) => (
                rules::DEFAULT_REMOVED,
                format!(
                    "Without `{subject}`, {} was meant; now nobody says what is.",
                    before.unwrap_or(&Value::Null)
                ),
            ),
        };
        let (rule, sentence) = if slot.may_be_absent {
            (rule, sentence)
        } else {
            let sentence = format!(
                "The default of `{subject}` is another, which has no effect, since it is always there."
            );
            (rules::IDLE_DEFAULT_CHANGED, sentence)
        };
        self.say_of(rule, slot, sides.pointer("default"), subject, sentence);
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
                self.say_of(rules::ITEMS_UNTYPED, slot, pointer, subject, sentence);
            }
            (true, false) => {
                let sentence = format!("It is said what the items of `{subject}` are.");
                let pointer = sides.pointer("items");
                self.say_of(rules::ITEMS_TYPED, slot, pointer, subject, sentence);
                self.pass(&[], &new);
            }
            (false, false) => self.shapes(slot, &old, &new, &inner),
        }
    }

    /// Keywords that nobody modelled. What they mean isn't known, so a change of one isn't
    /// known to be harmless.
    fn other_keywords(&mut self, slot: Slot, sides: Sides<'_, 'a>, subject: &str) {
        let said = |shape: &Shape<'a>| {
            let mut said: Vec<(&'a str, &'a Value)> = Vec::new();
            for (key, place) in shape.parts.iter().flat_map(Place::members) {
                let read =
                    READ.contains(&key) || words_rule(key).is_some() || key.starts_with("x-");
                if !read {
                    said.push((key, place.value));
                }
            }
            said
        };
        // A reference that could not be followed is such a keyword, too.
        let lost = |shape: &Shape<'a>| -> Vec<(&'a str, &'a Value)> {
            let lost = shape.all("$ref").into_iter();
            lost.map(|place| ("$ref", place.value)).collect()
        };
        let old = [said(sides.old), lost(sides.old)].concat();
        let new = [said(sides.new), lost(sides.new)].concat();
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
                self.say_of(rules::IDLE_XML_CHANGED, slot, pointer, subject, sentence);
                continue;
            }
            let sentence =
                format!("`{key}` of `{subject}` differs; what that means isn't known here.");
            self.say_of(rules::KEYWORD_CHANGED, slot, pointer, subject, sentence);
        }
    }

    /// Notes that schemas are led to, with all that they lead to, without comparing them.
    pub(super) fn pass(&mut self, old: &[Place<'a>], new: &[Place<'a>]) {
        for place in old {
            self.ways.pass(self.old, place);
        }
        for place in new {
            self.ways.pass(self.new, place);
        }
    }
}

/// Whether a schema allows anything, as none does.
fn says_nothing<'a>(spec: &'a Spec, place: &Place<'a>) -> bool {
    Shape::of(spec, std::slice::from_ref(place)).says_nothing()
}

/// Whether both are the same number, however they are spelled: JSON's 1 is its 1.0.
fn is_same_number(one: &Value, other: &Value) -> bool {
    let numbers = one.as_f64().zip(other.as_f64());
    numbers.is_some_and(|(one, other)| one == other)
}

/// The name of a shape: that of the component that it is, or the way that led there.
///
/// A part that only adds words to another isn't what the shape is.
fn name(shape: &Shape<'_>, way: &str) -> String {
    let says_more = |part: &&Place<'_>| {
        let members = part.members();
        let words = |key: &&str| words_rule(key).is_some() || ["allOf", "$ref"].contains(key);
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
