//! From what the platform writes to what OpenAPI 3.0 says.
//!
//! The platform's fragments are not strict: types of later versions, security schemes of
//! its own, names that no reference may have. What has an equal in OpenAPI 3.0 becomes
//! that; what has none and says nothing of the service is dropped. Each change is a line
//! for the report. What could mean two things is left, and refused later.

mod defaults;
mod names;
mod schema;

pub(crate) use self::names::percent_decoded;

use serde_json::{Map, Value, json};

use super::{
    adopt::KEPT,
    grammar::{Kind, Member},
    page::Fragment,
};

/// Headers that a client sends of itself. As parameters every caller would have to pass
/// them; OpenAPI has the `security` of an operation for two of them, and says of the rest
/// that they are to be ignored.
const OWN_HEADERS: [&str; 4] = ["authorization", "x-api-key", "content-type", "accept"];

/// Makes a fragment OpenAPI 3.0, and says what that took, a line for each change.
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

/// What was changed.
#[derive(Debug, Default)]
struct Notes(Vec<String>);

impl Notes {
    fn say(&mut self, place: &str, what: &str) {
        self.0.push(format!("{place}: {what}"));
    }
}

/// The site's own words for how to log in. What the operation needs is said in
/// `operations.yaml`, which knows scopes.
fn security(fragment: &mut Fragment, notes: &mut Notes) {
    let schemes = fragment.components.remove("securitySchemes");
    let schemes = schemes.as_ref().and_then(Value::as_object);
    for (name, scheme) in schemes.into_iter().flatten() {
        let kind = scheme["type"].as_str().unwrap_or("none");
        notes.say(
            &format!("securitySchemes/{name}"),
            &format!("of the type {kind}, left out; ours stands instead"),
        );
    }
    fragment.operation.remove("security");
}

