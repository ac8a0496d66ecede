//! The control API as an OpenAPI document, made from the index.
//!
//! It is kept in the package as `control-api.json`, and a test compares the two. Version 3.1,
//! since its schemas are JSON Schemas.

use std::collections::BTreeMap;

use schemars::{SchemaGenerator, generate::SchemaSettings};
use serde_json::{Map, Value, json};

use super::index::{Endpoint, endpoints};

const SCHEMAS: &str = "/components/schemas";

/// Where requests' types are until it is known which differ from the responses'.
const REQUEST_SCHEMAS: &str = "/components/requests";

/// The document; `server` is the sandbox's URL without a path.
pub(super) fn document(server: &str) -> Value {
    let settings = |path: &'static str| {
        SchemaSettings::draft2020_12().with(|settings| {
            settings.definitions_path = path.into();
            settings.meta_schema = None;
        })
    };
    let mut requests = settings(REQUEST_SCHEMAS).into_generator();
    let mut responses = settings(SCHEMAS).for_serialize().into_generator();
    let mut paths: BTreeMap<&str, Map<String, Value>> = BTreeMap::new();
    for endpoint in endpoints() {
        let operation = operation(&endpoint, &mut requests, &mut responses);
        let methods = paths.entry(endpoint.path).or_default();
        methods.insert(endpoint.method.to_ascii_lowercase(), operation);
    }
    let mut schemas = responses.take_definitions(true);
    let renamed = add_requests(&mut schemas, requests.take_definitions(true));
    schemas.insert("Error".to_owned(), error_schema());
    let mut document = json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Control API of the StratusTexting sandbox",
            "version": env!("CARGO_PKG_VERSION"),
            "summary": "Shows what arrived at the sandbox, and makes it do things.",
            "description": DESCRIPTION,
            "license": {"name": "MIT OR Apache-2.0", "identifier": "MIT OR Apache-2.0"},
        },
        "servers": [{"url": server, "description": "The sandbox"}],
        "security": [],
        "paths": paths,
        "components": {"schemas": schemas, "responses": error_responses()},
    });
    rename_references(&mut document, &renamed);
    plain_descriptions(&mut document);
    document
}

/// Adds the requests' types. One that the responses have, too, and that looks different
/// there, because a field with a default may be left out, gets another name. Returns the names of
/// all.
fn add_requests(
    schemas: &mut Map<String, Value>,
    requests: Map<String, Value>,
) -> BTreeMap<String, String> {
    let mut names = BTreeMap::new();
    for (name, schema) in requests {
        let differs = schemas.get(&name).is_some_and(|other| *other != schema);
        let new = if differs {
            format!("{name}Input")
        } else {
            name.clone()
        };
        schemas.insert(new.clone(), schema);
        names.insert(name, new);
    }
    names
}

fn rename_references(value: &mut Value, names: &BTreeMap<String, String>) {
    match value {
        Value::Object(object) => {
            for (key, value) in object.iter_mut() {
                let name = value.as_str().filter(|_| key == "$ref");
                let name = name.and_then(|text| text.strip_prefix('#'));
                let name = name.and_then(|text| text.strip_prefix(REQUEST_SCHEMAS));
                let name = name.and_then(|text| names.get(text.trim_start_matches('/')));
                match name {
                    Some(name) => *value = format!("#{SCHEMAS}/{name}").into(),
                    None => rename_references(value, names),
                }
            }
        }
        Value::Array(array) => {
            for value in array {
                rename_references(value, names);
            }
        }
        _ => {}
    }
}

const DESCRIPTION: &str = "\
It isn't part of the service, needs no credentials, and shows the sandbox's: the sandbox is for \
tests on one machine. Requests of pages in a browser are rejected unless their origin is \
allowed, and so are host names that aren't allowed. No content type is required.\n\n\
Made by `cargo xtask control-api`.";

fn operation(
    endpoint: &Endpoint,
    requests: &mut SchemaGenerator,
    responses: &mut SchemaGenerator,
) -> Value {
    let takes_input = endpoint.body.is_some() || !endpoint.parameters.is_empty();
    let success = match endpoint.response {
        Some(schema) => (
            "200",
            json!({
                "description": "Done.",
                "content": {"application/json": {"schema": schema(responses)}},
            }),
        ),
        None => ("204", json!({"description": "Done."})),
    };
    let mut all = Map::from_iter([(success.0.to_owned(), success.1)]);
    let names_something = endpoint.path.contains('{');
    for (status, name, is_possible) in [
        ("400", "BadRequest", takes_input),
        ("403", "Forbidden", true),
        ("404", "NotFound", names_something),
        ("413", "TooLarge", endpoint.body.is_some()),
    ] {
        if is_possible {
            let response = json!({"$ref": format!("#/components/responses/{name}")});
            all.insert(status.to_owned(), response);
        }
    }
    let mut operation = json!({
        "operationId": endpoint.id.map_or_else(|| default_id(endpoint), str::to_owned),
        "summary": sentence(endpoint.does),
        "responses": all,
    });
    let parameters = parameters(endpoint);
    if !parameters.is_empty() {
        operation["parameters"] = parameters.into();
    }
    if let Some(body) = &endpoint.body {
        operation["requestBody"] = json!({
            "required": true,
            "content": {"application/json": {
                "schema": (body.shared)(requests),
                "example": body.example,
            }},
        });
    }
    operation
}

