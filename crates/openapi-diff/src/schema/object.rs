//! Objects: their fields, which of them have to be there, and what else may be.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::{
    rules::{self, Direction},
    schema::Sides,
    shape::Shape,
    spec::Place,
    wire::{Noun, Slot, Wire},
};

/// What an object may have besides the fields that it lists.
enum Unlisted<'a> {
    Anything,
    Nothing,
    Of(Vec<Place<'a>>),
}

/// A field on one side.
struct Field<'a> {
    /// What is said of it; nothing of a field that is only demanded.
    places: Vec<Place<'a>>,
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
                    self.shapes(slot, &old.places, &new.places, subject);
                } else {
                    self.pass(&old.places, &new.places);
                }
            }
        }
    }

    fn field_removed(&mut self, slot: Slot, old: &Field<'a>, subject: &str) {
        if old.places.is_empty() {
            let sentence = optional(slot, subject);
            self.say_of(
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
            format!("The field `{subject}` is no longer taken."),
            format!("The field `{subject}` no longer comes."),
        );
        self.say_of(rules::REMOVED, slot, old.pointer.clone(), subject, sentence);
        self.pass(&old.places, &[]);
    }

    fn field_added(&mut self, slot: Slot, new: &Field<'a>, subject: &str) {
        if new.places.is_empty() {
            let sentence = required(slot, subject);
            self.say_of(
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
        self.pass(&[], &new.places);
        let (rule, sentence) = match (new.required, slot.direction) {
            (true, Direction::Request) => (
                rules::ADDED_REQUIRED,
                format!("The field `{subject}` is new, and has to be sent."),
            ),
            (false, Direction::Request) => (
                rules::ADDED,
                format!("The field `{subject}` is new, and may be sent."),
            ),
            (true, Direction::Response) => (
                rules::ADDED_REQUIRED,
                format!("The field `{subject}` is new, and always comes."),
            ),
            (false, Direction::Response) => (
                rules::ADDED,
                format!("The field `{subject}` is new, and may come."),
            ),
        };
        self.say_of(rule, slot, new.pointer.clone(), subject, sentence);
    }

    fn requiredness(&mut self, slot: Slot, old: &Field<'a>, new: &Field<'a>, subject: &str) {
        let (rule, sentence) = match (old.required, new.required) {
            (false, true) => (rules::BECAME_REQUIRED, required(slot, subject)),
            (true, false) => (rules::BECAME_OPTIONAL, optional(slot, subject)),
            _ => return,
        };
        self.say_of(rule, slot, new.pointer.clone(), subject, sentence);
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
            let before = Shape::of(self.old, &old.places);
            let after = Shape::of(self.new, &new.places);
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
            self.say_of(rule, slot, sides.pointer(key), subject, sentence);
        }
    }

    fn is_hidden(&self, direction: Direction, field: &Field<'a>, old: bool) -> bool {
        let spec = if old { self.old } else { self.new };
        Shape::of(spec, &field.places).flag(direction.pick("readOnly", "writeOnly"))
    }

    fn unlisted(&mut self, slot: Slot, sides: Sides<'_, 'a>, subject: &str) {
        let key = "additionalProperties";
        let anything = |spec, places: &[Place<'a>]| Shape::of(spec, places).says_nothing();
        let (rule, sentence) = match (unlisted(sides.old), unlisted(sides.new)) {
            (Unlisted::Anything, Unlisted::Of(new)) if anything(self.new, &new) => {
                self.pass(&[], &new);
                return;
            }
            (Unlisted::Of(old), Unlisted::Anything) if anything(self.old, &old) => {
                self.pass(&old, &[]);
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
                format!("`{subject}` has no fields but those that are listed."),
            ),
            (Unlisted::Nothing, _) => (
                rules::UNLISTED_ALLOWED,
                format!("`{subject}` may have fields that aren't listed."),
            ),
            (Unlisted::Anything, Unlisted::Of(_)) => (
                rules::UNLISTED_TYPED,
                format!("It is said what unlisted fields of `{subject}` are."),
            ),
            (Unlisted::Of(_), Unlisted::Anything) => (
                rules::UNLISTED_UNTYPED,
                format!("Unlisted fields of `{subject}` may be anything."),
            ),
        };
        self.pass(&sides.old.all(key), &sides.new.all(key));
        self.say_of(rule, slot, sides.pointer(key), subject, sentence);
    }
}

/// The fields that are listed, and those that are only demanded.
fn fields<'a>(shape: &Shape<'a>) -> BTreeMap<&'a str, Field<'a>> {
    let required = shape.required();
    let mut fields: BTreeMap<&str, Field<'_>> = shape
        .properties()
        .into_iter()
        .map(|(name, places)| {
            let pointer = places.first().map(|place| place.pointer.clone());
            let field = Field {
                pointer: pointer.unwrap_or_default(),
                places,
                required: required.contains(name),
            };
            (name, field)
        })
        .collect();
    for name in required {
        fields.entry(name).or_insert_with(|| Field {
            places: Vec::new(),
            pointer: shape.pointer("required"),
            required: true,
        });
    }
    fields
}

fn unlisted<'a>(shape: &Shape<'a>) -> Unlisted<'a> {
    let said = shape.all("additionalProperties");
    if said.iter().any(|place| place.value == &Value::Bool(false)) {
        return Unlisted::Nothing;
    }
    let is_something = |place: &Place<'_>| match place.value {
        Value::Bool(_) => false,
        Value::Object(schema) => !schema.is_empty(),
        _ => true,
    };
    let schemas: Vec<Place<'a>> = said.into_iter().filter(is_something).collect();
    if schemas.is_empty() {
        Unlisted::Anything
    } else {
        Unlisted::Of(schemas)
    }
}

/// The sentence of what has to be there now.
pub(crate) fn required(slot: Slot, subject: &str) -> String {
    let noun = slot.noun.word();
    slot.direction.pick(
        format!("The {noun} `{subject}` has to be sent now."),
        format!("The {noun} `{subject}` always comes now."),
    )
}

/// The sentence of what needn't be there any more.
pub(crate) fn optional(slot: Slot, subject: &str) -> String {
    let noun = slot.noun.word();
    slot.direction.pick(
        format!("The {noun} `{subject}` may be left out now."),
        format!("The {noun} `{subject}` may be missing now."),
    )
}
