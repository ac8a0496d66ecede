//! Converts schemas to OpenAPI 3.0.

use serde_json::{Map, Value, json};

use super::{Notes, drop_platform, flag, object, text};
use crate::grammar;

/// Converts a schema, and all inside it, to OpenAPI 3.0.
pub(super) fn loosen(schema: &mut Value, location: &str, notes: &mut Notes) {
    match schema {
        Value::Object(_) => {}
        // In JSON Schema, `true` allows anything and `false` nothing.
        Value::Bool(true) | Value::Null => {
            *schema = json!({});
            return;
        }
        _ => {
            *schema = json!({});
            notes.add(location, "not a schema; taken as anything");
            return;
        }
    }
    let Value::Object(map) = schema else { return };
    drop_platform(map, location, notes);
    keywords(map, location, notes);
    types(map, location, notes);
    null_alternatives(map, location, notes);
    constants(map, location, notes);
    bounds(map, location, notes);
    required(map, location, notes);
    for key in [
        "nullable",
        "deprecated",
        "readOnly",
        "writeOnly",
        "uniqueItems",
    ] {
        flag(map, key, location, notes);
    }
    for key in ["title", "description", "format", "pattern"] {
        text(map, key, location, notes);
    }
    inner(map, location, notes);
    let own = Value::Object(map.clone());
    example(map, &own, location, notes);
    reference_with_siblings(map, location, notes);
}

/// Drops keywords that OpenAPI 3.0 doesn't have, except those with an equivalent.
fn keywords(map: &mut Map<String, Value>, location: &str, notes: &mut Notes) {
    map.retain(|key, _| {
        let kept = key.starts_with("x-")
            || matches!(key.as_str(), "const" | "examples")
            || grammar::is_of_3_0(key);
        if !kept {
            notes.add(
                location,
                &format!("{key}, which OpenAPI 3.0 doesn't have, left out"),
            );
        }
        kept
    });
}

fn inner(map: &mut Map<String, Value>, location: &str, notes: &mut Notes) {
    if map.get("properties").is_some_and(Value::is_null) {
        map.remove("properties");
    }
    for (name, property) in object(map.get_mut("properties")) {
        loosen(property, &format!("{location}/{name}"), notes);
    }
    if map.get("type").is_some_and(|kind| kind == "array") && !map.contains_key("items") {
        map.insert("items".to_owned(), json!({}));
        notes.add(location, "a list without a schema of its items");
    }
    if let Some(items) = map.get_mut("items") {
        loosen(items, &format!("{location}/*"), notes);
    }
    if let Some(no) = map.get_mut("not") {
        loosen(no, &format!("{location}/not"), notes);
    }
    if let Some(more) = map.get_mut("additionalProperties")
        && !more.is_boolean()
    {
        loosen(more, &format!("{location}/additionalProperties"), notes);
    }
    for key in ["allOf", "anyOf", "oneOf"] {
        let empty = match map.get_mut(key) {
            None => continue,
            Some(Value::Array(parts)) => {
                for (index, part) in parts.iter_mut().enumerate() {
                    loosen(part, &format!("{location}/{key}/{index}"), notes);
                }
                parts.is_empty()
            }
            Some(_) => true,
        };
        if empty {
            map.remove(key);
            notes.add(location, &format!("{key} without parts, left out"));
        }
    }
}

fn types(map: &mut Map<String, Value>, location: &str, notes: &mut Notes) {
    match map.get("type").cloned() {
        None => {}
        // Without quotes, `null` isn't a text in YAML.
        Some(Value::Null) => one_type(map, "null", location, notes),
        Some(Value::String(name)) => one_type(map, &name, location, notes),
        // A list of types, as in OpenAPI 3.1.
        Some(Value::Array(names)) => {
            let names: Vec<&str> = names.iter().filter_map(type_name).collect();
            let kinds: Vec<&str> = names
                .iter()
                .copied()
                .filter(|name| *name != "null")
                .collect();
            if kinds.len() < names.len() {
                map.insert("nullable".to_owned(), true.into());
            }
            if let [kind] = kinds.as_slice() {
                map.insert("type".to_owned(), (*kind).into());
                one_type(map, kind, location, notes);
            } else {
                map.remove("type");
            }
            notes.add(location, &format!("a list of types ({})", names.join(", ")));
        }
        Some(_) => {
            map.remove("type");
            notes.add(location, "a type that isn't a text, left out");
        }
    }
}

