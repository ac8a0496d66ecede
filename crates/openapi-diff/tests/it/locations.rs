//! Where in a document a change of a kind applies.
//!
//! The meaning of a change depends on the direction in which a value travels, so the
//! directions of components are determined here independently of the library.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

/// The methods of a path item.
const METHODS: [&str; 5] = ["delete", "get", "patch", "post", "put"];

/// An operation of a document.
pub(crate) struct Operation<'a> {
    pub(crate) pointer: String,
    pub(crate) value: &'a Value,
}

/// Which side sends a component.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Sent {
    pub(crate) by_client: bool,
    pub(crate) by_service: bool,
}

/// A field of a component that is an object.
pub(crate) struct Field<'a> {
    pub(crate) schema: String,
    pub(crate) name: String,
    pub(crate) pointer: String,
    pub(crate) value: &'a Value,
    pub(crate) required: bool,
    pub(crate) sent: Sent,
}

pub(crate) fn escape(segment: &str) -> String {
    segment.replace('~', "~0").replace('/', "~1")
}

fn members(value: &Value) -> impl Iterator<Item = (&String, &Value)> {
    value.as_object().into_iter().flatten()
}

pub(crate) fn operations(document: &Value) -> Vec<Operation<'_>> {
    let mut operations = Vec::new();
    for (path, item) in members(&document["paths"]) {
        for (method, value) in members(item) {
            if METHODS.contains(&method.as_str()) {
                let pointer = format!("/paths/{}/{method}", escape(path));
                operations.push(Operation { pointer, value });
            }
        }
    }
    operations
}

/// The directions of the component schemas that are used.
pub(crate) fn directions(document: &Value) -> BTreeMap<String, Sent> {
    let mut directions = BTreeMap::new();
    for operation in operations(document) {
        exchange(document, operation.value, true, &mut directions);
        for (_, callback) in members(&operation.value["callbacks"]) {
            for (_, item) in members(callback) {
                for (_, inner) in members(item) {
                    exchange(document, inner, false, &mut directions);
                }
            }
        }
    }
    directions
}

/// Follows the parts of a request and its responses. In a callback the service is the caller.
fn exchange(
    document: &Value,
    operation: &Value,
    client_calls: bool,
    directions: &mut BTreeMap<String, Sent>,
) {
    for key in ["parameters", "requestBody", "responses"] {
        let by_client = (key != "responses") == client_calls;
        let mut seen = BTreeSet::new();
        follow(document, &operation[key], by_client, &mut seen, directions);
    }
}

fn follow(
    document: &Value,
    value: &Value,
    by_client: bool,
    seen: &mut BTreeSet<String>,
    directions: &mut BTreeMap<String, Sent>,
) {
    match value {
        Value::Object(object) => {
            for (key, member) in object {
                match member.as_str() {
                    Some(target) if key == "$ref" => {
                        if !seen.insert(target.to_owned()) {
                            continue;
                        }
                        if let Some(name) = target.strip_prefix("#/components/schemas/") {
                            let sent = directions.entry(name.to_owned()).or_default();
                            sent.by_client |= by_client;
                            sent.by_service |= !by_client;
                        }
                        let found = document.pointer(target.trim_start_matches('#')).unwrap();
                        follow(document, found, by_client, seen, directions);
                    }
                    _ if key == "example" => {}
                    _ => follow(document, member, by_client, seen, directions),
                }
            }
        }
        Value::Array(items) => {
            for item in items {
                follow(document, item, by_client, seen, directions);
            }
        }
        _ => {}
    }
}

/// The fields of component schemas, without those that are marked sensitive somewhere:
/// a document without one of those is refused.
pub(crate) fn fields(document: &Value) -> Vec<Field<'_>> {
    let directions = directions(document);
    let sensitive = sensitive(document);
    let mut fields = Vec::new();
    for (schema, value) in members(&document["components"]["schemas"]) {
        let required = &value["required"];
        for (name, property) in members(&value["properties"]) {
            if sensitive.contains(name) {
                continue;
            }
            fields.push(Field {
                schema: schema.clone(),
                name: name.clone(),
                pointer: format!("/components/schemas/{schema}/properties/{}", escape(name)),
                value: property,
                required: required
                    .as_array()
                    .is_some_and(|all| all.contains(&name.as_str().into())),
                sent: directions.get(schema).copied().unwrap_or_default(),
            });
        }
    }
    fields
}

/// The component schemas that are objects with fields, with their directions.
pub(crate) fn objects(document: &Value) -> Vec<(String, Sent)> {
    let directions = directions(document);
    members(&document["components"]["schemas"])
        .filter(|(_, schema)| schema["properties"].is_object())
        .map(|(name, _)| {
            (
                name.clone(),
                directions.get(name).copied().unwrap_or_default(),
            )
        })
        .collect()
}

/// The component schemas that list values, with the keyword and their directions.
pub(crate) fn lists(document: &Value) -> Vec<(String, &'static str, Sent)> {
    let directions = directions(document);
    let mut lists = Vec::new();
    for (name, schema) in members(&document["components"]["schemas"]) {
        for key in ["enum", "x-extensible-enum"] {
            if schema[key].is_array() {
                let sent = directions.get(name).copied().unwrap_or_default();
                lists.push((name.clone(), key, sent));
            }
        }
    }
    lists
}

/// The last segment of everything that an operation marks as sensitive.
fn sensitive(document: &Value) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for operation in operations(document) {
        for (_, list) in members(&operation.value["x-sensitive"]) {
            for pointer in list.as_array().into_iter().flatten() {
                let segments = pointer.as_str().unwrap().split('/');
                names.extend(segments.map(str::to_owned));
            }
        }
        for (_, callback) in members(&operation.value["callbacks"]) {
            for (_, item) in members(callback) {
                for (_, inner) in members(item) {
                    for (_, list) in members(&inner["x-sensitive"]) {
                        for pointer in list.as_array().into_iter().flatten() {
                            let segments = pointer.as_str().unwrap().split('/');
                            names.extend(segments.map(str::to_owned));
                        }
                    }
                }
            }
        }
    }
    names
}

/// The pointers to every object that has a member of that name.
pub(crate) fn holders(document: &Value, key: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut waiting = vec![(String::new(), document)];
    while let Some((pointer, value)) = waiting.pop() {
        match value {
            Value::Object(object) => {
                if object.contains_key(key) {
                    found.push(pointer.clone());
                }
                for (name, member) in object {
                    // Examples and brands are data.
                    if name != "example" && name != "x-brands" && name != "properties" {
                        waiting.push((format!("{pointer}/{}", escape(name)), member));
                    }
                }
                for (name, member) in members(&value["properties"]) {
                    let pointer = format!("{pointer}/properties/{}", escape(name));
                    waiting.push((pointer, member));
                }
            }
            Value::Array(items) => {
                for (index, item) in items.iter().enumerate() {
                    waiting.push((format!("{pointer}/{index}"), item));
                }
            }
            _ => {}
        }
    }
    found.sort();
    found
}
