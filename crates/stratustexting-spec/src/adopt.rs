//! The vendor's facts with our descriptions.
//!
//! Names, paths, shapes and example values of the vendor's page are facts. Its
//! sentences are the vendor's: they are removed, and our description of the thing with
//! the same name replaces them. An adopted page has a provenance for everything, which
//! also distinguishes it from a page that comes from the vendor unchanged.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};
use url::Url;

use super::{
    grammar::{self, KeyKind, ObjectKind, join},
    page::Fragment,
    platform,
};

/// The provenance of an operation, a parameter or a field.
pub(crate) const PROVENANCE: &str = "x-provenance";

/// A digest of the page's sentences, so that a change of them is noticed.
pub(crate) const PROSE: &str = "x-prose-digest";

/// The extensions of a vendor's page that are kept: the platform's extensions for
/// folder and status, and a common one for lists of values that may grow.
pub(crate) const KEPT: [&str; 3] = ["x-apidog-folder", "x-apidog-status", "x-extensible-enum"];

/// The bases of provenance, the best first.
const BASES: [&str; 4] = ["documented", "sibling-brand", "client-code", "inferred"];

/// Our descriptions in the kept pages.
#[derive(Debug, Default)]
pub(crate) struct Known {
    /// By `operationId`, each with its page: several can be one operation.
    operations: BTreeMap<String, Vec<(String, Value)>>,
    /// By name. A schema has the same description on each page.
    schemas: BTreeMap<String, Value>,
}

impl Known {
    pub(crate) fn of<'a>(fragments: impl IntoIterator<Item = &'a Fragment>) -> Self {
        let mut known = Self::default();
        for fragment in fragments {
            if let Some(id) = operation_id(fragment) {
                let operation = Value::Object(fragment.operation.clone());
                let pages = known.operations.entry(id.to_owned()).or_default();
                pages.push((fragment.page.clone(), operation));
            }
            let schemas = fragment
                .components
                .get("schemas")
                .and_then(Value::as_object);
            for (name, schema) in schemas.into_iter().flatten() {
                known.schemas.insert(name.clone(), schema.clone());
            }
        }
        known
    }

    /// The kept form of an operation, from the same page if possible.
    fn operation(&self, id: &str, page: &str) -> Option<&Value> {
        let pages = self.operations.get(id)?;
        let same = pages.iter().find(|(name, _)| name == page);
        same.or(pages.first()).map(|(_, operation)| operation)
    }
}

/// The id that a page got when it was adopted.
pub(crate) fn operation_id(fragment: &Fragment) -> Option<&str> {
    fragment
        .operation
        .get("operationId")
        .and_then(Value::as_str)
}

/// Whether a page is in our form.
pub(crate) fn is_kept(fragment: &Fragment) -> bool {
    fragment.operation.contains_key(PROVENANCE)
}

/// Removes the marks of our form from a page that isn't ours.
pub(crate) fn remove_marks(fragment: &mut Fragment) {
    for key in [PROVENANCE, PROSE] {
        fragment.operation.remove(key);
    }
}

/// A change of an operation's provenance by its new page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct BasisChange {
    pub(crate) id: String,
    pub(crate) from: String,
    pub(crate) to: String,
}

impl BasisChange {
    pub(crate) fn is_improvement(&self) -> bool {
        let rank = |basis: &str| BASES.iter().position(|known| *known == basis);
        rank(&self.to) < rank(&self.from)
    }
}

/// The source of the pages.
#[derive(Clone, Debug)]
pub(crate) struct Source<'a> {
    /// `documented` for the vendor's own site, `sibling-brand` for another's.
    pub(crate) basis: &'a str,
    /// The site, which is named as the source of shared schemas.
    pub(crate) site: &'a Url,
}

/// The result of adopting a page.
#[derive(Debug, Default)]
pub(crate) struct Adopted {
    pub(crate) basis_change: Option<BasisChange>,
    /// What OpenAPI doesn't allow, a line each.
    pub(crate) notes: Vec<String>,
}

