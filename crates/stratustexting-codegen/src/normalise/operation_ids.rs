//! The names of operations, unique as methods and builders.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::json;

use super::report::Notes;
use crate::{
    document::{Document, Refusal},
    names::{field_name, numbered, type_name},
};

/// The methods that every client has.
const RESERVED: [&str; 11] = [
    "api_version",
    "baseurl",
    "client",
    "clone",
    "exec",
    "inner",
    "new",
    "new_with_client",
    "post",
    "pre",
    "with_context",
];

/// The types in the same module as the builders.
const TYPES: [&str; 12] = [
    "ByteStream",
    "Client",
    "ClientHooks",
    "ClientInfo",
    "Err",
    "Error",
    "OperationInfo",
    "Option",
    "RequestBuilderExt",
    "ResponseValue",
    "Result",
    "Some",
];

/// Renames an operation whose id clashes in Rust with another's or with a method that
/// every client has: `get_x` beside `getX` becomes `getX2`.
///
/// The first in the order of path and method keeps its id. A transport always gets the
/// document's id.
pub(super) fn name_operations(document: &mut Document, notes: &mut Notes) -> Result<(), Refusal> {
    let ids: Vec<String> = document.operations().map(|(site, _)| site.id).collect();
    let mut methods: BTreeSet<String> = RESERVED.map(str::to_owned).into();
    methods.insert("with_transport".to_owned());
    let mut builders: BTreeSet<String> = TYPES.map(str::to_owned).into();
    let mut renamed: BTreeMap<String, String> = BTreeMap::new();
    let mut names: Vec<(String, String)> = Vec::new();
    for id in ids {
        let is_free = |name: &str| {
            !methods.contains(&field_name(name)) && !builders.contains(&type_name(name))
        };
        let wanted = if RESERVED.contains(&field_name(&id).as_str())
            || TYPES.contains(&type_name(&id).as_str())
        {
            format!("{id}Operation")
        } else {
            id.clone()
        };
        let name = if is_free(&wanted) {
            wanted
        } else {
            numbered(&type_name(&wanted), is_free)
        };
        methods.insert(field_name(&name));
        builders.insert(type_name(&name));
        names.push((field_name(&name), id.clone()));
        if name != id {
            notes.add(format!("{id}: {}", field_name(&name)));
            renamed.insert(id, name);
        }
    }
    for (site, operation) in document.operations_mut() {
        if let Some(name) = renamed.get(&site.id) {
            operation.insert("operationId".to_owned(), json!(name));
        }
    }
    notes.operations = unfindable(&names);
    Ok(())
}

/// The operations that the client can't find by the name of their method, each with its
/// id in the document.
///
/// The client compares letters without underscores, so it finds `sendSms` by
/// `send_sms`. It only finds the first of two ids that are alike, and none with other
/// characters.
fn unfindable(names: &[(String, String)]) -> BTreeMap<String, String> {
    let squashed = |text: &str| -> String {
        let lower = text.chars().map(|c| c.to_ascii_lowercase());
        lower.filter(|c| *c != '_').collect()
    };
    let found = |method: &str| {
        let exact = names.iter().find(|(_, id)| id == method);
        exact.or_else(|| {
            names
                .iter()
                .find(|(_, id)| squashed(id) == squashed(method))
        })
    };
    names
        .iter()
        .filter(|(method, id)| found(method).is_none_or(|(_, other)| other != id))
        .cloned()
        .collect()
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use crate::{
        document::Document,
        normalise::{
            Normalised, normalise,
            test_support::{operation, with, without},
        },
    };

    fn with_ids(ids: &[&str]) -> Value {
        let mut spec = operation(json!({}));
        let operation = |id: &&str| {
            json!({"get": {
            "operationId": id, "responses": {"200": {"description": ""}}}})
        };
        spec["paths"] = ids
            .iter()
            .enumerate()
            .map(|(index, id)| (format!("/{index}"), operation(id)))
            .collect();
        spec
    }

    fn normalised(spec: &Value) -> Normalised {
        normalise(&Document::parse(&spec.to_string()).unwrap()).unwrap()
    }

    #[test]
    fn ids_that_clash_in_rust_become_one_method_without_the_pass() {
        let spec = with_ids(&["readThing", "read_thing"]);

        let trapped = without("name-operations", &spec);
        assert!(trapped.is_err() || trapped.unwrap().matches("pub fn read_thing(").count() == 2);
        let generated = with(&spec).unwrap();
        for method in ["read_thing", "read_thing2"] {
            let count = generated.matches(&format!("pub fn {method}(")).count();
            assert_eq!(count, 1, "{method}");
        }
    }

    #[test]
    fn methods_of_every_client_are_not_taken() {
        let generated = with(&with_ids(&["new", "error"])).unwrap();

        assert!(generated.contains("pub fn new_operation("), "{generated}");
        assert!(
            generated.contains("pub struct ErrorOperation<"),
            "{generated}"
        );
    }

    #[test]
    fn an_operation_that_its_method_does_not_identify_is_noted() {
        let spec = with_ids(&["getX", "get_x", "list-all", "sendSms", "send_one"]);

        let noted = normalised(&spec).operations;

        let noted: Vec<(&str, &str)> = noted
            .iter()
            .map(|(method, id)| (method.as_str(), id.as_str()))
            .collect();
        assert_eq!(
            noted,
            [
                ("get_x", "getX"),
                ("get_x2", "get_x"),
                ("list_all", "list-all")
            ]
        );
    }
}
