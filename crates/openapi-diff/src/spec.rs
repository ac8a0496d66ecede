//! A document as the comparison reads it: values with their JSON pointers.
//!
//! The pointer of the definition identifies a change, not the way that led there. So
//! every value travels with its pointer, and following a reference changes the pointer.
//!
//! Nothing here insists on a form: a list in place of an object has no members. The
//! comparison notices if the two documents differ there.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::{pointer::escape, reference};

/// The HTTP methods that OpenAPI allows in a path item.
pub const METHODS: [&str; 8] = [
    "get", "put", "post", "delete", "options", "head", "patch", "trace",
];

/// One of the two documents, with its keys sorted: their order means nothing, and must
/// not influence the comparison.
#[derive(Debug)]
pub struct Spec(Value);

/// A value of the document and its pointer.
#[derive(Clone, Debug)]
pub struct Element<'a> {
    /// The value.
    pub value: &'a Value,
    /// The JSON pointer to it, with `#` in front.
    pub pointer: String,
}

/// An operation with its path item.
#[derive(Clone, Debug)]
pub struct Operation<'a> {
    /// The `operationId`, or method and path where it has none.
    pub id: String,
    /// In lower case, as in the document.
    pub method: String,
    /// The path template.
    pub path: String,
    /// The operation itself.
    pub element: Element<'a>,
    /// Its path item.
    pub item: Element<'a>,
}

impl Spec {
    /// Reads a document. Any JSON is one.
    pub fn new(document: &Value) -> Self {
        let mut document = document.clone();
        document.sort_all_objects();
        Self(document)
    }

    /// The document itself.
    pub fn root(&self) -> Element<'_> {
        Element {
            value: &self.0,
            pointer: "#".to_owned(),
        }
    }

    /// Follows a reference within the document. A reference that leads nowhere, out of
    /// the document or in a cycle is returned as it is, so that it still differs from
    /// another.
    pub fn resolve<'a>(&'a self, element: Element<'a>) -> Element<'a> {
        self.trail(element.clone()).pop().unwrap_or(element)
    }

    /// The chain of references: the given element first, the target last.
    pub(super) fn trail<'a>(&'a self, element: Element<'a>) -> Vec<Element<'a>> {
        let mut trail = vec![element.clone()];
        let mut here = element.clone();
        for _ in 0..reference::MOST {
            let Some(target) = reference::of(here.value) else {
                return trail;
            };
            let Some(found) = self.at(target) else {
                return vec![element];
            };
            here = found;
            trail.push(here.clone());
        }
        vec![element]
    }

    /// The target of a reference.
    pub(super) fn at<'a>(&'a self, target: &str) -> Option<Element<'a>> {
        let (value, pointer) = reference::element(&self.0, target)?;
        Some(Element {
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
    pub fn components(&self, kind: &str) -> BTreeMap<&str, Element<'_>> {
        let components = self.root().get("components");
        let found = components.and_then(|components| components.get(kind));
        found.map(|kind| kind.members()).unwrap_or_default()
    }
}

/// The operations of a path item or of a callback, which has the same form.
pub(super) fn operations_of<'a>(path: &str, item: &Element<'a>) -> Vec<Operation<'a>> {
    let found = METHODS.iter().filter_map(|method| {
        let element = item
            .get(method)
            .filter(|element| element.value.is_object())?;
        let id = element
            .text("operationId")
            .map_or_else(|| format!("{method} {path}"), str::to_owned);
        Some(Operation {
            id,
            method: (*method).to_owned(),
            path: path.to_owned(),
            element,
            item: item.clone(),
        })
    });
    found.collect()
}

impl<'a> Element<'a> {
    /// A member of an object, by key.
    pub fn get(&self, key: &str) -> Option<Element<'a>> {
        let value = self.value.as_object()?.get(key)?;
        Some(self.inner(key, value))
    }

    /// The members of an object; empty for anything else.
    pub fn members(&self) -> BTreeMap<&'a str, Element<'a>> {
        let members = self.value.as_object().into_iter().flatten();
        members
            .map(|(key, value)| (key.as_str(), self.inner(key, value)))
            .collect()
    }

    /// The items of a list; empty for anything else.
    pub fn items(&self) -> Vec<Element<'a>> {
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

    /// The pointer to a member, which needn't exist.
    pub fn pointer_to(&self, key: &str) -> String {
        format!("{}/{}", self.pointer, escape(key))
    }

    /// The members of an object, or the items of a list.
    pub(super) fn children(&self) -> Vec<Element<'a>> {
        match self.value {
            Value::Object(members) => {
                let members = members.iter();
                members.map(|(key, value)| self.inner(key, value)).collect()
            }
            _ => self.items(),
        }
    }

    /// Identifies the value as long as the document lives.
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
    fn a_reference_leads_to_the_definition() {
        let spec = Spec::new(&json!({
            "a": {"$ref": "#/b/x~1y"},
            "encoded": {"$ref": "#/b/x~1%7By%7D"},
            "b": {"x/y": {"type": "string"}, "x/{y}": {"type": "string"}},
        }));

        for (key, pointer) in [("a", "#/b/x~1y"), ("encoded", "#/b/x~1{y}")] {
            let element = spec.resolve(spec.root().get(key).unwrap());

            assert_eq!(element.pointer, pointer);
            assert_eq!(element.text("type"), Some("string"));
        }
    }

    #[test]
    fn a_reference_that_cannot_be_followed_stays() {
        let spec = Spec::new(&json!({
            "nothing": {"$ref": "#/c"},
            "elsewhere": {"$ref": "other.json#/a"},
            "circle": {"$ref": "#/circle"},
            "number": {"$ref": 7},
        }));

        for key in ["nothing", "elsewhere", "circle", "number"] {
            let element = spec.resolve(spec.root().get(key).unwrap());

            assert_eq!(element.pointer, format!("#/{key}"));
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