/// Turns the vendor's page into our form.
pub(crate) fn adopt(
    fragment: &mut Fragment,
    id: &str,
    source: &Source<'_>,
    known: &Known,
) -> Adopted {
    let notes = platform::inherit(fragment);
    let nothing = Value::Null;
    let known_operation = known.operation(id, &fragment.page);
    let known_operation = known_operation.unwrap_or(&nothing);
    let page = fragment.url.as_ref().unwrap_or(source.site).as_str();
    let mut adoption = Adoption {
        evidence: Evidence {
            basis: source.basis,
            source: page.to_owned(),
        },
        prose: Sha256::new(),
        notes,
    };
    let mut operation = Value::Object(std::mem::take(&mut fragment.operation));
    adoption.thing(ObjectKind::Operation, &mut operation, known_operation, "");
    if let Value::Object(operation) = operation {
        fragment.operation = operation;
    }
    source
        .site
        .as_str()
        .clone_into(&mut adoption.evidence.source);
    adoption.components(&mut fragment.components, known);
    let prose: String = adoption.prose.finalize()[..8]
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    let operation = &mut fragment.operation;
    // The platform's pages have the key, and the title is the name.
    operation.insert("description".to_owned(), "".into());
    operation.insert("summary".to_owned(), fragment.title.as_str().into());
    operation.insert(PROSE.to_owned(), prose.into());
    operation.insert("operationId".to_owned(), id.into());
    let evidence = Evidence {
        basis: source.basis,
        source: page.to_owned(),
    };
    let old = &known_operation[PROVENANCE];
    operation.insert(PROVENANCE.to_owned(), evidence.after(old));
    let from = old["basis"].as_str();
    let basis_change = from
        .filter(|from| *from != source.basis)
        .map(|from| BasisChange {
            id: id.to_owned(),
            from: from.to_owned(),
            to: source.basis.to_owned(),
        });
    Adopted {
        basis_change,
        notes: adoption.notes,
    }
}

/// The value of `x-provenance`.
struct Evidence<'a> {
    basis: &'a str,
    source: String,
}

impl Evidence<'_> {
    fn provenance(&self) -> Value {
        json!({"basis": self.basis, "sources": [self.source]})
    }

    /// Keeps the previous sources.
    fn after(&self, old: &Value) -> Value {
        let mut sources = vec![Value::String(self.source.clone())];
        for source in old["sources"].as_array().into_iter().flatten() {
            if !sources.contains(source) {
                sources.push(source.clone());
            }
        }
        json!({"basis": self.basis, "sources": sources})
    }
}

fn mark(value: &mut Value, evidence: &Evidence<'_>) {
    if let Value::Object(map) = value {
        map.insert(PROVENANCE.to_owned(), evidence.provenance());
    }
}

struct Adoption<'a> {
    evidence: Evidence<'a>,
    prose: Sha256,
    notes: Vec<String>,
}

