//! How the id in one answer gets into a later request.
//!
//! The rule, which knows no operation by name:
//!
//! 1. A string field `id` of the component `Thing` is the variable `thingId`; a string
//!    field that ends in `Id`, such as `orgId`, is the variable of its own name. Lists
//!    stand for their first item.
//! 2. A path parameter is the variable of its name. A query parameter is if it is such an
//!    id, or personal by `x-sensitive`. A field of a body is if it has the name of a
//!    variable.
//! 3. Where an example of a request contains an id that the example of an answer has, the
//!    id's variable takes its place: the document's examples tell one story.
//! 4. An id that requests need comes from the answers that have the thing itself: from the
//!    writes (neither `GET` nor `DELETE`) that don't need it, each time; if there is none,
//!    from the reads that don't need it, unless something was stored before. So the first
//!    item of a list is never what a run changes or deletes, where a run makes one itself.
//!    If no answer has the thing itself, the id comes from an answer that mentions it: that
//!    of the request which needs least, the document's first among equals.
//! 5. What no other request answers with is given: it is for a person to fill in.

use std::collections::{BTreeMap, BTreeSet};

use heck::ToLowerCamelCase;
use serde_json::Value;
use stratustexting_codegen::Document;

use super::call::Call;

/// The shortest text that is taken for an id where it stands within another one. Shorter
/// ones, such as an example `string`, would be found by chance.
const SHORTEST_ID: usize = 16;

/// An id that an answer has.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Id {
    /// The variable that takes it.
    pub(super) variable: String,
    /// The way to it from the answer's root: keys, and `0` for the first item of a list.
    pub(super) way: Vec<String>,
    /// Whether it is the `id` of the thing itself, rather than a mention of another.
    pub(super) own: bool,
}

/// Which ids the document's answers have, and what is known of them.
#[derive(Debug)]
pub(super) struct Flow {
    /// By operation, the ids that its answer has.
    answers: BTreeMap<String, Vec<Id>>,
    /// Variables by the ids that stand for them in examples.
    examples: BTreeMap<String, String>,
}

impl Flow {
    pub(super) fn of(document: &Document, calls: &[Call]) -> Self {
        let mut flow = Self {
            answers: BTreeMap::new(),
            examples: BTreeMap::new(),
        };
        for call in calls {
            let mut ids = Vec::new();
            if let Some(schema) = &call.answer {
                find(document, schema, &mut Walk::default(), &mut ids);
            }
            for id in &ids {
                let example = call.answer_example.as_ref();
                let text = example.and_then(|example| follow(example, &id.way));
                if let Some(text) = text.and_then(Value::as_str).filter(|text| is_id(text)) {
                    flow.examples
                        .entry(text.to_owned())
                        .or_insert_with(|| id.variable.clone());
                }
            }
            flow.answers.insert(call.id.clone(), ids);
        }
        flow
    }

    /// Whether an answer has an id of that name.
    pub(super) fn is_id(&self, variable: &str) -> bool {
        let mut ids = self.answers.values().flatten();
        ids.any(|id| id.variable == variable)
    }

    /// A text of an example, with variables in place of the ids in it, and which.
    pub(super) fn fill(&self, text: &str) -> (String, BTreeSet<String>) {
        let mut text = text.to_owned();
        let mut filled = BTreeSet::new();
        for (id, variable) in &self.examples {
            if text.contains(id) {
                text = text.replace(id, &reference(variable));
                filled.insert(variable.clone());
            }
        }
        (text, filled)
    }

    /// Which ids the answer to each call stores, and whether only where there is none yet.
    /// `needs` are the variables that each call needs.
    pub(super) fn stored<'a>(
        &'a self,
        calls: &'a [Call],
        needs: &[BTreeSet<String>],
    ) -> BTreeMap<&'a str, Vec<(&'a Id, bool)>> {
        let mut stored: BTreeMap<&str, Vec<(&Id, bool)>> = BTreeMap::new();
        let needed: BTreeSet<&String> = needs.iter().flatten().collect();
        for variable in needed {
            // The calls that have the id and don't need it, with what they need.
            let mut having: Vec<(&Call, &Id, usize)> = Vec::new();
            for (call, needs) in calls.iter().zip(needs) {
                let ids = self.answers.get(&call.id).into_iter().flatten();
                let same = ids.filter(|id| id.variable == *variable);
                // The thing itself, if it is there, rather than a mention of it.
                let id = same.min_by_key(|id| (!id.own, id.way.len()));
                if let Some(id) = id.filter(|_| !needs.contains(variable)) {
                    having.push((call, id, needs.len()));
                }
            }
            let own = having.iter().filter(|(_, id, _)| id.own);
            let (writes, reads): (Vec<_>, Vec<_>) = own.partition(|(call, _, _)| is_write(call));
            let (sources, only_if_empty) = if !writes.is_empty() {
                (writes, false)
            } else if !reads.is_empty() {
                (reads, true)
            } else {
                let least = having.iter().min_by_key(|(_, _, needs)| *needs);
                (least.into_iter().collect(), true)
            };
            for (call, id, _) in sources {
                stored
                    .entry(&call.id)
                    .or_default()
                    .push((id, only_if_empty));
            }
        }
        stored
    }
}

fn is_write(call: &Call) -> bool {
    call.method != "GET" && call.method != "DELETE"
}

/// How Postman writes that a variable's value belongs here.
pub(super) fn reference(variable: &str) -> String {
    format!("{{{{{variable}}}}}")
}

/// Where the search for ids is.
#[derive(Default)]
struct Walk {
    way: Vec<String>,
    /// The components that were passed, so that one that contains itself ends the search.
    components: Vec<String>,
}

fn find(document: &Document, schema: &Value, walk: &mut Walk, found: &mut Vec<Id>) {
    if let Some(reference) = schema["$ref"].as_str() {
        let name = reference.rsplit('/').next().unwrap_or_default().to_owned();
        if let Some(schema) = reference.strip_prefix('#').and_then(|p| document.get(p))
            && !walk.components.contains(&name)
        {
            walk.components.push(name);
            find(document, schema, walk, found);
            walk.components.pop();
        }
        return;
    }
    for part in schema["allOf"].as_array().into_iter().flatten() {
        find(document, part, walk, found);
    }
    if schema.get("items").is_some() {
        walk.way.push("0".to_owned());
        find(document, &schema["items"], walk, found);
        walk.way.pop();
    }
    for (name, property) in schema["properties"].as_object().into_iter().flatten() {
        walk.way.push(name.clone());
        if property["type"] == "string" {
            let own = name == "id";
            let variable = if own {
                let component = walk.components.last();
                component.map(|component| format!("{}Id", component.to_lower_camel_case()))
            } else {
                (name.ends_with("Id") && name != "Id").then(|| name.clone())
            };
            found.extend(variable.map(|variable| Id {
                variable,
                way: walk.way.clone(),
                own,
            }));
        } else {
            find(document, property, walk, found);
        }
        walk.way.pop();
    }
}

fn follow<'a>(value: &'a Value, way: &[String]) -> Option<&'a Value> {
    way.iter().try_fold(value, |value, step| match value {
        Value::Array(items) => items.get(step.parse::<usize>().ok()?),
        _ => value.get(step),
    })
}

fn is_id(text: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '-';
    text.len() >= SHORTEST_ID && text.chars().all(plain)
}
