//! The type of a value, its format, and whether it may be `null`.

use std::collections::BTreeSet;

use crate::{
    rules::{self, Directed},
    schema::Sides,
    wire::{Slot, Wire},
};

impl<'a> Wire<'a> {
    /// Compares the types. Returns false if they differ so much that nothing else is
    /// worth comparing.
    pub(super) fn types(&mut self, slot: Slot, sides: Sides<'_, 'a>, subject: &str) -> bool {
        self.nullability(slot, sides, subject);
        // Alternatives on both sides are paired and compared later, one by one.
        let both_have_some =
            !sides.old.alternatives().is_empty() && !sides.new.alternatives().is_empty();
        let (old, new) = if both_have_some {
            (sides.old.own_types(), sides.new.own_types())
        } else {
            (sides.old.types(), sides.new.types())
        };
        if old == new {
            self.format(slot, sides, subject);
            return true;
        }
        let wider = allows(new.as_ref(), old.as_ref());
        let narrower = allows(old.as_ref(), new.as_ref());
        let rule = match (wider, narrower) {
            (true, _) => rules::TYPE_WIDENED,
            (false, true) => rules::TYPE_NARROWED,
            (false, false) => rules::TYPE_CHANGED,
        };
        let sentence = format!(
            "`{subject}` is {} now, and was {}.",
            spelled(new.as_ref()),
            spelled(old.as_ref())
        );
        self.add_value_change(rule, slot, sides.pointer("type"), subject, sentence);
        // Limits mean the same for both types of numbers.
        let are_numbers = |types: Option<&BTreeSet<&str>>| {
            let number = |name: &&str| matches!(*name, "integer" | "number");
            types.is_some_and(|types| types.iter().all(number))
        };
        are_numbers(old.as_ref()) && are_numbers(new.as_ref())
    }

    pub(super) fn nullability(&mut self, slot: Slot, sides: Sides<'_, 'a>, subject: &str) {
        let (rule, sentence) = match (sides.old.is_nullable(), sides.new.is_nullable()) {
            (false, true) => (
                rules::BECAME_NULLABLE,
                format!("`{subject}` may be `null` now."),
            ),
            (true, false) => (
                rules::BECAME_NOT_NULLABLE,
                format!("`{subject}` is no longer `null`."),
            ),
            _ => return,
        };
        self.add_value_change(rule, slot, sides.pointer("nullable"), subject, sentence);
    }

    /// A format says which values the type allows. Of two formats of numbers it is
    /// known which includes the other.
    fn format(&mut self, slot: Slot, sides: Sides<'_, 'a>, subject: &str) {
        let formats = |shape: &super::Shape<'a>| -> BTreeSet<String> {
            let stated = shape.all("format").into_iter();
            stated
                .map(|element| {
                    element
                        .value
                        .as_str()
                        .map_or_else(|| element.value.to_string(), str::to_owned)
                })
                .collect()
        };
        let (old, new) = (formats(sides.old), formats(sides.new));
        if old == new {
            return;
        }
        let holds = |wide: &BTreeSet<String>, narrow: &BTreeSet<String>| {
            let pair = (
                wide.first().map(String::as_str),
                narrow.first().map(String::as_str),
            );
            wide.is_subset(narrow)
                || (wide.len() == 1
                    && narrow.len() == 1
                    && matches!(
                        pair,
                        (Some("int64"), Some("int32")) | (Some("double"), Some("float"))
                    ))
        };
        let rule: Directed = if holds(&new, &old) {
            rules::FORMAT_WIDENED
        } else if holds(&old, &new) {
            rules::FORMAT_NARROWED
        } else {
            rules::FORMAT_CHANGED
        };
        let words = |formats: &BTreeSet<String>| {
            let names: Vec<&str> = formats.iter().map(String::as_str).collect();
            match names.as_slice() {
                [] => "no format".to_owned(),
                names => format!("the format {}", names.join(" and ")),
            }
        };
        let sentence = format!(
            "`{subject}` has {} now, and had {}.",
            words(&new),
            words(&old)
        );
        self.add_value_change(rule, slot, sides.pointer("format"), subject, sentence);
    }
}

/// Whether the wide types allow every value of the narrow ones.
fn allows(wide: Option<&BTreeSet<&str>>, narrow: Option<&BTreeSet<&str>>) -> bool {
    let Some(wide) = wide else { return true };
    narrow.is_some_and(|narrow| {
        let fits =
            |name: &str| wide.contains(name) || (name == "integer" && wide.contains("number"));
        narrow.iter().all(|name| fits(name))
    })
}

fn spelled(types: Option<&BTreeSet<&str>>) -> String {
    let Some(types) = types else {
        return "of any type".to_owned();
    };
    let names: Vec<&str> = types.iter().copied().collect();
    match names.as_slice() {
        [] => "of no type".to_owned(),
        [name] if name.starts_with(['a', 'i', 'o']) => format!("an {name}"),
        [name] => format!("a {name}"),
        names => format!("one of {}", names.join(", ")),
    }
}
