//! Whether two schemas mean the same, by comparing two numbers.
//!
//! Alternatives have no names, so the new ones can only be found by recognising the old
//! ones. Two schemas with the same fingerprint accept the same values, whether they are
//! written in place or behind a reference, and whatever their descriptions are.
//!
//! Only a few levels of a schema are read. That is enough to tell alternatives apart,
//! and gives the same result wherever in a cycle one begins. So a fingerprint decides
//! what to compare with what, and never replaces the comparison.

use std::{
    cell::RefCell,
    collections::{BTreeSet, HashMap, hash_map::DefaultHasher},
    hash::{Hash, Hasher},
};

use serde_json::Value;

use super::{
    rules::documentation_rule,
    shape::{Key, Shape},
    spec::{Element, Spec},
};

/// How many levels of a schema are read.
const DEPTH: usize = 6;

/// The keywords that are handled one by one.
const READ: [&str; 9] = [
    "type",
    "nullable",
    "enum",
    "x-extensible-enum",
    "properties",
    "required",
    "oneOf",
    "anyOf",
    "allOf",
];

/// The fingerprints of a document's schemas, each made once.
pub(super) struct Fingerprints<'a> {
    spec: &'a Spec,
    /// By shape and number of levels.
    made: RefCell<HashMap<(Key, usize), u64>>,
}

impl<'a> Fingerprints<'a> {
    pub(super) fn of(spec: &'a Spec) -> Self {
        Self {
            spec,
            made: RefCell::default(),
        }
    }

    /// The fingerprint of a schema.
    pub(super) fn schema(&self, element: &Element<'a>) -> u64 {
        self.inner(std::slice::from_ref(element), DEPTH)
    }

    /// The fingerprint of a shape.
    pub(super) fn shape(&self, shape: &Shape<'a>) -> u64 {
        self.within(shape, DEPTH)
    }

    fn inner(&self, elements: &[Element<'a>], depth: usize) -> u64 {
        self.within(&Shape::of(self.spec, elements), depth)
    }

    fn within(&self, shape: &Shape<'a>, depth: usize) -> u64 {
        let key = (shape.key(), depth);
        if let Some(made) = self.made.borrow().get(&key) {
            return *made;
        }
        // Below the last level only the presence of a keyword counts.
        let inner = |elements: &[Element<'a>]| match depth.checked_sub(1) {
            Some(depth) => self.inner(elements, depth),
            None => 0,
        };
        let mut facts = BTreeSet::new();
        facts.extend(shape.types().map(|types| number(&("type", types))));
        facts.extend(shape.is_nullable().then(|| number(&"nullable")));
        facts.extend(
            shape
                .list()
                .map(|list| number(&("list", list.closed, list.values))),
        );
        for (name, elements) in shape.properties() {
            facts.insert(number(&("property", name, inner(&elements))));
        }
        for name in shape.required() {
            facts.insert(number(&("required", name)));
        }
        for alternatives in shape.alternatives() {
            let of = alternatives.of.iter();
            let of: BTreeSet<u64> = of.map(|one| inner(std::slice::from_ref(one))).collect();
            facts.insert(number(&("alternatives", alternatives.exclusive, of)));
        }
        for (key, element) in shape.parts.iter().flat_map(Element::members) {
            facts.extend(other(key, &element, inner));
        }
        for part in shape.parts.iter().filter(|part| !part.value.is_object()) {
            facts.insert(number(&("odd", part.value.to_string())));
        }
        let made = number(&facts);
        self.made.borrow_mut().insert(key, made);
        made
    }
}

/// A number for a keyword that isn't handled above.
fn other<'a>(
    key: &str,
    element: &Element<'a>,
    inner: impl Fn(&[Element<'a>]) -> u64,
) -> Option<u64> {
    if READ.contains(&key) || documentation_rule(key).is_some() || key.starts_with("x-") {
        return None;
    }
    match element.value {
        // The value that the keyword has when it is absent.
        Value::Bool(value) if *value == (key == "additionalProperties") => None,
        Value::Object(_) if ["items", "additionalProperties", "not"].contains(&key) => {
            Some(number(&(key, inner(std::slice::from_ref(element)))))
        }
        _ => Some(number(&(key, element.value.to_string()))),
    }
}

/// A number for a value. It needs to be the same within one run only.
fn number(value: &impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    value.hash(&mut hasher);
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn print(thing: &Value) -> u64 {
        let spec = Spec::new(&json!({"components": {"schemas": {
            "Thing": thing,
            "Name": {"type": "string", "description": "What it is called."},
            "Base": {"type": "object", "properties": {"id": {"type": "string"}}},
        }}}));
        let elements = spec.components("schemas");
        Fingerprints::of(&spec).schema(&elements["Thing"])
    }

    #[test]
    fn schemas_that_accept_the_same_have_the_same_fingerprint() {
        let plain = json!({"type": "object", "properties": {"id": {"type": "string"}}});
        let id =
            json!({"allOf": [{"$ref": "#/components/schemas/Name"}], "description": "Its id."});
        for same in [
            json!({"$ref": "#/components/schemas/Base"}),
            json!({"allOf": [{"$ref": "#/components/schemas/Base"}], "title": "Thing"}),
            json!({"type": "object", "properties": {"id": {"$ref": "#/components/schemas/Name"}}}),
            json!({"type": "object", "properties": {"id": id}, "additionalProperties": true}),
            json!({"type": "object", "properties": {"id": {"type": "string", "nullable": false}}}),
        ] {
            assert_eq!(print(&same), print(&plain), "{same}");
        }
        for other in [
            json!({"type": "object", "properties": {"id": {"type": "integer"}}}),
            json!({"type": "object", "properties": {"id": {"type": "string", "nullable": true}}}),
            json!({"type": "object", "required": ["id"], "properties": {"id": {"type": "string"}}}),
            json!({"type": "object", "properties": {"id": {"type": "string"}}, "additionalProperties": false}),
            json!({"type": "object", "properties": {"id": {"type": "string", "maxLength": 3}}}),
            json!(true),
        ] {
            assert_ne!(print(&other), print(&plain), "{other}");
        }
    }

    #[test]
    fn a_cycle_has_a_fingerprint() {
        let circle = json!({"type": "object", "properties": {
            "parent": {"$ref": "#/components/schemas/Thing"},
        }});

        assert_eq!(print(&circle), print(&circle.clone()));
    }
}
