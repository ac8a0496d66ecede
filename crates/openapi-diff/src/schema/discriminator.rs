//! Discriminators: which field tells what a value is, and by which of its values.
//!
//! OpenAPI has two forms of them. Beside `oneOf` or `anyOf` they tell the alternatives apart,
//! which are compared as such. In an object that others extend by `allOf` they say that a
//! value of that object may be any of the others: nothing else leads there, and what changes
//! in one of those reaches every operation that has the object.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use crate::{
    fingerprint::Fingerprints,
    pointer::{escape, unescape},
    rules,
    schema::Sides,
    shape::Shape,
    spec::{Place, Spec},
    wire::{Slot, Wire},
};

/// The component schemas that extend another by `allOf`, by where that lies in memory.
pub(crate) struct Extending<'a>(HashMap<usize, Vec<Place<'a>>>);

impl<'a> Extending<'a> {
    pub(crate) fn of(spec: &'a Spec) -> Self {
        let mut extending: HashMap<usize, Vec<Place<'a>>> = HashMap::new();
        for place in spec.components("schemas").into_values() {
            let shape = Shape::of(spec, std::slice::from_ref(&place));
            for part in shape.parts.iter().skip(1) {
                extending
                    .entry(part.address())
                    .or_default()
                    .push(place.clone());
            }
        }
        Self(extending)
    }

    /// Those that a value of the shape may be, because it has a discriminator.
    fn what_may_be(&self, shape: &Shape<'a>) -> Vec<Place<'a>> {
        let with = |part: &&Place<'a>| part.get("discriminator").is_some();
        let all = shape.parts.iter().filter(with).filter_map(|part| {
            let extending = self.0.get(&part.address())?;
            // Of what extends the object itself it is known what it is.
            let is_one = extending.iter().any(|one| shape.has_part(one));
            (!is_one).then_some(extending)
        });
        all.flatten().cloned().collect()
    }
}

/// What the values of a discriminator lead to.
type Values<'a> = BTreeMap<String, Place<'a>>;

impl<'a> Wire<'a> {
    pub(super) fn discriminator(&mut self, slot: Slot, sides: Sides<'_, 'a>, subject: &str) {
        let key = "discriminator";
        let names = |shape: &Shape<'a>| -> BTreeSet<String> {
            let said = shape.all(key).into_iter();
            said.map(|place| match place.text("propertyName") {
                Some(name) => name.to_owned(),
                None => place.value.to_string(),
            })
            .collect()
        };
        let (old, new) = (names(sides.old), names(sides.new));
        let found = match (old.is_empty(), new.is_empty()) {
            (true, true) => return,
            (true, false) => Some((rules::DISCRIMINATOR_ADDED, "has a discriminator now")),
            (false, true) => Some((rules::DISCRIMINATOR_REMOVED, "has no discriminator now")),
            (false, false) if old != new => {
                Some((rules::DISCRIMINATOR_CHANGED, "has another discriminator"))
            }
            (false, false) => None,
        };
        if let Some((rule, words)) = found {
            let sentence = format!("`{subject}` {words}.");
            self.say_of(rule, slot, sides.pointer(key), subject, sentence);
        } else {
            self.values_that_tell(slot, sides, subject);
        }
        self.extending(slot, sides, subject);
    }

    /// Compares by which values of the field one tells what the whole is.
    fn values_that_tell(&mut self, slot: Slot, sides: Sides<'_, 'a>, subject: &str) {
        let old = values(self.old, sides.old, &self.old_extending);
        let new = values(self.new, sides.new, &self.new_extending);
        let key = "discriminator";
        let may_be = |prints: &Fingerprints<'a>, values: &Values<'a>| -> BTreeSet<u64> {
            let places = values.values();
            places.map(|place| prints.schema(place)).collect()
        };
        let (old_prints, new_prints) = (&self.old_prints, &self.new_prints);
        let (before, after) = (may_be(old_prints, &old), may_be(new_prints, &new));
        let pointers = |values: &Values<'a>| -> BTreeSet<String> {
            values.values().map(|place| place.pointer.clone()).collect()
        };
        let (old_pointers, new_pointers) = (pointers(&old), pointers(&new));
        let chooses = |shape: &Shape<'a>| !shape.alternatives().is_empty();
        let mut found = Vec::new();
        for (value, place) in &old {
            let print = old_prints.schema(place);
            match new.get(value) {
                Some(other) => {
                    if other.pointer != place.pointer && new_prints.schema(other) != print {
                        let sentence = format!("`{value}` tells something else of `{subject}`.");
                        found.push((rules::DISCRIMINATOR_CHANGED, sentence));
                    }
                }
                // An alternative that is gone is listed as such.
                None if chooses(sides.new)
                    && !after.contains(&print)
                    && !new_pointers.contains(&place.pointer) => {}
                None => {
                    let sentence = format!("`{subject}` is no longer told by `{value}`.");
                    found.push((rules::DISCRIMINATOR_VALUE_REMOVED, sentence));
                }
            }
        }
        for (value, place) in new.iter().filter(|(value, _)| !old.contains_key(*value)) {
            let is_known =
                before.contains(&new_prints.schema(place)) || old_pointers.contains(&place.pointer);
            if is_known || !chooses(sides.old) {
                let sentence = format!("`{subject}` may be told by `{value}`.");
                found.push((rules::DISCRIMINATOR_VALUE_ADDED, sentence));
            }
        }
        for (rule, sentence) in found {
            self.say_of(rule, slot, sides.pointer(key), subject, sentence);
        }
    }

    /// Compares what extends an object that has a discriminator.
    fn extending(&mut self, slot: Slot, sides: Sides<'_, 'a>, subject: &str) {
        let by_pointer = |places: Vec<Place<'a>>| -> BTreeMap<String, Place<'a>> {
            let places = places.into_iter();
            places.map(|place| (place.pointer.clone(), place)).collect()
        };
        let old = by_pointer(self.old_extending.what_may_be(sides.old));
        let mut new = by_pointer(self.new_extending.what_may_be(sides.new));
        for (pointer, before) in old {
            match new.remove(&pointer) {
                Some(after) => self.shapes(slot, &[before], &[after], subject),
                None => self.pass(&[before], &[]),
            }
        }
        let added: Vec<Place<'a>> = new.into_values().collect();
        self.pass(&[], &added);
    }
}

/// The values that are mapped, and the names of what isn't mapped.
fn values<'a>(spec: &'a Spec, shape: &Shape<'a>, extending: &Extending<'a>) -> Values<'a> {
    let mut values = Values::new();
    for discriminator in shape.all("discriminator") {
        let mapping = discriminator.get("mapping");
        for (value, target) in mapping.map(|mapping| mapping.members()).unwrap_or_default() {
            let Some(target) = target.value.as_str() else {
                continue;
            };
            let reference = if target.starts_with('#') {
                target.to_owned()
            } else {
                format!("#/components/schemas/{}", escape(target))
            };
            values.extend(spec.at(&reference).map(|place| (value.to_owned(), place)));
        }
    }
    let alternatives = shape.alternatives().into_iter().flat_map(|set| set.of);
    let unmapped = alternatives
        .filter_map(|place| spec.trail(place).into_iter().nth(1))
        .chain(extending.what_may_be(shape));
    for place in unmapped.collect::<Vec<_>>() {
        let is_mapped = values
            .values()
            .any(|mapped| mapped.pointer == place.pointer);
        if !is_mapped && let Some(name) = place.pointer.rsplit('/').next() {
            values.insert(unescape(name), place);
        }
    }
    values
}
