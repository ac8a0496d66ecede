//! Value lists as open enums.

use heck::ToUpperCamelCase;
use serde_json::{Value, json};

use super::report::Notes;
use crate::document::{Document, Place, Refusal, object};

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

/// Takes every value list out of the document and names it.
///
/// Closed lists (`enum`), lists that say that they are open
/// (`x-extensible-enum`), and the idiom `anyOf: [{enum}, {type: string}]` all
/// become open enums: a service adds a value long before its document says so.
/// The generator sees plain strings under the enums' names, which the build
/// script replaces by the types made of the list.
pub(super) fn open_enums(document: &mut Document, notes: &mut Notes) -> Result<(), Refusal> {
    // First, because schemas are visited from the inside out: the list within the
    // idiom would be taken for one of its own.
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
    let mut found: Vec<OpenEnum> = Vec::new();
    document.for_each_schema(|place, schema| {
        let Some(values) = value_list(schema) else {
            return Ok(());
        };
        let list = OpenEnum {
            name: place.name.to_upper_camel_case(),
            description: text(schema, "description"),
            values: variants(&values, place)?,
        };
        let plain = json!({"type": "string", "description": list.description});
        if place.component {
            *schema = plain;
        } else {
            // The description and nullability belong to the place, not the type.
            let reference = json!({"$ref": format!("#/components/schemas/{}", list.name)});
            let mut there = json!({"allOf": [reference], "description": list.description});
            if schema.get("nullable") == Some(&json!(true)) {
                there["nullable"] = json!(true);
            }
            *schema = there;
        }
        notes.say(format!(
            "{}: {} = {}",
            place.location,
            list.name,
            values.join(" | ")
        ));
        match found.iter().find(|other| other.name == list.name) {
            Some(other) if other.values == list.values => {}
            Some(_) => return Err(place.refuse(format!("two value lists called {}", list.name))),
            None => found.push(list),
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

/// The listed strings, if the schema is a value list of strings.
fn value_list(schema: &Value) -> Option<Vec<String>> {
    let values = schema
        .get("enum")
        .or_else(|| schema.get("x-extensible-enum"))?
        .as_array()?;
    // A null among the values says "nullable", which every type of ours is.
    let values: Option<Vec<String>> = values
        .iter()
        .filter(|value| !value.is_null())
        .map(|value| value.as_str().map(str::to_owned))
        .collect();
    values.filter(|values| !values.is_empty())
}

/// The listed strings of `anyOf: [{enum}, {type: string}]`, which says of a list
/// that it is open.
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

/// Names each value; values whose names would clash are refused.
fn variants(values: &[String], place: &Place) -> Result<Vec<(String, String)>, Refusal> {
    let mut variants: Vec<(String, String)> = Vec::new();
    for value in values {
        let mut name = value.to_upper_camel_case();
        if name.starts_with(|first: char| first.is_ascii_digit()) {
            name.insert(0, 'V');
        }
        if name.is_empty() || syn::parse_str::<syn::Ident>(&name).is_err() {
            return Err(place.refuse(format!("no Rust name for the value {value:?}")));
        }
        if name == "Unknown" || variants.iter().any(|(other, _)| *other == name) {
            return Err(place.refuse(format!(
                "the value {value:?} has the same Rust name as another, {name}"
            )));
        }
        variants.push((name, value.clone()));
    }
    Ok(variants)
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
            test_support::{refusal, schema, with, without},
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
    fn values_without_distinct_names_are_refused() {
        for values in [json!(["a", "A"]), json!(["*"]), json!(["unknown"])] {
            let refusal = refusal(&schema(json!({"type": "string", "enum": values})));

            assert_eq!(refusal.location, "#/components/schemas/Thing");
        }
    }
}
