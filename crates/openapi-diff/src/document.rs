//! What belongs to the document as a whole: who serves it, its components, and
//! what it says of itself.

use std::collections::BTreeSet;

use serde_json::Value;

use super::{
    extensions::Findings,
    rules,
    spec::{Operation, Place},
    wire::{Wire, words_rule},
};

/// The kinds of components that operations refer to.
const KINDS: [&str; 8] = [
    "callbacks",
    "examples",
    "headers",
    "links",
    "parameters",
    "requestBodies",
    "responses",
    "schemas",
];

impl<'a> Wire<'a> {
    pub(super) fn document(&mut self) {
        let (old, new) = (self.old.root(), self.new.root());
        if !self.is_readable(Some(&old), Some(&new), Value::is_object, "the document") {
            return;
        }
        self.words(Some(&old), Some(&new), "the document");
        let part = |key| (old.get(key), new.get(key));
        for (key, rule) in [
            ("openapi", rules::OPENAPI_VERSION_CHANGED),
            ("info", rules::INFO_CHANGED),
        ] {
            let (before, after) = part(key);
            self.word(key, rule, before.as_ref(), after.as_ref(), "the document");
        }
        let (before, after) = part("servers");
        self.servers(before.as_ref(), after.as_ref(), "the document");
        let (old, new, extensions) = (self.old, self.new, self.extensions);
        extensions.document(old, new, &mut Findings::new(self, "the document"));
        self.security_schemes();
        for kind in KINDS {
            self.components(kind);
        }
    }

    /// Servers that a path or an operation has for itself. Where only one side has some, the
    /// document's are the other's.
    pub(super) fn own_servers(&mut self, old: &Operation<'a>, new: &Operation<'a>) {
        let own = |operation: &Operation<'a>| {
            let places = [&operation.place, &operation.item];
            places.into_iter().find_map(|place| place.get("servers"))
        };
        let (one, other) = (own(old), own(new));
        if one.is_some() || other.is_some() {
            let one = one.or_else(|| self.old.root().get("servers"));
            let other = other.or_else(|| self.new.root().get("servers"));
            self.servers(one.as_ref(), other.as_ref(), &new.id);
        }
    }

    fn servers(&mut self, old: Option<&Place<'a>>, new: Option<&Place<'a>>, subject: &str) {
        if !self.is_readable(old, new, Value::is_array, subject) {
            return;
        }
        let list = |place: Option<&Place<'a>>| place.map(Place::items).unwrap_or_default();
        let url = |server: &Place<'a>| server.text("url").unwrap_or_default().to_owned();
        let (old, new) = (list(old), list(new));
        let is_usual = |list: &[Place<'a>]| match list {
            [] => true,
            [only] => ["", "/"].contains(&url(only).as_str()) && only.get("variables").is_none(),
            _ => false,
        };
        if is_usual(&old) && is_usual(&new) {
            return;
        }
        // An address may be listed twice, with other words.
        let mut come: Vec<&Place<'a>> = new.iter().collect();
        for server in &old {
            let name = url(server);
            let Some(found) = come.iter().position(|other| url(other) == name) else {
                if !new.iter().any(|other| url(other) == name) {
                    let sentence = format!("{subject}: the server {name} is gone.");
                    let pointer = server.pointer.clone();
                    self.say(rules::SERVER_REMOVED, pointer, &name, sentence);
                }
                continue;
            };
            let other = come.remove(found);
            self.words(Some(server), Some(other), &name);
            let variables = |server: &Place<'a>| {
                let variables = server.get("variables").map(|place| place.value);
                variables.cloned().map(without_words).unwrap_or_default()
            };
            if variables(server) != variables(other) {
                let sentence = format!("{subject}: the server {name} has other variables.");
                let pointer = other.pointer.clone();
                self.say(rules::SERVER_CHANGED, pointer, &name, sentence);
            }
        }
        for server in come {
            let name = url(server);
            if !old.iter().any(|other| url(other) == name) {
                let sentence = format!("{subject}: the server {name} is new.");
                self.say(rules::SERVER_ADDED, server.pointer.clone(), &name, sentence);
            }
        }
        let order = |one: &[Place<'a>], other: &[Place<'a>]| -> Vec<String> {
            let known: BTreeSet<String> = other.iter().map(url).collect();
            one.iter()
                .map(url)
                .filter(|name| known.contains(name))
                .collect()
        };
        if order(&old, &new) != order(&new, &old)
            && let Some(first) = new.first()
        {
            let sentence = format!("{subject}: the servers are in another order.");
            let pointer = first.pointer.trim_end_matches("/0").to_owned();
            self.say(rules::SERVER_ORDER_CHANGED, pointer, subject, sentence);
        }
    }

    /// Components by name. What is used was compared where it is used.
    fn components(&mut self, kind: &str) {
        let (old, new) = (self.old.components(kind), self.new.components(kind));
        let mut gone: Vec<(&str, Place<'a>)> = Vec::new();
        for (name, before) in &old {
            match new.get(name) {
                None => gone.push((name, before.clone())),
                Some(after) => {
                    let unused =
                        !self.is_reached(&before.pointer) && !self.is_reached(&after.pointer);
                    if unused && before.value != after.value {
                        let sentence = format!("`{name}`, which no operation leads to, differs.");
                        let pointer = after.pointer.clone();
                        self.say(rules::UNUSED_COMPONENT_CHANGED, pointer, name, sentence);
                    }
                }
            }
        }
        for (name, place) in new {
            if old.contains_key(name) {
                continue;
            }
            let before = gone
                .iter()
                .position(|(_, before)| self.is_same(kind, before, &place));
            if let Some(index) = before {
                let (before, _) = gone.remove(index);
                let sentence = format!("The component `{before}` is called `{name}`.");
                self.say(rules::COMPONENT_RENAMED, place.pointer, name, sentence);
            } else {
                let sentence = format!("The component `{name}` is new.");
                self.say(rules::COMPONENT_ADDED, place.pointer, name, sentence);
            }
        }
        for (name, place) in gone {
            let sentence = format!("The component `{name}` is gone.");
            self.say(rules::COMPONENT_REMOVED, place.pointer, name, sentence);
        }
    }

    fn is_same(&self, kind: &str, old: &Place<'a>, new: &Place<'a>) -> bool {
        if kind == "schemas" {
            self.old_prints.schema(old) == self.new_prints.schema(new)
        } else {
            old.value == new.value
        }
    }
}

/// Variables of a server without what is there for people.
fn without_words(mut variables: Value) -> Value {
    let all = variables.as_object_mut().into_iter().flatten();
    for (_, variable) in all {
        if let Some(variable) = variable.as_object_mut() {
            variable.retain(|key, _| words_rule(key).is_none());
        }
    }
    variables
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_said_of_a_variable_is_no_part_of_it() {
        let one = serde_json::json!({"stage": {"default": "prod", "description": "Which.", "x-order": 1}});
        let other = serde_json::json!({"stage": {"default": "prod"}});

        assert_eq!(without_words(one), other);
    }
}
