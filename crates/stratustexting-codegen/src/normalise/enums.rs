//! Value lists as open enums.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::{descriptions::plain, report::Notes, variants::variants};
use crate::{
    document::{Document, Refusal, SchemaContext, object},
    names::{numbered, type_name},
};

/// A list of known values of a string that may also have others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenEnum {
    /// The type's name.
    pub name: String,
    /// The type's documentation.
    pub description: String,
    /// The variants with their texts on the wire, in the document's order.
    pub values: Vec<(String, String)>,
}

/// Moves every value list out of the document and names it.
///
/// Closed lists (`enum`), lists that say that they are open (`x-extensible-enum`), and
/// the idiom `anyOf: [{enum}, {type: string}]` all become open enums: a service adds a
/// value long before its document says so. The generator sees plain strings under the
/// enums' names, and maps those to the types made from the lists.
///
/// Lists of other values became sentences before (`plain-values`).
pub(super) fn open_enums(document: &mut Document, notes: &mut Notes) -> Result<(), Refusal> {
    // The idiom goes first, because schemas are visited from the inside out: the list
    // within it would be taken for one of its own.
    document.for_each_schema(|_, schema| {
        if let Some(values) = open_idiom(schema) {
            let schema = object(schema);
            schema.remove("anyOf");
            schema.remove("oneOf");
            schema.insert("type".to_owned(), json!("string"));
            schema.insert("x-extensible-enum".to_owned(), json!(values));
        }
        Ok(())
    })?;
    let components: BTreeSet<String> = document.schemas().map(|(name, _)| name.clone()).collect();
    let mut found: Vec<OpenEnum> = Vec::new();
    document.for_each_schema(|context, schema| {
        let Some(values) = value_list(schema) else {
            return Ok(());
        };
        let values = variants(&values);
        let name = free_name(context, &values, &components, &found);
        let list = OpenEnum {
            name,
            description: plain(&text(schema, "description")),
            values,
        };
        let plain = json!({"type": "string", "description": list.description});
        if context.component {
            *schema = plain;
        } else {
            // The description and nullability belong to the use, not the type.
            let reference = json!({"$ref": format!("#/components/schemas/{}", list.name)});
            let mut there = json!({"allOf": [reference], "description": list.description});
            if schema.get("nullable") == Some(&json!(true)) {
                there["nullable"] = json!(true);
            }
            *schema = there;
        }
        let texts: Vec<&str> = list.values.iter().map(|(_, text)| text.as_str()).collect();
        notes.add(format!(
            "{}: {} = {}",
            context.location,
            list.name,
            texts.join(" | ")
        ));
        if !found.iter().any(|other| other.name == list.name) {
            found.push(list);
        }
        Ok(())
    })?;
    for list in &found {
        document
            .schemas_mut()
            .entry(&list.name)
            .or_insert_with(|| json!({"type": "string", "description": list.description}));
    }
    notes.enums = found;
    Ok(())
}

/// A component's list has the component's name. An inline list shares its type with the
/// same list of the same name, and never takes a component's name.
fn free_name(
    context: &SchemaContext,
    values: &[(String, String)],
    components: &BTreeSet<String>,
    found: &[OpenEnum],
) -> String {
    if context.component {
        return context.name.clone();
    }
    numbered(&type_name(&context.name), |name| {
        let other = found.iter().find(|other| other.name == name);
        other.map_or_else(
            || !components.contains(name),
            |other| other.values == values,
        )
    })
}

/// The listed strings, if the schema is a value list of strings.
fn value_list(schema: &Value) -> Option<Vec<String>> {
    if schema.get("type").is_some_and(|kind| kind != "string") {
        return None;
    }
    let values = schema
        .get("enum")
        .or_else(|| schema.get("x-extensible-enum"))?
        .as_array()?;
    // A null among the values means "nullable", which all our types are.
    let values: Option<Vec<String>> = values
        .iter()
        .filter(|value| !value.is_null())
        .map(|value| value.as_str().map(str::to_owned))
        .collect();
    values.filter(|values| !values.is_empty())
}

