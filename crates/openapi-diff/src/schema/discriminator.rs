//! Discriminators: the field that says what a value is, and its values.
//!
//! OpenAPI has two forms of them. Beside `oneOf` or `anyOf` they tell the alternatives
//! apart, which are compared as such. In an object that others extend by `allOf` they
//! say that a value of that object may be any of the others. Nothing else refers to
//! those, and a change in one of them reaches every operation that has the object.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use crate::{
    fingerprint::Fingerprints,
    pointer::{escape, unescape},
    rules,
    schema::Sides,
    shape::Shape,
    spec::{Element, Spec},
    wire::{Slot, Wire},
};

/// The component schemas that extend another by `allOf`, by its address in memory.
pub(crate) struct Extending<'a>(HashMap<usize, Vec<Element<'a>>>);

impl<'a> Extending<'a> {
    pub(crate) fn of(spec: &'a Spec) -> Self {
        let mut extending: HashMap<usize, Vec<Element<'a>>> = HashMap::new();
        for element in spec.components("schemas").into_values() {
            let shape = Shape::of(spec, std::slice::from_ref(&element));
            for part in shape.parts.iter().skip(1) {
                extending
                    .entry(part.address())
                    .or_default()
                    .push(element.clone());
            }
        }
        Self(extending)
    }

    /// The schemas that a value of the shape may have, because it has a discriminator.
    fn subtypes(&self, shape: &Shape<'a>) -> Vec<Element<'a>> {
        let with = |part: &&Element<'a>| part.get("discriminator").is_some();
        let all = shape.parts.iter().filter(with).filter_map(|part| {
            let extending = self.0.get(&part.address())?;
            // A schema that itself extends the object is known already.
            let is_one = extending.iter().any(|one| shape.has_part(one));
            (!is_one).then_some(extending)
        });
        all.flatten().cloned().collect()
    }
}

/// The schemas that the values of a discriminator select.
type Values<'a> = BTreeMap<String, Element<'a>>;

impl<'a> Wire<'a> {
    pub(super) fn discriminator(&mut self, slot: Slot, sides: Sides<'_, 'a>, subject: &str) {
        let key = "discriminator";
        let names = |shape: &Shape<'a>| -> BTreeSet<String> {
            let stated = shape.all(key).into_iter();
            stated
                .map(|element| match element.text("propertyName") {
                    Some(name) => name.to_owned(),
                    None => element.value.to_string(),
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
            self.add_value_change(rule, slot, sides.pointer(key), subject, sentence);
        } else {
            self.mapping(slot, sides, subject);
        }
        self.extending(slot, sides, subject);
    }

    /// Compares which value selects which schema.
    fn mapping(&mut self, slot: Slot, sides: Sides<'_, 'a>, subject: &str) {
        let old = values(self.old, sides.old, &self.old_extending);
        let new = values(self.new, sides.new, &self.new_extending);
        let key = "discriminator";
        let may_be = |prints: &Fingerprints<'a>, values: &Values<'a>| -> BTreeSet<u64> {
            let elements = values.values();
            elements.map(|element| prints.schema(element)).collect()
        };
        let (old_prints, new_prints) = (&self.old_prints, &self.new_prints);
        let (before, after) = (may_be(old_prints, &old), may_be(new_prints, &new));
        let pointers = |values: &Values<'a>| -> BTreeSet<String> {
            values
                .values()
                .map(|element| element.pointer.clone())
                .collect()
        };
        let (old_pointers, new_pointers) = (pointers(&old), pointers(&new));
        let chooses = |shape: &Shape<'a>| !shape.alternatives().is_empty();
        let mut found = Vec::new();
        for (value, element) in &old {
            let print = old_prints.schema(element);
            match new.get(value) {
                Some(other) => {
                    if other.pointer != element.pointer && new_prints.schema(other) != print {
                        let sentence = format!("`{value}` selects another schema of `{subject}`.");
                        found.push((rules::DISCRIMINATOR_CHANGED, sentence));
                    }
                }
                // An alternative that is gone is already listed.
                None if chooses(sides.new)
                    && !after.contains(&print)
                    && !new_pointers.contains(&element.pointer) => {}
                None => {
                    let sentence = format!("`{value}` no longer selects a schema of `{subject}`.");
                    found.push((rules::DISCRIMINATOR_VALUE_REMOVED, sentence));
                }
            }
        }
        for (value, element) in new.iter().filter(|(value, _)| !old.contains_key(*value)) {
            let is_known = before.contains(&new_prints.schema(element))
                || old_pointers.contains(&element.pointer);
            if is_known || !chooses(sides.old) {
                let sentence = format!("`{value}` selects a schema of `{subject}` now.");
                found.push((rules::DISCRIMINATOR_VALUE_ADDED, sentence));
            }
        }
        for (rule, sentence) in found {
            self.add_value_change(rule, slot, sides.pointer(key), subject, sentence);
        }
    }

    /// Compares the schemas that extend an object with a discriminator.
    fn extending(&mut self, slot: Slot, sides: Sides<'_, 'a>, subject: &str) {
        let by_pointer = |elements: Vec<Element<'a>>| -> BTreeMap<String, Element<'a>> {
            let elements = elements.into_iter();
            elements
                .map(|element| (element.pointer.clone(), element))
                .collect()
        };
        let old = by_pointer(self.old_extending.subtypes(sides.old));
        let mut new = by_pointer(self.new_extending.subtypes(sides.new));
        for (pointer, before) in old {
            match new.remove(&pointer) {
                Some(after) => self.shapes(slot, &[before], &[after], subject),
                None => self.mark_reached(&[before], &[]),
            }
        }
        let added: Vec<Element<'a>> = new.into_values().collect();
        self.mark_reached(&[], &added);
    }
}

/// The mapped values, and the names of the schemas without a mapping.
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
            values.extend(
                spec.at(&reference)
                    .map(|element| (value.to_owned(), element)),
            );
        }
    }
    let alternatives = shape.alternatives().into_iter().flat_map(|set| set.of);
    let unmapped = alternatives
        .filter_map(|element| spec.trail(element).into_iter().nth(1))
        .chain(extending.subtypes(shape));
    for element in unmapped.collect::<Vec<_>>() {
        let is_mapped = values
            .values()
            .any(|mapped| mapped.pointer == element.pointer);
        if !is_mapped && let Some(name) = element.pointer.rsplit('/').next() {
            values.insert(unescape(name), element);
        }
    }
    values
}
