//! Value lists that can't become enums of texts.

use serde_json::{Map, Value, json};

use super::report::Notes;
use crate::document::{Document, Refusal, object};

/// Turns lists of other values than texts into a sentence of the description: integers
/// stay integers, and a mix of numbers and texts becomes any value.
///
/// The generator makes closed enums of such lists, some of which don't compile. If the
/// type is `string`, numbers and booleans in the list are texts that somebody wrote
/// without quotes.
pub(super) fn plain_values(document: &mut Document, notes: &mut Notes) -> Result<(), Refusal> {
    document.for_each_schema(|context, schema| {
        let Some(schema) = schema.as_object_mut() else {
            return Ok(());
        };
        for key in ["enum", "x-extensible-enum"] {
            let Some(Value::Array(values)) = schema.get(key).cloned() else {
                continue;
            };
            if let Some(change) = rewrite(schema, key, &values) {
                notes.add(format!("{}: {change}", context.location));
            }
        }
        Ok(())
    })
}

/// Rewrites a list and returns the change, if any.
fn rewrite(schema: &mut Map<String, Value>, key: &str, values: &[Value]) -> Option<&'static str> {
    let kind = schema
        .get("type")
        .and_then(Value::as_str)
        .map(str::to_owned);
    let listed: Vec<&Value> = values.iter().filter(|value| !value.is_null()).collect();
    let all_texts = !listed.is_empty() && listed.iter().all(|value| value.is_string());
    match kind.as_deref() {
        Some("string") | None if all_texts => None,
        Some("string")
            if !listed.is_empty()
                && listed
                    .iter()
                    .all(|value| !value.is_array() && !value.is_object()) =>
        {
            let texts: Vec<Value> = listed.iter().map(|value| json!(word(value))).collect();
            schema.insert(key.to_owned(), Value::Array(texts));
            Some("its values are texts")
        }
        // The list means the values of the items.
        Some("array") if all_texts && items_are_texts(schema) => {
            schema.remove(key);
            let items = object(schema.entry("items").or_insert_with(|| json!({})));
            items.insert("type".to_owned(), json!("string"));
            items.insert(key.to_owned(), json!(values));
            Some("its values are those of its items")
        }
        kind => {
            if kind.is_none()
                && let Some(kind) = common_kind(&listed)
            {
                schema.insert("type".to_owned(), json!(kind));
            }
            schema.remove(key);
            describe(schema, &listed);
            Some("its values are in the description")
        }
    }
}

fn items_are_texts(schema: &Map<String, Value>) -> bool {
    schema.get("items").is_none_or(|items| {
        let is_text = items.get("type").is_none_or(|kind| kind == "string");
        let is_other = ["enum", "$ref", "allOf", "oneOf", "anyOf", "properties"];
        is_text && is_other.iter().all(|key| items.get(key).is_none())
    })
}

/// The common type of the values; `None` if they have several.
fn common_kind(values: &[&Value]) -> Option<&'static str> {
    let all = |is: fn(&Value) -> bool| !values.is_empty() && values.iter().all(|value| is(value));
    if all(|value| value.is_i64() || value.is_u64()) {
        Some("integer")
    } else if all(Value::is_number) {
        Some("number")
    } else if all(Value::is_boolean) {
        Some("boolean")
    } else {
        None
    }
}

fn describe(schema: &mut Map<String, Value>, values: &[&Value]) {
    if values.is_empty() {
        return;
    }
    let words: Vec<String> = values
        .iter()
        .map(|value| format!("`{}`", word(value)))
        .collect();
    let sentence = format!("Known values: {}.", words.join(", "));
    let description = schema.get("description").and_then(Value::as_str);
    let description = match description.filter(|text| !text.is_empty()) {
        Some(text) => format!("{text}\n\n{sentence}"),
        None => sentence,
    };
    schema.insert("description".to_owned(), json!(description));
}

fn word(value: &Value) -> String {
    value
        .as_str()
        .map_or_else(|| value.to_string(), str::to_owned)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use crate::{
        document::Document,
        normalise::{
            normalise,
            test_support::{schema, with, without},
        },
    };

    fn property(property: &Value) -> Value {
        schema(json!({"type": "object", "properties": {"a": property}}))
    }

    #[test]
    fn integers_become_a_closed_enum_without_the_pass() {
        let spec = property(&json!({"type": "integer", "enum": [1, 2]}));

        let trapped = without("plain-values", &spec);
        assert!(trapped.is_err() || trapped.unwrap().contains("pub struct ThingA("));
        let generated = with(&spec).unwrap();
        assert!(
            generated.contains("pub a: ::std::option::Option<i64>"),
            "{generated}"
        );
        assert!(generated.contains("Known values: `1`, `2`."), "{generated}");
    }

    #[test]
    fn each_list_has_the_type_of_its_values() {
        for (list, rust) in [
            (json!({"type": "boolean", "enum": [true]}), "bool"),
            (json!({"enum": [1, 2]}), "i64"),
            (json!({"enum": [1, "a", null]}), "::serde_json::Value"),
            (
                json!({"type": "string", "enum": []}),
                "::std::string::String",
            ),
            (json!({"type": "integer", "enum": ["1"]}), "i64"),
            (
                json!({"type": "object", "enum": [{}]}),
                "::serde_json::Map<::std::string::String, ::serde_json::Value>",
            ),
        ] {
            let generated = with(&property(&list)).unwrap();
            let generated: String = generated.split_whitespace().collect();

            let wanted = format!("puba:::std::option::Option<{rust}");
            let wanted: String = wanted.split_whitespace().collect();
            assert!(generated.contains(&wanted), "{list}: {generated}");
        }
    }

    #[test]
    fn unquoted_texts_and_items_of_a_list_become_enums() {
        for (list, values) in [
            (json!({"type": "string", "enum": [1, true]}), ["1", "true"]),
            (
                json!({"type": "array", "items": {}, "enum": ["x", "y"]}),
                ["x", "y"],
            ),
        ] {
            let spec = property(&list);

            let normalised = normalise(&Document::parse(&spec.to_string()).unwrap()).unwrap();

            let texts: Vec<&str> = normalised.enums[0]
                .values
                .iter()
                .map(|(_, text)| text.as_str())
                .collect();
            assert_eq!(texts, values, "{list}");
        }
    }
}
