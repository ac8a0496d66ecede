//! The narrower of two schemas of one property.

use serde_json::{Map, Value, json};

use crate::document::Document;

/// Keywords that don't restrict values.
const REMARKS: [&str; 10] = [
    "default",
    "deprecated",
    "description",
    "example",
    "examples",
    "externalDocs",
    "readOnly",
    "title",
    "writeOnly",
    "xml",
];

/// The narrower of two schemas, the second if they mean the same; `None` if they
/// contradict each other.
pub(super) fn narrower(
    shared: &Document,
    first: &Value,
    second: &Value,
    depth: usize,
) -> Option<Value> {
    if depth > 32 {
        return None;
    }
    let (one, two) = (plain(shared, first)?, plain(shared, second)?);
    if core(&one) == core(&two) {
        // A reference has the name of the type, the same schema inline doesn't.
        let named = if is_reference(first) && !is_reference(second) {
            first
        } else {
            second
        };
        return Some(named.clone());
    }
    match (core(&one).is_empty(), core(&two).is_empty()) {
        (true, _) => return Some(second.clone()),
        (_, true) => return Some(first.clone()),
        _ => {}
    }
    let kind = |schema: &Map<String, Value>| -> Option<String> {
        let kind = schema.get("type").and_then(Value::as_str);
        let kind = kind.or_else(|| schema.contains_key("properties").then_some("object"));
        kind.map(str::to_owned)
    };
    match (kind(&one)?.as_str(), kind(&two)?.as_str()) {
        ("object", "object") => objects(shared, first, second, [&one, &two], depth),
        ("array", "array") => {
            let any = json!({});
            let items = |list: &Map<String, Value>| list.get("items").unwrap_or(&any).clone();
            let (ours, theirs) = (items(&one), items(&two));
            let items = narrower(shared, &ours, &theirs, depth + 1)?;
            if items == theirs {
                return Some(second.clone());
            }
            if items == ours {
                return Some(first.clone());
            }
            let mut list = two;
            list.insert("items".to_owned(), items);
            Some(Value::Object(list))
        }
        ("number", "integer") => Some(second.clone()),
        ("integer", "number") => Some(first.clone()),
        (one_kind, two_kind) if one_kind == two_kind => scalars(first, second, &one, &two),
        _ => None,
    }
}

/// Of two scalars, the one with a name or a format; `None` if those differ.
fn scalars(
    first: &Value,
    second: &Value,
    one: &Map<String, Value>,
    two: &Map<String, Value>,
) -> Option<Value> {
    match (one.get("format"), two.get("format")) {
        (Some(_), None) => Some(first.clone()),
        (None, Some(_)) => Some(second.clone()),
        (ours, theirs) if ours == theirs => Some(second.clone()),
        // Every 32-bit integer is a 64-bit integer.
        (Some(ours), Some(theirs)) if ours == "int64" && theirs == "int32" => Some(second.clone()),
        (Some(ours), Some(theirs)) if ours == "int32" && theirs == "int64" => Some(first.clone()),
        _ => None,
    }
}

/// The fields of both, each with its narrower schema.
fn objects(
    shared: &Document,
    first: &Value,
    second: &Value,
    [one, two]: [&Map<String, Value>; 2],
    depth: usize,
) -> Option<Value> {
    let fields = |object: &Map<String, Value>| -> Map<String, Value> {
        let fields = object.get("properties").and_then(Value::as_object);
        fields.cloned().unwrap_or_default()
    };
    let is_choice = |object: &Map<String, Value>| {
        ["allOf", "oneOf", "anyOf", "not"]
            .iter()
            .any(|key| object.contains_key(*key))
    };
    if is_choice(one) || is_choice(two) {
        return None;
    }
    let (ours, theirs) = (fields(one), fields(two));
    let mut both = ours.clone();
    for (name, field) in &theirs {
        let field = match ours.get(name) {
            Some(other) => narrower(shared, other, field, depth + 1)?,
            None => field.clone(),
        };
        both.insert(name.clone(), field);
    }
    let maps = |object: &Map<String, Value>| {
        let values = object.get("additionalProperties");
        values.filter(|values| values.is_object()).cloned()
    };
    let values = match (maps(one), maps(two)) {
        (Some(ours), Some(theirs)) => Some(narrower(shared, &ours, &theirs, depth + 1)?),
        (ours, theirs) => ours.or(theirs),
    };
    if both == theirs && values == maps(two) {
        return Some(second.clone());
    }
    if both == ours && values == maps(one) {
        return Some(first.clone());
    }
    let mut whole = two.clone();
    whole.insert("type".to_owned(), json!("object"));
    whole.insert("properties".to_owned(), Value::Object(both));
    let mut required: Vec<Value> = Vec::new();
    for object in [one, two] {
        let names = object.get("required").and_then(Value::as_array);
        for name in names.into_iter().flatten() {
            if !required.contains(name) {
                required.push(name.clone());
            }
        }
    }
    whole.insert("required".to_owned(), Value::Array(required));
    if let Some(values) = values {
        whole.insert("additionalProperties".to_owned(), values);
    }
    Some(Value::Object(whole))
}

