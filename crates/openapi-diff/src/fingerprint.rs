//! Whether two schemas say the same, told by a number.
//!
//! Alternatives have no names, so to find out which of them are new one has to know which
//! were there before. Two schemas with one fingerprint accept the same values, whether they
//! are written in place or behind a reference, and whatever is said about them in words.
//!
//! They are looked into to a few levels only, which is enough to tell alternatives apart,
//! and comes to the same wherever in a circle one begins. So a fingerprint finds out what to
//! compare with what, and never takes the place of comparing.

use std::{
    cell::RefCell,
    collections::{BTreeSet, HashMap, hash_map::DefaultHasher},
    hash::{Hash, Hasher},
};

use serde_json::Value;

use super::{
    shape::{Key, Shape},
    spec::{Place, Spec},
    wire::words_rule,
};

/// How many levels schemas are looked into.
const DEPTH: usize = 6;

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
    /// By the shape and the levels that it was looked into.
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
    pub(super) fn schema(&self, place: &Place<'a>) -> u64 {
        self.inner(std::slice::from_ref(place), DEPTH)
    }

    /// The fingerprint of a shape.
    pub(super) fn shape(&self, shape: &Shape<'a>) -> u64 {
        self.within(shape, DEPTH)
    }

    fn inner(&self, places: &[Place<'a>], depth: usize) -> u64 {
        self.within(&Shape::of(self.spec, places), depth)
    }

    fn within(&self, shape: &Shape<'a>, depth: usize) -> u64 {
        let key = (shape.key(), depth);
        if let Some(made) = self.made.borrow().get(&key) {
            return *made;
        }
        // Of what lies below the last level it counts that it is there.
        let inner = |places: &[Place<'a>]| match depth.checked_sub(1) {
            Some(depth) => self.inner(places, depth),
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
        for (name, places) in shape.properties() {
            facts.insert(number(&("property", name, inner(&places))));
        }
        for name in shape.required() {
            facts.insert(number(&("required", name)));
        }
        for alternatives in shape.alternatives() {
            let of = alternatives.of.iter();
            let of: BTreeSet<u64> = of.map(|one| inner(std::slice::from_ref(one))).collect();
            facts.insert(number(&("alternatives", alternatives.exclusive, of)));
        }
        for (key, place) in shape.parts.iter().flat_map(Place::members) {
            facts.extend(other(key, &place, inner));
        }
        for part in shape.parts.iter().filter(|part| !part.value.is_object()) {
            facts.insert(number(&("odd", part.value.to_string())));
        }
        let made = number(&facts);
        self.made.borrow_mut().insert(key, made);
        made
    }
}

/// What a keyword says that has no reading of its own above.
fn other<'a>(key: &str, place: &Place<'a>, inner: impl Fn(&[Place<'a>]) -> u64) -> Option<u64> {
    if READ.contains(&key) || words_rule(key).is_some() || key.starts_with("x-") {
        return None;
    }
    match place.value {
        // What the keyword means when it isn't there.
        Value::Bool(value) if *value == (key == "additionalProperties") => None,
        Value::Object(_) if ["items", "additionalProperties", "not"].contains(&key) => {
            Some(number(&(key, inner(std::slice::from_ref(place)))))
        }
        _ => Some(number(&(key, place.value.to_string()))),
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
