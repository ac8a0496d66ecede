//! Whether two schemas say the same, told by a number.
//!
//! Alternatives have no names, so to find out which of them are new one has to know which
//! were there before. Two schemas with one fingerprint accept the same values, whether they
//! are written in place or behind a reference, and whatever is said about them in words.

use std::{
    cell::RefCell,
    collections::{BTreeSet, HashMap, HashSet, hash_map::DefaultHasher},
    hash::{Hash, Hasher},
};

use serde_json::Value;

use super::{
    shape::Shape,
    spec::{Place, Spec},
    wire::words_rule,
};

/// How deep schemas are looked into. Nobody writes one that is deeper.
const DEPTH: usize = 48;

/// The keywords that have a reading of their own.
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
    made: RefCell<HashMap<String, u64>>,
    /// Those being made: a schema that leads to itself is known by its place.
    open: RefCell<HashSet<String>>,
}

impl<'a> Fingerprints<'a> {
    pub(super) fn of(spec: &'a Spec) -> Self {
        Self {
            spec,
            made: RefCell::default(),
            open: RefCell::default(),
        }
    }

    /// The fingerprint of a schema.
    pub(super) fn schema(&self, place: &Place<'a>) -> u64 {
        self.shape(&Shape::of(self.spec, std::slice::from_ref(place)))
    }

    /// The fingerprint of a shape.
    pub(super) fn shape(&self, shape: &Shape<'a>) -> u64 {
        let key = shape.key();
        if let Some(made) = self.made.borrow().get(&key) {
            return *made;
        }
        if self.open.borrow().len() > DEPTH || !self.open.borrow_mut().insert(key.clone()) {
            return number(&("again", &key));
        }
        let mut facts = BTreeSet::new();
        facts.extend(shape.types().map(|types| number(&("type", types))));
        facts.extend(shape.is_nullable().then(|| number(&"nullable")));
        facts.extend(
            shape
                .list()
                .map(|list| number(&("list", list.closed, list.values))),
        );
        for (name, places) in shape.properties() {
            let inner = self.shape(&Shape::of(self.spec, &places));
            facts.insert(number(&("property", name, inner)));
        }
        for name in shape.required() {
            facts.insert(number(&("required", name)));
        }
        for alternatives in shape.alternatives() {
            let of: BTreeSet<u64> = alternatives.of.iter().map(|one| self.schema(one)).collect();
            facts.insert(number(&("alternatives", alternatives.exclusive, of)));
        }
        for (key, place) in shape.parts.iter().flat_map(Place::members) {
            facts.extend(self.other(key, &place));
        }
        for part in shape.parts.iter().filter(|part| !part.value.is_object()) {
            facts.insert(number(&("odd", part.value.to_string())));
        }
        let made = number(&facts);
        self.open.borrow_mut().remove(&key);
        self.made.borrow_mut().insert(key, made);
        made
    }

    /// What a keyword says that has no reading of its own above.
    fn other(&self, key: &str, place: &Place<'a>) -> Option<u64> {
        if READ.contains(&key) || words_rule(key).is_some() || key.starts_with("x-") {
            return None;
        }
        match place.value {
            // What the keyword means when it isn't there.
            Value::Bool(value) if *value == (key == "additionalProperties") => None,
            Value::Object(_) if ["items", "additionalProperties", "not"].contains(&key) => {
                Some(number(&(key, self.schema(place))))
            }
            _ => Some(number(&(key, place.value.to_string()))),
        }
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
        let places = spec.components("schemas");
        Fingerprints::of(&spec).schema(&places["Thing"])
    }

    #[test]
    fn it_is_the_content_that_counts() {
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
    fn a_circle_has_a_fingerprint() {
        let circle = json!({"type": "object", "properties": {
            "parent": {"$ref": "#/components/schemas/Thing"},
        }});

        assert_eq!(print(&circle), print(&circle.clone()));
    }
}
