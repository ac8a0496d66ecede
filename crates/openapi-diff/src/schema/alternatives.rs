//! Alternatives: `oneOf` and `anyOf`.
//!
//! Alternatives have no names, so the old ones must be recognised among the new ones:
//! first those that mean the same, then those that refer to the same component, and
//! then, if equally many are left, those at the same index.

use std::collections::BTreeSet;

use crate::{
    fingerprint::Fingerprints,
    rules::{self, documentation_rule},
    schema::Sides,
    shape::{Alternatives, Shape},
    spec::Element,
    wire::{Slot, Wire},
};

impl<'a> Wire<'a> {
    pub(super) fn alternatives(&mut self, slot: Slot, sides: Sides<'_, 'a>, subject: &str) {
        let (old, new) = (sides.old.alternatives(), sides.new.alternatives());
        match (old.as_slice(), new.as_slice()) {
            ([], []) => {}
            ([old], [new]) => {
                self.exclusiveness(slot, old, new, subject);
                self.paired(slot, old, new, subject);
            }
            ([], sets) => {
                let pointer = sets
                    .first()
                    .map(|set| set.pointer.clone())
                    .unwrap_or_default();
                let sentence = format!("`{subject}` must be one of several shapes now.");
                self.add_value_change(rules::ALTERNATIVES_SET, slot, pointer, subject, sentence);
                self.mark_reached(&[], &all(sets));
            }
            (sets, []) => {
                let pointer = sets
                    .first()
                    .map(|set| set.pointer.clone())
                    .unwrap_or_default();
                let sentence = format!("`{subject}` needn't be one of several shapes any more.");
                self.add_value_change(
                    rules::ALTERNATIVES_DROPPED,
                    slot,
                    pointer,
                    subject,
                    sentence,
                );
                self.mark_reached(&all(sets), &[]);
            }
            (_, _) => self.several(slot, old, new, subject),
        }
    }

    /// Compares schemas with several sets of alternatives, in `allOf`. Sets that mean
    /// the same are paired.
    fn several(
        &mut self,
        slot: Slot,
        mut old: Vec<Alternatives<'a>>,
        mut new: Vec<Alternatives<'a>>,
        subject: &str,
    ) {
        let print = |prints: &Fingerprints<'a>, set: &Alternatives<'a>| {
            let of: BTreeSet<u64> = set
                .of
                .iter()
                .map(|element| prints.schema(element))
                .collect();
            (set.exclusive, of)
        };
        let mut pairs = Vec::new();
        old.retain(|before| {
            let stated = print(&self.old_prints, before);
            let found = new
                .iter()
                .position(|after| print(&self.new_prints, after) == stated);
            if let Some(found) = found {
                pairs.push((before.clone(), new.remove(found)));
            }
            found.is_none()
        });
        for (before, after) in &pairs {
            self.exclusiveness(slot, before, after, subject);
            self.paired(slot, before, after, subject);
        }
        if let Some(set) = new.first().or(old.first()) {
            let pointer = set.pointer.clone();
            let sentence = format!("The shapes that `{subject}` may have differ.");
            let rule = rules::ALTERNATIVES_CHANGED;
            self.add_value_change(rule, slot, pointer, subject, sentence);
            self.mark_reached(&all(&old), &all(&new));
        }
    }

    /// Whether a schema became one of several alternatives, or was one of several and
    /// is the only one now. Compared keyword by keyword the two would differ
    /// completely.
    ///
    /// That holds only if nothing but the alternatives stands beside it, apart from
    /// `nullable`.
    pub(super) fn wrapped(&mut self, slot: Slot, sides: Sides<'_, 'a>, subject: &str) -> bool {
        let (before, after) = (sides.old.alternatives(), sides.new.alternatives());
        match (before.as_slice(), after.as_slice()) {
            ([], [set]) if only_chooses(sides.new, sides.old) => {
                let print = self.old_prints.shape(sides.old);
                let (same, others): (Vec<_>, Vec<_>) = set
                    .of
                    .iter()
                    .cloned()
                    .partition(|element| self.new_prints.schema(element) == print);
                if same.is_empty() {
                    return false;
                }
                for one in &same {
                    let one = std::slice::from_ref(one);
                    self.shapes(slot, &sides.old.parts, one, subject);
                }
                self.alternatives_added(slot, others, subject);
                if sides.new.is_nullable() {
                    self.nullability(slot, sides, subject);
                }
            }
            ([set], []) if only_chooses(sides.old, sides.new) => {
                let print = self.new_prints.shape(sides.new);
                let (same, others): (Vec<_>, Vec<_>) = set
                    .of
                    .iter()
                    .cloned()
                    .partition(|element| self.old_prints.schema(element) == print);
                if same.is_empty() {
                    return false;
                }
                for one in &same {
                    let one = std::slice::from_ref(one);
                    self.shapes(slot, one, &sides.new.parts, subject);
                }
                self.alternatives_removed(slot, others, subject);
                if sides.old.is_nullable() {
                    self.nullability(slot, sides, subject);
                }
            }
            _ => return false,
        }
        self.mark_reached(&sides.old.parts, &sides.new.parts);
        true
    }