/// The listed strings of `anyOf: [{enum}, {type: string}]`, an idiom for an open list.
fn open_idiom(schema: &Value) -> Option<Vec<String>> {
    let parts = schema
        .get("anyOf")
        .or_else(|| schema.get("oneOf"))?
        .as_array()?;
    let is_text = |part: &Value| part.get("type") == Some(&json!("string"));
    let open = parts
        .iter()
        .any(|part| is_text(part) && value_list(part).is_none());
    let values: Vec<String> = parts.iter().filter_map(value_list).flatten().collect();
    (open && parts.iter().all(is_text) && !values.is_empty()).then_some(values)
}

fn text(schema: &Value, key: &str) -> String {
    let text = schema.get(key).and_then(Value::as_str);
    text.unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::{
        document::Document,
        normalise::{
            normalise,
            test_support::{schema, with, without},
        },
    };

    #[test]
    fn an_unlisted_value_is_an_error_without_the_pass() {
        let spec = schema(json!({
            "type": "object",
            "properties": {"state": {"type": "string", "enum": ["ACTIVE", "DONE"]}},
        }));

        let trapped = without("open-enums", &spec).unwrap();
        assert!(trapped.contains("pub enum ThingState"));
        let generated = with(&spec).unwrap();
        assert!(
            generated.contains("crate::open_enums::ThingState"),
            "{generated}"
        );
    }

    #[test]
    fn the_open_idiom_never_decodes_without_the_pass() {
        let spec = schema(json!({
            "type": "object",
            "properties": {"state": {"anyOf": [
                {"type": "string", "enum": ["ACTIVE"]},
                {"type": "string"},
            ]}},
        }));

        let trapped = without("open-enums", &spec).unwrap();
        assert!(trapped.contains("#[serde(flatten"), "{trapped}");
        let generated = with(&spec).unwrap();
        assert!(
            generated.contains("Option<crate::open_enums::ThingState>"),
            "{generated}"
        );
        assert!(!generated.contains("subtype_0"), "{generated}");
    }

    #[test]
    fn every_kind_of_list_is_found() {
        let spec = schema(json!({
            "type": "object",
            "properties": {
                "closed": {"type": "string", "enum": ["a-b", "2x"]},
                "open": {"type": "string", "x-extensible-enum": ["in"]},
                "list": {"type": "array", "items": {"type": "string", "enum": ["x", null]}},
            },
        }));

        let normalised = normalise(&Document::parse(&spec.to_string()).unwrap()).unwrap();

        let names: Vec<_> = normalised.enums.iter().map(|e| e.name.as_str()).collect();
        assert_eq!(names, ["ThingClosed", "ThingListItem", "ThingOpen"]);
        assert_eq!(
            normalised.enums[0].values,
            [
                ("AB".to_owned(), "a-b".to_owned()),
                ("V2x".to_owned(), "2x".to_owned())
            ]
        );
    }

    #[test]
    fn a_list_never_takes_a_components_name() {
        let mut spec = schema(json!({
            "type": "object",
            "properties": {"state": {"type": "string", "enum": ["a"]}},
        }));
        spec["components"]["schemas"]["ThingState"] =
            json!({"type": "object", "properties": {"b": {"type": "string"}}});

        let generated = with(&spec).unwrap();

        assert!(generated.contains("pub struct ThingState {"), "{generated}");
        assert!(generated.contains("Option<crate::open_enums::ThingState2>"));
    }

    #[test]
    fn the_description_of_a_list_is_not_compiled() {
        let spec = schema(json!({
            "type": "string", "enum": ["a"], "description": "```\nlet a;\n```"}));

        let normalised = normalise(&Document::parse(&spec.to_string()).unwrap()).unwrap();

        assert!(normalised.enums[0].description.starts_with("```text"));
    }
}
