//! The comparison of the two documents: what a client sends and receives.
//!
//! The comparison follows a call: operation, parameters, bodies, schemas. Each value is
//! judged in the direction in which it travels, so a component that is both sent and
//! received is compared twice. The parts of the work are in the files beside this one;
//! this file has what they share.

use std::collections::{BTreeMap, VecDeque};

use serde_json::Value;

use super::{
    change::{Change, Changes, Finding},
    extensions::Extensions,
    fingerprint::Fingerprints,
    graph::{Graph, Operations},
    rules::{self, Directed, Direction, Rule},
    schema::{Pair, discriminator::Extending},
    spec::{Element, Spec},
};

/// The state of the comparison.
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
    pub(super) graph: Graph,
    /// The schemas that are queued for comparison.
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
    /// Whether it may be omitted, so that a default has a meaning.
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

    /// The same slot in a body of a media type.
    pub(super) fn of_media(self, media: &str) -> Self {
        let media = media.to_ascii_lowercase();
        let is_xml = media.contains("xml") || media.contains('*');
        Self { is_xml, ..self }
    }
}

/// The result of the comparison.
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
        graph: Graph::default(),
        waiting: VecDeque::new(),
    };
    wire.operations();
    wire.compare_waiting();
    wire.document();
    let (changes, reach) = wire.changes.into_list(wire.graph);
    Outcome { changes, reach }
}

impl<'a> Wire<'a> {
    /// Compares the parts of an operation, so that changes found there reach it.
    pub(super) fn within(&mut self, operation: &str, compare: impl FnOnce(&mut Self)) {
        let node = self.graph.operation(operation);
        let from = self.graph.go_to(Some(node));
        compare(self);
        self.graph.go_to(from);
    }

    /// Lists a change that has no direction.
    pub(super) fn add(&mut self, rule: Rule, pointer: String, subject: &str, sentence: String) {
        self.changes.add(Finding {
            pointer,
            what: rule.id.to_owned(),
            rule: rule.id.to_owned(),
            class: rule.class,
            subject: subject.to_owned(),
            sentence,
            node: self.graph.here(),
        });
    }

