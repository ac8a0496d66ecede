//! The vendor's facts, our words.
//!
//! Names, paths, shapes and example values of the vendor's page are facts. Its sentences
//! are the vendor's: they are taken out, and what we said of a thing of the same name is
//! put there instead. A page in that form says of everything how it is known, which is
//! also how it is told from one that comes from the vendor as it is.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};
use url::Url;

use super::page::Fragment;

/// How an operation, a parameter or a field is known.
pub(crate) const PROVENANCE: &str = "x-provenance";

/// What the page's sentences were, so that a change of theirs is seen.
pub(crate) const PROSE: &str = "x-prose-digest";

/// The extensions of a vendor's page that are kept: the platform's for folder and status,
/// and a common one for lists of values that may grow.
pub(crate) const KEPT: [&str; 3] = ["x-apidog-folder", "x-apidog-status", "x-extensible-enum"];

/// The bases of knowledge, the best first.
const BASES: [&str; 4] = ["documented", "sibling-brand", "client-code", "inferred"];

/// What is said of things in the pages as they are kept.
#[derive(Debug, Default)]
pub(crate) struct Known {
    /// By `operationId`.
    operations: BTreeMap<String, Value>,
    /// By name. The same schema has the same words in each page.
    schemas: BTreeMap<String, Value>,
}

impl Known {
    pub(crate) fn of<'a>(fragments: impl IntoIterator<Item = &'a Fragment>) -> Self {
        let mut known = Self::default();
        for fragment in fragments {
            if let Some(id) = operation_id(fragment) {
                let operation = Value::Object(fragment.operation.clone());
                known.operations.insert(id.to_owned(), operation);
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
}

/// The id that a page was given when it was kept.
pub(crate) fn operation_id(fragment: &Fragment) -> Option<&str> {
    fragment
        .operation
        .get("operationId")
        .and_then(Value::as_str)
}

/// Whether a page is in the form in which pages are kept.
pub(crate) fn is_kept(fragment: &Fragment) -> bool {
    fragment.operation.contains_key(PROVENANCE)
}

/// Takes from a page the signs of our form, which it can't have.
pub(crate) fn disown(fragment: &mut Fragment) {
    for key in [PROVENANCE, PROSE] {
        fragment.operation.remove(key);
    }
}

/// How the basis of an operation's provenance changed by its new page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Rise {
    pub(crate) id: String,
    pub(crate) from: String,
    pub(crate) to: String,
}

impl Rise {
    pub(crate) fn is_upwards(&self) -> bool {
        let rank = |basis: &str| BASES.iter().position(|known| *known == basis);
        rank(&self.to) < rank(&self.from)
    }
}

/// Who documents what is on the pages.
#[derive(Clone, Debug)]
pub(crate) struct Source<'a> {
    /// `documented` for the vendor's own site, `sibling-brand` for another's.
    pub(crate) basis: &'a str,
    /// The site, which is named as the source of shared schemas.
    pub(crate) site: &'a Url,
}

/// Makes of a page as the vendor has it the page as it is kept.
pub(crate) fn adopt(
    fragment: &mut Fragment,
    id: &str,
    source: &Source<'_>,
    known: &Known,
) -> Option<Rise> {
    let nothing = Value::Null;
    let known_operation = known.operations.get(id).unwrap_or(&nothing);
    let page = fragment.url.as_ref().unwrap_or(source.site).as_str();
    let mut work = Work {
        said: Said {
            basis: source.basis,
            source: page.to_owned(),
        },
        prose: Sha256::new(),
    };
    work.operation(&mut fragment.operation, known_operation);
    source.site.as_str().clone_into(&mut work.said.source);
    for (kind, components) in &mut fragment.components {
        for (name, component) in components.as_object_mut().into_iter().flatten() {
            if kind == "schemas" {
                let words = known.schemas.get(name);
                work.schema(component, words.unwrap_or(&nothing));
            } else {
                work.holder(component, &nothing);
            }
            mark(component, &work.said);
        }
    }
    let prose: String = work.prose.finalize()[..8]
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    let operation = &mut fragment.operation;
    operation.insert(PROSE.to_owned(), prose.into());
    operation.insert("operationId".to_owned(), id.into());
    let said = Said {
        basis: source.basis,
        source: page.to_owned(),
    };
    let old = &known_operation[PROVENANCE];
    operation.insert(PROVENANCE.to_owned(), said.after(old));
    let from = old["basis"].as_str()?;
    (from != source.basis).then(|| Rise {
        id: id.to_owned(),
        from: from.to_owned(),
        to: source.basis.to_owned(),
    })
}

