//! The generated types have the same fields as the document's components, with the same
//! types, and require the same ones.
//!
//! The types are seen through their JSON Schemas, so everything that is compared went
//! through the generator, the derive and serde's attributes. The intended rewrites of
//! the normaliser are repeated here by hand, so that any other rewrite is a difference:
//!
//! - a value list is open, whether or not the document closes it: a string and the values;
//! - a field that may be null is optional, whatever `required` says, and an optional field may
//!   be null;
//! - fields that a component doesn't list are kept, so every type allows them;
//! - limits (`pattern`, `minItems`, `format` of texts) aren't enforced, and dates are
//!   [`stratustexting_client::Timestamp`]s;
//! - handwritten types have a handwritten schema, equal to the component's.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};
use stratustexting_client::MODELS;

use crate::support::document;

/// The type of a value, as far as document and types are compared.
#[derive(Debug, PartialEq, Eq)]
enum Kind {
    Text,
    Time,
    Flag,
    Number,
    /// With its size, such as `int32`.
    Integer(String),
    List(Box<Kind>),
    Map,
    Anything,
    Model(String),
    /// Something that this test can't compare. It never equals anything expected, so
    /// that a person looks at it.
    Other(String),
}

/// The type in a schema of the document.
fn documented(schema: &Value) -> Kind {
    if let Some(name) = named(schema, "#/components/schemas/") {
        return Kind::Model(name);
    }
    if let Some([part]) = schema["allOf"].as_array().map(Vec::as_slice) {
        return documented(part);
    }
    let listed = schema.get("enum").or(schema.get("x-extensible-enum"));
    match (schema["type"].as_str(), schema["format"].as_str()) {
        (Some("string"), Some("date-time")) => Kind::Time,
        (Some("string"), _) if listed.is_none() => Kind::Text,
        (Some("boolean"), _) => Kind::Flag,
        (Some("number"), _) => Kind::Number,
        (Some("integer"), format) => Kind::Integer(format.unwrap_or("int64").to_owned()),
        (Some("array"), _) => Kind::List(Box::new(documented(&schema["items"]))),
        (Some("object"), _) if schema.get("properties").is_none() => Kind::Map,
        (None, _) if !is_composed(schema) => Kind::Anything,
        _ => Kind::Other(schema.to_string()),
    }
}

/// The type in a schema of a generated type, and whether it allows null.
fn generated(schema: &Value) -> (Kind, bool) {
    let null = json!({"type": "null"});
    if let Some(parts) = schema["anyOf"].as_array()
        && let [part, other] = parts.as_slice()
        && *other == null
    {
        return (generated(part).0, true);
    }
    if let Some(name) = named(schema, "#/$defs/") {
        let kind = match name.as_str() {
            "Timestamp" => Kind::Time,
            _ => Kind::Model(name),
        };
        return (kind, false);
    }
    let (kind, nullable) = match &schema["type"] {
        Value::String(kind) => (Some(kind.as_str()), false),
        Value::Array(kinds) => (
            kinds.iter().find_map(|kind| kind.as_str()),
            kinds.contains(&json!("null")),
        ),
        _ => (None, true),
    };
    let kind = match (kind, schema["format"].as_str()) {
        (Some("string"), _) => Kind::Text,
        (Some("boolean"), _) => Kind::Flag,
        (Some("number"), _) => Kind::Number,
        (Some("integer"), Some(format)) => Kind::Integer(format.to_owned()),
        (Some("array"), _) => Kind::List(Box::new(generated(&schema["items"]).0)),
        (Some("object"), _) if schema.get("properties").is_none() => Kind::Map,
        (None, _) if !is_composed(schema) => Kind::Anything,
        _ => Kind::Other(schema.to_string()),
    };
    (kind, nullable)
}

fn named(schema: &Value, prefix: &str) -> Option<String> {
    let name = schema["$ref"].as_str()?.strip_prefix(prefix)?;
    Some(name.to_owned())
}

fn is_composed(schema: &Value) -> bool {
    ["allOf", "anyOf", "oneOf", "not", "$ref"]
        .iter()
        .any(|key| schema.get(key).is_some())
}

/// A line for each difference between the document and the types.
fn differences(document: &Value, types: &BTreeMap<String, Value>) -> Vec<String> {
    let mut lines = Vec::new();
    let components = document["components"]["schemas"].as_object();
    let components = components.expect("component schemas");
    for name in types.keys().filter(|name| !components.contains_key(*name)) {
        lines.push(format!("{name}: a type without a component"));
    }
    for (name, component) in components {
        let Some(schema) = types.get(name) else {
            lines.push(format!("{name}: a component without a type"));
            continue;
        };
        let mut different = |what: String| lines.push(format!("{name}{what}"));
        if stratustexting_codegen::is_by_hand(name) {
            if plain(component) != plain(schema) {
                different(": the handwritten type has another schema".to_owned());
            }
        } else if let Some(values) = component.get("enum").or(component.get("x-extensible-enum")) {
            if schema["type"] != "string" || schema["x-extensible-enum"] != *values {
                different(": other values".to_owned());
            }
        } else if component.get("properties").is_some() {
            fields(component, schema, &mut different);
        } else if documented(component) != generated(schema).0 {
            different(": another kind of type".to_owned());
        }
    }
    lines
}