    fn exclusiveness(
        &mut self,
        slot: Slot,
        old: &Alternatives<'a>,
        new: &Alternatives<'a>,
        subject: &str,
    ) {
        let (rule, sentence) = match (old.exclusive, new.exclusive) {
            (false, true) => (
                rules::ALTERNATIVES_EXCLUSIVE,
                format!("`{subject}` must match exactly one of its shapes now."),
            ),
            (true, false) => (
                rules::ALTERNATIVES_COMBINABLE,
                format!("`{subject}` may match several of its shapes now."),
            ),
            _ => return,
        };
        self.add_value_change(rule, slot, new.pointer.clone(), subject, sentence);
    }

    fn paired(
        &mut self,
        slot: Slot,
        old: &Alternatives<'a>,
        new: &Alternatives<'a>,
        subject: &str,
    ) {
        let (mut before, mut after) = (old.of.clone(), new.of.clone());
        let mut pairs = Vec::new();
        let old_print = |element: &Element<'a>| self.old_prints.schema(element);
        let new_print = |element: &Element<'a>| self.new_prints.schema(element);
        take_pairs(&mut before, &mut after, &mut pairs, |old, new| {
            old_print(old) == new_print(new)
        });
        let target = |element: &Element<'a>| element.text("$ref").map(str::to_owned);
        take_pairs(&mut before, &mut after, &mut pairs, |old, new| {
            target(old).is_some() && target(old) == target(new)
        });
        if before.len() == after.len() {
            take_pairs(&mut before, &mut after, &mut pairs, |_, _| true);
        }
        for (old, new) in pairs {
            let index = new
                .pointer
                .rsplit('/')
                .next()
                .unwrap_or_default()
                .to_owned();
            let subject = format!("{subject}({index})");
            self.shapes(slot, &[old], &[new], &subject);
        }
        self.alternatives_removed(slot, before, subject);
        self.alternatives_added(slot, after, subject);
    }

    fn alternatives_removed(&mut self, slot: Slot, elements: Vec<Element<'a>>, subject: &str) {
        for element in elements {
            let sentence = slot.direction.pick(
                format!("One of the shapes of `{subject}` is no longer accepted."),
                format!("One of the shapes of `{subject}` is no longer sent."),
            );
            self.mark_reached(std::slice::from_ref(&element), &[]);
            self.add_value_change(
                rules::ALTERNATIVE_REMOVED,
                slot,
                element.pointer,
                subject,
                sentence,
            );
        }
    }

    fn alternatives_added(&mut self, slot: Slot, elements: Vec<Element<'a>>, subject: &str) {
        for element in elements {
            let sentence = format!("`{subject}` may have another shape, too.");
            self.mark_reached(&[], std::slice::from_ref(&element));
            self.add_value_change(
                rules::ALTERNATIVE_ADDED,
                slot,
                element.pointer,
                subject,
                sentence,
            );
        }
    }
}

/// Whether a shape consists only of its alternatives, compared with `other`, which is
/// one of them.
fn only_chooses(shape: &Shape<'_>, other: &Shape<'_>) -> bool {
    let read = ["oneOf", "anyOf", "allOf", "nullable", "$ref"];
    let says_more = |key: &str| match key {
        "type" => shape.own_types() != other.types(),
        key => !(read.contains(&key) || documentation_rule(key).is_some() || key.starts_with("x-")),
    };
    let keys = shape.parts.iter().flat_map(Element::members);
    !keys.into_iter().any(|(key, _)| says_more(key))
}

/// Removes the pairs for which `fits` holds from both lists and returns them.
fn take_pairs<'a>(
    old: &mut Vec<Element<'a>>,
    new: &mut Vec<Element<'a>>,
    pairs: &mut Vec<(Element<'a>, Element<'a>)>,
    fits: impl Fn(&Element<'a>, &Element<'a>) -> bool,
) {
    old.retain(|before| {
        let found = new.iter().position(|after| fits(before, after));
        if let Some(found) = found {
            pairs.push((before.clone(), new.remove(found)));
        }
        found.is_none()
    });
}

/// All alternatives of several sets.
fn all<'a>(sets: &[Alternatives<'a>]) -> Vec<Element<'a>> {
    sets.iter().flat_map(|set| set.of.clone()).collect()
}
