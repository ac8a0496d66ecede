//! What belongs to the document as a whole: its servers, its components and its
//! metadata.

use std::collections::BTreeSet;

use serde_json::Value;

use super::{
    extensions::Findings,
    rules::{self, documentation_rule},
    spec::{Element, Operation},
    wire::Wire,
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
        self.documentation(Some(&old), Some(&new), "the document");
        let part = |key| (old.get(key), new.get(key));
        for (key, rule) in [
            ("openapi", rules::OPENAPI_VERSION_CHANGED),
            ("info", rules::INFO_CHANGED),
        ] {
            let (before, after) = part(key);
            self.documentation_key(key, rule, before.as_ref(), after.as_ref(), "the document");
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

    /// The servers of one path or one operation. If only one side has some, they are
    /// compared with the document's.
    pub(super) fn own_servers(&mut self, old: &Operation<'a>, new: &Operation<'a>) {
        let own = |operation: &Operation<'a>| {
            let elements = [&operation.element, &operation.item];
            elements
                .into_iter()
                .find_map(|element| element.get("servers"))
        };
        let (one, other) = (own(old), own(new));
        if one.is_some() || other.is_some() {
            let one = one.or_else(|| self.old.root().get("servers"));
            let other = other.or_else(|| self.new.root().get("servers"));
            self.servers(one.as_ref(), other.as_ref(), &new.id);
        }
    }

    fn servers(&mut self, old: Option<&Element<'a>>, new: Option<&Element<'a>>, subject: &str) {
        if !self.is_readable(old, new, Value::is_array, subject) {
            return;
        }
        let list = |element: Option<&Element<'a>>| element.map(Element::items).unwrap_or_default();
        let url = |server: &Element<'a>| server.text("url").unwrap_or_default().to_owned();
        let (old, new) = (list(old), list(new));
        let is_usual = |list: &[Element<'a>]| match list {
            [] => true,
            [only] => ["", "/"].contains(&url(only).as_str()) && only.get("variables").is_none(),
            _ => false,
        };
        if is_usual(&old) && is_usual(&new) {
            return;
        }
        // An address may be listed twice, with different descriptions.
        let mut come: Vec<&Element<'a>> = new.iter().collect();
        for server in &old {
            let name = url(server);
            let Some(found) = come.iter().position(|other| url(other) == name) else {
                if !new.iter().any(|other| url(other) == name) {
                    let sentence = format!("{subject}: the server {name} is gone.");
                    let pointer = server.pointer.clone();
                    self.add(rules::SERVER_REMOVED, pointer, &name, sentence);
                }
                continue;
            };
            let other = come.remove(found);
            self.documentation(Some(server), Some(other), &name);
            let variables = |server: &Element<'a>| {
                let variables = server.get("variables").map(|element| element.value);
                variables.cloned().map(without_words).unwrap_or_default()
            };
            if variables(server) != variables(other) {
                let sentence = format!("{subject}: the server {name} has different variables.");
                let pointer = other.pointer.clone();
                self.add(rules::SERVER_CHANGED, pointer, &name, sentence);
            }
        }
        for server in come {
            let name = url(server);
            if !old.iter().any(|other| url(other) == name) {
                let sentence = format!("{subject}: the server {name} is new.");
                self.add(rules::SERVER_ADDED, server.pointer.clone(), &name, sentence);
            }
        }
        let order = |one: &[Element<'a>], other: &[Element<'a>]| -> Vec<String> {
            let known: BTreeSet<String> = other.iter().map(url).collect();
            one.iter()
                .map(url)
                .filter(|name| known.contains(name))
                .collect()
        };
        if order(&old, &new) != order(&new, &old)
            && let Some(first) = new.first()
        {
            let sentence = format!("{subject}: the servers are in a different order.");
            let pointer = first.pointer.trim_end_matches("/0").to_owned();
            self.add(rules::SERVER_ORDER_CHANGED, pointer, subject, sentence);
        }
    }

    /// Components by name. Those that are used were compared where they are used.
    fn components(&mut self, kind: &str) {
        let (old, new) = (self.old.components(kind), self.new.components(kind));
        let mut gone: Vec<(&str, Element<'a>)> = Vec::new();
        for (name, before) in &old {
            match new.get(name) {
                None => gone.push((name, before.clone())),
                Some(after) => {
                    let unused =
                        !self.is_reached(&before.pointer) && !self.is_reached(&after.pointer);
                    if unused && before.value != after.value {
                        let sentence = format!("`{name}`, which no operation leads to, differs.");
                        let pointer = after.pointer.clone();
                        self.add(rules::UNUSED_COMPONENT_CHANGED, pointer, name, sentence);
                    }
                }
            }
        }
        for (name, element) in new {
            if old.contains_key(name) {
                continue;
            }
            let before = gone
                .iter()
                .position(|(_, before)| self.is_same(kind, before, &element));
            if let Some(index) = before {
                let (before, _) = gone.remove(index);
                let sentence = format!("The component `{before}` is called `{name}`.");
                self.add(rules::COMPONENT_RENAMED, element.pointer, name, sentence);
            } else {
                let sentence = format!("The component `{name}` is new.");
                self.add(rules::COMPONENT_ADDED, element.pointer, name, sentence);
            }
        }
        for (name, element) in gone {
            let sentence = format!("The component `{name}` is gone.");
            self.add(rules::COMPONENT_REMOVED, element.pointer, name, sentence);
        }
    }

    fn is_same(&self, kind: &str, old: &Element<'a>, new: &Element<'a>) -> bool {
        if kind == "schemas" {
            self.old_prints.schema(old) == self.new_prints.schema(new)
        } else {
            old.value == new.value
        }
    }
}

/// Variables of a server without their documentation.
fn without_words(mut variables: Value) -> Value {
    let all = variables.as_object_mut().into_iter().flatten();
    for (_, variable) in all {
        if let Some(variable) = variable.as_object_mut() {
            variable.retain(|key, _| documentation_rule(key).is_none());
        }
    }
    variables
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_description_of_a_variable_is_ignored() {
        let one = serde_json::json!({"stage": {"default": "prod", "description": "Which.", "x-order": 1}});
        let other = serde_json::json!({"stage": {"default": "prod"}});

        assert_eq!(without_words(one), other);
    }
}