/// A type's name, also that of `null` without its quotes.
fn type_name(value: &Value) -> Option<&str> {
    match value {
        Value::Null => Some("null"),
        other => other.as_str(),
    }
}

fn one_type(map: &mut Map<String, Value>, name: &str, location: &str, notes: &mut Notes) {
    let (kind, format) = match name {
        "string" | "number" | "integer" | "boolean" | "array" | "object" => return,
        "null" => {
            map.remove("type");
            map.insert("nullable".to_owned(), true.into());
            notes.add(location, "of the type null: other types aren't given");
            return;
        }
        "int" | "long" => ("integer", (name == "long").then_some("int64")),
        "float" | "double" => ("number", Some(name)),
        "bool" => ("boolean", None),
        "file" => ("string", Some("binary")),
        "date" => ("string", Some("date")),
        "datetime" | "date-time" => ("string", Some("date-time")),
        _ => {
            map.remove("type");
            notes.add(
                location,
                &format!("the type {name}, which doesn't exist, left out"),
            );
            return;
        }
    };
    map.insert("type".to_owned(), kind.into());
    if let Some(format) = format {
        map.entry("format").or_insert_with(|| format.into());
    }
    notes.add(location, &format!("the type {name} is {kind}"));
}

/// `anyOf: [X, null]` is a nullable X.
fn null_alternatives(map: &mut Map<String, Value>, location: &str, notes: &mut Notes) {
    for key in ["anyOf", "oneOf"] {
        let Some(Value::Array(parts)) = map.get_mut(key) else {
            continue;
        };
        let before = parts.len();
        parts.retain(|part| part.get("type").and_then(type_name) != Some("null"));
        if parts.len() == before {
            continue;
        }
        let only = (parts.len() == 1).then(|| parts.remove(0));
        notes.add(location, &format!("null among {key}: nullable"));
        map.insert("nullable".to_owned(), true.into());
        if let Some(only) = only {
            map.remove(key);
            match only {
                Value::Object(only) if !only.contains_key("$ref") => {
                    for (key, value) in only {
                        map.entry(key).or_insert(value);
                    }
                }
                only => _ = map.insert("allOf".to_owned(), json!([only])),
            }
        } else if map.get(key).is_some_and(|parts| *parts == json!([])) {
            map.remove(key);
        }
    }
}

fn constants(map: &mut Map<String, Value>, location: &str, notes: &mut Notes) {
    if let Some(value) = map.remove("const") {
        map.insert("enum".to_owned(), json!([value]));
        notes.add(location, "a constant is a list of one value");
    }
    let Some(values) = map.get_mut("enum") else {
        return;
    };
    let Value::Array(list) = values else {
        map.remove("enum");
        notes.add(location, "enum isn't a list, left out");
        return;
    };
    let before = list.len();
    list.retain(|value| !value.is_null());
    let empty = list.is_empty();
    if list.len() < before {
        map.insert("nullable".to_owned(), true.into());
        notes.add(location, "null among the values: nullable");
    }
    if empty {
        map.remove("enum");
    }
}