    /// Lists a change of something that is sent or received.
    pub(super) fn add_directed(
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
            node: self.graph.here(),
        });
    }

    /// Lists a change of a value.
    pub(super) fn add_value_change(
        &mut self,
        rule: Directed,
        slot: Slot,
        pointer: String,
        subject: &str,
        sentence: String,
    ) {
        self.add_directed(
            rule,
            slot.direction,
            slot.noun.key(),
            pointer,
            subject,
            sentence,
        );
    }

    pub(super) fn resolve_old(&mut self, element: Element<'a>) -> Element<'a> {
        let element = self.old.resolve(element);
        self.reached(&element);
        element
    }

    pub(super) fn resolve_new(&mut self, element: Element<'a>) -> Element<'a> {
        let element = self.new.resolve(element);
        self.reached(&element);
        element
    }

    /// Notes that the operation leads to a component.
    pub(super) fn reached(&mut self, element: &Element<'a>) {
        self.graph.reached(element);
    }

    pub(super) fn is_reached(&self, pointer: &str) -> bool {
        self.graph.is_reached(pointer)
    }

    /// The members of two objects under a key, each paired with that of the other side.
    /// If a side has something else than an object there, the two are only compared as
    /// JSON.
    pub(super) fn members_of(
        &mut self,
        old: Option<&Element<'a>>,
        new: Option<&Element<'a>>,
        subject: &str,
    ) -> BTreeMap<&'a str, (Option<Element<'a>>, Option<Element<'a>>)> {
        if !self.is_readable(old, new, Value::is_object, subject) {
            return BTreeMap::new();
        }
        let mut members: BTreeMap<&str, (Option<Element<'_>>, Option<Element<'_>>)> =
            BTreeMap::new();
        for (name, element) in old.map(Element::members).unwrap_or_default() {
            members.entry(name).or_default().0 = Some(element);
        }
        for (name, element) in new.map(Element::members).unwrap_or_default() {
            members.entry(name).or_default().1 = Some(element);
        }
        members
    }

    /// Whether both sides have the expected form. If not, and they differ, that is
    /// listed, and nothing more can be said.
    pub(super) fn is_readable(
        &mut self,
        old: Option<&Element<'_>>,
        new: Option<&Element<'_>>,
        expected: fn(&Value) -> bool,
        subject: &str,
    ) -> bool {
        let fits =
            |element: Option<&Element<'_>>| element.is_none_or(|element| expected(element.value));
        if fits(old) && fits(new) {
            return true;
        }
        if old.map(|element| element.value) != new.map(|element| element.value)
            && let Some(element) = new.or(old)
        {
            let sentence = format!(
                "A part of `{subject}` isn't valid OpenAPI, so all that can be said \
                 is that it differs."
            );
            self.add(
                rules::UNREADABLE,
                element.pointer.clone(),
                subject,
                sentence,
            );
        }
        false
    }

    /// The rule of a key that is documentation, with the caller's own rules.
    pub(super) fn documentation_rule(&self, key: &str) -> Option<Rule> {
        if self.extensions.is_judged(key) {
            return None;
        }
        let usual = || rules::documentation_rule(key);
        self.extensions.rule(key).or_else(usual)
    }

    /// Compares all documentation of a value.
    pub(super) fn documentation(
        &mut self,
        old: Option<&Element<'a>>,
        new: Option<&Element<'a>>,
        subject: &str,
    ) {
        for (key, (before, after)) in self.members_of(old, new, subject) {
            let Some(rule) = self.documentation_rule(key) else {
                continue;
            };
            let unless_false = |element: Option<Element<'a>>| {
                element
                    .filter(|element| key != "deprecated" || element.value != &Value::Bool(false))
            };
            let (before, after) = (unless_false(before), unless_false(after));
            self.documentation_key(key, rule, before.as_ref(), after.as_ref(), subject);
        }
    }

    /// Compares one key that is documentation.
    pub(super) fn documentation_key(
        &mut self,
        key: &str,
        rule: Rule,
        old: Option<&Element<'a>>,
        new: Option<&Element<'a>>,
        subject: &str,
    ) {
        if old.map(|element| element.value) == new.map(|element| element.value) {
            return;
        }
        let Some(pointer) = new.or(old).map(|element| element.pointer.clone()) else {
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
        self.add(rule, pointer, subject, sentence);
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// The pointers to everything in a document.
    fn pointers(value: &Value, pointer: &str, found: &mut Vec<String>) {
        let element =
            |key: &str| format!("{pointer}/{}", key.replace('~', "~0").replace('/', "~1"));
        match value {
            Value::Object(members) => {
                for (key, member) in members {
                    found.push(element(key));
                    pointers(member, &element(key), found);
                }
            }
            Value::Array(items) => {
                for (index, item) in items.iter().enumerate() {
                    found.push(element(&index.to_string()));
                    pointers(item, &element(&index.to_string()), found);
                }
            }
            _ => {}
        }
    }

    #[test]
    fn any_value_at_any_pointer_is_compared() {
        let text = include_str!("../tests/fixtures/things.json");
        let document: Value = serde_json::from_str(text).unwrap();
        let old = Spec::new(&document);
        let mut elements = Vec::new();
        pointers(&document, "", &mut elements);
        let odd = [
            json!(null),
            json!(7),
            json!("x"),
            json!([7]),
            json!({"x": 7}),
            json!({"$ref": "#"}),
            json!(true),
        ];
        for (index, element) in elements.iter().step_by(2).enumerate() {
            let mut changed = document.clone();
            *changed.pointer_mut(element).unwrap() = odd[index % odd.len()].clone();
            let new = Spec::new(&changed);

            // Only that it ends matters; such a document has no right verdict.
            if index % 2 == 0 {
                compare(&old, &new, &());
            } else {
                compare(&new, &old, &());
            }
        }
        assert!(elements.len() > 500);
    }
}