/// Compares an object's fields.
fn fields(component: &Value, schema: &Value, different: &mut impl FnMut(String)) {
    let empty = serde_json::Map::new();
    let listed = component["properties"].as_object().unwrap_or(&empty);
    let there = schema["properties"].as_object().unwrap_or(&empty);
    for field in there.keys().filter(|field| !listed.contains_key(*field)) {
        different(format!(".{field}: only the type has it"));
    }
    if schema["additionalProperties"] != true {
        different(": fields that aren't listed are lost".to_owned());
    }
    let must = |schema: &Value, field: &str| {
        let required = schema["required"].as_array();
        required.is_some_and(|required| required.contains(&json!(field)))
    };
    for (field, property) in listed {
        let Some(generated_property) = there.get(field) else {
            different(format!(".{field}: the type doesn't have it"));
            continue;
        };
        let wanted = documented(property);
        let (found, nullable) = generated(generated_property);
        if found != wanted {
            different(format!(".{field}: {found:?} instead of {wanted:?}"));
        }
        let required = must(component, field) && property["nullable"] != true;
        if must(schema, field) != required {
            let instead = if required { "optional" } else { "required" };
            different(format!(".{field}: the type has it as {instead}"));
        }
        if nullable == required && wanted != Kind::Anything {
            different(format!(".{field}: whether it may be null"));
        }
    }
}

/// A schema without its metadata.
fn plain(schema: &Value) -> Value {
    let mut schema = schema.clone();
    if let Some(schema) = schema.as_object_mut() {
        schema.retain(|key, _| !key.starts_with(['$', 'x']) && key != "title");
    }
    schema
}

fn types() -> BTreeMap<String, Value> {
    MODELS
        .iter()
        .map(|model| (model.name.to_owned(), model.schema().to_value()))
        .collect()
}

#[test]
fn types_and_components_agree() {
    let differences = differences(&document(), &types());

    assert!(
        differences.is_empty(),
        "openapi.json and the generated types differ:\n  {}\n",
        differences.join("\n  ")
    );
}

#[test]
fn no_component_is_skipped() {
    let document = document();
    let components = document["components"]["schemas"].as_object().expect("some");

    let names: BTreeSet<&str> = MODELS.iter().map(|model| model.name).collect();

    assert_eq!(names.len(), components.len());
    for name in components.keys() {
        assert!(names.contains(name.as_str()), "{name}");
    }
}

/// The differences after a change of the document.
fn said(change: impl FnOnce(&mut Value)) -> Vec<String> {
    let mut document = document();
    change(&mut document["components"]["schemas"]);
    differences(&document, &types())
}

#[test]
fn every_kind_of_difference_is_found() {
    type Change = fn(&mut Value);
    let ways: [(&str, Change); 11] = [
        ("Contact.fax: the type doesn't have it", |schemas| {
            schemas["Contact"]["properties"]["fax"] = json!({"type": "string"});
        }),
        ("Contact.email: only the type has it", |schemas| {
            let contact = schemas["Contact"]["properties"].as_object_mut();
            contact.expect("fields").remove("email");
        }),
        ("Contact.email: the type has it as optional", |schemas| {
            schemas["Contact"]["required"] = json!(["email"]);
        }),
        (
            "SubscriptionRequest.uri: the type has it as required",
            |schemas| schemas["SubscriptionRequest"]["required"] = json!(["eventFilters"]),
        ),
        (
            "SubscriptionRequest.uri: the type has it as required",
            |schemas| {
                schemas["SubscriptionRequest"]["properties"]["uri"]["nullable"] = json!(true);
            },
        ),
        (
            "Contact.company: Text instead of Integer(\"int64\")",
            |schemas| {
                schemas["Contact"]["properties"]["company"] = json!({"type": "integer"});
            },
        ),
        (
            "Contact.tags: List(Text) instead of List(Anything)",
            |schemas| schemas["Contact"]["properties"]["tags"]["items"] = json!({}),
        ),
        (
            "Message.direction: Model(\"MessageDirection\") instead of Model(\"ConsentType\")",
            |schemas| {
                schemas["Message"]["properties"]["direction"] =
                    json!({"$ref": "#/components/schemas/ConsentType"});
            },
        ),
        ("ConsentTypeAction: other values", |schemas| {
            schemas["ConsentTypeAction"]["enum"] = json!(["ADD"]);
        }),
        (
            "MessageRecipients: the handwritten type has another schema",
            |schemas| schemas["MessageRecipients"]["oneOf"] = json!([{"type": "string"}]),
        ),
        ("Agent: a component without a type", |schemas| {
            schemas["Agent"] = json!({"type": "object"});
        }),
    ];
    for (line, way) in ways {
        let said = said(way);
        assert!(said.contains(&line.to_owned()), "{line}: {said:?}");
    }
}
