use serde_json::{Value, json};

/// Whether a value fits a schema, as far as the schemas here go.
pub(crate) fn check(
    value: &Value,
    schema: &Value,
    root: &Value,
    place: &str,
) -> Result<(), String> {
    let Value::Object(schema) = schema else {
        return match schema {
            Value::Bool(true) => Ok(()),
            _ => Err(format!("{place}: nothing is allowed")),
        };
    };
    if let Some(Value::String(reference)) = schema.get("$ref") {
        let pointer = reference.strip_prefix('#').ok_or("a reference elsewhere")?;
        let target = root
            .pointer(pointer)
            .ok_or_else(|| format!("{place}: no {reference}"))?;
        check(value, target, root, place)?;
    }
    for several in ["anyOf", "oneOf"] {
        if let Some(Value::Array(schemas)) = schema.get(several) {
            let tried = schemas
                .iter()
                .map(|schema| check(value, schema, root, place));
            let problems: Vec<_> = tried.filter_map(Result::err).collect();
            if problems.len() == schemas.len() {
                return Err(problems.join(" and "));
            }
        }
    }
    let constant = schema.get("const").into_iter();
    let values = schema.get("enum").and_then(Value::as_array);
    let mut allowed = constant.chain(values.into_iter().flatten()).peekable();
    if allowed.peek().is_some() && !allowed.any(|it| it == value) {
        return Err(format!("{place}: {value} isn't one of the values"));
    }
    let types: Vec<&str> = match schema.get("type") {
        Some(Value::String(one)) => vec![one],
        Some(Value::Array(several)) => several.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    };
    let is = |name: &str| match name {
        "null" => value.is_null(),
        "boolean" => value.is_boolean(),
        "string" => value.is_string(),
        "number" => value.is_number(),
        "integer" => value.is_i64() || value.is_u64(),
        "array" => value.is_array(),
        "object" => value.is_object(),
        other => panic!("the type {other}"),
    };
    if !types.is_empty() && !types.iter().any(|name| is(name)) {
        return Err(format!("{place}: {value} is none of {types:?}"));
    }
    if let Value::Object(fields) = value {
        for name in schema
            .get("required")
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
        {
            let name = name.as_str().unwrap();
            if !fields.contains_key(name) {
                return Err(format!("{place}: {name} is missing"));
            }
        }
        for (name, field) in fields {
            let known = schema.get("properties").and_then(|it| it.get(name));
            let other = schema.get("additionalProperties");
            if let Some(schema) = known.or(other) {
                check(field, schema, root, &format!("{place}/{name}"))?;
            }
        }
    }
    if let (Value::Array(items), Some(schema)) = (value, schema.get("items")) {
        for item in items {
            check(item, schema, root, &format!("{place}/*"))?;
        }
    }
    Ok(())
}

/// Nothing that a command prints lacks a description: each field stands in its schema.
pub(crate) fn names(value: &Value, schema: &Value, place: &str) {
    let lists: Vec<&Value> = match schema.get("anyOf") {
        Some(Value::Array(schemas)) => schemas.iter().collect(),
        _ => vec![schema],
    };
    for name in value.as_object().unwrap().keys() {
        let is_known = lists
            .iter()
            .any(|schema| schema["properties"].get(name).is_some());
        assert!(is_known, "{place}: {name} isn't in the schema");
    }
}

#[test]
fn a_value_that_does_not_fit_is_found() {
    let schema = json!({
        "type": "object", "required": ["a"],
        "properties": {
            "a": {"$ref": "#/$defs/n"},
            "b": {"type": "array", "items": {"type": "string"}},
            "d": {"oneOf": [{"const": "one"}, {"enum": ["two", "three"]}]},
        },
        "$defs": {"n": {"type": ["integer", "null"]}},
    });
    let fits = |value: Value| check(&value, &schema, &schema, "").is_ok();

    assert!(fits(json!({"a": 1, "b": ["x"], "c": 0})) && fits(json!({"a": null})));
    assert!(fits(json!({"a": 1, "d": "one"})) && fits(json!({"a": 1, "d": "three"})));
    for value in [
        json!([]),
        json!({}),
        json!({"a": "x"}),
        json!({"a": 1, "b": [2]}),
        json!({"a": 1, "d": "four"}),
    ] {
        assert!(!fits(value.clone()), "{value}");
    }
}
