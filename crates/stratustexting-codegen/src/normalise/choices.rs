//! Choices between several schemas.

use serde_json::{Map, Value, json};

use super::report::Notes;
use crate::document::{Document, Refusal};

/// Leaves one kind of choice: `oneOf`.
///
/// - `anyOf` means the same to a reader; the generator makes a struct with all of its parts,
///   and nothing is ever read into it.
/// - A choice of one, or of none, is no choice.
/// - Beside listed fields a choice says which of them come together, or lists more of them,
///   which are kept anyway.
pub(super) fn plain_choices(document: &mut Document, notes: &mut Notes) -> Result<(), Refusal> {
    document.for_each_schema(|context, schema| {
        let Some(schema) = schema.as_object_mut() else {
            return Ok(());
        };
        let mut change = |what: &str| notes.add(format!("{}: {what}", context.location));
        for key in ["allOf", "oneOf", "anyOf"] {
            let is_empty = |parts: &Value| parts.as_array().is_some_and(Vec::is_empty);
            if schema.get(key).is_some_and(is_empty) {
                schema.remove(key);
                change("no choice");
            }
        }
        let has_fields = schema
            .get("properties")
            .and_then(Value::as_object)
            .is_some_and(|properties| !properties.is_empty());
        for key in ["oneOf", "anyOf"] {
            if schema
                .get(key)
                .is_some_and(|parts| has_fields || names_only(parts))
            {
                schema.remove(key);
                schema.remove("discriminator");
                change("a choice of fields");
            }
        }
        if !schema.contains_key("oneOf")
            && let Some(parts) = schema.remove("anyOf")
        {
            schema.insert("oneOf".to_owned(), parts);
            change("anyOf as oneOf");
        }
        if let Some(only) = only_part(schema) {
            schema.remove("oneOf");
            schema.remove("discriminator");
            schema.insert("allOf".to_owned(), json!([only]));
            change("a choice of one");
        }
        Ok(())
    })
}

/// Whether the parts only say which fields are required.
fn names_only(parts: &Value) -> bool {
    let only = |part: &Value| {
        part.as_object()
            .is_some_and(|part| part.len() == 1 && part.contains_key("required"))
    };
    parts.as_array().is_some_and(|parts| parts.iter().all(only))
}

fn only_part(schema: &Map<String, Value>) -> Option<Value> {
    if schema.contains_key("allOf") {
        return None;
    }
    match schema.get("oneOf")?.as_array()?.as_slice() {
        [only] => Some(only.clone()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::normalise::test_support::{schema, with, without};

    #[test]
    fn any_of_becomes_a_struct_of_all_parts_without_the_pass() {
        let object =
            |name: &str| json!({"type": "object", "properties": {name: {"type": "string"}}});
        let spec = schema(json!({"anyOf": [object("a"), object("b")]}));

        assert!(
            without("plain-choices", &spec)
                .unwrap()
                .contains("subtype_0")
        );
        assert!(with(&spec).unwrap().contains("pub enum Thing {"));
    }

    #[test]
    fn a_choice_of_fields_is_left_out() {
        let spec = schema(json!({
            "type": "object",
            "properties": {"a": {"type": "string"}, "b": {"type": "string"}},
            "oneOf": [{"required": ["a"]}, {"required": ["b"]}],
        }));

        let generated = with(&spec).unwrap();

        assert!(generated.contains("pub struct Thing {"), "{generated}");
        assert!(generated.contains("pub a: ::std::option::Option<"));
    }

    #[test]
    fn a_choice_of_one_is_that_one() {
        let spec = schema(json!({"type": "object", "properties": {
            "a": {"oneOf": [{"type": "integer"}]}}}));

        assert!(
            with(&spec)
                .unwrap()
                .contains("pub a: ::std::option::Option<i64>")
        );
    }
}
