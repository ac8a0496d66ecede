//! A schema as the sum of its parts.
//!
//! `allOf` of one reference is how OpenAPI 3.0 gives a reference a description of its
//! own, and `allOf` of several is how it extends an object. It makes no difference to
//! the wire whether a document writes a thing in place, behind a reference or in two
//! parts. So schemas are compared as the collection of all statements in their parts,
//! and each statement keeps its pointer.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::{
    rules::documentation_rule,
    spec::{Element, Spec},
};

/// How many levels of nested alternatives are searched for types.
const ALTERNATIVES_WITHIN: usize = 4;

/// The parts of a schema: the schema itself, the targets of its references, and the
/// parts of `allOf`.
#[derive(Clone, Debug)]
pub(super) struct Shape<'a> {
    spec: &'a Spec,
    pub(super) parts: Vec<Element<'a>>,
    /// Every element on the way to the parts.
    pub(super) passed: Vec<Element<'a>>,
}

/// The addresses of the parts in memory.
pub(super) type Key = Vec<usize>;

/// The values that a schema lists.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct List {
    /// Whether no others are possible.
    pub(super) closed: bool,
    /// The values as JSON text.
    pub(super) values: BTreeSet<String>,
    pub(super) pointer: String,
}

/// The alternatives of a schema.
#[derive(Clone, Debug)]
pub(super) struct Alternatives<'a> {
    /// Whether exactly one of them must match (`oneOf`) or any number (`anyOf`).
    pub(super) exclusive: bool,
    pub(super) of: Vec<Element<'a>>,
    pub(super) pointer: String,
}

