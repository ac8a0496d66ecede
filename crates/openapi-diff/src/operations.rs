//! Which operation of the new document is which of the old one, and what became of it.
//!
//! Method and path identify an operation, because they are what is sent: an operation
//! with another `operationId` under the same path was renamed. Of those that are left,
//! an operation with the same id under another path was moved. An id that several
//! operations have, or none, does no harm.

use std::collections::{BTreeMap, VecDeque};

use serde_json::Value;

use super::{
    extensions::Findings,
    rules::{self, Direction},
    spec::{METHODS, Operation},
    template::{names, shape},
    wire::Wire,
};

impl<'a> Wire<'a> {
    pub(super) fn operations(&mut self) {
        self.path_items();
        let (mut old, mut new) = (self.old.operations(), self.new.operations());
        let mut pairs = Vec::new();
        for key in [exact_path, element, id] {
            pair_up(&mut old, &mut new, &mut pairs, key);
        }
        for operation in old {
            self.unpaired(&operation, true);
        }
        for operation in new {
            self.unpaired(&operation, false);
        }
        for (before, after) in pairs {
            self.within(&after.id.clone(), |wire| {
                wire.element(&before, &after);
                wire.operation(&before, &after, Direction::Request, &after.id);
                wire.own_servers(&before, &after);
            });
        }
    }

    /// Compares path items besides their operations, and whether they can be read at all.
    fn path_items(&mut self) {
        let (old, new) = (self.old.root().get("paths"), self.new.root().get("paths"));
        for (path, (before, after)) in self.members_of(old.as_ref(), new.as_ref(), "paths") {
            if !path.starts_with('/') {
                // An extension, which is no path.
                continue;
            }
            let before = before.map(|item| self.old.resolve(item));
            let after = after.map(|item| self.new.resolve(item));
            let members = self.members_of(before.as_ref(), after.as_ref(), path);
            for (_, (one, other)) in members.iter().filter(|(key, _)| METHODS.contains(key)) {
                self.is_readable(one.as_ref(), other.as_ref(), Value::is_object, path);
            }
            if before.is_some() && after.is_some() {
                self.documentation(before.as_ref(), after.as_ref(), path);
            }
        }
    }

    /// Lists an operation that only one of the documents has: the old one if `gone`.
    fn unpaired(&mut self, operation: &Operation<'a>, gone: bool) {
        let item = std::slice::from_ref(&operation.item);
        let (rule, is, old, new): (_, _, &[_], &[_]) = if gone {
            (rules::OPERATION_REMOVED, "gone", item, &[])
        } else {
            (rules::OPERATION_ADDED, "new", &[], item)
        };
        self.within(&operation.id, |wire| {
            let sentence = format!(
                "The operation `{}` ({} {}) is {is}.",
                operation.id,
                operation.method.to_uppercase(),
                operation.path
            );
            let pointer = operation.element.pointer.clone();
            wire.add(rule, pointer, &operation.id, sentence);
            wire.mark_reached(old, new);
        });
    }

    /// Compares method, path and id of an operation.
    fn element(&mut self, old: &Operation<'a>, new: &Operation<'a>) {
        let pointer = &new.element.pointer;
        if old.method != new.method || shape(&old.path) != shape(&new.path) {
            let sentence = format!(
                "`{}` is {} {} now, and was {} {}.",
                new.id,
                new.method.to_uppercase(),
                new.path,
                old.method.to_uppercase(),
                old.path
            );
            self.add(rules::OPERATION_MOVED, pointer.clone(), &new.id, sentence);
        } else {
            for (before, after) in placeholders(old, new) {
                let sentence = format!(
                    "The path parameter `{before}` of `{}` is called `{after}`.",
                    new.id
                );
                self.add(
                    rules::PLACEHOLDER_RENAMED,
                    pointer.clone(),
                    &new.id,
                    sentence,
                );
            }
        }
        if old.id != new.id {
            let sentence = format!("The operation `{}` is called `{}`.", old.id, new.id);
            self.add(
                rules::OPERATION_ID_CHANGED,
                pointer.clone(),
                &new.id,
                sentence,
            );
        }
    }

    /// Compares two operations, or two of a callback: there the directions are
    /// reversed.
    pub(super) fn operation(
        &mut self,
        old: &Operation<'a>,
        new: &Operation<'a>,
        sent: Direction,
        subject: &str,
    ) {
        self.documentation(Some(&old.element), Some(&new.element), subject);
        self.parameters(old, new, sent, subject);
        let part = |key| (old.element.get(key), new.element.get(key));
        let (before, after) = part("requestBody");
        self.body(before, after, sent, subject);
        let (before, after) = part("responses");
        self.responses(before, after, sent.reversed(), subject);
        let extensions = self.extensions;
        extensions.operation(
            &old.element,
            &new.element,
            &mut Findings::new(self, subject),
        );
        if sent == Direction::Request {
            let (before, after) = part("callbacks");
            self.callbacks(before, after, subject);
            self.security(old, new, subject);
        }
    }
}

/// What two matching operations have in common.
type Key = (String, String);

fn exact_path(operation: &Operation<'_>) -> Key {
    (operation.path.clone(), operation.method.clone())
}

fn element(operation: &Operation<'_>) -> Key {
    (shape(&operation.path), operation.method.clone())
}

fn id(operation: &Operation<'_>) -> Key {
    (operation.id.clone(), String::new())
}

/// Moves the pairs of operations that have a key in common.
fn pair_up<'a>(
    old: &mut Vec<Operation<'a>>,
    new: &mut Vec<Operation<'a>>,
    pairs: &mut Vec<(Operation<'a>, Operation<'a>)>,
    key: fn(&Operation<'_>) -> Key,
) {
    let mut before: BTreeMap<Key, VecDeque<Operation<'a>>> = BTreeMap::new();
    for operation in old.drain(..) {
        before
            .entry(key(&operation))
            .or_default()
            .push_back(operation);
    }
    new.retain(|after| {
        let same = before.get_mut(&key(after));
        let found = same.and_then(VecDeque::pop_front);
        let is_alone = found.is_none();
        pairs.extend(found.map(|before| (before, after.clone())));
        is_alone
    });
    old.extend(before.into_values().flatten());
}

/// The placeholders that were renamed, by their position in the path.
pub(super) fn placeholders<'o>(
    old: &'o Operation<'_>,
    new: &'o Operation<'_>,
) -> BTreeMap<&'o str, &'o str> {
    if shape(&old.path) != shape(&new.path) {
        return BTreeMap::new();
    }
    let pairs = names(&old.path).zip(names(&new.path));
    pairs.filter(|(before, after)| before != after).collect()
}
