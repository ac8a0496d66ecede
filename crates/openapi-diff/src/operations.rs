//! Which operation of the new document is which of the old one, and what became of it.
//!
//! An operation is known by its method and path, because that is what is sent: one with
//! another `operationId` in the same place was renamed. Of those that are left over, one with
//! the same id elsewhere was moved. An id that several operations have, or none has, does no
//! harm.

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
        for key in [exact_place, place, id] {
            pair_up(&mut old, &mut new, &mut pairs, key);
        }
        for operation in old {
            self.alone(&operation, true);
        }
        for operation in new {
            self.alone(&operation, false);
        }
        for (before, after) in pairs {
            self.within(&after.id.clone(), |wire| {
                wire.place(&before, &after);
                wire.operation(&before, &after, Direction::Request, &after.id);
                wire.own_servers(&before, &after);
            });
        }
    }

    /// What path items say besides their operations, and whether they can be read at all.
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
                self.words(before.as_ref(), after.as_ref(), path);
            }
        }
    }

    /// An operation that only one of the documents has: the old one if `gone`.
    fn alone(&mut self, operation: &Operation<'a>, gone: bool) {
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
            let pointer = operation.place.pointer.clone();
            wire.say(rule, pointer, &operation.id, sentence);
            wire.pass(old, new);
        });
    }

    /// Where the operation is, and what it is called.
    fn place(&mut self, old: &Operation<'a>, new: &Operation<'a>) {
        let pointer = &new.place.pointer;
        if old.method != new.method || shape(&old.path) != shape(&new.path) {
            let sentence = format!(
                "`{}` is {} {} now, and was {} {}.",
                new.id,
                new.method.to_uppercase(),
                new.path,
                old.method.to_uppercase(),
                old.path
            );
            self.say(rules::OPERATION_MOVED, pointer.clone(), &new.id, sentence);
        } else {
            for (before, after) in placeholders(old, new) {
                let sentence = format!(
                    "The path parameter `{before}` of `{}` is called `{after}`.",
                    new.id
                );
                self.say(
                    rules::PLACEHOLDER_RENAMED,
                    pointer.clone(),
                    &new.id,
                    sentence,
                );
            }
        }
        if old.id != new.id {
            let sentence = format!("The operation `{}` is called `{}`.", old.id, new.id);
            self.say(
                rules::OPERATION_ID_CHANGED,
                pointer.clone(),
                &new.id,
                sentence,
            );
        }
    }

    /// Compares two operations, or two of a callback: there `sent` is turned round.
    pub(super) fn operation(
        &mut self,
        old: &Operation<'a>,
        new: &Operation<'a>,
        sent: Direction,
        subject: &str,
    ) {
        self.words(Some(&old.place), Some(&new.place), subject);
        self.parameters(old, new, sent, subject);
        let part = |key| (old.place.get(key), new.place.get(key));
        let (before, after) = part("requestBody");
        self.body(before, after, sent, subject);
        let (before, after) = part("responses");
        self.responses(before, after, sent.reversed(), subject);
        let extensions = self.extensions;
        extensions.operation(&old.place, &new.place, &mut Findings::new(self, subject));
        if sent == Direction::Request {
            let (before, after) = part("callbacks");
            self.callbacks(before, after, subject);
            self.security(old, new, subject);
        }
    }
}

/// What two operations have in common that are the same.
type Key = (String, String);

fn exact_place(operation: &Operation<'_>) -> Key {
    (operation.path.clone(), operation.method.clone())
}

fn place(operation: &Operation<'_>) -> Key {
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

/// The placeholders that have another name, by their place in the path.
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