/// A schema without references and without `allOf` of one part.
fn plain(shared: &Document, schema: &Value) -> Option<Map<String, Value>> {
    let mut schema = schema;
    for _ in 0..32 {
        schema = shared.resolve(schema, "#/components/schemas").ok()?;
        let parts = schema.get("allOf").and_then(Value::as_array);
        match parts.map(Vec::as_slice) {
            Some([part]) if schema.get("properties").is_none() => schema = part,
            _ => return schema.as_object().cloned(),
        }
    }
    None
}

fn core(schema: &Map<String, Value>) -> Map<String, Value> {
    schema
        .iter()
        .filter(|(key, _)| {
            let remark = REMARKS.contains(&key.as_str()) || key.starts_with("x-");
            !remark && *key != "nullable"
        })
        .map(|(key, value)| (key.clone(), value.clone()))
        .collect()
}

fn is_reference(schema: &Value) -> bool {
    schema.get("$ref").is_some() || schema.get("allOf").is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shared() -> Document {
        let spec = json!({"components": {"schemas": {
            "Kind": {"type": "string"},
            "Row": {"type": "object", "properties": {"a": {"type": "string"}}},
        }}});
        Document::parse(&spec.to_string()).unwrap()
    }

    fn both_ways(first: &Value, second: &Value) -> [Option<Value>; 2] {
        let shared = shared();
        [
            narrower(&shared, first, second, 0),
            narrower(&shared, second, first, 0),
        ]
    }

    #[test]
    fn the_narrower_schema_is_taken_in_any_order() {
        let kind = json!({"$ref": "#/components/schemas/Kind"});
        let row = json!({"$ref": "#/components/schemas/Row"});
        for (wide, narrow) in [
            (json!({}), json!({"type": "integer"})),
            (json!({"description": "any"}), row.clone()),
            (json!({"type": "number"}), json!({"type": "integer"})),
            (
                json!({"type": "string"}),
                json!({"type": "string", "format": "date-time"}),
            ),
            (json!({"type": "string"}), kind),
            (json!({"type": "object"}), row.clone()),
            (
                json!({"type": "array", "items": {}}),
                json!({"type": "array", "items": row}),
            ),
            (
                json!({"type": "object", "properties": {"a": {"type": "string"}}}),
                json!({"type": "object", "properties": {
                    "a": {"type": "string"}, "b": {"type": "integer"}}}),
            ),
        ] {
            for taken in both_ways(&wide, &narrow) {
                assert_eq!(taken, Some(narrow.clone()), "{wide}");
            }
        }
    }

    #[test]
    fn objects_that_complement_each_other_are_merged() {
        let object =
            |name: &str| json!({"type": "object", "properties": {name: {"type": "string"}}});

        let [taken, _] = both_ways(&object("a"), &object("b"));

        let taken = taken.unwrap();
        assert_eq!(taken["properties"].as_object().map(Map::len), Some(2));
    }

    #[test]
    fn contradicting_schemas_have_no_narrower_one() {
        for (first, second) in [
            (json!({"type": "string"}), json!({"type": "integer"})),
            (
                json!({"type": "array", "items": {"type": "string"}}),
                json!({"type": "array", "items": {"type": "boolean"}}),
            ),
            (
                json!({"type": "object", "properties": {"a": {"type": "string"}}}),
                json!({"type": "object", "properties": {"a": {"type": "integer"}}}),
            ),
        ] {
            assert_eq!(both_ways(&first, &second), [None, None], "{first}");
        }
    }
}