impl<'a> Shape<'a> {
    /// The shape of schemas that must all match.
    pub(super) fn of(spec: &'a Spec, schemas: &[Element<'a>]) -> Self {
        let mut shape = Self {
            spec,
            parts: Vec::new(),
            passed: Vec::new(),
        };

        let mut waiting: Vec<Element<'a>> = schemas.iter().rev().cloned().collect();
        while let Some(element) = waiting.pop() {
            let mut trail = spec.trail(element);
            let Some(part) = trail.pop() else { continue };
            shape.passed.append(&mut trail);
            // A part may refer to itself; it is read once.
            if shape.has_part(&part) {
                continue;
            }
            shape.passed.push(part.clone());
            let inner = part.get("allOf").map(|parts| parts.items());
            waiting.extend(inner.into_iter().flatten().rev());
            shape.parts.push(part);
        }
        shape
    }

    /// Whether a value is one of the parts.
    pub(super) fn has_part(&self, element: &Element<'_>) -> bool {
        self.parts
            .iter()
            .any(|part| part.address() == element.address())
    }

    /// Whether any value is allowed: there is documentation at most.
    pub(super) fn allows_anything(&self) -> bool {
        let is_silent = |key: &str| key == "allOf" || documentation_rule(key).is_some();
        self.parts.iter().all(|part| {
            let members = part.value.as_object();
            members.is_some_and(|members| members.keys().all(|key| is_silent(key)))
        })
    }

    /// Identifies a shape within its document.
    pub(super) fn key(&self) -> Key {
        self.parts.iter().map(Element::address).collect()
    }

    /// The pointer to a keyword in one of the parts.
    pub(super) fn pointer(&self, key: &str) -> String {
        let holder = self.parts.iter().find(|part| part.get(key).is_some());
        let holder = holder.or(self.parts.first());
        match holder {
            Some(part) if part.get(key).is_some() => part.pointer_to(key),
            Some(part) => part.pointer.clone(),
            None => "#".to_owned(),
        }
    }

    /// All values of a keyword.
    pub(super) fn all(&self, key: &str) -> Vec<Element<'a>> {
        self.parts.iter().filter_map(|part| part.get(key)).collect()
    }

    /// Whether any part has the keyword set to `true`.
    pub(super) fn flag(&self, key: &str) -> bool {
        self.parts.iter().any(|part| part.flag(key))
    }

    pub(super) fn is_nullable(&self) -> bool {
        let listed = |element: &Element<'_>| {
            element
                .value
                .as_array()
                .map(|types| types.contains(&"null".into()))
        };
        self.flag("nullable")
            || self
                .all("type")
                .iter()
                .any(|element| listed(element) == Some(true))
    }

    /// The types that a value may have; `None` if it may have any.
    ///
    /// A schema that lists fields means an object, and one that describes items means a
    /// list, also without a `type`. Alternatives have the types of their schemas.
    pub(super) fn types(&self) -> Option<BTreeSet<&'a str>> {
        self.types_within(ALTERNATIVES_WITHIN)
    }

    /// The types without those of the alternatives.
    pub(super) fn own_types(&self) -> Option<BTreeSet<&'a str>> {
        self.types_within(0)
    }

    fn types_within(&self, depth: usize) -> Option<BTreeSet<&'a str>> {
        let stated = self
            .all("type")
            .into_iter()
            .map(|element| match element.value {
                Value::String(name) => BTreeSet::from([name.as_str()]),
                Value::Array(names) => names.iter().filter_map(Value::as_str).collect(),
                _ => BTreeSet::new(),
            });
        if let Some(mut types) = stated.reduce(|one, other| both(&one, &other)) {
            types.remove("null");
            return Some(types);
        }
        let has = |key| !self.all(key).is_empty();
        if has("properties") {
            return Some(BTreeSet::from(["object"]));
        }
        if has("items") {
            return Some(BTreeSet::from(["array"]));
        }
        if self.open_idiom().is_some() {
            return Some(BTreeSet::from(["string"]));
        }
        if let Some(types) = self.types_of_values() {
            return Some(types);
        }
        let depth = depth.checked_sub(1)?;
        let sets = self.alternatives().into_iter();
        let sets = sets.filter_map(|set| {
            let of = set.of.into_iter();
            of.map(|element| Shape::of(self.spec, &[element]).types_within(depth))
                .reduce(|one, other| Some(&one? | &other?))?
        });
        sets.reduce(|one, other| both(&one, &other))
    }

    /// The types of the values of a closed list, which needn't have a `type`.
    fn types_of_values(&self) -> Option<BTreeSet<&'a str>> {
        let lists = self.all("enum").into_iter();
        let of_list = |element: Element<'a>| -> Option<BTreeSet<&'a str>> {
            let values = element.value.as_array()?.iter();
            Some(values.filter_map(type_name).collect())
        };
        let types = lists
            .filter_map(of_list)
            .reduce(|one, other| both(&one, &other))?;
        (!types.is_empty()).then_some(types)
    }

    /// The fields by name, each with all its schemas.
    pub(super) fn properties(&self) -> BTreeMap<&'a str, Vec<Element<'a>>> {
        let mut properties: BTreeMap<&str, Vec<Element<'_>>> = BTreeMap::new();
        for (name, element) in self.all("properties").iter().flat_map(Element::members) {
            properties.entry(name).or_default().push(element);
        }
        properties
    }

    /// The names of the required fields.
    pub(super) fn required(&self) -> BTreeSet<&'a str> {
        let lists = self.all("required");
        let names = lists
            .iter()
            .filter_map(|list| list.value.as_array())
            .flatten();
        names.filter_map(Value::as_str).collect()
    }

    /// The values that are listed, open or closed. A `null` among them doesn't count.
    pub(super) fn list(&self) -> Option<List> {
        let read = |element: &Element<'a>, closed| {
            let values = element.value.as_array()?;
            let values = values.iter().filter(|value| !value.is_null());
            Some(List {
                closed,
                values: values.map(Value::to_string).collect(),
                pointer: element.pointer.clone(),
            })
        };
        let closed = self
            .all("enum")
            .iter()
            .filter_map(|element| read(element, true))
            .reduce(|one, other| List {
                values: one.values.intersection(&other.values).cloned().collect(),
                ..one
            });
        let open = || {
            self.all("x-extensible-enum")
                .iter()
                .find_map(|element| read(element, false))
        };
        closed.or_else(open).or_else(|| self.open_idiom())
    }

    /// `anyOf: [{enum}, {type: string}]`, an idiom for an open list. The client reads
    /// it so.
    fn open_idiom(&self) -> Option<List> {
        let found = self
            .all("anyOf")
            .into_iter()
            .chain(self.all("oneOf"))
            .next()?;
        let parts = found.items();
        let is_text = |part: &Element<'_>| part.text("type") == Some("string");
        let listed = |part: &Element<'_>| -> Option<Vec<Value>> {
            let list = part.get("enum").or_else(|| part.get("x-extensible-enum"))?;
            list.value.as_array().cloned()
        };
        let is_open = parts.iter().any(|part| listed(part).is_none());
        let values: BTreeSet<String> = parts
            .iter()
            .filter_map(listed)
            .flatten()
            .filter(|value| !value.is_null())
            .map(|value| value.to_string())
            .collect();
        (is_open && parts.iter().all(is_text) && !values.is_empty()).then_some(List {
            closed: false,
            values,
            pointer: found.pointer,
        })
    }

    /// The alternatives, set by set.
    pub(super) fn alternatives(&self) -> Vec<Alternatives<'a>> {
        if self.open_idiom().is_some() {
            return Vec::new();
        }
        let read = |key, exclusive| {
            self.all(key).into_iter().map(move |element| Alternatives {
                exclusive,
                of: element.items(),
                pointer: element.pointer,
            })
        };
        read("oneOf", true).chain(read("anyOf", false)).collect()
    }
}

