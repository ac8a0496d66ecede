//! Lists of values: `enum`, which says that there are no others, and
//! `x-extensible-enum`, which says that there may be others.
//!
//! A value that is sent must be on the service's list. A value that is received needn't be on ours.

use crate::{
    rules,
    schema::Sides,
    shape::List,
    wire::{Slot, Wire},
};

impl<'a> Wire<'a> {
    pub(super) fn lists(&mut self, slot: Slot, sides: Sides<'_, 'a>, subject: &str) {
        let (rule, pointer, sentence) = match (sides.old.list(), sides.new.list()) {
            (None, None) => return,
            (None, Some(new)) if new.closed => (
                rules::BECAME_ENUM,
                new.pointer,
                format!("`{subject}` is one of a list of values now."),
            ),
            (None, Some(new)) => (
                rules::KNOWN_VALUES_LISTED,
                new.pointer,
                format!("Known values of `{subject}` are listed; others are possible."),
            ),
            (Some(old), None) if old.closed => (
                rules::NO_LONGER_ENUM,
                old.pointer,
                format!("`{subject}` may have any value now."),
            ),
            (Some(old), None) => (
                rules::KNOWN_VALUES_UNLISTED,
                old.pointer,
                format!("Known values of `{subject}` are no longer listed."),
            ),
            (Some(old), Some(new)) => {
                self.values(slot, &old, &new, subject);
                match (old.closed, new.closed) {
                    (true, false) => (
                        rules::ENUM_OPENED,
                        new.pointer,
                        format!("`{subject}` may have values that aren't listed."),
                    ),
                    (false, true) => (
                        rules::ENUM_CLOSED,
                        new.pointer,
                        format!("`{subject}` may only have the values that are listed."),
                    ),
                    _ => return,
                }
            }
        };
        self.add_value_change(rule, slot, pointer, subject, sentence);
    }

    fn values(&mut self, slot: Slot, old: &List, new: &List, subject: &str) {
        let spelled = |values: Vec<&String>| -> Option<String> {
            let spelled: Vec<String> = values.iter().map(|value| format!("`{value}`")).collect();
            (!spelled.is_empty()).then(|| spelled.join(", "))
        };
        if let Some(added) = spelled(new.values.difference(&old.values).collect()) {
            let sentence = format!("`{subject}` may be {added}, too.");
            let pointer = new.pointer.clone();
            self.add_value_change(rules::ENUM_VALUE_ADDED, slot, pointer, subject, sentence);
        }
        if let Some(removed) = spelled(old.values.difference(&new.values).collect()) {
            let sentence = format!("`{subject}` is no longer {removed}.");
            let pointer = new.pointer.clone();
            self.add_value_change(rules::ENUM_VALUE_REMOVED, slot, pointer, subject, sentence);
        }
    }
}
