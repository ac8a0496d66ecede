//! Examples: the document's own, or where it has none, the plainest value that fits.

use serde_json::{Map, Value, json};
use stratustexting_codegen::Document;

/// The example that a parameter, a media type or a schema is given.
pub(super) fn given(holder: &Value) -> Option<Value> {
    let one = holder.get("example").cloned();
    one.or_else(|| {
        let several = holder.get("examples")?.as_object()?;
        several.values().next()?.get("value").cloned()
    })
}

/// An example of a schema: with the fields that have to be there, and no others.
pub(super) fn of(document: &Document, schema: &Value) -> Value {
    at(document, schema, 0)
}

fn at(document: &Document, schema: &Value, depth: usize) -> Value {
    let Ok(schema) = document.resolve(schema, "an example") else {
        return Value::Null;
    };
    // A schema that requires itself has no example.
    if depth > 16 {
        return Value::Null;
    }
    if let Some(value) = given(schema).or_else(|| schema.get("default").cloned()) {
        return value;
    }
    for list in ["enum", "x-extensible-enum", "allOf", "oneOf", "anyOf"] {
        if let Some(first) = schema[list].as_array().and_then(|list| list.first()) {
            return match list {
                "enum" | "x-extensible-enum" => first.clone(),
                _ => at(document, first, depth + 1),
            };
        }
    }
    match schema["type"].as_str() {
        Some("string") => json!(""),
        Some("integer" | "number") => schema.get("minimum").cloned().unwrap_or(json!(0)),
        Some("boolean") => json!(true),
        Some("array") => json!([at(document, &schema["items"], depth + 1)]),
        _ => {
            let required = schema["required"].as_array().into_iter().flatten();
            let fields: Map<String, Value> = required
                .filter_map(Value::as_str)
                .map(|name| {
                    let property = &schema["properties"][name];
                    (name.to_owned(), at(document, property, depth + 1))
                })
                .collect();
            Value::Object(fields)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn has_what_has_to_be_there() {
        let document = json!({"components": {"schemas": {
            "Kind": {"type": "string", "x-extensible-enum": ["TALL", "SMALL"]},
            "Thing": {
                "type": "object",
                "required": ["kinds", "count", "self"],
                "properties": {
                    "kinds": {"type": "array", "items": {"$ref": "#/components/schemas/Kind"}},
                    "count": {"allOf": [{"type": "integer", "minimum": 1}]},
                    "self": {"type": "object"},
                    "optional": {"type": "string"},
                },
            },
        }}});
        let document = Document::parse(&document.to_string()).unwrap();

        let example = of(&document, &json!({"$ref": "#/components/schemas/Thing"}));

        assert_eq!(example, json!({"kinds": ["TALL"], "count": 1, "self": {}}));
    }

    #[test]
    fn what_requires_itself_ends() {
        let document = json!({"components": {"schemas": {"Thing": {
            "required": ["thing"],
            "properties": {"thing": {"$ref": "#/components/schemas/Thing"}},
        }}}});
        let document = Document::parse(&document.to_string()).unwrap();

        assert!(of(&document, &json!({"$ref": "#/components/schemas/Thing"})).is_object());
    }

    #[test]
    fn the_first_of_several_is_taken() {
        let media = json!({"examples": {"a": {"value": 1}, "b": {"value": 2}}});

        assert_eq!(given(&media), Some(json!(1)));
    }
}