/// What is to stand in `x-provenance`.
struct Said<'a> {
    basis: &'a str,
    source: String,
}

impl Said<'_> {
    fn provenance(&self) -> Value {
        json!({"basis": self.basis, "sources": [self.source]})
    }

    /// The sources so far remain sources.
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

fn mark(value: &mut Value, said: &Said<'_>) {
    if let Value::Object(map) = value {
        map.insert(PROVENANCE.to_owned(), said.provenance());
    }
}

struct Work<'a> {
    said: Said<'a>,
    prose: Sha256,
}

impl Work<'_> {
    fn operation(&mut self, operation: &mut Map<String, Value>, known: &Value) {
        self.strip_extensions(operation);
        self.words(operation, &Value::Null);
        // The skeleton of a page has the key, whatever stands there.
        operation.insert("description".to_owned(), "".into());
        for parameter in array(operation.get_mut("parameters")) {
            let same = |other: &&Value| {
                other["name"] == parameter["name"] && other["in"] == parameter["in"]
            };
            let words = known["parameters"].as_array();
            let words = words.and_then(|all| all.iter().find(same)).cloned();
            let words = words.unwrap_or_default();
            self.holder(parameter, &words);
            mark(parameter, &self.said);
        }
        if let Some(body) = operation.get_mut("requestBody") {
            self.holder(body, &known["requestBody"]);
            mark(body, &self.said);
        }
        for (status, response) in object(operation.get_mut("responses")) {
            self.holder(response, &known["responses"][status.as_str()]);
            mark(response, &self.said);
        }
    }

    /// A parameter, a body, a response: something with words, and schemas inside.
    fn holder(&mut self, value: &mut Value, known: &Value) {
        let Value::Object(map) = value else { return };
        self.strip_extensions(map);
        self.words(map, known);
        if let Some(schema) = map.get_mut("schema") {
            self.schema(schema, &known["schema"]);
        }
        for (name, header) in object(map.get_mut("headers")) {
            self.holder(header, &known["headers"][name.as_str()]);
        }
        for (name, media) in object(map.get_mut("content")) {
            self.holder(media, &known["content"][name.as_str()]);
        }
        for (_, example) in object(map.get_mut("examples")) {
            if let Value::Object(example) = example {
                for key in ["summary", "description"] {
                    self.take(example, key);
                }
            }
        }
        // An example that is a component of its own.
        self.take(map, "summary");
    }

    fn schema(&mut self, schema: &mut Value, known: &Value) {
        let Value::Object(map) = schema else { return };
        self.strip_extensions(map);
        self.words(map, known);
        for (name, property) in object(map.get_mut("properties")) {
            self.schema(property, &known["properties"][name.as_str()]);
            mark(property, &self.said);
        }
        for key in ["items", "additionalProperties", "not"] {
            if let Some(inner) = map.get_mut(key) {
                self.schema(inner, &known[key]);
            }
        }
        for key in ["allOf", "anyOf", "oneOf"] {
            for (index, part) in array(map.get_mut(key)).enumerate() {
                self.schema(part, &known[key][index]);
            }
        }
    }

    /// Takes the vendor's sentences out, and puts ours in.
    fn words(&mut self, map: &mut Map<String, Value>, known: &Value) {
        // A response has to have a description, even an empty one.
        let required = map.get("description").is_some_and(|text| text == "");
        for key in ["description", "title"] {
            self.take(map, key);
        }
        match known.get("description") {
            Some(ours) => _ = map.insert("description".to_owned(), ours.clone()),
            None if required => _ = map.insert("description".to_owned(), "".into()),
            None => {}
        }
    }

    fn take(&mut self, map: &mut Map<String, Value>, key: &str) {
        if let Some(Value::String(text)) = map.remove(key) {
            self.prose.update(text.as_bytes());
            self.prose.update([0]);
        }
    }

    fn strip_extensions(&mut self, map: &mut Map<String, Value>) {
        map.retain(|key, _| !key.starts_with("x-") || KEPT.contains(&key.as_str()));
    }
}

fn array(value: Option<&mut Value>) -> impl Iterator<Item = &mut Value> {
    value.and_then(Value::as_array_mut).into_iter().flatten()
}

fn object(value: Option<&mut Value>) -> impl Iterator<Item = (&String, &mut Value)> {
    value.and_then(Value::as_object_mut).into_iter().flatten()
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

        disown(&mut fragment);

        assert!(!is_kept(&fragment));
    }

    #[test]
    fn sentences_of_shared_answers_are_taken_out_as_well() {
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
        // What OpenAPI demands is there all the same.
        assert_eq!(components["responses"]["Lost"]["description"], "");
    }
}
