//! Objects composed of several (`allOf`).

use serde_json::{Map, Value, json};

use super::{narrower::narrower, report::Notes};
use crate::document::{Document, Refusal, SchemaContext, object};

/// Writes the properties of all parts of an `allOf` into one object.
///
/// The generator merges the parts too, but then doesn't apply the conversions of its
/// settings: a time becomes a type that rejects unreadable values instead of one that
/// keeps its text. Parts that aren't objects are left to the generator.
pub(super) fn merge_parts(document: &mut Document, notes: &mut Notes) -> Result<(), Refusal> {
    let shared = document.clone();
    document.for_each_schema(|context, schema| {
        let parts = schema.get("allOf").and_then(Value::as_array);
        let own = schema.get("properties").is_some();
        if parts.is_none_or(|parts| parts.len() < 2 && !own) {
            return Ok(());
        }
        let mut merged = Merged::default();
        // If all parts are maps, the generator merges them.
        if merged.add(&shared, schema, context, 0)? && !merged.properties.is_empty() {
            let schema = object(schema);
            schema.remove("allOf");
            schema.insert("type".to_owned(), json!("object"));
            schema.insert("properties".to_owned(), Value::Object(merged.properties));
            schema.insert("required".to_owned(), Value::Array(merged.required));
            notes.add(context.location.clone());
        }
        Ok(())
    })
}

/// More parts than anybody writes by hand.
const MOST_PARTS: usize = 1_000;

/// All parts together.
#[derive(Default)]
struct Merged {
    properties: Map<String, Value>,
    required: Vec<Value>,
    /// How many parts were visited.
    parts: usize,
}

impl Merged {
    /// Adds a part with its own parts; false if it isn't a plain object.
    fn add(
        &mut self,
        shared: &Document,
        part: &Value,
        context: &SchemaContext,
        depth: usize,
    ) -> Result<bool, Refusal> {
        if depth > 32 {
            return Err(context.refuse("`allOf` runs in a cycle"));
        }
        // Parts that share parts double at each level, without being deep.
        self.parts += 1;
        if self.parts > MOST_PARTS {
            return Err(context.refuse(format!("`allOf` has more than {MOST_PARTS} parts")));
        }
        let part = shared.resolve(part, &context.location)?;
        let has = |key: &str| part.get(key).is_some();
        let choice = has("oneOf") || has("anyOf") || has("not") || has("enum");
        let is_object = part.get("type") == Some(&json!("object"));
        if choice || !(is_object || has("properties") || has("allOf")) {
            return Ok(false);
        }
        for inner in part
            .get("allOf")
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
        {
            if !self.add(shared, inner, context, depth + 1)? {
                return Ok(false);
            }
        }
        let properties = part.get("properties").and_then(Value::as_object);
        for (name, value) in properties.into_iter().flatten() {
            let merged = match self.properties.get(name) {
                Some(other) => narrower(shared, other, value, 0).ok_or_else(|| {
                    context.refuse(format!(
                        "two parts of `allOf` describe the property {name} differently"
                    ))
                })?,
                None => value.clone(),
            };
            self.properties.insert(name.clone(), merged);
        }
        let required = part.get("required").and_then(Value::as_array);
        for name in required.into_iter().flatten() {
            if !self.required.contains(name) {
                self.required.push(name.clone());
            }
        }
        Ok(true)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use crate::normalise::test_support::{refusal, schema, with, without};

    fn composed(second: &Value) -> Value {
        let mut spec = schema(json!({"allOf": [{"$ref": "#/components/schemas/Base"}, second]}));
        spec["components"]["schemas"]["Base"] = json!({
            "type": "object",
            "required": ["id"],
            "properties": {
                "id": {"type": "string"},
                "at": {"type": "string", "format": "date-time"},
            },
        });
        spec
    }

    #[test]
    fn a_time_in_a_part_has_another_type_without_the_pass() {
        let own = json!({"type": "object", "properties": {"name": {"type": "string"}}});
        let spec = composed(&own);

        let trapped = without("merge-parts", &spec).unwrap();
        assert!(trapped.contains("::chrono::DateTime"), "{trapped}");
        let generated = with(&spec).unwrap();
        assert!(!generated.contains("::chrono::DateTime"), "{generated}");
        let thing = generated.split("pub struct Thing {").nth(1).unwrap();
        assert!(
            thing.contains("pub at: ::std::option::Option<crate::Timestamp>"),
            "{thing}"
        );
        assert!(thing.contains("pub id: ::std::string::String"), "{thing}");
    }

    #[test]
    fn the_narrower_of_two_descriptions_counts() {
        let own = json!({"type": "object", "properties": {
            "id": {"type": "string", "format": "date-time"}, "at": {}}});

        let generated = with(&composed(&own)).unwrap();

        let thing = generated.split("pub struct Thing {").nth(1).unwrap();
        assert!(thing.contains("pub id: crate::Timestamp"), "{thing}");
        assert!(
            thing.contains("pub at: ::std::option::Option<crate::Timestamp>"),
            "{thing}"
        );
    }

    #[test]
    fn a_map_beside_fields_keeps_unlisted_fields() {
        let own = json!({"type": "object", "additionalProperties": {"type": "integer"}});

        let generated = with(&composed(&own)).unwrap();

        let thing = generated.split("pub struct Thing {").nth(1).unwrap();
        assert!(thing.contains("pub extra: ::serde_json::Map<"), "{thing}");
    }

    #[test]
    fn parts_that_contradict_each_other_are_refused() {
        let own = json!({"type": "object", "properties": {"id": {"type": "integer"}}});

        assert_eq!(
            refusal(&composed(&own)).to_string(),
            "at #/components/schemas/Thing: \
             two parts of `allOf` describe the property id differently"
        );
    }

    #[test]
    fn parts_that_double_at_each_level_are_refused() {
        let level = |index: usize| json!({"$ref": format!("#/components/schemas/Level{index}")});
        let mut spec = composed(&level(0));
        for index in 0..30 {
            let next = level(index + 1);
            spec["components"]["schemas"][format!("Level{index}")] = json!({"allOf": [next, next]});
        }
        spec["components"]["schemas"]["Level30"] =
            json!({"type": "object", "properties": {"a": {"type": "string"}}});

        assert!(refusal(&spec).reason.contains("more than 1000 parts"));
    }

    #[test]
    fn a_cycle_of_parts_is_refused() {
        let own = json!({"$ref": "#/components/schemas/Thing"});

        assert!(refusal(&composed(&own)).reason.contains("cycle"));
    }
}