impl Adoption<'_> {
    fn components(&mut self, components: &mut Map<String, Value>, known: &Known) {
        components.retain(|group, _| {
            let kept = ObjectKind::of_components(group).is_some();
            if !kept && !group.starts_with("x-") {
                self.unknown("components", group);
            }
            kept
        });
        for (group, members) in components {
            let Some(kind) = ObjectKind::of_components(group) else {
                continue;
            };
            for (name, component) in members.as_object_mut().into_iter().flatten() {
                let words = known.schemas.get(name).filter(|_| group == "schemas");
                let location = format!("{group}/{name}");
                self.thing(kind, component, words.unwrap_or(&Value::Null), &location);
                mark(component, &self.evidence);
            }
        }
    }

    /// Removes the vendor's sentences from an object and all inside it, and adds our
    /// descriptions. Keys that no table lists are removed too, since it isn't known
    /// whether they are facts.
    fn thing(&mut self, kind: ObjectKind, value: &mut Value, known: &Value, location: &str) {
        let Value::Object(map) = value else { return };
        // A response must have a description, even an empty one.
        let empty = map.get("description").is_some_and(|it| it == "");
        let keys: Vec<String> = map.keys().cloned().collect();
        for key in keys {
            let Some(mut inner) = map.remove(&key) else {
                continue;
            };
            let there = join(location, &key);
            let kept = match member(kind, &key) {
                KeyKind::Prose => false,
                KeyKind::Plain if grammar::is_plain(&inner) => true,
                KeyKind::Data => true,
                KeyKind::Of(kind) => self.inside(kind, &mut inner, &known[&key], &there),
                KeyKind::Named(kind) => {
                    let property = key == "properties";
                    self.named(kind, &mut inner, &known[&key], &there, property)
                }
                KeyKind::Plain | KeyKind::Unknown => {
                    if !key.starts_with("x-") {
                        self.unknown(location, &key);
                    }
                    false
                }
            };
            if kept {
                map.insert(key, inner);
            } else if !key.starts_with("x-") {
                self.take(&inner);
            }
        }
        if let Some(ours) = known.get("description") {
            map.insert("description".to_owned(), ours.clone());
        } else if empty {
            map.insert("description".to_owned(), "".into());
        }
    }

    /// Handles an object or a list of them. A text instead is a sentence.
    fn inside(
        &mut self,
        kind: ObjectKind,
        value: &mut Value,
        known: &Value,
        location: &str,
    ) -> bool {
        match value {
            Value::String(_) => return false,
            Value::Array(items) => {
                for (index, item) in items.iter_mut().enumerate() {
                    let same =
                        |other: &&Value| other["name"] == item["name"] && other["in"] == item["in"];
                    let words = match (kind, known.as_array()) {
                        (ObjectKind::Parameter, Some(all)) => all.iter().find(same),
                        (_, all) => all.and_then(|all| all.get(index)),
                    };
                    let words = words.cloned().unwrap_or_default();
                    let there = join(location, &index.to_string());
                    if !self.inside(kind, item, &words, &there) {
                        self.take(item);
                        *item = Value::Null;
                    }
                    if kind == ObjectKind::Parameter {
                        mark(item, &self.evidence);
                    }
                }
                items.retain(|item| kind == ObjectKind::Schema || !item.is_null());
            }
            value => {
                self.thing(kind, value, known, location);
                if kind == ObjectKind::Body {
                    mark(value, &self.evidence);
                }
            }
        }
        true
    }

    /// Handles objects by name. A text instead of an object is a sentence, except in an
    /// example, whose value it is.
    fn named(
        &mut self,
        kind: ObjectKind,
        value: &mut Value,
        known: &Value,
        location: &str,
        properties: bool,
    ) -> bool {
        let Value::Object(things) = value else {
            return kind == ObjectKind::Example || self.inside(kind, value, known, location);
        };
        for (name, thing) in things {
            if kind == ObjectKind::Example && !thing.is_object() {
                continue;
            }
            if !self.inside(kind, thing, &known[name.as_str()], &join(location, name)) {
                self.take(thing);
                *thing = Value::Null;
            }
            if properties || kind == ObjectKind::Response {
                mark(thing, &self.evidence);
            }
        }
        true
    }

    fn unknown(&mut self, location: &str, key: &str) {
        let note = "no keyword of OpenAPI there, left out";
        self.notes.push(format!("{}: {note}", join(location, key)));
    }

    /// Adds a sentence to the digest.
    fn take(&mut self, value: &Value) {
        match value {
            Value::String(text) => self.prose.update(text.as_bytes()),
            other => self.prose.update(other.to_string().as_bytes()),
        }
        self.prose.update([0]);
    }
}

/// The kind of a key on a vendor's page.
fn member(kind: ObjectKind, key: &str) -> KeyKind {
    match key.strip_prefix("x-") {
        Some(_) if KEPT.contains(&key) => KeyKind::Plain,
        Some(_) => KeyKind::Unknown,
        None => kind.member(key),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::page;

    #[test]
    fn a_page_from_elsewhere_that_looks_like_ours_is_adopted() {
        let text = "# T\n\n```yaml\nopenapi: 3.0.1\npaths:\n  /a:\n    get:\n      \
                    x-provenance: {basis: documented}\n      responses: {}\n```\n";
        let mut fragment = page::read("a.md", text, None).unwrap();
        assert!(is_kept(&fragment));

        remove_marks(&mut fragment);

        assert!(!is_kept(&fragment));
    }

    #[test]
    fn sentences_of_shared_responses_are_removed_as_well() {
        let text = "# T\n\n```yaml\nopenapi: 3.0.1\npaths:\n  /a:\n    get:\n      responses:\n        \
                    '404': {$ref: '#/components/responses/Lost'}\ncomponents:\n  parameters:\n    \
                    P: {name: p, in: query, description: theirs, schema: {type: string, title: theirs}}\n  \
                    examples:\n    E: {summary: theirs, description: theirs, value: {description: fact}}\n  \
                    responses:\n    Lost:\n      description: theirs\n      content:\n        \
                    application/json:\n          schema:\n            type: object\n            \
                    properties: {a: {type: string, description: theirs}}\n```\n";
        let mut fragment = page::read("a.md", text, None).unwrap();
        let site: Url = "https://docs.example/".parse().unwrap();
        let source = Source {
            basis: "documented",
            site: &site,
        };

        adopt(&mut fragment, "readA", &source, &Known::default());

        crate::loosen::loosen(&mut fragment);
        let components = Value::Object(fragment.components);
        assert!(!components.to_string().contains("theirs"), "{components}");
        assert_eq!(components["examples"]["E"]["value"]["description"], "fact");
        // OpenAPI requires a description.
        assert_eq!(components["responses"]["Lost"]["description"], "");
    }
}
