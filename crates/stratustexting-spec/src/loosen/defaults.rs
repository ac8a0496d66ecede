//! Defaults that don't match their schema.
//!
//! The service would reject a client that sent one. A default that is the same value in
//! another form is converted; any other is left out. Both are reported.

use serde_json::{Map, Value};

use super::Notes;
use crate::grammar::{self, ObjectKind};

/// How many references are followed for one value.
const MOST_STEPS: usize = 64;

/// Corrects the defaults of a page.
pub(super) fn correct(
    operation: &mut Map<String, Value>,
    components: &mut Map<String, Value>,
    notes: &mut Notes,
) {
    let schemas = components.get("schemas").and_then(Value::as_object);
    let schemas = schemas.cloned().unwrap_or_default();
    let mut whole = Value::Object(std::mem::take(operation));
    grammar::each_schema(
        ObjectKind::Operation,
        "",
        &mut whole,
        &mut |schema, location| {
            correct_one(schema, &schemas, location, notes);
        },
    );
    if let Value::Object(whole) = whole {
        *operation = whole;
    }
    for (group, members) in components {
        let Some(kind) = ObjectKind::of_components(group) else {
            continue;
        };
        for (name, component) in super::object(Some(members)) {
            let location = format!("{group}/{name}");
            grammar::each_schema(kind, &location, component, &mut |schema, location| {
                correct_one(schema, &schemas, location, notes);
            });
        }
    }
}

fn correct_one(
    schema: &mut Value,
    schemas: &Map<String, Value>,
    location: &str,
    notes: &mut Notes,
) {
    let Some(value) = schema.get("default").cloned() else {
        return;
    };
    let fits = |value: &Value| fits(value, schema, schemas, &mut 0);
    if fits(&value) {
        return;
    }
    let other = other_forms(&value).into_iter().find(|other| fits(other));
    let Value::Object(map) = schema else { return };
    // The value isn't reported, since it may be a sentence of the vendor's.
    if let Some(other) = other {
        map.insert("default".to_owned(), other);
        notes.add(location, "the default has another type, and is converted");
    } else {
        map.remove("default");
        let kind = match value {
            Value::Null => "null",
            Value::Bool(_) => "a boolean",
            Value::Number(_) => "a number",
            Value::String(_) => "a text",
            Value::Array(_) => "a list",
            Value::Object(_) => "an object",
        };
        let text = format!("the default is {kind} that the schema doesn't allow, left out");
        notes.add(location, &text);
    }
}

/// The same value in other types.
fn other_forms(value: &Value) -> Vec<Value> {
    match value {
        Value::String(text) => {
            let parsed: Option<Value> = serde_json::from_str(text.trim()).ok();
            let single = |value: &Value| value.is_number() || value.is_boolean();
            parsed
                .into_iter()
                .filter(single)
                .flat_map(with_whole)
                .collect()
        }
        Value::Number(_) => {
            let mut forms = with_whole(value.clone());
            forms.push(value.to_string().into());
            forms
        }
        Value::Bool(truth) => vec![truth.to_string().into()],
        _ => Vec::new(),
    }
}

/// A number, and the equal integer if there is one.
fn with_whole(value: Value) -> Vec<Value> {
    let float = value.as_f64().filter(|float| float.fract() == 0.0);
    let whole = float.filter(|_| value.is_f64());
    let whole = whole.and_then(|float| format!("{float:.0}").parse::<i64>().ok());
    let mut forms = vec![value];
    forms.extend(whole.map(Value::from));
    forms
}

fn fits(value: &Value, schema: &Value, schemas: &Map<String, Value>, steps: &mut usize) -> bool {
    *steps += 1;
    let Some(map) = schema.as_object().filter(|_| *steps <= MOST_STEPS) else {
        return true;
    };
    if value.is_null() && map.get("nullable") == Some(&Value::Bool(true)) {
        return true;
    }
    let target = map.get("$ref").and_then(Value::as_str);
    let name = target.and_then(|target| target.strip_prefix("#/components/schemas/"));
    let target = name.and_then(|name| schemas.get(name));
    if target.is_some_and(|target| !fits(value, target, schemas, steps)) {
        return false;
    }
    let has_type = match map.get("type").and_then(Value::as_str) {
        Some("string") => value.is_string(),
        Some("integer") => value.is_i64() || value.is_u64(),
        Some("number") => value.is_number(),
        Some("boolean") => value.is_boolean(),
        Some("array") => value.is_array(),
        Some("object") => value.is_object(),
        _ => true,
    };
    let values = map.get("enum").and_then(Value::as_array);
    if !has_type || values.is_some_and(|values| !values.contains(value)) {
        return false;
    }
    let parts = |key: &str| map.get(key).and_then(Value::as_array);
    if let Some(all) = parts("allOf")
        && !all.iter().all(|part| fits(value, part, schemas, steps))
    {
        return false;
    }
    for key in ["anyOf", "oneOf"] {
        if let Some(some) = parts(key)
            && !some.iter().any(|part| fits(value, part, schemas, steps))
        {
            return false;
        }
    }
    if let (Some(items), Some(values)) = (map.get("items"), value.as_array()) {
        return values
            .iter()
            .all(|value| fits(value, items, schemas, steps));
    }
    let properties = map.get("properties").and_then(Value::as_object);
    if let (Some(properties), Some(members)) = (properties, value.as_object()) {
        return members.iter().all(|(name, value)| {
            let property = properties.get(name);
            property.is_none_or(|property| fits(value, property, schemas, steps))
        });
    }
    true
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_default_matches_its_schema_or_is_left_out() {
        let schemas = json!({"ObjectKind": {"type": "string", "enum": ["a", "1"]}});
        let schemas = schemas.as_object().unwrap();
        let kind = json!({"allOf": [{"$ref": "#/components/schemas/ObjectKind"}]});
        let list = json!({"type": "array", "items": kind});
        for (schema, default, expected) in [
            (json!({"type": "boolean"}), json!(null), None),
            (json!({"type": "boolean"}), json!("true"), Some(json!(true))),
            (
                json!({"type": "string", "nullable": true}),
                json!(null),
                Some(json!(null)),
            ),
            (json!({"type": "integer"}), json!("10"), Some(json!(10))),
            (json!({"type": "integer"}), json!("10.0"), Some(json!(10))),
            (json!({"type": "integer"}), json!(1.5), None),
            (json!({"type": "integer"}), json!("ten"), None),
            (json!({"type": "number"}), json!("1.5"), Some(json!(1.5))),
            (json!({"type": "string"}), json!(10), Some(json!("10"))),
            (json!({"type": "object"}), json!("{}"), None),
            (kind.clone(), json!("a"), Some(json!("a"))),
            (kind.clone(), json!(1), Some(json!("1"))),
            (kind.clone(), json!("all of them"), None),
            (list.clone(), json!(["a"]), Some(json!(["a"]))),
            (list.clone(), json!(["b"]), None),
            (json!({"enum": [1, 2]}), json!("2"), Some(json!(2))),
        ] {
            let mut whole = schema.clone();
            whole["default"] = default.clone();
            let mut notes = Notes::default();

            correct_one(&mut whole, schemas, "s", &mut notes);

            assert_eq!(
                whole.get("default"),
                expected.as_ref(),
                "{schema} {default}"
            );
            let same = expected == Some(default);
            assert_eq!(notes.0.is_empty(), same, "{schema}: {notes:?}");
        }
    }
}
