//! Null, absent and empty.

use serde_json::{Value, json};

use super::report::Notes;
use crate::document::{Document, Refusal};

/// Removes nullable properties from `required`.
///
/// The generated code insists on the key of a required nullable property. A service
/// that sends `null` sooner or later omits the key, too.
pub(super) fn nullable_is_not_required(
    document: &mut Document,
    notes: &mut Notes,
) -> Result<(), Refusal> {
    document.for_each_schema(|context, schema| {
        let nullable = names_of(schema, |property| is_true(property, "nullable"));
        let Some(required) = schema.get_mut("required").and_then(Value::as_array_mut) else {
            return Ok(());
        };
        required.retain(|name| {
            let drop = name
                .as_str()
                .is_some_and(|name| nullable.iter().any(|n| n == name));
            if drop {
                notes.add(format!(
                    "{}: {}",
                    context.location,
                    name.as_str().unwrap_or_default()
                ));
            }
            !drop
        });
        Ok(())
    })
}

/// Marks arrays and maps that may be absent as nullable.
///
/// The generated code reads an absent array as empty, but `null` as an error.
pub(super) fn nullable_collections(
    document: &mut Document,
    notes: &mut Notes,
) -> Result<(), Refusal> {
    document.for_each_schema(|context, schema| {
        let required: Vec<String> = schema
            .get("required")
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
            .filter_map(|name| name.as_str().map(str::to_owned))
            .collect();
        let collections = names_of(schema, is_collection);
        let Some(properties) = schema.get_mut("properties").and_then(Value::as_object_mut) else {
            return Ok(());
        };
        for name in collections.iter().filter(|name| !required.contains(name)) {
            if let Some(property) = properties.get_mut(name).and_then(Value::as_object_mut)
                && property.insert("nullable".to_owned(), json!(true)) != Some(json!(true))
            {
                notes.add(format!("{}: {name}", context.location));
            }
        }
        Ok(())
    })
}

fn is_collection(schema: &Value) -> bool {
    match schema.get("type").and_then(Value::as_str) {
        Some("array") => true,
        Some("object") => schema.get("properties").is_none(),
        _ => false,
    }
}

fn is_true(schema: &Value, key: &str) -> bool {
    schema.get(key).and_then(Value::as_bool) == Some(true)
}

fn names_of(schema: &Value, wanted: impl Fn(&Value) -> bool) -> Vec<String> {
    schema
        .get("properties")
        .and_then(Value::as_object)
        .into_iter()
        .flatten()
        .filter(|(_, property)| wanted(property))
        .map(|(name, _)| name.clone())
        .collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::normalise::test_support::{schema, with, without};

    #[test]
    fn a_required_nullable_field_must_be_present_without_the_pass() {
        let spec = schema(json!({
            "type": "object",
            "required": ["name"],
            "properties": {"name": {"type": "string", "nullable": true}},
        }));

        let trapped = without("nullable-is-not-required", &spec).unwrap();
        assert!(trapped.contains("Option::deserialize"));
        assert!(!with(&spec).unwrap().contains("Option::deserialize"));
    }

    #[test]
    fn null_for_an_absent_array_is_an_error_without_the_pass() {
        let spec = schema(json!({
            "type": "object",
            "properties": {"tags": {"type": "array", "items": {"type": "string"}}},
        }));

        let trapped = without("nullable-collections", &spec).unwrap();
        assert!(trapped.contains("pub tags: ::std::vec::Vec<::std::string::String>"));
        let generated = with(&spec).unwrap();
        assert!(
            generated.contains(
                "pub tags: ::std::option::Option<::std::vec::Vec<::std::string::String>>"
            ),
            "{generated}"
        );
    }
}