/// What both sets of types allow.
fn both<'a>(one: &BTreeSet<&'a str>, other: &BTreeSet<&'a str>) -> BTreeSet<&'a str> {
    let allowed_by = |name: &str, set: &BTreeSet<&str>| {
        set.contains(name) || (name == "integer" && set.contains("number"))
    };
    one.union(other)
        .copied()
        .filter(|name| allowed_by(name, one) && allowed_by(name, other))
        .collect()
}

/// The name of a value's type; `None` for `null`, which isn't a type in OpenAPI 3.0.
fn type_name(value: &Value) -> Option<&'static str> {
    Some(match value {
        Value::Null => return None,
        Value::Bool(_) => "boolean",
        Value::Number(number) if number.is_f64() => "number",
        Value::Number(_) => "integer",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn document(thing: Value) -> Spec {
        let mut spec = json!({"components": {"schemas": {"Base": {
            "type": "object", "required": ["id"], "properties": {"id": {"type": "string"}},
        }}}});
        spec["components"]["schemas"]["Thing"] = thing;
        Spec::new(&spec)
    }

    fn thing(spec: &Spec) -> Shape<'_> {
        let elements = spec.components("schemas");
        Shape::of(spec, &[elements["Thing"].clone()])
    }

    #[test]
    fn the_parts_of_all_of_are_one_object() {
        let spec = document(json!({
            "allOf": [{"$ref": "#/components/schemas/Base"}],
            "properties": {"name": {"type": "string"}},
        }));

        let shape = thing(&spec);

        assert_eq!(
            shape.properties().into_keys().collect::<Vec<_>>(),
            ["id", "name"]
        );
        assert_eq!(shape.required(), BTreeSet::from(["id"]));
        assert_eq!(shape.types(), Some(BTreeSet::from(["object"])));
    }

    #[test]
    fn a_cycle_of_parts_ends() {
        let spec = document(json!({
            "allOf": [{"$ref": "#/components/schemas/Thing"}, {"$ref": "#/components/schemas/Base"}],
        }));

        assert_eq!(thing(&spec).parts.len(), 2);
    }

    #[test]
    fn the_idiom_of_an_open_list_is_a_list() {
        let spec = document(json!({
            "anyOf": [{"type": "string", "enum": ["a", null]}, {"type": "string"}],
        }));

        let shape = thing(&spec);

        let list = shape.list().unwrap();
        assert!(!list.closed);
        assert_eq!(list.values, BTreeSet::from(["\"a\"".to_owned()]));
        assert!(shape.alternatives().is_empty());
        assert_eq!(shape.types(), Some(BTreeSet::from(["string"])));
    }

    #[test]
    fn types_that_must_both_match_are_intersected() {
        let spec = document(json!({"allOf": [{"type": "number"}, {"type": "integer"}]}));

        assert_eq!(thing(&spec).types(), Some(BTreeSet::from(["integer"])));
    }
}
