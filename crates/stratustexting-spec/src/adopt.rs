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

use super::{
    grammar::{self, Kind, Member, join},
    page::Fragment,
    platform,
};

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
    /// By `operationId`, each with its page: several can be one operation.
    operations: BTreeMap<String, Vec<(String, Value)>>,
    /// By name. The same schema has the same words in each page.
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

    /// What is said of an operation, on the same page if there is one.
    fn operation(&self, id: &str, page: &str) -> Option<&Value> {
        let pages = self.operations.get(id)?;
        let same = pages.iter().find(|(name, _)| name == page);
        same.or(pages.first()).map(|(_, operation)| operation)
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

/// What came of adopting a page.
#[derive(Debug, Default)]
pub(crate) struct Adopted {
    pub(crate) rise: Option<Rise>,
    /// What has no place in an OpenAPI document, a line each.
    pub(crate) notes: Vec<String>,
}

/// Makes of a page as the vendor has it the page as it is kept.
pub(crate) fn adopt(
    fragment: &mut Fragment,
    id: &str,
    source: &Source<'_>,
    known: &Known,
) -> Adopted {
    let notes = platform::take_over(fragment);
    let nothing = Value::Null;
    let known_operation = known.operation(id, &fragment.page);
    let known_operation = known_operation.unwrap_or(&nothing);
    let page = fragment.url.as_ref().unwrap_or(source.site).as_str();
    let mut work = Work {
        said: Said {
            basis: source.basis,
            source: page.to_owned(),
        },
        prose: Sha256::new(),
        notes,
    };
    let mut operation = Value::Object(std::mem::take(&mut fragment.operation));
    work.thing(Kind::Operation, &mut operation, known_operation, "");
    if let Value::Object(operation) = operation {
        fragment.operation = operation;
    }
    source.site.as_str().clone_into(&mut work.said.source);
    work.components(&mut fragment.components, known);
    let prose: String = work.prose.finalize()[..8]
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    let operation = &mut fragment.operation;
    // The skeleton of a page has the key, and what it is called by is its title.
    operation.insert("description".to_owned(), "".into());
    operation.insert("summary".to_owned(), fragment.title.as_str().into());
    operation.insert(PROSE.to_owned(), prose.into());
    operation.insert("operationId".to_owned(), id.into());
    let said = Said {
        basis: source.basis,
        source: page.to_owned(),
    };
    let old = &known_operation[PROVENANCE];
    operation.insert(PROVENANCE.to_owned(), said.after(old));
    let from = old["basis"].as_str();
    let rise = from.filter(|from| *from != source.basis).map(|from| Rise {
        id: id.to_owned(),
        from: from.to_owned(),
        to: source.basis.to_owned(),
    });
    Adopted {
        rise,
        notes: work.notes,
    }
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
    notes: Vec<String>,
}

impl Work<'_> {
    fn components(&mut self, components: &mut Map<String, Value>, known: &Known) {
        components.retain(|group, _| {
            let kept = Kind::of_components(group).is_some();
            if !kept && !group.starts_with("x-") {
                self.unknown("components", group);
            }
            kept
        });
        for (group, members) in components {
            let Some(kind) = Kind::of_components(group) else {
                continue;
            };
            for (name, component) in members.as_object_mut().into_iter().flatten() {
                let words = known.schemas.get(name).filter(|_| group == "schemas");
                let place = format!("{group}/{name}");
                self.thing(kind, component, words.unwrap_or(&Value::Null), &place);
                mark(component, &self.said);
            }
        }
    }

    /// Takes the vendor's sentences out of a thing and of all inside of it, and puts ours
    /// in where we know the thing. What no table of keywords knows goes with them: nobody
    /// can tell whether it is a fact.
    fn thing(&mut self, kind: Kind, value: &mut Value, known: &Value, place: &str) {
        let Value::Object(map) = value else { return };
        // A response has to have a description, even an empty one.
        let empty = map.get("description").is_some_and(|it| it == "");
        let keys: Vec<String> = map.keys().cloned().collect();
        for key in keys {
            let Some(mut inner) = map.remove(&key) else {
                continue;
            };
            let there = join(place, &key);
            let kept = match member(kind, &key) {
                Member::Words => false,
                Member::Plain if grammar::is_plain(&inner) => true,
                Member::Data => true,
                Member::Of(kind) => self.inside(kind, &mut inner, &known[&key], &there),
                Member::Named(kind) => {
                    let property = key == "properties";
                    self.named(kind, &mut inner, &known[&key], &there, property)
                }
                Member::Plain | Member::Unknown => {
                    if !key.starts_with("x-") {
                        self.unknown(place, &key);
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

    /// A thing, or a list of them. A text in its place is a sentence.
    fn inside(&mut self, kind: Kind, value: &mut Value, known: &Value, place: &str) -> bool {
        match value {
            Value::String(_) => return false,
            Value::Array(items) => {
                for (index, item) in items.iter_mut().enumerate() {
                    let same =
                        |other: &&Value| other["name"] == item["name"] && other["in"] == item["in"];
                    let words = match (kind, known.as_array()) {
                        (Kind::Parameter, Some(all)) => all.iter().find(same),
                        (_, all) => all.and_then(|all| all.get(index)),
                    };
                    let words = words.cloned().unwrap_or_default();
                    let there = join(place, &index.to_string());
                    if !self.inside(kind, item, &words, &there) {
                        self.take(item);
                        *item = Value::Null;
                    }
                    if kind == Kind::Parameter {
                        mark(item, &self.said);
                    }
                }
                items.retain(|item| kind == Kind::Schema || !item.is_null());
            }
            value => {
                self.thing(kind, value, known, place);
                if kind == Kind::Body {
                    mark(value, &self.said);
                }
            }
        }
        true
    }

    /// Things by name. A text in the place of one leaves the name, but for an example, whose
    /// value it is.
    fn named(
        &mut self,
        kind: Kind,
        value: &mut Value,
        known: &Value,
        place: &str,
        properties: bool,
    ) -> bool {
        let Value::Object(things) = value else {
            return kind == Kind::Example || self.inside(kind, value, known, place);
        };
        for (name, thing) in things {
            if kind == Kind::Example && !thing.is_object() {
                continue;
            }
            if !self.inside(kind, thing, &known[name.as_str()], &join(place, name)) {
                self.take(thing);
                *thing = Value::Null;
            }
            if properties || kind == Kind::Response {
                mark(thing, &self.said);
            }
        }
        true
    }

    fn unknown(&mut self, place: &str, key: &str) {
        let note = "no keyword of OpenAPI there, left out";
        self.notes.push(format!("{}: {note}", join(place, key)));
    }

    /// Words count for the digest, so that their change is seen.
    fn take(&mut self, value: &Value) {
        match value {
            Value::String(text) => self.prose.update(text.as_bytes()),
            other => self.prose.update(other.to_string().as_bytes()),
        }
        self.prose.update([0]);
    }
}

/// What a key of a vendor's page holds.
fn member(kind: Kind, key: &str) -> Member {
    match key.strip_prefix("x-") {
        Some(_) if KEPT.contains(&key) => Member::Plain,
        Some(_) => Member::Unknown,
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
