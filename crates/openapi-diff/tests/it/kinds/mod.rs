//! Kinds of changes that can be made to a document, and where they apply.
//!
//! A kind has the name of the row in the table of expectations that says what it means.

mod operations;
mod requests;
mod responses;
mod service;

use serde_json::{Value, json};

use crate::{
    edits::Edit,
    locations::{Field, Operation, Sent, fields, lists, objects, operations},
};

/// All kinds.
pub(crate) fn kinds() -> Vec<(&'static str, Kind)> {
    [
        operations::KINDS,
        requests::KINDS,
        responses::KINDS,
        service::KINDS,
    ]
    .concat()
}

/// Finds where a kind applies in a document; each item has the edits for one change.
pub(crate) type Kind = fn(&Value) -> Vec<Vec<Edit>>;

pub(crate) fn set(pointer: impl Into<String>, value: Value) -> Edit {
    Edit::Set {
        set: pointer.into(),
        value,
    }
}

pub(crate) fn add(pointer: impl Into<String>, value: Value) -> Edit {
    Edit::Add {
        add: pointer.into(),
        value,
    }
}

pub(crate) fn remove(pointer: impl Into<String>) -> Edit {
    Edit::Remove {
        remove: pointer.into(),
    }
}

pub(crate) fn rename(pointer: impl Into<String>, to: impl Into<String>) -> Edit {
    Edit::Rename {
        rename: pointer.into(),
        to: to.into(),
    }
}

/// The edits for each operation that has some.
pub(crate) fn each_operation(
    document: &Value,
    edits: impl Fn(&Operation<'_>) -> Option<Vec<Edit>>,
) -> Vec<Vec<Edit>> {
    operations(document).iter().filter_map(edits).collect()
}

/// The edits for each parameter that has some.
fn each_parameter(
    document: &Value,
    edits: impl Fn(&Value, &str) -> Option<Vec<Edit>>,
) -> Vec<Vec<Edit>> {
    let mut places = Vec::new();
    for operation in operations(document) {
        let parameters = operation.value["parameters"].as_array();
        for (index, parameter) in parameters.into_iter().flatten().enumerate() {
            let pointer = format!("{}/parameters/{index}", operation.pointer);
            places.extend(edits(parameter, &pointer));
        }
    }
    places
}

/// The edits for each query parameter that isn't sensitive.
fn each_plain_parameter(
    document: &Value,
    edits: impl Fn(&Value, &str) -> Option<Vec<Edit>>,
) -> Vec<Vec<Edit>> {
    each_parameter(document, |parameter, pointer| {
        let (operation, _) = pointer.split_once("/parameters").unwrap();
        let hidden = document
            .pointer(&format!("{operation}/x-sensitive/query"))
            .unwrap();
        let is_hidden = hidden.as_array().unwrap().contains(&parameter["name"]);
        (parameter["in"] == "query" && !is_hidden)
            .then(|| edits(parameter, pointer))
            .flatten()
    })
}

const CLIENT: Sent = Sent {
    by_client: true,
    by_service: false,
};
const SERVICE: Sent = Sent {
    by_client: false,
    by_service: true,
};

/// The edits for each field of components that travel in this direction.
fn each_field(
    document: &Value,
    sent: Sent,
    edits: impl Fn(&Field<'_>) -> Option<Vec<Edit>>,
) -> Vec<Vec<Edit>> {
    let fields = fields(document);
    let own = fields.iter().filter(|field| field.sent == sent);
    own.filter_map(edits).collect()
}

/// The edits for each object that travels in this direction.
fn each_object(document: &Value, sent: Sent, edits: impl Fn(&str) -> Vec<Edit>) -> Vec<Vec<Edit>> {
    let objects = objects(document).into_iter();
    let own = objects.filter(|(_, own)| *own == sent);
    own.map(|(name, _)| edits(&format!("/components/schemas/{name}")))
        .collect()
}

/// Makes a field required.
fn demand(document: &Value, schema: &str, name: &str) -> Edit {
    let pointer = format!("{schema}/required");
    match document.pointer(&pointer) {
        Some(_) => add(pointer, json!(name)),
        None => set(pointer, json!([name])),
    }
}

/// The edits for each response of an operation, given its status and value.
fn each_response(
    document: &Value,
    edits: impl Fn(&str, &Value, &str) -> Option<Vec<Edit>>,
) -> Vec<Vec<Edit>> {
    let mut places = Vec::new();
    for operation in operations(document) {
        for (status, response) in operation.value["responses"].as_object().unwrap() {
            let pointer = format!("{}/responses/{status}", operation.pointer);
            places.extend(edits(status, response, &pointer));
        }
    }
    places
}

fn scopes(operation: &Value) -> Option<&Vec<Value>> {
    operation.pointer("/security/0/oauth2")?.as_array()
}

fn json_type(value: &Value) -> Option<&str> {
    // Lists of values become types of their own in Rust.
    let plain = value["enum"].is_null() && value["x-extensible-enum"].is_null();
    value["type"].as_str().filter(|_| plain)
}

fn new_parameter(operation: &Operation<'_>, new: Value) -> Edit {
    let pointer = format!("{}/parameters", operation.pointer);
    if operation.value["parameters"].is_array() {
        add(pointer, new)
    } else {
        set(pointer, json!([new]))
    }
}

/// The edits for each list of values that travels in this direction.
fn each_list(
    document: &Value,
    fits: impl Fn(Sent) -> bool,
    edits: impl Fn(&str, &[Value]) -> Option<Vec<Edit>>,
) -> Vec<Vec<Edit>> {
    let lists = lists(document).into_iter().filter(|(.., sent)| fits(*sent));
    lists
        .filter_map(|(name, key, _)| {
            let pointer = format!("/components/schemas/{name}/{key}");
            edits(&pointer, document.pointer(&pointer)?.as_array()?)
        })
        .collect()
}
