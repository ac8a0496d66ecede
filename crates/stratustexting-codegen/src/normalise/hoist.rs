//! Names for inline schemas.

use serde_json::{Map, Value, json};

use super::report::Notes;
use crate::{
    document::{Document, Refusal},
    names::{numbered, type_name},
};

/// Moves inline object and choice schemas into the components, under names made from
/// the path to them.
///
/// Otherwise the generator names them itself, lets a component of the same name win
/// over them, and folds two different shapes into the first.
pub(super) fn hoist_schemas(document: &mut Document, notes: &mut Notes) -> Result<(), Refusal> {
    let mut taken: Map<String, Value> = document.schemas_mut().clone();
    let mut hoisted = Map::new();
    document.for_each_schema(|context, schema| {
        if context.component || !needs_a_name(schema) || is_part_of_a_whole(&context.location) {
            return Ok(());
        }
        let nullable = schema
            .as_object_mut()
            .and_then(|schema| schema.remove("nullable"));
        let name = free_name(&taken, &type_name(&context.name), schema);
        let mut reference = json!({"$ref": format!("#/components/schemas/{name}")});
        if let Some(nullable) = nullable {
            reference = json!({"allOf": [reference], "nullable": nullable});
        }
        notes.add(format!("{}: {name}", context.location));
        let shape = std::mem::replace(schema, reference);
        taken.insert(name.clone(), shape.clone());
        hoisted.insert(name, shape);
        Ok(())
    })?;
    document.schemas_mut().extend(hoisted);
    Ok(())
}

fn needs_a_name(schema: &Value) -> bool {
    let has = |key: &str| schema.get(key).is_some();
    has("properties")
        || has("oneOf")
        || has("anyOf")
        || schema
            .get("allOf")
            .and_then(Value::as_array)
            .is_some_and(|parts| parts.len() > 1)
}

/// Whether the schema is one of several that form another: the generator merges those
/// itself.
fn is_part_of_a_whole(location: &str) -> bool {
    let mut segments = location.rsplit('/');
    segments.next();
    segments.next() == Some("allOf")
}

fn free_name(taken: &Map<String, Value>, wanted: &str, schema: &Value) -> String {
    numbered(wanted, |name| {
        taken.get(name).is_none_or(|other| other == schema)
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::normalise::test_support::{operation, with, without};

    #[test]
    fn a_component_of_the_same_name_wins_silently_without_the_pass() {
        let mut spec = operation(json!({
            "operationId": "readThing",
            "responses": {"200": {"description": "", "content": {"application/json": {"schema": {
                "type": "object", "properties": {"right": {"type": "string"}}}}}}},
        }));
        spec["components"] = json!({"schemas": {"ReadThingResponse": {
            "type": "object", "properties": {"wrong": {"type": "string"}}}}});

        let trapped = without("hoist-schemas", &spec);
        assert!(trapped.is_err() || !trapped.unwrap().contains("pub right"));
        let generated = with(&spec).unwrap();
        assert!(
            generated.contains("pub struct ReadThingResponse2"),
            "{generated}"
        );
        assert!(generated.contains("pub right"));
        assert!(generated.contains("pub wrong"));
    }
}
