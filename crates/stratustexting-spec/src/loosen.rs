//! From the platform's fragments to OpenAPI 3.0.
//!
//! The platform's fragments aren't strict: they have types of later versions, security
//! schemes of their own, names that no reference may have. Parts with an equivalent in
//! OpenAPI 3.0 are converted; parts without one that say nothing about the service are
//! dropped. Each change is a line of the report. Ambiguous parts stay, and are refused
//! later.

mod defaults;
mod names;
mod schema;

pub(crate) use self::names::percent_decoded;

use serde_json::{Map, Value, json};

use super::{
    adopt::KEPT,
    grammar::{KeyKind, ObjectKind},
    page::Fragment,
};

/// Headers that a client sends by itself. As parameters every caller would have to pass
/// them. OpenAPI has `security` for two of them, and says to ignore the others.
const OWN_HEADERS: [&str; 4] = ["authorization", "x-api-key", "content-type", "accept"];

/// Converts a fragment to OpenAPI 3.0, and returns a line for each change.
pub(crate) fn loosen(fragment: &mut Fragment) -> Vec<String> {
    let mut notes = Notes(Vec::new());
    names::safe(fragment, &mut notes);
    security(fragment, &mut notes);
    let path = fragment.path.clone();
    operation(&mut fragment.operation, &path, "", &mut notes);
    components(&mut fragment.components, &mut notes);
    defaults::correct(
        &mut fragment.operation,
        &mut fragment.components,
        &mut notes,
    );
    notes.0
}

/// The changes.
#[derive(Debug, Default)]
struct Notes(Vec<String>);

impl Notes {
    fn add(&mut self, location: &str, what: &str) {
        self.0.push(format!("{location}: {what}"));
    }
}

/// Drops the site's own security schemes. `operations.yaml`, which knows scopes, has an
/// operation's.
fn security(fragment: &mut Fragment, notes: &mut Notes) {
    let schemes = fragment.components.remove("securitySchemes");
    let schemes = schemes.as_ref().and_then(Value::as_object);
    for (name, scheme) in schemes.into_iter().flatten() {
        let kind = scheme["type"].as_str().unwrap_or("none");
        notes.add(
            &format!("securitySchemes/{name}"),
            &format!("of the type {kind}, left out; ours is used instead"),
        );
    }
    fragment.operation.remove("security");
}

/// `path` names the operation, and `within` is the prefix of locations inside it.
fn operation(operation: &mut Map<String, Value>, path: &str, within: &str, notes: &mut Notes) {
    operation.retain(|key, value| {
        let extension = key.starts_with("x-");
        // Folder and status are read when the fragments are merged.
        let read = KEPT.contains(&key.as_str()) || OURS.contains(&key.as_str());
        !value.is_null() && (!extension || read)
    });
    flag(operation, "deprecated", path, notes);
    text(operation, "description", path, notes);
    match operation.get_mut("parameters") {
        Some(Value::Array(parameters)) => {
            self::parameters(parameters, path, within, notes);
            if parameters.is_empty() {
                operation.remove("parameters");
            }
        }
        Some(_) => {
            operation.remove("parameters");
            notes.add(path, "parameters that aren't a list, left out");
        }
        None => {}
    }
    if let Some(body) = operation.get_mut("requestBody") {
        holder(body, &format!("{within}requestBody"), notes);
        let content = body.get("content").and_then(Value::as_object);
        if content.is_none_or(Map::is_empty) {
            operation.remove("requestBody");
            notes.add(path, "a body without content, left out");
        }
    }
    if let Some(Value::Object(responses)) = operation.get_mut("responses") {
        responses.retain(|status, _| {
            let known = is_status(status);
            if !known {
                notes.add(path, &format!("the response {status}, left out: no status"));
            }
            known
        });
        for (status, response) in responses {
            holder(response, &format!("{within}responses/{status}"), notes);
            described(response);
        }
    }
    callbacks(operation, within, notes);
}

/// A response must have a description, even an empty one.
fn described(response: &mut Value) {
    if let Value::Object(map) = response
        && !map.contains_key("$ref")
    {
        map.entry("description").or_insert_with(|| "".into());
    }
}