fn parameters(endpoint: &Endpoint) -> Vec<Value> {
    let names = endpoint.path.split('/');
    let in_path = names
        .filter_map(|segment| segment.strip_prefix('{')?.strip_suffix('}'))
        .map(|name| {
            json!({
                "name": name,
                "in": "path",
                "required": true,
                "description": "As the API gives it.",
                "schema": {"type": "string"},
            })
        });
    let in_query = endpoint.parameters.iter().map(|(name, schema)| {
        let mut schema = schema.clone();
        let description = schema.as_object_mut().and_then(|s| s.remove("description"));
        let description = sentence(description.unwrap_or_default().as_str().unwrap_or_default());
        json!({
            "name": name,
            "in": "query",
            "description": description,
            "schema": schema,
        })
    });
    in_path.chain(in_query).collect()
}

/// Method and path in camel case, such as `getControlLedger`.
fn default_id(endpoint: &Endpoint) -> String {
    let mut id = endpoint.method.to_ascii_lowercase();
    let words = endpoint.path.split(|c: char| !c.is_ascii_alphanumeric());
    for word in words.filter(|word| !word.is_empty()) {
        let (first, rest) = word.split_at(1);
        id += &first.to_ascii_uppercase();
        id += rest;
    }
    id
}

/// The index's words as a sentence.
fn sentence(text: &str) -> String {
    let mut letters = text.chars();
    let first = letters.next().map(|first| first.to_uppercase().to_string());
    let end = if text.ends_with('.') { "" } else { "." };
    first.unwrap_or_default() + letters.as_str() + end
}

fn error_schema() -> Value {
    json!({
        "description": "What is wrong.",
        "type": "object",
        "properties": {"message": {"description": "A sentence for people.", "type": "string"}},
        "required": ["message"],
    })
}

fn error_responses() -> Value {
    let error = |description: &str, message: &str| {
        json!({
            "description": description,
            "content": {"application/json": {
                "schema": {"$ref": format!("#{SCHEMAS}/Error")},
                "example": {"message": message},
            }},
        })
    };
    json!({
        "BadRequest": error(
            "A parameter or the body is wrong; nothing was done.",
            "the body can't be read: missing field `seconds` at line 1 column 2",
        ),
        "Forbidden": error(
            "A page's origin or a host name isn't allowed.",
            "pages of http://localhost:5173 may not use the control API",
        ),
        "NotFound": error("There is nothing with this id.", "there is no such contact"),
        "TooLarge": error("The body has more than 2 MB.", "length limit exceeded"),
    })
}

/// Makes links of rustdoc, which lead nowhere here, plain text.
fn plain_descriptions(value: &mut Value) {
    match value {
        Value::Object(object) => {
            for (key, value) in object.iter_mut() {
                match value {
                    Value::String(text) if key == "description" => *text = without_links(text),
                    value => plain_descriptions(value),
                }
            }
        }
        Value::Array(array) => array.iter_mut().for_each(plain_descriptions),
        _ => {}
    }
}

/// The text without links to items of Rust: ``[`a`]``, `[a](Self::a)` and `[a](crate::a)`.
fn without_links(text: &str) -> String {
    let mut plain = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('[') {
        plain += before;
        let Some((label, after)) = after.split_once(']') else {
            plain.push('[');
            rest = after;
            continue;
        };
        let target = after.strip_prefix('(').and_then(|t| t.split_once(')'));
        match target {
            Some((target, after)) if target.contains("::") => {
                plain += label;
                rest = after;
            }
            None if label.starts_with('`') => {
                plain += label;
                rest = after;
            }
            _ => {
                plain += &format!("[{label}]");
                rest = after;
            }
        }
    }
    plain + rest
}

#[cfg(test)]
mod tests {
    use super::{default_id, document, endpoints, sentence, without_links};

    #[test]
    fn links_of_rustdoc_become_text_and_others_stay() {
        for (text, plain) in [
            (
                "The [name](crate::Fault::name) of the fault.",
                "The name of the fault.",
            ),
            (
                "See [`paging`](Self::paging) and [`Ids`].",
                "See `paging` and `Ids`.",
            ),
            (
                "A [page](https://a.example/).",
                "A [page](https://a.example/).",
            ),
            ("One [of them", "One [of them"),
        ] {
            assert_eq!(without_links(text), plain);
        }
    }

    #[test]
    fn an_endpoint_without_an_id_gets_one_of_method_and_path() {
        let all = endpoints();
        let status = all.iter().find(|e| e.path.ends_with("{id}/status"));

        assert_eq!(
            default_id(status.unwrap()),
            "postControlSubscriptionsIdStatus"
        );
        assert_eq!(sentence("clear the ledger"), "Clear the ledger.");
    }

    #[test]
    fn every_reference_leads_somewhere_and_each_id_is_unique() {
        let document = document("http://127.0.0.1:8080");
        let text = document.to_string();
        let mut ids: Vec<&str> = text.split("\"operationId\":\"").skip(1).collect();
        for id in &mut ids {
            *id = id.split('"').next().unwrap();
        }
        let count = ids.len();
        ids.sort_unstable();
        ids.dedup();
        assert_eq!(ids.len(), count);
        for reference in text.split("\"$ref\":\"#").skip(1) {
            let pointer = reference.split('"').next().unwrap();
            assert!(document.pointer(pointer).is_some(), "{pointer}");
        }
    }
}