/// `path` is how the operation is called, and `within` is put before the places inside.
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
            notes.say(path, "parameters that are no list, left out");
        }
        None => {}
    }
    if let Some(body) = operation.get_mut("requestBody") {
        holder(body, &format!("{within}requestBody"), notes);
        let content = body.get("content").and_then(Value::as_object);
        if content.is_none_or(Map::is_empty) {
            operation.remove("requestBody");
            notes.say(path, "a body without content, left out");
        }
    }
    if let Some(Value::Object(responses)) = operation.get_mut("responses") {
        responses.retain(|status, _| {
            let known = is_status(status);
            if !known {
                notes.say(path, &format!("the response {status}, left out: no status"));
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

/// A response has to have a description, even an empty one.
fn described(response: &mut Value) {
    if let Value::Object(map) = response
        && !map.contains_key("$ref")
    {
        map.entry("description").or_insert_with(|| "".into());
    }
}

/// What the service sends is described like what is sent to it.
fn callbacks(operation: &mut Map<String, Value>, within: &str, notes: &mut Notes) {
    let Some(callbacks) = operation.get_mut("callbacks") else {
        return;
    };
    let Value::Object(all) = callbacks else {
        operation.remove("callbacks");
        notes.say("callbacks", "not by name, left out");
        return;
    };
    all.retain(|name, callback| {
        let place = format!("{within}callbacks/{name}");
        self::callback(callback, &place, notes);
        let kept = callback.as_object().is_some_and(|items| !items.is_empty());
        if !kept {
            notes.say(&place, "without an operation, left out");
        }
        kept
    });
    if all.is_empty() {
        operation.remove("callbacks");
    }
}

fn callback(callback: &mut Value, place: &str, notes: &mut Notes) {
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
        path_item(item, &format!("{place}/{expression}"), notes);
        item.is_object()
    });
}

fn path_item(item: &mut Value, place: &str, notes: &mut Notes) {
    let Value::Object(map) = item else { return };
    map.retain(|key, inner| {
        !inner.is_null() && (!key.starts_with("x-") || OURS.contains(&key.as_str()))
    });
    if let Some(Value::Array(parameters)) = map.get_mut("parameters") {
        self::parameters(parameters, place, &format!("{place}/"), notes);
    }
    for (method, inner) in map {
        let Value::Object(inner) = inner else {
            continue;
        };
        if Kind::PathItem.member(method) != Member::Of(Kind::Operation) {
            continue;
        }
        // What only a page's own operation has: its place in the tree, and how the vendor
        // logs in where it is called.
        inner.retain(|key, _| !FOLDER_AND_STATUS.contains(&key.as_str()));
        if inner
            .get("security")
            .is_some_and(|needed| *needed != json!([]))
        {
            inner.remove("security");
        }
        let there = format!("{place}/{method}");
        operation(inner, &there, &format!("{there}/"), notes);
        inner.entry("responses").or_insert_with(|| {
            notes.say(place, "no answer is described, so that any will do");
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
        let place = format!("{within}parameter {name}");
        if at == "header" && OWN_HEADERS.contains(&name.to_ascii_lowercase().as_str()) {
            notes.say(&place, "a header that the client sends of itself, left out");
            return false;
        }
        self::parameter(parameter, &place, notes);
        let twice = seen.contains(parameter);
        if twice {
            notes.say(path, &format!("the {place} stands twice"));
        } else {
            seen.push(parameter.clone());
        }
        !twice
    });
}

fn parameter(parameter: &mut Value, place: &str, notes: &mut Notes) {
    if let Value::Object(map) = parameter
        && !map.contains_key("$ref")
    {
        if map.get("in").is_some_and(|at| at == "path")
            && map.get("required") != Some(&Value::Bool(true))
        {
            map.insert("required".to_owned(), true.into());
            notes.say(place, "a path parameter is required");
        }
        flag(map, "required", place, notes);
        flag(map, "deprecated", place, notes);
        if !map.contains_key("schema") && !map.contains_key("content") {
            map.insert("schema".to_owned(), json!({"type": "string"}));
            notes.say(place, "without a schema, taken as a string");
        }
    }
    holder(parameter, place, notes);
}

/// A parameter, a body, a response, a media type: schemas inside, and examples.
fn holder(value: &mut Value, place: &str, notes: &mut Notes) {
    let Value::Object(map) = value else { return };
    drop_platform(map, place, notes);
    text(map, "description", place, notes);
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
        schema::loosen(schema, &format!("{place}/schema"), notes);
        let schema = schema.clone();
        schema::example(map, &schema, place, notes);
    }
    for (name, example) in object(map.get_mut("examples")) {
        let there = format!("{place}/examples/{name}");
        if example.is_object() {
            holder(example, &there, notes);
        } else {
            *example = json!({"value": example.take()});
            notes.say(
                &there,
                "a value in the place of an example, taken as its value",
            );
        }
    }
    if map
        .get("headers")
        .is_some_and(|headers| !headers.is_object())
    {
        map.remove("headers");
        notes.say(place, "headers that have no names, left out");
    }
    for (name, header) in object(map.get_mut("headers")) {
        let there = format!("{place}/headers/{name}");
        if header.is_null() {
            *header = json!({});
        }
        parameter(header, &there, notes);
    }
    for (name, encoding) in object(map.get_mut("encoding")) {
        holder(encoding, &format!("{place}/encoding/{name}"), notes);
    }
    for (name, media) in object(map.get_mut("content")) {
        let there = format!("{place}/{name}");
        // Only what has parts has parts that are encoded each in its way.
        if !name.starts_with("multipart/")
            && name != "application/x-www-form-urlencoded"
            && let Value::Object(media) = media
            && media
                .remove("encoding")
                .is_some_and(|parts| parts != json!({}))
        {
            notes.say(&there, "encoding where there are no parts, left out");
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
            let place = format!("{kind}/{name}");
            match kind.as_str() {
                "schemas" => schema::loosen(component, &place, notes),
                "callbacks" => callback(component, &place, notes),
                "pathItems" => path_item(component, &place, notes),
                "parameters" => parameter(component, &place, notes),
                "responses" => {
                    holder(component, &place, notes);
                    described(component);
                }
                _ => holder(component, &place, notes),
            }
        }
    }
}

/// The platform's extensions say how it draws its pages.
fn drop_platform(map: &mut Map<String, Value>, place: &str, notes: &mut Notes) {
    map.retain(|key, _| {
        let foreign = key.starts_with("x-") && !OURS.contains(&key.as_str());
        if foreign && !key.starts_with("x-apidog") {
            notes.say(place, &format!("the extension {key}, left out"));
        }
        !foreign
    });
}

/// What the platform says of a page, which is read when pages are merged.
const FOLDER_AND_STATUS: [&str; 2] = ["x-apidog-folder", "x-apidog-status"];

/// The extensions that mean something here.
const OURS: [&str; 2] = ["x-provenance", "x-extensible-enum"];

/// Texts such as `'true'` for truths.
fn flag(map: &mut Map<String, Value>, key: &str, place: &str, notes: &mut Notes) {
    let truth = match map.get(key) {
        None | Some(Value::Bool(_)) => return,
        Some(Value::String(text)) if text == "true" => true,
        Some(_) => false,
    };
    map.insert(key.to_owned(), truth.into());
    notes.say(place, &format!("{key} is no truth value; read as {truth}"));
}

/// Numbers and truths for texts, as an unquoted word of YAML may come out.
fn text(map: &mut Map<String, Value>, key: &str, place: &str, notes: &mut Notes) {
    let plain = match map.get(key) {
        None | Some(Value::String(_)) => return,
        Some(Value::Null) => {
            map.remove(key);
            return;
        }
        Some(other) => other.to_string(),
    };
    map.insert(key.to_owned(), plain.into());
    notes.say(place, &format!("{key} is no text; taken as one"));
}

fn object(value: Option<&mut Value>) -> impl Iterator<Item = (&String, &mut Value)> {
    value.and_then(Value::as_object_mut).into_iter().flatten()
}
