//! Fields the document doesn't list.

use serde_json::{Value, json};

use super::report::Notes;
use crate::document::{Document, Refusal};

/// Gives every object type a place for the fields it doesn't list.
///
/// For `{}` as the schema of additional properties the generator adds a flattened
/// map `extra`; for `true` or nothing it drops unknown fields, and for `false` it
/// refuses the whole answer.
pub(super) fn keep_unknown_fields(
    document: &mut Document,
    notes: &mut Notes,
) -> Result<(), Refusal> {
    document.for_each_schema(|place, schema| {
        let Some(schema) = schema.as_object_mut() else {
            return Ok(());
        };
        let Some(properties) = schema.get("properties").and_then(Value::as_object) else {
            return Ok(());
        };
        if properties.is_empty()
            || schema
                .get("additionalProperties")
                .is_some_and(Value::is_object)
        {
            return Ok(());
        }
        if properties.contains_key("extra") {
            return Err(place.refuse(
                "a property called `extra` clashes with the map that keeps unknown fields",
            ));
        }
        schema.insert("additionalProperties".to_owned(), json!({}));
        notes.say(place.location.clone());
        Ok(())
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::normalise::test_support::{refusal, schema, with, without};

    #[test]
    fn unknown_fields_are_dropped_or_refused_without_the_pass() {
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
    fn a_property_called_extra_is_refused() {
        let refusal = refusal(&schema(json!({
            "type": "object",
            "properties": {"extra": {"type": "string"}},
        })));

        assert_eq!(refusal.location, "#/components/schemas/Thing");
    }
}
