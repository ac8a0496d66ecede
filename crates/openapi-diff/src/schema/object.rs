//! Objects: their fields, which of them are required, and unlisted fields.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::{
    rules::{self, Direction},
    schema::Sides,
    shape::Shape,
    spec::Element,
    wire::{Noun, Slot, Wire},
};

/// The fields that an object may have besides those that it lists.
enum Unlisted<'a> {
    Anything,
    Nothing,
    Of(Vec<Element<'a>>),
}

/// A field on one side.
struct Field<'a> {
    /// Its schemas; empty if it is only listed as required.
    elements: Vec<Element<'a>>,
    pointer: String,
    required: bool,
}

impl<'a> Wire<'a> {
    pub(super) fn object(&mut self, slot: Slot, sides: Sides<'_, 'a>, subject: &str) {
        let (mut old, mut new) = (fields(sides.old), fields(sides.new));
        let names: BTreeSet<&str> = old.keys().chain(new.keys()).copied().collect();
        for name in names {
            let subject = format!("{subject}.{name}");
            self.field(slot, old.remove(name), new.remove(name), &subject);
        }
        self.unlisted(slot, sides, subject);
    }

    fn field(&mut self, slot: Slot, old: Option<Field<'a>>, new: Option<Field<'a>>, subject: &str) {
        let direction = slot.direction;
        let mut slot = Slot {
            noun: Noun::Property,
            may_be_absent: false,
            ..slot
        };
        match (old, new) {
            (None, None) => {}
            (Some(old), None) => self.field_removed(slot, &old, subject),
            (None, Some(new)) => self.field_added(slot, &new, subject),
            (Some(old), Some(new)) => {
                let hidden = (
                    self.is_hidden(direction, &old, true),
                    self.is_hidden(direction, &new, false),
                );
                self.visibility(slot, &old, &new, subject);
                if hidden == (false, false) {
                    self.requiredness(slot, &old, &new, subject);
                }
                if !(hidden.0 || hidden.1) {
                    slot.may_be_absent = !(old.required && new.required);
                    self.shapes(slot, &old.elements, &new.elements, subject);
                } else {
                    self.mark_reached(&old.elements, &new.elements);
                }
            }
        }
    }

    fn field_removed(&mut self, slot: Slot, old: &Field<'a>, subject: &str) {
        if old.elements.is_empty() {
            let sentence = optional(slot, subject);
            self.add_value_change(
                rules::BECAME_OPTIONAL,
                slot,
                old.pointer.clone(),
                subject,
                sentence,
            );
            return;
        }
        if self.is_hidden(slot.direction, old, true) {
            return;
        }
        let sentence = slot.direction.pick(
            format!("The field `{subject}` is no longer accepted."),
            format!("The field `{subject}` is no longer sent."),
        );
        self.add_value_change(rules::REMOVED, slot, old.pointer.clone(), subject, sentence);
        self.mark_reached(&old.elements, &[]);
    }

    fn field_added(&mut self, slot: Slot, new: &Field<'a>, subject: &str) {
        if new.elements.is_empty() {
            let sentence = required(slot, subject);
            self.add_value_change(
                rules::BECAME_REQUIRED,
                slot,
                new.pointer.clone(),
                subject,
                sentence,
            );
            return;
        }
        if self.is_hidden(slot.direction, new, false) {
            return;
        }
        self.mark_reached(&[], &new.elements);
        let (rule, sentence) = match (new.required, slot.direction) {
            (true, Direction::Request) => (
                rules::ADDED_REQUIRED,
                format!("The field `{subject}` is new, and must be sent."),
            ),
            (false, Direction::Request) => (
                rules::ADDED,
                format!("The field `{subject}` is new, and may be sent."),
            ),
            (true, Direction::Response) => (
                rules::ADDED_REQUIRED,
                format!("The field `{subject}` is new, and is always there."),
            ),
            (false, Direction::Response) => (
                rules::ADDED,
                format!("The field `{subject}` is new, and may be there."),
            ),
        };
        self.add_value_change(rule, slot, new.pointer.clone(), subject, sentence);
    }

    fn requiredness(&mut self, slot: Slot, old: &Field<'a>, new: &Field<'a>, subject: &str) {
        let (rule, sentence) = match (old.required, new.required) {
            (false, true) => (rules::BECAME_REQUIRED, required(slot, subject)),
            (true, false) => (rules::BECAME_OPTIONAL, optional(slot, subject)),
            _ => return,
        };
        self.add_value_change(rule, slot, new.pointer.clone(), subject, sentence);
    }

