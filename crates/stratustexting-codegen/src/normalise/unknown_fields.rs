//! Fields the document doesn't list.

use serde_json::{Value, json};

use super::report::Notes;
use crate::document::{Document, Refusal};

/// Lets every object type keep the fields that it doesn't list.
///
/// If additional properties have the schema `{}`, the generator adds a flattened map
/// `extra`. With `true` or nothing it drops unknown fields, and with `false` it rejects
/// the whole response. A map of values of one type beside listed fields would lose the
/// others.
pub(super) fn keep_unknown_fields(
    document: &mut Document,
    notes: &mut Notes,
) -> Result<(), Refusal> {
    document.for_each_schema(|context, schema| {
        let Some(schema) = schema.as_object_mut() else {
            return Ok(());
        };
        let Some(properties) = schema.get("properties").and_then(Value::as_object) else {
            return Ok(());
        };
        if properties.is_empty() || schema.get("additionalProperties") == Some(&json!({})) {
            return Ok(());
        }
        schema.insert("additionalProperties".to_owned(), json!({}));
        notes.add(context.location.clone());
        Ok(())
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::normalise::test_support::{schema, with, without};

    #[test]
    fn unknown_fields_are_dropped_or_rejected_without_the_pass() {
        let open = schema(json!({"type": "object", "properties": {"a": {"type": "string"}}}));
        let closed = schema(json!({
            "type": "object",
            "properties": {"a": {"type": "string"}},
            "additionalProperties": false,
        }));

        assert!(
            !without("keep-unknown-fields", &open)
                .unwrap()
                .contains("extra")
        );
        assert!(
            without("keep-unknown-fields", &closed)
                .unwrap()
                .contains("deny_unknown_fields")
        );
        for spec in [open, closed] {
            let generated = with(&spec).unwrap();
            assert!(!generated.contains("deny_unknown_fields"));
            assert!(
                generated.contains(
                    "pub extra: ::serde_json::Map<::std::string::String, ::serde_json::Value>"
                ),
                "{generated}"
            );
        }
    }

    #[test]
    fn fields_of_another_type_are_rejected_without_the_pass() {
        let spec = schema(json!({
            "type": "object",
            "properties": {"a": {"type": "string"}},
            "additionalProperties": {"type": "integer"},
        }));

        let map = "pub extra: ::std::collections::HashMap<::std::string::String, i64>";
        assert!(without("keep-unknown-fields", &spec).unwrap().contains(map));
        assert!(!with(&spec).unwrap().contains(map));
    }
}
