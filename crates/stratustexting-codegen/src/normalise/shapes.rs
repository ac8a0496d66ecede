//! Shapes of objects for which the generator has no type, or one that doesn't compile.

use std::collections::BTreeSet;

use openapi_diff::reference;
use serde_json::{Value, json};

use super::report::Notes;
use crate::document::{Document, Refusal, object};

/// Moves `nullable` from a component to its uses.
///
/// The generator turns a nullable component into a second type inside the first, whose
/// name may clash, and neither can be written into a URL.
pub(super) fn null_belongs_to_the_place(
    document: &mut Document,
    notes: &mut Notes,
) -> Result<(), Refusal> {
    let mut nullable: BTreeSet<String> = BTreeSet::new();
    for (name, schema) in document.schemas_mut() {
        if let Some(schema) = schema.as_object_mut()
            && schema.remove("nullable") == Some(json!(true))
        {
            notes.add(name.clone());
            nullable.insert(format!("#/components/schemas/{name}"));
        }
    }
    if nullable.is_empty() {
        return Ok(());
    }
    document.for_each_schema(|context, schema| {
        let is_nullable =
            reference::of(schema).is_some_and(|reference| nullable.contains(reference));
        // The parts of an `allOf` aren't uses of their own.
        let is_part = context.location.rsplit('/').nth(1) == Some("allOf");
        if is_nullable && !is_part && !context.component {
            *schema = json!({"allOf": [schema.take()], "nullable": true});
        }
        Ok(())
    })
}

/// Gives each object one of the two forms for which the generator has types: listed fields,
/// or a map.
///
/// - An object that lists nothing and forbids all else is a map: something may come anyway.
/// - Required fields that aren't listed get any value.
/// - A title is removed; the generator would take it for a name.
/// - A discriminator of an object matters to types that choose between its subtypes, not to
///   the object itself.
pub(super) fn plain_objects(document: &mut Document, notes: &mut Notes) -> Result<(), Refusal> {
    document.for_each_schema(|context, schema| {
        let Some(schema) = schema.as_object_mut() else {
            return Ok(());
        };
        let has_fields = schema
            .get("properties")
            .and_then(Value::as_object)
            .is_some_and(|properties| !properties.is_empty());
        let is_whole = !["allOf", "oneOf", "anyOf", "$ref"]
            .iter()
            .any(|key| schema.contains_key(*key));
        if schema.get("discriminator").is_some()
            && !schema.contains_key("oneOf")
            && !schema.contains_key("anyOf")
        {
            schema.remove("discriminator");
            notes.add(format!("{}: discriminator", context.location));
        }
        if !has_fields && schema.remove("properties").is_some() {
            notes.add(format!("{}: lists nothing", context.location));
        }
        if !has_fields
            && schema.get("additionalProperties") == Some(&json!(false))
            && schema.remove("additionalProperties").is_some()
        {
            notes.add(format!("{}: forbids all", context.location));
        }
        if is_whole && schema.get("type").is_none_or(|kind| kind == "object") {
            list_required(schema, &context.location, notes);
        }
        Ok(())
    })
}

fn list_required(schema: &mut serde_json::Map<String, Value>, location: &str, notes: &mut Notes) {
    let required = schema.get("required").and_then(Value::as_array).cloned();
    let missing: Vec<String> = required
        .into_iter()
        .flatten()
        .filter_map(|name| name.as_str().map(str::to_owned))
        .filter(|name| {
            let properties = schema.get("properties");
            properties.is_none_or(|properties| properties.get(name).is_none())
        })
        .collect();
    for name in missing {
        notes.add(format!("{location}: {name} is listed"));
        let properties = schema.entry("properties").or_insert_with(|| json!({}));
        object(properties).insert(name, json!({}));
    }
    if schema.get("properties").is_some() {
        schema.insert("type".to_owned(), json!("object"));
        if let Some(properties) = schema.get_mut("properties") {
            properties.sort_all_objects();
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::normalise::test_support::{schema, with, without};

    #[test]
    fn a_nullable_component_becomes_two_types_without_the_pass() {
        let mut spec = schema(json!({
            "type": "object",
            "required": ["part"],
            "properties": {"part": {"$ref": "#/components/schemas/Part"}},
        }));
        spec["components"]["schemas"]["Part"] = json!({
            "type": "object", "nullable": true, "properties": {"a": {"type": "string"}}});

        let trapped = without("null-belongs-to-the-place", &spec).unwrap();
        assert!(trapped.contains("PartInner"), "{trapped}");
        let generated = with(&spec).unwrap();
        assert!(!generated.contains("PartInner"));
        assert!(
            generated.contains("pub part: ::std::option::Option<Part>"),
            "{generated}"
        );
    }

    #[test]
    fn an_object_without_fields_is_a_map() {
        let spec = schema(json!({
            "type": "object",
            "properties": {
                "closed": {"type": "object", "properties": {}, "additionalProperties": false},
            },
        }));

        let generated = with(&spec).unwrap();

        assert!(!generated.contains("deny_unknown_fields"), "{generated}");
        assert!(
            generated.contains("pub closed: ::std::option::Option<\n"),
            "{generated}"
        );
    }

    #[test]
    fn a_required_field_is_listed() {
        let spec = schema(json!({
            "type": "object",
            "required": ["ghost"],
            "properties": {"a": {"type": "string"}},
        }));

        assert!(
            with(&spec)
                .unwrap()
                .contains("pub ghost: ::serde_json::Value")
        );
    }

    #[test]
    fn an_object_with_a_discriminator_is_accepted() {
        let spec = schema(json!({
            "type": "object",
            "properties": {"kind": {"type": "string"}},
            "discriminator": {"propertyName": "kind"},
        }));

        assert!(without("plain-objects", &spec).is_err());
        assert!(with(&spec).unwrap().contains("pub kind"));
    }
}