/// Converts callbacks, which are described like operations.
fn callbacks(operation: &mut Map<String, Value>, within: &str, notes: &mut Notes) {
    let Some(callbacks) = operation.get_mut("callbacks") else {
        return;
    };
    let Value::Object(all) = callbacks else {
        operation.remove("callbacks");
        notes.add("callbacks", "not by name, left out");
        return;
    };
    all.retain(|name, callback| {
        let location = format!("{within}callbacks/{name}");
        self::callback(callback, &location, notes);
        let kept = callback.as_object().is_some_and(|items| !items.is_empty());
        if !kept {
            notes.add(&location, "without an operation, left out");
        }
        kept
    });
    if all.is_empty() {
        operation.remove("callbacks");
    }
}

fn callback(callback: &mut Value, location: &str, notes: &mut Notes) {
    let Value::Object(items) = callback else {
        return;
    };
    items.retain(|expression, item| {
        if expression == "$ref" || OURS.contains(&expression.as_str()) {
            return true;
        }
        if expression.starts_with("x-") {
            return false;
        }
        path_item(item, &format!("{location}/{expression}"), notes);
        item.is_object()
    });
}

fn path_item(item: &mut Value, location: &str, notes: &mut Notes) {
    let Value::Object(map) = item else { return };
    map.retain(|key, inner| {
        !inner.is_null() && (!key.starts_with("x-") || OURS.contains(&key.as_str()))
    });
    if let Some(Value::Array(parameters)) = map.get_mut("parameters") {
        self::parameters(parameters, location, &format!("{location}/"), notes);
    }
    for (method, inner) in map {
        let Value::Object(inner) = inner else {
            continue;
        };
        if ObjectKind::PathItem.member(method) != KeyKind::Of(ObjectKind::Operation) {
            continue;
        }
        // Only a page's own operation has a folder and a status, and the service's own
        // security.
        inner.retain(|key, _| !FOLDER_AND_STATUS.contains(&key.as_str()));
        if inner
            .get("security")
            .is_some_and(|needed| *needed != json!([]))
        {
            inner.remove("security");
        }
        let there = format!("{location}/{method}");
        operation(inner, &there, &format!("{there}/"), notes);
        inner.entry("responses").or_insert_with(|| {
            notes.add(location, "no response is described, so any is allowed");
            json!({"default": {"description": ""}})
        });
    }
}

fn is_status(key: &str) -> bool {
    let code = key.len() == 3
        && key.starts_with(|first: char| ('1'..='5').contains(&first))
        && (key[1..] == *"XX" || key[1..].bytes().all(|byte| byte.is_ascii_digit()));
    code || key == "default" || key.starts_with("x-provenance")
}

fn parameters(parameters: &mut Vec<Value>, path: &str, within: &str, notes: &mut Notes) {
    let mut seen: Vec<Value> = Vec::new();
    parameters.retain_mut(|parameter| {
        let name = parameter["name"].as_str().unwrap_or_default().to_owned();
        let at = parameter["in"].as_str().unwrap_or_default().to_owned();
        let location = format!("{within}parameter {name}");
        if at == "header" && OWN_HEADERS.contains(&name.to_ascii_lowercase().as_str()) {
            notes.add(
                &location,
                "a header that the client sends by itself, left out",
            );
            return false;
        }
        self::parameter(parameter, &location, notes);
        let twice = seen.contains(parameter);
        if twice {
            notes.add(path, &format!("the {location} occurs twice"));
        } else {
            seen.push(parameter.clone());
        }
        !twice
    });
}

fn parameter(parameter: &mut Value, location: &str, notes: &mut Notes) {
    if let Value::Object(map) = parameter
        && !map.contains_key("$ref")
    {
        if map.get("in").is_some_and(|at| at == "path")
            && map.get("required") != Some(&Value::Bool(true))
        {
            map.insert("required".to_owned(), true.into());
            notes.add(location, "a path parameter is required");
        }
        flag(map, "required", location, notes);
        flag(map, "deprecated", location, notes);
        if !map.contains_key("schema") && !map.contains_key("content") {
            map.insert("schema".to_owned(), json!({"type": "string"}));
            notes.add(location, "without a schema, taken as a string");
        }
    }
    holder(parameter, location, notes);
}

