//! Alternatives: `oneOf` and `anyOf`.
//!
//! Alternatives have no names, so it has to be found out which of the new ones was which of
//! the old ones: those that say the same, then those that refer to the same component, and
//! then, if there are equally many left, those in the same place.

use std::collections::BTreeSet;

use crate::{
    fingerprint::Fingerprints,
    rules,
    schema::Sides,
    shape::{Alternatives, Shape},
    spec::Place,
    wire::{Slot, Wire, words_rule},
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
                let sentence = format!("`{subject}` has to be one of several shapes now.");
                self.say_of(rules::ALTERNATIVES_SET, slot, pointer, subject, sentence);
                self.pass(&[], &all(sets));
            }
            (sets, []) => {
                let pointer = sets
                    .first()
                    .map(|set| set.pointer.clone())
                    .unwrap_or_default();
                let sentence = format!("`{subject}` no longer has to be one of several shapes.");
                self.say_of(
                    rules::ALTERNATIVES_DROPPED,
                    slot,
                    pointer,
                    subject,
                    sentence,
                );
                self.pass(&all(sets), &[]);
            }
            (_, _) => self.several(slot, old, new, subject),
        }
    }

    /// Compares schemas of which several choices have to be made at once, in `allOf`. Those
    /// that say the same belong together.
    fn several(
        &mut self,
        slot: Slot,
        mut old: Vec<Alternatives<'a>>,
        mut new: Vec<Alternatives<'a>>,
        subject: &str,
    ) {
        let print = |prints: &Fingerprints<'a>, set: &Alternatives<'a>| {
            let of: BTreeSet<u64> = set.of.iter().map(|place| prints.schema(place)).collect();
            (set.exclusive, of)
        };
        let mut pairs = Vec::new();
        old.retain(|before| {
            let said = print(&self.old_prints, before);
            let found = new
                .iter()
                .position(|after| print(&self.new_prints, after) == said);
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
            self.say_of(rule, slot, pointer, subject, sentence);
            self.pass(&all(&old), &all(&new));
        }
    }

    /// Whether a schema has become one of several, or was one of several and is the only
    /// one now. Compared keyword by keyword it would be something else altogether.
    ///
    /// That is so only where nothing but the choice is said beside it, apart from whether
    /// all of it may be `null`.
    pub(super) fn wrapped(&mut self, slot: Slot, sides: Sides<'_, 'a>, subject: &str) -> bool {
        let (before, after) = (sides.old.alternatives(), sides.new.alternatives());
        match (before.as_slice(), after.as_slice()) {
            ([], [set]) if only_chooses(sides.new, sides.old) => {
                let print = self.old_prints.shape(sides.old);
                let (same, others): (Vec<_>, Vec<_>) = set
                    .of
                    .iter()
                    .cloned()
                    .partition(|place| self.new_prints.schema(place) == print);
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
                    .partition(|place| self.old_prints.schema(place) == print);
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
        self.pass(&sides.old.parts, &sides.new.parts);
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
                format!("`{subject}` has to fit exactly one of its shapes now."),
            ),
            (true, false) => (
                rules::ALTERNATIVES_COMBINABLE,
                format!("`{subject}` may fit several of its shapes now."),
            ),
            _ => return,
        };
        self.say_of(rule, slot, new.pointer.clone(), subject, sentence);
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
        let old_print = |place: &Place<'a>| self.old_prints.schema(place);
        let new_print = |place: &Place<'a>| self.new_prints.schema(place);
        take_pairs(&mut before, &mut after, &mut pairs, |old, new| {
            old_print(old) == new_print(new)
        });
        let target = |place: &Place<'a>| place.text("$ref").map(str::to_owned);
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

    fn alternatives_removed(&mut self, slot: Slot, places: Vec<Place<'a>>, subject: &str) {
        for place in places {
            let sentence = slot.direction.pick(
                format!("One of the shapes of `{subject}` is no longer taken."),
                format!("One of the shapes of `{subject}` no longer comes."),
            );
            self.pass(std::slice::from_ref(&place), &[]);
            self.say_of(
                rules::ALTERNATIVE_REMOVED,
                slot,
                place.pointer,
                subject,
                sentence,
            );
        }
    }

    fn alternatives_added(&mut self, slot: Slot, places: Vec<Place<'a>>, subject: &str) {
        for place in places {
            let sentence = format!("`{subject}` may have another shape, too.");
            self.pass(&[], std::slice::from_ref(&place));
            self.say_of(
                rules::ALTERNATIVE_ADDED,
                slot,
                place.pointer,
                subject,
                sentence,
            );
        }
    }
}

/// Whether a shape says no more than which alternatives there are, as against the `other`,
/// which is one of them.
fn only_chooses(shape: &Shape<'_>, other: &Shape<'_>) -> bool {
    let read = ["oneOf", "anyOf", "allOf", "nullable", "$ref"];
    let says_more = |key: &str| match key {
        "type" => shape.own_types() != other.types(),
        key => !(read.contains(&key) || words_rule(key).is_some() || key.starts_with("x-")),
    };
    let keys = shape.parts.iter().flat_map(Place::members);
    !keys.into_iter().any(|(key, _)| says_more(key))
}

/// Moves the pairs for which `fits` holds.
fn take_pairs<'a>(
    old: &mut Vec<Place<'a>>,
    new: &mut Vec<Place<'a>>,
    pairs: &mut Vec<(Place<'a>, Place<'a>)>,
    fits: impl Fn(&Place<'a>, &Place<'a>) -> bool,
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
fn all<'a>(sets: &[Alternatives<'a>]) -> Vec<Place<'a>> {
    sets.iter().flat_map(|set| set.of.clone()).collect()
}
