//! The comparison of the two documents: what a client sends and receives.
//!
//! The comparison goes the way of a call: operation, parameters, bodies, schemas. Each thing
//! is judged in the direction in which it travels, so a component that is both sent and
//! received is looked at twice. The parts of the work stand in the files beside this one;
//! here is what they share.

use std::collections::{BTreeMap, VecDeque};

use serde_json::Value;

use super::{
    change::{Change, Changes, Finding},
    extensions::Extensions,
    fingerprint::Fingerprints,
    rules::{self, Directed, Direction, Rule},
    schema::{Pair, discriminator::Extending},
    spec::{Place, Spec},
    ways::{Operations, Ways},
};

/// The comparison, and how far it has got.
pub(super) struct Wire<'a> {
    pub(super) old: &'a Spec,
    pub(super) new: &'a Spec,
    pub(super) old_prints: Fingerprints<'a>,
    pub(super) new_prints: Fingerprints<'a>,
    pub(super) old_extending: Extending<'a>,
    pub(super) new_extending: Extending<'a>,
    pub(super) extensions: &'a dyn Extensions,
    changes: Changes,
    /// Which operations lead to what.
    pub(super) ways: Ways,
    /// The schemas that wait to be compared.
    pub(super) waiting: VecDeque<Pair<'a>>,
}

/// What kind of thing a value is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Noun {
    Body,
    Property,
    Parameter,
    Header,
}

impl Noun {
    /// The word in rules.
    pub(super) fn key(self) -> &'static str {
        match self {
            Self::Body => "body",
            Self::Property => "property",
            Self::Parameter => "parameter",
            Self::Header => "header",
        }
    }

    /// The word in sentences.
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Property => "field",
            other => other.key(),
        }
    }
}

/// How a value travels.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Slot {
    pub(super) direction: Direction,
    pub(super) noun: Noun,
    /// Whether it may be left out, so that a default has a meaning.
    pub(super) may_be_absent: bool,
    /// Whether it is written as XML, or may be.
    pub(super) is_xml: bool,
}

impl Slot {
    pub(super) fn new(direction: Direction, noun: Noun) -> Self {
        Self {
            direction,
            noun,
            may_be_absent: false,
            is_xml: false,
        }
    }

    /// The same in a body of a media type.
    pub(super) fn of_media(self, media: &str) -> Self {
        let media = media.to_ascii_lowercase();
        let is_xml = media.contains("xml") || media.contains('*');
        Self { is_xml, ..self }
    }
}

/// What the comparison came to.
pub(super) struct Outcome {
    pub(super) changes: Vec<Change>,
    /// The operations that lead to a component, by its pointer, in either document.
    pub(super) reach: BTreeMap<String, Operations>,
}

pub(super) fn compare<'a>(old: &'a Spec, new: &'a Spec, extensions: &'a dyn Extensions) -> Outcome {
    let mut wire = Wire {
        old,
        new,
        old_prints: Fingerprints::of(old),
        new_prints: Fingerprints::of(new),
        old_extending: Extending::of(old),
        new_extending: Extending::of(new),
        extensions,
        changes: Changes::default(),
        ways: Ways::default(),
        waiting: VecDeque::new(),
    };
    wire.operations();
    wire.compare_waiting();
    wire.document();
    let (changes, reach) = wire.changes.into_list(wire.ways);
    Outcome { changes, reach }
}

impl<'a> Wire<'a> {
    /// Compares the parts of an operation: what is found there is found through it.
    pub(super) fn within(&mut self, operation: &str, compare: impl FnOnce(&mut Self)) {
        let node = self.ways.operation(operation);
        let from = self.ways.go_to(Some(node));
        compare(self);
        self.ways.go_to(from);
    }

    /// Lists a change that has no direction.
    pub(super) fn say(&mut self, rule: Rule, pointer: String, subject: &str, sentence: String) {
        self.changes.add(Finding {
            pointer,
            what: rule.id.to_owned(),
            rule: rule.id.to_owned(),
            class: rule.class,
            subject: subject.to_owned(),
            sentence,
            node: self.ways.here(),
        });
    }

    /// Lists a change of something that is sent or received.
    pub(super) fn say_directed(
        &mut self,
        rule: Directed,
        direction: Direction,
        noun: &str,
        pointer: String,
        subject: &str,
        sentence: String,
    ) {
        self.changes.add(Finding {
            pointer,
            what: rule.what.to_owned(),
            rule: format!("{}-{noun}-{}", direction.key(), rule.what),
            class: rule.class(direction),
            subject: subject.to_owned(),
            sentence,
            node: self.ways.here(),
        });
    }

    /// Lists a change of a value.
    pub(super) fn say_of(
        &mut self,
        rule: Directed,
        slot: Slot,
        pointer: String,
        subject: &str,
        sentence: String,
    ) {
        self.say_directed(
            rule,
            slot.direction,
            slot.noun.key(),
            pointer,
            subject,
            sentence,
        );
    }