    /// `readOnly` and `writeOnly` take a field out of one direction.
    fn visibility(&mut self, slot: Slot, old: &Field<'a>, new: &Field<'a>, subject: &str) {
        let flags = [
            (
                "readOnly",
                rules::BECAME_READ_ONLY,
                rules::NO_LONGER_READ_ONLY,
                "is only read",
            ),
            (
                "writeOnly",
                rules::BECAME_WRITE_ONLY,
                rules::NO_LONGER_WRITE_ONLY,
                "is only written",
            ),
        ];
        for (key, became, no_longer, words) in flags {
            let before = Shape::of(self.old, &old.elements);
            let after = Shape::of(self.new, &new.elements);
            let (rule, sentence) = match (before.flag(key), after.flag(key)) {
                (false, true) => (became, format!("The field `{subject}` {words} now.")),
                (true, false) => (
                    no_longer,
                    format!("The field `{subject}` no longer {words}."),
                ),
                _ => continue,
            };
            let sides = Sides {
                old: &before,
                new: &after,
            };
            self.add_value_change(rule, slot, sides.pointer(key), subject, sentence);
        }
    }

    fn is_hidden(&self, direction: Direction, field: &Field<'a>, old: bool) -> bool {
        let spec = if old { self.old } else { self.new };
        Shape::of(spec, &field.elements).flag(direction.pick("readOnly", "writeOnly"))
    }

    fn unlisted(&mut self, slot: Slot, sides: Sides<'_, 'a>, subject: &str) {
        let key = "additionalProperties";
        let anything = |spec, elements: &[Element<'a>]| Shape::of(spec, elements).allows_anything();
        let (rule, sentence) = match (unlisted(sides.old), unlisted(sides.new)) {
            (Unlisted::Anything, Unlisted::Of(new)) if anything(self.new, &new) => {
                self.mark_reached(&[], &new);
                return;
            }
            (Unlisted::Of(old), Unlisted::Anything) if anything(self.old, &old) => {
                self.mark_reached(&old, &[]);
                return;
            }
            (Unlisted::Anything, Unlisted::Anything) | (Unlisted::Nothing, Unlisted::Nothing) => {
                return;
            }
            (Unlisted::Of(old), Unlisted::Of(new)) => {
                let slot = Slot {
                    may_be_absent: false,
                    ..slot
                };
                self.shapes(slot, &old, &new, &format!("{subject}{{}}"));
                return;
            }
            (_, Unlisted::Nothing) => (
                rules::UNLISTED_REFUSED,
                format!("`{subject}` may only have the fields that are listed."),
            ),
            (Unlisted::Nothing, _) => (
                rules::UNLISTED_ALLOWED,
                format!("`{subject}` may have fields that aren't listed."),
            ),
            (Unlisted::Anything, Unlisted::Of(_)) => (
                rules::UNLISTED_TYPED,
                format!("Unlisted fields of `{subject}` have a schema now."),
            ),
            (Unlisted::Of(_), Unlisted::Anything) => (
                rules::UNLISTED_UNTYPED,
                format!("Unlisted fields of `{subject}` may be anything."),
            ),
        };
        self.mark_reached(&sides.old.all(key), &sides.new.all(key));
        self.add_value_change(rule, slot, sides.pointer(key), subject, sentence);
    }
}

/// The fields that are listed, and those that are only required.
fn fields<'a>(shape: &Shape<'a>) -> BTreeMap<&'a str, Field<'a>> {
    let required = shape.required();
    let mut fields: BTreeMap<&str, Field<'_>> = shape
        .properties()
        .into_iter()
        .map(|(name, elements)| {
            let pointer = elements.first().map(|element| element.pointer.clone());
            let field = Field {
                pointer: pointer.unwrap_or_default(),
                elements,
                required: required.contains(name),
            };
            (name, field)
        })
        .collect();
    for name in required {
        fields.entry(name).or_insert_with(|| Field {
            elements: Vec::new(),
            pointer: shape.pointer("required"),
            required: true,
        });
    }
    fields
}

fn unlisted<'a>(shape: &Shape<'a>) -> Unlisted<'a> {
    let stated = shape.all("additionalProperties");
    if stated
        .iter()
        .any(|element| element.value == &Value::Bool(false))
    {
        return Unlisted::Nothing;
    }
    let is_something = |element: &Element<'_>| match element.value {
        Value::Bool(_) => false,
        Value::Object(schema) => !schema.is_empty(),
        _ => true,
    };
    let schemas: Vec<Element<'a>> = stated.into_iter().filter(is_something).collect();
    if schemas.is_empty() {
        Unlisted::Anything
    } else {
        Unlisted::Of(schemas)
    }
}

/// The sentence for a value that is required now.
pub(crate) fn required(slot: Slot, subject: &str) -> String {
    let noun = slot.noun.word();
    slot.direction.pick(
        format!("The {noun} `{subject}` must be sent now."),
        format!("The {noun} `{subject}` is always there now."),
    )
}

/// The sentence for a value that is optional now.
pub(crate) fn optional(slot: Slot, subject: &str) -> String {
    let noun = slot.noun.word();
    slot.direction.pick(
        format!("The {noun} `{subject}` may be left out now."),
        format!("The {noun} `{subject}` may be missing now."),
    )
}
