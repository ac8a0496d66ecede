//! A schema as all of its parts say together.
//!
//! `allOf` of one reference is how OpenAPI 3.0 gives a reference a description of its own,
//! and `allOf` of several is how it extends an object. Whether a document says a thing in
//! place, behind a reference or in two parts makes no difference to what is sent. So schemas
//! are compared as the collection of what their parts say, and each statement keeps the
//! place where it is written.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::{
    spec::{Place, Spec},
    wire::words_rule,
};

/// How many levels of alternatives within alternatives are asked for their types.
const ALTERNATIVES_WITHIN: usize = 4;

/// The parts of a schema: what is written in place, what references lead to, and the parts
/// of `allOf`.
#[derive(Clone, Debug)]
pub(super) struct Shape<'a> {
    spec: &'a Spec,
    pub(super) parts: Vec<Place<'a>>,
    /// Every place that was passed on the way.
    pub(super) passed: Vec<Place<'a>>,
}

/// Where the parts of a shape lie in memory.
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
    /// Whether exactly one of them has to fit (`oneOf`) or any number (`anyOf`).
    pub(super) exclusive: bool,
    pub(super) of: Vec<Place<'a>>,
    pub(super) pointer: String,
}

impl<'a> Shape<'a> {
    /// The shape of schemas that have to fit together.
    pub(super) fn of(spec: &'a Spec, schemas: &[Place<'a>]) -> Self {
        let mut shape = Self {
            spec,
            parts: Vec::new(),
            passed: Vec::new(),
        };

        let mut waiting: Vec<Place<'a>> = schemas.iter().rev().cloned().collect();
        while let Some(place) = waiting.pop() {
            let mut trail = spec.trail(place);
            let Some(part) = trail.pop() else { continue };
            shape.passed.append(&mut trail);
            // A part that is its own part says nothing more the second time.
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
    pub(super) fn has_part(&self, place: &Place<'_>) -> bool {
        self.parts
            .iter()
            .any(|part| part.address() == place.address())
    }

    /// Whether anything may stand there: at most it is said in words what that is.
    pub(super) fn says_nothing(&self) -> bool {
        let is_silent = |key: &str| key == "allOf" || words_rule(key).is_some();
        self.parts.iter().all(|part| {
            let members = part.value.as_object();
            members.is_some_and(|members| members.keys().all(|key| is_silent(key)))
        })
    }

    /// What tells one shape from another within its document.
    pub(super) fn key(&self) -> Key {
        self.parts.iter().map(Place::address).collect()
    }

    /// Where something is written that the shape as a whole says.
    pub(super) fn pointer(&self, key: &str) -> String {
        let holder = self.parts.iter().find(|part| part.get(key).is_some());
        let holder = holder.or(self.parts.first());
        match holder {
            Some(part) if part.get(key).is_some() => part.pointer_to(key),
            Some(part) => part.pointer.clone(),
            None => "#".to_owned(),
        }
    }

    /// All that is said under a keyword.
    pub(super) fn all(&self, key: &str) -> Vec<Place<'a>> {
        self.parts.iter().filter_map(|part| part.get(key)).collect()
    }

    /// Whether any part has the keyword set to `true`.
    pub(super) fn flag(&self, key: &str) -> bool {
        self.parts.iter().any(|part| part.flag(key))
    }

    pub(super) fn is_nullable(&self) -> bool {
        let listed = |place: &Place<'_>| {
            place
                .value
                .as_array()
                .map(|types| types.contains(&"null".into()))
        };
        self.flag("nullable")
            || self
                .all("type")
                .iter()
                .any(|place| listed(place) == Some(true))
    }

    /// The types that a value may have; none where it may have any.
    ///
    /// Who lists fields means an object, and who says what items are means a list, also
    /// without saying so. Alternatives are of their types.
    pub(super) fn types(&self) -> Option<BTreeSet<&'a str>> {
        self.types_within(ALTERNATIVES_WITHIN)
    }

    /// The types that are written down, without those that alternatives have.
    pub(super) fn own_types(&self) -> Option<BTreeSet<&'a str>> {
        self.types_within(0)
    }

    fn types_within(&self, depth: usize) -> Option<BTreeSet<&'a str>> {
        let said = self.all("type").into_iter().map(|place| match place.value {
            Value::String(name) => BTreeSet::from([name.as_str()]),
            Value::Array(names) => names.iter().filter_map(Value::as_str).collect(),
            _ => BTreeSet::new(),
        });
        if let Some(mut types) = said.reduce(|one, other| both(&one, &other)) {
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
            of.map(|place| Shape::of(self.spec, &[place]).types_within(depth))
                .reduce(|one, other| Some(&one? | &other?))?
        });
        sets.reduce(|one, other| both(&one, &other))
    }

    /// The types of the values of a closed list, which needn't say them.
    fn types_of_values(&self) -> Option<BTreeSet<&'a str>> {
        let lists = self.all("enum").into_iter();
        let of_list = |place: Place<'a>| -> Option<BTreeSet<&'a str>> {
            let values = place.value.as_array()?.iter();
            Some(values.filter_map(type_name).collect())
        };
        let types = lists
            .filter_map(of_list)
            .reduce(|one, other| both(&one, &other))?;
        (!types.is_empty()).then_some(types)
    }

    /// The fields by name, each with all that is said of it.
    pub(super) fn properties(&self) -> BTreeMap<&'a str, Vec<Place<'a>>> {
        let mut properties: BTreeMap<&str, Vec<Place<'_>>> = BTreeMap::new();
        for (name, place) in self.all("properties").iter().flat_map(Place::members) {
            properties.entry(name).or_default().push(place);
        }
        properties
    }

    /// The names of the fields that have to be there.
    pub(super) fn required(&self) -> BTreeSet<&'a str> {
        let lists = self.all("required");
        let names = lists
            .iter()
            .filter_map(|list| list.value.as_array())
            .flatten();
        names.filter_map(Value::as_str).collect()
    }

    /// The values that are listed, openly or not. A `null` among them isn't a value of its
    /// own.
    pub(super) fn list(&self) -> Option<List> {
        let read = |place: &Place<'a>, closed| {
            let values = place.value.as_array()?;
            let values = values.iter().filter(|value| !value.is_null());
            Some(List {
                closed,
                values: values.map(Value::to_string).collect(),
                pointer: place.pointer.clone(),
            })
        };
        let closed = self
            .all("enum")
            .iter()
            .filter_map(|place| read(place, true))
            .reduce(|one, other| List {
                values: one.values.intersection(&other.values).cloned().collect(),
                ..one
            });
        let open = || {
            self.all("x-extensible-enum")
                .iter()
                .find_map(|place| read(place, false))
        };
        closed.or_else(open).or_else(|| self.open_idiom())
    }

    /// `anyOf: [{enum}, {type: string}]`, which says of a list that it is open. The client
    /// reads it so.
    fn open_idiom(&self) -> Option<List> {
        let found = self
            .all("anyOf")
            .into_iter()
            .chain(self.all("oneOf"))
            .next()?;
        let parts = found.items();
        let is_text = |part: &Place<'_>| part.text("type") == Some("string");
        let listed = |part: &Place<'_>| -> Option<Vec<Value>> {
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

    /// The alternatives, each set of them by itself.
    pub(super) fn alternatives(&self) -> Vec<Alternatives<'a>> {
        if self.open_idiom().is_some() {
            return Vec::new();
        }
        let read = |key, exclusive| {
            self.all(key).into_iter().map(move |place| Alternatives {
                exclusive,
                of: place.items(),
                pointer: place.pointer,
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

/// What a value's type is called; none of `null`, which is told apart from types.
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
        let places = spec.components("schemas");
        Shape::of(spec, &[places["Thing"].clone()])
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
    fn a_circle_of_parts_comes_to_an_end() {
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
    fn types_that_have_to_fit_together_are_what_both_allow() {
        let spec = document(json!({"allOf": [{"type": "number"}, {"type": "integer"}]}));

        assert_eq!(thing(&spec).types(), Some(BTreeSet::from(["integer"])));
    }
}