    pub(super) fn resolve_old(&mut self, place: Place<'a>) -> Place<'a> {
        let place = self.old.resolve(place);
        self.reached(&place);
        place
    }

    pub(super) fn resolve_new(&mut self, place: Place<'a>) -> Place<'a> {
        let place = self.new.resolve(place);
        self.reached(&place);
        place
    }

    /// Notes that the operation leads to a component.
    pub(super) fn reached(&mut self, place: &Place<'a>) {
        self.ways.reached(place);
    }

    pub(super) fn is_reached(&self, pointer: &str) -> bool {
        self.ways.is_reached(pointer)
    }

    /// The members that both sides have of an object under a key, each with what the other
    /// side has. Where one side has something else than an object there, the two are only
    /// compared as JSON.
    pub(super) fn members_of(
        &mut self,
        old: Option<&Place<'a>>,
        new: Option<&Place<'a>>,
        subject: &str,
    ) -> BTreeMap<&'a str, (Option<Place<'a>>, Option<Place<'a>>)> {
        if !self.is_readable(old, new, Value::is_object, subject) {
            return BTreeMap::new();
        }
        let mut members: BTreeMap<&str, (Option<Place<'_>>, Option<Place<'_>>)> = BTreeMap::new();
        for (name, place) in old.map(Place::members).unwrap_or_default() {
            members.entry(name).or_default().0 = Some(place);
        }
        for (name, place) in new.map(Place::members).unwrap_or_default() {
            members.entry(name).or_default().1 = Some(place);
        }
        members
    }

    /// Whether both sides have the form that is expected; where not, and they differ, that
    /// is all there is to say.
    pub(super) fn is_readable(
        &mut self,
        old: Option<&Place<'_>>,
        new: Option<&Place<'_>>,
        expected: fn(&Value) -> bool,
        subject: &str,
    ) -> bool {
        let fits = |place: Option<&Place<'_>>| place.is_none_or(|place| expected(place.value));
        if fits(old) && fits(new) {
            return true;
        }
        if old.map(|place| place.value) != new.map(|place| place.value)
            && let Some(place) = new.or(old)
        {
            let sentence = format!(
                "A part of `{subject}` isn't what OpenAPI wants there, so all that can be said \
                 is that it differs."
            );
            self.say(rules::UNREADABLE, place.pointer.clone(), subject, sentence);
        }
        false
    }

    /// The rule of a key that is there for people only, with the caller's own.
    pub(super) fn words_rule(&self, key: &str) -> Option<Rule> {
        if self.extensions.is_judged(key) {
            return None;
        }
        self.extensions.rule(key).or_else(|| words_rule(key))
    }

    /// Compares what is there for people only.
    pub(super) fn words(
        &mut self,
        old: Option<&Place<'a>>,
        new: Option<&Place<'a>>,
        subject: &str,
    ) {
        for (key, (before, after)) in self.members_of(old, new, subject) {
            let Some(rule) = self.words_rule(key) else {
                continue;
            };
            let unless_false = |place: Option<Place<'a>>| {
                place.filter(|place| key != "deprecated" || place.value != &Value::Bool(false))
            };
            let (before, after) = (unless_false(before), unless_false(after));
            self.word(key, rule, before.as_ref(), after.as_ref(), subject);
        }
    }

    /// Compares one thing that is there for people only.
    pub(super) fn word(
        &mut self,
        key: &str,
        rule: Rule,
        old: Option<&Place<'a>>,
        new: Option<&Place<'a>>,
        subject: &str,
    ) {
        if old.map(|place| place.value) == new.map(|place| place.value) {
            return;
        }
        let Some(pointer) = new.or(old).map(|place| place.pointer.clone()) else {
            return;
        };
        let (rule, sentence) = match (key, new) {
            ("deprecated", Some(_)) => (rule, format!("`{subject}` is deprecated.")),
            ("deprecated", None) => (
                rules::NO_LONGER_DEPRECATED,
                format!("`{subject}` is no longer deprecated."),
            ),
            (_, _) => (rule, format!("`{key}` of `{subject}` reads differently.")),
        };
        self.say(rule, pointer, subject, sentence);
    }
}

/// The rule of a key that is there for people only, or that no client reads.
pub(super) fn words_rule(key: &str) -> Option<Rule> {
    match key {
        "description" | "summary" | "title" | "externalDocs" | "$comment" => {
            Some(rules::DESCRIPTION_CHANGED)
        }
        "example" | "examples" => Some(rules::EXAMPLE_CHANGED),
        "deprecated" => Some(rules::DEPRECATED),
        "tags" => Some(rules::TAGS_CHANGED),
        "links" => Some(rules::LINKS_CHANGED),
        // It is judged with the values of an enum.
        "x-extensible-enum" => None,
        key if key.starts_with("x-") => Some(rules::EXTENSION_CHANGED),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// The pointers to everything in a document.
    fn pointers(value: &Value, pointer: &str, found: &mut Vec<String>) {
        let place = |key: &str| format!("{pointer}/{}", key.replace('~', "~0").replace('/', "~1"));
        match value {
            Value::Object(members) => {
                for (key, member) in members {
                    found.push(place(key));
                    pointers(member, &place(key), found);
                }
            }
            Value::Array(items) => {
                for (index, item) in items.iter().enumerate() {
                    found.push(place(&index.to_string()));
                    pointers(item, &place(&index.to_string()), found);
                }
            }
            _ => {}
        }
    }

    #[test]
    fn whatever_stands_wherever_is_compared() {
        let text = include_str!("../tests/fixtures/things.json");
        let document: Value = serde_json::from_str(text).unwrap();
        let old = Spec::new(&document);
        let mut places = Vec::new();
        pointers(&document, "", &mut places);
        let odd = [
            json!(null),
            json!(7),
            json!("x"),
            json!([7]),
            json!({"x": 7}),
            json!({"$ref": "#"}),
            json!(true),
        ];
        for (index, place) in places.iter().step_by(2).enumerate() {
            let mut changed = document.clone();
            *changed.pointer_mut(place).unwrap() = odd[index % odd.len()].clone();
            let new = Spec::new(&changed);

            // It comes to an end; what it says of such a document doesn't matter.
            if index % 2 == 0 {
                compare(&old, &new, &());
            } else {
                compare(&new, &old, &());
            }
        }
        assert!(places.len() > 500);
    }
}