/// Converts the schemas and examples of a parameter, a body, a response or a media type.
fn holder(value: &mut Value, location: &str, notes: &mut Notes) {
    let Value::Object(map) = value else { return };
    drop_platform(map, location, notes);
    text(map, "description", location, notes);
    for key in ["examples", "headers"] {
        let empty = |value: &Value| match value {
            Value::Null => true,
            Value::Object(inner) => inner.is_empty(),
            Value::Array(inner) => inner.is_empty(),
            _ => false,
        };
        if map.get(key).is_some_and(empty) {
            map.remove(key);
        }
    }
    if let Some(schema) = map.get_mut("schema") {
        schema::loosen(schema, &format!("{location}/schema"), notes);
        let schema = schema.clone();
        schema::example(map, &schema, location, notes);
    }
    for (name, example) in object(map.get_mut("examples")) {
        let there = format!("{location}/examples/{name}");
        if example.is_object() {
            holder(example, &there, notes);
        } else {
            *example = json!({"value": example.take()});
            notes.add(
                &there,
                "a value instead of an example object, taken as its value",
            );
        }
    }
    if map
        .get("headers")
        .is_some_and(|headers| !headers.is_object())
    {
        map.remove("headers");
        notes.add(location, "headers that have no names, left out");
    }
    for (name, header) in object(map.get_mut("headers")) {
        let there = format!("{location}/headers/{name}");
        if header.is_null() {
            *header = json!({});
        }
        parameter(header, &there, notes);
    }
    for (name, encoding) in object(map.get_mut("encoding")) {
        holder(encoding, &format!("{location}/encoding/{name}"), notes);
    }
    for (name, media) in object(map.get_mut("content")) {
        let there = format!("{location}/{name}");
        // Only forms have parts with an encoding of their own.
        if !name.starts_with("multipart/")
            && name != "application/x-www-form-urlencoded"
            && let Value::Object(media) = media
            && media
                .remove("encoding")
                .is_some_and(|parts| parts != json!({}))
        {
            notes.add(&there, "encoding of a body without parts, left out");
        }
        holder(media, &there, notes);
    }
}

fn components(components: &mut Map<String, Value>, notes: &mut Notes) {
    components.retain(|_, members| {
        members
            .as_object()
            .is_some_and(|members| !members.is_empty())
    });
    for (kind, members) in components {
        for (name, component) in object(Some(members)) {
            let location = format!("{kind}/{name}");
            match kind.as_str() {
                "schemas" => schema::loosen(component, &location, notes),
                "callbacks" => callback(component, &location, notes),
                "pathItems" => path_item(component, &location, notes),
                "parameters" => parameter(component, &location, notes),
                "responses" => {
                    holder(component, &location, notes);
                    described(component);
                }
                _ => holder(component, &location, notes),
            }
        }
    }
}

/// Drops the platform's extensions, which only lay out its pages.
fn drop_platform(map: &mut Map<String, Value>, location: &str, notes: &mut Notes) {
    map.retain(|key, _| {
        let foreign = key.starts_with("x-") && !OURS.contains(&key.as_str());
        if foreign && !key.starts_with("x-apidog") {
            notes.add(location, &format!("the extension {key}, left out"));
        }
        !foreign
    });
}

/// The platform's extensions that are read when pages are merged.
const FOLDER_AND_STATUS: [&str; 2] = ["x-apidog-folder", "x-apidog-status"];

/// The extensions that mean something here.
const OURS: [&str; 2] = ["x-provenance", "x-extensible-enum"];

/// Converts texts such as `'true'` to booleans.
fn flag(map: &mut Map<String, Value>, key: &str, location: &str, notes: &mut Notes) {
    let truth = match map.get(key) {
        None | Some(Value::Bool(_)) => return,
        Some(Value::String(text)) if text == "true" => true,
        Some(_) => false,
    };
    map.insert(key.to_owned(), truth.into());
    notes.add(location, &format!("{key} isn't a boolean; read as {truth}"));
}

/// Converts numbers and booleans to texts: YAML reads some unquoted words so.
fn text(map: &mut Map<String, Value>, key: &str, location: &str, notes: &mut Notes) {
    let plain = match map.get(key) {
        None | Some(Value::String(_)) => return,
        Some(Value::Null) => {
            map.remove(key);
            return;
        }
        Some(other) => other.to_string(),
    };
    map.insert(key.to_owned(), plain.into());
    notes.add(location, &format!("{key} isn't a text; taken as one"));
}

fn object(value: Option<&mut Value>) -> impl Iterator<Item = (&String, &mut Value)> {
    value.and_then(Value::as_object_mut).into_iter().flatten()
}
