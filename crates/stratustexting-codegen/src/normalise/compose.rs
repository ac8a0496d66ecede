//! Objects put together of several (`allOf`).

use serde_json::{Map, Value, json};

use super::{narrower::narrower, report::Notes};
use crate::document::{Document, Place, Refusal, object};

/// Writes the properties of all parts of an `allOf` into one object.
///
/// The generator merges the parts too, but what it has merged escapes the
/// conversions of `build.rs`: the same time is then a type that refuses what it
/// can't read, where in one of the parts by itself it keeps its text. Parts that
/// aren't objects are left to the generator.
pub(super) fn merge_parts(document: &mut Document, notes: &mut Notes) -> Result<(), Refusal> {
    let shared = document.clone();
    document.for_each_schema(|place, schema| {
        let parts = schema.get("allOf").and_then(Value::as_array);
        let own = schema.get("properties").is_some();
        if parts.is_none_or(|parts| parts.len() < 2 && !own) {
            return Ok(());
        }
        let mut whole = Whole::default();
        // Of maps alone the generator makes one.
        if whole.add(&shared, schema, place, 0)? && !whole.properties.is_empty() {
            let schema = object(schema);
            schema.remove("allOf");
            schema.insert("type".to_owned(), json!("object"));
            schema.insert("properties".to_owned(), Value::Object(whole.properties));
            schema.insert("required".to_owned(), Value::Array(whole.required));
            notes.say(place.location.clone());
        }
        Ok(())
    })
}

/// More parts than anybody writes.
const MOST_PARTS: usize = 1_000;

/// What the parts say together.
#[derive(Default)]
struct Whole {
    properties: Map<String, Value>,
    required: Vec<Value>,
    /// How many parts were looked at.
    parts: usize,
}

impl Whole {
    /// Adds a part with its own parts; false where it isn't a plain object.
    fn add(
        &mut self,
        shared: &Document,
        part: &Value,
        place: &Place,
        depth: usize,
    ) -> Result<bool, Refusal> {
        if depth > 32 {
            return Err(place.refuse("`allOf` runs in a circle"));
        }
        // Not deep, and yet without end: parts that have the same parts double at each level.
        self.parts += 1;
        if self.parts > MOST_PARTS {
            return Err(place.refuse(format!("`allOf` has more than {MOST_PARTS} parts")));
        }
        let part = shared.resolve(part, &place.location)?;
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
            if !self.add(shared, inner, place, depth + 1)? {
                return Ok(false);
            }
        }
        let properties = part.get("properties").and_then(Value::as_object);
        for (name, value) in properties.into_iter().flatten() {
            let merged = match self.properties.get(name) {
                Some(other) => narrower(shared, other, value, 0).ok_or_else(|| {
                    place.refuse(format!(
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
    fn a_time_of_a_part_is_another_type_without_the_pass() {
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
    fn of_two_descriptions_the_one_that_says_more_counts() {
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
    fn a_map_beside_fields_is_where_the_others_are_kept() {
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
    fn a_circle_of_parts_is_refused() {
        let own = json!({"$ref": "#/components/schemas/Thing"});

        assert!(refusal(&composed(&own)).reason.contains("circle"));
    }
}