/// Converts bounds that are texts, and exclusive bounds of OpenAPI 3.1, which are numbers.
fn bounds(map: &mut Map<String, Value>, location: &str, notes: &mut Notes) {
    for (exclusive, bound) in [
        ("exclusiveMinimum", "minimum"),
        ("exclusiveMaximum", "maximum"),
    ] {
        if let Some(Value::Number(number)) = map.get(exclusive).cloned() {
            map.insert(bound.to_owned(), number.into());
            map.insert(exclusive.to_owned(), true.into());
            notes.add(location, &format!("{exclusive} with a bound of its own"));
        }
    }
    for key in [
        "minimum",
        "maximum",
        "minLength",
        "maxLength",
        "minItems",
        "maxItems",
        "multipleOf",
        "minProperties",
        "maxProperties",
    ] {
        let number = match map.get(key) {
            None | Some(Value::Number(_)) => continue,
            Some(Value::String(text)) => serde_json::from_str(text).ok(),
            Some(_) => None,
        };
        match number.filter(Value::is_number) {
            Some(number) => _ = map.insert(key.to_owned(), number),
            None => _ = map.remove(key),
        }
        notes.add(location, &format!("{key} isn't a number"));
    }
}

fn required(map: &mut Map<String, Value>, location: &str, notes: &mut Notes) {
    let Some(required) = map.get("required") else {
        return;
    };
    let Value::Array(names) = required else {
        map.remove("required");
        notes.add(
            location,
            "required isn't a list; it belongs into the object around it",
        );
        return;
    };
    let known = map.get("properties").and_then(Value::as_object);
    let composed = ["allOf", "anyOf", "oneOf"]
        .iter()
        .any(|key| map.contains_key(*key));
    let (kept, gone): (Vec<Value>, Vec<Value>) = names.iter().cloned().partition(|name| {
        let name = name.as_str().unwrap_or_default();
        composed || known.is_some_and(|known| known.contains_key(name))
    });
    for name in gone.iter().filter_map(Value::as_str) {
        notes.add(
            location,
            &format!("{name} is required, and not described; left out"),
        );
    }
    if kept.is_empty() {
        map.remove("required");
    } else {
        map.insert("required".to_owned(), kept.into());
    }
}

/// Converts a list of examples, which a schema of OpenAPI 3.0 can't have, to one example.
pub(super) fn example(
    map: &mut Map<String, Value>,
    schema: &Value,
    location: &str,
    notes: &mut Notes,
) {
    if let Some(Value::Array(examples)) = map.get("examples") {
        let first = examples.first().cloned();
        map.remove("examples");
        if let Some(first) = first {
            map.entry("example").or_insert(first);
        }
        notes.add(location, "a list of examples: the first is the example");
    }
    let Some(value) = map.get("example") else {
        return;
    };
    let fits = match schema.get("type").and_then(Value::as_str) {
        Some("string") => value.is_string(),
        Some("integer" | "number") => value.is_number(),
        Some("boolean") => value.is_boolean(),
        Some("array") => value.is_array(),
        Some("object") => value.is_object(),
        _ => true,
    };
    if !fits && !value.is_null() {
        map.remove("example");
        notes.add(location, "the example has another type, left out");
    }
}

/// OpenAPI 3.0 ignores keywords beside a reference.
fn reference_with_siblings(map: &mut Map<String, Value>, location: &str, notes: &mut Notes) {
    if map.len() < 2 {
        return;
    }
    let Some(reference) = map.remove("$ref") else {
        return;
    };
    let part = json!({"$ref": reference});
    if let Some(Value::Array(parts)) = map.get_mut("allOf") {
        parts.push(part);
    } else {
        map.insert("allOf".to_owned(), json!([part]));
    }
    notes.add(
        location,
        "keywords beside a reference: the reference becomes its one part",
    );
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn null_is_a_type_with_and_without_quotes() {
        for nothing in [json!("null"), Value::Null] {
            for (schema, expected) in [
                (json!({"type": nothing}), json!({"nullable": true})),
                (
                    json!({"type": ["string", nothing]}),
                    json!({"type": "string", "nullable": true}),
                ),
                (
                    json!({"anyOf": [{"type": "string"}, {"type": nothing}]}),
                    json!({"type": "string", "nullable": true}),
                ),
            ] {
                let mut loosened = schema.clone();

                loosen(&mut loosened, "s", &mut Notes::default());

                assert_eq!(loosened, expected, "{schema}");
            }
        }
    }
}
