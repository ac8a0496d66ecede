//! A document as the comparison walks it: values that know where they stand.
//!
//! What a change is called, and whether two ways lead to the same one, depends on the place
//! where a thing is written down, not on the way that led there. So every value is passed
//! on with its JSON pointer, and a reference that is followed changes the pointer.
//!
//! Nothing here insists on a form: a list where an object is expected has no members. That
//! the two documents differ in such a place is for the comparison to notice.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::{pointer::escape, reference};

/// The HTTP methods that OpenAPI allows in a path item.
pub const METHODS: [&str; 8] = [
    "get", "put", "post", "delete", "options", "head", "patch", "trace",
];

/// One of the two documents, with its keys in sorted order: in which order somebody wrote
/// them means nothing, and the comparison has to come out the same.
#[derive(Debug)]
pub struct Spec(Value);

/// A value and where it stands.
#[derive(Clone, Debug)]
pub struct Place<'a> {
    /// The value.
    pub value: &'a Value,
    /// The JSON pointer to it, with `#` in front.
    pub pointer: String,
}

/// An operation, with the path item that it stands in.
#[derive(Clone, Debug)]
pub struct Operation<'a> {
    /// The `operationId`, or method and path where it has none.
    pub id: String,
    /// In lower case, as in the document.
    pub method: String,
    /// The path template.
    pub path: String,
    /// The operation itself.
    pub place: Place<'a>,
    /// Its path item.
    pub item: Place<'a>,
}

impl Spec {
    /// Reads a document. Any JSON is one.
    pub fn new(document: &Value) -> Self {
        let mut document = document.clone();
        document.sort_all_objects();
        Self(document)
    }

    /// The document itself.
    pub fn root(&self) -> Place<'_> {
        Place {
            value: &self.0,
            pointer: "#".to_owned(),
        }
    }

    /// Follows a reference within the document. One that leads nowhere, elsewhere or in a
    /// circle stays what it is, so that it still differs from another.
    pub fn resolve<'a>(&'a self, place: Place<'a>) -> Place<'a> {
        self.trail(place.clone()).pop().unwrap_or(place)
    }

    /// The places that a reference leads through, itself first and its target last.
    pub(super) fn trail<'a>(&'a self, place: Place<'a>) -> Vec<Place<'a>> {
        let mut trail = vec![place.clone()];
        let mut here = place.clone();
        for _ in 0..reference::MOST {
            let Some(target) = reference::of(here.value) else {
                return trail;
            };
            let Some(found) = self.at(target) else {
                return vec![place];
            };
            here = found;
            trail.push(here.clone());
        }
        vec![place]
    }

    /// What a reference leads to.
    pub(super) fn at<'a>(&'a self, target: &str) -> Option<Place<'a>> {
        let (value, pointer) = reference::place(&self.0, target)?;
        Some(Place {
            value,
            pointer: format!("#{pointer}"),
        })
    }

    /// The operations of the paths.
    pub fn operations(&self) -> Vec<Operation<'_>> {
        let Some(paths) = self.root().get("paths") else {
            return Vec::new();
        };
        let items = paths.members().into_iter().map(|(path, item)| {
            let item = self.resolve(item);
            operations_of(path, &item)
        });
        items.flatten().collect()
    }

    /// The components of a kind, such as `schemas`.
    pub fn components(&self, kind: &str) -> BTreeMap<&str, Place<'_>> {
        let components = self.root().get("components");
        let found = components.and_then(|components| components.get(kind));
        found.map(|kind| kind.members()).unwrap_or_default()
    }
}

/// The operations of a path item; those of a callback too, which has the same form.
pub(super) fn operations_of<'a>(path: &str, item: &Place<'a>) -> Vec<Operation<'a>> {
    let found = METHODS.iter().filter_map(|method| {
        let place = item.get(method).filter(|place| place.value.is_object())?;
        let id = place
            .text("operationId")
            .map_or_else(|| format!("{method} {path}"), str::to_owned);
        Some(Operation {
            id,
            method: (*method).to_owned(),
            path: path.to_owned(),
            place,
            item: item.clone(),
        })
    });
    found.collect()
}

impl<'a> Place<'a> {
    /// A member of an object.
    pub fn get(&self, key: &str) -> Option<Place<'a>> {
        let value = self.value.as_object()?.get(key)?;
        Some(self.inner(key, value))
    }

    /// The members of an object; none of anything else.
    pub fn members(&self) -> BTreeMap<&'a str, Place<'a>> {
        let members = self.value.as_object().into_iter().flatten();
        members
            .map(|(key, value)| (key.as_str(), self.inner(key, value)))
            .collect()
    }

    /// The items of a list; none of anything else.
    pub fn items(&self) -> Vec<Place<'a>> {
        let items = self.value.as_array().into_iter().flatten().enumerate();
        items
            .map(|(index, value)| self.inner(&index.to_string(), value))
            .collect()
    }

    /// The text of a member.
    pub fn text(&self, key: &str) -> Option<&'a str> {
        self.value.get(key)?.as_str()
    }

    /// Whether the member is there and `true`.
    pub fn flag(&self, key: &str) -> bool {
        self.value.get(key).and_then(Value::as_bool) == Some(true)
    }

    /// Where a member stands, or would.
    pub fn pointer_to(&self, key: &str) -> String {
        format!("{}/{}", self.pointer, escape(key))
    }

    /// The members of an object, or the items of a list.
    pub(super) fn children(&self) -> Vec<Place<'a>> {
        match self.value {
            Value::Object(members) => {
                let members = members.iter();
                members.map(|(key, value)| self.inner(key, value)).collect()
            }
            _ => self.items(),
        }
    }

    /// What tells the value from all others of the document, as long as that is there.
    pub(super) fn address(&self) -> usize {
        std::ptr::from_ref(self.value).addr()
    }

    fn inner(&self, key: &str, value: &'a Value) -> Self {
        Self {
            value,
            pointer: self.pointer_to(key),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_reference_leads_to_where_the_thing_is_written() {
        let spec = Spec::new(&json!({
            "a": {"$ref": "#/b/x~1y"},
            "encoded": {"$ref": "#/b/x~1%7By%7D"},
            "b": {"x/y": {"type": "string"}, "x/{y}": {"type": "string"}},
        }));

        for (key, pointer) in [("a", "#/b/x~1y"), ("encoded", "#/b/x~1{y}")] {
            let place = spec.resolve(spec.root().get(key).unwrap());

            assert_eq!(place.pointer, pointer);
            assert_eq!(place.text("type"), Some("string"));
        }
    }

    #[test]
    fn a_reference_to_nothing_elsewhere_or_in_a_circle_stays() {
        let spec = Spec::new(&json!({
            "nothing": {"$ref": "#/c"},
            "elsewhere": {"$ref": "other.json#/a"},
            "circle": {"$ref": "#/circle"},
            "number": {"$ref": 7},
        }));

        for key in ["nothing", "elsewhere", "circle", "number"] {
            let place = spec.resolve(spec.root().get(key).unwrap());

            assert_eq!(place.pointer, format!("#/{key}"));
        }
    }

    #[test]
    fn odd_documents_have_no_operations() {
        for document in [
            json!(null),
            json!([]),
            json!({"paths": []}),
            json!({"paths": {"/a": 7, "/b": {"get": "x"}}}),
        ] {
            assert!(Spec::new(&document).operations().is_empty());
        }
    }
}
